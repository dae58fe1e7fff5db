// Copyright (C) 2026 pancake checkout contributors

// The cart of a browser.

import { check, same } from '../../sandbox/selftest/harness.mjs';
import { Browser, withShop } from './browser.mjs';

const total = async (browser) => (
    /class="total"[^]*?<td>([^<]*)/.exec((await browser.get('/cart')).text)
        ?.[1] ?? null);

export default async function run() {
    await withShop({}, async (browser, base) => {
        const added = await browser.post('/cart/add', { sku: 'buttermilk',
                                                        quantity: '2' });

        same('add', [added.status, added.location], [303, '/cart']);
        check('cookie', /^sid=[\w-]{20,}; Path=\/; HttpOnly; SameSite=Lax$/
            .test(browser.setCookie), browser.setCookie);
        same('two of them', await total(browser), '$25.00');

        await browser.post('/cart/add', { sku: 'syrup' });
        same('one by default, with its offer', await total(browser),
             '$41.50');
        same('the same cookie', browser.setCookie, null);
        same('a cart of its own', await total(new Browser(base)), null);

        const { text } = await browser.get('/cart');

        check('the button', /<form[^>]*\smethod="post"\s+action="\/checkout">/
            .test(text) && text.includes('name="buyerEmail"'));
        check('what was saved', text.includes('Autumn offer: $3.50 saved'));

        await browser.post('/cart/add', { sku: 'cards', quantity: 2 });
        same('with shipping', await total(browser), '$75.50');

        await browser.post('/cart/remove', { sku: 'cards' });
        same('removed', await total(browser), '$41.50');
        await browser.post('/cart/remove', { sku: 'cards' });
        same('removed twice', await total(browser), '$41.50');

        const wrong = await browser.post('/cart/voucher', { code: 'FREE' });

        same('no such voucher', [wrong.status, wrong.location],
             [303, '/cart?voucher=FREE']);

        const said = (await browser.get(wrong.location)).text;

        check('is said', said.includes('There is no such voucher.')
              && said.includes('value="FREE"'));

        await browser.post('/cart/voucher', { code: ' maple3 ' });
        same('voucher', await total(browser), '$38.50');
        await browser.post('/cart/voucher', { code: 'BUTTER10' });
        same('another instead', await total(browser), '$37.35');
        await browser.post('/cart/voucher', { code: '' });
        same('none', await total(browser), '$41.50');

        await browser.control({ prices: { buttermilk: '13.00' } });
        same('the price of today', await total(browser), '$42.50');

        for (const quantity of ['0', '-1', '100', '1.5', 'x', '']) {
            same(`quantity "${quantity}"`, (await browser.post('/cart/add', {
                sku: 'syrup', quantity })).status, 400);
        }

        same('unchanged', await total(browser), '$42.50');

        const few = new Browser(base);

        await few.post('/cart/add', { sku: 'crepes' });
        await few.post('/cart/voucher', { code: 'MAPLE3' });
        same('a voucher that does not count yet', await total(few), '$9.00');
        await few.post('/cart/add', { sku: 'crepes', quantity: 99 });
        same('no more than 99', await total(few), '$888.00');

        const stale = new Browser(base);

        stale.sid = 'invented';
        same('a cookie of somebody else', await total(stale), null);
        await stale.post('/cart/add', { sku: 'crepes' });
        check('is replaced', stale.sid !== 'invented', stale.sid);
        check('nothing to check out', (await new Browser(base)
            .get('/cart?empty=1')).text.includes('nothing to check out'));
        check('not said of a full cart', !(await few.get('/cart?empty=1'))
            .text.includes('nothing to check out'));
    });
}

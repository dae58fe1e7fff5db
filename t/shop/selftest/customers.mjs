// Copyright (C) 2026 pancake checkout contributors

// Signing in and out.

import { check, same } from '../../sandbox/selftest/harness.mjs';
import { Browser, withShop } from './browser.mjs';

const items = async (browser) => Number(
    /class="count">(\d+)/.exec((await browser.get('/')).text)[1]);

export default async function run() {
    await withShop({}, async (browser, base) => {
        await browser.post('/cart/add', { sku: 'crepes', quantity: 2 });

        const before = browser.sid;
        const unknown = await browser.post('/login', {
            email: 'eve@example.com' });

        same('unknown: status', unknown.status, 422);
        check('unknown: what was typed stays',
              unknown.text.includes('value="eve@example.com"'));
        same('unknown: who is it', (await browser.get('/login/check')).status,
             401);

        const known = await browser.post('/login', {
            email: ' Ada@Example.com ' });

        same('known', [known.status, known.location], [303, '/cart']);
        check('a new cookie', browser.sid !== before && browser.sid);
        same('the cart came along', await items(browser), 2);
        check('the name', (await browser.get('/')).text.includes('Ada'));
        check('no e-mail to ask for', !(await browser.get('/cart')).text
            .includes('name="buyerEmail"'));

        const who = await browser.get('/login/check');

        same('who is it', [who.status, who.headers.get('x-customer')],
             [204, 'customer-ada']);

        const old = new Browser(base);

        old.sid = before;
        same('the old cookie is worth nothing', await items(old), 0);

        const phone = new Browser(base);

        await phone.post('/cart/add', { sku: 'crepes' });
        await phone.post('/login', { email: 'ada@example.com' });
        same('one cart on two machines', await items(phone), 3);
        same('for programs, too', (await phone.json(
            'GET', '/api/v1/i/cart/', undefined,
            { Authorization: 'Bearer token-ada-0001' })).json.total, '27.00');

        const out = await browser.post('/logout');

        same('out', [out.status, out.location, browser.sid],
             [303, '/', undefined]);
        same('an empty cart', await items(browser), 0);
        same('still in elsewhere', await items(phone), 3);

        await browser.post('/login', { email: 'bob@example.com' });
        same('another customer', await items(browser), 0);

        const token = await new Browser(base).get('/login/check', {
            Authorization: 'Bearer token-bob-0001' });

        same('who has this token', token.headers.get('x-customer'),
             'customer-bob');
    });
}

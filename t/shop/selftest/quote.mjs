// Copyright (C) 2026 pancake checkout contributors

// What the edge is told that a buyer owes.

import { check, same } from '../../sandbox/selftest/harness.mjs';
import { Browser, withShop } from './browser.mjs';

export default async function run() {
    await withShop({}, async (browser, base) => {
        const empty = await browser.post('/checkout/quote');

        same('empty cart', [empty.status, empty.location],
             [303, '/cart?empty=1']);

        await browser.post('/cart/add', { sku: 'buttermilk', quantity: 2 });
        await browser.post('/cart/add', { sku: 'syrup' });

        const quote = await browser.quote();

        same('quote', quote, {
            productId: 'PROD_4cWAslE1GKkGeaOMl9Vbmy',
            currency: 'USD',
            priceSnapshot: { amount: '41.50', taxCategory: 'digital_goods' },
            orderMerchantExternalId: 'S-1001',
            metadata: { cart: '2x buttermilk, 1x syrup' },
            total: { amount: '41.50', items: 3 },
        });
        same('again', await browser.quote(), quote);
        same('whatever the buyer sends', (await browser.json(
            'POST', '/checkout/quote', { total: '0.01' })).json, quote);

        const both = await Promise.all([browser.quote(), browser.quote()]);

        same('two at once', both, [quote, quote]);

        const other = new Browser(base);

        await other.post('/cart/add', { sku: 'buttermilk', quantity: 2 });
        await other.post('/cart/add', { sku: 'syrup' });
        same('another buyer', (await other.quote()).orderMerchantExternalId,
             'S-1002');

        await browser.post('/cart/add', { sku: 'crepes' });

        const more = await browser.quote();

        same('another cart', [more.orderMerchantExternalId,
                              more.priceSnapshot.amount, more.total.items],
             ['S-1003', '50.50', 4]);

        await browser.control({ prices: { crepes: '9.50' } });
        same('another price',
             (await browser.quote()).orderMerchantExternalId, 'S-1004');

        await browser.post('/cart/voucher', { code: 'MAPLE3' });

        const less = await browser.quote();

        same('a voucher', [less.orderMerchantExternalId,
                           less.priceSnapshot.amount], ['S-1005', '48.00']);

        check('stays in the cart', (await browser.get('/cart')).text
            .includes('$48.00'));

        await browser.post('/login', { email: 'bob@example.com' });

        const { buyerEmail, buyerIdentity } = await browser.quote();

        same('a customer', [buyerEmail, buyerIdentity],
             ['bob@example.com', 'customer-bob']);
    });
}

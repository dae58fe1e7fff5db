// Copyright (C) 2026 pancake checkout contributors

// The order API: its rules, both actions, and that an order takes all of the
// cart or nothing.

import { check, same } from '../../sandbox/selftest/harness.mjs';
import { withShop } from './browser.mjs';

const ORDERS = '/api/v1/i/orders/';
const CART = '/api/v1/i/cart/';

const bearer = (name) => ({ Authorization: `Bearer token-${name}-0001` });

const address = { street_address: '123 Main St', postal_code: 12345,
                  city: 'Anytown', state: 'CA', country: 'Canada' };

const total = async (browser, name) => (
    (await browser.json('GET', CART, undefined, bearer(name))).json.total);

async function refusals(browser) {
    const fill = (body) => browser.json('POST', CART, body, bearer('bob'));
    const order = (body, name = 'bob') => (
        browser.json('POST', ORDERS, body, bearer(name)));

    for (const [name, headers] of [
        ['no token', {}],
        ['a wrong token', bearer('eve')],
        ['another scheme', { Authorization: 'Basic token-bob-0001' }],
    ]) {
        const { status, json } = await browser.json(
            'POST', ORDERS, { action: 'checkout' }, headers);

        same(name, [status, typeof json.error], [401, 'string']);
    }

    same('an empty cart', await order({ action: 'checkout',
                                        billing_address: address }),
         { status: 400, location: null,
           json: { error: 'The cart is empty' } });

    await fill({ sku: 'crepes', quantity: 2 });

    for (const [name, body] of [
        ['no action', { billing_address: address }],
        ['another action', { action: 'pay', billing_address: address }],
        ['another case', { action: 'Checkout', billing_address: address }],
        ['a list of actions', { action: ['checkout'],
                                billing_address: address }],
        ['no address', { action: 'checkout' }],
        ['an address of null', { action: 'checkout',
                                 billing_address: null }],
        ['an address as text', { action: 'checkout',
                                 billing_address: 'Main St' }],
        ['a list', []],
        ['not JSON', '{'],
        ...[['country', 'CA'], ['country', 'ca'], ['country', ''],
            ['country', undefined], ['city', undefined], ['city', 1],
            ['street_address', ' '], ['state', 1], ['postal_code', -1],
            ['postal_code', 1.5], ['postal_code', 1e21],
            ['postal_code', true], ['postal_code', null],
            ['postal_code', undefined], ['postal_code', '']].map(
            ([field, value]) => [
                `${field} of ${JSON.stringify(value)}`,
                { action: 'save_order',
                  billing_address: { ...address, [field]: value } }]),
    ]) {
        const { status, json } = await order(body);

        same(name, [status, typeof json.error], [400, 'string']);
    }

    same('the cart is as it was', await total(browser, 'bob'), '18.00');
    same('no order was made', (await browser.json(
        'GET', ORDERS, undefined, bearer('bob'))).json, { orders: [] });

    for (const body of [
        {}, { sku: 'waffle' }, { sku: 'crepes', quantity: 0 },
        { sku: 'crepes', quantity: '2' }, { sku: 'crepes', quantity: 100 },
        { voucher: 'FREE' }, { sku: 'crepes', voucher: 'FREE' },
    ]) {
        same(`cart: ${JSON.stringify(body)}`, (await fill(body)).status, 400);
    }

    same('and the cart still', await total(browser, 'bob'), '18.00');
    same('a cart without a token',
         (await browser.json('GET', CART)).status, 401);
}

async function purchases(browser) {
    const as = bearer('ada');
    const fill = (body) => browser.json('POST', CART, body, as);
    const order = (body) => browser.json('POST', ORDERS, body, as);

    await fill({ sku: 'syrup', quantity: 2 });
    await fill({ sku: 'cards', voucher: 'MAPLE3' });
    await browser.control({ prices: { syrup: '21.00' } });

    const made = await order({ action: 'checkout' });

    same('checkout', made, { status: 302, json: null,
                             location: `${ORDERS}O-2001/payment/` });
    same('the cart is empty', await total(browser, 'ada'), '0.00');

    const shown = await browser.json('GET', made.location, undefined, as);
    const wanted = {
        id: 'O-2001',
        status: 'awaiting_payment',
        currency: 'USD',
        total: '49.00',
        amount_saved: '10.00',
        voucher: 'MAPLE3',
        billing_address: {
            street_address: '24 Sussex Drive', postal_code: 'K1M 1M4',
            city: 'Ottawa', state: 'Ontario', country: 'Canada',
        },
        items: [
            { sku: 'syrup', name: 'The Syrup Course', unit_price: '17.50',
              quantity: 2, discount_amount: '7.00', offer: 'autumn-syrup',
              shipping: '0.00', total_price: '35.00' },
            { sku: 'cards', name: 'Recipe cards, printed',
              unit_price: '14.00', quantity: 1, discount_amount: '0.00',
              offer: null, shipping: '3.00', total_price: '14.00' },
        ],
    };

    same('the order, with the saved address', shown.json, wanted);

    await browser.control({ prices: { syrup: '99.00' } });
    same('its prices are locked in', (await browser.json(
        'GET', made.location, undefined, as)).json, wanted);
    same('nobody else sees it', (await browser.json(
        'GET', made.location, undefined, bearer('bob'))).status, 404);
    same('without a token neither',
         (await browser.json('GET', made.location)).status, 401);
    same('a second attempt', (await order({ action: 'checkout' })).status,
         400);

    await fill({ sku: 'crepes' });
    same('save_order', await order({ action: 'save_order',
                                     billing_address: address }),
         { status: 200, location: null,
           json: { success: 'Your Order has been saved' } });
    same('empties the cart, too', await total(browser, 'ada'), '0.00');

    await browser.control({ orderAnswer: 'json' });
    await fill({ sku: 'crepes' });

    const { status, json } = await order({
        action: 'checkout',
        billing_address: { ...address, postal_code: '12345' } });

    same('the other answer', [status, typeof json.success, json.order.id,
                              json.order.status],
         [200, 'string', 'O-2003', 'awaiting_payment']);
    same('an address that is known is reused', json.order.billing_address,
         address);

    await fill({ sku: 'crepes' });
    same('and is the saved one', (await order({ action: 'checkout' }))
        .json.order.billing_address, address);

    const list = await browser.json('GET', ORDERS, undefined, as);

    same('all orders', list.json.orders.map(({ id }) => id),
         ['O-2001', 'O-2002', 'O-2003', 'O-2004']);
    check('a voucher is for one order',
          list.json.orders[1].voucher === null);
}

export default async function run() {
    await withShop({}, async (browser) => {
        await refusals(browser);
        await purchases(browser);

        for (const [method, path, status] of [
            ['PUT', ORDERS, 405], ['GET', `${ORDERS}O-9/payment/`, 404],
            ['GET', '/api/v1/i/other/', 404], ['POST', ORDERS.slice(0, -1),
                                               400],
        ]) {
            const answer = await browser.json(
                method, path, undefined, bearer('ada'));

            same(`${method} ${path}`, [answer.status,
                                       typeof answer.json.error],
                 [status, 'string']);
        }
    });
}

// Copyright (C) 2026 pancake checkout contributors

// The page after the payment: what the edge says, and nothing else, counts.

import { check, same } from '../../sandbox/selftest/harness.mjs';
import { Browser, startEdge, withShop } from './browser.mjs';

const orders = (...list) => ({
    status: 200,
    body: { data: { onetimeOrders: list } },
});

const order = (reference, status = 'completed') => (
    { id: 'ORD_1', status, orderMerchantExternalId: reference });

async function look(browser) {
    const { text } = await browser.get('/thanks');
    const { json } = await browser.json('GET', '/thanks/status');

    return {
        state: /data-state="(\w+)"/.exec(text)[1],
        status: json,
        reference: /<strong>(S-\d+)/.exec(text)?.[1] ?? null,
        refreshes: /<noscript><meta http-equiv="refresh"/.test(text),
        script: text.includes('src="/thanks.js"'),
        again: /<a [^>]*id="again" href="\/thanks"/.test(text),
    };
}

const isState = async (name, browser, state, reference) => {
    const seen = await look(browser);
    const waiting = state === 'unpaid' || state === 'unknown';

    same(name, seen, { state, status: { state, reference }, reference,
                       refreshes: waiting, script: waiting,
                       again: waiting });
};

const items = async (browser) => Number(
    /class="count">(\d+)/.exec((await browser.get('/')).text)[1]);

export default async function run() {
    const edge = await startEdge();
    const complain = console.error;

    await withShop({ edge: edge.url }, async (browser, base) => {
        await isState('a stranger', browser, 'none', null);
        await browser.post('/cart/add', { sku: 'crepes' });
        await isState('nothing checked out', browser, 'none', null);
        same('nobody was asked', edge.asked.length, 0);

        await browser.quote();
        edge.answer = () => orders();
        await isState('no order yet', browser, 'unpaid', 'S-1001');
        same('what was asked', edge.asked[0], {
            method: 'GET',
            target: '/order-status?variables.reference=S-1001',
            headers: ['accept', 'connection', 'host'],
        });

        edge.answer = () => orders(order('S-1001', 'pending'));
        await isState('an order, not paid', browser, 'unpaid', 'S-1001');
        edge.answer = () => orders(order('S-1002'));
        await isState('paid by somebody else', browser, 'unpaid', 'S-1001');
        same('the cart is still there', await items(browser), 1);

        console.error = () => {};

        for (const [name, answer] of [
            ['the edge fails', { status: 502, body: orders(order('S-1001'))
                .body }],
            ['no JSON', { status: 200, body: '<html>' }],
            ['no data', { status: 200, body: { data: null } }],
            ['no list', { status: 200,
                          body: { data: { onetimeOrders: {} } } }],
            ['no object', { status: 200, body: 'null' }],
        ]) {
            edge.answer = () => answer;
            await isState(name, browser, 'unknown', 'S-1001');
        }

        await browser.control({ edge: 'http://127.0.0.1:1' });
        await isState('the edge is down', browser, 'unknown', 'S-1001');
        await browser.control({ edge: edge.url });
        console.error = complain;

        edge.answer = () => orders(order('S-1001', 'canceled'),
                                   order('S-1001'));
        await isState('paid', browser, 'paid', 'S-1001');
        same('the cart is empty', await items(browser), 0);

        const asked = edge.asked.length;

        await isState('paid, and looked at again', browser, 'paid', 'S-1001');
        same('what is known is not asked', edge.asked.length, asked);

        await browser.post('/cart/add', { sku: 'crepes' });
        same('the same once more is another purchase',
             (await browser.quote()).orderMerchantExternalId, 'S-1002');
        edge.answer = () => orders();
        await isState('and not paid', browser, 'unpaid', 'S-1002');

        // paid in one window while another changes the cart

        await browser.post('/cart/add', { sku: 'syrup' });
        edge.answer = (reference) => (
            reference === 'S-1002' ? orders(order('S-1002')) : orders());
        await isState('the cart has changed since', browser, 'paid',
                      'S-1002');
        same('and stays', await items(browser), 2);

        // paid is the older of two

        await browser.quote();
        await browser.post('/cart/add', { sku: 'syrup' });
        await browser.quote();
        edge.answer = (reference) => (
            reference === 'S-1003' ? orders(order('S-1003')) : orders());
        same('the older of two', (await look(browser)).reference, 'S-1003');
        same('the newer stays', await items(browser), 3);

        const guest = new Browser(base);

        await guest.post('/cart/add', { sku: 'crepes' });

        const { orderMerchantExternalId: id } = await guest.quote();

        await guest.post('/login', { email: 'ada@example.com' });
        edge.answer = () => orders(order(id));
        await isState('signed in between', guest, 'paid', id);
    });

    edge.close();

    await withShop({}, async (browser) => {
        await browser.post('/cart/add', { sku: 'crepes' });
        await browser.quote();
        await isState('a shop without an edge', browser, 'unknown', 'S-1001');
    });
}

// Copyright (C) 2026 pancake checkout contributors

// The button on the API double's pages.

import { Double, check, paths, same, signed, simple }
    from '../../sandbox/selftest/harness.mjs';
import { Browser } from './browser.mjs';

const successUrl = 'https://shop.example/thanks?a=1';

export default async function run() {
    const double = await Double.start();
    const base = `http://127.0.0.1:${double.port}`;
    const browser = new Browser(base);

    const call = async (path, value) => {
        const body = JSON.stringify(value);
        const { json } = await browser.json(
            'POST', path, body, signed(path, Buffer.from(body)));

        return json.data;
    };
    const pathOf = ({ checkoutUrl }) => new URL(checkoutUrl).pathname;
    const session = async (more) => (
        pathOf(await call(paths.session, { ...simple, ...more })));
    const find = async (reference, names = 'id status currency amount'
                                           + ' orderMerchantExternalId') => (
        (await call(paths.graphql, {
            query: 'query ($r: String!) { onetimeOrders(filter: {'
                   + ' orderMerchantExternalId: { eq: $r } })'
                   + ` { ${names} } }`,
            variables: { r: reference },
        })).onetimeOrders);

    const page = await session({
        successUrl, orderMerchantExternalId: 'S-1',
        priceSnapshot: { amount: '41.50', taxCategory: 'digital_goods' } });
    const before = await browser.get(page);

    check('a form', /<form method="post"><button>Pay 41\.50 USD<\/button>/
        .test(before.text), before.text);
    same('no order by looking', await find('S-1'), []);

    const paid = await browser.post(page);

    same('pay', [paid.status, paid.location], [303, successUrl]);

    const [order, ...others] = await find('S-1');

    check('order: id', /^ORD_\w{22}$/.test(order.id));
    same('order', { ...order, id: 0 }, {
        id: 0, status: 'completed', currency: 'USD', amount: '41.50',
        orderMerchantExternalId: 'S-1' });
    same('one', others, []);
    same('only what the query names', await find('S-1', 'status'),
         [{ status: 'completed' }]);
    same('another reference', await find('S-2'), []);

    const after = await browser.get(page);

    check('the page says it', !after.text.includes('<form')
          && after.text.includes('This is paid.')
          && after.text.includes(`href="${successUrl}"`), after.text);

    same('pay twice', [(await browser.post(page)).status,
                       (await find('S-1')).length], [303, 1]);

    const both = await session({ orderMerchantExternalId: 'S-3' });

    await Promise.all([browser.post(both), browser.post(both)]);
    same('twice at once', (await find('S-3')).length, 1);

    const bare = await browser.post(await session({}));

    same('nowhere to go back to', bare.status, 200);
    check('a page', bare.text.includes('This is paid'));

    // an order that has a page of its own

    const started = await session({ orderMerchantExternalId: 'S-4' });
    const checkoutSessionId = started.split('/').at(-1);
    const payment = pathOf(await call(paths.order, {
        checkoutSessionId, successUrl,
        billingDetail: { country: 'DE', isBusiness: false } }));

    same('pending', (await find('S-4', 'status')), [{ status: 'pending' }]);
    same('pay an order', (await browser.post(payment)).location, successUrl);
    same('is paid', (await find('S-4', 'status')), [{ status: 'completed' }]);
    check('its session, too', (await browser.get(started)).text
        .includes('This is paid.'));
    await browser.post(started);
    same('still one', (await find('S-4')).length, 1);

    const given = await session({ orderMerchantExternalId: 'S-5' });

    await call(paths.order, {
        checkoutSessionId: given.split('/').at(-1),
        billingDetail: { country: 'DE', isBusiness: false } });
    await call(paths.cancel, { orderId: (await find('S-5'))[0].id });
    same('a canceled order', [(await browser.post(given)).status,
                              (await find('S-5', 'status'))[0].status],
         [409, 'canceled']);

    const club = await session({ productId: 'PROD_00000000000ClubMonthly',
                                 orderMerchantExternalId: 'S-6' });

    await browser.post(club);
    same('a subscription', await find('S-6', 'status'),
         [{ status: 'active' }]);

    same('no such session',
         (await browser.post('/pancake-shop/checkout/cs_1')).status, 404);

    const late = await session({ orderMerchantExternalId: 'S-7' });

    await double.settings({ advanceSeconds: 2701 });
    same('too late', [(await browser.post(late)).status,
                      (await find('S-7')).length], [410, 0]);
    same('paid before', (await browser.get(page)).status, 200);
    double.stop();
}

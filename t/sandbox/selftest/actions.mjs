// Copyright (C) 2026 pancake checkout contributors

import { Double, PRO, check, exchange, parse, paths, requestBytes, same,
         simple } from './harness.mjs';

const CLUB = 'PROD_00000000000ClubMonthly';
const YEARLY = 'PROD_000000000000ClubYearly';
const STORE = 'STO_3bVzrkD0FJjFdZNLk8Ualx';
const german = { country: 'DE', isBusiness: false };
const snapshot = { amount: '1.00', taxCategory: 'saas' };
const plan = { productId: YEARLY, currency: 'USD',
               originOrderId: 'ORD_5dXBtmF2HLlHfbPNm0Wcnz' };

// [fields on top of the simple session, status, message]; undefined removes

const sessions = [
    [{ productId: undefined }, 400, 'Missing required field: productId'],
    [{ productId: 'PROD_1' }, 400, 'Invalid ID format'],
    [{ productId: 1 }, 400, 'Invalid ID format'],
    [{ productId: '550e8400-e29b-41d4-a716-446655440000' }, 400,
     'Invalid ID format'],
    [{ productId: 'PROD_0000000000000000000404' }, 404,
     'Product not found'],
    [{ productId: 'PROD_0123456789abcdefghijAB' }, 200],
    [{ currency: undefined }, 400, 'Missing required field: currency'],
    [{ currency: 'usd' }, 400, 'Invalid currency code'],
    [{ currency: 'CHF' }, 400,
     'Unsupported currency for onetime products: CHF'],
    [{ currency: 'CNY' }, 200],
    [{ currency: 'CNY', productId: CLUB }, 400,
     'Unsupported currency for subscription products: CNY'],
    [{ storeId: STORE, productType: 'onetime' }, 200],
    [{ storeId: 'x' }, 400, 'Invalid ID format'],
    [{ productType: 'subscription' }, 400,
     'Product is not of type subscription'],
    [{ buyerEmail: 'nobody' }, 400, 'Invalid field: buyerEmail'],
    [{ buyerEmail: 'Zoë@example.com' }, 200],
    [{ successUrl: 'javascript:alert(1)' }, 400,
     'Invalid field: successUrl'],
    [{ successUrl: `https://a.example/${'x'.repeat(500)}` }, 400,
     'Invalid field: successUrl'],
    [{ darkMode: 'true' }, 400, 'Invalid field: darkMode'],
    [{ withTrial: null }, 400, 'Invalid field: withTrial'],
    [{ language: 'pt-br' }, 400, 'Invalid field: language'],
    [{ language: 'pt-BR' }, 200],
    [{ metadata: { a: 1 } }, 400, 'Invalid field: metadata'],
    [{ metadata: { a: '1' } }, 200],
    [{ expiresInSeconds: 0 }, 400, 'Invalid field: expiresInSeconds'],
    [{ expiresInSeconds: 604800 }, 200],
    [{ expiresInSeconds: 604801 }, 400, 'Invalid field: expiresInSeconds'],
    [{ orderMerchantExternalId: 'x'.repeat(128) }, 200],
    [{ orderMerchantExternalId: 'x'.repeat(129) }, 400,
     'Invalid field: orderMerchantExternalId'],
    [{ priceSnapshot: snapshot }, 200],
    [{ priceSnapshot: { ...snapshot, amount: '0.00' } }, 400,
     'Invalid amount'],
    [{ priceSnapshot: { ...snapshot, taxCategory: 'food' } }, 400,
     'Invalid tax category'],
    [{ priceSnapshot: { amount: '1.00' } }, 400,
     'Missing required field: taxCategory'],
    [{ includePaymentMethods: ['card', 'wechat'] }, 200],
    [{ includePaymentMethods: ['wechat'], currency: 'EUR' }, 400,
     'Unsupported payment method for EUR: wechat'],
    [{ excludePaymentMethods: ['wechat'], currency: 'EUR' }, 200],
    [{ includePaymentMethods: ['card'], excludePaymentMethods: ['wechat'] },
     400, 'includePaymentMethods and excludePaymentMethods are mutually'
          + ' exclusive'],
    [{ billingDetail: { country: 'US', isBusiness: false } }, 200],
    [{ billingDetail: { country: 'us', isBusiness: false } }, 400,
     'Invalid billingDetail'],
    [{ billingDetail: { country: 'US', isBusiness: 'false' } }, 400,
     'Invalid billingDetail'],
    [{ billingDetail: { country: 'US' } }, 400, 'Invalid billingDetail'],
    [{ billingDetail: [] }, 400, 'Invalid billingDetail'],
    [{ changeTiming: 'immediate' }, 400,
     'changeTiming requires originOrderId'],
    [{ ...plan, changeTiming: 'next_period', changeAmount: '8.00' }, 200],
    [{ ...plan, changeTiming: 'later' }, 400, 'Invalid field: changeTiming'],
    [{ ...plan, changeAmount: '1', changeCreditAmount: '1' }, 400,
     'changeAmount and changeCreditAmount are mutually exclusive'],
    [{ ...plan, originOrderId: 'ORD_1' }, 400, 'Invalid ID format'],
    [{ ...plan, originOrderId: 'ORD_0000000000000000000404' }, 404,
     'Order not found'],
    [{ ...plan, originOrderId: 'ORD_0000000000000000000403' }, 403,
     'Subscription order does not belong to this credential'],
    [{ ...plan, originOrderId: 'ORD_000000000000000pending' }, 400,
     'Order is not a subscription'],
    [{ ...plan, productId: PRO }, 400,
     'Target product is not a subscription'],
    [{ ...plan, billingDetail: 'ignored' }, 200],
];

// [billingDetail, status of preview-tax, status of create-order]

const billing = [
    [german, 200, 200],
    [{ country: 'US', isBusiness: false }, 400, 400],
    [{ country: 'CA', isBusiness: false, postcode: 'K1A 0B1' }, 400, 400],
    [{ country: 'US', isBusiness: false, state: 'CA' }, 200, 200],
    [{ country: 'DE', isBusiness: true }, 200, 400],
    [{ country: 'DE', isBusiness: true, businessName: 'A' }, 200, 400],
    [{ country: 'DE', isBusiness: true, businessName: 'A', taxId: 'DE1' },
     200, 200],
    [{ country: 'GB', isBusiness: true, businessName: 'A' }, 200, 200],
    [{ country: 'DE', isBusiness: 0 }, 400, 400],
    [{ isBusiness: false }, 400, 400],
];

const products = [
    [{}, 200],
    [{ storeId: undefined }, 400, 'Missing required field: storeId'],
    [{ storeId: 'x' }, 400, 'Invalid ID format'],
    [{ storeId: 'STO_0000000000000000000404' }, 404, 'Store not found'],
    [{ name: undefined }, 400, 'Missing required field: name'],
    [{ name: 'x'.repeat(65) }, 400, 'Invalid field: name'],
    [{ prices: undefined }, 400, 'Prices must have at least one currency'],
    [{ prices: {} }, 400, 'Prices must have at least one currency'],
    [{ prices: { usd: snapshot } }, 400, 'Invalid currency code'],
    [{ prices: { USD: { ...snapshot, amount: 1 } } }, 400, 'Invalid amount'],
    [{ prices: { USD: { ...snapshot, taxIncluded: true } } }, 200],
    [{ description: null, successUrl: '', media: [
        { type: 'image', url: 'https://a.example/b.png', alt: 'b' }] }, 200],
    [{ media: [{ type: 'audio', url: 'https://a.example/' }] }, 400,
     'Invalid field: media'],
    [{ metadata: Object.fromEntries(Array.from({ length: 51 },
                                               (_, i) => [i, 'x'])) },
     400, 'Invalid field: metadata'],
];

const name = (fields) => JSON.stringify(fields, (key, value) => (
    value === undefined ? null : value)).slice(0, 70);

async function table(double, path, base, rows) {
    for (const [fields, status, message] of rows) {
        const answer = await double.call(path, { ...base, ...fields });

        same(`${path.split('/').at(-1)} ${name(fields)}`,
             [answer.status, answer.message], [status, message]);
    }
}

async function purchase(double) {
    const { data } = await double.call(paths.session, simple);
    const id = data.sessionId;

    check('session id', /^cs_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
        .test(id), id);
    same('session URL', data.checkoutUrl,
         `https://checkout.waffo.ai/pancake-shop/checkout/${id}`);
    check('session lives 45 minutes',
          Math.abs(Date.parse(data.expiresAt) - Date.now() - 2700e3) < 5000);

    for (const [detail, preview, order] of billing) {
        const body = { checkoutSessionId: id, billingDetail: detail };

        same(`preview-tax ${name(detail)}`,
             (await double.call(paths.preview, body)).status, preview);

        const answer = await double.call(paths.order, body);

        same(`create-order ${name(detail)}`,
             [answer.status, answer.message],
             [order, order === 200 ? undefined : 'Invalid billingDetail']);
    }

    const body = { checkoutSessionId: id, billingDetail: german };

    same('tax', (await double.call(paths.preview, body)).data,
         { subtotal: '29.00', taxAmount: '5.80', total: '34.80',
           taxRate: 0.2 });
    await double.settings({ previewUnits: 'minor' });
    same('tax in minor units', (await double.call(paths.preview, body)).data,
         { subtotal: 2900, taxAmount: 580, total: 3480, taxRate: 0.2 });

    for (const [fields, status, message] of [
        [{ checkoutSessionId: undefined }, 400, 'Missing required fields'],
        [{ billingDetail: undefined }, 400, 'Missing required fields'],
        [{ checkoutSessionId: 'x' }, 400, 'Invalid ID format'],
        [{ checkoutSessionId: 'cs_550e8400-e29b-e1d4-5716-446655440000' },
         404, 'Session not found'],
        [{ buyerIp: '2001:db8::1', buyerEmail: 'A@b.example' }, 200],
        [{ buyerIp: '1.2.3' }, 400, 'Invalid field: buyerIp'],
    ]) {
        const answer = await double.call(paths.order, { ...body, ...fields });

        same(`create-order ${name(fields)}`,
             [answer.status, answer.message], [status, message]);
    }

    const answer = await double.call(paths.order, body);
    const { effect } = await double.last();

    same('order URL', answer.data.checkoutUrl.replace(/[\w-]{32}$/, 'TOKEN'),
         'https://checkout.waffo.ai/pancake-shop/payment/TOKEN');
    same('order can be canceled', (await double.call(
        paths.cancel, { orderId: effect.created })).data,
         { orderId: effect.created, status: 'canceled' });
    same('but once', (await double.call(
        paths.cancel, { orderId: effect.created })).message,
         'Order cannot be canceled in its current status: canceled');

    for (const [path, orderId, status, result] of [
        ['cancel', 'ORD_0000000000000completed', 400],
        ['cancel', 'ORD_0000000000000000000404', 404],
        ['cancel', 'ORD_5dXBtmF2HLlHfbPNm0Wcnz', 404],
        ['cancel', 'x', 400],
        ['cancel', 'ORD_anyOrderOfTwentyTwo000', 200, 'canceled'],
        ['cancelSubscription', 'ORD_0000000000000000active', 200,
         'canceling'],
        ['cancelSubscription', 'ORD_000000000000000pastdue', 200,
         'canceling'],
        ['cancelSubscription', 'ORD_0000000000000000closed', 400],
    ]) {
        const cancel = await double.call(paths[path], { orderId });

        same(`${path} ${orderId}`, [cancel.status, cancel.data?.status],
             [status, result]);
    }

    return { id, paid: new URL(answer.data.checkoutUrl).pathname, body };
}

async function pages(double, { id, paid, body }) {
    const get = async (path) => parse((await exchange(
        double.port, requestBytes(path, Buffer.alloc(0),
                                  { Connection: 'close' }, 'GET'))).bytes);

    await double.call(paths.session, {
        ...simple, buyerEmail: 'a"<b>@example.com' });

    const { json } = await double.control('GET', 'sessions');
    const page = await get(`/pancake-shop/checkout/${json.at(-1).id}`);
    const html = page.body.toString();

    same('page: status', page.status, 200);
    check('page: what is bought', ['Pancake Pro', '29.00', 'USD',
                                   'a&quot;&lt;b&gt;@example.com']
        .every((text) => html.includes(text)), html);
    check('page: nothing unescaped', !html.includes('<b>'));
    check('page: fragment is shown by the page itself',
          html.includes('location.hash'));
    same('page of an order', (await get(paid)).status, 200);
    same('page with a query', (await get(`${paid}?test=true`)).status, 200);
    same('no such page', (await get('/other/checkout/x')).status, 404);
    same('no such session',
         (await get('/pancake-shop/checkout/cs_1')).status, 404);
    same('a session is not an order',
         (await get(`/pancake-shop/payment/${id}`)).status, 404);

    await double.settings({ advanceSeconds: 2701 });
    same('page of an expired session',
         (await get(`/pancake-shop/checkout/${id}`)).status, 410);
    same('order of an expired session',
         (await double.call(paths.order, body)).message, 'Session expired');
}

export default async function run() {
    const double = await Double.start();

    await table(double, paths.session, simple, sessions);
    await double.reset();
    await pages(double, await purchase(double));
    await double.reset();
    await table(double, paths.product, {
        storeId: STORE, name: 'Templates', prices: { USD: snapshot },
    }, products);

    const { data } = await double.call(paths.product, {
        storeId: STORE, name: 'Templates', prices: { USD: snapshot } });

    same('a new product can be bought', (await double.call(
        paths.session, { ...simple, productId: data.product.id })).status,
         200);

    await table(double, paths.token, { buyerIdentity: 'u', storeId: STORE }, [
        [{}, 200],
        [{ buyerIdentity: undefined }, 400,
         'Missing required field: buyerIdentity'],
        [{ buyerIdentity: 1 }, 400, 'Invalid field: buyerIdentity'],
        [{ storeId: undefined }, 400,
         'Missing required field: storeId or productId'],
        [{ storeId: 'x' }, 400, 'Invalid ID format'],
        [{ storeId: 'STO_0000000000000000000403' }, 403,
         'Store does not belong to this merchant'],
        [{ productId: PRO }, 200],
    ]);

    await table(double, paths.graphql, {}, [
        [{ query: 'query A($id: String!) { store(id: $id) { id } }' }, 200],
        [{ query: 'mutation { a }' }, 403, 'Only queries are supported'],
        [{}, 400, 'Missing required field: query'],
    ]);

    await double.call(paths.token, { buyerIdentity: 'u', productId: PRO },
                      { key: 'k' });
    same('a key where none belongs is noted', (await double.last()).notes,
         ['idempotency key where none belongs']);
    double.stop();
}

// Copyright (C) 2026 pancake checkout contributors

// The API's actions: who may call which, and what each does.  An action gets
// its context and the parsed body, and answers { data, effect } or refuses.

import { FOREIGN, MISSING, findProduct, taxPercent, toDisplay, toMinor }
    from './catalogue.js';
import { checkBilling, checkOptional, isAmount, isBoolean, isCurrency,
         isEmail, isIpAddress, isObject, isSessionId, isString,
         isTaxCategory, isWebUrl, refuse, required, requiredId }
    from './rules.js';
import { createSession } from './sessions.js';
import { newShortId, newToken } from './world.js';

function findSession(context, id) {
    const { world } = context;

    if (!isSessionId(id)) {
        refuse(400, 'Invalid ID format', 'order',
               { hint: 'checkoutSessionId' });
    }

    const session = world.sessions.get(id) ?? world.sessions.get(`cs_${id}`);

    if (!session) {
        refuse(404, 'Session not found', 'order');
    }

    if (Date.parse(session.expiresAt) <= world.now()) {
        refuse(404, 'Session expired', 'order');
    }

    return session;
}

function previewTax(context, body) {
    const id = required(body, 'checkoutSessionId', 'order');
    const detail = required(body, 'billingDetail', 'order');

    checkBilling(detail, 'tax', 'order');

    if (context.credential.kind === 'api-key') {
        context.note('undocumented: preview-tax with an API key');
    }

    const session = findSession(context, id);
    const percent = taxPercent(detail);
    const subtotal = toMinor(session.amount, session.currency);
    const tax = (subtotal * BigInt(percent) + 50n) / 100n;
    const show = context.settings.previewUnits === 'minor'
        ? Number
        : (minor) => toDisplay(minor, session.currency);

    return {
        effect: null,
        data: {
            subtotal: show(subtotal),
            taxAmount: show(tax),
            total: show(subtotal + tax),
            taxRate: percent / 100,
        },
    };
}

const createOrder = (type) => (context, body) => {
    const { world, settings, config, credential } = context;
    const prefilled = settings.prefilledBilling;

    if (!body.checkoutSessionId || (!body.billingDetail && !prefilled)) {
        refuse(400, 'Missing required fields', 'order');
    }

    for (const name of ['storeId', 'productId', 'currency']) {
        if (body[name] !== undefined) {
            context.note(`ignored field: ${name}`);
        }
    }

    checkOptional(body, { buyerEmail: isEmail, buyerIp: isIpAddress,
                          successUrl: isWebUrl }, 'order');

    if (body.billingDetail !== undefined) {
        checkBilling(body.billingDetail, 'order', 'order');
    }

    const session = findSession(context, body.checkoutSessionId);

    if (body.billingDetail === undefined) {
        if (!session.billingDetail) {
            refuse(400, 'Missing required fields', 'order');
        }

        checkBilling(session.billingDetail, 'order', 'order');
    }

    if (session.productType !== type) {
        refuse(400, `Product is not of type ${type}`, 'order');
    }

    const token = newToken();
    const order = world.addOrder({
        type,
        sessionId: session.id,
        productId: session.productId,
        productName: session.productName,
        currency: session.currency,
        amount: session.amount,
        buyerEmail: body.buyerEmail?.trim().toLowerCase()
                    ?? session.buyerEmail,
        buyerIp: body.buyerIp ?? null,
        billingDetail: body.billingDetail ?? session.billingDetail,
        successUrl: body.successUrl ?? session.successUrl ?? null,
        owner: credential.identity ?? null,
        orderMerchantExternalId: session.orderMerchantExternalId ?? null,
    });

    world.payments.set(token, order);

    return {
        effect: { created: order.id },
        data: {
            checkoutUrl: `${config.checkoutBase}/${config.slug}/payment/`
                         + token,
        },
    };
};

const cancelled = {
    onetime: { pending: 'canceled' },
    subscription: { pending: 'canceled', active: 'canceling',
                    past_due: 'canceling' },
};

const cancelOrder = (type) => (context, body) => {
    const { world, settings, credential } = context;
    const id = requiredId(body, 'orderId', 'ORD', 'order', settings.uuidIds);
    const byToken = credential.kind === 'token';
    const order = world.findOrder(id, byToken ? null : { type });

    if (!order || (order.type && order.type !== type)) {
        refuse(404, 'Order not found', 'order');
    }

    if (order.foreign || (byToken && order.owner !== credential.identity)) {
        refuse(403, 'Order does not belong to this credential', 'order');
    }

    const status = cancelled[type][order.status];

    if (!status) {
        refuse(400, 'Order cannot be canceled in its current status:'
                    + ` ${order.status}`, 'order');
    }

    order.status = status;

    return { effect: { changed: id }, data: { orderId: id, status } };
};

function checkStore(id, layer) {
    if (id.endsWith(MISSING)) {
        refuse(404, 'Store not found', 'store');
    }

    if (id.endsWith(FOREIGN)) {
        refuse(403, 'Store does not belong to this merchant', layer);
    }
}

function checkPrices(prices) {
    if (!isObject(prices) || Object.keys(prices).length === 0) {
        refuse(400, 'Prices must have at least one currency', 'product');
    }

    for (const [currency, price] of Object.entries(prices)) {
        if (!isCurrency(currency)) {
            refuse(400, 'Invalid currency code', 'product');
        }

        if (!isObject(price) || !isAmount(price.amount)) {
            refuse(400, 'Invalid amount', 'product');
        }

        if (!isTaxCategory(price.taxCategory)) {
            refuse(400, 'Invalid tax category', 'product');
        }

        checkOptional(price, { taxIncluded: isBoolean }, 'product');
    }
}

const isMedia = (value) => (
    Array.isArray(value) && value.every((item) => (
        isObject(item) && ['image', 'video'].includes(item.type)
        && isWebUrl(item.url)
        && [item.alt, item.thumbnail].every((text) => (
            text === undefined || isString(text))))));

// null and "" clear the field

const orCleared = (check) => (value) => (
    value === null || value === '' || check(value));

function createProduct(context, body) {
    const { world, settings } = context;
    const storeId = requiredId(body, 'storeId', 'STO', 'product',
                               settings.uuidIds);
    const name = required(body, 'name', 'product');

    checkPrices(body.prices);
    checkOptional(body, {
        name: (value) => isString(value) && value.length <= 64,
        description: orCleared(isString),
        media: isMedia,
        successUrl: orCleared(isWebUrl),
        metadata: (value) => (
            isObject(value) && Object.keys(value).length <= 50),
    }, 'product');
    checkStore(storeId, 'product');

    const time = new Date(world.now()).toISOString();
    const prices = Object.entries(body.prices).map(
        ([currency, { amount, taxCategory }]) => (
            [currency, { amount, taxCategory }]));

    const product = {
        id: newShortId('PROD'),
        storeId,
        name,
        description: body.description || null,
        prices: Object.fromEntries(prices),
        media: body.media ?? [],
        successUrl: body.successUrl || null,
        metadata: body.metadata ?? {},
        status: 'active',
        createdAt: time,
        updatedAt: time,
    };

    world.products.set(product.id, {
        id: product.id,
        name,
        type: 'onetime',
        prices: Object.fromEntries(prices.map(
            ([currency, { amount }]) => [currency, amount])),
    });

    return { effect: { created: product.id }, data: { product } };
}

export const TOKEN_MS = 5 * 60 * 1000;

function issueSessionToken(context, body) {
    const { world, settings, credential } = context;
    const identity = required(body, 'buyerIdentity', 'user');

    if (!isString(identity)) {
        refuse(400, 'Invalid field: buyerIdentity', 'user');
    }

    if (body.productId === undefined && body.storeId === undefined) {
        refuse(400, 'Missing required field: storeId or productId', 'user');
    }

    if (body.productId !== undefined) {
        const id = requiredId(body, 'productId', 'PROD', 'user',
                              settings.uuidIds);

        if (!findProduct(world.products, id)) {
            refuse(404, 'Product not found', 'product');
        }
    }

    if (body.storeId !== undefined) {
        checkStore(requiredId(body, 'storeId', 'STO', 'user',
                              settings.uuidIds), 'user');
    }

    const token = newToken();
    const expires = world.now() + TOKEN_MS;

    world.tokens.set(token, { identity, expires,
                              environment: credential.environment });

    return {
        effect: { created: 'token' },
        data: { token, expiresAt: new Date(expires).toISOString() },
    };
}

// As little as an edge can notice: the root fields of the query are answered
// with null, but for orders found by the merchant's own number, and of those
// what the query names.

const orderFields = ['id', 'status', 'currency', 'amount', 'createdAt',
                     'orderMerchantExternalId'];

function selection(text, field) {
    const [, names = ''] = new RegExp(`\\b${field}\\b[^{}]*\\{([^{}]*)\\}`)
        .exec(text) ?? [];

    return orderFields.filter((name) => (
        new RegExp(`\\b${name}\\b`).test(names)));
}

function graphql(context, body) {
    const { world } = context;
    const { variables = {} } = body;
    const query = required(body, 'query', 'graphql');

    if (!isString(query) || !isObject(variables)) {
        refuse(400, 'Invalid query', 'graphql');
    }

    if (/^\s*(?:mutation|subscription)\b/.test(query)) {
        refuse(403, 'Only queries are supported', 'graphql');
    }

    const text = query.replace(/"(?:\\.|[^"\\])*"/g, '""')
        .replace(/#.*/g, '').replace(/\([^()]*\)/g, '');
    const open = text.indexOf('{');

    if (open === -1) {
        refuse(400, 'Syntax Error: Expected "{"', 'graphql');
    }

    let root = text.slice(open + 1, text.lastIndexOf('}'));

    while (/\{[^{}]*\}/.test(root)) {
        root = root.replace(/\{[^{}]*\}/g, ' ');
    }

    const wanted = Object.values(variables).filter(isString);
    const data = {};

    for (const field of root.match(/[A-Za-z_]\w*/g) ?? []) {
        data[field] = field !== 'onetimeOrders' ? null
            : [...world.orders.values()].filter((order) => (
                order.orderMerchantExternalId !== null
                && (wanted.includes(order.orderMerchantExternalId)
                    || query.includes(JSON.stringify(
                        order.orderMerchantExternalId)))))
                .map((order) => Object.fromEntries(
                    selection(text, field).map((name) => (
                        [name, order[name]]))));
    }

    return { effect: null, data };
}

const KEY = 'api-key';
const SLUG = 'slug';
const TOKEN = 'token';

export const actions = {
    '/v1/actions/checkout/create-session':
        { layer: 'order', by: [KEY, SLUG, TOKEN], run: createSession },
    '/v1/actions/checkout/preview-tax':
        { layer: 'order', by: [KEY, SLUG], run: previewTax },
    '/v1/actions/onetime-order/create-order':
        { layer: 'order', by: [KEY, TOKEN], run: createOrder('onetime') },
    '/v1/actions/subscription-order/create-order':
        { layer: 'order', by: [KEY, TOKEN],
          run: createOrder('subscription') },
    '/v1/actions/onetime-order/cancel-order':
        { layer: 'order', by: [KEY, TOKEN], run: cancelOrder('onetime') },
    '/v1/actions/subscription-order/cancel-order':
        { layer: 'order', by: [KEY, TOKEN],
          run: cancelOrder('subscription') },
    '/v1/actions/onetime-product/create-product':
        { layer: 'product', by: [KEY], run: createProduct },
    '/v1/actions/auth/issue-session-token':
        { layer: 'user', by: [KEY], noKey: true, run: issueSessionToken },
    '/v1/graphql':
        { layer: 'graphql', by: [KEY, SLUG, TOKEN], noKey: true,
          run: graphql },
};

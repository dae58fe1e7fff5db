// Copyright (C) 2026 pancake checkout contributors

// checkout/create-session, also as a plan change.

import { randomUUID } from 'node:crypto';

import { findProduct, methods, selfService } from './catalogue.js';
import { checkBilling, checkOptional, isAmount, isBoolean, isCurrency,
         isEmail, isLanguage, isMetadata, isObject, isString, isStrings,
         isTaxCategory, isWebUrl, refuse, required, requiredId, shortId }
    from './rules.js';

const LAYER = 'order';
const WEEK = 7 * 24 * 60 * 60;

const planFields = ['changeTiming', 'changeAmount', 'changeCreditAmount'];

const known = [
    'productId', 'currency', 'storeId', 'productType', 'priceSnapshot',
    'withTrial', 'buyerEmail', 'billingDetail', 'successUrl',
    'expiresInSeconds', 'darkMode', 'metadata', 'orderMerchantExternalId',
    'language', 'includePaymentMethods', 'excludePaymentMethods',
    'originOrderId', ...planFields,
];

const slugFields = [
    'productId', 'currency', 'buyerEmail', 'billingDetail', 'successUrl',
    'darkMode', 'language',
];

const tokenFields = [
    'originOrderId', 'productId', 'currency', 'changeTiming', 'successUrl',
    'darkMode', 'language',
];

const checks = {
    withTrial: isBoolean,
    buyerEmail: isEmail,
    successUrl: isWebUrl,
    expiresInSeconds: (value) => (
        Number.isInteger(value) && value > 0 && value <= WEEK),
    darkMode: isBoolean,
    metadata: isMetadata,
    orderMerchantExternalId: (value) => (
        isString(value) && value !== '' && value.length <= 128),
    language: isLanguage,
    includePaymentMethods: isStrings,
    excludePaymentMethods: isStrings,
    productType: (value) => ['onetime', 'subscription'].includes(value),
    changeTiming: (value) => ['immediate', 'next_period'].includes(value),
    changeAmount: isAmount,
    changeCreditAmount: isAmount,
};

// the API drops in silence what the credential may not set; so does this, but
// tells the record

function visible(context, body) {
    const allowed = { slug: slugFields, token: tokenFields }[
        context.credential.kind] ?? known;
    const result = {};

    for (const [name, value] of Object.entries(body)) {
        if (allowed.includes(name)) {
            result[name] = value;

        } else if (known.includes(name)) {
            context.note(`ignored field: ${name}`);

        } else {
            context.note(`unknown field: ${name}`);
        }
    }

    return result;
}

function checkSnapshot(snapshot) {
    if (!isObject(snapshot)) {
        refuse(400, 'Invalid field: priceSnapshot', LAYER);
    }

    required(snapshot, 'amount', LAYER);
    required(snapshot, 'taxCategory', LAYER);

    if (!isAmount(snapshot.amount)) {
        refuse(400, 'Invalid amount', LAYER);
    }

    if (!isTaxCategory(snapshot.taxCategory)) {
        refuse(400, 'Invalid tax category', LAYER);
    }
}

function checkMethods(fields, type, currency) {
    const { includePaymentMethods: include,
            excludePaymentMethods: exclude } = fields;

    if (include && exclude) {
        refuse(400, 'includePaymentMethods and excludePaymentMethods are'
                    + ' mutually exclusive', LAYER);
    }

    const possible = methods[type][currency];
    const strange = include?.find((method) => !possible.includes(method));

    if (strange !== undefined || include?.length === 0) {
        refuse(400, `Unsupported payment method for ${currency}: ${strange}`,
               LAYER);
    }
}

function product(context, id, type) {
    const found = findProduct(context.world.products, id, type);

    if (!found) {
        refuse(404, 'Product not found', 'product', {
            outer: { message: 'Failed to create checkout session',
                     layer: LAYER },
        });
    }

    return found;
}

function checkPlan({ context, fields, target }) {
    if (fields.changeAmount !== undefined
        && fields.changeCreditAmount !== undefined)
    {
        refuse(400, 'changeAmount and changeCreditAmount are mutually'
                    + ' exclusive', LAYER);
    }

    requiredId(fields, 'originOrderId', 'ORD', LAYER,
               context.settings.uuidIds);

    const byToken = context.credential.kind === 'token';
    const origin = context.world.findOrder(
        fields.originOrderId,
        byToken ? null : { type: 'subscription', status: 'active' });

    if (!origin) {
        refuse(404, 'Order not found', LAYER);
    }

    if (origin.foreign
        || (byToken && origin.owner !== context.credential.identity))
    {
        refuse(403, 'Subscription order does not belong to this credential',
               LAYER);
    }

    if (origin.type !== 'subscription') {
        refuse(400, 'Order is not a subscription', LAYER);
    }

    if (target.type !== 'subscription') {
        refuse(400, 'Target product is not a subscription', LAYER);
    }

    if (byToken) {
        checkSelfService({ context, fields, target, origin });
    }
}

function checkSelfService({ context, fields, target, origin }) {
    const current = findProduct(context.world.products, origin.productId,
                                'subscription');

    if (current.group !== target.group) {
        refuse(403, 'Target plan is not in the same product group as the'
                    + ' current plan', 'product');
    }

    if (!selfService.has(target.group)) {
        refuse(403, 'Self-service plan change is not enabled for this product'
                    + ' group', 'product');
    }

    if (fields.currency !== origin.currency) {
        refuse(400, 'Currency must equal the currency of the subscription',
               LAYER);
    }
}

function checkCredential(context, body, plan) {
    const { kind } = context.credential;

    if (plan && kind === 'slug') {
        refuse(403, 'Plan change is not available with a store slug', LAYER);
    }

    if (!plan && kind === 'token') {
        refuse(403, 'Only a plan change is available with a session token',
               LAYER);
    }

    const stray = planFields.find((name) => body[name] !== undefined);

    if (!plan && stray) {
        refuse(400, `${stray} requires originOrderId`, LAYER);
    }
}

export function createSession(context, body) {
    const { world, settings, config } = context;
    const plan = body.originOrderId !== undefined;

    checkCredential(context, body, plan);

    const fields = visible(context, body);

    requiredId(fields, 'productId', 'PROD', LAYER, settings.uuidIds);

    if (!isCurrency(required(fields, 'currency', LAYER))) {
        refuse(400, 'Invalid currency code', LAYER);
    }

    if (fields.storeId !== undefined
        && !shortId('STO', settings.uuidIds)(fields.storeId))
    {
        refuse(400, 'Invalid ID format', LAYER, { hint: 'storeId' });
    }

    checkOptional(fields, checks, LAYER);

    if (fields.priceSnapshot !== undefined) {
        checkSnapshot(fields.priceSnapshot);
    }

    if (fields.billingDetail !== undefined && !plan) {
        checkBilling(fields.billingDetail, 'prefill', LAYER);
    }

    const { currency } = fields;
    const target = product(context, fields.productId, plan
        ? 'subscription' : fields.productType);

    if (fields.productType && fields.productType !== target.type) {
        refuse(400, `Product is not of type ${fields.productType}`, LAYER);
    }

    if (!methods[target.type][currency]) {
        refuse(400, `Unsupported currency for ${target.type} products:`
                    + ` ${currency}`, LAYER);
    }

    if (!target.prices[currency] && !fields.priceSnapshot) {
        refuse(400, `Product has no price in ${currency}`, LAYER);
    }

    checkMethods(fields, target.type, currency);

    if (plan) {
        checkPlan({ context, fields, target });
    }

    const id = `cs_${randomUUID()}`;
    const now = world.now();
    const expires = new Date(now + (fields.expiresInSeconds ?? 2700) * 1000);

    world.sessions.set(id, {
        ...fields,
        id,
        kind: plan ? 'change' : 'checkout',
        productName: target.name,
        productType: target.type,
        amount: fields.priceSnapshot?.amount ?? fields.changeAmount
                ?? target.prices[currency],
        buyerEmail: plan ? null
                         : fields.buyerEmail?.trim().toLowerCase() ?? null,
        billingDetail: plan ? null : fields.billingDetail ?? null,
        credential: context.credential.kind,
        environment: context.credential.environment,
        createdAt: new Date(now).toISOString(),
        expiresAt: expires.toISOString(),
    });

    return {
        effect: { created: id },
        data: {
            sessionId: id,
            checkoutUrl: `${config.checkoutBase}/${config.slug}/`
                         + `${plan ? 'change' : 'checkout'}/${id}`
                         + settings.checkoutQuery,
            expiresAt: expires.toISOString(),
        },
    };
}

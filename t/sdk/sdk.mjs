// Copyright (C) 2026 pancake checkout contributors

// Runs the official SDK against an API:
//
//   node sdk.mjs BASE_URL PRIVATE_KEY_FILE MERCHANT_ID
//
// and prints one JSON object: for each call by name what it returned, or
// { failed: { status, errors } }.

import { createHash, createSign, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { WaffoPancake } from '@waffo/pancake-ts';

const [baseUrl, keyFile, merchantId] = process.argv.slice(2);
const privateKey = readFileSync(keyFile, 'utf8');

const client = (more) => new WaffoPancake({ merchantId, privateKey, baseUrl,
                                            ...more });

const simple = {
    productId: 'PROD_4cWAslE1GKkGeaOMl9Vbmy',
    currency: 'USD',
    buyerEmail: 'customer@example.com',
};

const path = '/v1/actions/checkout/create-session';

async function outcome(call) {
    try {
        return await call();

    } catch (error) {
        if (error.name !== 'WaffoPancakeError') {
            throw error;
        }

        return { failed: { status: error.status, errors: error.errors } };
    }
}

// the SDK reads the clock before its first await

async function atTime(now, call) {
    const real = Date.now;

    Date.now = () => now;

    try {
        const pending = call();

        Date.now = real;
        return await pending;

    } finally {
        Date.now = real;
    }
}

function wrongKey() {
    return generateKeyPairSync('rsa', {
        modulusLength: 2048,
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
        publicKeyEncoding: { type: 'spki', format: 'pem' },
    }).privateKey;
}

// one byte of the body changes between signing and sending

const tampering = (url, init) => fetch(url, {
    ...init, body: init.body.replace('"USD"', '"EUR"'),
});

// signs as the SDK did up to 0.1.1: the body's hash in hex

async function hexHash() {
    const body = JSON.stringify(simple);
    const timestamp = String(Math.floor(Date.now() / 1000));
    const hash = createHash('sha256').update(body).digest('hex');
    const signature = createSign('sha256')
        .update(`POST\n${path}\n${timestamp}\n${hash}`)
        .sign(privateKey, 'base64');
    const response = await fetch(baseUrl + path, {
        method: 'POST',
        headers: {
            'Content-Type': 'application/json',
            'X-Merchant-Id': merchantId,
            'X-Timestamp': timestamp,
            'X-Signature': signature,
        },
        body,
    });
    const { errors } = await response.json();

    return errors ? { failed: { status: response.status, errors } } : {};
}

const anonymous = (more, options) => () => (
    client(more).checkout.anonymous.create(simple, options));

const calls = {
    anonymous: anonymous(),

    detailed: () => client().checkout.anonymous.create({
        ...simple,
        buyerEmail: 'Zoë@example.com',
        billingDetail: { country: 'US', isBusiness: false,
                         postcode: '10001' },
        priceSnapshot: { amount: '19.50', taxCategory: 'saas' },
        expiresInSeconds: 600,
        metadata: { cart: '🥞' },
        orderMerchantExternalId: 'ORDER-2026-00891',
        successUrl: 'https://example.com/thanks',
        language: 'pt-BR',
        darkMode: true,
    }),

    authenticated: () => client().checkout.authenticated.create(
        { ...simple, buyerIdentity: 'user-123' },
        { idempotencyKey: 'sdk-authenticated' }),

    planChange: () => client().checkout.createPlanChangeSession({
        originOrderId: 'ORD_5dXBtmF2HLlHfbPNm0Wcnz',
        productId: 'PROD_000000000000ClubYearly',
        currency: 'USD',
        changeTiming: 'next_period',
        changeAmount: '80.00',
    }),

    keyed: anonymous({}, { idempotencyKey: 'sdk-once' }),
    keyedAgain: anonymous({}, { idempotencyKey: 'sdk-once' }),

    cancel: () => client().orders.cancelSubscription(
        { orderId: 'ORD_0000000000000000active' }),

    query: () => client().graphql.query({ query: '{ stores { id } }' }),

    noProduct: () => client().checkout.anonymous.create(
        { ...simple, productId: 'PROD_0000000000000000000404' }),

    bothAmounts: () => client().checkout.createPlanChangeSession({
        originOrderId: 'ORD_5dXBtmF2HLlHfbPNm0Wcnz',
        productId: 'PROD_000000000000ClubYearly',
        currency: 'USD',
        changeAmount: '80.00',
        changeCreditAmount: '8.00',
    }),

    async customer() {
        const { token } = await client().auth.issueSessionToken(
            { productId: simple.productId, buyerIdentity: 'user-123' });

        return client({ environment: 'test' }).customer(token)
            .cancelOnetimeOrder({ orderId: 'ORD_000000000000000pending' });
    },

    wrongKey: anonymous({ privateKey: wrongKey() }),
    wrongMerchant: anonymous({ merchantId: 'MER_0000000000000000000404' }),
    tampered: anonymous({ fetch: tampering }),
    old: () => atTime(Date.now() - 310 * 1000, anonymous()),
    future: () => atTime(Date.now() + 70 * 1000, anonymous()),

    // the SDK divides by 1000, so that milliseconds end up in the header

    milliseconds: () => atTime(Date.now() * 1000, anonymous()),

    hexHash,
};

const results = {};

for (const [name, call] of Object.entries(calls)) {
    results[name] = await outcome(call);
}

process.stdout.write(`${JSON.stringify(results)}\n`);

// Copyright (C) 2026 pancake checkout contributors

import { Double, MERCHANT, PRO, check, paths, same, signed, simple, slug }
    from './harness.mjs';

const body = JSON.stringify(simple);
const { session } = paths;

const own = () => signed(session, Buffer.from(body));

const without = (name) => {
    const { [name]: dropped, ...rest } = own();

    return rest;
};

// [what, auth headers, status, reason in the record]

const refused = () => [
    ['no credential', {}, 401, 'no credential'],
    ['no merchant', without('X-Merchant-Id'), 401, 'no x-merchant-id'],
    ['no timestamp', without('X-Timestamp'), 401, 'no x-timestamp'],
    ['no signature', without('X-Signature'), 401, 'no x-signature'],
    ['other merchant', { ...own(), 'X-Merchant-Id': `${MERCHANT}x` }, 401,
     'unknown merchant'],
    ['signature of another path', signed(paths.order, Buffer.from(body)),
     401, 'signature does not verify'],
    ['signature of another body', signed(session, Buffer.from('{}')), 401,
     'signature does not verify'],
    ['old', signed(session, Buffer.from(body), { ahead: -320 }), 401,
     /^timestamp is 32\d s old/],
    ['ahead', signed(session, Buffer.from(body), { ahead: 80 }), 401,
     /^timestamp is (?:79|80) s ahead/],
    ['signature and slug', { ...own(), ...slug }, 400,
     'more than one credential: api-key, slug'],
    ['signature and token', { ...own(), Authorization: 'Bearer x' }, 400,
     'more than one credential: api-key, token'],
    ['slug and token', { ...slug, Authorization: 'Bearer x' }, 400,
     'more than one credential: slug, token'],
    ['only a part of a signature, and slug',
     { ...slug, 'X-Timestamp': '1' }, 400,
     'more than one credential: api-key, slug'],
    ['slug without environment', { 'X-Store-Slug': slug['X-Store-Slug'] },
     400, 'X-Environment is absent'],
    ['slug in a strange environment', { ...slug, 'X-Environment': 'live' },
     400, 'X-Environment is "live"'],
    ['unknown slug', { ...slug, 'X-Store-Slug': 'other' }, 404,
     'unknown slug'],
    ['unknown token', { Authorization: 'Bearer x', 'X-Environment': 'test' },
     401, 'unknown token'],
    ['token without environment', { Authorization: 'Bearer x' }, 400,
     'X-Environment is absent'],
    ['not Bearer', { Authorization: 'Basic eDp5', 'X-Environment': 'test' },
     401, 'unknown token'],
];

async function gateway(double) {
    for (const [what, options, status] of [
        ['GET', { method: 'GET' }, 405],
        ['PUT', { method: 'PUT' }, 405],
        ['form', { headers: {
            'Content-Type': 'application/x-www-form-urlencoded' } }, 400],
        ['charset', { headers: {
            'Content-Type': 'application/json; charset=utf-8' } }, 200],
    ]) {
        same(`${what}: status`,
             (await double.call(session, body, options)).status, status);
    }

    for (const [path, status] of [
        [`${session}/`, 404], ['/v1/actions/checkout/other', 404],
        ['/v1/actions/store-merchant/add', 501], ['/other', 404],
    ]) {
        same(`${path}: status`, (await double.call(path, body)).status,
             status);
    }

    for (const [what, text] of [
        ['cut JSON', '{"productId":'], ['array', '[]'], ['null', 'null'],
        ['no body', ''], ['bad UTF-8', Buffer.from([0x7b, 0x22, 0xff])],
    ]) {
        same(`${what}: status`, (await double.call(session, text)).status,
             400);
    }

    await double.call(`${session}?a=1`, body, {
        headers: { 'X-Context-Buyer-Identity': 'x', 'X-Environment': 'test' },
    });

    const { notes, verdict } = await double.last();

    same('the path is signed without its query', verdict, 'ok');
    same('what an edge should not send is noted', notes.sort(), [
        'X-Environment with an API key',
        'header from outside: x-context-buyer-identity',
        'query in the target',
    ]);
}

async function storeSlug(double) {
    const auth = slug;

    for (const [name, path] of Object.entries(paths)) {
        const allowed = ['session', 'preview', 'graphql'].includes(name);
        const { status } = await double.call(path, {}, { auth });

        check(`slug: ${name} is ${allowed ? 'allowed' : 'forbidden'}`,
              (status !== 403) === allowed, status);
    }

    const { status } = await double.call(session, {
        ...simple,
        originOrderId: 'ORD_5dXBtmF2HLlHfbPNm0Wcnz',
    }, { auth });

    same('slug: no plan change', status, 403);

    const answer = await double.call(session, {
        ...simple, buyerEmail: ' A@Example.com', darkMode: true,
        priceSnapshot: { amount: '1.00', taxCategory: 'saas' },
        withTrial: 'not even a boolean', metadata: { a: 'b' },
        expiresInSeconds: 60, orderMerchantExternalId: 'x',
        includePaymentMethods: ['card'], other: 1,
    }, { auth });

    same('slug: fields of the merchant are ignored', answer.status, 200);

    const { json } = await double.control('GET', 'sessions');
    const { amount, buyerEmail, metadata, darkMode } = json.at(-1);

    same('slug: stored price, own email', { amount, buyerEmail, metadata,
                                            darkMode },
         { amount: '29.00', buyerEmail: 'a@example.com',
           metadata: undefined, darkMode: true });
    same('slug: what was ignored is noted', (await double.last()).notes,
         [...['priceSnapshot', 'withTrial', 'metadata', 'expiresInSeconds',
              'orderMerchantExternalId', 'includePaymentMethods']
             .map((name) => `ignored field: ${name}`),
          'unknown field: other']);
}

async function sessionToken(double) {
    const { data } = await double.call(paths.token, {
        productId: PRO, buyerIdentity: 'user-1' });
    const auth = { Authorization: `Bearer ${data.token}`,
                   'X-Environment': 'test' };
    const status = async (path, sent, headers = auth) => (
        (await double.call(path, sent, { auth: headers })).status);

    same('token: no plain session', await status(session, simple), 403);
    same('token: no token', await status(paths.token, simple), 403);
    same('token: environment must match',
         await status(paths.graphql, { query: '{ a }' },
                      { ...auth, 'X-Environment': 'prod' }), 401);
    same('token: a stranger\'s order',
         await status(paths.cancel,
                      { orderId: 'ORD_0000000000000000000403' }), 403);
    same('token: an order of nobody',
         await status(paths.cancel,
                      { orderId: 'ORD_000000000000000pending' }), 403);

    const created = await double.call(session, simple);
    const order = await double.call(paths.order, {
        checkoutSessionId: created.data.sessionId,
        billingDetail: { country: 'DE', isBusiness: false },
    }, { auth });

    same('token: creates an order', order.status, 200);

    const { effect } = await double.last();

    same('token: cancels its own order',
         await status(paths.cancel, { orderId: effect.created }), 200);

    await double.settings({ advanceSeconds: 290 });
    same('token: lives', await status(paths.graphql, { query: '{ a }' }),
         200);
    await double.settings({ advanceSeconds: 580 });
    same('token: was renewed by the call',
         await status(paths.graphql, { query: '{ a }' }), 200);
    await double.settings({ advanceSeconds: 900 });
    same('token: expires', await status(paths.graphql, { query: '{ a }' }),
         401);
}

export default async function run() {
    const double = await Double.start();

    for (const [what, auth, status, reason] of refused()) {
        const answer = await double.call(session, body, { auth });
        const { verdict, effect } = await double.last();

        same(`${what}: status`, answer.status, status);
        check(`${what}: reason`, reason instanceof RegExp
            ? reason.test(verdict) : reason === verdict, verdict);
        same(`${what}: no effect`, effect, null);
        check(`${what}: envelope`, answer.data === null
              && answer.json.errors.length > 0
              && typeof answer.json.errors[0].layer === 'string');
    }

    same('nothing was created', (await double.state()).sessions, 0);

    await double.settings({ signatureClockSeconds: -3600 });
    same('the judging clock can be off',
         (await double.call(session, body)).status, 401);
    await double.reset();

    await double.settings({ withdrawnKeys: 1 });
    same('a key can be withdrawn',
         (await double.call(session, body)).status, 401);
    same('a key can be withdrawn: reason', (await double.last()).verdict,
         'the key was withdrawn');
    same('who signed is known', (await double.last()).signer, 1);
    await double.reset();

    await gateway(double);
    await storeSlug(double);
    await double.reset();
    await sessionToken(double);
    double.stop();
}

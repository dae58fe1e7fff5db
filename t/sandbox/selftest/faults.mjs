// Copyright (C) 2026 pancake checkout contributors

// Faults within HTTP: the answer is complete, but not what one hopes for.

import { gunzipSync } from 'node:zlib';

import { Double, check, exchange, parse, paths, same, simple }
    from './harness.mjs';

const { session } = paths;

async function answer(double, fault, options) {
    await double.fault(fault);

    const { bytes, end, times } = await double.raw(session, simple, options);

    return { ...parse(bytes), end, times, bytes };
}

const jsonOf = ({ body }) => JSON.parse(body.toString());

async function statuses(double) {
    const plain = await answer(double, { mode: 'status', status: 503 });

    same('status: line', plain.line, 'HTTP/1.1 503 Service Unavailable');
    same('status: envelope', jsonOf(plain), {
        data: null,
        errors: [{ message: 'Service Unavailable', layer: 'gateway' }],
    });
    same('status: nothing was created', (await double.state()).sessions, 0);
    same('status: recorded', [(await double.last()).fault,
                              (await double.last()).verdict,
                              (await double.last()).status],
         ['status', 'ok', 503]);

    const limited = async (retryAfter) => (await answer(
        double, { mode: 'status', status: 429, retryAfter }))
        .headers['retry-after'];

    same('status: Retry-After in seconds', await limited(7), '7');
    check('status: Retry-After as a date',
          Math.abs(Date.parse(await limited('date')) - Date.now() - 30000)
          < 2000);
    same('status: Retry-After as garbage', await limited('garbage'),
         'soon; or later');
    same('status: Retry-After as given', await limited('-1'), '-1');
    same('status: no Retry-After', (await answer(
        double, { mode: 'status', status: 429 })).headers['retry-after'],
         undefined);

    const own = await answer(double, {
        mode: 'status', status: 404, body: { errors: [{ message: 'x' }] },
        headers: { 'Content-Type': 'text/x', 'X-Two': ['1', '2'] } });

    same('status: own body and headers',
         [own.body.toString(), own.headers['content-type'],
          own.bytes.toString().match(/^X-Two: .$/gm)],
         ['{"errors":[{"message":"x"}]}', 'text/x', ['X-Two: 1',
                                                    'X-Two: 2']]);
    same('status: bytes', (await answer(double, {
        mode: 'status', status: 500, bodyHex: '00ff' })).body,
         Buffer.from([0, 255]));

    const created = await answer(double, { mode: 'status', status: 201 });

    check('status: another 2xx carries the real answer',
          created.status === 201
          && jsonOf(created).data.checkoutUrl !== undefined);
    same('status: and was executed', (await double.state()).sessions, 1);
    await double.reset();

    await answer(double, { mode: 'status', status: 500, process: true },
                 { key: 'p' });
    same('status: executed behind a 500 if asked for',
         [(await double.state()).sessions, (await double.state()).keys],
         [1, 1]);
}

async function contents(double) {
    const html = await answer(double, { mode: 'not-json' });

    same('not-json: type', html.headers['content-type'],
         'text/html; charset=utf-8');
    check('not-json: body', html.status === 200
          && html.body.toString().startsWith('<html>'));

    const bad = await answer(double, { mode: 'bad-json' });

    same('bad-json: type', bad.headers['content-type'], 'application/json');
    same('bad-json: length', Number(bad.headers['content-length']),
         bad.body.length);

    const empty = await answer(double, { mode: 'empty' });

    same('empty', [empty.status, empty.headers['content-length'],
                   empty.body.length], [200, '0', 0]);

    const none = await answer(double, { mode: 'no-content' });

    same('no-content', [none.status, none.headers['content-length'],
                        none.headers['content-type'], none.body.length],
         [204, undefined, undefined, 0]);

    const moved = await answer(double, {
        mode: 'redirect', status: 307, location: 'https://other.example/' });

    same('redirect', [moved.status, moved.headers.location],
         [307, 'https://other.example/']);

    const type = await answer(double, { mode: 'wrong-type' });

    check('wrong-type', type.headers['content-type'] === 'text/plain'
          && jsonOf(type).data.sessionId !== undefined);

    const gzip = await answer(double, { mode: 'gzip' });

    check('gzip', gzip.headers['content-encoding'] === 'gzip'
          && JSON.parse(gunzipSync(gzip.body)).data.sessionId !== undefined);
    same('gzip: length', Number(gzip.headers['content-length']),
         gzip.body.length);

    const twice = await answer(double, { mode: 'duplicate-keys' });

    same('duplicate-keys', twice.body.toString().match(/"checkoutUrl"/g)
        .length, 2);
    same('duplicate-keys: the last one is another', jsonOf(twice).data
        .checkoutUrl, 'https://checkout.example.net/duplicate');

    for (const url of ['https://evil.example/', 'http://checkout.waffo.ai/',
                       '//evil', 'https://checkout.waffo.ai/\r\nX: y', 7,
                       null])
    {
        same(`checkout-url: ${JSON.stringify(url)}`, jsonOf(await answer(
            double, { mode: 'checkout-url', url })).data.checkoutUrl, url);
    }

    check('expired', Date.parse(jsonOf(await answer(
        double, { mode: 'expired' })).data.expiresAt) < Date.now());
    same('expired: value', jsonOf(await answer(double, {
        mode: 'expired', value: 'yesterday' })).data.expiresAt, 'yesterday');
    same('missing-url', Object.keys(jsonOf(await answer(
        double, { mode: 'missing-url' })).data), ['sessionId', 'expiresAt']);

    const accel = await answer(double, { mode: 'accel', uri: '/secret' });

    same('accel', Object.keys(accel.headers)
        .filter((name) => name.startsWith('x-accel')).length, 5);
    same('accel: uri', accel.headers['x-accel-redirect'], '/secret');
    same('cookie', (await answer(double, { mode: 'cookie' }))
        .headers['set-cookie'], 'upstream=secret; Path=/');
}

async function delays(double) {
    const before = Date.now();
    const late = await answer(double, { mode: 'delay', delayMs: 120 });

    check('delay: before the header', late.times[0] - before >= 115
          && late.status === 200);

    const split = await answer(double, { mode: 'delay', bodyDelayMs: 120 });

    check('delay: before the body', split.times.length === 2
          && split.times[1] - split.times[0] >= 100, split.times);

    await double.fault({ mode: 'delay', inFlightMs: 150 });

    const running = double.call(session, simple, { key: 'd' });

    await new Promise((resolve) => setTimeout(resolve, 50));
    same('delay: in flight', (await double.call(session, simple,
                                                { key: 'd' })).status, 409);
    await running;

    const drip = await answer(double, { mode: 'drip', bytes: 40,
                                        everyMs: 5 });

    check('drip: complete', Number(drip.headers['content-length'])
          === drip.body.length && jsonOf(drip).data.sessionId !== undefined);
    check('drip: in pieces', drip.times.length >= 4, drip.times.length);
}

async function choice(double) {
    const status = async (path = session) => (
        await double.call(path, simple)).status;

    await double.fault([
        { mode: 'status', status: 500, times: 2, path: 'create-session' },
        { mode: 'status', status: 502, path: paths.order },
        { mode: 'status', status: 503, skip: 1 },
    ]);
    same('a list is used in order', [
        await status(), await status(paths.order), await status(),
        await status(), await status(), await status(),
    ], [500, 502, 500, 200, 503, 200]);

    await double.fault({ mode: 'empty', times: -1 });
    await double.raw(session, simple);
    await double.raw(session, simple);
    same('-1 stays', (await double.control('GET', 'fault')).json.length, 1);
    await double.control('DELETE', 'fault');
    same('until it is deleted', await status(), 200);

    for (const [what, fault] of [
        ['no mode', {}], ['unknown mode', { mode: 'x' }],
        ['inherited name', { mode: 'constructor' }],
        ['unknown field', { mode: 'empty', body: 'x' }],
        ['no status', { mode: 'status' }],
        ['no times', { mode: 'empty', times: 0 }],
        ['line break in a header',
         { mode: 'empty', headers: { A: 'b\r\nc: d' } }],
    ]) {
        same(`refused: ${what}`, (await double.fault(fault)).status, 400);
    }

    same('refused settings', (await double.control(
        'POST', 'settings', { inFlightMs: '1' })).status, 400);
    same('no such control', (await double.control('GET', 'x')).status, 404);
}

async function records(double) {
    const before = (await double.state()).requests;
    const bytes = double.bytes(session, Buffer.from('{"a":"ü"}'), {
        headers: { 'x-CaSe': '1', Second: '2' } });

    await exchange(double.port, bytes);

    const { json } = await double.control('GET', `requests?since=${before}`);
    const [record] = json;

    same('record: since', json.length, 1);
    same('record: body', [record.body, record.bodyHex],
         ['{"a":"ü"}', Buffer.from('{"a":"ü"}').toString('hex')]);
    same('record: request', [record.method, record.target,
                             record.credential, record.effect],
         ['POST', session, 'api-key', null]);
    same('record: headers as they came', record.rawHeaders.filter(
        (_, i) => i % 2 === 0),
         ['Host', 'Content-Type', 'Connection', 'X-Merchant-Id',
          'X-Timestamp', 'X-Signature', 'x-CaSe', 'Second',
          'Content-Length']);
    same('record: verdict', record.verdict,
         'Missing required field: productId');
}

export default async function run() {
    const double = await Double.start();

    for (const part of [statuses, contents, delays, choice, records]) {
        await double.reset();
        await part(double);
    }

    double.stop();
}

// Copyright (C) 2026 pancake checkout contributors

import { setTimeout as sleep } from 'node:timers/promises';

import { Double, check, paths, same, simple, slug } from './harness.mjs';

const { session } = paths;

// for twenty seconds at most; what follows then fails

async function until(condition) {
    for (let i = 0; i < 1000 && !await condition(); i++) {
        await sleep(20);
    }
}

export default async function run() {
    const double = await Double.start();
    const call = (key, body = simple, more = {}) => (
        double.call(session, body, { key, ...more }));

    const first = await call('a');
    const again = await call('a');

    same('replay: same answer', again.json, first.json);
    same('replay: recorded', (await double.last()).effect,
         { replay: first.data.sessionId, of: 1 });
    same('replay: nothing ran', (await double.state()).sessions, 1);

    same('trap: another body gets the first answer',
         (await call('a', { ...simple, currency: 'EUR' })).json, first.json);
    same('trap: even an invalid one',
         (await call('a', '{')).json, first.json);
    same('trap: another action too',
         (await double.call(paths.order, {}, { key: 'a' })).json, first.json);
    same('trap: another credential too',
         (await call('a', simple, { auth: slug })).json, first.json);
    same('but not without any',
         (await call('a', simple, { auth: {} })).status, 401);

    await double.settings({ advanceSeconds: 2701 });

    const stale = await call('a');

    check('trap: an expired session is replayed',
          Date.parse(stale.data.expiresAt)
          < Date.now() + 2701 * 1000);
    await double.settings({ advanceSeconds: 24 * 3600 - 10 });
    same('23:59:50 later: still the same', (await call('a')).json,
         first.json);
    await double.settings({ advanceSeconds: 24 * 3600 + 10 });
    check('a day later: a new session',
          (await call('a')).data.sessionId !== first.data.sessionId);
    await double.reset();

    for (const [what, key, status] of [
        ['256 characters', 'k'.repeat(256), 200],
        ['257 characters', 'k'.repeat(257), 400],
        ['a dot', 'a.b', 400], ['a blank', 'a b', 400],
        ['base64', 'a+b/c=', 400], ['base64url', 'aZ0_-', 200],
    ]) {
        same(`key of ${what}: status`, (await call(key)).status, status);
    }

    same('refused: not cached', (await call('r', {})).status, 400);
    same('refused: key is free again', (await call('r')).status, 200);
    await double.reset();

    await double.call(session, simple);
    await double.call(session, simple);
    same('no key: nothing is deduplicated', (await double.state()).sessions,
         2);

    await double.settings({ inFlightMs: 200 });

    const running = call('f');

    await sleep(80);

    const conflict = await call('f');

    same('in flight: 409', conflict.status, 409);
    same('in flight: told by the gateway', conflict.json.errors[0].layer,
         'gateway');
    same('in flight: reason', (await double.last()).verdict,
         'idempotency key in flight');
    same('in flight: counted', (await double.state()).inFlight, 1);
    same('in flight: other keys go on', (await call('g')).status, 200);

    const { data } = await running;

    same('in flight: afterwards the first answer', (await call('f')).data,
         data);

    const leaving = double.bytes(session, simple, { key: 'l' });
    const { connect } = await import('node:net');
    const socket = connect(double.port, '127.0.0.1');

    await double.settings({ inFlightMs: 1000 });
    socket.write(leaving);
    await until(async () => (await double.state()).inFlight === 1);
    socket.destroy();
    await until(async () => (await double.last()).effect !== null);
    await double.settings({ inFlightMs: 200 });
    same('client left: recorded', (await double.last()).clientLeft, true);

    const { effect } = await double.last();

    same('client left: ran all the same', (await call('l')).data.sessionId,
         effect.created);

    await double.settings({ inFlightMs: 150 });

    const lost = call('z');

    await sleep(50);
    await double.reset();
    same('reset: the work in flight still answers', (await lost).status, 200);
    same('reset: and leaves no trace', await double.state(), {
        sessions: 0, orders: 0, tokens: 0, keys: 0, inFlight: 0,
        requests: 0, faults: 0,
    });

    await double.fault({ mode: 'close', path: session });

    const dropped = await double.raw(session, simple, { key: 'c' });

    same('answer lost: closed without a byte', [dropped.end, dropped.text],
         ['fin', '']);

    const repeated = await call('c');

    same('answer lost: the repeat is a replay', (await double.last()).effect,
         { replay: repeated.data.sessionId, of: 1 });

    await double.fault({ mode: 'status', status: 503 });
    same('failed: 503', (await call('s')).status, 503);
    same('failed: key is free', (await call('s')).status, 200);
    same('failed: ran once', (await double.state()).sessions, 2);
    double.stop();
}

// Copyright (C) 2026 pancake checkout contributors

// The buyers: who buys what and how, and one request over HTTP/1.1.

import http from 'node:http';

import { dice, pick } from './dice.mjs';

// Double clicks of these end at one checkout: they have a cookie, a key of
// their own, or the session that they pay for.  A slug's have nothing.

const ways = [
    { way: 'session', weight: 30, cookie: true, shared: true },
    { way: 'script', weight: 20, key: true, shared: true },
    { way: 'order', weight: 15, billing: true, shared: true },
    { way: 'chain', weight: 20, cookie: true, billing: true, shared: true },
    { way: 'slug', weight: 15 },
];

const LEAVERS = 0.03;
const DOUBLE_CLICKS = 0.04;

// ms; most leave before the answer is there

const LEAVE = 60;
const leaving = (chance) => LEAVE * chance ** 4;

const billing = { country: 'US', isBusiness: false, state: 'CA',
                  postcode: '94105' };

function formOf(fields) {
    const form = new URLSearchParams();

    for (const [name, value] of Object.entries(fields)) {
        if (typeof value === 'object') {
            for (const [inner, text] of Object.entries(value)) {
                form.append(`${name}[${inner}]`, text);
            }

        } else {
            form.append(name, value);
        }
    }

    return form.toString();
}

// In the last seconds of a window two clicks could have two keys.

const WINDOW = 1800;

const nearBorder = () => Date.now() / 1000 % WINDOW > WINDOW - 5;

// Checkout number n.  "take" gives the id of a session that nobody has made an
// order of, or undefined.

export function plan(seed, n, take) {
    const chance = (what) => dice(seed)(`${what} ${n}`);
    const wanted = pick(ways, chance('way'));
    const session = wanted.way === 'order' ? take() : undefined;
    const chosen = wanted.way === 'order' && !session ? ways[0] : wanted;
    const fields = { buyerEmail: `buyer-${n}@soak.example` };
    const headers = {};

    if (chosen.way !== 'order') {
        fields.darkMode = chance('dark') < 0.5;
    }

    if (session) {
        fields.checkoutSessionId = session;
    }

    if (chosen.billing) {
        fields.billingDetail = billing;
    }

    if (chosen.cookie) {
        headers.Cookie = `sid=${seed}-${n}`;
    }

    if (chosen.key) {
        headers['Idempotency-Key'] = `script-${seed}-${n}`;
    }

    const form = !chosen.key && chance('form') < 0.5;
    const behaviour = chance('behaviour');
    const leaves = behaviour < LEAVERS;
    const twice = !leaves && chosen.shared
                  && behaviour < LEAVERS + DOUBLE_CLICKS && !nearBorder();

    headers['Content-Type'] = form ? 'application/x-www-form-urlencoded'
                                   : 'application/json';

    return {
        n,
        way: chosen.way,
        email: fields.buyerEmail,
        session,
        twice,
        leaveMs: leaves ? leaving(chance('leave')) : null,
        path: `/${chosen.way}`,
        headers,
        body: form ? formOf(fields) : JSON.stringify(fields),
    };
}

// what buyers are told when threads cannot keep up with signatures

const BUSY = 'checkout is busy, try again in a moment';

const list = (text) => (text ? text.split(', ') : []);

// Resolves to { status, location, keys, attempts, busy, ms }, { left } or { error }.

export function send(agent, port, checkout) {
    const { path, headers, body, leaveMs } = checkout;
    const start = performance.now();

    return new Promise((resolve) => {
        const req = http.request({
            agent, port, path, host: '127.0.0.1', method: 'POST',
            headers: { ...headers,
                       'Content-Length': Buffer.byteLength(body) },
        });
        let timer = null;

        req.on('response', (res) => {
            clearTimeout(timer);

            res.on('error', (error) => resolve({ error: error.message }));
            res.on('end', () => resolve({
                status: res.statusCode,
                location: res.headers.location ?? null,
                keys: list(res.headers['x-keys']),
                attempts: Number(res.headers['x-attempts'] ?? 0),
                busy: res.headers['x-error'] === BUSY,
                ms: performance.now() - start,
            }));
            res.resume();
        });
        req.on('error', (error) => resolve({ error: error.message }));

        if (leaveMs !== null) {
            req.on('finish', () => {
                timer = setTimeout(() => {
                    resolve({ left: true });
                    req.destroy();
                }, leaveMs);
            });
        }

        req.end(body);
    });
}

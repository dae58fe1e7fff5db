// Copyright (C) 2026 pancake checkout contributors

import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';

import { start } from '../server.js';
import { canonicalString } from '../signature.js';

export const MERCHANT = 'MER_2aUyqjCzEIiEcYMKj7TZtw';
export const PRO = 'PROD_4cWAslE1GKkGeaOMl9Vbmy';
export const SLUG = 'pancake-shop';

export const paths = {
    session: '/v1/actions/checkout/create-session',
    preview: '/v1/actions/checkout/preview-tax',
    order: '/v1/actions/onetime-order/create-order',
    cancel: '/v1/actions/onetime-order/cancel-order',
    cancelSubscription: '/v1/actions/subscription-order/cancel-order',
    product: '/v1/actions/onetime-product/create-product',
    token: '/v1/actions/auth/issue-session-token',
    graphql: '/v1/graphql',
};

export const simple = { productId: PRO, currency: 'USD' };

let directory;

export function setVectors(vectors) {
    directory = vectors;
}

export const vectorFile = (name) => `${directory}/${name}`;
export const vector = (name) => readFileSync(vectorFile(name));

let count = 0;
let failed = 0;

export function check(name, ok, detail) {
    count++;
    failed += ok ? 0 : 1;
    console.log(`${ok ? '' : 'not '}ok ${count} - ${name}`);

    if (!ok && detail !== undefined) {
        console.log(String(detail).replace(/^/gm, '# '));
    }
}

export function same(name, got, wanted) {
    check(name, isDeepStrictEqual(got, wanted),
          `got    ${JSON.stringify(got)}\nwanted ${JSON.stringify(wanted)}`);
}

export function finish() {
    console.log(`1..${count}`);
    process.exit(failed ? 1 : 0);
}

// a request's own headers, signed now or "ahead" seconds from now

export function signed(path, body, { ahead = 0, merchant = MERCHANT } = {}) {
    const timestamp = String(Math.floor(Date.now() / 1000) + ahead);
    const text = canonicalString({ method: 'POST', path, timestamp, body });
    const key = createPrivateKey(vector('test-key.pem'));

    return {
        'X-Merchant-Id': merchant,
        'X-Timestamp': timestamp,
        'X-Signature': sign('sha256', text, key).toString('base64'),
    };
}

export const slug = { 'X-Store-Slug': SLUG, 'X-Environment': 'test' };

const bytesOf = (body) => (
    Buffer.isBuffer(body) ? body
        : Buffer.from(typeof body === 'string' ? body
                                               : JSON.stringify(body)));

export function requestBytes(path, body, headers, method = 'POST') {
    const lines = Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\r\n`);

    return Buffer.concat([
        Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: api.waffo.ai\r\n`
                    + `${lines.join('')}Content-Length: ${body.length}\r\n`
                    + '\r\n'),
        body]);
}

// Sends bytes and reads until the other side ends.  "end" tells how: fin,
// reset, or open if nothing more came for half a second.  "until" is text
// after which the client leaves.

export function exchange(port, bytes, { tls, until } = {}) {
    return new Promise((resolve) => {
        const socket = tls
            ? connectTls({ port, host: '127.0.0.1',
                           rejectUnauthorized: false })
            : connect(port, '127.0.0.1');
        const parts = [];
        const times = [];
        const done = (end) => {
            socket.destroy();
            resolve({ bytes: Buffer.concat(parts), end, times,
                      text: Buffer.concat(parts).toString('latin1') });
        };

        socket.setTimeout(500, () => done('open'));
        socket.on('data', (part) => {
            parts.push(part);
            times.push(Date.now());

            if (until !== undefined && part.includes(until)) {
                done('left');
            }
        });
        socket.on('end', () => done('fin'));
        socket.on('error', (error) => done(
            error.code === 'ECONNRESET' ? 'reset' : error.code));
        socket.write(bytes);
    });
}

export function parse(bytes) {
    const at = bytes.indexOf('\r\n\r\n');
    const [line, ...lines] = bytes.subarray(0, at).toString('latin1')
        .split('\r\n');
    const headers = {};

    for (const text of lines) {
        const [, name, value] = /^([^:]*): ?(.*)$/.exec(text);

        headers[name.toLowerCase()] = value;
    }

    return { line, headers, status: Number(line.split(' ')[1]),
             body: bytes.subarray(at + 4) };
}

export class Double {
    static async start(more = {}) {
        const { tls, ...config } = more;
        const server = await start({
            merchant: MERCHANT,
            keys: [{ environment: 'test',
                     publicKey: createPublicKey(vector('test-key.pub.pem')) }],
            slug: SLUG,
            store: 'Pancake Shop',
            checkoutBase: 'https://checkout.waffo.ai',
            maxRequests: 1000,
            settings: {},
            ...config,
        }, [{ port: 0, tls }]);

        return Object.assign(new Double(), {
            server, tls: tls !== undefined, port: server.ports[0],
        });
    }

    stop() {
        this.server.close();
    }

    // options: auth (headers), key, headers, method, keep, until, ahead

    bytes(path, body, options = {}) {
        const raw = bytesOf(body);
        const { auth = signed(path.split('?')[0], raw, options) } = options;

        return requestBytes(path, raw, {
            'Content-Type': 'application/json',
            ...(options.keep ? {} : { Connection: 'close' }),
            ...auth,
            ...(options.key && { 'X-Idempotency-Key': options.key }),
            ...options.headers,
        }, options.method);
    }

    raw(path, body, options = {}) {
        return exchange(this.port, this.bytes(path, body, options),
                        { tls: this.tls, until: options.until });
    }

    async call(path, body, options) {
        const { bytes } = await this.raw(path, body, options);
        const { status, headers, body: text } = parse(bytes);
        const json = JSON.parse(text.toString());

        return { status, headers, json, data: json.data,
                 message: json.errors?.[0].message };
    }

    async control(method, name, body) {
        const text = Buffer.from(body === undefined ? ''
                                                    : JSON.stringify(body));
        const { bytes } = await exchange(
            this.port, requestBytes(`/_sandbox/${name}`, text,
                                    { Connection: 'close' }, method),
            { tls: this.tls });
        const answer = parse(bytes);

        return { status: answer.status,
                 json: JSON.parse(answer.body.toString()) };
    }

    async state() {
        return (await this.control('GET', 'state')).json;
    }

    async last() {
        return (await this.control('GET', 'requests')).json.at(-1);
    }

    async reset() {
        await this.control('POST', 'reset');
    }

    async settings(change) {
        await this.control('POST', 'settings', change);
    }

    async fault(fault) {
        return this.control('POST', 'fault', fault);
    }
}

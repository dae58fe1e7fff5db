// Copyright (C) 2026 pancake checkout contributors

// A browser's part in the tests: it keeps the cookie and follows nothing.

import http from 'node:http';

import { start } from '../server.js';

export class Browser {
    constructor(base) {
        this.base = base;
        this.sid = undefined;
        this.setCookie = null;
    }

    async send(method, path, { body, headers = {} } = {}) {
        const response = await fetch(this.base + path, {
            method,
            body,
            redirect: 'manual',
            headers: {
                ...(this.sid && { Cookie: `other=1; sid=${this.sid}` }),
                ...headers,
            },
            signal: AbortSignal.timeout(30 * 1000),
        });
        const text = await response.text();

        this.setCookie = response.headers.get('set-cookie');

        const [, sid] = /^sid=([^;]*)/.exec(this.setCookie ?? '') ?? [];

        this.sid = sid === undefined ? this.sid : sid || undefined;

        return { status: response.status, text, headers: response.headers,
                 location: response.headers.get('location') };
    }

    get(path, headers) {
        return this.send('GET', path, { headers });
    }

    post(path, fields = {}, headers = {}) {
        return this.send('POST', path, {
            body: new URLSearchParams(fields).toString(),
            headers: { 'Content-Type': 'application/x-www-form-urlencoded',
                       ...headers },
        });
    }

    async json(method, path, value, headers) {
        const { status, text, location } = await this.send(method, path, {
            body: value === undefined || typeof value === 'string'
                ? value : JSON.stringify(value),
            headers: { 'Content-Type': 'application/json', ...headers },
        });

        return { status, location, json: text === '' ? null
            : JSON.parse(text) };
    }

    async quote() {
        return (await this.json('POST', '/checkout/quote')).json;
    }

    control(settings) {
        return this.json('POST', '/_shop/control', settings);
    }
}

// Gives the function a running shop's address and a new browser.

export async function withShop(options, run) {
    const shop = await start({ port: 0, ...options });
    const base = `http://127.0.0.1:${shop.port}`;

    try {
        await run(new Browser(base), base);

    } finally {
        shop.close();
    }
}

// An edge that is asked for orders.  "answer" is what it says: a function of
// the reference, giving { status, body }.

export async function startEdge() {
    const edge = { asked: [], answer: () => ({ status: 500, body: '' }) };
    const server = http.createServer((req, res) => {
        const url = new URL(req.url, 'http://edge');

        edge.asked.push({ method: req.method, target: req.url,
                          headers: Object.keys(req.headers).sort() });

        const { status, body } = edge.answer(
            url.searchParams.get('variables.reference'));

        res.writeHead(status, { 'Content-Type': 'application/json' });
        res.end(typeof body === 'string' ? body : JSON.stringify(body));
    });

    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

    edge.url = `http://127.0.0.1:${server.address().port}`;
    edge.close = () => {
        server.close();
        server.closeAllConnections();
    };

    return edge;
}

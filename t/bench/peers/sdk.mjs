// Copyright (C) 2026 pancake checkout contributors

// A peer of the benchmark: the official SDK behind node:http, as a shop would
// run it.  One client for all requests, connections to the API kept open by
// node's own fetch().
//
// usage: node sdk.mjs PORT STUB_URL KEY_FILE MERCHANT_ID [DIRECTORY]
//
// DIRECTORY is where the SDK is installed, t/sdk if it is not given.

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [port, baseUrl, keyFile, merchantId, directory
       = fileURLToPath(new URL('../../sdk', import.meta.url))]
    = process.argv.slice(2);

// a bare import would look beside this file only

const require = createRequire(join(resolve(directory), 'package.json'));
const { WaffoPancake } = require('@waffo/pancake-ts');

const LIMIT = 64 * 1024;    // what nginx's peers take as well

const { checkout } = new WaffoPancake({
    merchantId, baseUrl, privateKey: readFileSync(keyFile, 'utf8'),
});

function fail(res, status, message) {
    const body = JSON.stringify({ data: null, errors: [{ message }] });

    res.writeHead(status, { 'Content-Type': 'application/json',
                            'Content-Length': Buffer.byteLength(body) });
    res.end(body);
}

function parse(text) {
    try {
        const value = JSON.parse(text);

        return typeof value?.productId === 'string'
            && typeof value.currency === 'string' ? value : null;

    } catch {
        return null;
    }
}

async function answer(res, text) {
    const params = parse(text);

    if (params === null) {
        fail(res, 400, 'productId and currency must be strings');
        return;
    }

    try {
        const { checkoutUrl } = await checkout.anonymous.create(
            params, { idempotencyKey: randomUUID() });

        // the SDK takes an answer without data for a success

        if (typeof checkoutUrl !== 'string') {
            throw new Error('no checkoutUrl');
        }

        res.writeHead(302, { Location: checkoutUrl, 'Content-Length': 0,
                             'Cache-Control': 'no-store' });
        res.end();

    } catch (error) {
        fail(res, error.status === 400 ? 400 : 502, error.message);
    }
}

const server = createServer((req, res) => {
    const parts = [];
    let size = 0;

    if (req.method !== 'POST') {
        req.resume();
        fail(res, 405, 'POST only');
        return;
    }

    req.on('data', (part) => {
        size += part.length;

        if (size <= LIMIT) {
            parts.push(part);
        }
    });

    req.on('end', () => {
        if (size > LIMIT) {
            fail(res, 413, 'too large');
            return;
        }

        answer(res, (parts.length === 1 ? parts[0] : Buffer.concat(parts))
            .toString());
    });
});

server.keepAliveTimeout = 600_000;
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));

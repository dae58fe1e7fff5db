// Copyright (C) 2026 pancake checkout contributors

// The honest part of the benchmark's API: a sample of all requests comes here
// and is looked at as the API would, so that nobody is fast by cheating.  On
// SIGUSR2 it prints what it has seen, as one line of JSON, and forgets it.
//
// usage: node checker.mjs PORT PUBLIC_KEY_FILE MERCHANT_ID ANSWER

import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [port, keyFile, merchant, answer] = process.argv.slice(2);
const key = createPublicKey(readFileSync(keyFile));
const SKEW = 5;             // seconds; a signature may wait in a queue
let seen;

function forget() {
    seen = { plain: 0, slug: 0, signed: 0, wrong: {} };
}

function fault(req, body) {
    const h = req.headers;
    const now = Math.floor(Date.now() / 1000);

    if (h['x-store-slug'] !== undefined) {
        return h['x-signature'] === undefined ? 'slug' : 'slug and signature';
    }

    const hash = createHash('sha256').update(body).digest('base64');
    const text = `POST\n${req.url}\n${h['x-timestamp']}\n${hash}`;

    if (h['x-merchant-id'] !== merchant) {
        return 'merchant';
    }

    if (!/^\d+$/.test(h['x-timestamp'])
        || Math.abs(now - Number(h['x-timestamp'])) > SKEW)
    {
        return `timestamp ${h['x-timestamp']} at ${now}`;
    }

    if (!h['x-idempotency-key']) {
        return 'no idempotency key';
    }

    if (!verify('sha256', Buffer.from(text), key,
                Buffer.from(h['x-signature'] ?? '', 'base64')))
    {
        return 'signature';
    }

    return 'signed';
}

const server = createServer((req, res) => {
    const parts = [];

    req.on('data', (part) => parts.push(part));

    req.on('end', () => {
        const verdict = req.url.startsWith('/plain') ? 'plain'
                        : fault(req, Buffer.concat(parts));

        if (Object.hasOwn(seen, verdict) && verdict !== 'wrong') {
            seen[verdict]++;

        } else {
            seen.wrong[verdict] = (seen.wrong[verdict] ?? 0) + 1;
        }

        res.writeHead(200, { 'Content-Type': 'application/json',
                             'Content-Length': answer.length });
        res.end(answer);
    });
});

process.on('SIGUSR2', () => {
    console.log(JSON.stringify(seen));
    forget();
});

forget();
server.keepAliveTimeout = 600_000;
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));

// Copyright (C) 2026 pancake checkout contributors

// A shop that verifies its webhooks with the official SDK:
//
//   node webhook.mjs PORT PUBLIC_KEY_FILE
//
// answers 200 with { id, eventType, mode } of what the SDK has verified, or
// 400 with { error }.  Prints a line when it listens, and ends with its
// standard input.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { verifyWebhook } from '@waffo/pancake-ts';

const [port, keyFile] = process.argv.slice(2);
const publicKey = readFileSync(keyFile, 'utf8');

function verdict(body, header) {
    try {
        const { id, eventType, mode } = verifyWebhook(body, header,
                                                      { publicKey });
        return [200, { id, eventType, mode }];

    } catch (error) {
        return [400, { error: error.message }];
    }
}

const server = createServer((request, response) => {
    const pieces = [];

    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
        const [status, answer] = verdict(
            Buffer.concat(pieces).toString('utf8'),
            request.headers['x-waffo-signature']);

        response.writeHead(status, { 'Content-Type': 'application/json' });
        response.end(JSON.stringify(answer));
    });
});

server.listen(Number(port), '127.0.0.1', () => console.log('listening'));

process.stdin.on('end', () => process.exit(0)).resume();

// Copyright (C) 2026 pancake checkout contributors

import { createPublicKey } from 'node:crypto';

import { canonicalString, timestampProblem, verifySignature }
    from '../signature.js';
import { check, same, vector } from './harness.mjs';

export default async function run() {
    const { vectors } = JSON.parse(vector('signing.json'));
    const publicKey = createPublicKey(vector('test-key.pub.pem'));

    for (const { name, method, path, timestamp, bodyHex, canonical,
                 signature } of vectors)
    {
        const body = Buffer.from(bodyHex, 'hex');
        const request = { method, path, timestamp, body, signature };

        same(`vector ${name}: canonical string`, canonicalString(request),
             canonical);
        check(`vector ${name}: verifies`,
              verifySignature(request, publicKey));

        const changes = {
            method: 'GET',
            path: `${path}/`,
            timestamp: String(Number(timestamp) + 1),
            body: Buffer.concat([body, Buffer.from(' ')]),
            signature: signature.replace(/^./, (c) => (c === 'A' ? 'B'
                                                                 : 'A')),
        };

        for (const [part, value] of Object.entries(changes)) {
            check(`vector ${name}: other ${part} does not`,
                  !verifySignature({ ...request, [part]: value }, publicKey));
        }

        for (const [what, value] of [
            ['line break', `${signature}\n`],
            ['no padding', signature.replace(/=+$/, '')],
            ['base64url', signature.replace(/\+/g, '-').replace(/\//g, '_')],
            ['empty', ''],
        ]) {
            check(`vector ${name}: ${what} in the signature does not`,
                  value !== signature
                  && !verifySignature({ ...request, signature: value },
                                      publicKey));
        }
    }

    const now = 1767225600;

    for (const [text, allowed] of [
        [now, true], [now - 300, true], [now - 301, false],
        [now + 60, true], [now + 61, false], [now * 1000, false],
        [`+${now}`, false], [`${now}.0`, false], [`${now} `, false],
        ['', false], ['-1', false], ['0x1', false],
    ]) {
        check(`timestamp "${text}" is ${allowed ? '' : 'not '}allowed`,
              (timestampProblem(String(text), now) === null) === allowed);
    }
}

// Copyright (C) 2026 pancake checkout contributors

// A peer of the benchmark, see njs.conf.  For njs 0.7.9: each request has a
// machine of its own there, so that the key cannot be kept and is imported
// again and again.

import fs from 'fs';
import hashes from 'crypto';

const PATH = '/v1/actions/checkout/create-session';
const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

function parse(text) {
    try {
        const value = JSON.parse(text);

        return typeof value.productId === 'string'
            && typeof value.currency === 'string';

    } catch (error) {
        return false;
    }
}

async function sign(file, text) {
    const pem = fs.readFileSync(file, 'utf8');
    const der = Buffer.from(pem.replace(/-----[^-]*-----|\s/g, ''), 'base64');
    const key = await crypto.subtle.importKey('pkcs8', der, RSA, false,
                                              ['sign']);
    const signature = await crypto.subtle.sign(RSA, key, text);

    return Buffer.from(signature).toString('base64');
}

async function checkout(r) {
    if (r.method !== 'POST') {
        r.return(405);
        return;
    }

    const body = r.requestText;

    if (!parse(body)) {
        r.return(400);
        return;
    }

    // the bytes that came are the bytes that go: nothing is faster

    const hash = hashes.createHash('sha256').update(body).digest('base64');
    const timestamp = Math.floor(Date.now() / 1000).toString();

    try {
        r.variables.signature = await sign(
            r.variables.key_file, `POST\n${PATH}\n${timestamp}\n${hash}`);
        r.variables.timestamp = timestamp;

        const reply = await r.subrequest(`/_api${PATH}`,
                                         { method: 'POST', body: body });
        const answer = JSON.parse(reply.responseText);

        if (reply.status !== 200 || (answer.errors && answer.errors.length)
            || typeof answer.data.checkoutUrl !== 'string')
        {
            r.return(502);
            return;
        }

        r.headersOut['Cache-Control'] = 'no-store';
        r.return(302, answer.data.checkoutUrl);

    } catch (error) {
        r.error(error.message);
        r.return(502);
    }
}

export default { checkout };

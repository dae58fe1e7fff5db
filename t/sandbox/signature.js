// Copyright (C) 2026 pancake checkout contributors

// What a signed request must look like.  Pure functions: no clock, no state.

import { createHash, verify } from 'node:crypto';

export const PAST_SECONDS = 300;
export const FUTURE_SECONDS = 60;

export function canonicalString({ method, path, timestamp, body }) {
    const hash = createHash('sha256').update(body).digest('base64');

    return `${method}\n${path}\n${timestamp}\n${hash}`;
}

// { method, path, timestamp, body, signature }; the timestamp's age is not
// looked at here, so that recorded requests can be verified at any time

export function verifySignature(request, publicKey) {

    // Buffer.from() would skip what is not base64, the API would not

    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
        .test(request.signature))
    {
        return false;
    }

    return verify('sha256', Buffer.from(canonicalString(request)), publicKey,
                  Buffer.from(request.signature, 'base64'));
}

// null, or what is wrong with the text of X-Timestamp

export function timestampProblem(timestamp, now) {
    if (!/^[0-9]{1,15}$/.test(timestamp)) {
        return 'timestamp is not a decimal number of seconds';
    }

    const age = now - Number(timestamp);

    if (age > PAST_SECONDS) {
        return `timestamp is ${age} s old, ${PAST_SECONDS} s are allowed`;
    }

    if (-age > FUTURE_SECONDS) {
        return `timestamp is ${-age} s ahead, ${FUTURE_SECONDS} s are allowed`;
    }

    return null;
}

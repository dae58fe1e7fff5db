// Copyright (C) 2026 pancake checkout contributors

// Requests in, answers out.  An answer is { status, headers, cookie } with
// one of: html, json, text, asset ({ type, body }), or nothing.  A cookie of
// null is taken away.

const BODY_LIMIT = 64 * 1024;

// thrown to end a request with an answer

export class Refusal extends Error {
    constructor(answer) {
        super(`refused with ${answer.status}`);
        this.answer = answer;
    }
}

// null when it is too large

export async function readBody(req) {
    const parts = [];
    let size = 0;

    for await (const part of req) {
        size += part.length;

        if (size <= BODY_LIMIT) {
            parts.push(part);
        }
    }

    return size <= BODY_LIMIT ? Buffer.concat(parts).toString() : null;
}

export function cookieOf(headers, name) {
    for (const pair of (headers.cookie ?? '').split(';')) {
        const [key, value] = pair.trim().split('=');

        if (key === name && value) {
            return value;
        }
    }

    return undefined;
}

export const seeOther = (location, cookie) => (
    { status: 303, headers: { Location: location }, cookie });

// Scripts and styles come from the shop alone.  There is no "form-action": a
// browser would hold it against the redirect to the payment page, whose host
// the shop does not know.

const policy = "default-src 'none'; style-src 'self'; script-src 'self';"
               + " img-src 'self'; connect-src 'self'; base-uri 'none';"
               + " frame-ancestors 'none'";

const kinds = {
    html: (value) => ({ type: 'text/html; charset=utf-8', body: value,
                        more: { 'Content-Security-Policy': policy } }),
    json: (value) => ({ type: 'application/json',
                        body: JSON.stringify(value) }),
    text: (value) => ({ type: 'text/plain; charset=utf-8', body: value }),
    asset: ({ type, body }) => ({ type, body,
                                  more: { 'Cache-Control': 'no-cache' } }),
};

function bodyOf(answer) {
    const kind = Object.keys(kinds).find((name) => (
        answer[name] !== undefined));

    if (kind === undefined) {
        return { body: Buffer.alloc(0), headers: {} };
    }

    const { type, body, more } = kinds[kind](answer[kind]);

    return { body: Buffer.from(body),
             headers: { 'Content-Type': type, ...more } };
}

export function send(req, res, answer) {
    const { body, headers } = bodyOf(answer);
    const { cookie } = answer;
    const setCookie = cookie === undefined ? {} : {
        'Set-Cookie': `sid=${cookie ?? ''}; Path=/; HttpOnly; SameSite=Lax`
                      + (cookie === null ? '; Max-Age=0' : ''),
    };

    res.writeHead(answer.status ?? 200, {
        'Cache-Control': 'no-store',
        'X-Content-Type-Options': 'nosniff',
        ...headers,
        'Content-Length': body.length,
        ...setCookie,
        ...answer.headers,
    });
    res.end(req.method === 'HEAD' ? undefined : body);
}

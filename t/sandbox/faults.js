// Copyright (C) 2026 pancake checkout contributors

// Which misbehaviour is asked for, for which request, and what it makes of
// the answer.  How the bytes then leave is in wire.js.

import { STATUS_CODES, validateHeaderName, validateHeaderValue }
    from 'node:http';
import { gzipSync } from 'node:zlib';

const number = (value) => Number.isInteger(value) && value >= 0;
const text = (value) => typeof value === 'string';
const any = () => true;

// What every fault may carry.  "path" is a whole path or its last parts;
// "within" is a text that the request's body contains; "skip" lets so many
// requests pass first; with "process" false the request is answered but not
// executed.

const common = {
    path: text,
    within: text,
    times: (value) => Number.isInteger(value) && (value >= 1 || value === -1),
    skip: number,
    process: (value) => typeof value === 'boolean',
    inFlightMs: number,
    delayMs: number,
    bodyDelayMs: number,
    headers: any,
};

// Own fields of each mode.  "executes" is the default of "process".

const modes = {
    status: {
        fields: {
            status: (value) => (
                Number.isInteger(value) && value >= 200 && value <= 999),
            body: any,
            bodyHex: (value) => text(value) && /^(?:[0-9a-f]{2})*$/i
                .test(value),
            retryAfter: (value) => number(value) || text(value),
        },
        needs: ['status'],
    },
    delay: { executes: true, fields: {} },
    truncate: {
        executes: true, wire: true,
        fields: { contentLength: number, sent: number },
    },
    'cut-chunked': { executes: true, wire: true, fields: { sent: number } },
    close: { executes: true, wire: true, fields: {} },
    reset: {
        executes: true, wire: true,
        fields: {
            at: (value) => ['start', 'header', 'body'].includes(value),
        },
    },
    'garbage-status': { wire: true, fields: { line: text } },
    'not-json': { fields: { body: text } },
    'bad-json': { fields: { body: text } },
    empty: { fields: {} },
    'no-content': { fields: {} },
    redirect: { fields: { status: number, location: text } },
    'wrong-type': { executes: true, fields: { type: text } },
    gzip: { executes: true, fields: {} },
    oversize: {
        executes: true, wire: true,
        fields: {
            size: number,
            framing: (value) => ['length', 'chunked', 'close']
                .includes(value),
        },
    },
    'close-delimited': { executes: true, wire: true, fields: {} },
    'early-hints': { executes: true, wire: true, fields: { link: text } },
    'duplicate-keys': { executes: true, fields: { url: text } },
    'checkout-url': { executes: true, fields: { url: any },
                      needs: ['url'] },
    expired: { executes: true, fields: { value: any } },
    'missing-url': { executes: true, fields: {} },
    drip: { executes: true, wire: true,
            fields: { bytes: number, everyMs: number } },
    accel: { executes: true, fields: { uri: text } },
    cookie: { executes: true, fields: { value: text } },
    raw: { wire: true, fields: { bytes: text, bytesHex: text } },
    stale: { executes: true, wire: true, fields: {} },
};

export const modeNames = Object.keys(modes);

function headerPairs(headers) {
    const pairs = Array.isArray(headers)
        ? headers
        : Object.entries(headers).flatMap(([name, value]) => (
            [value].flat().map((one) => [name, one])));

    for (const [name, value] of pairs) {
        validateHeaderName(name);
        validateHeaderValue(name, value);
    }

    return pairs.map(([name, value]) => [name, String(value)]);
}

let lastId = 0;

// Throws an Error that says what is wrong with the request for a fault.

export function makeFault(asked) {
    const mode = modes[asked?.mode];

    if (!mode || !Object.hasOwn(modes, asked.mode)) {
        throw new Error(`mode must be one of: ${modeNames.join(', ')}`);
    }

    for (const [name, value] of Object.entries(asked)) {
        const check = mode.fields[name] ?? common[name];

        if (name !== 'mode' && (!check || !check(value))) {
            throw new Error(`${asked.mode}: invalid field ${name}`);
        }
    }

    for (const name of mode.needs ?? []) {
        if (asked[name] === undefined) {
            throw new Error(`${asked.mode}: missing field ${name}`);
        }
    }

    // a 2xx without a body of its own is the real answer in other clothes

    const dressed = asked.mode === 'status' && asked.status < 300
                    && asked.body === undefined
                    && asked.bodyHex === undefined;

    return {
        times: 1,
        skip: 0,
        process: dressed || mode.executes === true,
        ...asked,
        id: ++lastId,
        wire: mode.wire === true,
        headers: headerPairs(asked.headers ?? []),
    };
}

// the first fault that is for this path and body, used up by one

export function takeFault(faults, path, body = '') {
    const fitting = faults.filter((fault) => (
        (fault.path === undefined || fault.path === path
         || path.endsWith(`/${fault.path}`))
        && (fault.within === undefined || body.includes(fault.within))));

    for (const fault of fitting) {
        if (fault.skip > 0) {
            fault.skip--;
            continue;
        }

        if (fault.times > 0) {
            fault.times--;

            if (fault.times === 0) {
                faults.splice(faults.indexOf(fault), 1);
            }
        }

        return fault;
    }

    return null;
}

const HOUR = 60 * 60 * 1000;

function retryAfter(value) {
    if (value === 'date') {
        return new Date(Date.now() + 30 * 1000).toUTCString();
    }

    return value === 'garbage' ? 'soon; or later' : String(value);
}

function statusMessage(fault, message) {
    if (fault.bodyHex !== undefined) {
        message.body = Buffer.from(fault.bodyHex, 'hex');

    } else if (fault.body !== undefined) {
        message.body = Buffer.from(typeof fault.body === 'string'
            ? fault.body : JSON.stringify(fault.body));

    } else if (!fault.process) {
        message.body = Buffer.from(JSON.stringify({
            data: null,
            errors: [{ message: STATUS_CODES[fault.status] ?? 'Failure',
                       layer: 'gateway' }],
        }));
    }

    message.status = fault.status;

    if (fault.retryAfter !== undefined) {
        message.headers.push(['Retry-After', retryAfter(fault.retryAfter)]);
    }
}

// An answer longer than asked for is left as it is.

function pad(message, size) {
    const json = message.body.toString();
    const padding = size - message.body.length - ',"padding":""'.length;

    if (padding >= 0) {
        message.body = Buffer.from(
            `${json.slice(0, -1)},"padding":"${'x'.repeat(padding)}"}`);
    }
}

// one more checkoutUrl behind the real one: most parsers believe the last

function duplicate(message, url = 'https://checkout.example.net/duplicate') {
    message.body = Buffer.from(message.body.toString().replace(
        /"checkoutUrl":"[^"]*"/,
        (real) => `${real},"checkoutUrl":${JSON.stringify(url)}`));
}

const bodies = {
    'not-json': '<html><body><h1>It works!</h1></body></html>\n',
    'bad-json': '{"data":{"sessionId":"cs_1","checkoutUrl":',
};

const shapers = {
    status: statusMessage,

    'not-json': (fault, message) => {
        message.body = Buffer.from(fault.body ?? bodies['not-json']);
        message.type = 'text/html; charset=utf-8';
    },

    'bad-json': (fault, message) => {
        message.body = Buffer.from(fault.body ?? bodies['bad-json']);
    },

    empty: (fault, message) => {
        message.body = Buffer.alloc(0);
    },

    'no-content': (fault, message) => {
        message.status = 204;
    },

    redirect: (fault, message) => {
        message.status = fault.status ?? 302;
        message.body = Buffer.alloc(0);
        message.headers.push(
            ['Location', fault.location ?? 'https://checkout.example.net/']);
    },

    'wrong-type': (fault, message) => {
        message.type = fault.type ?? 'text/plain';
    },

    gzip: (fault, message) => {
        message.body = gzipSync(message.body);
        message.headers.push(['Content-Encoding', 'gzip']);
    },

    oversize: (fault, message) => pad(message, fault.size ?? 128 * 1024),

    'duplicate-keys': (fault, message) => duplicate(message, fault.url),

    accel: (fault, message) => message.headers.push(
        ['X-Accel-Redirect', fault.uri ?? '/'],
        ['X-Accel-Expires', '3600'],
        ['X-Accel-Limit-Rate', '1'],
        ['X-Accel-Buffering', 'no'],
        ['X-Accel-Charset', 'koi8-r']),

    cookie: (fault, message) => message.headers.push(
        ['Set-Cookie', fault.value ?? 'upstream=secret; Path=/']),
};

const envelopeShapers = {
    'checkout-url': (fault, data) => ({ ...data, checkoutUrl: fault.url }),

    expired: (fault, data) => ({
        ...data,
        expiresAt: fault.value ?? new Date(Date.now() - HOUR).toISOString(),
    }),

    'missing-url': (fault, { checkoutUrl, ...data }) => data,
};

// { status, type, headers: [[name, value], ...], body: Buffer or null } for
// the answer, which is null where the request was not executed

export function shape(answer, fault) {
    let envelope = answer?.envelope ?? { data: {} };
    const change = envelopeShapers[fault?.mode];

    if (change && envelope.data) {
        envelope = { ...envelope, data: change(fault, envelope.data) };
    }

    const message = {
        status: answer?.status ?? 200,
        type: 'application/json',
        headers: [],
        body: Buffer.from(JSON.stringify(envelope)),
    };

    shapers[fault?.mode]?.(fault, message);

    if ([204, 304].includes(message.status)) {
        message.body = null;
    }

    if (fault) {
        const own = new Set(fault.headers.map(([name]) => (
            name.toLowerCase())));

        message.headers = message.headers.filter(([name]) => (
            !own.has(name.toLowerCase()))).concat(fault.headers);

        if (own.has('content-type')) {
            message.type = null;
        }
    }

    return message;
}

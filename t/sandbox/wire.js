// Copyright (C) 2026 pancake checkout contributors

// How an answer leaves: in order, or broken in the way that was asked for.
// What breaks HTTP is written to the socket past Node, which would not do it.

import { STATUS_CODES } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

// sockets whose next request gets no answer

const doomed = new WeakSet();

export const isDoomed = (socket) => doomed.has(socket);

function headersOf(message, ...more) {
    const own = message.type === null ? []
        : [['Content-Type', message.type]];

    return [...own, ...message.headers, ...more];
}

function head(message, ...more) {
    const { status } = message;
    const lines = headersOf(message, ...more)
        .map(([name, value]) => `${name}: ${value}\r\n`);

    return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`
           + `${lines.join('')}\r\n`;
}

const length = (size) => ['Content-Length', String(size)];
const chunked = ['Transfer-Encoding', 'chunked'];
const closing = ['Connection', 'close'];

const chunk = (body) => Buffer.concat([
    Buffer.from(`${body.length.toString(16)}\r\n`), body,
    Buffer.from('\r\n')]);

async function send(socket, headText, bodyDelayMs, body) {
    socket.write(headText);

    if (bodyDelayMs) {
        await sleep(bodyDelayMs);
    }

    socket.write(body);
}

async function drip(socket, { bytes = 1, everyMs = 20 }, body) {
    const step = Math.max(bytes, 1);

    for (let at = 0; at < body.length && !socket.destroyed; at += step) {
        socket.write(body.subarray(at, at + step));
        await sleep(everyMs);
    }
}

// on TLS the reset has to reach the socket below

function reset(socket) {
    (socket._parent ?? socket).resetAndDestroy();
}

const breakers = {
    async truncate(socket, fault, message) {
        const { body } = message;
        const sent = fault.sent ?? body.length;
        const announced = fault.contentLength
            ?? Math.max(body.length, sent) + (sent < body.length ? 0 : 10);

        await send(socket, head(message, length(announced)),
                   fault.bodyDelayMs, body.subarray(0, sent));
        socket.end();
    },

    // a whole chunk without the last one, or with "sent" a part of a chunk

    async 'cut-chunked'(socket, fault, message) {
        const bytes = chunk(message.body);
        const size = bytes.indexOf('\r\n') + 2;
        const end = fault.sent === undefined ? bytes.length
            : Math.min(size + fault.sent, bytes.length);

        await send(socket, head(message, chunked), fault.bodyDelayMs,
                   bytes.subarray(0, end));
        socket.end();
    },

    async close(socket) {
        socket.end();
    },

    async reset(socket, fault, { body, ...message }) {
        if (fault.at === 'header') {
            const text = head(message, length(body.length));

            socket.write(text.slice(0, text.length >> 1));
        }

        if (fault.at === 'body') {
            await send(socket, head(message, length(body.length)),
                       fault.bodyDelayMs,
                       body.subarray(0, body.length >> 1));
        }

        // A reset overtakes what was sent just before it: half a body, or
        // the end of a TLS handshake.

        await sleep(50);
        reset(socket);
    },

    async 'garbage-status'(socket, fault, { body }) {
        socket.end(`${fault.line ?? 'HTTP/1.1 OK maybe'}\r\n`
                   + `Content-Length: ${body.length}\r\n\r\n${body}`);
    },

    async oversize(socket, fault, message) {
        const { body } = message;
        const framing = fault.framing ?? 'length';
        const header = { length: length(body.length), chunked,
                         close: closing }[framing];
        const parts = [];

        for (let at = 0; at < body.length; at += 16384) {
            const part = body.subarray(at, at + 16384);

            parts.push(framing === 'chunked' ? chunk(part) : part);
        }

        if (framing === 'chunked') {
            parts.push(Buffer.from('0\r\n\r\n'));
        }

        await send(socket, head(message, header), fault.bodyDelayMs,
                   Buffer.concat(parts));
        socket.end();
    },

    async 'close-delimited'(socket, fault, message) {
        await send(socket, head(message, closing), fault.bodyDelayMs,
                   message.body);
        socket.end();
    },

    async 'early-hints'(socket, fault, message, finish) {
        socket.write('HTTP/1.1 103 Early Hints\r\n'
                     + `Link: ${fault.link ?? '</style.css>; rel=preload'}`
                     + '\r\n\r\n');
        await finish();
    },

    async drip(socket, fault, message) {
        socket.write(head(message, length(message.body.length)));
        await sleep(fault.bodyDelayMs ?? 0);
        await drip(socket, fault, message.body);
        socket.end();
    },

    async raw(socket, fault) {
        socket.end(fault.bytesHex === undefined
            ? fault.bytes ?? '' : Buffer.from(fault.bytesHex, 'hex'));
    },

    // in order, but the connection is a trap for the next request on it

    async stale(socket, fault, message, finish) {
        await finish();
        doomed.add(socket);
    },
};

async function sendInOrder(res, fault, message) {
    const headers = message.body === null
        ? message.headers
        : headersOf(message, length(message.body.length));

    res.writeHead(message.status, headers.flat());

    if (fault?.bodyDelayMs) {
        res.flushHeaders();
        await sleep(fault.bodyDelayMs);
    }

    res.end(message.body);
}

export async function deliver(res, message, fault) {
    const { socket } = res.req;

    if (fault?.delayMs) {
        await sleep(fault.delayMs);
    }

    if (!socket || socket.destroyed) {
        return;
    }

    const finish = () => sendInOrder(res, fault, message);

    if (fault?.wire) {
        await breakers[fault.mode](socket, fault, message, finish);

    } else {
        await finish();
    }
}

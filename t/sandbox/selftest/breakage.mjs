// Copyright (C) 2026 pancake checkout contributors

// Faults that break HTTP or the connection: what is promised are the bytes.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';

import { Double, check, exchange, parse, paths, same, simple }
    from './harness.mjs';

const { session } = paths;

async function answer(double, fault, options) {
    await double.fault(fault);

    const got = await double.raw(session, simple, options);

    return { ...got, ...(got.text.startsWith('HTTP/1.1 2')
        ? parse(got.bytes) : {}) };
}

const isSession = (text) => (
    JSON.parse(text.toString()).data.sessionId.startsWith('cs_'));

// the data of all chunks, and what is left over

function dechunk(bytes) {
    const parts = [];
    let rest = bytes;

    for (;;) {
        const at = rest.indexOf('\r\n');
        const size = parseInt(rest.subarray(0, at), 16);

        if (at === -1 || rest.length < at + 4 + size) {
            return { data: Buffer.concat(parts), rest, last: false };
        }

        if (size === 0) {
            return { data: Buffer.concat(parts), rest: rest.subarray(at + 4),
                     last: true };
        }

        parts.push(rest.subarray(at + 2, at + 2 + size));
        rest = rest.subarray(at + 4 + size);
    }
}

async function cuts(double) {
    const short = await answer(double, { mode: 'truncate' });

    same('truncate: ten bytes are missing',
         Number(short.headers['content-length']) - short.body.length, 10);
    check('truncate: of a complete JSON text', isSession(short.body));
    same('truncate: end', short.end, 'fin');

    const half = await answer(double, { mode: 'truncate', sent: 20,
                                        contentLength: 50 });

    same('truncate: as asked', [half.headers['content-length'],
                                half.body.length, half.end],
         ['50', 20, 'fin']);

    const open = await answer(double, { mode: 'cut-chunked' });
    const chunks = dechunk(open.body);

    check('cut-chunked: no last chunk', !chunks.last
          && open.headers['transfer-encoding'] === 'chunked'
          && isSession(chunks.data) && chunks.rest.length === 0);
    same('cut-chunked: end', open.end, 'fin');

    const inside = dechunk((await answer(
        double, { mode: 'cut-chunked', sent: 30 })).body);

    check('cut-chunked: inside a chunk', inside.data.length === 0
          && inside.rest.toString().split('\r\n')[1].length === 30);

    const close = await answer(double, { mode: 'close' });

    same('close', [close.text, close.end], ['', 'fin']);

    const reset = await answer(double, { mode: 'reset' });

    same('reset', [reset.text, reset.end], ['', 'reset']);

    const later = await answer(double, { mode: 'reset', at: 'body' });

    same('reset: in the body', [later.status, later.end], [200, 'reset']);
    check('reset: after half of it',
          later.body.length * 2 <= Number(later.headers['content-length'])
          && later.body.length > 0);
    check('all of these were executed',
          (await double.state()).sessions === 7,
          JSON.stringify(await double.state()));
}

async function oddities(double) {
    const garbage = await answer(double, { mode: 'garbage-status' });

    same('garbage-status', garbage.text.split('\r\n')[0],
         'HTTP/1.1 OK maybe');
    same('garbage-status: as given', (await answer(double, {
        mode: 'garbage-status', line: '\x01\x02' })).text.split('\r\n')[0],
         '\x01\x02');

    for (const framing of ['length', 'chunked', 'close']) {
        const big = await answer(double, { mode: 'oversize', framing });
        const body = framing === 'chunked' ? dechunk(big.body).data
                                           : big.body;

        same(`oversize, ${framing}: size`, body.length, 131072);
        check(`oversize, ${framing}: still an answer`, isSession(body));
        same(`oversize, ${framing}: framing`,
             [big.headers['content-length'],
              big.headers['transfer-encoding']],
             { length: ['131072', undefined], chunked: [undefined, 'chunked'],
               close: [undefined, undefined] }[framing]);

        if (framing === 'chunked') {
            check('oversize, chunked: last chunk', dechunk(big.body).last);
        }
    }

    same('oversize: size as asked', (await answer(
        double, { mode: 'oversize', size: 65537 })).body.length, 65537);

    const delimited = await answer(double, { mode: 'close-delimited' });

    same('close-delimited', [delimited.headers['content-length'],
                             delimited.headers['transfer-encoding'],
                             delimited.end], [undefined, undefined, 'fin']);
    check('close-delimited: body', isSession(delimited.body));

    const hints = (await answer(double, { mode: 'early-hints' })).text;

    check('early-hints', hints.startsWith(
        'HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n'
        + '\r\nHTTP/1.1 200 OK\r\n'), hints);

    same('raw', (await answer(double, { mode: 'raw', bytes: 'SSH-2.0-x\n' }))
        .text, 'SSH-2.0-x\n');
    same('raw: hex', (await answer(double, { mode: 'raw', bytesHex: '00ff' }))
        .bytes, Buffer.from([0, 255]));
}

async function stale(double) {
    await double.fault({ mode: 'stale' });

    const socket = connect(double.port, '127.0.0.1');
    const bytes = double.bytes(session, simple, { keep: true });
    const next = () => new Promise((resolve) => {
        socket.once('data', (part) => resolve(part.toString()));
        socket.once('close', () => resolve('closed'));
        socket.once('error', () => resolve('closed'));
    });

    socket.write(bytes);

    const first = parse(Buffer.from(await next()));

    same('stale: first answer', [first.status, first.headers.connection],
         [200, 'keep-alive']);
    socket.write(bytes);
    same('stale: no second one', await next(), 'closed');
    same('stale: recorded', (await double.last()).verdict,
         'stale connection');
    same('stale: not executed', (await double.state()).sessions, 1);

    await exchange(double.port, double.bytes(session, simple)
        .subarray(0, -5), {});
    same('half a request is recorded', (await double.last()).verdict,
         'client left before its body was complete');
}

async function overTls() {
    const directory = mkdtempSync(`${tmpdir()}/sandbox-`);

    try {
        execFileSync('openssl', [
            'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
            '-subj', '/CN=api.waffo.ai', '-keyout', `${directory}/key.pem`,
            '-out', `${directory}/cert.pem`], { stdio: 'ignore' });

    } catch {
        check('TLS # SKIP no openssl', true);
        rmSync(directory, { recursive: true });
        return;
    }

    const double = await Double.start({ tls: {
        key: readFileSync(`${directory}/key.pem`),
        cert: readFileSync(`${directory}/cert.pem`),
    } });

    rmSync(directory, { recursive: true });
    same('TLS: answers', (await double.call(session, simple)).status, 200);
    same('TLS: connections are counted', (await double.last()).connection,
         1);

    const reset = await answer(double, { mode: 'reset' });

    same('TLS: reset', [reset.text, reset.end], ['', 'reset']);

    const short = await answer(double, { mode: 'truncate' });

    same('TLS: truncate', [short.end,
                           Number(short.headers['content-length'])
                           - short.body.length], ['fin', 10]);
    double.stop();
}

export default async function run() {
    const double = await Double.start();

    for (const part of [cuts, oddities, stale]) {
        await double.reset();
        await part(double);
    }

    double.stop();
    await overTls();
}

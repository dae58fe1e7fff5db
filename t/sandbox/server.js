// Copyright (C) 2026 pancake checkout contributors

// One double behind any number of listeners.

import http from 'node:http';
import https from 'node:https';

import { Api, readBody } from './api.js';
import { control } from './control.js';
import { shape, takeFault } from './faults.js';
import { checkoutPage, isCheckoutPath, pay } from './page.js';
import { deliver, isDoomed } from './wire.js';
import { World } from './world.js';

function sendPage(res, { status, html = '', location }) {
    const body = Buffer.from(html);

    res.writeHead(status, {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Length': body.length,
        'Cache-Control': 'no-store',
        'Referrer-Policy': 'no-referrer',
        ...(location && { Location: location }),
    });
    res.end(body);
}

// the buyer's side: pages, and the button on them; not recorded

function servesPage({ config, world }, req, res) {
    const [path] = req.url.split('?');

    if (['GET', 'HEAD'].includes(req.method) && !path.startsWith('/v1/')) {
        sendPage(res, checkoutPage(config, world, path));
        return true;
    }

    if (req.method === 'POST' && isCheckoutPath(config, path)) {
        req.resume();
        sendPage(res, pay(config, world, path));
        return true;
    }

    return false;
}

const tooLarge = {
    status: 413,
    envelope: { data: null, errors: [{ message: 'Request body too large',
                                       layer: 'gateway' }] },
};

// one that was asked for, or one that the program around the double invents

function faultFor({ config, world }, record) {
    return takeFault(world.faults, record.target.split('?')[0], record.body)
        ?? config.inventFault?.(record)
        ?? null;
}

async function answerCall(api, req, res, connection) {
    const { world } = api;
    const record = world.record({
        n: 0,
        time: new Date().toISOString(),
        connection,
        method: req.method,
        target: req.url,
        httpVersion: req.httpVersion,
        rawHeaders: req.rawHeaders,
        body: '',
        bodyHex: '',
        credential: null,
        verdict: null,
        effect: null,
        notes: [],
        fault: null,
        status: null,
        clientLeft: false,
    }, api.config.maxRequests);

    let done = false;

    res.on('close', () => {
        record.clientLeft = !done;
        api.config.onEnd?.(record);
    });

    if (isDoomed(req.socket)) {
        record.verdict = 'stale connection';
        done = true;
        req.socket.destroy();
        return;
    }

    const body = await readBody(req, record);

    if (!body && !req.complete) {
        return;
    }

    const fault = body ? faultFor(api, record) : null;

    record.fault = fault?.mode ?? null;

    const answer = body
        ? await api.answer(req, body, record,
                           { process: fault?.process ?? true,
                             inFlightMs: fault?.inFlightMs })
        : tooLarge;
    const message = shape(answer, fault);

    record.status = message.status;
    await deliver(res, message, fault);
    done = true;
}

function handler(api, connections) {
    return async (req, res) => {
        try {
            if (req.url.startsWith('/_sandbox/')) {
                await control(api, req, res);

            } else if (!servesPage(api, req, res)) {
                await answerCall(api, req, res, connections.get(req.socket));
            }

        } catch (error) {
            console.error(error);
            req.socket.destroy();
        }
    };
}

// config: { merchant, keys: [{ environment, publicKey }], slug, store,
// checkoutBase, maxRequests, settings }; listeners: [{ port, tls }], tls being
// { cert, key } or undefined.  Resolves to { api, ports, close }.
//
// A program around the double may add to config: inventFault(record), asked
// where no fault was posted for a request, gives one of makeFault() or null;
// onEnd(record) is told of every request that is over.

export async function start(config, listeners) {
    const api = new Api(config, new World(config.settings));
    const connections = new WeakMap();
    const servers = [];
    let connected = 0;

    for (const { port, tls } of listeners) {
        const server = tls
            ? https.createServer(tls, handler(api, connections))
            : http.createServer(handler(api, connections));

        // longer than an edge keeps an idle connection, so that a stale one
        // is only met when it is asked for

        server.keepAliveTimeout = 120 * 1000;

        server.on(tls ? 'secureConnection' : 'connection', (socket) => {
            connections.set(socket, ++connected);
            socket.on('error', () => {});
        });
        server.on('clientError', (error, socket) => {
            if (!['HPE_INVALID_EOF_STATE', 'ECONNRESET']
                .includes(error.code))
            {
                console.error(`not HTTP: ${error.message}`);
            }

            socket.destroy();
        });

        await new Promise((resolve, reject) => {
            server.once('error', reject);
            server.listen(port, '127.0.0.1', resolve);
        });

        servers.push(server);
    }

    return {
        api,
        ports: servers.map((server) => server.address().port),
        close() {
            for (const server of servers) {
                server.close();
                server.closeAllConnections();
            }
        },
    };
}

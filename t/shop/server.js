// Copyright (C) 2026 pancake checkout contributors

// The listener, and what tests ask of it: a record of every request, and
// failures to order.

import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { centsOf } from './articles.js';
import { Refusal, cookieOf, readBody, send } from './http.js';
import { answer } from './routes.js';
import { Shop } from './state.js';

const MAX_RECORDS = 10000;

function record(world, req, path, body) {
    world.received++;
    world.requests.push({
        n: world.received,
        method: req.method,
        path,
        target: req.url,
        headers: req.headers,
        rawHeaders: req.rawHeaders,
        body,
    });

    if (world.requests.length > MAX_RECORDS) {
        world.requests.shift();
    }
}

function setPrices({ articles }, prices) {
    for (const [sku, text] of Object.entries(prices)) {
        const article = articles.get(sku);
        const cents = centsOf(text);

        if (article === undefined || cents === null) {
            throw new Refusal({ status: 400, text: `no such price: ${sku}` });
        }

        articles.set(sku, { ...article, price: cents });
    }
}

function control(world, req, path, query, body) {
    if (req.method === 'GET' && path === '/_shop/requests') {
        const since = Number(query.get('since') ?? 0);

        return { json: world.requests.filter(({ n }) => n > since) };
    }

    if (req.method !== 'POST' || path !== '/_shop/control') {
        return { status: 404, json: { error: 'Not found' } };
    }

    const { prices, fail, ...settings } = JSON.parse(body);

    setPrices(world.shop, prices ?? {});

    for (const name of ['orderAnswer', 'edge']) {
        if (settings[name] !== undefined) {
            world.settings[name] = settings[name];
        }
    }

    if (fail !== undefined) {
        world.failures.push({ status: 500, times: 1, ...fail });
    }

    return { json: { settings: world.settings, fail: world.failures } };
}

function takeFailure(failures, path) {
    const at = failures.findIndex((failure) => failure.path === path);

    if (at === -1) {
        return null;
    }

    const failure = failures[at];

    if (--failure.times <= 0) {
        failures.splice(at, 1);
    }

    return failure;
}

async function handle(world, req) {
    const [path, search = ''] = req.url.split(/\?(.*)/s);
    const query = new URLSearchParams(search);
    const body = await readBody(req);

    if (body === null) {
        return { status: 413, text: 'Too large.\n' };
    }

    if (path.startsWith('/_shop/')) {
        return control(world, req, path, query, body);
    }

    record(world, req, path, body);

    const { shop, settings } = world;
    const run = () => answer({
        shop,
        settings,
        edge: settings.edge,
        method: req.method,
        headers: req.headers,
        path,
        query,
        body,
        form: new URLSearchParams(body),
        visit: shop.visit(cookieOf(req.headers, 'sid')),
    });
    const failure = takeFailure(world.failures, path);

    if (failure === null) {
        return run();
    }

    if (failure.process) {
        await run();
    }

    await sleep(failure.delayMs ?? 0);

    return { status: failure.status, headers: failure.headers,
             text: failure.body ?? 'It was asked to fail.\n' };
}

async function answerFor(world, req) {
    try {
        return await handle(world, req);

    } catch (error) {
        if (error instanceof Refusal) {
            return error.answer;
        }

        if (req.socket.destroyed) {
            return null;
        }

        console.error(error);

        return { status: 500, text: 'Something went wrong.\n' };
    }
}

// Resolves to { port, close }.

export async function start({ port, edge, orderAnswer = 'redirect' }) {
    const world = {
        shop: new Shop(),
        settings: { edge, orderAnswer },
        failures: [],
        requests: [],
        received: 0,
    };
    const server = http.createServer(async (req, res) => {
        const message = await answerFor(world, req);

        if (message !== null) {
            send(req, res, message);
        }
    });

    // longer than an edge keeps an idle connection

    server.keepAliveTimeout = 120 * 1000;

    await new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', resolve);
    });

    return {
        port: server.address().port,
        close() {
            server.close();
            server.closeAllConnections();
        },
    };
}

// Copyright (C) 2026 pancake checkout contributors

// The command line, and what tests may ask of the shop.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { check, same } from '../../sandbox/selftest/harness.mjs';
import { Browser, withShop } from './browser.mjs';

const program = fileURLToPath(new URL('../shop.js', import.meta.url));

function launch(...args) {
    const child = spawn(process.execPath, [program, ...args]);
    const output = { out: '', err: '' };

    child.stdout.on('data', (part) => { output.out += part; });
    child.stderr.on('data', (part) => { output.err += part; });

    return { child, output, ended: once(child, 'close') };
}

async function ready({ child, output }) {
    while (!output.out.includes('\n') && child.exitCode === null) {
        await new Promise((resolve) => setTimeout(resolve, 10));
    }

    return JSON.parse(output.out);
}

async function commandLine() {
    const shop = launch('--port', '0', '--exit-with-stdin',
                        '--order-answer', 'json');
    const { port } = await ready(shop);
    const browser = new Browser(`http://127.0.0.1:${port}`);
    const headers = { Authorization: 'Bearer token-ada-0001' };

    await browser.json('POST', '/api/v1/i/cart/', { sku: 'crepes' }, headers);
    same('--order-answer', (await browser.json(
        'POST', '/api/v1/i/orders/', { action: 'checkout' }, headers)).status,
         200);
    shop.child.stdin.end();
    same('ends with its standard input', await shop.ended, [0, null]);
    same('one line', shop.output.out, `{"port":${port}}\n`);

    const other = launch('--port', '0');

    await ready(other);
    other.child.kill('SIGTERM');
    same('SIGTERM', await other.ended, [0, null]);

    const help = launch('--help');

    same('help: exit', await help.ended, [0, null]);
    check('help: text', help.output.out.startsWith('Usage:'));

    for (const [what, ...args] of [
        ['no port'], ['bad port', '--port', 'x'],
        ['bad answer', '--port', '0', '--order-answer', 'xml'],
        ['unknown option', '--port', '0', '--other'],
    ]) {
        const run = launch(...args);

        same(`${what}: exit`, await run.ended, [1, null]);
        check(`${what}: said why, and only there`, run.output.out === ''
              && /^shop\.js: ./m.test(run.output.err), run.output.err);
    }
}

export default async function run() {
    await commandLine();

    await withShop({}, async (browser) => {
        await browser.post('/cart/add?a=b', { sku: 'crepes' },
                           { 'X-Pancake-Request-Id': 'r1' });
        await browser.get('/cart');

        const { json } = await browser.json('GET', '/_shop/requests');

        same('requests', json.map(({ n, method, path, body }) => (
            [n, method, path, body])), [
            [1, 'POST', '/cart/add', 'sku=crepes'],
            [2, 'GET', '/cart', ''],
        ]);
        same('requests: headers',
             json[0].headers['x-pancake-request-id'], 'r1');
        same('requests: target', json[0].target, '/cart/add?a=b');
        same('requests: since', (await browser.json(
            'GET', '/_shop/requests?since=1')).json.map(({ n }) => n), [2]);

        await browser.control({ fail: {
            path: '/checkout/quote', status: 503, times: 2, body: 'closed',
            headers: { 'Retry-After': '7' } } });

        for (const wanted of [503, 503, 200]) {
            same(`fail: ${wanted}`,
                 (await browser.post('/checkout/quote')).status, wanted);
        }

        await browser.control({ fail: { path: '/cart/add', process: true } });
        same('fail: when all is done', (await browser.post('/cart/add', {
            sku: 'crepes' })).status, 500);
        same('fail: it was done', (await browser.quote()).total.items, 2);
        same('control: no such price', (await browser.send(
            'POST', '/_shop/control', { body: '{"prices":{"x":"1.00"}}' }))
            .status, 400);
        same('control: no such thing',
             (await browser.json('GET', '/_shop/x')).status, 404);
    });
}

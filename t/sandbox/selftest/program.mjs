// Copyright (C) 2026 pancake checkout contributors

// The command line.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { check, exchange, parse, paths, requestBytes, same, simple, slug,
         vectorFile } from './harness.mjs';

const program = fileURLToPath(new URL('../sandbox.js', import.meta.url));

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

const key = ['--public-key', vectorFile('test-key.pub.pem')];

export default async function run() {
    for (const signal of ['SIGTERM', 'SIGINT']) {
        const run = launch('--port', '0', ...key);
        const { port, httpPort } = await ready(run);

        check(`${signal}: ports`, port > 0 && httpPort === null);
        run.child.kill(signal);
        same(`${signal}: clean exit`, await run.ended, [0, null]);
        same(`${signal}: one line on standard output`,
             run.output.out.match(/\n/g).length, 1);
    }

    const both = launch('--port', '0', '--http-port', '0', ...key,
                        '--checkout-base', 'self', '--slug', 'cakes',
                        '--exit-with-stdin');
    const { port, httpPort } = await ready(both);
    const body = Buffer.from(JSON.stringify(simple));
    const { bytes } = await exchange(port, requestBytes(
        paths.session, body, { ...slug, 'X-Store-Slug': 'cakes',
                               'Content-Type': 'application/json',
                               Connection: 'close' }));
    const { data } = JSON.parse(parse(bytes).body.toString());

    check('both listeners: the page is where the URL leads',
          data.checkoutUrl.startsWith(
              `http://127.0.0.1:${httpPort}/cakes/checkout/`));

    const page = await exchange(httpPort, requestBytes(
        new URL(data.checkoutUrl).pathname, Buffer.alloc(0),
        { Connection: 'close' }, 'GET'));

    same('both listeners: one world', parse(page.bytes).status, 200);
    both.child.stdin.end();
    same('ends with its standard input', await both.ended, [0, null]);

    const help = launch('--help');

    same('help: exit', await help.ended, [0, null]);
    check('help: text', help.output.out.startsWith('Usage:'));

    for (const [what, ...args] of [
        ['no port', ...key], ['no key', '--port', '0'],
        ['bad port', '--port', 'x', ...key],
        ['unknown option', '--port', '0', ...key, '--other'],
        ['no such file', '--port', '0', '--public-key', '/nonexistent'],
    ]) {
        const run = launch(...args);

        same(`${what}: exit`, await run.ended, [1, null]);
        check(`${what}: said why, and only there`, run.output.out === ''
              && /^sandbox\.js: ./m.test(run.output.err), run.output.err);
    }
}

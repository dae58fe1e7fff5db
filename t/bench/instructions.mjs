// Copyright (C) 2026 pancake checkout contributors

// How many instructions the edge spends on a request, as valgrind counts them:
// always the same, whatever else the machine does.  Only those of user space,
// and with a signature kept for 30 seconds, so without any RSA.
//
// usage: node instructions.mjs MODULE [REQUESTS]

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { dir, edge, freePort, key, startApi, startChecker, stopAll }
    from './servers.mjs';

const [module, requests = 1000] = process.argv.slice(2);
const WARM = 100;           // requests that are not counted
const BODY = '{"buyerEmail":"ada@example.com","billingDetail":'
    + '{"country":"DE","isBusiness":false,"postcode":"10115"},'
    + '"language":"en","darkMode":false}';

function post(agent, port, path) {
    const headers = { 'Content-Type': 'application/json',
                      'Content-Length': BODY.length };

    return new Promise((done, failed) => {
        const req = request({ agent, port, path, method: 'POST', headers },
                            (res) => {
            res.resume();
            res.on('end', () => (res.statusCode > 302
                ? failed(new Error(`${path}: ${res.statusCode}`)) : done()));
        });

        req.on('error', failed);
        req.end(BODY);
    });
}

async function reachable(port) {
    for (;;) {
        try {
            await fetch(`http://127.0.0.1:${port}/page`);
            return;

        } catch {
            await sleep(200);
        }
    }
}

// all that an nginx executes until it has served so many

async function total(path, count) {
    const home = join(dir, `edge${path.replace('/', '-')}-${count}`);
    const out = join(home, 'callgrind.out');
    const [api, checker, port] = [await freePort(), await freePort(),
                                  await freePort()];

    await startChecker(checker);
    await startApi(api);

    mkdirSync(home);
    writeFileSync(join(home, 'nginx.conf'),
                  edge(port, api, checker, resolve(module))
        .replace('daemon off;', 'daemon off; master_process off;')
        .replace('location = /key {', 'location = /key {'
                 + ' pancake_signature_cache 8 reuse=30s;'
                 + ' pancake_signing inline;'));

    const nginx = spawn('valgrind', ['-q', '--tool=callgrind',
                                     `--callgrind-out-file=${out}`, 'nginx',
                                     '-p', `${home}/`, '-c', 'nginx.conf',
                                     '-e', 'error.log'],
                        { stdio: ['ignore', 'inherit', 'inherit'] });
    const ended = new Promise((end) => nginx.on('exit', end));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });

    await reachable(port);

    for (let i = 0; i < count; i++) {
        await post(agent, port, path);
    }

    agent.destroy();
    nginx.kill('SIGTERM');
    await ended;

    return Number(/^(?:summary|totals): (\d+)/m
        .exec(readFileSync(out, 'latin1'))[1]);
}

try {
    key();

    for (const path of ['/plain', '/slug', '/key']) {
        const less = await total(path, WARM);
        const more = await total(path, WARM + Number(requests));

        console.log(path.padEnd(8), Math.round((more - less) / requests));
    }

} finally {
    await stopAll();
}

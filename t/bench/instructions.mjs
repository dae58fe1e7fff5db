// Copyright (C) 2026 pancake checkout contributors

// How many instructions the edge spends on a request, as valgrind counts them:
// always the same, whatever else the machine does.  Only those of user space,
// and with a signature kept for 30 seconds, so without any RSA.  Of a checkout
// also with a pancake_status_zone, and what of that is counting: how the bytes
// of a request arrive makes some hundred instructions more or less, which is
// as much as that.
//
// usage: node instructions.mjs MODULE [REQUESTS]

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { ZONE, dir, edge, freePort, key, startApi, startChecker, stopAll }
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

// those of functions whose name begins so

function ofFunctions(out, prefix) {
    const text = execFileSync('callgrind_annotate', ['--threshold=100',
                                                     '--auto=no', out],
                              { encoding: 'latin1', maxBuffer: 1 << 28 });
    const line = new RegExp(`^ *([\\d,]+) .*:${prefix}\\w* `, 'mg');

    return [...text.matchAll(line)]
        .reduce((sum, [, n]) => sum + Number(n.replaceAll(',', '')), 0);
}

// { all, counting }: what an nginx executes until it has served so many

async function total(path, count, more) {
    const home = join(dir, `edge${path.replace('/', '-')}-${count}${
        more ? '-more' : ''}`);
    const out = join(home, 'callgrind.out');
    const [api, checker, port] = [await freePort(), await freePort(),
                                  await freePort()];

    await startChecker(checker);
    await startApi(api);

    mkdirSync(home);
    writeFileSync(join(home, 'nginx.conf'),
                  edge(port, api, checker, resolve(module), more)
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

    return {
        all: Number(/^(?:summary|totals): (\d+)/m
            .exec(readFileSync(out, 'latin1'))[1]),
        counting: ofFunctions(out, 'ngx_http_pancake_count_'),
    };
}

async function each(path, more = '') {
    const few = await total(path, WARM, more);
    const many = await total(path, WARM + Number(requests), more);

    const of = (what) => (many[what] - few[what]) / requests;

    return { all: of('all'), counting: of('counting') };
}

try {
    key();

    for (const path of ['/plain', '/slug', '/key']) {
        const { all, counting } = await each(path);
        const words = [path.padEnd(8), Math.round(all)];

        if (path !== '/plain') {
            const zone = await each(path, ZONE);
            const more = zone.counting - counting;

            words.push('  with pancake_status_zone', Math.round(zone.all),
                       `  counting ${Math.round(zone.counting)}, ${
                           (more / all * 100).toFixed(2)} % more`);
        }

        console.log(words.join(' '));
    }

} finally {
    await stopAll();
}

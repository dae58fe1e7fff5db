// Copyright (C) 2026 pancake checkout contributors

// What buyers who wait for the next attempt cost one nginx worker: memory for
// each of them, and CPU time for all.  Beside them, for comparison, requests
// that nginx itself holds open while a proxied server thinks.
//
// usage: node t/bench/waiting.mjs MODULE [BUYERS]

import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync,
         writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const LIMIT_KIB = 20;       // for one buyer
const LIMIT_CPU = 0.01;     // of a core, for all
const WATCH = 10;           // seconds
const PATIENCE = 120;       // seconds until all of one kind wait

const module = resolve(process.argv[2]);
const BUYERS = Number(process.argv[3] ?? 10_000);

const nginx = process.env.TEST_NGINX_BINARY ?? 'nginx';
const tick = Number(execFileSync('getconf', ['CLK_TCK']));
const dir = mkdtempSync(join(tmpdir(), 'pancake-bench-'));

// The API: as many conflicts as the location asks for, then a failure.  It
// counts what it has answered, by location.

const attempts = new Map();
const failed = { once: 0, thrice: 0, held: 0 };

const api = createServer((req, res) => {
    const [, place] = req.url.split('/');

    req.resume();

    if (place === 'held') {
        failed.held++;
        return;
    }

    const key = `${place} ${req.headers['x-idempotency-key']}`;
    const n = (attempts.get(key) ?? 0) + 1;

    attempts.set(key, n);

    const last = n > (place === 'thrice' ? 2 : 0);

    if (last) {
        failed[place]++;
    }

    const body = '{"data":null,"errors":[{"message":"later"}]}';

    res.writeHead(last ? 500 : 409, { 'Content-Type': 'application/json',
                                      'Content-Length': body.length });
    res.end(body);
});

function configuration(port, apiPort) {
    const place = (name) => `
        location = /${name} {
            pancake_checkout create-session;
            pancake_api /_${name};
        }

        location /_${name}/ {
            internal;
            proxy_pass http://api/${name}/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }`;

    return `
load_module ${module};
daemon off;
worker_processes 1;
worker_rlimit_nofile ${BUYERS + 2000};
pid nginx.pid;
error_log error.log error;
events { worker_connections ${BUYERS + 1500}; }
http {
    access_log off;
    keepalive_timeout 600s;
    upstream api { server 127.0.0.1:${apiPort}; keepalive 32; }
    pancake_merchant_id MER_2aUyqjCzEIiEcYMKj7TZtw;
    pancake_private_key ${dir}/key.pem;
    pancake_set productId PROD_4cWAslE1GKkGeaOMl9Vbmy;
    pancake_set currency USD;
    pancake_retry 3 backoff=250s deadline=500s;
    server {
        listen 127.0.0.1:${port} backlog=4096;
        location = /idle { return 204; }
        location = /held {
            proxy_pass http://api;
            proxy_read_timeout 600s;
        }
${place('once')}
${place('thrice')}
    }
}
`;
}

const status = (pid, name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm')
    .exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))[1]);

const memory = (pid) => status(pid, 'Private_Dirty')
                        + status(pid, 'Private_Clean');

const files = (pid) => readdirSync(`/proc/${pid}/fd`).length;

function cpu(pid) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
        .replace(/^.*\) /, '').split(' ');

    return (Number(fields[11]) + Number(fields[12])) / tick;
}

async function until(what, done) {
    for (let i = 0; i < PATIENCE * 10; i++) {
        if (done()) {
            return;
        }

        await sleep(100);
    }

    throw new Error(`${what}: not in ${PATIENCE} s`);
}

function listen(server) {
    return new Promise((ready) => {
        server.listen(0, '127.0.0.1', 4096,
                      () => ready(server.address().port));
    });
}

async function freePort() {
    const server = createServer();
    const port = await listen(server);

    await new Promise((closed) => server.close(closed));

    return port;
}

function start(port, apiPort) {
    copyFileSync(join(TOP, 't/vectors/test-key.pem'), join(dir, 'key.pem'));
    execFileSync('chmod', ['600', join(dir, 'key.pem')]);
    writeFileSync(join(dir, 'nginx.conf'), configuration(port, apiPort));

    return spawn(nginx, ['-p', `${dir}/`, '-c', 'nginx.conf'],
                 { stdio: ['ignore', 'ignore', 'pipe'] });
}

function workerOf(master) {
    const text = readFileSync(`/proc/${master}/task/${master}/children`,
                              'latin1');

    return Number(text.trim().split(' ')[0]);
}

// COUNT connections, some at a time, each with one request

async function open(port, path, count) {
    const form = 'buyerEmail=ada@example.com';
    const request = `POST ${path} HTTP/1.1\r\nHost: shop.example\r\n`
        + 'Content-Type: application/x-www-form-urlencoded\r\n'
        + `Content-Length: ${form.length}\r\n\r\n${form}`;
    const sockets = [];
    let answered = 0;

    for (let i = 0; i < count; i++) {
        const socket = connect(port, '127.0.0.1');

        socket.on('error', () => {});
        socket.on('data', () => answered++);
        socket.write(request);
        sockets.push(socket);

        if (i % 100 === 99) {
            await sleep(20);
        }
    }

    return { sockets, answered: () => answered };
}

async function kind(what, { port, worker, path, count, waiting }) {
    const before = { memory: memory(worker), files: files(worker) };
    const buyers = await open(port, path, count);

    await until(what, () => waiting(buyers) >= count);
    await sleep(1000);

    const full = memory(worker);
    const start = cpu(worker);

    await sleep(WATCH * 1000);

    const used = cpu(worker) - start;
    const early = path === '/idle' ? 0 : buyers.answered();

    for (const socket of buyers.sockets) {
        socket.destroy();
    }

    // connections to the API stay open for a while

    await until(`${what}: all connections closed`, () => (
        files(worker) <= before.files + 40));

    if (early) {
        throw new Error(`${what}: ${early} did not wait`);
    }

    return { what, count, kib: (full - before.memory) / count, used };
}

const kinds = [
    ['idle connections', '/idle', 1, (b) => b.answered()],
    ['held by proxy_pass', '/held', 0.2, () => failed.held],
    ['waiting after 1 attempt', '/once', 1, () => failed.once],
    ['waiting after 3 attempts', '/thrice', 1, () => failed.thrice],
];

async function main() {
    const port = await freePort();
    const apiPort = await listen(api);
    const rows = [];

    // a fresh worker for each: what was freed is used again otherwise

    for (const [what, path, part, waiting] of kinds) {
        const child = start(port, apiPort);
        let complaint = '';

        child.stderr.on('data', (data) => {
            complaint += data;
        });

        try {
            await until('nginx', () => {
                if (child.exitCode !== null) {
                    throw new Error(`nginx: ${complaint}`);
                }

                return workerOf(child.pid) > 0;
            });

            rows.push(await kind(what, {
                port, path, waiting, worker: workerOf(child.pid),
                count: Math.round(BUYERS * part),
            }));

        } finally {
            child.kill('SIGTERM');
            await new Promise((gone) => child.once('exit', gone));
        }
    }

    console.log('one worker                   count  KiB each'
                + `  CPU s in ${WATCH} s`);

    for (const { what, count, kib, used } of rows) {
        console.log(what.padEnd(26), String(count).padStart(7),
                    kib.toFixed(1).padStart(9),
                    used.toFixed(2).padStart(12));
    }

    const bad = rows.filter(({ what, kib, used }) => (
        what.startsWith('waiting')
        && (kib > LIMIT_KIB || used > LIMIT_CPU * WATCH)));

    console.log(`\nat most ${LIMIT_KIB} KiB for a buyer who waits, and at most`
                + ` ${LIMIT_CPU * 100} % of a core for all:`
                + ` ${bad.length ? 'NOT KEPT' : 'kept'}`);

    return bad.length;
}

let result = 1;

try {
    result = await main();

} catch (error) {
    console.error(error.message);

    try {
        console.error(readFileSync(join(dir, 'error.log'), 'latin1')
            .split('\n').slice(0, 5).join('\n'));
    } catch {
        // there may be none
    }
}

rmSync(dir, { recursive: true, force: true });
process.exit(result ? 1 : 0);

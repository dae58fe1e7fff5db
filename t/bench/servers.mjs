// Copyright (C) 2026 pancake checkout contributors

// What the benchmark runs: the edge on one core, and on the other the API, a
// second nginx that answers at once; one request in SAMPLE goes to the checker
// instead.

import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync,
         writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

export const TOP = fileURLToPath(new URL('../..', import.meta.url));
export const MERCHANT = 'MER_2aUyqjCzEIiEcYMKj7TZtw';

export const EDGE_CORE = 0;
export const LOAD_CORE = 1;

const SAMPLE = 200;
const PATIENCE = 10;        // seconds for a start or an end
const NGINX = process.env.TEST_NGINX_BINARY ?? 'nginx';

export const dir = mkdtempSync(join(tmpdir(), 'pancake-bench-'));

const ANSWER = JSON.stringify({
    data: {
        checkoutUrl: 'https://checkout.waffo.ai/store/checkout/'
                     + 'cs_550e8400-e29b-41d4-a716-446655440000',
        sessionId: 'cs_550e8400-e29b-41d4-a716-446655440000',
        orderId: 'ORD_1aBcDeFgHiJkLmNoPqRsTu',
        expiresAt: '2099-12-31T23:59:59.000Z',
    },
});

const LIMITS = `
    access_log off;
    keepalive_timeout 600s;
    keepalive_requests 1000000000;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
`;

const upstream = (port, checker) => `
    upstream api {
        server 127.0.0.1:${port} weight=${SAMPLE - 1};
        server 127.0.0.1:${checker};
        keepalive 64;
        keepalive_requests 1000000000;
    }
`;

const PROXY = `
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host api.waffo.ai;
`;

const api = (port) => `
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log error;
events { worker_connections 4096; }
http {
${LIMITS}
    client_header_buffer_size 4k;
    server {
        listen 127.0.0.1:${port} backlog=4096;
        location / {
            default_type application/json;
            return 200 '${ANSWER}';
        }
    }
}
`;

export const ZONE = 'pancake_status_zone checkouts 128k;';

// "more": what stands in http {} besides

export const edge = (port, apiPort, checker, module, more = '') => `
load_module ${module};
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log error;
events { worker_connections 4096; }
http {
${LIMITS}
${upstream(apiPort, checker)}
    pancake_merchant_id MER_2aUyqjCzEIiEcYMKj7TZtw;
    pancake_private_key ${dir}/key.pem;
    pancake_set productId PROD_4cWAslE1GKkGeaOMl9Vbmy;
    pancake_set currency USD;
    ${more}
    server {
        listen 127.0.0.1:${port} backlog=4096;

        location = /page {
            return 200 'a page of the shop';
        }
        location = /plain {
            proxy_pass http://api;
${PROXY}
        }
        location = /plain/signed {
            proxy_pass http://api;
            proxy_set_header X-Merchant-Id ${MERCHANT};
            proxy_set_header X-Timestamp 1769077800;
            proxy_set_header X-Signature ${'A'.repeat(342)}==;
            proxy_set_header X-Idempotency-Key ${'A'.repeat(43)};
            proxy_set_header User-Agent pancake-checkout/0.0.0;
            proxy_set_header Accept application/json;
            proxy_set_header Accept-Encoding identity;
${PROXY}
        }
        location /_pancake/ {
            internal;
            proxy_pass http://api/;
${PROXY}
        }
        location = /key {
            pancake_checkout create-session;
        }
        location = /slug {
            pancake_store_slug my-store test;
            pancake_checkout create-session;
        }
        location = /inline {
            pancake_signing inline;
            pancake_checkout create-session;
        }
        location = /threads {
            pancake_signing threads;
            pancake_checkout create-session;
        }
        location = /chain {
            pancake_checkout create-session create-order;
        }
    }
}
`;

const children = [];

function run(core, command, args, options) {
    const child = spawn('taskset', ['-c', String(core), command, ...args],
                        { stdio: ['ignore', 'pipe', 'inherit'], ...options });

    children.push(child);
    child.on('error', (error) => { throw error; });

    return child;
}

export async function freePort() {
    const server = createServer();

    await new Promise((ready) => server.listen(0, '127.0.0.1', ready));

    const { port } = server.address();

    await new Promise((closed) => server.close(closed));

    return port;
}

// until somebody listens

async function listening(port, child, what) {
    for (let i = 0; i < PATIENCE * 20; i++) {
        const open = await new Promise((resolve) => {
            const socket = connect(port, '127.0.0.1');

            socket.on('connect', () => { socket.destroy(); resolve(true); });
            socket.on('error', () => resolve(false));
        });

        if (open) {
            return;
        }

        if (child.exitCode !== null) {
            throw new Error(`${what} has ended`);
        }

        await sleep(50);
    }

    throw new Error(`${what} does not listen in ${PATIENCE} s`);
}

function workerOf(master) {
    const text = readFileSync(`/proc/${master}/task/${master}/children`,
                              'latin1');

    return Number(text.trim().split(' ')[0]);
}

// An nginx with a directory of its own.  Gives { port, pid, worker }.

async function nginx(name, core, port, conf) {
    const home = join(dir, name);

    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'nginx.conf'), conf);

    const child = run(core, NGINX, ['-p', `${home}/`, '-c', 'nginx.conf',
                                    '-e', 'error.log']);

    await listening(port, child, name);

    return { port, pid: child.pid, worker: workerOf(child.pid),
             log: join(home, 'error.log') };
}

export async function startChecker(port) {
    const child = run(LOAD_CORE, process.execPath,
                      [join(TOP, 't/bench/checker.mjs'), port,
                       join(TOP, 't/vectors/test-key.pub.pem'), MERCHANT,
                       ANSWER]);
    const lines = createInterface({ input: child.stdout });
    const waiting = [];

    lines.on('line', (line) => waiting.shift()?.(line));

    const next = () => new Promise((resolve) => waiting.push(resolve));

    await next();

    return {
        async seen() {
            const line = next();

            child.kill('SIGUSR2');

            return JSON.parse(await line);
        },
    };
}

export function key() {
    const file = join(dir, 'key.pem');

    copyFileSync(join(TOP, 't/vectors/test-key.pem'), file);
    execFileSync('chmod', ['600', file]);

    return file;
}

export const startApi = (port) => nginx('api', LOAD_CORE, port, api(port));

// Node and nginx doing the same job otherwise; undefined when a module of
// nginx that one needs is not installed.

export async function startPeer(name, port, apiPort) {
    const here = join(TOP, 't/bench/peers');

    if (name === 'sdk') {
        const child = run(EDGE_CORE, process.execPath,
                          [join(here, 'sdk.mjs'), port,
                           `http://127.0.0.1:${apiPort}`,
                           join(dir, 'key.pem'), MERCHANT]);

        await listening(port, child, name);

        return { port, worker: child.pid };
    }

    const text = readFileSync(join(here, `${name}.conf`), 'utf8')
        .replaceAll('%PORT%', port).replaceAll('%STUB_PORT%', apiPort)
        .replaceAll('%KEY_FILE%', join(dir, 'key.pem'))
        .replaceAll('%MERCHANT%', MERCHANT).replaceAll('%DIR%', here);

    const missing = [...text.matchAll(/^load_module (.*);/mg)]
        .find(([, file]) => !existsSync(file));

    return missing ? undefined : nginx(name, EDGE_CORE, port, text);
}

export const startEdge = (port, apiPort, checker, module, name = 'edge',
                          more = '') => (
    nginx(name, EDGE_CORE, port, edge(port, apiPort, checker, module, more)));

// ends what was started, the youngest first

export async function stopAll() {
    for (const child of children.reverse()) {
        if (child.exitCode === null && child.signalCode === null) {
            const ended = new Promise((end) => child.on('exit', end));

            child.kill('SIGTERM');
            await Promise.race([ended, sleep(PATIENCE * 1000)]);
            child.kill('SIGKILL');
        }
    }

    rmSync(dir, { recursive: true, force: true });
}

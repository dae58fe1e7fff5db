// Copyright (C) 2026 pancake checkout contributors

// One measurement each: a load of wrk, a paced visitor, openssl's own speed.

import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { EDGE_CORE, LOAD_CORE, TOP } from './servers.mjs';

const exec = promisify(execFile);

// what our locations set, and the others must be told

const ENV = { ...process.env, PRODUCT: 'PROD_4cWAslE1GKkGeaOMl9Vbmy' };

const MS = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

async function pinned(core, command, ...args) {
    const { stdout } = await exec('taskset', ['-c', core, command, ...args]
                                  .map(String), { env: ENV });

    return stdout;
}

// Seconds of CPU that a process has used, all of its threads together.  Of
// threads that have ended the kernel keeps no such fine count; nginx's live as
// long as the worker.

export function cpu(pid) {
    let ns = 0;

    for (const task of readdirSync(`/proc/${pid}/task`)) {
        ns += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`,
                                  'latin1').split(' ')[0]);
    }

    return ns / 1e9;
}

export function memory(pid) {
    return Number(/^VmRSS:\s+(\d+)/m
        .exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]);
}

// { requests, rate, p50, p99, cpu, busy, kib }: times in ms, CPU in seconds for
// a thousand requests, busy: of one core, and resident memory

export async function load({ script, port, path, worker, seconds,
                             connections = 32 })
{
    const before = cpu(worker);
    const start = process.hrtime.bigint();
    const text = await pinned(LOAD_CORE, 'wrk', '-t1', `-c${connections}`,
                              `-d${seconds}s`, '--timeout', '10s', '--latency',
                              '-s', join(TOP, 't/bench/wrk', script),
                              `http://127.0.0.1:${port}${path}`);
    const used = cpu(worker) - before;
    const wall = Number(process.hrtime.bigint() - start) / 1e9;

    const bad = /Non-2xx or 3xx responses: .*|Socket errors: .*/.exec(text);

    if (bad) {
        throw new Error(`${path}: ${bad[0]}`);
    }

    const quantile = (name) => {
        const [, n, unit] = new RegExp(`^ +${name}% +([\\d.]+)(\\w+)`, 'm')
            .exec(text);

        return Number(n) * MS[unit];
    };

    const requests = Number(/^ +(\d+) requests in/m.exec(text)[1]);

    return {
        requests,
        rate: Number(/^Requests\/sec: +([\d.]+)/m.exec(text)[1]),
        p50: quantile(50),
        p99: quantile(99),
        cpu: used / requests * 1000,
        busy: used / wall,
        kib: memory(worker),
    };
}

// signatures a second on the edge's core

export async function signatures(seconds) {
    const text = await pinned(EDGE_CORE, 'openssl', 'speed', '-mr',
                              '-seconds', seconds, 'rsa2048')
        .catch((error) => { throw new Error(`openssl speed: ${error}`); });

    return Number(/^\+F2:\d+:2048:([\d.]+)/m.exec(text)[1]);
}

// { p50, p99, max } in ms of a page that is asked for every 5 ms

export async function paced({ port, path, count }) {
    const text = await pinned(LOAD_CORE, 'perl',
                              join(TOP, 't/bench/paced.pl'), port, path,
                              count, 5);
    const [p50, p99, max] = text.split(' ').map((us) => us / 1000);

    return { p50, p99, max };
}

export function median(numbers) {
    const sorted = [...numbers].sort((a, b) => a - b);
    const half = sorted.length >> 1;

    return sorted.length % 2 ? sorted[half]
                             : (sorted[half - 1] + sorted[half]) / 2;
}

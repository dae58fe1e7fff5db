// Copyright (C) 2026 pancake checkout contributors

// The benchmark: one table of what a checkout costs beside nginx's own
// proxy_pass of the same POST, beside openssl's speed, and beside others who do
// the same.  The edge has one core, the load and the API have the other.
//
// usage: node run.mjs MODULE [ROUNDS] [SECONDS]

import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { load, median, memory, paced, signatures } from './measure.mjs';
import { freePort, key, startApi, startChecker, startEdge, startPeer,
         stopAll } from './servers.mjs';

const [module, rounds = 5, seconds = 3] = process.argv.slice(2);

const PROBES = 800;         // of a page, one in 5 ms

const ROWS = [
    [ 'plain', 'proxy_pass of the same POST', '/plain', 'same' ],
    [ 'padded', 'proxy_pass, and header fields as ours', '/plain/signed',
      'same' ],
    [ 'slug', 'store slug', '/slug', 'same' ],
    [ 'key', 'API key, equal bodies', '/key', 'same' ],
    [ 'threads', 'API key, unique bodies, threads', '/threads', 'unique' ],
    [ 'inline', 'API key, unique bodies, inline', '/inline', 'unique' ],
    [ 'chain', 'session and order, unique bodies', '/chain', 'unique' ],
    [ 'lua', 'Lua with FFI, unique bodies', '/', 'unique' ],
    [ 'njs', 'njs, unique bodies', '/', 'unique' ],
    [ 'sdk', 'official Node SDK, unique bodies', '/', 'unique' ],
];

const results = Object.fromEntries(ROWS.map(([name]) => [name, []]));
const speeds = [];
const pages = { alone: [], threads: [], inline: [] };
let total = 0;
let before;

async function measure(servers, [name, , path, script]) {
    if (servers[name] === null) {
        return;
    }

    const where = { script: `${script}.lua`, path,
                    ...(servers[name] ?? servers.edge) };

    total += (await load({ ...where, seconds: 1 })).requests;

    const result = await load({ ...where, seconds });

    total += result.requests;
    results[name].push(result);
}

// what a visitor of another page of the same worker feels meanwhile

async function visit({ edge }) {
    const page = { port: edge.port, path: '/page', count: PROBES };

    pages.alone.push(await paced(page));

    for (const name of ['threads', 'inline']) {
        const busy = load({ script: 'unique.lua', path: `/${name}`, ...edge,
                            seconds: Math.ceil(PROBES * 0.005) + 2 });

        await sleep(1000);
        pages[name].push(await paced(page));
        total += (await busy).requests;
    }
}

// some ten thousand of the kinds that leave most behind in the caches

async function fill({ edge }) {
    for (const path of ['/threads', '/chain']) {
        const { requests } = await load({ script: 'unique.lua', path, ...edge,
                                          seconds: 3 });

        total += requests;
    }

    before = { requests: total, kib: memory(edge.worker) };
}

const of = (name, what) => median(results[name].map((r) => r[what]));
const fixed = (n, digits = 2) => n.toFixed(digits);

function cells(name) {
    const rates = results[name].map((r) => r.rate);

    return [
        fixed(median(rates), 0),
        `${fixed(Math.min(...rates), 0)}-${fixed(Math.max(...rates), 0)}`,
        fixed(of(name, 'rate') / of('plain', 'rate'), 3),
        fixed(of(name, 'p50')),
        fixed(of(name, 'p99')),
        fixed(of(name, 'cpu'), 4),
        fixed(of(name, 'busy')),
        fixed(of(name, 'kib') / 1024, 1),
    ];
}

function table(head, rows) {
    const width = head.map((cell, i) => (
        Math.max(...[head, ...rows].map((row) => row[i].length))));
    const line = (row) => '| ' + row.map((cell, i) => (
        i ? cell.padStart(width[i]) : cell.padEnd(width[i]))).join(' | ')
        + ' |';

    console.log(line(head));
    console.log('|' + width.map((w, i) => (
        i ? '-'.repeat(w + 1) + ':' : '-'.repeat(w + 2))).join('|') + '|');
    rows.forEach((row) => console.log(line(row)));
}

function report() {
    const rows = ROWS.filter(([name]) => results[name].length);
    const signature = 1 / median(speeds);

    console.log();
    table(['', 'req/s', 'min-max', 'ratio', 'p50 ms', 'p99 ms',
           'CPU s/1000', 'core', 'MB'],
          rows.map(([name, title]) => [title, ...cells(name)]));

    console.log(`\nopenssl speed rsa2048, same core: ${
        fixed(1 / signature, 0)} signatures/s, ${
        fixed(signature * 1000, 4)} CPU s/1000\n`);

    table(['a page of the same worker', 'p50 ms', 'p99 ms', 'p99 ratio'],
          [[ 'alone', 'alone' ],
           [ 'while threads sign', 'threads' ],
           [ 'while the event loop signs', 'inline' ]].map(([title, name]) => {
              const at = (what) => median(pages[name].map((p) => p[what]));

              return [title, fixed(at('p50'), 3), fixed(at('p99'), 3),
                      fixed(at('p99')
                            / median(pages.alone.map((p) => p.p99)), 2)];
          }));

    return signature;
}

function verdicts(signature, after) {
    const ratio = (a, b, what = 'rate') => of(a, what) / of(b, what);
    const floor = of('plain', 'cpu') + signature * 1000;
    const p99 = (name) => median(pages[name].map((p) => p.p99));

    const lines = [
        [ 'equal bodies / proxy_pass, req/s', ratio('key', 'plain'), 0.85 ],
        [ 'equal bodies / proxy_pass, p99', ratio('key', 'plain', 'p99'),
          -1.25 ],
        [ 'store slug / proxy_pass, req/s', ratio('slug', 'plain'), 0.85 ],
        [ 'unique bodies, CPU / (proxy_pass + openssl)',
          of('threads', 'cpu') / floor, -1.06 ],
        [ 'the same, inline', of('inline', 'cpu') / floor, -1.06 ],
        [ 'unique bodies / Node SDK, req/s', ratio('threads', 'sdk'), 4.5 ],
        [ 'equal bodies / Node SDK, req/s', ratio('key', 'sdk'), 80 ],
        [ 'a page while threads sign / alone, p99',
          p99('threads') / p99('alone'), -2 ],
        [ `memory after ${total} requests / after ${before.requests}`,
          after / before.kib, -1.02 ],
    ];

    console.log();
    table(['', 'seen', 'wanted', ''], lines.map(([title, seen, limit]) => [
        title, fixed(seen, 3),
        `${limit > 0 ? 'at least' : 'at most'} ${Math.abs(limit)}`,
        (limit > 0 ? seen >= limit : seen <= -limit) ? 'yes' : 'NO',
    ]));
}

async function servers(checkerPort) {
    const [apiPort, edgePort] = [await freePort(), await freePort()];

    key();
    await startApi(apiPort);

    const all = { edge: await startEdge(edgePort, apiPort, checkerPort,
                                        resolve(module)) };

    for (const name of ['sdk', 'njs', 'lua']) {
        all[name] = await startPeer(name, await freePort(), apiPort) ?? null;
    }

    return all;
}

async function main() {
    const checkerPort = await freePort();
    const checker = await startChecker(checkerPort);
    const all = await servers(checkerPort);

    console.log(`${cpus()[0].model}, ${cpus().length} cores; ${rounds} rounds`
                + ` of ${seconds} s, medians`);

    await fill(all);

    for (let i = 0; i < rounds; i++) {
        for (const row of ROWS) {
            await measure(all, row);
        }

        speeds.push(await signatures(1));
        await visit(all);
    }

    const signature = report();

    verdicts(signature, memory(all.edge.worker));

    const seen = await checker.seen();

    console.log(`\n${seen.signed} signatures of ours were checked, ${
        Object.keys(seen.wrong).length ? JSON.stringify(seen.wrong)
                                       : 'none was wrong'}`);

    process.exitCode = Object.keys(seen.wrong).length || !seen.signed ? 1 : 0;
}

try {
    await main();

} finally {
    await stopAll();
}

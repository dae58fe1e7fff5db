// Copyright (C) 2026 pancake checkout contributors

// What pancake_status_zone costs the cheapest checkout there is, with a store
// slug and equal bodies: two edges that are the same but for the zone share a
// core and have their turn in each round.
//
// usage: node status.mjs MODULE [ROUNDS] [SECONDS]

import { cpus } from 'node:os';
import { resolve } from 'node:path';

import { load, median } from './measure.mjs';
import { ZONE, freePort, key, startApi, startChecker, startEdge, stopAll }
    from './servers.mjs';

const [module, rounds = 40, seconds = 1] = process.argv.slice(2);

const LIMIT = 1.01;

const measure = ({ port, worker }) => (
    load({ script: 'same.lua', path: '/slug', port, worker, seconds }));

async function main() {
    const [apiPort, checkerPort] = [await freePort(), await freePort()];

    key();
    await startChecker(checkerPort);
    await startApi(apiPort);

    const start = async (name, more) => startEdge(
        await freePort(), apiPort, checkerPort, resolve(module), name, more);
    const edges = [await start('without', ''), await start('with', ZONE)];
    const results = [[], []];

    console.log(`${cpus()[0].model}, ${cpus().length} cores; ${rounds} rounds`
                + ` of ${seconds} s, medians`);

    await measure(edges[0]);
    await measure(edges[1]);

    for (let i = 0; i < rounds; i++) {

        // who comes first has no advantage in the long run

        for (const n of i % 2 ? [1, 0] : [0, 1]) {
            results[n].push(await measure(edges[n]));
        }
    }

    const of = (n, what) => median(results[n].map((r) => r[what]));

    for (const [n, title] of ['without a zone', 'with a zone'].entries()) {
        console.log(`${title.padEnd(16)}${of(n, 'rate').toFixed(0)} req/s, ${
            of(n, 'cpu').toFixed(5)} CPU s/1000`);
    }

    // pairs of the same round: the machine may be slower in another one

    const pairs = (what) => results[1]
        .map((r, i) => r[what] / results[0][i][what]).sort((a, b) => a - b);
    const cost = median(pairs('cpu'));

    for (const [what, title] of [['rate', 'req/s'], ['cpu', 'CPU time']]) {
        const all = pairs(what);
        const half = [1, 3].map((n) => all[Math.floor(all.length * n / 4)]);

        console.log(`with / without: ${median(all).toFixed(4)} ${title}, half`
                    + ` of the rounds ${half.map((n) => n.toFixed(4))
                        .join(' to ')}`);
    }

    console.log(`wanted: less than ${LIMIT} CPU time: ${
        cost < LIMIT ? 'yes' : 'NO'}`);
}

try {
    await main();

} finally {
    await stopAll();
}

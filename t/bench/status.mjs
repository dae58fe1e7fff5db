// Copyright (C) 2026 pancake checkout contributors

// What pancake_status_zone costs the cheapest checkout there is, with a store
// slug and equal bodies.  Four edges share a core and have their turn in each
// round: without a zone, with, with, without.  That order takes out what it
// means to be started earlier or later, which is more than what is measured;
// how far two that are the same differ is printed beside it.
//
// usage: node status.mjs MODULE [ROUNDS] [SECONDS]

import { cpus } from 'node:os';
import { resolve } from 'node:path';

import { load, median } from './measure.mjs';
import { ZONE, freePort, key, startApi, startChecker, startEdge, stopAll }
    from './servers.mjs';

const [module, rounds = 25, seconds = 1] = process.argv.slice(2);

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
    const edges = [];

    for (const [n, more] of ['', ZONE, ZONE, ''].entries()) {
        edges.push(await start(`edge-${n}`, more));
    }

    const results = edges.map(() => []);

    console.log(`${cpus()[0].model}, ${cpus().length} cores; ${rounds} rounds`
                + ` of ${seconds} s, medians`);

    for (const edge of edges) {
        await measure(edge);
    }

    for (let i = 0; i < rounds; i++) {

        // who comes first has no advantage in the long run

        for (const n of i % 2 ? [3, 2, 1, 0] : [0, 1, 2, 3]) {
            results[n].push(await measure(edges[n]));
        }
    }

    const of = (n, what) => median(results[n].map((r) => r[what]));

    for (const [n, title] of ['without a zone', 'with a zone', 'with a zone',
                              'without a zone'].entries()) {
        console.log(`${title.padEnd(16)}${of(n, 'rate').toFixed(0)} req/s, ${
            of(n, 'cpu').toFixed(5)} CPU s/1000`);
    }

    // of the same round: the machine may be slower in another one

    const ratios = (what, over, under) => results[0]
        .map((_, i) => over.reduce((sum, n) => sum + results[n][i][what], 0)
             / under.reduce((sum, n) => sum + results[n][i][what], 0))
        .sort((a, b) => a - b);
    const told = (all) => `${median(all).toFixed(4)} (half of the rounds ${
        [1, 3].map((n) => all[Math.floor(all.length * n / 4)].toFixed(4))
            .join(' to ')})`;
    const cost = median(ratios('cpu', [1, 2], [0, 3]));

    for (const [what, title] of [['rate', 'req/s'], ['cpu', 'CPU time']]) {
        console.log(`${title}, with / without: ${
            told(ratios(what, [1, 2], [0, 3]))}`);
        console.log(`${title}, without / without: ${
            told(ratios(what, [3], [0]))}`);
    }

    console.log(`wanted: less than ${LIMIT} CPU time: ${
        cost < LIMIT ? 'yes' : 'NO'}`);
}

try {
    await main();

} finally {
    await stopAll();
}

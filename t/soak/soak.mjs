// Copyright (C) 2026 pancake checkout contributors

// Many buyers against an nginx whose API fails at random.  The double is in
// here, too, so that each answer can be held against what it really did.
//
//     node soak.mjs '{"port":P,"apiPort":P,"workers":[PID,...],...}'
//
// Prints lines that begin with "#" on the way, and at the end one line of
// JSON: what was counted, what was wrong, and tables of it.  Ends by itself,
// or with its standard input.

import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { start } from '../sandbox/server.js';
import { plan, send } from './buyers.mjs';
import { Judge } from './judge.mjs';
import { Workers } from './workers.mjs';

const options = {
    count: 3000,            // checkouts
    rate: 400,              // of them per second
    inFlight: 64,           // of them at most
    faultRate: 0.05,        // of the API's requests
    seed: 1,
    port: 0,                // nginx
    apiPort: 0,             // the double
    publicKey: '',
    merchant: '',
    workers: [],
    patience: 1,            // a slow machine's factor
    hintsKnown: false,      // nginx reads on behind 103
    ...JSON.parse(process.argv[2]),
};

const { count, rate, port, seed, patience } = options;

// ms

const limit = (count / rate * 3 + 60) * 1000 * patience;

const say = (text) => process.stdout.write(`${text}\n`);
const kB = (numbers) => `${numbers.map(Math.round).join(' + ')} kB`;

const judge = new Judge(options, (text) => say(`# ${text}`));
const workers = new Workers(options.workers);

function double() {
    return start({
        merchant: options.merchant,
        keys: [{ environment: 'test',
                 publicKey: createPublicKey(
                     readFileSync(options.publicKey)) }],
        slug: 'soak-shop',
        store: 'Soak',
        checkoutBase: 'https://checkout.waffo.ai',
        maxRequests: 100,
        settings: { inFlightMs: 3 },
        inventFault: (record) => judge.inventFault(record),
        onEnd: (record) => judge.onEnd(record),
    }, [{ port: options.apiPort }]);
}

// Open files before anything happens.  The workers have to be awake: they
// tell each other about themselves when they start.

async function filesAtRest() {
    for (let i = 0; i < 20; i++) {
        const agent = new http.Agent();

        await new Promise((resolve) => {
            http.get({ agent, port, host: '127.0.0.1', path: '/ping' },
                     (res) => res.resume().on('close', resolve))
                .on('error', resolve);
        });
    }

    let before = '';

    for (let same = 0; same < 3;) {
        await sleep(200);

        const now = String(workers.files());

        same = now === before ? same + 1 : 0;
        before = now;
    }

    return workers.files();
}

async function filesAtEnd(wanted) {
    for (let i = 0; i < 100 * patience; i++) {
        if (String(workers.files()) === String(wanted)) {
            break;
        }

        await sleep(100);
    }

    return workers.files();
}

// Resolves when every buyer has an answer, or has left.

function trade(world, agent) {
    const unpaid = [];
    const began = performance.now();
    let started = 0;
    let finished = 0;
    let running = 0;
    let told = 0;
    let due = 0;
    let last = began;
    let sampled = 0;

    async function buy(n) {
        const checkout = plan(seed, n, () => unpaid.shift());
        const clicks = Array.from({ length: checkout.twice ? 2 : 1 }, () => (
            send(agent, port, checkout)));

        judge.sent += clicks.length;

        const answers = await Promise.all(clicks);

        judge.checkout(world, checkout, answers);

        if (['session', 'script'].includes(checkout.way)
            && answers[0].location)
        {
            unpaid.push(answers[0].location.split('/').at(-1));
        }
    }

    return new Promise((resolve) => {
        const timer = setInterval(() => {
            const now = performance.now();

            // what could not begin in time is not made up for in a burst

            due = Math.min(due + (now - last) * rate / 1000,
                           options.inFlight);
            last = now;

            while (due >= 1 && started < count && running < options.inFlight) {
                due--;
                running++;
                buy(started++).catch((error) => {
                    judge.problem(error.stack);

                }).finally(() => {
                    running--;
                    finished++;
                });
            }

            if (now - sampled > 100 || finished === count) {
                sampled = now;
                workers.sample(finished / count);
            }

            if (Math.floor(finished * 10 / count) > told) {
                told = Math.floor(finished * 10 / count);
                say(`# ${finished} checkouts,`
                    + ` ${Math.round((now - began) / 1000)} s, workers`
                    + ` ${kB(workers.samples.at(-1).rss)}`);
            }

            if (now - began > limit) {
                judge.problem(`not over after ${limit / 1000} s:`
                              + ` ${finished} of ${count} checkouts`);
            }

            if (finished === count || now - began > limit) {
                clearInterval(timer);
                resolve((now - began) / 1000);
            }
        }, 10);
    });
}

// A worker may keep what a wave of slow answers took once, but must not grow
// with the number of checkouts.

function judgeMemory(first, last) {
    for (const [i, before] of first.entries()) {
        const allowed = before * 0.05 + 1024;

        if (!(last[i] - before <= allowed)) {
            judge.problem(`a worker has grown from ${before} to ${last[i]}`
                          + ' kB');
        }
    }
}

const table = (counts) => Object.entries(counts)
    .map(([name, n]) => `${name}: ${n}`).join(', ');

// { name: n } as some short rows, the most frequent first

function rows(counts) {
    const cells = Object.entries(counts).sort(([, a], [, b]) => b - a)
        .map(([name, n]) => `${name}: ${n}`);
    const list = [];

    while (cells.length) {
        list.push(cells.splice(0, 3).join(', '));
    }

    return list;
}

async function main() {
    process.stdin.on('end', () => process.exit(1)).resume();

    setTimeout(() => {
        console.error('the soak does not come to its end');
        process.exit(1);
    }, limit + 60 * 1000 * patience).unref();

    const server = await double();
    const { world } = server.api;
    const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 256 });
    const filesBefore = await filesAtRest();
    const seconds = await trade(world, agent);

    // calls of buyers who left may still be under way

    await sleep(2500);

    const counts = judge.effects(world);
    const first = workers.memory(0.05, 0.1);
    const last = workers.memory(0.9, 1);

    if (options.judgeMemory) {
        judgeMemory(first, last);
    }

    agent.destroy();
    server.close();

    const files = await filesAtEnd(filesBefore);

    if (String(files) !== String(filesBefore)) {
        judge.problem(`open files of the workers: ${filesBefore} before,`
                      + ` ${files} after`);
    }

    if (judge.others) {
        judge.problems.push(`and ${judge.others} more`);
    }

    say(JSON.stringify({
        checkouts: judge.checkouts,
        sent: judge.sent,
        received: counts.requests,
        late: judge.late,
        problems: judge.problems,
        figures: [
            ['seed', seed],
            ['checkouts', judge.checkouts],
            ['asked, done a second',
             `${rate}, ${Math.round(count / seconds)}`],
            ['duration', `${Math.round(seconds)} s`],
            ['double clicks', judge.twice],
            ['requests sent', judge.sent],
            ['answers', judge.answers],
            ['buyers who left', judge.leavers],
            ['answers by status', table(judge.statuses)],
            ['deadline passed on its own', judge.late],
            ['too busy to sign', judge.busy],
            ['requests at the API', counts.requests],
            ['409 of the API itself', judge.conflicts],
            ['distinct keys', judge.seen.size],
            ['keys that took effect', counts.keys],
            ['effects', `${counts.sessions} sessions, ${counts.orders}`
                        + ' orders'],
            ['workers, first tenth', kB(first)],
            ['workers, last tenth', kB(last)],
            ['open files before', filesBefore.join(' + ')],
            ['open files after', files.join(' + ')],
            ['this program', kB([process.memoryUsage().rss / 1024])],
            ['faults', judge.injected()],
        ],
        faults: rows(judge.faults),
    }));

    process.exit(judge.problems.length ? 1 : 0);
}

main().catch((error) => {
    console.error(error);
    process.exit(2);
});

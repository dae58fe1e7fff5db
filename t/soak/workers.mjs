// Copyright (C) 2026 pancake checkout contributors

// The workers of nginx from outside: memory in kB, and open files.

import { readFileSync, readdirSync } from 'node:fs';

// null when the process is gone

function read(pid, what) {
    try {
        return what(`/proc/${pid}`);

    } catch {
        return null;
    }
}

const rss = (pid) => read(pid, (dir) => (
    Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`${dir}/status`))?.[1])));

const files = (pid) => read(pid, (dir) => readdirSync(`${dir}/fd`).length);

const mean = (numbers) => (
    numbers.reduce((total, n) => total + n, 0) / numbers.length);

export class Workers {
    constructor(pids) {
        this.pids = pids;
        this.samples = [];
    }

    files() {
        return this.pids.map(files);
    }

    // at: which part of the run is over, from 0 to 1

    sample(at) {
        this.samples.push({ at, rss: this.pids.map(rss) });
    }

    // the mean of each worker between two parts of the run, or the sample next
    // to their end where that was over too soon

    memory(from, to) {
        const some = this.samples.filter(({ at }) => at >= from && at <= to);

        if (some.length === 0) {
            some.push(this.samples.reduce((a, b) => (
                Math.abs(b.at - to) < Math.abs(a.at - to) ? b : a)));
        }

        return this.pids.map((_, i) => (
            Math.round(mean(some.map((sample) => sample.rss[i])))));
    }
}

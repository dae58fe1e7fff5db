// Copyright (C) 2026 pancake checkout contributors

// What the double saw of each key, and whether the buyers' answers and the
// effects at the double fit it.

import { AGAIN, CONFLICT, CUT, GOOD, NEVER, doomed, faultDice, none }
    from './faults.mjs';

// what nginx is configured with: pancake_retry 3 backoff=20ms deadline=2s

const ATTEMPTS = 3;

// ms; so late nginx may have given up for lack of time alone

const LATE = 1900;

// ms; so late it may have had no time for another pause

const SLOW = 700;

const STATUSES = [302, 400, 409, 429, 502, 503, 504];
const PROBLEMS = 20;

const sum = (numbers) => numbers.reduce((total, n) => total + n, 0);

function headerOf(record, name) {
    const at = record.rawHeaders.findIndex((text, i) => (
        i % 2 === 0 && text.toLowerCase() === name));

    return record.rawHeaders[at + 1];
}

const keyOf = (record) => headerOf(record, 'x-idempotency-key') ?? 'none';

function subjectOf(record) {
    try {
        return JSON.parse(record.body).buyerEmail;

    } catch {
        return 'nobody';
    }
}

export class Judge {
    constructor({ seed, faultRate, hintsKnown }, say) {
        this.say = say;
        this.choose = faultDice({ seed, rate: faultRate, hintsKnown });
        this.seen = new Map();          // key: kinds, an entry per request
        this.spoilt = new Set();        // connections
        this.faults = {};
        this.statuses = {};
        this.checkouts = 0;
        this.sent = 0;
        this.answers = 0;
        this.leavers = 0;
        this.late = 0;
        this.busy = 0;
        this.twice = 0;
        this.conflicts = 0;
        this.problems = [];
        this.others = 0;
    }

    problem(text) {
        if (this.problems.length < PROBLEMS) {
            this.problems.push(text);

        } else {
            this.others++;
        }
    }

    // The hooks of the double.

    inventFault(record) {
        const key = keyOf(record);
        const n = this.seen.get(key)?.length ?? 0;

        if (this.spoilt.has(record.connection)) {
            this.note(key, doomed);
            return null;
        }

        const kind = this.choose(`${record.target} ${subjectOf(record)} ${n}`);

        this.note(key, kind);

        if (kind.spoils) {
            this.spoilt.add(record.connection);
        }

        return kind.fault;
    }

    onEnd(record) {
        const { verdict } = record;

        if (verdict === 'stale connection') {
            this.note(keyOf(record), doomed);

        } else if (verdict === 'idempotency key in flight') {
            this.conflicts++;

        } else if (verdict !== 'ok') {
            this.problem(`the API on a request: ${verdict}`);
        }

        for (const text of record.notes) {
            this.problem(`the API noticed: ${text}`);
        }
    }

    note(key, kind) {
        const kinds = this.seen.get(key);

        if (kinds) {
            kinds.push(kind);

        } else {
            this.seen.set(key, [kind]);
        }

        if (kind !== none) {
            this.faults[kind.name] = (this.faults[kind.name] ?? 0) + 1;
        }
    }

    injected() {
        return sum(Object.values(this.faults)) - (this.faults.doomed ?? 0);
    }

    // What the buyer got: one answer, or two.

    checkout(world, checkout, answers) {
        const who = `checkout ${checkout.n} (${checkout.way})`;

        this.checkouts++;

        for (const answer of answers) {
            this.answer(world, checkout, answer, who);
        }

        if (answers.length === 2) {
            this.twice++;

            const urls = answers.map(({ location }) => location)
                .filter((url) => url);

            if (urls.length === 2 && urls[0] !== urls[1]) {
                this.problem(`${who}: two clicks, two places`);
            }

            if (answers.every(({ status }) => status)) {
                this.explainTwo(answers, who);
            }

        } else if (answers[0].status) {
            this.explain(answers[0], who);
        }
    }

    answer(world, checkout, answer, who) {
        const { status, location, error, left, keys } = answer;

        if (left) {
            this.leavers++;
            return;
        }

        if (error) {
            this.problem(`${who}: ${error}`);
            return;
        }

        this.answers++;
        this.statuses[status] = (this.statuses[status] ?? 0) + 1;

        if (!STATUSES.includes(status)) {
            this.problem(`${who}: status ${status}`);
        }

        if ((status === 302) !== (location !== null)) {
            this.problem(`${who}: status ${status}, Location ${location}`);
        }

        if (answer.busy) {
            this.busy++;

        } else if (keys.length === 0) {
            this.problem(`${who}: an answer without a key`);
        }

        if (location) {
            this.issued(world, checkout, answer, who);
        }
    }

    // The Location is what the double answered to the buyer's last key, and
    // what lies there is this buyer's.

    issued(world, checkout, { location, keys }, who) {
        const cached = world.keys.get(keys.at(-1))?.answer?.envelope.data;
        const id = location.split('/').at(-1);
        const thing = location.includes('/payment/') ? world.payments.get(id)
                                                     : world.sessions.get(id);

        if (cached?.checkoutUrl !== location) {
            this.problem(`${who}: not issued for its key: ${location}`);
        }

        if (thing?.buyerEmail !== checkout.email
            || (checkout.session && thing.sessionId !== checkout.session))
        {
            this.problem(`${who}: not of this buyer: ${location}`);
        }
    }

    // Every attempt but the last had to be followed by another, and the
    // status is that of the last.

    explain({ status, keys, attempts, ms, busy }, who) {
        const calls = [...new Set(keys)].map((key) => (
            this.seen.get(key) ?? []));
        const kinds = calls.flat();
        const story = kinds.map(({ name }) => name || 'ok').join(', ');
        const wrong = (what) => this.problem(
            `${who}: ${what}: ${status} after ${story}, ${Math.round(ms)} ms`);

        if (ms >= LATE && status === 504 && kinds.at(-1)?.after !== CUT) {
            this.late++;
            this.say(`${who}: the deadline passed after ${story}`);
            return;
        }

        if (kinds.length !== attempts || keys.length !== attempts) {
            wrong(`${attempts} attempts, ${keys.length} keys,`
                  + ` ${kinds.length} requests`);
            return;
        }

        // a call that finds the threads busy ends before its first attempt, or
        // between two of them

        if (busy) {
            if (status !== 503 || kinds.some(({ after }) => (
                [NEVER, CUT].includes(after))))
            {
                wrong('busy');
            }

            return;
        }

        for (const [i, call] of calls.entries()) {
            const last = call.at(-1);
            const before = call.slice(0, -1);
            const failures = call.filter(({ after }) => after === AGAIN);

            if (before.some(({ after }) => (
                after !== AGAIN && after !== CONFLICT)))
            {
                wrong('a needless attempt');
            }

            if (failures.length > ATTEMPTS) {
                wrong('too many attempts');
            }

            if (i < calls.length - 1) {
                if (last.after !== GOOD) {
                    wrong('a second call after a failure');
                }

            } else if (last.status !== status) {
                wrong('another status');

            } else if ((last.after === AGAIN && failures.length < ATTEMPTS
                        && ms < SLOW)
                       || (last.after === CONFLICT && ms < SLOW))
            {
                wrong('given up too early');
            }
        }
    }

    // Two clicks share their keys, so only together they fit what was seen.

    explainTwo(answers, who) {
        const keys = new Set(answers.flatMap((answer) => answer.keys ?? []));
        const kinds = [...keys].flatMap((key) => this.seen.get(key) ?? []);
        const attempts = sum(answers.map((answer) => answer.attempts ?? 0));
        const late = answers.filter(({ ms, status }) => (
            ms >= LATE && status === 504));

        if (late.length && !kinds.some(({ after }) => after === CUT)) {
            this.late += late.length;
            this.say(`${who}: two clicks, the deadline passed`);
            return;
        }

        if (kinds.length !== attempts) {
            this.problem(`${who}: two clicks, ${attempts} attempts,`
                         + ` ${kinds.length} requests`);
        }

        for (const { status, ms, busy } of answers) {
            if (status !== 302 && !busy && !(status === 409 && ms >= SLOW)
                && !kinds.some((kind) => kind.status === status))
            {
                this.problem(`${who}: two clicks, ${status} for no reason`);
            }
        }
    }

    // At the end: what the double has done.

    effects(world) {
        const counts = world.counts();
        const emails = new Set();
        const paid = new Set();

        for (const { buyerEmail, id } of world.sessions.values()) {
            if (emails.has(buyerEmail)) {
                this.problem(`two sessions of ${buyerEmail}: ${id}`);
            }

            emails.add(buyerEmail);
        }

        for (const { sessionId, id } of world.orders.values()) {
            if (sessionId && paid.has(sessionId)) {
                this.problem(`two orders of ${sessionId}: ${id}`);
            }

            paid.add(sessionId);
        }

        if (counts.sessions + counts.orders !== counts.keys) {
            this.problem(`${counts.keys} keys have had an effect,`
                         + ` ${counts.sessions} sessions and`
                         + ` ${counts.orders} orders`);
        }

        if (counts.inFlight !== 0) {
            this.problem(`${counts.inFlight} requests never ended`);
        }

        if (this.sent !== this.answers + this.leavers) {
            this.problem(`${this.sent} requests, ${this.answers} answers,`
                         + ` ${this.leavers} buyers who left`);
        }

        const seen = sum([...this.seen.values()].map((list) => list.length));

        if (seen !== counts.requests) {
            this.problem(`${counts.requests} requests at the API,`
                         + ` ${seen} noted`);
        }

        return counts;
    }
}

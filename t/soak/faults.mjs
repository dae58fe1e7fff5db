// Copyright (C) 2026 pancake checkout contributors

// What may go wrong at the API, and what the buyer gets when it does.

import { makeFault } from '../sandbox/faults.js';
import { dice, pick } from './dice.mjs';

// What nginx does about an answer: it takes it, tries again, asks again as
// after a 409, gives up at once, or cuts the attempt at the deadline.

export const GOOD = 'good';
export const AGAIN = 'again';
export const CONFLICT = 'conflict';
export const NEVER = 'never';
export const CUT = 'cut';

const good = { after: GOOD, status: 302 };
const again = (status = 502) => ({ after: AGAIN, status });
const never = (status = 502) => ({ after: NEVER, status });
const cut = { after: CUT, status: 504 };

const status = (code, more = {}) => ({ mode: 'status', status: code,
                                       ...more });

// name, the double's fault, what comes of it, how often (1 unless told);
// "done" is executed although the answer does not look like it

const table = [
    ['500', status(500), again()],
    ['500 done', status(500, { process: true }), again()],
    ['502', status(502), again()],
    ['502 done', status(502, { process: true }), again()],
    ['503', status(503), again(503)],
    ['503 done', status(503, { process: true }), again(503)],
    ['503 in 1 s', status(503, { retryAfter: 1 }), again(503)],
    ['503 in 9 s', status(503, { retryAfter: 9 }), never(503)],
    ['504', status(504), again(504)],
    ['504 done', status(504, { process: true }), again(504)],
    ['501', status(501), never()],
    ['429', status(429, { retryAfter: 2 }), never(429)],
    ['400', status(400), never(400)],
    ['409', status(409), { after: CONFLICT, status: 409 }],
    ['reset', { mode: 'reset', process: false }, again()],
    ['reset done', { mode: 'reset' }, again()],
    ['reset in header', { mode: 'reset', at: 'header' }, again()],
    ['reset in body', { mode: 'reset', at: 'body' }, again()],
    ['close', { mode: 'close', process: false }, again()],
    ['close done', { mode: 'close' }, again()],
    ['truncate', { mode: 'truncate' }, again()],
    ['truncate body', { mode: 'truncate', sent: 20 }, again()],
    ['cut-chunked', { mode: 'cut-chunked' }, again()],
    ['cut-chunked body', { mode: 'cut-chunked', sent: 20 }, again()],
    ['close-delimited', { mode: 'close-delimited' }, again()],
    ['garbage-status', { mode: 'garbage-status' }, again()],
    ['garbage-status done', { mode: 'garbage-status', process: true },
     again()],
    ['early-hints', { mode: 'early-hints' }, again()],  // see faultDice
    ['stale', { mode: 'stale' }, good],
    ['delay', { mode: 'delay', delayMs: 300 }, good],
    ['drip', { mode: 'drip', bytes: 8, everyMs: 5 }, good],
    ['accel', { mode: 'accel' }, good],
    ['cookie', { mode: 'cookie' }, good],
    ['delay past deadline', { mode: 'delay', delayMs: 4000 }, cut, 0.5],
    ['drip past deadline', { mode: 'drip', everyMs: 100 }, cut, 0.5],
    ['empty', { mode: 'empty' }, never()],
    ['empty done', { mode: 'empty', process: true }, never()],
    ['no-content', { mode: 'no-content' }, never()],
    ['not-json', { mode: 'not-json' }, never()],
    ['not-json done', { mode: 'not-json', process: true }, never()],
    ['bad-json', { mode: 'bad-json' }, never()],
    ['wrong-type', { mode: 'wrong-type' }, never()],
    ['gzip', { mode: 'gzip' }, never()],
    ['oversize', { mode: 'oversize' }, never()],
    ['oversize chunked', { mode: 'oversize', framing: 'chunked' }, never()],
    ['duplicate-keys', { mode: 'duplicate-keys' }, never()],
    ['missing-url', { mode: 'missing-url' }, never()],
    ['foreign url', { mode: 'checkout-url',
                      url: 'https://checkout.example.net/' }, never()],
    ['redirect', { mode: 'redirect' }, never()],
];

// After most faults of the wire the double closes the connection without a
// word in the header; a request that is on its way by then gets no answer.

const kinds = table.map(([name, asked, outcome, weight = 1]) => {
    const fault = makeFault(asked);
    const spoils = fault.wire
        && !['early-hints', 'stale'].includes(fault.mode);

    return { name, fault, ...outcome, weight, spoils };
});

export const none = { name: '', fault: null, ...good };

// a request on a connection that an earlier fault has doomed

export const doomed = { name: 'doomed', fault: null, ...again() };

// (what the request is for) => a kind or "none".  An nginx that knows early
// hints takes the answer behind them.

export function faultDice({ seed, rate, hintsKnown = false }) {
    const whether = dice(`${seed} fault`);
    const which = dice(`${seed} kind`);
    const known = kinds.map((kind) => (
        hintsKnown && kind.fault.mode === 'early-hints' ? { ...kind, ...good }
                                                        : kind));

    return (text) => (whether(text) < rate ? pick(known, which(text)) : none);
}

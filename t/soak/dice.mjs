// Copyright (C) 2026 pancake checkout contributors

// Chance that can be repeated: a number depends on the seed and on what it is
// for, and not on which request came first.

import { createHash } from 'node:crypto';

// (text) => a number from 0 to below 1

export const dice = (seed) => (text) => (
    createHash('sha256').update(`${seed} ${text}`).digest().readUInt32BE(0)
    / 2 ** 32);

// one of [{ weight }, ...]

export function pick(list, number) {
    let left = number * list.reduce((sum, { weight }) => sum + weight, 0);

    return list.find(({ weight }) => {
        left -= weight;
        return left < 0;
    }) ?? list.at(-1);
}

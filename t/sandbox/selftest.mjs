// Copyright (C) 2026 pancake checkout contributors

// Proves the double itself, and prints TAP:  node selftest.mjs VECTORS_DIR

import { finish, setVectors } from './selftest/harness.mjs';

const [vectors] = process.argv.slice(2);

if (vectors === undefined) {
    console.error('usage: node selftest.mjs VECTORS_DIR');
    process.exit(1);
}

setVectors(vectors);

for (const part of ['signing', 'credentials', 'actions', 'idempotency',
                    'faults', 'breakage', 'program'])
{
    const { default: run } = await import(`./selftest/${part}.mjs`);

    console.log(`# ${part}`);
    await run();
}

finish();

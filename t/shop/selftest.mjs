// Copyright (C) 2026 pancake checkout contributors

// Proves the shop, and the button on the pages of the API double that belongs
// to its way back.  Prints TAP:  node selftest.mjs VECTORS_DIR

import { finish, setVectors } from '../sandbox/selftest/harness.mjs';

const [vectors] = process.argv.slice(2);

if (vectors === undefined) {
    console.error('usage: node selftest.mjs VECTORS_DIR');
    process.exit(1);
}

setVectors(vectors);

for (const part of ['pages', 'cart', 'customers', 'quote', 'thanks', 'orders',
                    'program', 'double'])
{
    const { default: run } = await import(`./selftest/${part}.mjs`);

    console.log(`# ${part}`);
    await run();
}

finish();

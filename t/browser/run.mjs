// Copyright (C) 2026 pancake checkout contributors

// Runs the cases in one browser and prints TAP.  The only argument is JSON:
// edge, double, shop: where they are; chromium: the program; pictures: where
// those go; cases: names; seconds: how long to wait for anything.

import { stripVTControlCharacters } from 'node:util';

import { chromium } from 'playwright-core';

import { Stage } from './stage.mjs';
import { check, finish } from './tap.mjs';

const options = JSON.parse(process.argv[2]);

// whoever reads this has gone

process.stdout.on('error', () => process.exit(1));

// Nothing but this machine is ever asked, whatever a page or the browser
// itself may want.

const browser = await chromium.launch({
    executablePath: options.chromium,
    chromiumSandbox: process.getuid() !== 0,
    args: [
        '--no-proxy-server',
        '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
        '--disable-dev-shm-usage',
        '--force-color-profile=srgb',
    ],
});

// Each wait has a limit, and all of them together must not take for ever when
// nothing works.

const MOST_BROKEN = 2;
let broken = 0;

for (const name of options.cases) {
    if (broken >= MOST_BROKEN) {
        break;
    }

    const { default: run } = await import(`./cases/${name}.mjs`);
    const stage = new Stage(browser, options);
    const started = Date.now();

    console.log(`# case ${name}`);

    try {
        await run(stage);

    } catch (error) {
        broken++;
        check('it came to its end', false, stripVTControlCharacters(
            error.stack));
    }

    await stage.close();
    console.log(`# ${name}: ${Date.now() - started} ms`);
}

await browser.close();
finish();

#!/usr/bin/env node

// Copyright (C) 2026 pancake checkout contributors

// A double of the Waffo Pancake API, for tests and demonstrations.

import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { modeNames } from './faults.js';
import { start } from './server.js';

const usage = `Usage: node sandbox.js --port N --public-key FILE [OPTION]...

A double of the Waffo Pancake API on 127.0.0.1.  When it listens it prints one
line, {"port":N,"httpPort":N}; httpPort is null without --http-port.

  --port N               0 takes any free port
  --public-key FILE      verifies the merchant's signatures (PEM); more than
                         once: keys that are valid at the same time
  --prod-public-key FILE another key, whose calls are for production
  --http-port N          plain HTTP as well; 0 takes any free port
  --tls-cert FILE        makes --port speak TLS
  --tls-key FILE
  --merchant ID          default MER_2aUyqjCzEIiEcYMKj7TZtw
  --slug SLUG            default pancake-shop
  --store NAME           shown on the checkout pages, default Pancake Shop
  --checkout-base URL    start of each checkoutUrl, default
                         https://checkout.waffo.ai; "self" is this listener
                         (the plain one, if there are two)
  --environment ENV      test (default) or prod: what --public-key is for
  --in-flight-ms N       how long an action runs, default 0
  --max-requests N       how many requests are remembered, default 10000
  --exit-with-stdin      ends when standard input is closed
  --help

Control, never signed, JSON in and out:

  POST   /_sandbox/fault      {"mode":M,"path":P,"times":N,...} or a list
  GET    /_sandbox/fault      what is still to come; DELETE forgets it
  GET    /_sandbox/requests   what was received; ?since=N skips the first N
  GET    /_sandbox/state      how many sessions, orders, keys, ...
  GET    /_sandbox/sessions   all of them; also /_sandbox/orders
  POST   /_sandbox/settings   {"inFlightMs":N,"advanceSeconds":N,...}
  POST   /_sandbox/reset      as if just started

Modes: ${modeNames.join(' ').replace(/(.{1,64})(?: |$)/g, '$1\n       ')
        .trim()}
`;

function fail(message) {
    console.error(`sandbox.js: ${message}`);
    process.exit(1);
}

function parse() {
    const text = (value) => ({ type: 'string', default: value });

    try {
        return parseArgs({ options: {
            port: text(undefined),
            'public-key': { type: 'string', multiple: true },
            'prod-public-key': text(undefined),
            'http-port': text(undefined),
            'tls-cert': text(undefined),
            'tls-key': text(undefined),
            merchant: text('MER_2aUyqjCzEIiEcYMKj7TZtw'),
            slug: text('pancake-shop'),
            store: text('Pancake Shop'),
            'checkout-base': text('https://checkout.waffo.ai'),
            environment: text('test'),
            'in-flight-ms': text('0'),
            'max-requests': text('10000'),
            'exit-with-stdin': { type: 'boolean', default: false },
            help: { type: 'boolean', default: false },
        } }).values;

    } catch (error) {
        return fail(error.message);
    }
}

function numberOf(options, name) {
    if (!/^[0-9]{1,9}$/.test(options[name])) {
        fail(`--${name} wants a number`);
    }

    return Number(options[name]);
}

function publicKey(file) {
    const key = createPublicKey(readFileSync(file));

    if (key.asymmetricKeyType !== 'rsa') {
        throw new Error(`"${file}" is not an RSA key`);
    }

    return key;
}

function configOf(options) {
    const other = options.environment === 'prod' ? 'test' : 'prod';
    const keys = options['public-key'].map((file) => (
        { environment: options.environment, publicKey: publicKey(file) }));

    if (options['prod-public-key']) {
        keys.push({ environment: other,
                    publicKey: publicKey(options['prod-public-key']) });
    }

    return {
        keys,
        merchant: options.merchant,
        slug: options.slug,
        store: options.store,
        checkoutBase: options['checkout-base'].replace(/\/+$/, ''),
        maxRequests: numberOf(options, 'max-requests'),
        settings: { inFlightMs: numberOf(options, 'in-flight-ms') },
    };
}

function listenersOf(options) {
    const tls = options['tls-cert'] && {
        cert: readFileSync(options['tls-cert']),
        key: readFileSync(options['tls-key'] ?? options['tls-cert']),
    };
    const listeners = [{ port: numberOf(options, 'port'), tls }];

    if (options['http-port'] !== undefined) {
        listeners.push({ port: numberOf(options, 'http-port') });
    }

    return listeners;
}

async function main() {
    const options = parse();

    if (options.help) {
        process.stdout.write(usage);
        return;
    }

    for (const name of ['port', 'public-key']) {
        if (options[name] === undefined) {
            fail(`--${name} is missing; see --help`);
        }
    }

    const config = configOf(options);
    const listeners = listenersOf(options);
    const server = await start(config, listeners);
    const [port, httpPort = null] = server.ports;

    if (config.checkoutBase === 'self') {
        const scheme = listeners.at(-1).tls ? 'https' : 'http';

        config.checkoutBase = `${scheme}://127.0.0.1:${httpPort ?? port}`;
    }

    const stop = () => {
        server.close();
        process.exit(0);
    };

    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);

    if (options['exit-with-stdin']) {
        process.stdin.on('end', stop).on('error', stop).resume();
    }

    process.stdout.write(`${JSON.stringify({ port, httpPort })}\n`);
}

main().catch((error) => fail(error.message));

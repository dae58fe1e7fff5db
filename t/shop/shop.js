#!/usr/bin/env node

// Copyright (C) 2026 pancake checkout contributors

// A small shop behind the edge, for tests and demonstrations: it holds no key
// and never talks to the payment API.

import { parseArgs } from 'node:util';

import { start } from './server.js';

const usage = `Usage: node shop.js --port N [OPTION]...

A pancake shop on 127.0.0.1.  When it listens it prints one line, {"port":N}.

  --port N               0 takes any free port
  --edge URL             where the edge is, whom the thank-you page asks
                         whether an order is paid
  --order-answer KIND    how the order API answers "checkout": redirect
                         (default) or json
  --exit-with-stdin      ends when standard input is closed
  --help

Control, JSON in and out:

  GET    /_shop/requests  what was received; ?since=N skips the first N
  POST   /_shop/control   {"orderAnswer":"json","edge":URL,
                           "prices":{SKU:"13.00"},
                           "fail":{"path":P,"status":S,"times":N}}
                          and with "fail" also "body", "headers", "delayMs",
                          and "process":true: answers so when all is done
`;

function fail(message) {
    console.error(`shop.js: ${message}`);
    process.exit(1);
}

function parse() {
    try {
        return parseArgs({ options: {
            port: { type: 'string' },
            edge: { type: 'string' },
            'order-answer': { type: 'string', default: 'redirect' },
            'exit-with-stdin': { type: 'boolean', default: false },
            help: { type: 'boolean', default: false },
        } }).values;

    } catch (error) {
        return fail(error.message);
    }
}

async function main() {
    const options = parse();

    if (options.help) {
        process.stdout.write(usage);
        return;
    }

    if (!/^[0-9]{1,5}$/.test(options.port ?? '')) {
        fail('--port wants a number; see --help');
    }

    if (!['json', 'redirect'].includes(options['order-answer'])) {
        fail('--order-answer wants json or redirect');
    }

    const { port, close } = await start({
        port: Number(options.port),
        edge: options.edge?.replace(/\/+$/, ''),
        orderAnswer: options['order-answer'],
    });

    const stop = () => {
        close();
        process.exit(0);
    };

    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);

    if (options['exit-with-stdin']) {
        process.stdin.on('end', stop).on('error', stop).resume();
    }

    process.stdout.write(`${JSON.stringify({ port })}\n`);
}

main().catch((error) => fail(error.message));

// Copyright (C) 2026 pancake checkout contributors

// What a case has at hand: buyers (each a browser of its own, with its own
// cookies), and what the double and the shop have seen meanwhile.

import { setTimeout as sleep } from 'node:timers/promises';

import { Buyer } from './buyer.mjs';
import { none } from './tap.mjs';

const SESSION = '/v1/actions/checkout/create-session';

async function ask(url, body) {
    const response = await fetch(url, {
        ...(body !== undefined && { method: 'POST',
                                    body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(30 * 1000),
    });

    if (!response.ok) {
        throw new Error(`${url}: ${response.status}`);
    }

    return response.json();
}

export class Stage {
    constructor(browser, { edge, double, shop, pictures, seconds }) {
        Object.assign(this, { browser, edge, double, shop, pictures });
        this.limit = seconds * 1000;
        this.origins = [edge, double];
        this.contexts = [];
        this.complaints = [];
        this.ends = [];
    }

    // The options are those of a browser context: javaScriptEnabled, ...

    async buyer(options = {}) {
        const context = await this.browser.newContext({
            viewport: { width: 1280, height: 800 },
            locale: 'en-US',
            ...options,
        });

        context.setDefaultTimeout(this.limit);
        this.contexts.push(context);
        this.watch(context);

        return new Buyer(this, context, await context.newPage());
    }

    // A page that answers 4xx by intention is in the console, too.

    watch(context) {
        context.on('console', (message) => {
            const { url } = message.location();
            const wanted = /^Failed to load resource: .* status of 4/;

            if (message.type() === 'error'
                && !(wanted.test(message.text()) && this.expected?.test(url)))
            {
                this.complaints.push(`${url}: ${message.text()}`);
            }
        });

        context.on('weberror', (error) => {
            this.complaints.push(`uncaught: ${error.error()}`);
        });

        context.on('request', (request) => {
            const url = new URL(request.url());

            if (url.protocol !== 'data:'
                && !this.origins.includes(url.origin))
            {
                this.complaints.push(`asked elsewhere: ${url}`);
            }
        });
    }

    async close() {
        for (const context of this.contexts) {
            await context.close();
        }

        for (const end of this.ends) {
            await end();
        }

        none('no error in the console, no request to elsewhere',
             this.complaints);
    }

    // Waits until the function says yes.

    async wait(what, isSo) {
        const end = Date.now() + this.limit;

        while (!await isSo()) {
            if (Date.now() > end) {
                throw new Error(`not in time: ${what}`);
            }

            await sleep(50);
        }
    }

    // What happens from now on; then { sessions, calls, quotes, ... } of it.

    async mark() {
        const [calls, visits] = await Promise.all([
            ask(`${this.double}/_sandbox/requests`),
            ask(`${this.shop}/_shop/requests`),
        ]);

        this.calls = calls.at(-1)?.n ?? 0;
        this.visits = visits.at(-1)?.n ?? 0;
    }

    async since() {
        const [calls, visits] = await Promise.all([
            ask(`${this.double}/_sandbox/requests?since=${this.calls}`),
            ask(`${this.shop}/_shop/requests?since=${this.visits}`),
        ]);

        return {
            calls,
            visits,
            asked: calls.filter(({ target }) => target === SESSION),
            created: calls.filter(({ effect }) => (
                effect?.created?.startsWith('cs_'))),
            quotes: visits.filter(({ path }) => path === '/checkout/quote'),
        };
    }

    doubleControl(what, settings) {
        return ask(`${this.double}/_sandbox/${what}`, settings);
    }

    shopControl(settings) {
        return ask(`${this.shop}/_shop/control`, settings);
    }
}

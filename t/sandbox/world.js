// Copyright (C) 2026 pancake checkout contributors

// Everything that the double remembers.  A reset replaces the whole of it, so
// that work still in flight ends in the old world and is forgotten with it.

import { randomBytes } from 'node:crypto';

import { FOREIGN, MISSING, catalogue, defaultProduct, findProduct, orders }
    from './catalogue.js';

const BASE62 =
    '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export const DAY = 24 * 60 * 60 * 1000;

export function newShortId(prefix) {
    const digits = Array.from(randomBytes(22), (byte) => BASE62[byte % 62]);

    return `${prefix}_${digits.join('')}`;
}

export const newToken = () => randomBytes(24).toString('base64url');

// what POST /_sandbox/settings can change

export const defaultSettings = {
    inFlightMs: 0,             // how long an action runs
    advanceSeconds: 0,         // sessions, tokens and keys age by this much
    signatureClockSeconds: 0,  // the clock that judges X-Timestamp is off by
    withdrawnKeys: 0,          // so many of the first public keys
    checkoutQuery: '',         // "?test=true" is seen in the wild
    previewUnits: 'display',   // or "minor": integers
    prefilledBilling: false,   // create-order may use the session's billing
    uuidIds: false,            // ids of the first generation of the API
};

export class World {
    constructor(settings = {}) {
        this.settings = { ...defaultSettings, ...settings };
        this.products = catalogue();
        this.sessions = new Map();
        this.orders = new Map();
        this.payments = new Map();
        this.tokens = new Map();
        this.keys = new Map();
        this.requests = [];
        this.faults = [];
        this.received = 0;

        for (const [id, type, status] of orders) {
            this.addOrder({ id, type, status });
        }
    }

    now() {
        return Date.now() + this.settings.advanceSeconds * 1000;
    }

    addOrder(order) {
        const product = findProduct(this.products,
                                    defaultProduct[order.type]);
        const full = {
            id: newShortId('ORD'),
            type: 'onetime',
            status: 'pending',
            productId: product.id,
            currency: 'USD',
            amount: product.prices.USD,
            buyerEmail: null,
            owner: null,
            orderMerchantExternalId: null,
            createdAt: new Date(this.now()).toISOString(),
            ...order,
        };

        this.orders.set(full.id, full);

        return full;
    }

    // null when there is none; with "invent" an unknown id becomes an order

    findOrder(id, invent) {
        if (id.endsWith(MISSING)) {
            return null;
        }

        if (id.endsWith(FOREIGN)) {
            return { id, foreign: true };
        }

        return this.orders.get(id)
            ?? (invent ? this.addOrder({ id, ...invent }) : null);
    }

    // undefined until the session has become an order

    orderOfSession(id) {
        return [...this.orders.values()].find(({ sessionId }) => (
            sessionId === id));
    }

    // a record per request, in the order of arrival

    record(entry, limit) {
        this.received++;
        entry.n = this.received;
        this.requests.push(entry);

        if (this.requests.length > limit) {
            this.requests.shift();
        }

        return entry;
    }

    // { answer } when it was answered in the last 24 hours, { running: true },
    // or undefined

    key(name) {
        const entry = this.keys.get(name);

        if (entry?.answer && this.now() - entry.time > DAY) {
            this.keys.delete(name);
            return undefined;
        }

        return entry;
    }

    counts() {
        const keys = [...this.keys.values()];
        const orders = [...this.orders.values()];

        return {
            sessions: this.sessions.size,
            orders: orders.filter((order) => order.sessionId).length,
            tokens: this.tokens.size,
            keys: keys.filter((entry) => entry.answer).length,
            inFlight: keys.filter((entry) => !entry.answer).length,
            requests: this.received,
            faults: this.faults.length,
        };
    }
}

// Copyright (C) 2026 pancake checkout contributors

// What the shop remembers.  A visit is a browser's cookie; a customer has one
// cart, whichever way it is reached.

import { randomBytes } from 'node:crypto';

import { articles, customers } from './articles.js';
import { Cart, contents } from './cart.js';

const MAX_PENDING = 5;
const MAX_VISITS = 10000;

// Whose cart it is: a visit's own, or a customer's.  "pending" are the
// references that were quoted and are not known to be paid, newest first.

class Buyer {
    constructor() {
        this.cart = new Cart();
        this.pending = [];
        this.paid = null;
    }
}

class Customer extends Buyer {
    constructor(seed) {
        super();
        Object.assign(this, seed);
        this.orders = new Map();
    }
}

export class Shop {
    constructor() {
        this.articles = articles();
        this.customers = customers().map((seed) => new Customer(seed));
        this.visits = new Map();
        this.references = 1000;
        this.orderNumbers = 2000;
    }

    customerByEmail(email) {
        const wanted = email.trim().toLowerCase();

        return this.customers.find((one) => one.email === wanted) ?? null;
    }

    customerByToken(token) {
        return this.customers.find((one) => one.token === token) ?? null;
    }

    // { sid, customer, buyer }, or null for a cookie that is not ours

    visit(sid) {
        const visit = this.visits.get(sid);

        if (visit === undefined) {
            return null;
        }

        return { ...visit, sid, buyer: visit.customer ?? visit.guest };
    }

    newVisit(customer = null) {
        const sid = randomBytes(18).toString('base64url');

        if (this.visits.size >= MAX_VISITS) {
            this.visits.delete(this.visits.keys().next().value);
        }

        this.visits.set(sid, { customer, guest: new Buyer() });

        return this.visit(sid);
    }

    // A new cookie each time, so that one that was known before is worth
    // nothing after.

    logIn(visit, customer) {
        if (visit !== null) {
            if (visit.customer === null) {
                customer.cart.merge(visit.buyer.cart);
                customer.pending.unshift(...visit.buyer.pending);
                customer.pending.length = Math.min(customer.pending.length,
                                                   MAX_PENDING);
            }

            this.visits.delete(visit.sid);
        }

        return this.newVisit(customer);
    }

    // The same reference for as long as the cart is the same, so that two
    // clicks are one purchase.

    reference(buyer, priced) {
        const now = contents(priced);
        const { cart } = buyer;

        if (cart.quoted?.contents !== now) {
            cart.quoted = { reference: `S-${++this.references}`,
                            contents: now };

            buyer.pending.unshift({ ...cart.quoted, total: priced.total });
            buyer.pending.length = Math.min(buyer.pending.length,
                                            MAX_PENDING);
        }

        return cart.quoted.reference;
    }

    // The cart goes with the purchase, unless it has changed since.

    markPaid(buyer, purchase) {
        const { cart } = buyer;

        buyer.pending = buyer.pending.filter((other) => other !== purchase);
        buyer.paid = purchase;

        if (cart.quoted?.reference === purchase.reference
            && contents(cart.priced(this.articles)) === purchase.contents)
        {
            cart.clear();
        }
    }
}

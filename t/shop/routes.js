// Copyright (C) 2026 pancake checkout contributors

// Which path leads where.  A handler gets the request and answers, or throws
// a Refusal.

import { readFileSync } from 'node:fs';

import { CURRENCY, MOST, PRODUCT, TAX_CATEGORY, amount, vouchers }
    from './articles.js';
import { summary } from './cart.js';
import { lookUp } from './edge.js';
import { Refusal, seeOther } from './http.js';
import { addToCart, customerOf, listOrders, makeOrder, showCart,
         showPayment }
    from './orders.js';
import { cartPage, cataloguePage, loginPage, plainPage, thanksPage }
    from './pages.js';

// A browser that has no cookie yet gets one when there is something to
// remember.

function visitFor(request) {
    if (request.visit !== null) {
        return { visit: request.visit };
    }

    const visit = request.shop.newVisit();

    return { visit, cookie: visit.sid };
}

const page = (html, status = 200) => ({ status, html });

function refusePage(request, status, title, text) {
    throw new Refusal(page(plainPage(request, title, text), status));
}

// catalogue and cart

const showCatalogue = (request) => page(cataloguePage(request));

const notices = {
    empty: 'Your cart is empty, so there is nothing to check out yet.',
    voucher: 'There is no such voucher.',
};

function showCartPage(request) {
    const notice = Object.keys(notices).find((name) => (
        request.query.has(name)));

    // said about a cart that is empty no longer, it would be wrong

    const stale = notice === 'empty'
        && request.visit !== null && !request.visit.buyer.cart.isEmpty;

    return page(cartPage(request, notice === undefined || stale
        ? null : { name: notice, text: notices[notice],
                   value: request.query.get(notice) }));
}

function add(request) {
    const { shop, form } = request;
    const sku = form.get('sku');
    const quantity = form.get('quantity') ?? '1';

    if (!shop.articles.has(sku) || !/^[1-9][0-9]?$/.test(quantity)) {
        refusePage(request, 400, 'That did not work',
                   'There is no such article, or not in that quantity:'
                   + ` please choose from 1 to ${MOST}.`);
    }

    const { visit, cookie } = visitFor(request);

    visit.buyer.cart.add(sku, Number(quantity));

    return seeOther('/cart', cookie);
}

function remove({ visit, form }) {
    visit?.buyer.cart.remove(form.get('sku'));

    return seeOther('/cart');
}

// an empty code takes the voucher away

function applyVoucher(request) {
    const code = (request.form.get('code') ?? '').trim().toUpperCase();

    if (code !== '' && !vouchers.has(code)) {
        return seeOther(`/cart?voucher=${encodeURIComponent(code)}`);
    }

    const { visit, cookie } = visitFor(request);

    visit.buyer.cart.voucher = code === '' ? null : code;

    return seeOther('/cart', cookie);
}

// customers

const showLogin = (request) => (
    page(loginPage(request, { email: '', wrong: false })));

function logIn(request) {
    const { shop, form, visit } = request;
    const email = form.get('email') ?? '';
    const customer = shop.customerByEmail(email);

    if (customer === null) {
        return page(loginPage(request, { email, wrong: true }), 422);
    }

    const { sid } = shop.logIn(visit, customer);

    return seeOther(customer.cart.isEmpty ? '/' : '/cart', sid);
}

function logOut({ shop, visit }) {
    if (visit !== null) {
        shop.visits.delete(visit.sid);
    }

    return seeOther('/', null);
}

// Who is it?  For an "auth_request" of the edge.

function check(request) {
    const { visit } = request;
    const customer = visit?.customer ?? customerOf(request);

    return customer === null ? { status: 401 }
        : { status: 204, headers: { 'X-Customer': customer.id } };
}

// What does this buyer owe?  Asked by the edge, with all that the buyer sent.

function quote({ shop, visit }) {
    if (visit === null || visit.buyer.cart.isEmpty) {
        return seeOther('/cart?empty=1');
    }

    const { buyer, customer } = visit;
    const priced = buyer.cart.priced(shop.articles);
    const total = amount(priced.total);

    return { json: {
        productId: PRODUCT,
        currency: CURRENCY,
        priceSnapshot: { amount: total, taxCategory: TAX_CATEGORY },
        orderMerchantExternalId: shop.reference(buyer, priced),
        metadata: { cart: summary(priced) },
        ...(customer && { buyerEmail: customer.email,
                          buyerIdentity: customer.id }),
        total: { amount: total, items: priced.items },
    } };
}

// after the payment

const nothing = { state: 'none', purchase: null };

const statusOf = ({ shop, edge, visit }) => (
    visit === null ? nothing : lookUp(shop, edge, visit.buyer));

async function showThanks(request) {
    return page(thanksPage(request, await statusOf(request)));
}

async function showThanksStatus(request) {
    const { state, purchase } = await statusOf(request);

    return { json: { state, reference: purchase?.reference ?? null } };
}

// assets

const types = { css: 'text/css; charset=utf-8',
                js: 'text/javascript; charset=utf-8',
                svg: 'image/svg+xml' };

function asset(name) {
    const file = new URL(`assets/${name}`, import.meta.url);
    const answer = { asset: { type: types[name.split('.').at(-1)],
                              body: readFileSync(file) } };

    return () => answer;
}

const routes = [
    ['/', { GET: showCatalogue }],
    ['/cart', { GET: showCartPage }],
    ['/cart/add', { POST: add }],
    ['/cart/remove', { POST: remove }],
    ['/cart/voucher', { POST: applyVoucher }],
    ['/login', { GET: showLogin, POST: logIn }],
    ['/logout', { POST: logOut }],
    ['/login/check', { GET: check }],
    ['/checkout/quote', { GET: quote, POST: quote }],
    ['/thanks', { GET: showThanks }],
    ['/thanks/status', { GET: showThanksStatus }],
    ['/style.css', { GET: asset('style.css') }],
    ['/thanks.js', { GET: asset('thanks.js') }],
    ['/icon.svg', { GET: asset('icon.svg') }],
    ['/api/v1/i/cart/', { GET: showCart, POST: addToCart }],
    [/^\/api\/v1\/i\/orders\/?$/, { GET: listOrders, POST: makeOrder }],
    [/^\/api\/v1\/i\/orders\/([^/]+)\/payment\/$/, { GET: showPayment }],
];

const isApi = (path) => path.startsWith('/api/');

function notFound(request) {
    return isApi(request.path)
        ? { status: 404, json: { error: 'Not found' } }
        : page(plainPage(request, 'No such page',
                         'Perhaps it was eaten.'), 404);
}

function wrongMethod(request, methods) {
    const headers = { Allow: Object.keys(methods).join(', ') };

    return isApi(request.path)
        ? { status: 405, headers, json: { error: 'Method not allowed' } }
        : { ...page(plainPage(request, 'Not like this',
                              'This address wants another method.'), 405),
            headers };
}

export async function answer(request) {
    const method = request.method === 'HEAD' ? 'GET' : request.method;

    for (const [pattern, methods] of routes) {
        const match = typeof pattern === 'string'
            ? (pattern === request.path ? [] : null)
            : pattern.exec(request.path)?.slice(1);

        if (match) {
            return Object.hasOwn(methods, method)
                ? methods[method](request, match)
                : wrongMethod(request, methods);
        }
    }

    return notFound(request);
}

// Copyright (C) 2026 pancake checkout contributors

// The shop's pages.  Each takes the request and gives HTML; all that comes
// from elsewhere goes through html`...`, which escapes it.

import { MOST, price } from './articles.js';
import { pictures } from './pictures.js';

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;',
                  "'": '&#39;' };

class Html {
    constructor(text) {
        this.text = text;
    }

    toString() {
        return this.text;
    }
}

const raw = (text) => new Html(text);

function shown(value) {
    if (Array.isArray(value)) {
        return value.map(shown).join('');
    }

    if (value instanceof Html) {
        return value.text;
    }

    return value === null || value === undefined || value === false ? ''
        : String(value).replace(/[&<>"']/g, (char) => escapes[char]);
}

const html = (strings, ...values) => (
    raw(String.raw({ raw: strings }, ...values.map(shown))));

const count = (number, word) => `${number} ${word}${number === 1 ? '' : 's'}`;

const hidden = (text) => html`<span class="hidden">${text}</span>`;

function header({ shop, visit, path }) {
    const items = visit?.buyer.cart.priced(shop.articles).items ?? 0;
    const link = (to, text) => html`
            <li><a href="${to}"${path === to
                ? raw(' aria-current="page"') : ''}>${text}</a></li>`;

    return html`<header>
    <a class="brand" href="/">${raw(pictures.logo)} Pancake Shop</a>
    <nav aria-label="Shop">
        <ul>${link('/', 'Articles')}${link('/cart', html`Cart
                <span class="count">${items}</span>
                ${hidden(items === 1 ? 'item' : 'items')}`)}
            ${visit?.customer ? html`<li>
                <form method="post" action="/logout">
                    <button class="quiet">Sign out
                        ${visit.customer.name}</button>
                </form>
            </li>` : link('/login', 'Sign in')}
        </ul>
    </nav>
</header>`;
}

function layout(request, title, main, head = '') {
    return String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – Pancake Shop</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
${head}
</head>
<body>
<a class="skip" href="#main">To the content</a>
${header(request)}
<main id="main">
${main}
</main>
<footer>
    <p>A demonstration: nothing is sold here, and nothing is paid.</p>
</footer>
</body>
</html>
`);
}

// catalogue

const priceOf = ({ price: full, offer, shipping }) => html`
        <p class="price">${offer ? html`<s>${hidden('Before: ')}${
            price(full)}</s> ${hidden('Now: ')}` : ''}<strong>${
            price(full - (offer?.cents ?? 0))}</strong>
            <small>${offer?.name}${shipping
                ? `plus ${price(shipping)} shipping` : ''}</small></p>`;

const card = (article) => html`
    <li class="card">
        <div class="picture">${raw(pictures[article.picture])}</div>
        <h2>${article.name}</h2>
        <p>${article.text}</p>${priceOf(article)}
        <form method="post" action="/cart/add">
            <input type="hidden" name="sku" value="${article.sku}">
            <label for="quantity-${article.sku}">Quantity
                ${hidden(`of ${article.name}`)}</label>
            <input id="quantity-${article.sku}" name="quantity" type="number"
                min="1" max="${MOST}" value="1" inputmode="numeric" required>
            <button>Add to cart${hidden(`: ${article.name}`)}</button>
        </form>
    </li>`;

export function cataloguePage(request) {
    return layout(request, 'Articles', html`<h1>Everything but the pan</h1>
<p class="lead">Books, films and cards for those who take breakfast
    seriously.</p>
<ul class="cards">${[...request.shop.articles.values()].map(card)}
</ul>`);
}

// cart

const line = ({ article, quantity, unit, saved, shipping, goods }) => html`
        <tr>
            <th scope="row">
                ${article.name}
                <small>${price(unit)} each${saved
                    ? `, ${article.offer.name}: ${price(saved)} saved`
                    : ''}${shipping
                    ? `, plus ${price(shipping)} shipping` : ''}</small>
                <form method="post" action="/cart/remove">
                    <input type="hidden" name="sku" value="${article.sku}">
                    <button class="quiet">Remove${
                        hidden(` ${article.name}`)}</button>
                </form>
            </th>
            <td>${quantity}</td>
            <td>${price(goods)}</td>
        </tr>`;

const sumRow = (name, value, className) => html`
        <tr${className ? html` class="${className}"` : ''}>
            <th scope="row" colspan="2">${name}</th>
            <td>${value}</td>
        </tr>`;

const table = (cart) => html`<table>
    <caption class="hidden">What is in your cart</caption>
    <thead>
        <tr>
            <th scope="col">Article</th>
            <th scope="col">${hidden('Quantity')}<span
                aria-hidden="true">Qty</span></th>
            <th scope="col">Sum</th>
        </tr>
    </thead>
    <tbody>${cart.lines.map(line)}
    </tbody>
    <tfoot>${cart.shipping > 0 && sumRow('Shipping', price(cart.shipping))}${
        cart.voucherOff > 0 && sumRow(`Voucher ${cart.voucher.code}`,
                                      `−${price(cart.voucherOff)}`)}${
        sumRow('Total', price(cart.total), 'total')}
    </tfoot>
</table>`;

function voucherForm(cart, notice) {
    const wrong = notice?.name === 'voucher';
    const { voucher } = cart;
    const said = wrong ? notice.text
        : voucher === null ? 'Try MAPLE3 or BUTTER10.'
        : cart.voucherOff > 0 ? `${voucher.code}: ${voucher.text}.`
        : `${voucher.code} does not count yet: ${voucher.text}.`;

    return html`<form class="row" method="post" action="/cart/voucher">
    <label for="code">Voucher</label>
    <input id="code" name="code" value="${wrong ? notice.value
        : voucher?.code}" maxlength="40"
        autocomplete="off" autocapitalize="characters" spellcheck="false"
        aria-describedby="code-hint"${wrong
            ? raw(' aria-invalid="true"') : ''}>
    <button class="second">Apply</button>
    <p id="code-hint" class="${wrong ? 'wrong' : 'hint'}"${wrong
        ? raw(' role="alert"') : ''}>${said}</p>
</form>`;
}

const emailField = html`
    <label for="email">E-mail for the receipt
        <span>(optional)</span></label>
    <input id="email" name="buyerEmail" type="email" maxlength="254"
        autocomplete="email" placeholder="you@example.com">`;

const checkoutForm = ({ total }, customer) => html`<form class="pay"
    id="checkout" method="post" action="/checkout">${customer === null
        ? emailField
        : html`
    <p class="hint">The receipt goes to ${customer.email}.</p>`}
    <button>Check out: ${price(total)}</button>
    <p class="hint">You pay on the next page.</p>
</form>`;

export function cartPage(request, notice) {
    const { shop, visit } = request;
    const cart = visit?.buyer.cart;

    if (!cart || cart.isEmpty) {
        return layout(request, 'Cart', html`<div class="narrow">
<h1>Your cart</h1>
${notice?.name === 'empty'
    ? html`<p class="notice" role="alert">${notice.text}</p>`
    : html`<p>There is nothing in it yet.</p>`}
<p><a class="button" href="/">See the articles</a></p>
</div>`);
    }

    const priced = cart.priced(shop.articles);

    return layout(request, 'Cart', html`<div class="narrow">
<h1>Your cart</h1>
${table(priced)}
${voucherForm(priced, notice)}
${checkoutForm(priced, visit.customer)}
<p><a href="/">Look for more</a></p>
</div>`);
}

// customers

export function loginPage(request, { email, wrong }) {
    return layout(request, 'Sign in', html`<div class="narrow">
<h1>Sign in</h1>
<form class="pay" method="post" action="/login">
    <label for="email">E-mail</label>
    <input id="email" name="email" type="email" required value="${email}"
        autocomplete="username" aria-describedby="email-hint"${wrong
            ? raw(' aria-invalid="true"') : ''}>
    ${wrong && html`<p class="wrong" role="alert">We know no such
        customer.</p>`}
    <p id="email-hint" class="hint">There are ${
        request.shop.customers.map((one) => one.email).join(' and ')};
        this demonstration asks for no password.</p>
    <button>Sign in</button>
</form>
</div>`);
}

// after the payment

const tick = raw(pictures.tick);

const states = {
    paid: ({ reference, total }) => ({
        title: 'Paid – thank you',
        body: html`${tick}
<h1>Thank you!</h1>
<p>Order <strong>${reference}</strong> of ${price(total)} is
    <strong>paid</strong>. Enjoy your breakfast.</p>
<p><a class="button" href="/">Back to the shop</a></p>`,
    }),
    unpaid: ({ reference, total }) => ({
        title: 'Not paid yet',
        body: html`<h1>Not paid yet</h1>
<p>We have not heard of a payment for order <strong>${reference}</strong> of
    ${price(total)}. When you have just paid it may take a moment.</p>
<p class="choices"><a class="button" id="again" href="/thanks">Check again</a>
    <a href="/cart">Back to the cart</a></p>
<p class="hint" id="checked"></p>`,
    }),
    unknown: ({ reference }) => ({
        title: 'Not known yet',
        body: html`<h1>We cannot tell yet</h1>
<p>Whether order <strong>${reference}</strong> is paid cannot be looked up at
    this moment. If you have paid, do not pay again.</p>
<p class="choices"><a class="button" id="again" href="/thanks">Check again</a>
    <a href="/">Back to the shop</a></p>
<p class="hint" id="checked"></p>`,
    }),
    none: () => ({
        title: 'No order',
        body: html`<h1>No order</h1>
<p>You have not checked out anything here, or not in this browser.</p>
<p><a class="button" href="/">Back to the shop</a></p>`,
    }),
};

const EVERY_SECONDS = 5;

export function thanksPage(request, { state, purchase }) {
    const { title, body } = states[state](purchase);
    const waiting = state === 'unpaid' || state === 'unknown';

    return layout(request, title, html`<div class="narrow center" id="status"
    role="status" data-state="${state}">
${body}
</div>`, waiting && html`<noscript><meta http-equiv="refresh"
    content="${EVERY_SECONDS}"></noscript>
<script src="/thanks.js" defer></script>`);
}

export function plainPage(request, title, text) {
    return layout(request, title, html`<div class="narrow">
<h1>${title}</h1>
<p>${text}</p>
<p><a class="button" href="/">To the shop</a></p>
</div>`);
}

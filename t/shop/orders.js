// Copyright (C) 2026 pancake checkout contributors

// The shop's own API for its customers' programs: a cart, and orders made
// from it.

import { CURRENCY, MOST, amount, vouchers } from './articles.js';
import { itemOf } from './cart.js';
import { Refusal } from './http.js';

const ROOT = '/api/v1/i/orders/';

const refuse = (status, error, headers) => {
    throw new Refusal({ status, headers, json: { error } });
};

const isObject = (value) => (
    typeof value === 'object' && value !== null && !Array.isArray(value));

const isText = (value) => (
    typeof value === 'string' && value.trim() !== '' && value.length <= 200);

export function customerOf({ shop, headers }) {
    const [, token] = /^Bearer +([\x21-\x7e]+)$/i.exec(
        headers.authorization ?? '') ?? [];

    return token === undefined ? null : shop.customerByToken(token);
}

const authenticate = (request) => (
    customerOf(request) ?? refuse(401, 'Authentication is required',
                                  { 'WWW-Authenticate': 'Bearer' }));

function parse({ body }) {
    let value;

    try {
        value = JSON.parse(body);

    } catch {
        refuse(400, 'The body is not valid JSON');
    }

    return isObject(value) ? value
        : refuse(400, 'The body must be a JSON object');
}

// cart

function cartJson(shop, { cart }) {
    const priced = cart.priced(shop.articles);

    return {
        currency: CURRENCY,
        items: priced.lines.map(itemOf),
        voucher: priced.voucher?.code ?? null,
        amount_saved: amount(priced.saved),
        total: amount(priced.total),
    };
}

export function showCart(request) {
    const customer = authenticate(request);

    return { json: cartJson(request.shop, customer) };
}

export function addToCart(request) {
    const { shop } = request;
    const customer = authenticate(request);
    const { sku, quantity = 1, voucher } = parse(request);

    if (voucher !== undefined && !vouchers.has(voucher)) {
        refuse(400, 'There is no such voucher');
    }

    if (sku === undefined && voucher === undefined) {
        refuse(400, 'sku is required');
    }

    if (sku !== undefined) {
        if (!shop.articles.has(sku)) {
            refuse(400, 'There is no such article');
        }

        if (!Number.isInteger(quantity) || quantity < 1 || quantity > MOST) {
            refuse(400, `quantity must be a number from 1 to ${MOST}`);
        }

        customer.cart.add(sku, quantity);
    }

    customer.cart.voucher = voucher ?? customer.cart.voucher;

    return { json: cartJson(shop, customer) };
}

// orders

const addressFields = ['street_address', 'postal_code', 'city', 'state',
                       'country'];

function checkAddress(address) {
    if (!isObject(address)) {
        refuse(400, 'billing_address must be an object');
    }

    for (const name of ['street_address', 'city', 'country']) {
        if (!isText(address[name])) {
            refuse(400, `billing_address.${name} is required`);
        }
    }

    if (address.state !== undefined && !isText(address.state)) {
        refuse(400, 'billing_address.state must be text');
    }

    // programs that keep it as a number send it as one

    const { postal_code: code } = address;

    if (!isText(code) && !(Number.isSafeInteger(code) && code >= 0)) {
        refuse(400, 'billing_address.postal_code must be text or a whole'
                    + ' number');
    }

    if (/^[A-Za-z]{2}$/.test(address.country.trim())) {
        refuse(400, 'billing_address.country must be the full name of a'
                    + ' country, such as Canada');
    }

    return Object.fromEntries(addressFields
        .filter((name) => address[name] !== undefined)
        .map((name) => [name, address[name]]));
}

const sameAddress = (a, b) => addressFields.every((name) => (
    String(a[name] ?? '') === String(b[name] ?? '')));

function orderOf(shop, { cart }, address) {
    const priced = cart.priced(shop.articles);

    return {
        id: `O-${shop.orderNumbers + 1}`,
        status: 'awaiting_payment',
        currency: CURRENCY,
        total: amount(priced.total),
        amount_saved: amount(priced.saved),
        voucher: priced.voucherOff > 0 ? priced.voucher.code : null,
        billing_address: address,
        items: priced.lines.map(itemOf),
    };
}

export function makeOrder(request) {
    const { shop } = request;
    const customer = authenticate(request);
    const { action, billing_address: given } = parse(request);

    if (action !== 'checkout' && action !== 'save_order') {
        refuse(400, 'action must be "checkout" or "save_order"');
    }

    const wanted = given === undefined || given === null
        ? null : checkAddress(given);

    if (customer.cart.isEmpty) {
        refuse(400, 'The cart is empty');
    }

    const address = wanted === null ? customer.addresses.at(-1)
        : customer.addresses.find((saved) => sameAddress(saved, wanted))
          ?? wanted;

    if (address === undefined) {
        refuse(400, 'billing_address is required, none is saved');
    }

    const order = orderOf(shop, customer, address);

    // From here nothing can fail: all of it happens, or none.

    shop.orderNumbers++;
    customer.orders.set(order.id, order);
    customer.addresses = [
        ...customer.addresses.filter((saved) => saved !== address), address];
    customer.cart.clear();

    if (action === 'save_order') {
        return { json: { success: 'Your Order has been saved' } };
    }

    if (request.settings.orderAnswer === 'json') {
        return { json: { success: 'Your Order has been created', order } };
    }

    return { status: 302,
             headers: { Location: `${ROOT}${order.id}/payment/` } };
}

export function listOrders(request) {
    const customer = authenticate(request);

    return { json: { orders: [...customer.orders.values()] } };
}

export function showPayment(request, [id]) {
    const customer = authenticate(request);
    const order = customer.orders.get(id);

    return order === undefined ? refuse(404, 'There is no such order')
        : { json: order };
}

// Copyright (C) 2026 pancake checkout contributors

// Is it paid?  The shop has no key of the payment API: the edge asks for it,
// and only what the edge's configuration lets it ask.

import http from 'node:http';

const LIMIT_MS = 10 * 1000;
const LIMIT_BYTES = 64 * 1024;

// fetch() would add the fields of a browser's script, and such a one has no
// business at the edge

function get(url) {
    return new Promise((resolve, reject) => {
        const signal = AbortSignal.timeout(LIMIT_MS);
        const headers = { Accept: 'application/json' };

        http.get(url, { headers, signal }, async (response) => {
            let text = '';

            try {
                for await (const part of response.setEncoding('utf8')) {
                    text += part;

                    if (text.length > LIMIT_BYTES) {
                        throw new Error('answer too large');
                    }
                }

                resolve({ status: response.statusCode, text });

            } catch (error) {
                reject(error);
            }
        }).on('error', reject);
    });
}

// true, false, or null when nobody can tell

async function isPaid(edge, reference) {
    const url = `${edge}/order-status?variables.reference=`
                + encodeURIComponent(reference);

    try {
        const { status, text } = await get(url);

        if (status !== 200) {
            throw new Error(`answer ${status}`);
        }

        const orders = JSON.parse(text)?.data?.onetimeOrders;

        if (!Array.isArray(orders)) {
            throw new Error('answer without orders');
        }

        return orders.some((order) => (
            order?.orderMerchantExternalId === reference
            && order.status === 'completed'));

    } catch (error) {
        console.error(`order-status: ${error.message}`);
        return null;
    }
}

// { state: paid | unpaid | unknown | none, purchase } for the thank-you page.
// Whoever comes here proves nothing by it, so each visit asks.

export async function lookUp(shop, edge, buyer) {
    let state = 'unknown';

    for (const purchase of [...buyer.pending]) {
        const paid = edge === undefined ? null
            : await isPaid(edge, purchase.reference);

        if (paid) {
            shop.markPaid(buyer, purchase);
            return { state: 'paid', purchase };
        }

        if (paid === null) {
            return { state: 'unknown', purchase: buyer.pending[0] };
        }

        state = 'unpaid';
    }

    if (buyer.pending.length > 0) {
        return { state, purchase: buyer.pending[0] };
    }

    return buyer.paid === null ? { state: 'none', purchase: null }
        : { state: 'paid', purchase: buyer.paid };
}

// Copyright (C) 2026 pancake checkout contributors

// A cart: articles and quantities, at most one voucher.  It holds no prices,
// so that they are always those of today.

import { MOST, amount, vouchers } from './articles.js';

export class Cart {
    constructor() {
        this.clear();
    }

    clear() {
        this.quantities = new Map();
        this.voucher = null;
        this.quoted = null;     // { reference, contents }
    }

    get isEmpty() {
        return this.quantities.size === 0;
    }

    add(sku, quantity) {
        const sum = (this.quantities.get(sku) ?? 0) + quantity;

        this.quantities.set(sku, Math.min(sum, MOST));
    }

    remove(sku) {
        this.quantities.delete(sku);
    }

    // what was put in before the customer signed in

    merge(other) {
        for (const [sku, quantity] of other.quantities) {
            this.add(sku, quantity);
        }

        this.voucher = other.voucher ?? this.voucher;
    }

    // The cart at the prices of this moment.

    priced(articles) {
        const lines = [...this.quantities].map(([sku, quantity]) => {
            const article = articles.get(sku);
            const off = article.offer?.cents ?? 0;

            return {
                article,
                quantity,
                unit: article.price - off,
                saved: off * quantity,
                shipping: article.shipping,
                goods: (article.price - off) * quantity,
            };
        });
        const sum = (count) => lines.reduce((all, line) => (
            all + count(line)), 0);
        const goods = sum((line) => line.goods);
        const shipping = sum((line) => line.shipping * line.quantity);
        const voucher = vouchers.get(this.voucher) ?? null;
        const counts = voucher !== null && goods >= voucher.least;
        const off = counts ? Math.min(voucher.off(goods), goods) : 0;

        return {
            lines,
            items: sum((line) => line.quantity),
            goods,
            shipping,
            voucher,
            voucherOff: off,
            saved: sum((line) => line.saved) + off,
            total: goods + shipping - off,
        };
    }
}

// Two carts with the same contents are the same purchase.

export function contents({ lines, voucher, total }) {
    return JSON.stringify([
        lines.map(({ article, quantity, unit }) => (
            [article.sku, quantity, unit])),
        voucher?.code ?? null,
        total,
    ]);
}

export function summary({ lines }) {
    return lines.map(({ article, quantity }) => (
        `${quantity}x ${article.sku}`)).join(', ');
}

// a line in the words of the order API; "total_price" is without shipping

export function itemOf({ article, quantity, unit, saved, shipping, goods }) {
    return {
        sku: article.sku,
        name: article.name,
        unit_price: amount(unit),
        quantity,
        discount_amount: amount(saved),
        offer: article.offer?.id ?? null,
        shipping: amount(shipping),
        total_price: amount(goods),
    };
}

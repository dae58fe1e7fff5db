// Copyright (C) 2026 pancake checkout contributors

// What the shop sells, its vouchers, and its customers.  Money is counted in
// cents, as whole numbers, and becomes text only where it leaves the shop.

export const CURRENCY = 'USD';

// The payment API knows all carts as one product with a price of its own.

export const PRODUCT = 'PROD_4cWAslE1GKkGeaOMl9Vbmy';
export const TAX_CATEGORY = 'digital_goods';

export const MOST = 99;         // of one article in a cart

// price: of one, before the offer; shipping: of one

export function articles() {
    return new Map([
        {
            sku: 'buttermilk', picture: 'stack', price: 1250, shipping: 0,
            name: 'Buttermilk Classics',
            text: 'Forty recipes as an e-book, from Sunday stacks to'
                  + ' silver-dollar bites.',
        },
        {
            sku: 'crepes', picture: 'crepe', price: 900, shipping: 0,
            name: 'Crêpes & Galettes',
            text: 'Thin, lacy and folded in four: the batter, the wrist, the'
                  + ' fillings.',
        },
        {
            sku: 'syrup', picture: 'syrup', price: 2000, shipping: 0,
            offer: { id: 'autumn-syrup', name: 'Autumn offer', cents: 350 },
            name: 'The Syrup Course',
            text: 'Six short films about sugar, heat and patience.',
        },
        {
            sku: 'cards', picture: 'cards', price: 1400, shipping: 300,
            name: 'Recipe cards, printed',
            text: 'Thirty cards that forgive a splash of milk, sent by'
                  + ' post.',
        },
    ].map((article) => [article.sku, article]));
}

// off(goods): how much of the goods' price the voucher takes away

export const vouchers = new Map([
    {
        code: 'MAPLE3', least: 1000, text: '$3.00 off, from $10.00',
        off: () => 300,
    },
    {
        code: 'BUTTER10', least: 0, text: '10 % off',
        off: (goods) => Math.floor(goods / 10),
    },
].map((voucher) => [voucher.code, voucher]));

export function customers() {
    return [
        {
            id: 'customer-ada', name: 'Ada', email: 'ada@example.com',
            token: 'token-ada-0001',
            addresses: [{
                street_address: '24 Sussex Drive', postal_code: 'K1M 1M4',
                city: 'Ottawa', state: 'Ontario', country: 'Canada',
            }],
        },
        {
            id: 'customer-bob', name: 'Bob', email: 'bob@example.com',
            token: 'token-bob-0001',
            addresses: [],
        },
    ];
}

// the API's way of writing an amount

export function amount(cents) {
    const digits = String(cents).padStart(3, '0');

    return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

export function centsOf(text) {
    const [, whole, fraction] = /^(\d{1,9})\.(\d\d)$/.exec(text) ?? [];

    return whole === undefined ? null : Number(whole + fraction);
}

export const price = (cents) => `$${amount(cents)}`;

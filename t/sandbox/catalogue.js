// Copyright (C) 2026 pancake checkout contributors

// What the store sells, and the tables that money and countries need.
//
// Any well-formed id is accepted, as a product of no special name, so that a
// test can make up its own.  The exceptions end in their HTTP status:
// PROD_, STO_ and ORD_ followed by nineteen zeros and 404 do not exist, and
// STO_ and ORD_ with 403 belong to somebody else.

export const MISSING = '0000000000000000000404';
export const FOREIGN = '0000000000000000000403';

const monthly = {
    USD: '9.00', EUR: '8.50', GBP: '7.50', HKD: '69.00', JPY: '1300',
};

const yearly = {
    USD: '90.00', EUR: '85.00', GBP: '75.00', HKD: '690.00', JPY: '13000',
};

const products = [
    {
        id: 'PROD_4cWAslE1GKkGeaOMl9Vbmy', name: 'Pancake Pro',
        type: 'onetime',
        prices: {
            USD: '29.00', EUR: '27.00', GBP: '24.00', HKD: '229.00',
            JPY: '4500', CNY: '209.00',
        },
    },
    {
        id: 'PROD_00000000000ClubMonthly', name: 'Pancake Club, monthly',
        type: 'subscription', group: 'club', prices: monthly,
    },
    {
        id: 'PROD_000000000000ClubYearly', name: 'Pancake Club, yearly',
        type: 'subscription', group: 'club', prices: yearly,
    },
    {
        id: 'PROD_000000000WaffleMonthly', name: 'Waffle Circle, monthly',
        type: 'subscription', group: 'circle', prices: monthly,
    },
];

// groups whose subscribers may change their plan themselves

export const selfService = new Set(['club']);

// orders that exist from the start; any other id is made up when first used

export const orders = [
    ['ORD_5dXBtmF2HLlHfbPNm0Wcnz', 'subscription', 'active'],
    ['ORD_000000000000000pending', 'onetime', 'pending'],
    ['ORD_0000000000000completed', 'onetime', 'completed'],
    ['ORD_0000000000000000active', 'subscription', 'active'],
    ['ORD_000000000000000pastdue', 'subscription', 'past_due'],
    ['ORD_0000000000000000closed', 'subscription', 'closed'],
];

export const defaultProduct = {
    onetime: products[0].id,
    subscription: products[1].id,
};

const anyPrice = {
    USD: '10.00', EUR: '9.00', GBP: '8.00', HKD: '78.00', JPY: '1500',
    CNY: '72.00',
};

export function catalogue() {
    return new Map(products.map((product) => [product.id, product]));
}

// null when there is none; "type" is for a product that nobody has described

export function findProduct(map, id, type = 'onetime') {
    if (id.endsWith(MISSING)) {
        return null;
    }

    return map.get(id)
        ?? { id, name: `Product ${id.slice(-6)}`, type, prices: anyPrice };
}

// currencies that can be charged, and how

const most = ['card', 'applepay', 'googlepay'];

export const methods = {
    onetime: {
        USD: [...most, 'wechat'], EUR: most, GBP: most, HKD: most, JPY: most,
        CNY: ['wechat'],
    },
    subscription: {
        USD: most, EUR: most, GBP: most, HKD: most, JPY: most,
    },
};

export const taxCategories = [
    'digital_goods', 'saas', 'software', 'ebook', 'online_course',
    'consulting', 'professional_service',
];

export const languages = [
    'en', 'pt-BR', 'es-MX', 'id-ID', 'vi-VN', 'ru-RU', 'en-KE', 'es-PE',
    'es-CO', 'es-CL', 'zh-Hant-TW', 'zh-Hant-HK', 'th-TH', 'ja-JP', 'en-NG',
    'ko-KR', 'en-HK', 'zh-Hans-HK', 'pl-PL', 'tr-TR', 'zh-Hans', 'ms-MY',
];

export const europeanUnion = new Set((
    'AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK'
    + ' SI ES SE').split(' '));

// in percent, invented, only to give preview-tax something to count with

export function taxPercent({ country, isBusiness, taxId }) {
    if (europeanUnion.has(country)) {
        return isBusiness && taxId ? 0 : 20;
    }

    return { US: 9, CA: 13, GB: 20, JP: 10 }[country] ?? 0;
}

const decimals = (currency) => (currency === 'JPY' ? 0 : 2);

export function toMinor(amount, currency) {
    const [whole, fraction = ''] = amount.split('.');
    const digits = decimals(currency);

    return BigInt(whole + fraction.slice(0, digits).padEnd(digits, '0'));
}

export function toDisplay(minor, currency) {
    const digits = decimals(currency);
    const text = minor.toString().padStart(digits + 1, '0');

    return digits === 0
        ? text
        : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

// Copyright (C) 2026 pancake checkout contributors

// Refusals, and the checks of single fields.

import { isIP } from 'node:net';

import { europeanUnion, languages, taxCategories } from './catalogue.js';

// "reason" is for whoever reads the record of requests, and never sent;
// "outer" is the caller in whose name the deepest layer was asked

export class Refusal extends Error {
    constructor(status, message, layer, { reason, hint, outer } = {}) {
        super(message);
        this.status = status;
        this.reason = reason ?? hint ?? message;
        this.errors = [{ message, layer, ...(hint && { aiHint: hint }) }];

        if (outer) {
            this.errors.push(outer);
        }
    }
}

export function refuse(status, message, layer, more) {
    throw new Refusal(status, message, layer, more);
}

const UUID = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';

export const isString = (value) => typeof value === 'string';
export const isBoolean = (value) => typeof value === 'boolean';
export const isObject = (value) => (
    typeof value === 'object' && value !== null && !Array.isArray(value));

export const isUuid = (value) => new RegExp(`^${UUID}$`).test(value);

export const isSessionId = (value) => (
    isString(value) && new RegExp(`^(?:cs_)?${UUID}$`).test(value));

export const isCurrency = (value) => (
    isString(value) && /^[A-Z]{3}$/.test(value));

export const isAmount = (value) => (
    isString(value) && /^[0-9]+(\.[0-9]+)?$/.test(value)
    && /[1-9]/.test(value));

export const isTaxCategory = (value) => taxCategories.includes(value);

export const isLanguage = (value) => languages.includes(value);

export const isIpAddress = (value) => isString(value) && isIP(value) !== 0;

export const isEmail = (value) => (
    isString(value) && /^[^\s@]+@[^\s@]+$/.test(value.trim()));

export const isStrings = (value) => (
    Array.isArray(value) && value.every(isString));

export const isMetadata = (value) => (
    isObject(value) && Object.values(value).every(isString));

export function isWebUrl(value) {
    if (!isString(value) || value.length > 512) {
        return false;
    }

    try {
        return /^https?:$/.test(new URL(value).protocol);

    } catch {
        return false;
    }
}

export const shortId = (prefix, uuids) => (value) => (
    isString(value)
    && (new RegExp(`^${prefix}_[0-9A-Za-z]{22}$`).test(value)
        || (uuids && isUuid(value))));

export function required(body, name, layer) {
    const value = body[name];

    if (value === undefined || value === null || value === '') {
        refuse(400, `Missing required field: ${name}`, layer);
    }

    return value;
}

export function requiredId(body, name, prefix, layer, uuids) {
    const value = required(body, name, layer);

    if (!shortId(prefix, uuids)(value)) {
        refuse(400, 'Invalid ID format', layer,
               { hint: `${name} is no ${prefix}_ id` });
    }

    return value;
}

// { name: check }: what is there must pass

export function checkOptional(body, checks, layer) {
    for (const [name, check] of Object.entries(checks)) {
        if (body[name] !== undefined && !check(body[name])) {
            refuse(400, `Invalid field: ${name}`, layer);
        }
    }
}

const billingFields = {
    country: (value) => isString(value) && /^[A-Z]{2}$/.test(value),
    isBusiness: isBoolean,
    state: isString,
    postcode: isString,
    businessName: isString,
    taxId: isString,
};

// "stage": "prefill" looks at formats only, "tax" also at the state, and
// "order" at everything that an invoice needs

export function checkBilling(detail, stage, layer) {
    const wrong = (hint) => refuse(400, 'Invalid billingDetail', layer,
                                   { hint: `billingDetail${hint}` });

    if (!isObject(detail)) {
        wrong(' is not an object');
    }

    for (const [name, check] of Object.entries(billingFields)) {
        if (detail[name] !== undefined && !check(detail[name])) {
            wrong(`.${name} is not valid`);
        }
    }

    for (const name of ['country', 'isBusiness']) {
        if (detail[name] === undefined) {
            wrong(`.${name} is required`);
        }
    }

    if (stage === 'prefill') {
        return;
    }

    if (['US', 'CA'].includes(detail.country) && !detail.state) {
        wrong('.state is required for US and CA');
    }

    if (stage === 'tax' || !detail.isBusiness) {
        return;
    }

    if (!detail.businessName) {
        wrong('.businessName is required for a business');
    }

    if (europeanUnion.has(detail.country) && !detail.taxId) {
        wrong('.taxId is required for a business in the EU');
    }
}

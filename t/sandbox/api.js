// Copyright (C) 2026 pancake checkout contributors

// The gateway: credentials, idempotency, and the way to an action.

import { setTimeout as sleep } from 'node:timers/promises';
import { TextDecoder } from 'node:util';

import { TOKEN_MS, actions } from './actions.js';
import { Refusal, isObject, refuse } from './rules.js';
import { timestampProblem, verifySignature } from './signature.js';

const BODY_LIMIT = 1024 * 1024;

const gateway = (status, message, reason) => (
    refuse(status, message, 'gateway', { reason }));

// which headers belong to which kind of credential

const credentialHeaders = {
    'api-key': ['x-merchant-id', 'x-timestamp', 'x-signature'],
    slug: ['x-store-slug'],
    token: ['authorization'],
};

export function credentialsIn(headers) {
    return Object.keys(credentialHeaders).filter((kind) => (
        credentialHeaders[kind].some((name) => name in headers)));
}

function environmentOf(headers) {
    const environment = headers['x-environment'];

    if (environment !== 'test' && environment !== 'prod') {
        gateway(400, 'Missing or invalid X-Environment header',
                `X-Environment is ${JSON.stringify(environment) ?? 'absent'}`);
    }

    return environment;
}

function byApiKey({ config, world, headers, request, record }) {
    const lacking = credentialHeaders['api-key'].find((name) => (
        !headers[name]));

    if (lacking) {
        gateway(401, 'Missing authentication', `no ${lacking}`);
    }

    if (headers['x-merchant-id'] !== config.merchant) {
        gateway(401, 'Invalid API key', 'unknown merchant');
    }

    const now = Math.floor(Date.now() / 1000)
                + world.settings.signatureClockSeconds;
    const problem = timestampProblem(headers['x-timestamp'], now);

    if (problem) {
        gateway(401, 'Authentication failed', problem);
    }

    const signed = { ...request, timestamp: headers['x-timestamp'],
                     signature: headers['x-signature'] };
    const index = config.keys.findIndex(({ publicKey }) => (
        verifySignature(signed, publicKey)));

    if (index < 0) {
        gateway(401, 'Invalid API key', 'signature does not verify');
    }

    record.signer = index + 1;

    if (index < world.settings.withdrawnKeys) {
        gateway(401, 'Invalid API key', 'the key was withdrawn');
    }

    return { kind: 'api-key', environment: config.keys[index].environment };
}

function bySlug({ config, headers }) {
    const environment = environmentOf(headers);

    if (headers['x-store-slug'] !== config.slug) {
        refuse(404, 'Store not found', 'store', { reason: 'unknown slug' });
    }

    return { kind: 'slug', environment };
}

function byToken({ world, headers }) {
    const environment = environmentOf(headers);
    const [, text] = /^Bearer ([\x21-\x7e]+)$/.exec(headers.authorization)
                     ?? [];
    const token = world.tokens.get(text);

    if (!token) {
        gateway(401, 'Authentication failed', 'unknown token');
    }

    if (token.expires <= world.now()) {
        gateway(401, 'Authentication failed', 'expired token');
    }

    if (token.environment !== environment) {
        gateway(401, 'Authentication failed',
                `token is for ${token.environment}`);
    }

    token.expires = world.now() + TOKEN_MS;

    return { kind: 'token', environment, identity: token.identity };
}

function authenticate(input) {
    const kinds = credentialsIn(input.headers);

    if (kinds.length > 1) {
        gateway(400, 'Conflicting credentials',
                `more than one credential: ${kinds.join(', ')}`);
    }

    if (kinds.length === 0) {
        gateway(401, 'Missing authentication', 'no credential');
    }

    return { 'api-key': byApiKey, slug: bySlug, token: byToken }[kinds[0]](
        input);
}

function findAction({ method, path }) {
    const action = actions[path];

    if (!action && path.startsWith('/v1/actions/store-merchant/')) {
        gateway(501, 'Not implemented');
    }

    if (!action) {
        gateway(404, 'Not found', 'unknown path');
    }

    if (method !== 'POST') {
        gateway(405, 'Method not allowed', `method is ${method}`);
    }

    return action;
}

function parseBody(body) {
    let value;

    try {
        value = JSON.parse(new TextDecoder('utf-8', { fatal: true,
                                                      ignoreBOM: true })
            .decode(body));

    } catch (error) {
        gateway(400, 'Invalid JSON in request body', error.message);
    }

    if (!isObject(value)) {
        gateway(400, 'Request body must be a JSON object');
    }

    return value;
}

// what the API would let pass, but an edge should not send

function notes(headers, rawHeaders, target, action) {
    const found = [];

    for (const name of Object.keys(headers)) {
        if (name.startsWith('x-context-')) {
            found.push(`header from outside: ${name}`);
        }
    }

    const names = rawHeaders.filter((_, i) => i % 2 === 0)
        .map((name) => name.toLowerCase());

    for (const name of new Set(names)) {
        if (names.filter((other) => other === name).length > 1) {
            found.push(`repeated header: ${name}`);
        }
    }

    if (credentialsIn(headers)[0] === 'api-key'
        && 'x-environment' in headers)
    {
        found.push('X-Environment with an API key');
    }

    if (action?.noKey && 'x-idempotency-key' in headers) {
        found.push('idempotency key where none belongs');
    }

    if (target.includes('?')) {
        found.push('query in the target');
    }

    return found;
}

function answerOf(status, envelope) {
    return { status, envelope };
}

function refusalOf(error) {
    if (error instanceof Refusal) {
        return answerOf(error.status, { data: null, errors: error.errors });
    }

    console.error(error);

    return answerOf(500, {
        data: null,
        errors: [{ message: 'Internal server error', layer: 'gateway' }],
    });
}

export class Api {
    constructor(config, world) {
        this.config = config;
        this.world = world;
    }

    // Fills the record in, and resolves to { status, envelope }.  With
    // "process" false the request is judged but nothing is done.

    async answer(req, body, record, { process, inFlightMs }) {
        const { world, config } = this;
        const { headers, method, url, rawHeaders } = req;
        const [path] = url.split('?');
        const input = { config, world, headers, record,
                        request: { method, path, body } };

        record.notes = notes(headers, rawHeaders, url, actions[path]);
        record.credential = credentialsIn(headers).join('+') || null;

        try {
            const action = findAction(input.request);

            if (!/^application\/json(?:\s*;|$)/i.test(
                headers['content-type'] ?? ''))
            {
                gateway(400, 'Content-Type must be application/json');
            }

            const credential = authenticate(input);

            if (!action.by.includes(credential.kind)) {
                gateway(403, 'Insufficient permissions',
                        `not available with ${credential.kind}`);
            }

            record.verdict = 'ok';

            if (!process) {
                return null;
            }

            const context = {
                world,
                config,
                credential,
                settings: world.settings,
                note: (text) => record.notes.push(text),
            };
            const run = async () => {
                await sleep(inFlightMs ?? world.settings.inFlightMs);

                return action.run(context, parseBody(body));
            };

            return await this.once(headers['x-idempotency-key'], record, run);

        } catch (error) {
            record.verdict = error.reason ?? error.message;

            return process ? refusalOf(error) : null;
        }
    }

    // The key alone is the identity: neither path nor body nor merchant is
    // compared, as in the API.

    async once(key, record, run) {
        const { world } = this;

        if (key !== undefined && !/^[A-Za-z0-9_-]{1,256}$/.test(key)) {
            gateway(400, 'Invalid X-Idempotency-Key header');
        }

        const entry = key === undefined ? undefined : world.key(key);

        if (entry?.answer) {
            record.effect = { replay: entry.id, of: entry.n };
            return entry.answer;
        }

        if (entry) {
            gateway(409, 'A request with this idempotency key is already in'
                         + ' progress', 'idempotency key in flight');
        }

        if (key !== undefined) {
            world.keys.set(key, {});
        }

        try {
            const { data, effect } = await run();
            const answer = answerOf(200, { data });

            record.effect = effect;

            if (key !== undefined) {
                world.keys.set(key, {
                    answer,
                    time: world.now(),
                    n: record.n,
                    id: effect?.created ?? effect?.changed ?? null,
                });
            }

            return answer;

        } catch (error) {
            if (key !== undefined) {
                world.keys.delete(key);
            }

            throw error;
        }
    }
}

// Resolves to the body, or to null if the client left or sent too much.

export async function readBody(req, record) {
    const parts = [];
    let size = 0;

    try {
        for await (const part of req) {
            size += part.length;

            if (size <= BODY_LIMIT) {
                parts.push(part);
            }
        }

    } catch {
        record.verdict = 'client left before its body was complete';
    }

    const body = Buffer.concat(parts);

    record.body = body.toString();
    record.bodyHex = body.toString('hex');

    if (size > BODY_LIMIT) {
        record.verdict = `body is larger than ${BODY_LIMIT} bytes`;
    }

    return record.verdict ? null : body;
}

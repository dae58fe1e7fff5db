// Copyright (C) 2026 pancake checkout contributors

// /_sandbox/: what a test asks the double, and tells it to do.

import { makeFault } from './faults.js';
import { World, defaultSettings } from './world.js';

// what Node would not tell a reader about a fault in a list

const shown = ({ wire, ...fault }) => fault;

function since(url) {
    const number = new URL(url, 'http://localhost').searchParams.get('since');

    return Number(number ?? 0);
}

function setSettings(world, asked) {
    for (const [name, value] of Object.entries(asked)) {
        if (!Object.hasOwn(defaultSettings, name)
            || typeof value !== typeof defaultSettings[name])
        {
            throw new Error(`invalid setting ${name}; there are: `
                            + Object.keys(defaultSettings).join(', '));
        }
    }

    Object.assign(world.settings, asked);

    return world.settings;
}

const routes = {
    'GET /_sandbox/requests': ({ world }, { url }) => (
        world.requests.filter(({ n }) => n > since(url))),

    'GET /_sandbox/state': ({ world }) => world.counts(),

    'GET /_sandbox/sessions': ({ world }) => [...world.sessions.values()],

    'GET /_sandbox/orders': ({ world }) => [...world.orders.values()],

    'GET /_sandbox/settings': ({ world }) => world.settings,

    'POST /_sandbox/settings': ({ world }, { body }) => (
        setSettings(world, body)),

    'GET /_sandbox/fault': ({ world }) => world.faults.map(shown),

    // one fault or a list of them, used in that order

    'POST /_sandbox/fault': ({ world }, { body }) => {
        const faults = [body].flat().map(makeFault);

        world.faults.push(...faults);

        return Array.isArray(body) ? faults.map(shown) : shown(faults[0]);
    },

    'DELETE /_sandbox/fault': ({ world }) => {
        world.faults.length = 0;

        return [];
    },

    'POST /_sandbox/reset': (api) => {
        api.world = new World(api.config.settings);

        return api.world.counts();
    },
};

function respond(res, status, value) {
    const body = Buffer.from(`${JSON.stringify(value, null, 1)}\n`);

    res.writeHead(status, { 'Content-Type': 'application/json',
                            'Content-Length': body.length });
    res.end(body);
}

export async function control(api, req, res) {
    const [path] = req.url.split('?');
    const route = routes[`${req.method} ${path}`];

    if (!route) {
        respond(res, 404, { error: 'no such control',
                            controls: Object.keys(routes) });
        return;
    }

    try {
        const parts = [];

        for await (const part of req) {
            parts.push(part);
        }

        const text = Buffer.concat(parts).toString();

        respond(res, 200, route(api, { url: req.url,
                                       body: JSON.parse(text || '{}') }));

    } catch (error) {
        respond(res, 400, { error: error.message });
    }
}

// Copyright (C) 2026 pancake checkout contributors

// What holds for every page: headers, landmarks, labels, nothing inline and
// nothing from elsewhere.

import { check, same } from '../../sandbox/selftest/harness.mjs';
import { Browser, withShop } from './browser.mjs';

const attribute = (tag, name) => (
    new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]);

function wellMade(name, { status, text, headers }, wanted) {
    same(`${name}: status`, status, wanted);
    same(`${name}: type`, headers.get('content-type'),
         'text/html; charset=utf-8');
    check(`${name}: policy`, /default-src 'none'/.test(
        headers.get('content-security-policy')));
    same(`${name}: not stored`, headers.get('cache-control'), 'no-store');
    check(`${name}: language, title, width`,
          /<html lang="en">/.test(text) && /<title>[^<]+<\/title>/.test(text)
          && /name="viewport"/.test(text));

    for (const tag of ['header', 'nav', 'main', 'footer', 'h1']) {
        same(`${name}: one ${tag}`,
             text.match(new RegExp(`<${tag}[ >]`, 'g'))?.length, 1);
    }

    check(`${name}: nothing inline`,
          !/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)/.test(text));
    check(`${name}: nothing from elsewhere`,
          !/(?:src|href|action)="(?!\/|#)/.test(text)
          && !/(?:src|href|action)="\/\//.test(text));
    check(`${name}: no value is missing`,
          !/undefined|null|NaN|\[object/.test(text), text);

    const labels = [...text.matchAll(/<label for="([^"]*)"/g)]
        .map(([, id]) => id);

    for (const [tag] of text.matchAll(/<input[^>]*>/g)) {
        check(`${name}: label of ${attribute(tag, 'name')}`,
              attribute(tag, 'type') === 'hidden'
              || labels.includes(attribute(tag, 'id')), tag);
    }

    const ids = [...text.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);

    same(`${name}: no id twice`, new Set(ids).size, ids.length);
}

export default async function run() {
    await withShop({}, async (browser, base) => {
        wellMade('catalogue', await browser.get('/'), 200);
        same('looking leaves no cookie', browser.setCookie, null);
        wellMade('empty cart', await browser.get('/cart'), 200);
        wellMade('sign in', await browser.get('/login'), 200);
        wellMade('nothing bought', await browser.get('/thanks'), 200);
        wellMade('no page', await browser.get('/nothing'), 404);
        wellMade('wrong method', await browser.get('/cart/add'), 405);
        wellMade('unknown customer', await browser.post('/login', {
            email: '"><script>alert(1)</script>' }), 422);
        wellMade('no such article', await browser.post('/cart/add', {
            sku: 'waffle' }), 400);

        await browser.post('/cart/add', { sku: 'syrup', quantity: 2 });
        await browser.post('/cart/add', { sku: 'cards' });
        await browser.post('/cart/voucher', { code: 'BUTTER10' });

        wellMade('cart', await browser.get('/cart'), 200);
        wellMade('wrong voucher', await browser.get(
            '/cart?voucher=%22%3E%3Cscript%3E'), 200);
        await browser.quote();
        wellMade('not paid', await browser.get('/thanks'), 200);
        await browser.post('/login', { email: 'ada@example.com' });
        wellMade('cart of a customer', await browser.get('/cart'), 200);

        const other = new Browser(base);

        for (const [path, type] of [
            ['/style.css', 'text/css; charset=utf-8'],
            ['/thanks.js', 'text/javascript; charset=utf-8'],
            ['/icon.svg', 'image/svg+xml'],
        ]) {
            const { status, headers } = await other.get(path);

            same(`asset ${path}`, [status, headers.get('content-type')],
                 [200, type]);
        }

        const head = await other.send('HEAD', '/');

        same('HEAD', [head.status, head.text], [200, '']);
        same('too large', (await other.post('/cart/add', {
            sku: 'x'.repeat(70000) })).status, 413);
    });
}

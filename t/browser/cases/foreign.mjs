// Copyright (C) 2026 pancake checkout contributors

// Somebody else's page sends the buyer's browser to the checkout.  Another
// port is another origin, though not another site: the cookie comes along.

import http from 'node:http';

import { check, same } from '../tap.mjs';

const page = (edge) => `<!doctype html>
<html lang="en">
<title>You have won</title>
<link rel="icon" href="data:,">
<form method="post" action="${edge}/checkout">
<input type="hidden" name="buyerEmail" value="mallory@example.com">
<button>Claim it</button>
</form>
`;

async function serve(stage) {
    const server = http.createServer((req, res) => {
        res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
        res.end(page(stage.edge));
    });

    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

    stage.ends.push(() => {
        server.close();
        server.closeAllConnections();
    });

    return `http://127.0.0.1:${server.address().port}`;
}

export default async function run(stage) {
    const origin = await serve(stage);
    const buyer = await stage.buyer();

    stage.origins.push(origin);
    stage.expected = /\/(checkout|favicon\.ico)$/;

    await buyer.fillCart();
    await buyer.page.goto(`${origin}/`);
    await stage.mark();

    const [answer] = await Promise.all([
        buyer.page.waitForResponse(`${stage.edge}/checkout`),
        buyer.page.getByRole('button', { name: 'Claim it' }).click(),
    ]);
    const headers = await answer.request().allHeaders();

    same('where it came from', headers.origin, origin);
    check('the cookie came along', /\bsid=/.test(headers.cookie));
    same('refused', answer.status(), 403);
    await buyer.page.waitForLoadState();
    await buyer.page.screenshot({
        path: `${stage.pictures}/refused-desktop-light.png` });

    const { calls, visits } = await stage.since();

    // a refusal has no icon of its own, so the browser looks for one

    same('nothing reached the API, nothing the shop',
         [calls, visits].map((list) => list.map(({ method, target }) => (
             `${method} ${target}`)).filter((line) => (
             line !== 'GET /favicon.ico'))),
         [[], []]);

    // the shop's own form still works

    await buyer.open('/cart');
    await buyer.checkOut();
    same('its own page may', await buyer.price(), '38.50 USD');
}

// Copyright (C) 2026 pancake checkout contributors

// The button is pressed again before the first press has led anywhere.  The
// buyers come all at once, so each is known by an e-mail.

import { check, same } from '../tap.mjs';

// so long that a second click comes in time on a busy machine, too

const WORKING_MS = 2000;

async function comeToCart(stage, name, javaScriptEnabled) {
    const buyer = await stage.buyer({ javaScriptEnabled });

    buyer.email = `buyer-75-${name}@example.com`;
    await buyer.fillCart();
    await typeEmail(buyer);

    return buyer;
}

async function typeEmail({ page, email }) {
    await page.getByLabel('E-mail for the receipt').fill(email);
}

async function seen(stage, { email }) {
    const { asked, created, quotes } = await stage.since();
    const isHis = ({ body }) => decodeURIComponent(body).includes(email);

    return { asked: asked.filter(isHis), created: created.filter(isHis),
             quotes: quotes.filter(isHis) };
}

async function oneSession(stage, how, buyers, atLeast) {
    await Promise.all(buyers.map((buyer) => buyer.arriveAtDouble()));

    const { created, quotes } = await seen(stage, buyers[0]);
    const pages = new Set(buyers.map(({ page }) => page.url()));

    same(`${how}: one session`, created.length, 1);
    check(`${how}: at least ${atLeast} of the clicks reached the edge`,
          quotes.length >= atLeast, `got ${quotes.length}`);
    same(`${how}: one page`, pages.size, 1);
    check(`${how}: that of the session`,
          [...pages][0].endsWith(`/${created[0]?.effect.created}`),
          [...pages][0]);
    same(`${how}: its price`, await buyers[0].price(), '38.50 USD');
}

async function doubleClick(stage, how, javaScriptEnabled) {
    const buyer = await comeToCart(stage, `double-${javaScriptEnabled}`,
                                   javaScriptEnabled);

    await buyer.button().dblclick();
    await oneSession(stage, how, [buyer], 1);
}

// where the mouse has to go

async function middle(button) {
    await button.scrollIntoViewIfNeeded();

    const { x, y, width, height } = await button.boundingBox();

    return [x + width / 2, y + height / 2];
}

// The second click comes when the first one's call is at the API for certain.

async function impatient(stage, how, javaScriptEnabled) {
    const buyer = await comeToCart(stage, `again-${javaScriptEnabled}`,
                                   javaScriptEnabled);
    const at = await middle(buyer.button());

    await buyer.page.mouse.click(...at);
    await stage.wait('the first call is at the API', async () => (
        (await seen(stage, buyer)).asked.length > 0));
    await buyer.page.mouse.click(...at);
    await oneSession(stage, how, [buyer], 2);
}

async function twoWindows(stage, how) {
    const one = await comeToCart(stage, 'windows', true);
    const other = await one.another();

    other.email = one.email;
    await other.open('/cart');
    await typeEmail(other);
    await Promise.all([one.button().click(), other.button().click()]);
    await oneSession(stage, how, [one, other], 2);
}

export default async function run(stage) {
    await stage.mark();
    await stage.doubleControl('settings', { inFlightMs: WORKING_MS });
    stage.ends.push(() => stage.doubleControl('settings',
                                              { inFlightMs: 0 }));

    await Promise.all([
        doubleClick(stage, 'double click', true),
        doubleClick(stage, 'double click without scripts', false),
        impatient(stage, 'two clicks', true),
        impatient(stage, 'two clicks without scripts', false),
        twoWindows(stage, 'two windows'),
    ]);
}

// Copyright (C) 2026 pancake checkout contributors

import { like, same } from '../tap.mjs';

async function buy(stage, javaScriptEnabled) {
    const how = javaScriptEnabled ? 'with scripts' : 'without';
    const buyer = await stage.buyer({ javaScriptEnabled });
    const { page } = buyer;

    await stage.mark();
    await buyer.fillCart();
    same(`${how}: total of the cart`, await buyer.total(), '$38.50');
    same(`${how}: items in the header`, await buyer.count(), '3');

    await page.getByLabel('E-mail for the receipt')
        .fill('buyer-75@example.com');
    await buyer.checkOut();
    same(`${how}: price at the double`, await buyer.price(), '38.50 USD');
    same(`${how}: e-mail at the double`, await buyer.detail('Email'),
         'buyer-75@example.com');
    like(`${how}: reference at the double`, await buyer.detail('Reference'),
         /^S-\d+$/);

    const reference = await buyer.detail('Reference');

    await buyer.pay();
    same(`${how}: the shop says`, await buyer.status(), 'paid');
    same(`${how}: in words`, await buyer.heading(), 'Thank you!');
    like(`${how}: about that order`, await page.locator('#status').innerText(),
         new RegExp(`${reference} of \\$38\\.50 is\\s+paid`));
    same(`${how}: nothing in the header's cart`, await buyer.count(), '0');

    await page.getByRole('link', { name: /^Cart/ }).click();
    await buyer.arrive('/cart');
    like(`${how}: the cart is empty`,
         await page.getByRole('main').innerText(), /nothing in it yet/);

    const { asked, created, quotes } = await stage.since();

    same(`${how}: one quote, one call, one session`,
         [quotes.length, asked.length, created.length], [1, 1, 1]);
}

export default async function run(stage) {
    await buy(stage, true);
    await buy(stage, false);
}

// Copyright (C) 2026 pancake checkout contributors

// An empty cart has no button; but it may have been emptied in another window.

import { like, same } from '../tap.mjs';

async function empty(stage, javaScriptEnabled) {
    const how = javaScriptEnabled ? 'with scripts' : 'without';
    const buyer = await stage.buyer({ javaScriptEnabled });

    await buyer.open('/');
    await buyer.add('Crêpes & Galettes', 1);

    const other = await buyer.another();

    await other.open('/cart');
    await other.page.getByRole('button', { name: /^Remove/ }).click();
    await other.page.getByText('nothing in it yet').waitFor();
    same(`${how}: no button any more`, await other.button().count(), 0);

    await stage.mark();
    await buyer.button().click();
    await buyer.arrive('/cart?empty=1');
    like(`${how}: message`, await buyer.page.getByRole('alert').innerText(),
         /Your cart is empty/);

    const { quotes, calls } = await stage.since();

    same(`${how}: the shop was asked, the API was not`,
         [quotes.length, calls.length], [1, 0]);
}

export default async function run(stage) {
    await empty(stage, true);
    await empty(stage, false);
}

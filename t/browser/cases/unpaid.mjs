// Copyright (C) 2026 pancake checkout contributors

// The buyer looks at the thank-you page in one window while the payment page
// is open in another.

import { like, same } from '../tap.mjs';

async function atTheDouble(stage, javaScriptEnabled) {
    const paying = await stage.buyer({ javaScriptEnabled });

    await paying.fillCart();
    await paying.checkOut();

    const looking = await paying.another();

    await looking.open('/thanks');

    return { paying, looking };
}

async function withScripts(stage) {
    const { paying, looking } = await atTheDouble(stage, true);
    const { page } = looking;

    same('with scripts: before', await looking.heading(), 'Not paid yet');

    // this is lost if the page is loaded anew

    await page.evaluate(() => { window.kept = 'kept'; });
    await page.getByRole('link', { name: 'Check again' }).click();
    await page.getByText(/^Checked at /).waitFor();
    same('with scripts: asked again', await looking.heading(),
         'Not paid yet');
    same('with scripts: the cart is still full', await looking.count(), '3');

    await paying.pay();
    await looking.waitForHeading('Thank you!');
    same('with scripts: after', await looking.status(), 'paid');
    like('with scripts: title', await page.title(), /^Paid/);
    same('with scripts: the header, too', await looking.count(), '0');
    same('with scripts: the page was not loaded anew',
         await page.evaluate(() => window.kept), 'kept');
}

async function without(stage) {
    const { paying, looking } = await atTheDouble(stage, false);
    const { page } = looking;

    same('without: before', await looking.heading(), 'Not paid yet');
    await page.getByRole('link', { name: 'Check again' }).click();
    await looking.arrive('/thanks');
    same('without: asked again', await looking.heading(), 'Not paid yet');

    await paying.pay();
    same('without: the window of the payment', await paying.heading(),
         'Thank you!');

    // nobody clicks: it loads itself anew

    await looking.waitForHeading('Thank you!');
    same('without: after', await looking.status(), 'paid');
    same('without: and no more of that', await page.locator('noscript, meta'
        + '[http-equiv="refresh"]').count(), 0);
}

async function neverBought(stage) {
    const buyer = await stage.buyer();

    await buyer.open('/thanks');
    same('nothing bought', await buyer.status(), 'none');
}

export default async function run(stage) {
    await Promise.all([withScripts(stage), without(stage),
                       neverBought(stage)]);
}

// Copyright (C) 2026 pancake checkout contributors

import { check, like, same } from '../tap.mjs';

export default async function run(stage) {
    const buyer = await stage.buyer();
    const { page } = buyer;

    await stage.mark();
    await buyer.signIn('ada@example.com');
    await buyer.fillCart();
    same('no e-mail is asked for',
         await page.getByLabel('E-mail for the receipt').count(), 0);
    await buyer.checkOut();

    const token = new URL(page.url()).hash.replace(/^#token=/, '');

    like('token in the address', page.url(), /#token=[\w.~-]+$/);
    await page.getByText('Signed in with token').waitFor();
    same('the page has read it', await page.locator('#token').innerText(),
         token);
    same('e-mail of the customer', await buyer.detail('Email'),
         'ada@example.com');
    same('price', await buyer.price(), '38.50 USD');

    const { calls, created } = await stage.since();
    const issued = calls.filter(({ target }) => (
        target.endsWith('/issue-session-token')));

    same('one session, one token', [created.length, issued.length], [1, 1]);
    same('the token is for her', JSON.parse(issued[0].body).buyerIdentity,
         'customer-ada');

    await buyer.pay();
    same('paid', await buyer.status(), 'paid');

    const { visits } = await stage.since();

    check('the shop has not seen the token',
          token !== '' && !JSON.stringify(visits).includes(token));

    await page.getByRole('button', { name: /^Sign out/ }).click();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    await buyer.open('/thanks');
    same('signed out: her order is not shown', await buyer.status(), 'none');
}

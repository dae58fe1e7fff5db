// Copyright (C) 2026 pancake checkout contributors

// A buyer in the shop: finds things by what they are called, as one who sees
// or hears the page does.

export class Buyer {
    constructor(stage, context, page) {
        Object.assign(this, { stage, context, page });
    }

    // the same buyer in another window

    async another() {
        return new Buyer(this.stage, this.context,
                         await this.context.newPage());
    }

    async open(path) {
        return this.page.goto(this.stage.edge + path);
    }

    path() {
        return this.page.url().replace(this.stage.edge, '');
    }

    // A browser takes the fragment of an address along to where that leads
    // with a redirect, so it does not count.

    async arrive(path) {
        await this.page.waitForURL((url) => (
            url.origin === this.stage.edge
            && url.pathname + url.search === path));
    }

    // A second click ends the first one's journey, and waitForURL() takes that
    // for the end of all.

    async arriveAtDouble() {
        const { stage, page } = this;

        await stage.wait('the page of the double', () => (
            new URL(page.url()).origin === stage.double));
        await page.waitForLoadState();
    }

    heading() {
        return this.page.getByRole('heading', { level: 1 }).innerText();
    }

    waitForHeading(name) {
        return this.page.getByRole('heading', { level: 1, name }).waitFor();
    }

    async add(article, quantity) {
        if (this.path() !== '/') {
            await this.page.getByRole('link', { name: 'Articles' }).click();
        }

        await this.page.getByLabel(`Quantity of ${article}`)
            .fill(String(quantity));
        await this.page.getByRole('button', {
            name: new RegExp(`^Add to cart.*${article}`) }).click();
        await this.arrive('/cart');
    }

    // two articles and a voucher: 2 x 12.50 + 16.50 - 3.00

    async fillCart() {
        await this.open('/');
        await this.add('Buttermilk Classics', 2);
        await this.add('The Syrup Course', 1);
        await this.page.getByLabel('Voucher').fill('MAPLE3');
        await this.page.getByRole('button', { name: 'Apply' }).click();
        await this.page.getByRole('row', { name: /MAPLE3/ }).waitFor();
    }

    total() {
        return this.page.getByRole('row', { name: /^Total/ })
            .getByRole('cell').innerText();
    }

    button() {
        return this.page.getByRole('button', { name: /^Check out/ });
    }

    async checkOut() {
        await this.button().click();
        await this.arriveAtDouble();
    }

    // on the double's page

    price() {
        return this.page.locator('.price').innerText();
    }

    detail(name) {
        return this.page.locator(`dt:text-is("${name}") + dd`).innerText();
    }

    async pay() {
        await this.page.getByRole('button', { name: /^Pay/ }).click();
        await this.arrive('/thanks');
    }

    async signIn(email) {
        await this.open('/');
        await this.page.getByRole('link', { name: 'Sign in' }).click();
        await this.page.getByLabel('E-mail').fill(email);
        await this.page.getByRole('main')
            .getByRole('button', { name: 'Sign in' }).click();
        await this.page.getByRole('button', { name: /^Sign out/ }).waitFor();
    }

    count() {
        return this.page.locator('header .count').innerText();
    }

    status() {
        return this.page.locator('#status').getAttribute('data-state');
    }
}

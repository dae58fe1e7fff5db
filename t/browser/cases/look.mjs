// Copyright (C) 2026 pancake checkout contributors

// All pages in a wide and in a narrow window, light and dark: a picture of
// each, and what can be measured.

import { contrast, focused, layout, markStops, structure } from '../page.mjs';
import { none, same } from '../tap.mjs';

const devices = {
    desktop: { viewport: { width: 1280, height: 800 } },
    phone: { viewport: { width: 360, height: 740 }, isMobile: true,
             hasTouch: true, deviceScaleFactor: 2 },
};

const schemes = ['light', 'dark'];

// The Tab key from the top of the page to its end.

async function keyboard(page) {
    const stops = await page.evaluate(markStops);
    const complaints = [];

    await page.evaluate(() => {
        document.activeElement?.blur();
        getSelection().removeAllRanges();
        scrollTo(0, 0);
    });

    for (let wanted = 0; wanted < stops; wanted++) {
        await page.keyboard.press('Tab');

        const found = await page.evaluate(focused);

        if (Number(found?.stop) !== wanted) {
            complaints.push(`stop ${wanted}: ${JSON.stringify(found)}`);
            break;
        }

        if (!found.outlined || !found.inWindow) {
            complaints.push(`not to be seen: ${JSON.stringify(found)}`);
        }
    }

    await page.evaluate(() => { document.activeElement?.blur(); });

    return complaints;
}

async function look({ stage, device }, { page }, name) {
    const complaints = [];
    const add = (list) => complaints.push(...list);

    add(await page.evaluate(layout));
    add(await page.evaluate(structure));
    add(await keyboard(page));

    for (const colorScheme of schemes) {
        await page.emulateMedia({ colorScheme });
        add((await page.evaluate(contrast)).map((complaint) => (
            `contrast in ${colorScheme}: ${complaint}`)));
        await page.screenshot({
            path: `${stage.pictures}/${name}-${device}-${colorScheme}.png`,
            fullPage: true,
        });
    }

    none(`${name}, ${device}`, complaints);
}

async function guest(tour) {
    const { stage, options } = tour;
    const buyer = await stage.buyer(options);
    const { page } = buyer;

    await buyer.open('/');
    await look(tour, buyer, 'catalogue');
    await buyer.open('/cart');
    await look(tour, buyer, 'cart-nothing');
    await buyer.open('/cart?empty=1');
    await look(tour, buyer, 'cart-empty-at-checkout');
    await buyer.open('/thanks');
    await look(tour, buyer, 'thanks-none');
    await buyer.open('/no/such/page');
    await look(tour, buyer, 'no-such-page');

    await buyer.fillCart();
    await buyer.add('Recipe cards, printed', 99);
    await look(tour, buyer, 'cart');
    await page.getByLabel('Voucher').fill('NO-SUCH-VOUCHER');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.locator('[aria-invalid="true"]').waitFor();
    await look(tour, buyer, 'cart-wrong-voucher');

    await page.getByLabel('E-mail for the receipt')
        .fill('buyer-75-with-a-rather-long-name@example.com');
    await buyer.checkOut();
    await look(tour, buyer, 'double');

    const shop = await buyer.another();

    await shop.open('/thanks');
    await look(tour, shop, 'thanks-unpaid');
    await buyer.pay();
    await look(tour, buyer, 'thanks-paid');
    await page.goBack();
    await buyer.arriveAtDouble();
    await page.reload();
    await look(tour, buyer, 'double-paid');
}

async function customer(tour) {
    const { stage, options } = tour;
    const buyer = await stage.buyer(options);
    const { page } = buyer;

    await buyer.open('/login');
    await look(tour, buyer, 'login');
    await page.getByLabel('E-mail').fill('nobody@example.com');
    await page.getByLabel('E-mail').press('Enter');
    await page.getByRole('alert').waitFor();
    await look(tour, buyer, 'login-wrong');

    // a customer has one cart in all windows, so each device has its own

    await buyer.signIn(tour.customer);
    await buyer.fillCart();
    await look(tour, buyer, 'cart-signed-in');
    await buyer.checkOut();
    await page.locator('#identified').waitFor();
    await look(tour, buyer, 'double-signed-in');
}

async function fixedPrice(tour) {
    const buyer = await tour.stage.buyer(tour.options);

    await buyer.open('/pro/');
    await look(tour, buyer, 'button');
    await buyer.open('/pro/thanks.html');
    await look(tour, buyer, 'button-thanks');
}

// The edge cannot be asked; last, because the others need it.

async function unknown(tour) {
    const buyer = await tour.stage.buyer(tour.options);

    await buyer.fillCart();
    await buyer.checkOut();
    await tour.stage.shopControl({ edge: 'http://127.0.0.1:1' });
    await buyer.open('/thanks');
    same(`not to be found out, ${tour.device}`, await buyer.status(),
         'unknown');
    await look(tour, buyer, 'thanks-unknown');
    await tour.stage.shopControl({ edge: tour.stage.edge });
}

export default async function run(stage) {
    const customers = ['ada@example.com', 'bob@example.com'];
    const tours = Object.entries(devices).map(([device, options], at) => ({
        stage, device, options, customer: customers[at] }));

    stage.expected = /\/(no\/such\/page|login)$/;

    await Promise.all(tours.flatMap((tour) => [
        guest(tour), customer(tour), fixedPrice(tour)]));

    for (const tour of tours) {
        await unknown(tour);
    }
}

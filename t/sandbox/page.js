// Copyright (C) 2026 pancake checkout contributors

// The page where a checkoutUrl leads: enough to see what is bought, and to pay
// for it.

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;',
                  "'": '&#39;' };

const escape = (value) => String(value).replace(/[&<>"']/g,
                                                (char) => escapes[char]);

const style = `
:root { color-scheme: light dark; --ink: #2b2118; --paper: #fffaf2;
  --card: #fff; --line: #ead9c0; --soft: #75614b; --accent: #a44a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #f6ebdd;
  --paper: #1d1712; --card: #2a221b; --line: #4a3c2e; --soft: #c2ae97;
  --accent: #ffb066; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center;
  padding: 1.5rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 26rem; padding: 2rem; border-radius: 1rem;
  background: var(--card); border: 1px solid var(--line); }
h1 { margin: 0 0 .25rem; font-size: 1.4rem; }
p { margin: 0; color: var(--soft); }
.price { margin: 1.25rem 0; font-size: 2.25rem; font-weight: 700;
  color: var(--ink); }
dl { display: grid; grid-template-columns: auto 1fr; gap: .4rem 1rem;
  margin: 1.25rem 0; padding-top: 1.25rem;
  border-top: 1px solid var(--line); }
dt { color: var(--soft); }
dd, code { margin: 0; overflow-wrap: anywhere; }
#identified { margin-top: 1rem; }
a, button { display: block; width: 100%; padding: .7rem 1rem;
  border: 2px solid var(--accent); border-radius: .6rem; text-align: center;
  font: inherit; font-weight: 600; text-decoration: none;
  background: var(--accent); color: var(--card); cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.paid { margin: 0 0 .75rem; font-weight: 600; color: var(--ink); }
footer { margin-top: 1.25rem; font-size: .85rem; color: var(--soft); }
`;

// the fragment never reaches a server, so only the page itself can show it

const script = `
const token = new URLSearchParams(location.hash.slice(1)).get('token');
if (token) {
    document.getElementById('token').textContent = token;
    document.getElementById('identified').hidden = false;

    // or it would go along to the shop's page: a redirect keeps it
    addEventListener('submit', () => {
        history.replaceState(null, '', location.pathname + location.search);
    });
}
`;

function page(title, main) {
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${main}
<footer>This is a sandbox: nothing is sold and nothing is paid.</footer>
</main>
</body>
</html>
`;
}

const row = (name, value) => (
    value ? `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>\n` : '');

const kinds = {
    checkout: 'Checkout',
    change: 'Change of plan',
    payment: 'Payment',
};

const back = ({ successUrl }) => (
    successUrl ? `<a href="${escape(successUrl)}">Back to the shop</a>` : '');

// The form leads to its own address: an action would have to repeat it.

function payment(kind, purchase, order) {
    if (kind === 'change') {
        return back(purchase);
    }

    if (order && isPaid(order)) {
        return `<p class="paid">This is paid.</p>\n${back(purchase)}`;
    }

    return '<form method="post"><button>Pay '
           + `${escape(`${purchase.amount} ${purchase.currency}`)}</button>`
           + '</form>';
}

function purchasePage(config, kind, purchase, order) {
    const { currency, amount, productName } = purchase;

    return page(`${productName} – ${config.store}`, `
<p>${escape(config.store)} · ${kinds[kind]}</p>
<h1>${escape(productName)}</h1>
<p class="price">${escape(`${amount} ${currency}`)}</p>
<dl>
${row('Product', purchase.productId)}${row('Currency', currency)}\
${row('Amount', amount)}${row('Email', purchase.buyerEmail)}\
${row('Subscription', purchase.originOrderId)}\
${row('Reference', purchase.orderMerchantExternalId)}\
${Object.entries(purchase.metadata ?? {})
        .map(([name, value]) => row(name, value)).join('')}\
${row(kind === 'payment' ? 'Order' : 'Session', purchase.id)}\
${row('Expires', purchase.expiresAt)}\
</dl>
${payment(kind, purchase, order)}
<p id="identified" hidden>Signed in with token <code id="token"></code></p>
<script>${script}</script>`);
}

function plainPage(status, title, text) {
    return {
        status,
        html: page(title, `<h1>${escape(title)}</h1>\n`
                          + `<p>${escape(text)}</p>`),
    };
}

const isPaid = ({ status }) => ['completed', 'active'].includes(status);

function find(world, kind, id) {
    if (kind === 'payment') {
        return world.payments.get(id);
    }

    const session = world.sessions.get(id);

    return session?.kind === kind ? session : undefined;
}

// The order of a payment, or the one that a session has led to.

function orderOf(world, kind, purchase) {
    return kind === 'payment' ? purchase
        : kind === 'checkout' ? world.orderOfSession(purchase.id)
        : undefined;
}

// { kind, purchase, order } of a page, or { status, html } instead

function visit(config, world, path) {
    const [, slug, kind, id, more] = path.split('/');

    if (slug !== config.slug || !Object.hasOwn(kinds, kind ?? '')
        || more !== undefined)
    {
        return plainPage(404, 'No such page', 'Nothing is sold here.');
    }

    const purchase = find(world, kind, id);

    if (!purchase) {
        return plainPage(404, 'No such checkout',
                         'The link is wrong, or the sandbox was restarted.');
    }

    const order = orderOf(world, kind, purchase);

    if (purchase.expiresAt && Date.parse(purchase.expiresAt) <= world.now()
        && !(order && isPaid(order)))
    {
        return plainPage(410, 'This checkout has expired',
                         'Go back to the shop and try again.');
    }

    return { kind, purchase, order };
}

// { status, html } for the path of a GET

export function checkoutPage(config, world, path) {
    if (path === '/') {
        return plainPage(200, config.store, 'The sandbox is running.');
    }

    const { kind, purchase, order, ...instead } = visit(config, world, path);

    return purchase === undefined ? instead : {
        status: 200,
        html: purchasePage(config, kind, purchase, order),
    };
}

export function isCheckoutPath(config, path) {
    const [, slug, kind] = path.split('/');

    return slug === config.slug && Object.hasOwn(kinds, kind ?? '');
}

// A POST to the page pays: { status, html } or { status, location }.  A
// second one finds it paid and ends where the first one did.

export function pay(config, world, path) {
    const { kind, purchase, order, ...instead } = visit(config, world, path);

    if (purchase === undefined) {
        return instead;
    }

    if (kind === 'change') {
        return plainPage(405, 'Not here', 'A change of plan is not paid.');
    }

    if (order && !isPaid(order) && order.status !== 'pending') {
        return plainPage(409, 'No longer for sale',
                         `This order is ${order.status}.`);
    }

    const due = order ?? world.addOrder({
        type: purchase.productType,
        sessionId: purchase.id,
        productId: purchase.productId,
        productName: purchase.productName,
        currency: purchase.currency,
        amount: purchase.amount,
        buyerEmail: purchase.buyerEmail,
        orderMerchantExternalId: purchase.orderMerchantExternalId ?? null,
    });

    due.status = due.type === 'subscription' ? 'active' : 'completed';

    return purchase.successUrl
        ? { status: 303, location: new URL(purchase.successUrl).href }
        : plainPage(200, 'This is paid',
                    `Thank you for buying ${due.productName}.`);
}

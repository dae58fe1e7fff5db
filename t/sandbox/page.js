// Copyright (C) 2026 pancake checkout contributors

// The page where a checkoutUrl leads: enough to see what was bought.

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
dd { margin: 0; overflow-wrap: anywhere; }
a { display: block; padding: .7rem 1rem; border-radius: .6rem;
  text-align: center; font-weight: 600; text-decoration: none;
  background: var(--accent); color: var(--card); }
footer { margin-top: 1.25rem; font-size: .85rem; color: var(--soft); }
`;

// the fragment never reaches a server, so only the page itself can show it

const script = `
const token = new URLSearchParams(location.hash.slice(1)).get('token');
if (token) {
    document.getElementById('token').textContent = token;
    document.getElementById('identified').hidden = false;
}
`;

function page(title, main) {
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
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

function purchasePage(config, kind, purchase) {
    const { currency, amount, productName, successUrl } = purchase;
    const price = `${amount} ${currency}`;

    return page(`${productName} – ${config.store}`, `
<p>${escape(config.store)} · ${kinds[kind]}</p>
<h1>${escape(productName)}</h1>
<p class="price">${escape(price)}</p>
<dl>
${row('Product', purchase.productId)}${row('Currency', currency)}\
${row('Amount', amount)}${row('Email', purchase.buyerEmail)}\
${row('Subscription', purchase.originOrderId)}\
${row('Reference', purchase.orderMerchantExternalId)}\
${row(kind === 'payment' ? 'Order' : 'Session', purchase.id)}\
${row('Expires', purchase.expiresAt)}\
</dl>
${successUrl ? `<a href="${escape(successUrl)}">Pay ${escape(price)}</a>` : ''}
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

function find(world, kind, id) {
    if (kind === 'payment') {
        return world.payments.get(id);
    }

    const session = world.sessions.get(id);

    return session?.kind === kind ? session : undefined;
}

// { status, html } for the path of a GET

export function checkoutPage(config, world, path) {
    const [, slug, kind, id, more] = path.split('/');

    if (path === '/') {
        return plainPage(200, config.store, 'The sandbox is running.');
    }

    if (slug !== config.slug || !kinds[kind] || more !== undefined) {
        return plainPage(404, 'No such page', 'Nothing is sold here.');
    }

    const purchase = find(world, kind, id);

    if (!purchase) {
        return plainPage(404, 'No such checkout',
                         'The link is wrong, or the sandbox was restarted.');
    }

    if (purchase.expiresAt && Date.parse(purchase.expiresAt) <= world.now()) {
        return plainPage(410, 'This checkout has expired',
                         'Go back to the shop and try again.');
    }

    return { status: 200, html: purchasePage(config, kind, purchase) };
}

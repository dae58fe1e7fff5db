
/*
 * Copyright (C) pancake checkout contributors
 *
 * The tables of actions and fields, and pancake_resolve(): who is heard,
 * what is refused, and the exact bytes that come out.
 */


#include "unit.h"
#include "pancake_form.h"
#include "pancake_json.h"
#include "pancake_resolve.h"


#define SLUG      0x01
#define DROP      0x02
#define PARTIAL   0x04

#define P         "PROD_3kF9mNpQrStUvWxYz1A2bC"
#define Q         "PROD_0123456789ABCDEFabcdef"
#define ORD       "ORD_0123456789ABCDEFabcdef"
#define CS        "cs_550e8400-e29b-41d4-a716-446655440000"
#define BASE      "\"productId\":\"" P "\",\"currency\":\"USD\""
#define SHOP      "productId=" P "&currency=USD"
#define EDGE      "{\"buyerIp\":\"192.0.2.1\"}"
#define CHAIN     "{\"buyerIp\":\"192.0.2.1\",\"checkoutSessionId\":\"" CS    \
                  "\"}"
#define DE        "\"billingDetail\":{\"country\":\"DE\",\"isBusiness\":false}"
#define SITE      "https://shop.example"

#define SESSION   "create-session", NULL
#define ORDER     "create-order", NULL
#define BOTH      "create-session", "create-order"


/*
 * "buyer" is JSON when it begins with a brace, otherwise a form; "merchant"
 * is a form, so that all is PANCAKE_TEXT as with pancake_set; "edge" is JSON.
 * "expected" are the bodies, or the violations: "field: message", "!" before
 * those that the merchant is to blame for.
 */

typedef struct {
    const char  *action[2];
    const char  *buyer;
    const char  *merchant;
    const char  *edge;
    const char  *accept;        /* words, as inputs */
    const char  *inputs;
    ngx_uint_t   flags;
    const char  *expected;
} pancake_schema_case_t;


#define SHOPS     "is set by the shop and must not be sent"
#define SERVERS   "is set by this server and must not be sent"
#define UNKNOWN   "is not a field of this checkout"
#define REQUIRED  "is required"
#define AMOUNT    "must be a positive decimal amount as a string, such as "   \
                  "29.00"
#define DIGITS    "has more digits after the point than the currency"
#define NO_SLUG   "needs an API key and must not be sent with a store slug"
#define METHODS   "must be a list of different methods: card, applepay, "     \
                  "googlepay, wechat"


static pancake_schema_case_t  pancake_cases[] = {

    /* three voices */

    { { SESSION }, NULL, SHOP, NULL, NULL, NULL, 0, "{" BASE "}" },
    { { SESSION }, "{}", SHOP, "{}", NULL, NULL, 0, "{" BASE "}" },
    { { SESSION }, NULL, NULL, NULL, NULL, NULL, 0,
      "productId: " REQUIRED "\ncurrency: " REQUIRED },
    { { SESSION }, NULL, "currency=USD", NULL, NULL, NULL, PARTIAL,
      "{\"currency\":\"USD\"}" },
    { { SESSION }, "{" BASE "}", SHOP, NULL, NULL, NULL, 0, "{" BASE "}" },
    { { SESSION }, "{" BASE "}", NULL, NULL, NULL, NULL, 0,
      "productId: " SHOPS "\ncurrency: " SHOPS },
    { { SESSION }, "{" BASE "}", NULL, NULL, "currency productId", NULL, 0,
      "{" BASE "}" },
    { { SESSION }, SHOP, NULL, NULL, "currency productId", NULL, 0,
      "{" BASE "}" },
    { { SESSION }, "{\"currency\":\"EUR\"}", SHOP, NULL, NULL, NULL, 0,
      "currency: " SHOPS },
    { { SESSION }, "{\"currency\":\"EUR\"}", SHOP, NULL, "currency", NULL, 0,
      "currency: " SHOPS },
    { { SESSION }, "{\"currency\":5}", SHOP, NULL, NULL, NULL, 0,
      "currency: " SHOPS },
    { { SESSION }, "currency=", SHOP, NULL, NULL, NULL, 0, "{" BASE "}" },
    { { SESSION }, "{}", "productId=" P "&currency=usd", NULL, NULL, NULL, 0,
      "!currency: must be one of USD, EUR, GBP, HKD, JPY, CNY" },
    { { SESSION }, "{\"currency\":\"USD\"}", "productId=" P "&currency=usd",
      NULL, NULL, NULL, 0,
      "!currency: must be one of USD, EUR, GBP, HKD, JPY, CNY" },
    { { SESSION }, "{\"currency\":\"EUR\"}", "productId=" P "&currency=", NULL,
      "currency", NULL, 0, "{\"productId\":\"" P "\",\"currency\":\"EUR\"}" },
    { { SESSION }, "{}", SHOP "&withTrial=", NULL, NULL, NULL, 0,
      "{" BASE "}" },
    { { SESSION }, "{\"withTrial\":true}", SHOP "&withTrial=", NULL, NULL,
      NULL, 0, "withTrial: " SHOPS },
    { { SESSION }, "{\"withTrial\":true}", SHOP "&withTrial=1", NULL, NULL,
      NULL, 0, "{" BASE ",\"withTrial\":true}" },
    { { SESSION }, "{\"withTrial\":false}", SHOP "&withTrial=1", NULL, NULL,
      NULL, 0, "withTrial: " SHOPS },
    { { SESSION }, "{\"darkMode\":true}", SHOP "&darkMode=off", NULL, NULL,
      NULL, 0, "darkMode: " SHOPS },

    /* the edge goes before the merchant, and that before the buyer */

    { { ORDER }, "{\"checkoutSessionId\":\"" CS "\"," DE "}", NULL, EDGE, NULL,
      NULL, 0, "{\"checkoutSessionId\":\"" CS "\"," DE
      ",\"buyerIp\":\"192.0.2.1\"}" },
    { { ORDER }, "{\"checkoutSessionId\":\"" CS "\"," DE "}", NULL, NULL, NULL,
      NULL, 0, "{\"checkoutSessionId\":\"" CS "\"," DE "}" },
    { { ORDER }, "{\"checkoutSessionId\":\"" CS "\"," DE
      ",\"buyerIp\":\"192.0.2.2\"}", NULL, EDGE, NULL, NULL, 0,
      "buyerIp: " SERVERS },
    { { ORDER }, "{\"checkoutSessionId\":\"" CS "\"," DE
      ",\"buyerIp\":\"192.0.2.1\"}", NULL, NULL, NULL, NULL, 0,
      "buyerIp: " SERVERS },
    { { ORDER }, "{\"checkoutSessionId\":\"" CS "\"," DE
      ",\"buyerIp\":\"192.0.2.1\"}", NULL, EDGE, NULL, NULL, 0,
      "{\"checkoutSessionId\":\"" CS "\"," DE
      ",\"buyerIp\":\"192.0.2.1\"}" },
    { { ORDER }, "{\"checkoutSessionId\":\"" CS "\"," DE
      ",\"buyerIp\":\"192.0.2.1\"}", NULL, "{\"buyerIp\":\"unix:\"}", NULL,
      NULL, 0, "!buyerIp: must be an IP address" },

    /* objects: member by member */

    { { SESSION }, "{\"billingDetail\":{\"isBusiness\":true}}",
      SHOP "&billingDetail.country=FR", NULL, NULL, NULL, 0, "{" BASE
      ",\"billingDetail\":{\"country\":\"FR\",\"isBusiness\":true}}" },
    { { SESSION }, "{" DE "}", SHOP "&billingDetail.country=FR", NULL, NULL,
      NULL, 0, "billingDetail.country: " SHOPS },
    { { SESSION }, "{\"priceSnapshot\":{\"amount\":\"1.00\"}}",
      SHOP "&priceSnapshot.taxCategory=saas", NULL, "priceSnapshot.amount",
      NULL, 0, "{" BASE
      ",\"priceSnapshot\":{\"amount\":\"1.00\",\"taxCategory\":\"saas\"}}" },
    { { SESSION }, "{\"priceSnapshot\":{\"amount\":\"1.00\"}}",
      SHOP "&priceSnapshot.taxCategory=saas", NULL, NULL, NULL, 0,
      "priceSnapshot.amount: " SHOPS },
    { { SESSION }, "{\"priceSnapshot\":{\"amount\":\"1.00\"}}", SHOP, NULL,
      "priceSnapshot", NULL, 0, "priceSnapshot.taxCategory: " REQUIRED },
    { { SESSION }, "{\"priceSnapshot\":{\"amount\":\"1.00\"}}", SHOP, NULL,
      "priceSnapshotX", NULL, 0, "priceSnapshot: " SHOPS },
    { { SESSION }, "{\"priceSnapshot\":{\"amount\":\"1.00\"}}", SHOP, NULL,
      "price", NULL, 0, "priceSnapshot: " SHOPS },
    { { SESSION }, "{\"priceSnapshot\":\"1.00\"}", SHOP, NULL,
      "priceSnapshot", NULL, 0, "priceSnapshot: must be an object" },
    { { SESSION }, "priceSnapshot.amount=&priceSnapshot.taxCategory=", SHOP,
      NULL, "priceSnapshot", NULL, 0, "{" BASE "}" },

    /* maps */

    { { SESSION }, NULL, SHOP "&metadata.b=2&metadata.a=1", NULL, NULL, NULL,
      0, "{" BASE ",\"metadata\":{\"b\":\"2\",\"a\":\"1\"}}" },
    { { SESSION }, "{\"metadata\":{\"d\":\"4\",\"c\":\"3\",\"b\":\"2\"}}",
      SHOP "&metadata.b=2&metadata.a=1", NULL, "metadata", NULL, 0, "{" BASE
      ",\"metadata\":{\"b\":\"2\",\"a\":\"1\",\"c\":\"3\",\"d\":\"4\"}}" },
    { { SESSION }, "{\"metadata\":{\"b\":\"3\"}}", SHOP "&metadata.b=2", NULL,
      "metadata", NULL, 0, "metadata.b: " SHOPS },
    { { SESSION }, "{\"metadata\":{\"c\":\"3\",\"d\":\"4\"}}",
      SHOP "&metadata.b=2", NULL, "metadata.c", NULL, 0,
      "metadata.d: " SHOPS },
    { { SESSION }, "{\"metadata\":{\"c\":\"3\"}}", SHOP, NULL, NULL, NULL, 0,
      "metadata: " SHOPS },
    { { SESSION }, "{\"metadata\":{\"c\":3}}", SHOP, NULL, "metadata", NULL,
      0, "metadata.c: must be a string" },
    { { SESSION }, "{\"metadata\":{\"a\\nb\":\"\"}}", SHOP, NULL, "metadata",
      NULL, 0, "metadata.a\nb: must have a name of 1 to 128 characters, no "
      "control characters" },
    { { SESSION }, "{\"metadata\":[]}", SHOP, NULL, "metadata", NULL, 0,
      "metadata: must be an object" },

    /* lists */

    { { SESSION }, NULL, SHOP "&includePaymentMethods=card,+wechat", NULL,
      NULL, NULL, 0, "{" BASE
      ",\"includePaymentMethods\":[\"card\",\"wechat\"]}" },
    { { SESSION }, "{\"includePaymentMethods\":[\"card\",\"wechat\"]}",
      SHOP "&includePaymentMethods=card+wechat", NULL, NULL, NULL, 0, "{" BASE
      ",\"includePaymentMethods\":[\"card\",\"wechat\"]}" },
    { { SESSION }, "{\"includePaymentMethods\":[\"wechat\",\"card\"]}",
      SHOP "&includePaymentMethods=card+wechat", NULL, NULL, NULL, 0,
      "includePaymentMethods: " SHOPS },
    { { SESSION }, "{\"includePaymentMethods\":[\"card\",\"card\"]}", SHOP,
      NULL, "includePaymentMethods", NULL, 0,
      "includePaymentMethods: " METHODS },
    { { SESSION }, "{\"includePaymentMethods\":[]}", SHOP, NULL,
      "includePaymentMethods", NULL, 0, "includePaymentMethods: " METHODS },
    { { SESSION }, NULL, SHOP "&includePaymentMethods=,+,", NULL, NULL, NULL,
      0, "!includePaymentMethods: " METHODS },

    /* own pages only */

    { { SESSION }, "{\"successUrl\":\"" SITE "/a\"}", SHOP, NULL,
      "successUrl", NULL, 0, "{" BASE ",\"successUrl\":\"" SITE "/a\"}" },
    { { SESSION }, "{\"successUrl\":\"" SITE ".evil.example/\"}", SHOP, NULL,
      "successUrl", NULL, 0, "successUrl: must lead to this very site" },
    { { SESSION }, NULL, SHOP "&successUrl=https://other.example/", NULL,
      NULL, NULL, 0, "{" BASE ",\"successUrl\":\"https://other.example/\"}" },
    { { SESSION }, NULL, SHOP "&successUrl=http://other.example/", NULL, NULL,
      NULL, 0, "!successUrl: must be an https URL of at most 512 characters"
    },

    /* unknown fields, and those that the configuration reads */

    { { SESSION }, "{\"x\":1}", SHOP, NULL, NULL, NULL, 0, "x: " UNKNOWN },
    { { SESSION }, "{\"x\":1}", SHOP, NULL, NULL, NULL, DROP,
      "{" BASE "}" },
    { { SESSION }, "{\"x\":1}", SHOP, NULL, NULL, "x", 0, "{" BASE "}" },
    { { SESSION }, "{\"X\":1}", SHOP, NULL, NULL, "x", 0, "{" BASE "}" },
    { { SESSION }, "{\"x\":1}", SHOP, NULL, NULL, "xy y", 0,
      "x: " UNKNOWN },
    { { SESSION }, "{\"x\":{\"y\":1}}", SHOP, NULL, NULL, "x_y", 0,
      "{" BASE "}" },
    { { SESSION }, "{\"x\":{\"y\":1,\"z\":2}}", SHOP, NULL, NULL, "x_y", 0,
      "x.z: " UNKNOWN },
    { { SESSION }, "{\"x\":1}", SHOP, NULL, NULL, "x_y", 0, "x: " UNKNOWN },
    { { SESSION }, "{\"x_y\":1}", SHOP, NULL, NULL, "x_y", 0, "{" BASE "}" },
    { { SESSION }, "{\"billingDetail\":{\"country\":\"DE\","
      "\"isBusiness\":false,\"city\":1}}", SHOP, NULL, NULL, NULL, 0,
      "billingDetail.city: " UNKNOWN },
    { { SESSION }, "{\"billingDetail.country\":\"DE\"}", SHOP, NULL, NULL,
      NULL, 0, "billingDetail.country: " UNKNOWN },
    { { SESSION }, "{\"billingDetail.country\":\"DE\"}", SHOP, NULL, NULL,
      NULL, DROP, "{" BASE "}" },
    { { SESSION }, "{\"buyerIdentity\":\"me\"}", SHOP, NULL, "buyerIdentity",
      NULL, DROP, "buyerIdentity: is not a field of this action" },
    { { SESSION }, "{\"metadata\":{}}", SHOP, NULL, NULL, NULL, DROP,
      "metadata: " SHOPS },
    { { ORDER }, "{\"checkoutSessionId\":\"" CS "\"," DE
      ",\"currency\":\"USD\"}", "currency=USD", NULL, NULL, NULL, DROP,
      "currency: is locked by the checkout session and must not be sent" },

    /* a store slug */

    { { SESSION }, "{\"darkMode\":true}", SHOP, NULL, NULL, NULL, SLUG,
      "{" BASE ",\"darkMode\":true}" },
    { { SESSION }, "{\"withTrial\":true,\"metadata\":{\"a\":\"b\"},"
      "\"priceSnapshot\":{},\"expiresInSeconds\":1,"
      "\"orderMerchantExternalId\":\"1\",\"includePaymentMethods\":[\"card\"],"
      "\"excludePaymentMethods\":[\"card\"],\"originOrderId\":\"" ORD "\"}",
      SHOP, NULL, "withTrial metadata priceSnapshot expiresInSeconds "
      "orderMerchantExternalId includePaymentMethods excludePaymentMethods "
      "originOrderId", NULL, SLUG,
      "priceSnapshot: " NO_SLUG "\nwithTrial: " NO_SLUG
      "\nexpiresInSeconds: " NO_SLUG "\nmetadata: " NO_SLUG
      "\norderMerchantExternalId: " NO_SLUG
      "\nincludePaymentMethods: " NO_SLUG "\nexcludePaymentMethods: " NO_SLUG
      "\noriginOrderId: " NO_SLUG },

    /* rules between fields */

    { { SESSION }, NULL, "productId=" P "&currency=JPY"
      "&priceSnapshot.amount=10.5&priceSnapshot.taxCategory=saas", NULL, NULL,
      NULL, 0, "!priceSnapshot.amount: " DIGITS },
    { { SESSION }, NULL, SHOP "&priceSnapshot.amount=10.555"
      "&priceSnapshot.taxCategory=saas", NULL, NULL, NULL, PARTIAL,
      "!priceSnapshot.amount: " DIGITS },
    { { SESSION }, NULL, SHOP "&priceSnapshot.amount=10,5"
      "&priceSnapshot.taxCategory=saas", NULL, NULL, NULL, 0,
      "!priceSnapshot.amount: " AMOUNT },
    { { SESSION }, NULL, SHOP "&changeTiming=immediate", NULL, NULL, NULL, 0,
      "!changeTiming: needs originOrderId" },
    { { SESSION }, NULL, SHOP "&changeTiming=immediate", NULL, NULL, NULL,
      PARTIAL, "{" BASE ",\"changeTiming\":\"immediate\"}" },
    { { SESSION }, NULL, SHOP "&originOrderId=" ORD "&changeAmount=1"
      "&changeCreditAmount=1", NULL, NULL, NULL, PARTIAL,
      "!changeCreditAmount: must not stand beside changeAmount" },
    { { SESSION }, "{\"buyerEmail\":\"a@b.example\"," DE "}",
      SHOP "&originOrderId=" ORD, NULL, NULL, NULL, 0,
      "buyerEmail: is taken from the original subscription and must not be "
      "sent\nbillingDetail: is taken from the original subscription and must "
      "not be sent" },
    { { SESSION }, NULL, SHOP "&includePaymentMethods=card"
      "&excludePaymentMethods=wechat", NULL, NULL, NULL, PARTIAL,
      "!excludePaymentMethods: must not stand beside includePaymentMethods" },
    { { SESSION }, NULL, "productId=" P "&currency=EUR"
      "&includePaymentMethods=card+wechat", NULL, NULL, NULL, 0,
      "!includePaymentMethods: has a method that the currency does not offer"
    },
    { { SESSION }, NULL, SHOP "&productType=subscription"
      "&includePaymentMethods=wechat", NULL, NULL, NULL, 0,
      "!includePaymentMethods: has a method that the currency does not offer"
    },
    { { SESSION }, NULL, "productId=" P "&currency=CNY"
      "&productType=subscription", NULL, NULL, NULL, 0,
      "!currency: cannot be charged for a subscription" },
    { { SESSION }, NULL, SHOP "&productType=onetime&withTrial=0", NULL, NULL,
      NULL, 0, "!withTrial: needs a subscription product" },
    { { SESSION }, "{\"billingDetail\":{\"country\":\"US\","
      "\"isBusiness\":false,\"state\":\"ny\"}}", SHOP, NULL, NULL, NULL, 0,
      "billingDetail.state: must be two capital letters in US and CA, such "
      "as NY" },
    { { ORDER }, "checkoutSessionId=" CS "&billingDetail.country=US"
      "&billingDetail.isBusiness=0", NULL, NULL, NULL, NULL, 0,
      "billingDetail.state: is required in US and CA: two capital letters, "
      "such as NY" },
    { { ORDER }, "checkoutSessionId=" CS "&billingDetail.country=GR"
      "&billingDetail.isBusiness=1", NULL, NULL, NULL, NULL, 0,
      "billingDetail.businessName: is required when isBusiness is true\n"
      "billingDetail.taxId: is required for a business in the European "
      "Union" },
    { { ORDER }, "checkoutSessionId=" CS "&billingDetail.country=GB"
      "&billingDetail.isBusiness=1&billingDetail.businessName=B", NULL, NULL,
      NULL, NULL, 0, "{\"checkoutSessionId\":\"" CS "\",\"billingDetail\":"
      "{\"country\":\"GB\",\"isBusiness\":true,\"businessName\":\"B\"}}" },

    /* no second complaint about what is wrong already */

    { { SESSION }, NULL, "productId=" P "&currency=JP"
      "&priceSnapshot.amount=1.555&priceSnapshot.taxCategory=saas", NULL,
      NULL, NULL, 0,
      "!currency: must be one of USD, EUR, GBP, HKD, JPY, CNY" },
    { { SESSION }, NULL, SHOP "&originOrderId=ORD_1&changeTiming=immediate",
      NULL, NULL, NULL, 0,
      "!originOrderId: must be ORD_ and 22 letters or digits" },
    { { ORDER }, "checkoutSessionId=" CS "&billingDetail.country=us"
      "&billingDetail.isBusiness=0", NULL, NULL, NULL, NULL, 0,
      "billingDetail.country: must be an ISO 3166-1 alpha-2 country code in "
      "capitals, such as DE" },

    /* two actions */

    { { BOTH }, "{\"darkMode\":true," DE "}", SHOP, CHAIN, NULL, NULL, 0,
      "{" BASE "," DE ",\"darkMode\":true} {\"checkoutSessionId\":\"" CS
      "\"," DE ",\"buyerIp\":\"192.0.2.1\"}" },
    { { BOTH }, "{" DE "}", SHOP "&metadata.a=b&successUrl=" SITE, CHAIN,
      NULL, NULL, 0, "{" BASE "," DE ",\"successUrl\":\"" SITE "\","
      "\"metadata\":{\"a\":\"b\"}} {\"checkoutSessionId\":\"" CS "\"," DE
      ",\"buyerIp\":\"192.0.2.1\",\"successUrl\":\"" SITE "\"}" },
    { { BOTH }, "{}", SHOP, CHAIN, NULL, NULL, 0,
      "billingDetail: " REQUIRED },
    { { BOTH }, "{" DE ",\"buyerIp\":\"192.0.2.2\",\"checkoutSessionId\":\"x\""
      ",\"storeId\":\"x\",\"x\":1}", SHOP, CHAIN, NULL, NULL, 0,
      "storeId: " SHOPS "\ncheckoutSessionId: " SERVERS
      "\nbuyerIp: " SERVERS "\nx: " UNKNOWN },

    { { NULL, NULL }, NULL, NULL, NULL, NULL, NULL, 0, NULL }
};


static pancake_limits_t  pancake_limits = PANCAKE_BUYER_LIMITS;


static ngx_array_t *
pancake_words(ngx_pool_t *pool, const char *words)
{
    size_t        len;
    ngx_str_t    *word;
    ngx_array_t  *list;

    if (words == NULL) {
        return NULL;
    }

    list = ngx_array_create(pool, 4, sizeof(ngx_str_t));

    while (list && *words) {
        len = strcspn(words, " ");

        word = ngx_array_push(list);
        if (word == NULL) {
            return NULL;
        }

        word->data = (u_char *) words;
        word->len = len;

        words += len + (words[len] == ' ');
    }

    return list;
}


/* NULL: silent */

static pancake_value_t *
pancake_voice(ngx_pool_t *pool, const char *words)
{
    ngx_int_t       rc;
    ngx_str_t       text;
    pancake_tree_t  tree;

    if (words == NULL) {
        return NULL;
    }

    text.data = (u_char *) words;
    text.len = strlen(words);

    if (pancake_tree_init(&tree, pool, &pancake_limits) != NGX_OK) {
        return NULL;
    }

    if (*words == '{') {
        rc = pancake_json_parse(&tree, &text);

    } else {
        rc = pancake_form_parse(&tree, &text);
    }

    if (rc != NGX_OK) {
        printf("Bail out! bad voice %s\n", words);
        exit(2);
    }

    return tree.root;
}


static void
pancake_setup(pancake_resolve_t *rs, ngx_pool_t *pool,
    pancake_schema_case_t *c)
{
    ngx_str_t   name;
    ngx_uint_t  i;

    ngx_memzero(rs, sizeof(pancake_resolve_t));

    rs->pool = pool;

    for (i = 0; i < 2 && c->action[i]; i++) {
        name.data = (u_char *) c->action[i];
        name.len = strlen(c->action[i]);
        rs->actions[rs->nactions++] = pancake_action(&name);
    }

    rs->buyer = pancake_voice(pool, c->buyer);
    rs->merchant = pancake_voice(pool, c->merchant);
    rs->edge = pancake_voice(pool, c->edge);
    rs->accept = pancake_words(pool, c->accept);
    rs->inputs = pancake_words(pool, c->inputs);
    rs->slug = (c->flags & SLUG) != 0;
    rs->drop_unknown = (c->flags & DROP) != 0;
    rs->partial = (c->flags & PARTIAL) != 0;

    ngx_str_set(&rs->origin, SITE);
}


/* the bodies or the violations as text */

static ngx_str_t
pancake_outcome(pancake_resolve_t *rs, ngx_int_t rc)
{
    u_char               *p;
    ngx_str_t             out, body;
    ngx_uint_t            i;
    pancake_violation_t  *v;

    out.data = ngx_pnalloc(rs->pool, 65536);
    p = out.data;

    if (rc == NGX_OK) {

        for (i = 0; i < rs->nactions; i++) {
            if (pancake_json_render(rs->pool, rs->bodies[i], &body)
                == NGX_OK)
            {
                p = ngx_sprintf(p, "%s%V", i ? " " : "", &body);
            }
        }

    } else if (rc == NGX_DECLINED) {

        v = rs->violations.elts;

        for (i = 0; i < rs->violations.nelts; i++) {
            p = ngx_sprintf(p, "%s%s%V: %V", i ? "\n" : "",
                            v[i].source ? "!" : "", &v[i].field,
                            &v[i].message);
        }
    }

    out.len = p - out.data;

    return out;
}


static void
pancake_test_resolve(void)
{
    ngx_str_t               out;
    ngx_pool_t             *pool;
    pancake_resolve_t       rs;
    pancake_schema_case_t  *c;

    for (c = pancake_cases; c->expected; c++) {

        pool = pancake_pool();
        pancake_setup(&rs, pool, c);

        out = pancake_outcome(&rs, pancake_resolve(&rs));
        pancake_is(&out, c->expected, "case %d", (int) (c - pancake_cases));

        ngx_destroy_pool(pool);
    }
}


/* whatever allocation fails: NGX_ERROR, no crash, nothing lost */

static void
pancake_test_no_memory(void)
{
    ngx_int_t               rc, last;
    ngx_uint_t              n, wrong, tried;
    ngx_pool_t             *pool;
    pancake_resolve_t       rs;
    pancake_schema_case_t  *c;

    wrong = 0;
    tried = 0;

    for (c = pancake_cases; c->expected; c++) {

        last = (c->expected[0] == '{') ? NGX_OK : NGX_DECLINED;

        for (n = 1; ; n++) {
            pool = pancake_pool();
            pancake_setup(&rs, pool, c);

            pancake_fail_at(n);
            rc = pancake_resolve(&rs);

            ngx_destroy_pool(pool);

            if (pancake_fail_at(0) != 0) {
                break;
            }

            wrong += (rc != NGX_ERROR);
            tried++;
        }

        wrong += (rc != last || n == 1);
    }

    pancake_ok(wrong == 0 && tried > 500,
               "each of %d allocations fails cleanly", (int) tried);
}


/* contract.md section 6.2: at most 50 keys; ours: 1024 bytes, 128 a name */

static void
pancake_test_map(void)
{
    int                     n;
    char                    buyer[4096], *p;
    ngx_int_t               rc;
    ngx_pool_t             *pool;
    pancake_resolve_t       rs;
    pancake_schema_case_t   c = { { SESSION }, buyer, NULL, NULL, "metadata",
                                  NULL, 0, NULL };

    static const struct {
        int          shop;
        int          buyer;
        ngx_int_t    rc;
    } keys[] = {
        { 0, 50, NGX_OK }, { 0, 51, NGX_DECLINED }, { 2, 48, NGX_OK },
        { 2, 49, NGX_DECLINED }
    };

    for (n = 0; n < 4; n++) {

        int  i;

        pool = pancake_pool();
        c.merchant = keys[n].shop ? SHOP "&metadata.a=1&metadata.b=2" : SHOP;

        p = buyer + sprintf(buyer, "{\"metadata\":{\"k\":\"\"");

        for (i = 1; i < keys[n].buyer; i++) {
            p += sprintf(p, ",\"k%d\":\"\"", i);
        }

        sprintf(p, "}}");

        pancake_setup(&rs, pool, &c);
        rc = pancake_resolve(&rs);

        pancake_ok(rc == keys[n].rc, "%d keys of the shop, %d of the buyer",
                   keys[n].shop, keys[n].buyer);

        ngx_destroy_pool(pool);
    }

    c.merchant = SHOP;

    for (n = 1024; n <= 1025; n++) {
        pool = pancake_pool();
        sprintf(buyer, "{\"metadata\":{\"k\":\"%0*d\"}}", n, 0);

        pancake_setup(&rs, pool, &c);
        rc = pancake_resolve(&rs);

        pancake_ok(rc == (n == 1024 ? NGX_OK : NGX_DECLINED),
                   "a value of %d bytes", n);

        ngx_destroy_pool(pool);
    }

    for (n = 128; n <= 129; n++) {
        pool = pancake_pool();
        sprintf(buyer, "{\"metadata\":{\"%0*d\":\"\"}}", n, 0);

        pancake_setup(&rs, pool, &c);
        rc = pancake_resolve(&rs);

        pancake_ok(rc == (n == 128 ? NGX_OK : NGX_DECLINED),
                   "a name of %d bytes", n);

        ngx_destroy_pool(pool);
    }
}


/* names longer than any path, and more violations than are kept */

static void
pancake_test_many(void)
{
    int                     n, i;
    char                    buyer[16384], *p;
    ngx_int_t               rc;
    ngx_pool_t             *pool;
    pancake_resolve_t       rs;
    pancake_violation_t    *v;
    pancake_schema_case_t   c = { { SESSION }, buyer, SHOP, NULL, NULL, NULL,
                                  0, NULL };

    for (n = 15; n <= 18; n++) {
        pool = pancake_pool();
        p = buyer + sprintf(buyer, "{\"x0\":0");

        for (i = 1; i < n; i++) {
            p += sprintf(p, ",\"x%d\":0", i);
        }

        sprintf(p, "}");

        pancake_setup(&rs, pool, &c);
        rc = pancake_resolve(&rs);

        pancake_ok(rc == NGX_DECLINED
                   && rs.violations.nelts == (ngx_uint_t) ngx_min(n, 16),
                   "%d violations", n);

        ngx_destroy_pool(pool);
    }

    for (n = 500; n <= 3000; n += 4 + 300 * (n > 530)) {
        pool = pancake_pool();
        sprintf(buyer, "{\"x\":{\"%0*d\":{\"y\":1}}}", n, 0);

        c.inputs = "x_0";
        pancake_setup(&rs, pool, &c);
        rc = pancake_resolve(&rs);
        v = rs.violations.elts;

        pancake_ok(rc == NGX_DECLINED && rs.violations.nelts == 1
                   && v->field.len <= 512
                   && ngx_memcmp(v->field.data, "x.0000", 6) == 0,
                   "a name of %d bytes", n);

        ngx_destroy_pool(pool);
    }
}


static ngx_uint_t
pancake_field_names(const pancake_field_t *fields)
{
    ngx_uint_t              bad;
    const pancake_field_t  *f, *g;

    bad = 0;

    for (f = fields; f->name.len; f++) {

        for (g = fields; g != f; g++) {
            bad += (f->name.len == g->name.len
                    && ngx_memcmp(f->name.data, g->name.data, f->name.len)
                       == 0);
        }

        /* a scalar without a check would take anything */

        bad += (f->owner != PANCAKE_OWNER_NOBODY && f->check == NULL
                && f->kind != PANCAKE_KIND_OBJECT
                && f->kind != PANCAKE_KIND_BOOLEAN);

        bad += (f->kind == PANCAKE_KIND_OBJECT && f->members == NULL
                && f->owner != PANCAKE_OWNER_NOBODY);

        /* what it gives away must be said where it is not the buyer's */

        bad += (f->owner == PANCAKE_OWNER_MERCHANT && f->risk == NULL);
        bad += (f->hint == NULL);

        if (f->members) {
            bad += pancake_field_names(f->members);
        }
    }

    return bad;
}


static void
pancake_test_tables(void)
{
    ngx_str_t                name;
    ngx_uint_t               i;
    const pancake_rule_t    *rule;
    const pancake_field_t   *field;
    const pancake_action_t  *action;

    static const struct {
        const char  *action;
        const char  *path;      /* of the request */
    } actions[] = {
        { "create-session", "/v1/actions/checkout/create-session" },
        { "create-order", "/v1/actions/onetime-order/create-order" }
    };

    static const struct {
        ngx_str_t    path;
        const char  *name;      /* of the row, or NULL */
    } paths[] = {
        { ngx_string("currency"), "currency" },
        { ngx_string("billingDetail"), "billingDetail" },
        { ngx_string("billingDetail.country"), "country" },
        { ngx_string("metadata"), "metadata" },
        { ngx_string("metadata.cart"), "metadata" },
        { ngx_string("metadata.cart.id"), NULL },
        { ngx_string("priceSnapshot.amount"), "amount" },
        { ngx_string("metadata."), NULL },
        { ngx_string("billingDetail."), NULL },
        { ngx_string("billingDetail.city"), NULL },
        { ngx_string("billingDetail.country.x"), NULL },
        { ngx_string("currency.x"), NULL },
        { ngx_string("country"), NULL },
        { ngx_string("Currency"), NULL },
        { ngx_string("currenc"), NULL },
        { ngx_string("currencyx"), NULL },
        { ngx_string(".currency"), NULL },
        { ngx_string(""), NULL }
    };

    for (i = 0; i < 2; i++) {
        name.data = (u_char *) actions[i].action;
        name.len = strlen(actions[i].action);
        action = pancake_action(&name);

        pancake_ok(action != NULL, "%s", actions[i].action);
        pancake_is(&action->path, actions[i].path, "its path");
        pancake_ok(pancake_field_names(action->fields) == 0, "its fields");

        for (rule = action->rules; rule->kind != PANCAKE_RULE_END; rule++) {
            pancake_ok(pancake_field_find(action, &rule->field)
                       && pancake_field_find(action, &rule->other)
                       && rule->message, "its rule for %s",
                       rule->field.data);
        }

        name.len--;
        pancake_ok(pancake_action(&name) == NULL, "a shorter name");
    }

    ngx_str_set(&name, "create-session");
    action = pancake_action(&name);

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {

        name = pancake_copy(&paths[i].path);
        field = pancake_field_find(action, &name);
        pancake_copy_free(&name);

        pancake_ok(paths[i].name ? field && pancake_equal(&field->name,
                                                          paths[i].name)
                                 : field == NULL,
                   "path \"%s\"", paths[i].path.data);
    }
}


/* contract.md section 6: who owns what, the trust column */

static void
pancake_test_owners(void)
{
    ngx_str_t                name;
    ngx_uint_t               i, n;
    const pancake_field_t   *field;
    const pancake_action_t  *action;

    static const struct {
        const char       *action;
        pancake_owner_e   owner;
        ngx_uint_t        count;
        const char       *fields;
    } c[] = {
        { "create-session", PANCAKE_OWNER_BUYER, 4,
          "buyerEmail billingDetail darkMode language" },
        { "create-session", PANCAKE_OWNER_CHOICE, 2, "productId currency" },
        { "create-session", PANCAKE_OWNER_MERCHANT, 14,
          "storeId productType priceSnapshot withTrial successUrl "
          "expiresInSeconds metadata orderMerchantExternalId "
          "includePaymentMethods excludePaymentMethods originOrderId "
          "changeTiming changeAmount changeCreditAmount" },
        { "create-session", PANCAKE_OWNER_EDGE, 0, "" },
        { "create-order", PANCAKE_OWNER_BUYER, 3,
          "checkoutSessionId billingDetail buyerEmail" },
        { "create-order", PANCAKE_OWNER_CHOICE, 0, "" },
        { "create-order", PANCAKE_OWNER_MERCHANT, 1, "successUrl" },
        { "create-order", PANCAKE_OWNER_EDGE, 1, "buyerIp" }
    };

    for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {

        name.data = (u_char *) c[i].action;
        name.len = strlen(c[i].action);
        action = pancake_action(&name);

        n = 0;

        for (field = action->fields; field->name.len; field++) {

            if (field->owner != c[i].owner) {
                continue;
            }

            n++;
            pancake_ok(pancake_word_listed(c[i].fields, &field->name),
                       "%s: %s", c[i].action, field->name.data);
        }

        pancake_ok(n == c[i].count, "%s: %d of them", c[i].action,
                   (int) c[i].count);
    }
}


int
main(void)
{
    pancake_test_tables();
    pancake_test_owners();
    pancake_test_resolve();
    pancake_test_map();
    pancake_test_many();
    pancake_test_no_memory();

    return pancake_done();
}

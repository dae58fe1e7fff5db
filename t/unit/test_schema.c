
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
#define BEARER    0x08

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
#define TAX       "preview-tax", NULL
#define SUB       "create-subscription", NULL
#define BOTH_SUB  "create-session", "create-subscription"
#define CANCEL    "cancel-order", NULL
#define END       "cancel-subscription", NULL
#define PRODUCT   "create-product", NULL
#define ISSUE     "issue-session-token", NULL
#define BESIDE    "create-session", "issue-session-token"
#define QUERY     "graphql", NULL

#define STO       "\"storeId\":\"STO_0123456789ABCDEFabcdef\""
#define OFFICE    "storeId=STO_0123456789ABCDEFabcdef&name=A"
#define SAAS(a)   "{\"amount\":\"" a "\",\"taxCategory\":\"saas\"}"
#define MADE(p)   "{" STO ",\"name\":\"A\",\"prices\":{" p "}}"
#define IMAGE     "{\"type\":\"image\",\"url\":\"https://a.example/\"}"
#define ASK       "{\"query\":\"{ a }\"}"


/*
 * "buyer" is JSON when it begins with a brace, otherwise a form; "merchant"
 * is a form, so that all is PANCAKE_TEXT as with pancake_set; "edge" is JSON.
 * "expected" are the bodies, or the violations: "field: message", "!" before
 * those that the merchant is to blame for, "?" before those of a quote.
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
#define NO_TOKEN  "needs an API key and must not be sent with a customer's "  \
                  "token"
#define LETTERS   "must be three capital letters, such as USD"
#define MANY      "has an amount with more digits after the point than its "  \
                  "currency"
#define OBJECTS   "must be a list of at most 50 objects"
#define SCALARS   "must be an object of at most 50 strings of at most 1024 "  \
                  "bytes, numbers or booleans"
#define ORDER_ID  "must be ORD_ and 22 letters or digits"
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

    { { BOTH_SUB }, "{" DE "}", SHOP, CHAIN, NULL, NULL, 0,
      "{" BASE "," DE "} {\"checkoutSessionId\":\"" CS "\"," DE
      ",\"buyerIp\":\"192.0.2.1\"}" },
    { { BOTH_SUB }, "{}", SHOP, CHAIN, NULL, NULL, 0,
      "billingDetail: " REQUIRED },

    /* a customer's token changes plans, and has a say in its own orders */

    { { SESSION }, NULL, SHOP, NULL, NULL, NULL, BEARER,
      "originOrderId: " REQUIRED },
    { { SESSION }, NULL, SHOP, NULL, NULL, NULL, BEARER|PARTIAL,
      "{" BASE "}" },
    { { SESSION }, NULL, SHOP "&originOrderId=" ORD
      "&changeTiming=immediate", NULL, NULL, NULL, BEARER, "{" BASE
      ",\"originOrderId\":\"" ORD "\",\"changeTiming\":\"immediate\"}" },
    { { SESSION }, "{\"originOrderId\":\"" ORD "\"}", SHOP, NULL,
      "originOrderId", NULL, BEARER,
      "{" BASE ",\"originOrderId\":\"" ORD "\"}" },
    { { SESSION }, "{\"originOrderId\":\"" ORD "\"}", SHOP, NULL, NULL,
      NULL, BEARER, "originOrderId: " SHOPS },
    { { SESSION }, "{\"originOrderId\":\"" ORD "\"}", SHOP
      "&originOrderId=", NULL, "originOrderId", NULL, BEARER,
      "originOrderId: " SHOPS },
    { { SESSION }, "{\"withTrial\":true,\"metadata\":{\"a\":\"b\"},"
      "\"priceSnapshot\":{},\"expiresInSeconds\":1,\"storeId\":1,"
      "\"orderMerchantExternalId\":\"1\",\"changeAmount\":\"1\","
      "\"includePaymentMethods\":[\"card\"],\"changeCreditAmount\":\"1\","
      "\"excludePaymentMethods\":[\"card\"]}", SHOP "&originOrderId=" ORD,
      NULL, "withTrial metadata priceSnapshot expiresInSeconds storeId "
      "orderMerchantExternalId includePaymentMethods excludePaymentMethods "
      "changeAmount changeCreditAmount", NULL, BEARER,
      "storeId: " NO_TOKEN "\npriceSnapshot: " NO_TOKEN
      "\nwithTrial: " NO_TOKEN "\nexpiresInSeconds: " NO_TOKEN
      "\nmetadata: " NO_TOKEN "\norderMerchantExternalId: " NO_TOKEN
      "\nincludePaymentMethods: " NO_TOKEN
      "\nexcludePaymentMethods: " NO_TOKEN "\nchangeAmount: " NO_TOKEN
      "\nchangeCreditAmount: " NO_TOKEN },
    { { SESSION }, NULL, SHOP "&originOrderId=" ORD "&withTrial=1", NULL,
      NULL, NULL, BEARER, "!withTrial: " NO_TOKEN },
    { { CANCEL }, "{\"orderId\":\"" ORD "\"}", NULL, NULL, "orderId", NULL,
      BEARER, "{\"orderId\":\"" ORD "\"}" },
    { { ORDER }, "{\"checkoutSessionId\":\"" CS "\"," DE "}", NULL, EDGE, NULL,
      NULL, BEARER, "{\"checkoutSessionId\":\"" CS "\"," DE
      ",\"buyerIp\":\"192.0.2.1\"}" },

    /* preview-tax and create-subscription */

    { { TAX }, "{" DE ",\"checkoutSessionId\":\"" CS "\"}", NULL, EDGE, NULL,
      NULL, 0, "{\"checkoutSessionId\":\"" CS "\"," DE "}" },
    { { TAX }, NULL, NULL, NULL, NULL, NULL, 0,
      "checkoutSessionId: " REQUIRED "\nbillingDetail: " REQUIRED },
    { { TAX }, "{" DE ",\"checkoutSessionId\":\"" CS "\",\"buyerIp\":"
      "\"192.0.2.1\",\"currency\":\"USD\"}", NULL, EDGE, NULL, NULL, 0,
      "buyerIp: " UNKNOWN "\ncurrency: " UNKNOWN },
    { { TAX }, "checkoutSessionId=" CS "&billingDetail.country=CA"
      "&billingDetail.isBusiness=1", NULL, NULL, NULL, NULL, 0,
      "billingDetail.state: is required in US and CA: two capital letters, "
      "such as NY" },
    { { TAX }, "checkoutSessionId=" CS "&billingDetail.country=DE"
      "&billingDetail.isBusiness=1", NULL, NULL, NULL, NULL, SLUG,
      "{\"checkoutSessionId\":\"" CS "\",\"billingDetail\":"
      "{\"country\":\"DE\",\"isBusiness\":true}}" },
    { { SUB }, "{\"checkoutSessionId\":\"" CS "\"," DE
      ",\"productId\":\"" P "\"}", NULL, EDGE, NULL, NULL, DROP,
      "productId: is locked by the checkout session and must not be sent" },

    /* cancel-order and cancel-subscription */

    { { CANCEL }, "{\"orderId\":\"" ORD "\"}", NULL, NULL, "orderId", NULL, 0,
      "{\"orderId\":\"" ORD "\"}" },
    { { END }, "orderId=" ORD, NULL, NULL, "orderId", NULL, 0,
      "{\"orderId\":\"" ORD "\"}" },
    { { CANCEL }, "{\"orderId\":\"" ORD "\"}", NULL, NULL, NULL, NULL, 0,
      "orderId: " SHOPS },
    { { CANCEL }, "{\"orderId\":\"" ORD "\"}", "orderId=", NULL, "orderId",
      NULL, 0, "orderId: " SHOPS },
    { { CANCEL }, "{}", "orderId=ORD_1", NULL, NULL, NULL, 0,
      "!orderId: " ORDER_ID },
    { { CANCEL }, NULL, NULL, NULL, NULL, NULL, 0, "orderId: " REQUIRED },
    { { CANCEL }, NULL, NULL, NULL, NULL, NULL, PARTIAL, "{}" },

    /* issue-session-token: one of two is required */

    { { ISSUE }, NULL, "buyerIdentity=me&productId=" P, NULL, NULL, NULL, 0,
      "{\"buyerIdentity\":\"me\",\"productId\":\"" P "\"}" },
    { { ISSUE }, "{" STO "}", "buyerIdentity=me", NULL, "storeId", NULL, 0,
      "{\"buyerIdentity\":\"me\"," STO "}" },
    { { ISSUE }, NULL, "buyerIdentity=me", NULL, NULL, NULL, 0,
      "productId: is required, or storeId" },
    { { ISSUE }, NULL, "buyerIdentity=me", NULL, NULL, NULL, PARTIAL,
      "{\"buyerIdentity\":\"me\"}" },
    { { ISSUE }, NULL, "buyerIdentity=me&storeId=STO_1", NULL, NULL, NULL, 0,
      "!storeId: must be STO_ and 22 letters or digits" },
    { { ISSUE }, "{\"buyerIdentity\":\"you\"}",
      "buyerIdentity=me&productId=" P, NULL, "buyerIdentity", NULL, 0,
      "buyerIdentity: " SHOPS },
    { { ISSUE }, "{\"buyerIdentity\":\"you\"}",
      "buyerIdentity=&productId=" P, NULL, "buyerIdentity", NULL, 0,
      "buyerIdentity: " SHOPS },
    { { BESIDE }, "{\"darkMode\":true}", SHOP "&buyerIdentity=me", NULL, NULL,
      NULL, 0, "{" BASE ",\"darkMode\":true} "
      "{\"buyerIdentity\":\"me\",\"productId\":\"" P "\"}" },

    /* create-product: objects under any name */

    { { PRODUCT }, NULL, OFFICE "&prices.USD.amount=1"
      "&prices.USD.taxCategory=saas", NULL, NULL, NULL, 0,
      MADE("\"USD\":" SAAS("1")) },
    { { PRODUCT }, NULL, OFFICE "&prices.USD.taxCategory=saas"
      "&prices.JPY.taxCategory=saas&prices.JPY.amount=100"
      "&prices.USD.amount=1.5", NULL, NULL, NULL, 0,
      MADE("\"JPY\":" SAAS("100") ",\"USD\":" SAAS("1.5")) },
    { { PRODUCT }, "{\"prices\":{\"USD\":" SAAS("1") ",\"EUR\":" SAAS("2")
      "}}", OFFICE, NULL, "prices", NULL, 0,
      MADE("\"EUR\":" SAAS("2") ",\"USD\":" SAAS("1")) },
    { { PRODUCT }, "{\"prices\":{\"USD\":" SAAS("1") "}}", OFFICE, NULL,
      NULL, NULL, 0, "prices: " SHOPS },
    { { PRODUCT }, "{\"prices\":{\"USD\":" SAAS("1") "}}", OFFICE, NULL,
      "prices.USD", NULL, 0, MADE("\"USD\":" SAAS("1")) },
    { { PRODUCT }, "{\"prices\":{\"USD\":" SAAS("1") ",\"EUR\":" SAAS("2")
      "}}", OFFICE, NULL, "prices.USD", NULL, 0,
      "prices.EUR.amount: " SHOPS "\nprices.EUR.taxCategory: " SHOPS },
    { { PRODUCT }, "{\"prices\":{\"USD\":{\"amount\":\"1\"}}}",
      OFFICE "&prices.USD.taxCategory=saas", NULL, "prices.USD.amount", NULL,
      0, MADE("\"USD\":" SAAS("1")) },
    { { PRODUCT }, "{\"prices\":{\"USD\":" SAAS("1") "}}",
      OFFICE "&prices.USD.amount=1&prices.USD.taxCategory=saas", NULL, NULL,
      NULL, 0, MADE("\"USD\":" SAAS("1")) },
    { { PRODUCT }, "{\"prices\":{\"USD\":" SAAS("2") "}}",
      OFFICE "&prices.USD.amount=1&prices.USD.taxCategory=saas", NULL,
      "prices", NULL, 0, "prices.USD.amount: " SHOPS },
    { { PRODUCT }, "{\"prices\":{\"USD\":{}}}", OFFICE, NULL, "prices", NULL,
      0, "prices.USD.amount: " REQUIRED "\nprices.USD.taxCategory: " REQUIRED
    },
    { { PRODUCT }, "{\"prices\":{}}", OFFICE, NULL, "prices", NULL, 0,
      "prices: " REQUIRED },
    { { PRODUCT }, "{\"prices\":[]}", OFFICE, NULL, "prices", NULL, 0,
      "prices: must be an object" },
    { { PRODUCT }, "{\"prices\":{\"USD\":" SAAS("1") ",\"usd\":" SAAS("1")
      "}}", OFFICE, NULL, "prices", NULL, 0, "prices.usd: " LETTERS },
    { { PRODUCT }, "{\"prices\":{\"USD\":" SAAS("1") ",\"EUR\":5}}", OFFICE,
      NULL, "prices", NULL, 0, "prices.EUR: must be an object" },
    { { PRODUCT }, "{\"prices\":{\"USD\":{\"amount\":\"1\",\"x\":1,"
      "\"taxCategory\":\"saas\"}}}", OFFICE, NULL, "prices", NULL, 0,
      "prices.USD.x: " UNKNOWN },
    { { PRODUCT }, "{\"prices\":{\"USD\":{\"amount\":\"1\",\"x\":1,"
      "\"taxCategory\":\"saas\"}}}", OFFICE, NULL, "prices", NULL, DROP,
      MADE("\"USD\":" SAAS("1")) },
    { { PRODUCT }, "{\"prices\":{\"USD\":{\"amount\":\"1\","
      "\"trialAmount\":\"1\",\"taxCategory\":\"saas\"}}}", OFFICE, NULL,
      "prices", NULL, DROP,
      "prices.USD.trialAmount: is for subscriptions only" },
    { { PRODUCT }, "prices.USD.amount=1&prices.USD.taxCategory=saas"
      "&prices.USD.taxIncluded=", OFFICE, NULL, "prices", NULL, 0,
      MADE("\"USD\":" SAAS("1")) },
    { { PRODUCT }, NULL, OFFICE "&prices.USD.amount=1"
      "&prices.USD.taxCategory=saas&prices.EUR.amount="
      "&prices.EUR.taxCategory=", NULL, NULL, NULL, 0,
      MADE("\"USD\":" SAAS("1")) },
    { { PRODUCT }, NULL, OFFICE "&prices.usd.amount=1", NULL, NULL, NULL,
      PARTIAL, "!prices.usd: " LETTERS },
    { { PRODUCT }, NULL, OFFICE "&prices.USD.amount=1", NULL, NULL, NULL,
      PARTIAL, MADE("\"USD\":{\"amount\":\"1\"}") },

    /* what a form leaves empty is absent, of objects too */

    { { PRODUCT }, "prices.USD.amount=1&prices.USD.taxCategory=saas"
      "&prices.EUR.amount=&prices.EUR.taxCategory=&media=", OFFICE, NULL,
      "prices media", NULL, 0, MADE("\"USD\":" SAAS("1")) },

    /* and what the merchant sets to nothing stays the merchant's */

    { { PRODUCT }, "{\"prices\":{\"USD\":{\"amount\":\"1\"}}}",
      OFFICE "&prices.USD.amount=&prices.USD.taxCategory=saas", NULL,
      "prices", NULL, 0, "prices.USD.amount: " SHOPS },
    { { PRODUCT }, "{\"prices\":{\"USD\":" SAAS("1") "}}",
      OFFICE "&prices.USD.amount=&prices.USD.taxCategory=", NULL, "prices",
      NULL, 0, "prices.USD.amount: " SHOPS "\nprices.USD.taxCategory: " SHOPS
    },

    /* the digits of each currency that is charged */

    { { PRODUCT }, "{\"prices\":{\"USD\":" SAAS("1.001") "}}", OFFICE, NULL,
      "prices", NULL, 0, "prices: " MANY },
    { { PRODUCT }, "{\"prices\":{\"USD\":" SAAS("1.01") ",\"JPY\":"
      SAAS("1.0") "}}", OFFICE, NULL, "prices", NULL, 0, "prices: " MANY },
    { { PRODUCT }, "{\"prices\":{\"KWD\":" SAAS("1.001") "}}", OFFICE, NULL,
      "prices", NULL, 0, MADE("\"KWD\":" SAAS("1.001")) },
    { { PRODUCT }, NULL, OFFICE "&prices.JPY.amount=1.0"
      "&prices.JPY.taxCategory=saas", NULL, NULL, NULL, 0,
      "!prices: " MANY },
    { { PRODUCT }, "{\"prices\":{\"USD\":{\"amount\":\"1.001\"}}}",
      OFFICE "&prices.USD.taxCategory=saas", NULL, "prices", NULL, 0,
      "prices: " MANY },

    /* lists of objects */

    { { PRODUCT }, "{\"prices\":{\"USD\":" SAAS("1") "},\"media\":[{\"url\":"
      "\"https://a.example/\",\"type\":\"image\"}," IMAGE "]}", OFFICE, NULL,
      "prices media", NULL, 0, "{" STO ",\"name\":\"A\",\"prices\":{\"USD\":"
      SAAS("1") "},\"media\":[" IMAGE "," IMAGE "]}" },
    { { PRODUCT }, "{\"media\":[]}", OFFICE, NULL, "media", NULL, PARTIAL,
      "{" STO ",\"name\":\"A\",\"media\":[]}" },
    { { PRODUCT }, "{\"media\":[" IMAGE "]}", OFFICE, NULL, NULL, NULL,
      PARTIAL, "media: " SHOPS },
    { { PRODUCT }, "{\"media\":{}}", OFFICE, NULL, "media", NULL, PARTIAL,
      "media: " OBJECTS },
    { { PRODUCT }, "{\"media\":null}", OFFICE, NULL, "media", NULL, PARTIAL,
      "media: " OBJECTS },
    { { PRODUCT }, "media[]=a", OFFICE, NULL, "media", NULL, PARTIAL,
      "media.0: must be an object" },
    { { PRODUCT }, "{\"media\":[" IMAGE ",{\"type\":\"a\",\"x\":1}]}",
      OFFICE, NULL, "media", NULL, PARTIAL,
      "media.1.type: must be image or video\nmedia.1.x: " UNKNOWN },
    { { PRODUCT }, "{\"media\":[{}]}", OFFICE "&prices.USD.amount=1"
      "&prices.USD.taxCategory=saas", NULL, "media", NULL, 0,
      "media.0.type: " REQUIRED "\nmedia.0.url: " REQUIRED },

    /* cleared */

    { { PRODUCT }, "{\"description\":null,\"successUrl\":\"\"}", OFFICE,
      NULL, "description successUrl", NULL, PARTIAL,
      "{" STO ",\"name\":\"A\",\"description\":null,\"successUrl\":\"\"}" },
    { { PRODUCT }, "description=&successUrl=", OFFICE, NULL,
      "description successUrl", NULL, PARTIAL,
      "{" STO ",\"name\":\"A\"}" },
    { { PRODUCT }, "{\"description\":null}", OFFICE "&description=d", NULL,
      "description", NULL, PARTIAL, "description: " SHOPS },
    { { PRODUCT }, "{\"description\":false}", OFFICE, NULL, "description",
      NULL, PARTIAL, "description: must be a string" },
    { { PRODUCT }, "{\"name\":null}", "storeId=", NULL, "name", NULL, PARTIAL,
      "name: must be a string" },

    /* graphql: the query is the edge's, a variable is any scalar */

    { { QUERY }, NULL, NULL, ASK, NULL, NULL, 0, ASK },
    { { QUERY }, ASK, NULL, ASK, NULL, NULL, 0, ASK },
    { { QUERY }, "{\"query\":\"{ b }\"}", NULL, ASK, NULL, NULL, 0,
      "query: " SERVERS },
    { { QUERY }, "{\"query\":\"{ b }\"}", NULL, ASK, "query", NULL, DROP,
      "query: " SERVERS },
    { { QUERY }, "{\"variables\":{\"a\":1}}", NULL, ASK, NULL, NULL, 0,
      "variables: " SHOPS },
    { { QUERY }, "{\"variables\":{\"d\":null,\"c\":-1.50e3,\"b\":false,"
      "\"a\":\"\"}}", NULL, ASK, "variables", NULL, 0,
      "{\"query\":\"{ a }\",\"variables\":{\"a\":\"\",\"b\":false,"
      "\"c\":-1.50e3,\"d\":null}}" },
    { { QUERY }, "{\"variables\":{\"a\":[],\"b\":{},\"c\":1}}", NULL, ASK,
      "variables", NULL, 0,
      "variables.a: " SCALARS "\nvariables.b: " SCALARS },
    { { QUERY }, "{\"variables\":{\"a\":1,\"b\":2}}", NULL, ASK,
      "variables.a", NULL, 0, "variables.b: " SHOPS },
    { { QUERY }, "{\"variables\":{\"b\":2,\"a\":\"1\"}}",
      "variables.c=3&variables.a=1", ASK, "variables.b", NULL, 0,
      "{\"query\":\"{ a }\",\"variables\":{\"c\":\"3\",\"a\":\"1\","
      "\"b\":2}}" },
    { { QUERY }, "{\"variables\":{\"a\":1}}", "variables.a=1", ASK,
      "variables", NULL, 0, "variables.a: " SHOPS },
    { { QUERY }, "variables.a=1&variables.b=", NULL, ASK, "variables", NULL,
      0, "{\"query\":\"{ a }\",\"variables\":{\"a\":\"1\"}}" },
    { { QUERY }, "{\"variables\":{}}", NULL, ASK, "variables", NULL, 0, ASK },

    { { NULL, NULL }, NULL, NULL, NULL, NULL, NULL, 0, NULL }
};


/* a fourth voice: the shop's quote, JSON */

typedef struct {
    pancake_schema_case_t   c;
    const char             *quote;
} pancake_quoted_case_t;


static pancake_quoted_case_t  pancake_quoted[] = {

    { { { SESSION }, NULL, NULL, NULL, NULL, NULL, 0, "{" BASE "}" },
      "{" BASE "}" },
    { { { SESSION }, "{}", NULL, NULL, NULL, NULL, 0, "{" BASE "}" },
      "{" BASE ",\"total\":{\"amount\":5},\"x\":null}" },
    { { { SESSION }, "{" BASE "}", NULL, NULL, NULL, NULL, 0, "{" BASE "}" },
      "{" BASE "}" },
    { { { SESSION }, "{\"currency\":\"EUR\"}", NULL, NULL, "currency", NULL,
        0, "currency: " SHOPS }, "{" BASE "}" },
    { { { SESSION }, NULL, SHOP, NULL, NULL, NULL, 0, "{" BASE "}" },
      "{\"productId\":\"" Q "\",\"currency\":\"EUR\"}" },
    { { { SESSION }, NULL, "productId=&currency=USD", NULL, NULL, NULL, 0,
        "{" BASE "}" }, "{" BASE "}" },
    { { { SESSION }, "{\"language\":\"en\"}", NULL, NULL, NULL, NULL, 0,
        "language: " SHOPS }, "{" BASE ",\"language\":\"ja-JP\"}" },
    { { { SESSION }, "{\"language\":\"en\"}", NULL, NULL, NULL, NULL, 0,
        "{" BASE ",\"language\":\"en\"}" },
      "{" BASE ",\"language\":null}" },

    /* trusted for content, never for shape; and not the buyer's fault */

    { { { SESSION }, NULL, NULL, NULL, NULL, NULL, 0,
        "?productId: " REQUIRED "\n?currency: " REQUIRED }, "{}" },
    { { { SESSION }, "{}", "currency=USD", NULL, "productId", NULL, 0,
        "productId: " REQUIRED }, "{}" },
    { { { SESSION }, NULL, NULL, NULL, NULL, NULL, 0,
        "?currency: must be one of USD, EUR, GBP, HKD, JPY, CNY" },
      "{\"productId\":\"" P "\",\"currency\":\"usd\"}" },
    { { { SESSION }, NULL, NULL, NULL, NULL, NULL, 0,
        "?currency: must be a string\n?withTrial: must be true or false"
        "\n?expiresInSeconds: must be a whole number from 1 to 604800"
        "\n?includePaymentMethods: " METHODS },
      "{\"productId\":\"" P "\",\"currency\":[\"USD\"],\"withTrial\":"
      "\"true\",\"expiresInSeconds\":\"60\",\"includePaymentMethods\":"
      "\"card\"}" },
    { { { SESSION }, NULL, SHOP, NULL, NULL, NULL, 0,
        "?priceSnapshot: must be an object\n?billingDetail: must be an object"
        "\n?metadata: must be an object" },
      "{\"priceSnapshot\":\"5\",\"billingDetail\":[],\"metadata\":true}" },
    { { { SESSION }, NULL, SHOP, NULL, NULL, NULL, SLUG,
        "?withTrial: " NO_SLUG }, "{\"withTrial\":true}" },
    { { { SESSION }, NULL, SHOP "&originOrderId=" ORD, NULL, NULL, NULL,
        BEARER, "?withTrial: " NO_TOKEN }, "{\"withTrial\":true}" },

    /* member by member */

    { { { SESSION }, "{\"billingDetail\":{\"isBusiness\":true}}",
        SHOP "&billingDetail.country=FR", NULL, NULL, NULL, 0, "{" BASE
        ",\"billingDetail\":{\"country\":\"FR\",\"isBusiness\":true,"
        "\"taxId\":\"T\"}}" },
      "{\"billingDetail\":{\"country\":\"DE\",\"taxId\":\"T\",\"x\":1}}" },
    { { { SESSION }, NULL, SHOP "&priceSnapshot.taxCategory=saas", NULL, NULL,
        NULL, 0, "{" BASE ",\"priceSnapshot\":" SAAS("5.00") "}" },
      "{\"priceSnapshot\":{\"amount\":\"5.00\",\"taxCategory\":\"ebook\"}}" },
    { { { SESSION }, "{\"priceSnapshot\":{\"amount\":\"5.00\"}}", SHOP, NULL,
        NULL, NULL, 0, "{" BASE ",\"priceSnapshot\":" SAAS("5.00") "}" },
      "{\"priceSnapshot\":" SAAS("5.00") "}" },
    { { { SESSION }, "{\"priceSnapshot\":{\"amount\":\"0.01\"}}", SHOP,
        NULL, "priceSnapshot", NULL, 0, "priceSnapshot.amount: " SHOPS },
      "{\"priceSnapshot\":" SAAS("5.00") "}" },
    { { { SESSION }, NULL, SHOP, NULL, NULL, NULL, 0,
        "?priceSnapshot.taxCategory: " REQUIRED },
      "{\"priceSnapshot\":{\"amount\":\"5.00\"}}" },
    { { { SESSION }, "{\"metadata\":{\"d\":\"4\"}}", SHOP "&metadata.b=2",
        NULL, "metadata", NULL, 0, "{" BASE ",\"metadata\":{\"b\":\"2\","
        "\"a\":\"1\",\"c\":\"3\",\"d\":\"4\"}}" },
      "{\"metadata\":{\"c\":\"3\",\"b\":\"x\",\"a\":\"1\",\"e\":null}}" },
    { { { SESSION }, "{\"metadata\":{\"a\":\"2\"}}", SHOP, NULL, "metadata",
        NULL, 0, "metadata.a: " SHOPS }, "{\"metadata\":{\"a\":\"1\"}}" },
    { { { SESSION }, NULL, SHOP, NULL, NULL, NULL, 0,
        "?metadata.a: must be a string\n?metadata.b\nc: must have a name of 1 "
        "to 128 characters, no control characters" },
      "{\"metadata\":{\"a\":1,\"b\\nc\":\"x\"}}" },

    /* whoever of the two is to mend it */

    { { { SESSION }, NULL, "productId=" P "&currency=JPY", NULL, NULL, NULL, 0,
        "?priceSnapshot.amount: " DIGITS },
      "{\"priceSnapshot\":" SAAS("5.00") "}" },
    { { { SESSION }, "{\"currency\":\"JPY\"}", "productId=" P, NULL,
        "currency", NULL, 0, "priceSnapshot.amount: " DIGITS },
      "{\"priceSnapshot\":" SAAS("5.00") "}" },

    /* the edge's own, and what is for nobody */

    { { { ORDER }, "{\"checkoutSessionId\":\"" CS "\"," DE "}", NULL, EDGE,
        NULL, NULL, 0, "{\"checkoutSessionId\":\"" CS "\"," DE
        ",\"buyerIp\":\"192.0.2.1\"}" },
      "{\"buyerIp\":\"192.0.2.2\",\"storeId\":\"x\",\"currency\":\"USD\"}" },
    { { { QUERY }, NULL, NULL, ASK, NULL, NULL, 0, ASK },
      "{\"query\":\"{ b }\"}" },
    { { { QUERY }, "{\"variables\":{\"a\":2}}", NULL, ASK, "variables", NULL,
        0, "variables.a: " SHOPS }, "{\"variables\":{\"a\":1}}" },
    { { { QUERY }, NULL, NULL, ASK, NULL, NULL, 0,
        "{\"query\":\"{ a }\",\"variables\":{\"a\":1,\"b\":true}}" },
      "{\"variables\":{\"b\":true,\"a\":1,\"c\":null}}" },
    { { { CANCEL }, NULL, NULL, NULL, NULL, NULL, 0, "?orderId: " ORDER_ID },
      "{\"orderId\":\"ORD_1\"}" },
    { { { ISSUE }, NULL, NULL, NULL, NULL, NULL, 0,
        "{\"buyerIdentity\":\"me\"," STO "}" },
      "{\"buyerIdentity\":\"me\"," STO "}" },

    /* maps and lists of objects */

    { { { PRODUCT }, "{\"prices\":{\"GBP\":" SAAS("3") "}}",
        OFFICE "&prices.USD.taxCategory=saas", NULL, "prices", NULL, 0,
        MADE("\"EUR\":" SAAS("2") ",\"GBP\":" SAAS("3") ",\"USD\":"
             SAAS("1")) },
      "{\"prices\":{\"USD\":{\"amount\":\"1\"},\"EUR\":" SAAS("2") "}}" },
    { { { PRODUCT }, "{\"prices\":{\"EUR\":" SAAS("1") "}}", OFFICE, NULL,
        "prices", NULL, 0, "prices.EUR.amount: " SHOPS },
      "{\"prices\":{\"EUR\":" SAAS("2") "}}" },
    { { { PRODUCT }, NULL, OFFICE, NULL, NULL, NULL, PARTIAL,
        "?prices.EUR: must be an object" }, "{\"prices\":{\"EUR\":\"2\"}}" },
    { { { PRODUCT }, NULL, OFFICE "&prices.USD.amount=1"
        "&prices.USD.taxCategory=saas", NULL, NULL, NULL, 0,
        MADE("\"USD\":" SAAS("1")) },
      "{\"prices\":{\"EUR\":null,\"USD\":null}}" },
    { { { PRODUCT }, NULL, OFFICE, NULL, NULL, NULL, PARTIAL,
        "?prices.eur: " LETTERS }, "{\"prices\":{\"eur\":" SAAS("2") "}}" },
    { { { PRODUCT }, NULL, OFFICE, NULL, NULL, NULL, 0, "?prices: " MANY },
      "{\"prices\":{\"EUR\":" SAAS("2.001") "}}" },
    { { { PRODUCT }, NULL, OFFICE, NULL, NULL, NULL, 0,
        "?prices.EUR.taxCategory: " REQUIRED },
      "{\"prices\":{\"EUR\":{\"amount\":\"2\"}}}" },
    { { { PRODUCT }, NULL, OFFICE, NULL, NULL, NULL, PARTIAL, "{" STO
        ",\"name\":\"A\",\"description\":null,\"media\":[" IMAGE "]}" },
      "{\"media\":[" IMAGE "],\"description\":null,\"metadata\":null}" },
    { { { PRODUCT }, "{\"media\":[" IMAGE "]}", OFFICE, NULL, "media", NULL,
        PARTIAL, "media: " SHOPS }, "{\"media\":[]}" },
    { { { PRODUCT }, NULL, OFFICE, NULL, NULL, NULL, PARTIAL,
        "?media.0: must be an object" }, "{\"media\":[null]}" },
    { { { PRODUCT }, NULL, OFFICE, NULL, NULL, NULL, PARTIAL,
        "?media: " OBJECTS }, "{\"media\":\"a\"}" },
    { { { PRODUCT }, NULL, OFFICE, NULL, NULL, NULL, 0,
        "?media.0.url: must be a URL of at most 2048 characters" },
      "{\"prices\":{\"EUR\":" SAAS("2") "},\"media\":[{\"type\":\"image\","
      "\"url\":\"x\"}]}" },

    { { { NULL, NULL }, NULL, NULL, NULL, NULL, NULL, 0, NULL }, NULL }
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
    rs->token = (c->flags & BEARER) != 0;
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

    /* in the order of pancake_source_e */

    static const char  *sources[] = { "", "!", "?" };

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
                            sources[v[i].source], &v[i].field,
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


static void
pancake_test_quoted(void)
{
    ngx_str_t               out;
    ngx_pool_t             *pool;
    pancake_resolve_t       rs;
    pancake_quoted_case_t  *q;

    for (q = pancake_quoted; q->quote; q++) {

        pool = pancake_pool();
        pancake_setup(&rs, pool, &q->c);
        rs.quote = pancake_voice(pool, q->quote);

        out = pancake_outcome(&rs, pancake_resolve(&rs));
        pancake_is(&out, q->c.expected, "quote %d",
                   (int) (q - pancake_quoted));

        ngx_destroy_pool(pool);
    }
}


/* whatever allocation fails: NGX_ERROR, no crash, nothing lost */

static ngx_uint_t
pancake_no_memory(pancake_schema_case_t *c, const char *quote,
    ngx_uint_t *tried)
{
    ngx_int_t           rc, last;
    ngx_uint_t          n, wrong;
    ngx_pool_t         *pool;
    pancake_resolve_t   rs;

    wrong = 0;
    last = (c->expected[0] == '{') ? NGX_OK : NGX_DECLINED;

    for (n = 1; ; n++) {
        pool = pancake_pool();
        pancake_setup(&rs, pool, c);
        rs.quote = pancake_voice(pool, quote);

        pancake_fail_at(n);
        rc = pancake_resolve(&rs);

        ngx_destroy_pool(pool);

        if (pancake_fail_at(0) != 0) {
            break;
        }

        wrong += (rc != NGX_ERROR);
        (*tried)++;
    }

    return wrong + (rc != last || n == 1);
}


static void
pancake_test_no_memory(void)
{
    ngx_uint_t              wrong, tried;
    pancake_quoted_case_t  *q;
    pancake_schema_case_t  *c;

    wrong = 0;
    tried = 0;

    for (c = pancake_cases; c->expected; c++) {
        wrong += pancake_no_memory(c, NULL, &tried);
    }

    for (q = pancake_quoted; q->quote; q++) {
        wrong += pancake_no_memory(&q->c, q->quote, &tried);
    }

    pancake_ok(wrong == 0 && tried > 1000,
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
pancake_field_names(const pancake_field_t *fields, ngx_uint_t staff)
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
                && f->kind != PANCAKE_KIND_BOOLEAN
                && !(f->kind == PANCAKE_KIND_LIST && f->members));

        /* nor would a list without an end */

        bad += (f->kind == PANCAKE_KIND_LIST && f->members && f->max == 0);

        bad += (f->kind == PANCAKE_KIND_OBJECT && f->members == NULL
                && f->owner != PANCAKE_OWNER_NOBODY);

        /* what it gives away must be said where it is not the buyer's */

        bad += (f->owner == PANCAKE_OWNER_MERCHANT && f->risk == NULL
                && !staff);
        bad += (f->owner == PANCAKE_OWNER_EDGE && f->risk == NULL);
        bad += (f->hint == NULL);

        if (f->members) {
            bad += pancake_field_names(f->members, staff);
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
        ngx_uint_t   flags;
        const char  *answer;    /* the promised member */
        ngx_uint_t   staff;     /* nothing of it is given away */
    } actions[] = {
        { "create-session", "/v1/actions/checkout/create-session",
          PANCAKE_ACTION_SLUG|PANCAKE_ACTION_TOKEN|PANCAKE_ACTION_CHECKOUT
          |PANCAKE_ACTION_UNIQUE|PANCAKE_ACTION_SESSION, "", 0 },
        { "create-order", "/v1/actions/onetime-order/create-order",
          PANCAKE_ACTION_TOKEN|PANCAKE_ACTION_CHECKOUT, "", 0 },
        { "create-subscription",
          "/v1/actions/subscription-order/create-order",
          PANCAKE_ACTION_TOKEN|PANCAKE_ACTION_CHECKOUT, "", 0 },
        { "preview-tax", "/v1/actions/checkout/preview-tax",
          PANCAKE_ACTION_SLUG|PANCAKE_ACTION_READ
          |PANCAKE_ACTION_KEY_UNSURE, "total", 0 },
        { "cancel-order", "/v1/actions/onetime-order/cancel-order",
          PANCAKE_ACTION_TOKEN|PANCAKE_ACTION_OFFICE, "status", 0 },
        { "cancel-subscription",
          "/v1/actions/subscription-order/cancel-order",
          PANCAKE_ACTION_TOKEN|PANCAKE_ACTION_OFFICE, "status", 0 },
        { "create-product", "/v1/actions/onetime-product/create-product",
          PANCAKE_ACTION_UNIQUE|PANCAKE_ACTION_OFFICE, "product", 1 },
        { "issue-session-token", "/v1/actions/auth/issue-session-token",
          PANCAKE_ACTION_READ|PANCAKE_ACTION_OFFICE, "token", 0 },
        { "graphql", "/v1/graphql",
          PANCAKE_ACTION_SLUG|PANCAKE_ACTION_TOKEN|PANCAKE_ACTION_READ
          |PANCAKE_ACTION_QUERY, "", 0 }
    };

    static const struct {
        const char  *action;
        ngx_str_t    path;
        const char  *name;      /* of the row, or NULL */
    } paths[] = {
        { "create-session", ngx_string("currency"), "currency" },
        { "create-session", ngx_string("billingDetail"), "billingDetail" },
        { "create-session", ngx_string("billingDetail.country"), "country" },
        { "create-session", ngx_string("metadata"), "metadata" },
        { "create-session", ngx_string("metadata.cart"), "metadata" },
        { "create-session", ngx_string("metadata.cart.id"), NULL },
        { "create-session", ngx_string("priceSnapshot.amount"), "amount" },
        { "create-session", ngx_string("metadata."), NULL },
        { "create-session", ngx_string("billingDetail."), NULL },
        { "create-session", ngx_string("billingDetail.city"), NULL },
        { "create-session", ngx_string("billingDetail.country.x"), NULL },
        { "create-session", ngx_string("currency.x"), NULL },
        { "create-session", ngx_string("country"), NULL },
        { "create-session", ngx_string("Currency"), NULL },
        { "create-session", ngx_string("currenc"), NULL },
        { "create-session", ngx_string("currencyx"), NULL },
        { "create-session", ngx_string(".currency"), NULL },
        { "create-session", ngx_string(""), NULL },
        { "create-product", ngx_string("prices"), "prices" },
        { "create-product", ngx_string("prices.USD"), "prices" },
        { "create-product", ngx_string("prices.USD.amount"), "amount" },
        { "create-product", ngx_string("prices.x.taxIncluded"),
          "taxIncluded" },
        { "create-product", ngx_string("prices.USD.x"), NULL },
        { "create-product", ngx_string("prices.USD."), NULL },
        { "create-product", ngx_string("prices."), NULL },
        { "create-product", ngx_string("prices.USD.amount.x"), NULL },
        { "create-product", ngx_string("prices.amount"), "prices" },
        { "create-product", ngx_string("media"), "media" },
        { "create-product", ngx_string("media.0"), "media" },
        { "create-product", ngx_string("media.0.url"), "url" },
        { "create-product", ngx_string("media.0.x"), NULL },
        { "create-product", ngx_string("media."), NULL },
        { "create-product", ngx_string("metadata.a"), "metadata" },
        { "create-product", ngx_string("metadata.a.b"), NULL },
        { "create-product", ngx_string("description.x"), NULL },
        { "graphql", ngx_string("query"), "query" },
        { "graphql", ngx_string("variables"), "variables" },
        { "graphql", ngx_string("variables.a"), "variables" },
        { "graphql", ngx_string("variables.a.b"), NULL },
        { "graphql", ngx_string("variables."), NULL },
        { "create-session", ngx_string("includePaymentMethods.0"), NULL },
        { "preview-tax", ngx_string("billingDetail.state"), "state" },
        { "preview-tax", ngx_string("buyerEmail"), NULL },
        { "cancel-order", ngx_string("orderId"), "orderId" },
        { "cancel-subscription", ngx_string("orderId.x"), NULL }
    };

    for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        name.data = (u_char *) actions[i].action;
        name.len = strlen(actions[i].action);
        action = pancake_action(&name);

        pancake_ok(action != NULL, "%s", actions[i].action);
        pancake_is(&action->path, actions[i].path, "its path");
        pancake_is(&action->answer, actions[i].answer, "its answer");
        pancake_ok(action->flags == actions[i].flags, "its flags");
        pancake_ok(pancake_field_names(action->fields, actions[i].staff) == 0,
                   "its fields");

        for (rule = action->rules; rule->kind != PANCAKE_RULE_END; rule++) {
            pancake_ok(pancake_field_find(action, &rule->field)
                       && pancake_field_find(action, &rule->other)
                       && rule->message, "its rule for %s",
                       rule->field.data);
        }

        name.len--;
        pancake_ok(pancake_action(&name) == NULL, "a shorter name");
    }

    for (i = 0; pancake_actions[i].name.len; i++) { /* void */ }

    pancake_ok(i == sizeof(actions) / sizeof(actions[0]), "%d actions",
               (int) i);

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {

        name.data = (u_char *) paths[i].action;
        name.len = strlen(paths[i].action);
        action = pancake_action(&name);

        name = pancake_copy(&paths[i].path);
        field = pancake_field_find(action, &name);
        pancake_copy_free(&name);

        pancake_ok(paths[i].name ? field && pancake_equal(&field->name,
                                                          paths[i].name)
                                 : field == NULL,
                   "%s: path \"%s\"", paths[i].action,
                   paths[i].path.data);
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
        { "create-order", PANCAKE_OWNER_EDGE, 1, "buyerIp" },
        { "create-subscription", PANCAKE_OWNER_BUYER, 3,
          "checkoutSessionId billingDetail buyerEmail" },
        { "create-subscription", PANCAKE_OWNER_MERCHANT, 1, "successUrl" },
        { "create-subscription", PANCAKE_OWNER_EDGE, 1, "buyerIp" },
        { "preview-tax", PANCAKE_OWNER_BUYER, 2,
          "checkoutSessionId billingDetail" },
        { "preview-tax", PANCAKE_OWNER_MERCHANT, 0, "" },
        { "cancel-order", PANCAKE_OWNER_BUYER, 0, "" },
        { "cancel-order", PANCAKE_OWNER_MERCHANT, 1, "orderId" },
        { "cancel-subscription", PANCAKE_OWNER_BUYER, 0, "" },
        { "cancel-subscription", PANCAKE_OWNER_MERCHANT, 1, "orderId" },
        { "create-product", PANCAKE_OWNER_BUYER, 0, "" },
        { "create-product", PANCAKE_OWNER_CHOICE, 0, "" },
        { "create-product", PANCAKE_OWNER_MERCHANT, 7,
          "storeId name description prices media successUrl metadata" },
        { "issue-session-token", PANCAKE_OWNER_BUYER, 0, "" },
        { "issue-session-token", PANCAKE_OWNER_CHOICE, 1, "productId" },
        { "issue-session-token", PANCAKE_OWNER_MERCHANT, 2,
          "buyerIdentity storeId" },
        { "graphql", PANCAKE_OWNER_BUYER, 0, "" },
        { "graphql", PANCAKE_OWNER_CHOICE, 0, "" },
        { "graphql", PANCAKE_OWNER_MERCHANT, 1, "variables" },
        { "graphql", PANCAKE_OWNER_EDGE, 1, "query" }
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
    pancake_test_quoted();
    pancake_test_map();
    pancake_test_many();
    pancake_test_no_memory();

    return pancake_done();
}

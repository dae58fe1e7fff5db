
/*
 * Copyright (C) pancake checkout contributors
 *
 * Requests of the order API: what is refused of them, and what their address
 * means to the payment API; the same for the address of an order.
 */


#include "unit.h"
#include "pancake_country_names.h"
#include "pancake_country_table.h"
#include "pancake_json.h"
#include "pancake_orders.h"


#define NOT_HERE  "is not a field of this checkout"
#define ACTION    "action: must be checkout or save_order"
#define CODE      "billing_address.postal_code: must be a whole number or a " \
                  "string of at most 16 characters"
#define COUNTRY   "billing_address.country: must be the full name of a "      \
                  "country, such as Canada, not its code"
#define UNKNOWN   "billing_address.country: is not the name of a country "    \
                  "that is known here"
#define STATE     "billing_address.state: is not the name or code of a "      \
                  "state of that country"

#define CHECKOUT(address)                                                     \
    "{\"action\":\"checkout\",\"billing_address\":{" address "}}"
#define SAVE(address)                                                         \
    "{\"action\":\"save_order\",\"billing_address\":{" address "}}"
#define BILLING(members)                                                      \
    "{\"billingDetail\":{\"isBusiness\":false," members "}}"


/*
 * What comes of a request: "save", "none" (a checkout without an address for
 * the API), a billingDetail, or lines "FIELD: MESSAGE".
 */

typedef struct {
    const char  *request;
    const char  *expected;
} pancake_request_case_t;


static pancake_request_case_t  pancake_requests[] = {

    /* action */

    { "{\"action\":\"checkout\"}", "none" },
    { "{\"action\":\"save_order\"}", "save" },
    { "{}", "action: is required" },
    { "{\"action\":\"\"}", ACTION },
    { "{\"action\":null}", "action: must be a string" },
    { "{\"action\":\"Checkout\"}", ACTION },
    { "{\"action\":\"CHECKOUT\"}", ACTION },
    { "{\"action\":\"checkout \"}", ACTION },
    { "{\"action\":\"checkout save_order\"}", ACTION },
    { "{\"action\":\"save\"}", ACTION },
    { "{\"action\":\"save-order\"}", ACTION },
    { "{\"action\":\"saveorder\"}", ACTION },
    { "{\"action\":1}", "action: must be a string" },
    { "{\"action\":true}", "action: must be a string" },
    { "{\"action\":[\"checkout\"]}", "action: must be a string" },
    { "{\"action\":{\"checkout\":1}}", "action: must be a string" },

    /* the address is an object, or is not there */

    { CHECKOUT(""), "none" },
    { "{\"action\":\"checkout\",\"billing_address\":null}",
      "billing_address: must be an object" },
    { "{\"action\":\"checkout\",\"billing_address\":\"Canada\"}",
      "billing_address: must be an object" },
    { "{\"action\":\"checkout\",\"billing_address\":[]}",
      "billing_address: must be an object" },
    { "{\"action\":\"save_order\",\"billing_address\":7}",
      "billing_address: must be an object" },

    /* the seed's own request, in which CA is a state of Canada */

    { CHECKOUT("\"street_address\":\"123 Main St\",\"postal_code\":12345,"
               "\"city\":\"Anytown\",\"state\":\"CA\","
               "\"country\":\"Canada\""),
      BILLING("\"country\":\"CA\",\"state\":\"CA\","
              "\"postcode\":\"12345\"") },

    /* countries */

    { CHECKOUT("\"country\":\"Germany\""), BILLING("\"country\":\"DE\"") },
    { CHECKOUT("\"country\":\" the united states of america \""),
      BILLING("\"country\":\"US\"") },
    { CHECKOUT("\"country\":\"DE\""), COUNTRY },
    { CHECKOUT("\"country\":\"XX\""), COUNTRY },
    { SAVE("\"country\":\"CA\""), COUNTRY },
    { CHECKOUT("\"country\":\"de\""), UNKNOWN },
    { SAVE("\"country\":\"de\""), "save" },
    { CHECKOUT("\"country\":\"Atlantis\""), UNKNOWN },
    { SAVE("\"country\":\"Atlantis\""), "save" },
    { CHECKOUT("\"country\":\"Korea\""), UNKNOWN },
    { CHECKOUT("\"country\":5"), "billing_address.country: must be a string" },
    { CHECKOUT("\"country\":\"a\\nb\""), COUNTRY },
    { CHECKOUT("\"city\":\"Ottawa\",\"state\":\"Ontario\""), "none" },

    /* states */

    { CHECKOUT("\"country\":\"Canada\",\"state\":\"Ontario\""),
      BILLING("\"country\":\"CA\",\"state\":\"ON\"") },
    { CHECKOUT("\"country\":\"Canada\",\"state\":\"on\""),
      BILLING("\"country\":\"CA\",\"state\":\"ON\"") },
    { CHECKOUT("\"country\":\"USA\",\"state\":\"california\""),
      BILLING("\"country\":\"US\",\"state\":\"CA\"") },
    { CHECKOUT("\"country\":\"USA\",\"state\":\"Ontario\""), STATE },
    { CHECKOUT("\"country\":\"USA\",\"state\":\"zz\""), STATE },
    { SAVE("\"country\":\"USA\",\"state\":\"Ontario\""), "save" },
    { CHECKOUT("\"country\":\"Germany\",\"state\":\"Bavaria\""),
      BILLING("\"country\":\"DE\",\"state\":\"Bavaria\"") },
    { CHECKOUT("\"country\":\"Mexico\",\"state\":\"zz\""),
      BILLING("\"country\":\"MX\",\"state\":\"zz\"") },
    { CHECKOUT("\"country\":\"USA\",\"state\":7"),
      "billing_address.state: must be a string" },

    /* postal codes: whole numbers keep their digits, strings all they have */

    { CHECKOUT("\"country\":\"Germany\",\"postal_code\":\"01067\""),
      BILLING("\"country\":\"DE\",\"postcode\":\"01067\"") },
    { CHECKOUT("\"country\":\"Germany\",\"postal_code\":10115"),
      BILLING("\"country\":\"DE\",\"postcode\":\"10115\"") },
    { CHECKOUT("\"country\":\"Germany\",\"postal_code\":0"),
      BILLING("\"country\":\"DE\",\"postcode\":\"0\"") },
    { CHECKOUT("\"country\":\"Germany\",\"postal_code\":1234567890123456"),
      BILLING("\"country\":\"DE\",\"postcode\":\"1234567890123456\"") },
    { CHECKOUT("\"country\":\"Canada\",\"postal_code\":\"K1M 1M4\""),
      BILLING("\"country\":\"CA\",\"postcode\":\"K1M 1M4\"") },
    { CHECKOUT("\"country\":\"Germany\",\"postal_code\":\"\""),
      BILLING("\"country\":\"DE\"") },
    { CHECKOUT("\"country\":\"Germany\",\"postal_code\":12345678901234567"),
      CODE },
    { CHECKOUT("\"postal_code\":\"12345678901234567\""), CODE },
    { CHECKOUT("\"postal_code\":-1"), CODE },
    { CHECKOUT("\"postal_code\":1.0"), CODE },
    { CHECKOUT("\"postal_code\":1e5"), CODE },
    { CHECKOUT("\"postal_code\":1E5"), CODE },
    { CHECKOUT("\"postal_code\":true"), CODE },
    { CHECKOUT("\"postal_code\":[1]"), CODE },
    { CHECKOUT("\"postal_code\":\"1\\t2\""), CODE },
    { SAVE("\"postal_code\":1.5"), CODE },

    /* what is not in the table; prices come from the cart */

    { "{\"action\":\"checkout\",\"total\":\"0.01\"}", "total: " NOT_HERE },
    { "{\"action\":\"save_order\",\"total\":\"0.01\"}", "total: " NOT_HERE },
    { "{\"action\":\"checkout\",\"voucher\":\"A\",\"items\":[{\"a\":1}]}",
      "voucher: " NOT_HERE "\nitems: " NOT_HERE },
    { "{\"action\":\"checkout\",\"billingDetail\":{\"country\":\"DE\"}}",
      "billingDetail: " NOT_HERE },
    { "{\"action\":\"checkout\",\"priceSnapshot\":{\"amount\":\"1\"}}",
      "priceSnapshot: " NOT_HERE },
    { CHECKOUT("\"postcode\":\"1\""),
      "billing_address.postcode: " NOT_HERE },
    { CHECKOUT("\"taxId\":\"1\""), "billing_address.taxId: " NOT_HERE },

    /* all that is wrong is told at once */

    { "{\"action\":\"buy\",\"billing_address\":{\"country\":\"DE\","
      "\"postal_code\":1.5},\"x\":1}",
      ACTION "\n" CODE "\n" COUNTRY "\nx: " NOT_HERE }
};


/* an order may have anything in it: "left" is an address that is left out */

static pancake_request_case_t  pancake_orders[] = {
    { "{}", "none" },
    { "{\"billing_address\":null}", "none" },
    { "{\"billing_address\":\"Canada\"}", "none" },
    { "{\"billing_address\":[{\"country\":\"Canada\"}]}", "none" },
    { "{\"billing_address\":{}}", "none" },
    { "{\"billing_address\":{\"country\":null}}", "none" },
    { "{\"billing_address\":{\"country\":\"\"}}", "none" },
    { "{\"billing_address\":{\"country\":[\"Canada\"]}}", "none" },
    { "{\"billing_address\":{\"country\":{\"name\":\"Canada\"}}}", "none" },
    { "{\"billing_address\":{\"country\":true}}", "none" },
    { "{\"billing_address\":{\"country\":124}}", UNKNOWN },
    { "{\"billing_address\":{\"country\":\"CA\"}}", UNKNOWN },
    { "{\"billing_address\":{\"country\":\"\\u0001\"}}", UNKNOWN },
    { "{\"billing_address\":{\"country\":\"Canada\",\"state\":\"Ont.\"}}",
      STATE },
    { "{\"billing_address\":{\"country\":\"Canada\",\"state\":null,"
      "\"postal_code\":null,\"more\":{\"a\":[1]}}}",
      BILLING("\"country\":\"CA\"") },
    { "{\"billing_address\":{\"country\":\"Canada\",\"state\":{},"
      "\"postal_code\":[1]}}", BILLING("\"country\":\"CA\"") },
    { "{\"billing_address\":{\"country\":\"Canada\",\"state\":\"Ontario\","
      "\"postal_code\":\"K1M 1M4\",\"city\":\"Ottawa\"}}",
      BILLING("\"country\":\"CA\",\"state\":\"ON\","
              "\"postcode\":\"K1M 1M4\"") },
    { "{\"billing_address\":{\"country\":\"Austria\",\"postal_code\":1010}}",
      BILLING("\"country\":\"AT\",\"postcode\":\"1010\"") }
};


static pancake_value_t *
pancake_read(ngx_pool_t *pool, const char *json)
{
    ngx_str_t                      text;
    pancake_tree_t                 tree;
    static const pancake_limits_t  limits = PANCAKE_QUOTE_LIMITS;

    text.data = (u_char *) json;
    text.len = strlen(json);

    if (pancake_tree_init(&tree, pool, &limits) != NGX_OK
        || pancake_json_parse(&tree, &text) != NGX_OK)
    {
        printf("Bail out! %s\n", json);
        exit(2);
    }

    return tree.root;
}


/* the outcome as the tables above write it, or NULL: no memory */

static char *
pancake_map(ngx_pool_t *pool, pancake_value_t *object, char *out, size_t size)
{
    ngx_int_t         rc;
    ngx_str_t         field, text;
    const char       *error;
    pancake_value_t  *root;

    rc = pancake_orders_billing(pool, object, &root, &field, &error);

    if (rc == NGX_ERROR) {
        return NULL;
    }

    if (rc == NGX_DECLINED) {
        snprintf(out, size, "%.*s: %s", (int) field.len, field.data, error);
        return out;
    }

    if (root == NULL) {
        snprintf(out, size, "none");
        return out;
    }

    if (pancake_json_render(pool, root, &text) != NGX_OK) {
        return NULL;
    }

    snprintf(out, size, "%.*s", (int) text.len, text.data);

    return out;
}


static char *
pancake_ask(ngx_pool_t *pool, const char *request, ngx_uint_t drop, char *out,
    size_t size)
{
    size_t                len;
    ngx_int_t             rc;
    ngx_uint_t            i;
    pancake_resolve_t     rs;
    pancake_violation_t  *v;

    ngx_memzero(&rs, sizeof(pancake_resolve_t));

    rs.pool = pool;
    rs.actions[0] = &pancake_orders_action;
    rs.nactions = 1;
    rs.buyer = pancake_read(pool, request);
    rs.drop_unknown = drop;

    rc = pancake_resolve(&rs);

    if (rc == NGX_ERROR) {
        return NULL;
    }

    if (rc == NGX_DECLINED) {
        v = rs.violations.elts;
        len = 0;

        for (i = 0; i < rs.violations.nelts && len < size; i++) {
            len += snprintf(out + len, size - len, "%s%.*s: %.*s",
                            i ? "\n" : "",
                            (int) v[i].field.len, v[i].field.data,
                            (int) v[i].message.len, v[i].message.data);
        }

        return out;
    }

    if (!pancake_orders_checkout(rs.bodies[0])) {
        snprintf(out, size, "save");
        return out;
    }

    return pancake_map(pool, rs.bodies[0], out, size);
}


static void
pancake_test_requests(void)
{
    char         out[2048];
    ngx_str_t    got;
    ngx_uint_t   i;
    ngx_pool_t  *pool;

    for (i = 0; i < sizeof(pancake_requests) / sizeof(pancake_requests[0]);
         i++)
    {
        pool = pancake_pool();

        got.data = (u_char *) pancake_ask(pool, pancake_requests[i].request,
                                          0, out, sizeof(out));
        got.len = strlen(out);

        pancake_is(&got, pancake_requests[i].expected, "%s",
                   pancake_requests[i].request);

        ngx_destroy_pool(pool);
    }
}


/* what is dropped does not reach the address either */

static void
pancake_test_drop(void)
{
    char         out[2048];
    ngx_str_t    got;
    ngx_pool_t  *pool;

    pool = pancake_pool();
    got.data = (u_char *) out;

    (void) pancake_ask(pool, "{\"total\":\"0.01\",\"action\":\"checkout\","
                       "\"billing_address\":{\"country\":\"Chad\","
                       "\"taxId\":\"1\"}}", 1, out, sizeof(out));
    got.len = strlen(out);

    pancake_is(&got, BILLING("\"country\":\"TD\""), "unknown ones dropped");

    (void) pancake_ask(pool, "{\"total\":1,\"action\":\"buy\"}", 1, out,
                       sizeof(out));
    got.len = strlen(out);

    pancake_is(&got, ACTION, "the others are not");

    ngx_destroy_pool(pool);
}


static void
pancake_test_orders(void)
{
    char         out[2048];
    ngx_str_t    got;
    ngx_uint_t   i;
    ngx_pool_t  *pool;

    for (i = 0; i < sizeof(pancake_orders) / sizeof(pancake_orders[0]); i++) {
        pool = pancake_pool();

        got.data = (u_char *) pancake_map(pool,
                                          pancake_read(pool,
                                                pancake_orders[i].request),
                                          out, sizeof(out));
        got.len = strlen(out);

        pancake_is(&got, pancake_orders[i].expected, "order %s",
                   pancake_orders[i].request);

        ngx_destroy_pool(pool);
    }

    pool = pancake_pool();

    got.data = (u_char *) pancake_map(pool, NULL, out, sizeof(out));
    got.len = strlen(out);
    pancake_is(&got, "none", "no order");

    ngx_destroy_pool(pool);
}


/* every country by its name, and back; every state by name and code */

static void
pancake_test_tables(void)
{
    char                    out[1024], json[1024], expected[256];
    size_t                  i, k;
    ngx_str_t               code, got;
    ngx_uint_t              wrong, back;
    ngx_pool_t             *pool;
    const pancake_name_t   *row;
    static const struct {
        const char            *country;
        const char            *code;
        const pancake_names_t *names;
    } states[] = {
        { "United States", "US", &pancake_us_states },
        { "Canada", "CA", &pancake_ca_provinces }
    };

    wrong = 0;
    back = 0;
    got.data = (u_char *) out;

    for (i = 0; i < pancake_country_names.n; i++) {
        row = &pancake_country_names.rows[i];
        pool = pancake_pool();

        snprintf(json, sizeof(json), CHECKOUT("\"country\":\"%s\""),
                 row->name);
        snprintf(expected, sizeof(expected), BILLING("\"country\":\"%s\""),
                 row->code);

        (void) pancake_ask(pool, json, 0, out, sizeof(out));
        got.len = strlen(out);
        wrong += !pancake_equal(&got, expected);

        code.data = (u_char *) row->code;
        code.len = 2;
        back += pancake_country_name(&code) == NULL
                || strcmp(pancake_country_name(&code), row->name) != 0;

        ngx_destroy_pool(pool);
    }

    pancake_ok(i == 249, "249 countries");
    pancake_ok(wrong == 0, "each by its name");
    pancake_ok(back == 0, "each by its code");

    for (k = 0; k < 2; k++) {
        wrong = 0;

        for (i = 0; i < 2 * states[k].names->n; i++) {
            row = &states[k].names->rows[i / 2];
            pool = pancake_pool();

            snprintf(json, sizeof(json),
                     CHECKOUT("\"country\":\"%s\",\"state\":\"%s\""),
                     states[k].country, i % 2 ? row->code : row->name);
            snprintf(expected, sizeof(expected),
                     BILLING("\"country\":\"%s\",\"state\":\"%s\""),
                     states[k].code, row->code);

            (void) pancake_ask(pool, json, 0, out, sizeof(out));
            got.len = strlen(out);
            wrong += !pancake_equal(&got, expected);

            ngx_destroy_pool(pool);
        }

        pancake_ok(wrong == 0, "states of %s", states[k].code);
    }
}


/* every allocation once fails: NGX_ERROR, or the same outcome without it */

static void
pancake_test_memory(void)
{
    char              out[2048];
    ngx_str_t         got;
    ngx_uint_t        n, wrong, failed;
    ngx_pool_t       *pool;
    pancake_value_t  *order;
    const char       *json, *expected;

    json = "{\"billing_address\":{\"country\":\"Canada\","
           "\"state\":\"Ontario\",\"postal_code\":7}}";
    expected = BILLING("\"country\":\"CA\",\"state\":\"ON\","
                       "\"postcode\":\"7\"");

    wrong = 0;
    failed = 0;
    got.data = (u_char *) out;

    for (n = 1; n < 100; n++) {
        pool = pancake_pool();
        order = pancake_read(pool, json);

        (void) pancake_fail_at(n);

        if (pancake_map(pool, order, out, sizeof(out)) == NULL) {
            failed++;

        } else {
            got.len = strlen(out);
            wrong += !pancake_equal(&got, expected);
        }

        if (pancake_fail_at(0) != 0) {
            ngx_destroy_pool(pool);
            break;
        }

        ngx_destroy_pool(pool);
    }

    pancake_ok(wrong == 0, "no memory: no other outcome");
    pancake_ok(failed >= 6 && n < 100, "no memory: %lu times",
               (unsigned long) failed);
}


int
main(void)
{
    pancake_test_requests();
    pancake_test_drop();
    pancake_test_orders();
    pancake_test_tables();
    pancake_test_memory();

    return pancake_done();
}

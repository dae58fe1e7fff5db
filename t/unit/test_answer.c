
/*
 * Copyright (C) pancake checkout contributors
 *
 * What the API answers (contract.md sections 1 and 7), hostile or not.
 */


#include "unit.h"
#include "pancake_answer.h"
#include "pancake_json.h"


typedef struct {
    ngx_str_t    text;
    const char  *fault;         /* NULL: good */
} pancake_answer_case_t;


#define URL        "https://checkout.waffo.ai/my-store/checkout/cs_1"
#define GOOD       "\"checkoutUrl\":\"" URL "\""
#define DATA(m)    ngx_string("{\"data\":{" m "}}")
#define EXPIRES(t) DATA(GOOD ",\"expiresAt\":" t)

#define WITHOUT_DATA "has no object \"data\""
#define WITHOUT_URL  "has no string \"checkoutUrl\""
#define BAD_URL    "has a \"checkoutUrl\" that is not a plain https URL"
#define BAD_HOST(h)                                                           \
    "has a \"checkoutUrl\" to \"" h "\", which is not one of "                \
    "\"pancake_redirect_hosts\""
#define BAD_TIME   "has an \"expiresAt\" that is past or not a time"
#define HAS_ERRORS "has a success status and errors"

#define NOW        1769077800   /* 2026-01-22T10:30:00Z */


static ngx_str_t  pancake_hosts[] = {
    ngx_string("checkout.waffo.ai"),
    ngx_string("pancake.waffo.ai")
};


/* read and found good for a checkout, or why not */

static pancake_answer_case_t  pancake_cases[] = {

    { DATA(GOOD), NULL },
    { DATA("\"sessionId\":\"cs_1\"," GOOD ",\"expiresAt\":"
           "\"2026-01-22T11:15:00.000Z\""), NULL },
    { ngx_string(" {\"data\":{" GOOD "},\"warnings\":[{\"message\":\"m\"}]}"
                 "\n"), NULL },
    { ngx_string("{\"data\":{" GOOD "},\"errors\":[]}"), NULL },
    { ngx_string("{\"data\":{" GOOD "},\"errors\":null}"), NULL },
    { ngx_string("{\"extra\":[1,{\"a\":null}],\"data\":{" GOOD ",\"x\":{}}}"),
      NULL },
    { DATA("\"checkoutUrl\":\"https:\\/\\/checkout.waffo.ai\\/a\""), NULL },
    { DATA("\"checkoutUrl\":\"https://pancake.waffo.ai/a?test=true\""),
      NULL },
    { DATA(GOOD ",\"sessionId\":5"), NULL },

    { ngx_string(""), "is empty" },
    { ngx_string(" "), "is not valid JSON" },
    { ngx_string("{"), "is not valid JSON" },
    { ngx_string("{\"data\":{" GOOD "}"), "is not valid JSON" },
    { ngx_string("{\"data\":{" GOOD "}}{}"), "is not valid JSON" },
    { ngx_string("{\"data\":{" GOOD "}}\0"), "is not valid JSON" },
    { ngx_string("<html></html>"), "is not valid JSON" },
    { ngx_string("\xef\xbb\xbf{\"data\":{" GOOD "}}"), "is not valid JSON" },
    { ngx_string("[{\"data\":{" GOOD "}}]"), "must be a JSON object" },
    { ngx_string("\"" URL "\""), "must be a JSON object" },
    { ngx_string("null"), "must be a JSON object" },
    { ngx_string("{\"data\":{" GOOD "},\"data\":{" GOOD "}}"),
      "has \"data\", which appears twice" },
    { DATA(GOOD "," GOOD), "has \"data.checkoutUrl\", which appears twice" },
    { DATA(GOOD ",\"checkout\\u0055rl\":\"https://evil.example/\""),
      "has \"data.checkoutUrl\", which appears twice" },
    { DATA("\"checkoutUrl\":\"\\ud800\""),
      "has \"data.checkoutUrl\", which contains a lone surrogate" },
    { DATA("\"checkoutUrl\":\"" URL "\\u0000.evil\""),
      "has \"data.checkoutUrl\", which contains a NUL character" },
    { DATA("\"x\":\"\xff\""),
      "has \"data.x\", which is not valid UTF-8" },

    { ngx_string("{}"), WITHOUT_DATA },
    { ngx_string("{\"data\":null}"), WITHOUT_DATA },
    { ngx_string("{\"data\":[]}"), WITHOUT_DATA },
    { ngx_string("{\"data\":\"" URL "\"}"), WITHOUT_DATA },
    { ngx_string("{\"data\":true}"), WITHOUT_DATA },
    { ngx_string("{" GOOD "}"), WITHOUT_DATA },
    { ngx_string("{\"Data\":{" GOOD "}}"), WITHOUT_DATA },
    { DATA(""), WITHOUT_URL },
    { DATA("\"checkoutUrl\":null"), WITHOUT_URL },
    { DATA("\"checkoutUrl\":1"), WITHOUT_URL },
    { DATA("\"checkoutUrl\":[\"" URL "\"]"), WITHOUT_URL },
    { DATA("\"checkout_url\":\"" URL "\""), WITHOUT_URL },
    { DATA("\"checkoutUrl\":\"\""), BAD_URL },
    { DATA("\"checkoutUrl\":\"https://evil.example/\""),
      BAD_HOST("evil.example") },
    { DATA("\"checkoutUrl\":\"https://evil.example\""),
      BAD_HOST("evil.example") },
    { DATA("\"checkoutUrl\":\"https://checkout.waffo.ai.evil.example/a?b\""),
      BAD_HOST("checkout.waffo.ai.evil.example") },
    { DATA("\"checkoutUrl\":\"https://evil.example:443/\""), BAD_URL },
    { DATA("\"checkoutUrl\":\"https://a@evil.example/\""), BAD_URL },
    { DATA("\"checkoutUrl\":\"https://EVIL.example/\""), BAD_URL },
    { DATA("\"checkoutUrl\":\"http://evil.example/\""), BAD_URL },
    { DATA("\"checkoutUrl\":\"javascript:alert(1)\""), BAD_URL },
    { DATA("\"checkoutUrl\":\"" URL "\\r\\nSet-Cookie: a=b\""), BAD_URL },
    { DATA("\"checkoutUrl\":\"" URL "#token=x\""), BAD_URL },

    { ngx_string("{\"data\":{" GOOD "},\"errors\":[{\"message\":\"m\"}]}"),
      HAS_ERRORS },
    { ngx_string("{\"data\":{" GOOD "},\"errors\":[null]}"), HAS_ERRORS },
    { ngx_string("{\"data\":{" GOOD "},\"errors\":[{}]}"), HAS_ERRORS },
    { ngx_string("{\"data\":null,\"errors\":[{\"message\":\"m\"}]}"),
      HAS_ERRORS },
    { ngx_string("{\"data\":{" GOOD "},\"errors\":{}}"),
      "has \"errors\" that are not an array" },
    { ngx_string("{\"data\":{" GOOD "},\"errors\":\"none\"}"),
      "has \"errors\" that are not an array" },
    { ngx_string("{\"data\":{" GOOD "},\"errors\":false}"),
      "has \"errors\" that are not an array" },

    { EXPIRES("null"), NULL },
    { EXPIRES("\"2026-01-22T10:30:01Z\""), NULL },
    { EXPIRES("\"2026-01-22T10:30:01.000Z\""), NULL },
    { EXPIRES("\"2026-01-22T12:30:01+02:00\""), NULL },
    { EXPIRES("\"2099-12-31T23:59:59.999Z\""), NULL },
    { EXPIRES("\"2026-01-22T10:30:00Z\""), BAD_TIME },
    { EXPIRES("\"2026-01-22T10:30:00.999Z\""), BAD_TIME },
    { EXPIRES("\"2026-01-22T10:29:59Z\""), BAD_TIME },
    { EXPIRES("\"2026-01-22T12:29:59+02:00\""), BAD_TIME },
    { EXPIRES("\"1970-01-01T00:00:00Z\""), BAD_TIME },
    { EXPIRES("\"tomorrow\""), BAD_TIME },
    { EXPIRES("\"\""), BAD_TIME },
    { EXPIRES("1999999999"), BAD_TIME },
    { EXPIRES("\"1999999999\""), BAD_TIME },
    { EXPIRES("true"), BAD_TIME },
    { EXPIRES("{}"), BAD_TIME },

    { ngx_null_string, NULL }
};


/* contract.md section 7 */

static pancake_answer_case_t  pancake_urls[] = {     /* fault: any refuses */

    { ngx_string("https://checkout.waffo.ai"), NULL },
    { ngx_string("https://checkout.waffo.ai/"), NULL },
    { ngx_string("https://checkout.waffo.ai/my-store/checkout/cs_1"), NULL },
    { ngx_string("https://checkout.waffo.ai/s/payment/TOKEN-1_a.b~c"), NULL },
    { ngx_string("https://pancake.waffo.ai/store/s/checkout/1?test=true"),
      NULL },
    { ngx_string("https://pancake.waffo.ai?a=b"), NULL },
    { ngx_string("https://checkout.waffo.ai//evil.example/"), NULL },
    { ngx_string("https://checkout.waffo.ai/@evil.example/"), NULL },
    { ngx_string("https://checkout.waffo.ai/%0d%0a%00%23"), NULL },
    { ngx_string("https://checkout.waffo.ai/!$&()*+,;=:@[]^`{|}"), NULL },

    { ngx_string("https://evil.example/"), "other host" },
    { ngx_string("https://waffo.ai/"), "parent" },
    { ngx_string("https://api.waffo.ai/"), "sibling" },
    { ngx_string("https://a.checkout.waffo.ai/"), "child" },
    { ngx_string("https://xcheckout.waffo.ai/"), "prefix" },
    { ngx_string("https://checkout.waffo.aix/"), "suffix" },
    { ngx_string("https://checkout.waffo.ai.evil.example/"), "suffix" },
    { ngx_string("https://checkout.waffo.ai./"), "dot" },
    { ngx_string("https://checkout-waffo.ai/"), "hyphen" },
    { ngx_string("https://CHECKOUT.WAFFO.AI/"), "capitals" },
    { ngx_string("https://checkout.waffo.ai@evil.example/"), "user" },
    { ngx_string("https://evil.example@checkout.waffo.ai/"), "user" },
    { ngx_string("https://@checkout.waffo.ai/"), "empty user" },
    { ngx_string("https://a:b@checkout.waffo.ai/"), "password" },
    { ngx_string("https://checkout.waffo.ai:443/"), "port" },
    { ngx_string("https://checkout.waffo.ai:/"), "empty port" },
    { ngx_string("https://checkout.waffo.ai:8443/"), "port" },
    { ngx_string("https://checkout.waffo.ai#a"), "fragment" },
    { ngx_string("https://checkout.waffo.ai/#"), "empty fragment" },
    { ngx_string("https://checkout.waffo.ai/a?b#c"), "fragment" },
    { ngx_string("https://evil.example#checkout.waffo.ai/"), "fragment" },
    { ngx_string("https://evil.example?checkout.waffo.ai/"), "query" },
    { ngx_string("https://evil.example/checkout.waffo.ai/"), "path" },
    { ngx_string("https://checkout.waffo.ai\\@evil.example/"), "backslash" },
    { ngx_string("https://evil.example\\.checkout.waffo.ai/"), "backslash" },
    { ngx_string("https://checkout.waffo.ai/a\\b"), "backslash" },
    { ngx_string("https://checkout.waffo.ai%2eevil.example/"), "percent" },
    { ngx_string("https://checkout.waffo.ai%00.evil.example/"), "percent" },
    { ngx_string("http://checkout.waffo.ai/"), "http" },
    { ngx_string("HTTPS://checkout.waffo.ai/"), "capitals" },
    { ngx_string("ftp://checkout.waffo.ai/"), "ftp" },
    { ngx_string("httpsx://checkout.waffo.ai/"), "scheme" },
    { ngx_string("https:checkout.waffo.ai/"), "no slashes" },
    { ngx_string("https:/checkout.waffo.ai/"), "one slash" },
    { ngx_string("https:///checkout.waffo.ai/"), "three slashes" },
    { ngx_string("//checkout.waffo.ai/"), "no scheme" },
    { ngx_string("/checkout"), "relative" },
    { ngx_string("checkout.waffo.ai/"), "only host" },
    { ngx_string("javascript:alert(1)"), "script" },
    { ngx_string("javascript://checkout.waffo.ai/%0aalert(1)"), "script" },
    { ngx_string("data:text/html,<script>"), "data" },
    { ngx_string(" https://checkout.waffo.ai/"), "blank" },
    { ngx_string("https://checkout.waffo.ai/ "), "blank" },
    { ngx_string("https://checkout.waffo.ai /"), "blank" },
    { ngx_string("https://checkout.waffo.ai/\t"), "tab" },
    { ngx_string("https://checkout.waffo.ai/\n"), "LF" },
    { ngx_string("https://checkout.waffo.ai/\r\nX: y"), "CRLF" },
    { ngx_string("https://checkout.waffo.ai/\0"), "NUL" },
    { ngx_string("https://checkout.waffo.ai\0.evil.example/"), "NUL" },
    { ngx_string("https://checkout.waffo.ai/\x7f"), "DEL" },
    { ngx_string("https://checkout.waffo.ai/\""), "quote" },
    { ngx_string("https://checkout.waffo.ai/'"), "quote" },
    { ngx_string("https://checkout.waffo.ai/<"), "bracket" },
    { ngx_string("https://checkout.waffo.ai/>"), "bracket" },
    { ngx_string("https://checkout.waffo.ai/\xc3\xa9"), "not ASCII" },
    { ngx_string("https://check\xd0\xbeut.waffo.ai/"), "look-alike" },
    { ngx_string("https://checkout.waffo\xe3\x80\x82" "ai/"), "full stop" },
    { ngx_string("http://localhost/"), "http" },
    { ngx_string("https://localhost/"), "loopback" },
    { ngx_string("https://127.0.0.1/"), "loopback" },
    { ngx_string("https://"), "nothing" },
    { ngx_string("https"), "nothing" },
    { ngx_string(""), "nothing" },

    { ngx_null_string, NULL }
};


static void
pancake_redirect(pancake_redirect_t *redirect, ngx_array_t *hosts)
{
    ngx_memzero(redirect, sizeof(pancake_redirect_t));

    hosts->elts = pancake_hosts;
    hosts->nelts = 2;
    hosts->size = sizeof(ngx_str_t);

    redirect->hosts = hosts;
}


static void
pancake_test_checkout(void)
{
    ngx_int_t               rc;
    ngx_str_t               text;
    ngx_pool_t             *pool;
    ngx_array_t             hosts;
    pancake_answer_t        answer;
    pancake_redirect_t      redirect;
    pancake_answer_case_t  *c;

    pancake_redirect(&redirect, &hosts);

    for (c = pancake_cases; c->text.data; c++) {

        pool = pancake_pool();
        text = pancake_copy(&c->text);

        rc = pancake_answer_read(&answer, pool, &text);

        if (rc == NGX_OK) {
            rc = pancake_answer_checkout(&answer, &redirect, NOW);
        }

        if (c->fault == NULL) {
            pancake_ok(rc == NGX_OK && answer.fault == NULL
                       && answer.checkout_url.len > 8,
                       "answer %d is good", (int) (c - pancake_cases));

        } else {
            pancake_ok(rc == NGX_DECLINED && answer.fault
                       && strcmp(answer.fault, c->fault) == 0
                       && answer.checkout_url.len == 0,
                       "answer %d %s", (int) (c - pancake_cases), c->fault);

            if (answer.fault == NULL || strcmp(answer.fault, c->fault) != 0) {
                printf("# got \"%s\"\n", answer.fault ? answer.fault : "");
            }
        }

        pancake_copy_free(&text);
        ngx_destroy_pool(pool);
    }
}


static void
pancake_test_good(void)
{
    ngx_str_t            text;
    ngx_pool_t          *pool;
    ngx_array_t          hosts;
    pancake_answer_t     answer;
    pancake_redirect_t   redirect;

    static ngx_str_t  good = DATA("\"session\\u0049d\":\"cs_1\","
                                  "\"checkoutUrl\":\"https:\\/\\/"
                                  "checkout.waffo.ai\\/a?b=c\"");

    pool = pancake_pool();
    text = pancake_copy(&good);
    pancake_redirect(&redirect, &hosts);

    pancake_ok(pancake_answer_read(&answer, pool, &text) == NGX_OK
               && pancake_answer_checkout(&answer, &redirect, NOW) == NGX_OK,
               "good");
    pancake_is(&answer.checkout_url, "https://checkout.waffo.ai/a?b=c",
               "checkoutUrl");
    pancake_is(&answer.session_id, "cs_1", "sessionId");
    pancake_ok(answer.data && answer.errors.nelts == 0, "data");

    pancake_copy_free(&text);
    ngx_destroy_pool(pool);
}


/* only a time that is past, and only when it is the only fault, is expiry */

static void
pancake_test_expired(void)
{
    ngx_int_t            rc;
    ngx_str_t            text;
    ngx_uint_t           i;
    ngx_pool_t          *pool;
    ngx_array_t          hosts;
    pancake_answer_t     answer;
    pancake_redirect_t   redirect;

    static struct {
        ngx_str_t  text;
        ngx_int_t  rc;
        time_t     expired;
    } c[] = {
        { EXPIRES("\"2026-01-22T10:29:59Z\""), NGX_DECLINED, NOW - 1 },
        { EXPIRES("\"2026-01-22T10:30:00Z\""), NGX_DECLINED, NOW },
        { EXPIRES("\"2026-01-22T10:30:00.999Z\""), NGX_DECLINED, NOW },
        { EXPIRES("\"2026-01-22T18:29:59+08:00\""), NGX_DECLINED, NOW - 1 },
        { EXPIRES("\"2026-01-22T02:29:59-08:00\""), NGX_DECLINED, NOW - 1 },
        { EXPIRES("\"2025-12-31T23:59:59Z\""), NGX_DECLINED, 1767225599 },
        { EXPIRES("\"1970-01-01T00:00:01Z\""), NGX_DECLINED, 1 },

        { EXPIRES("\"2026-01-22T10:30:01Z\""), NGX_OK, 0 },
        { EXPIRES("\"2026-01-22T10:30:01-08:00\""), NGX_OK, 0 },
        { EXPIRES("\"9999-12-31T23:59:59Z\""), NGX_OK, 0 },
        { EXPIRES("null"), NGX_OK, 0 },
        { DATA(GOOD), NGX_OK, 0 },

        /* before there was time, or none at all */

        { EXPIRES("\"1970-01-01T00:00:00Z\""), NGX_DECLINED, 0 },
        { EXPIRES("\"1970-01-01T00:00:00+08:00\""), NGX_DECLINED, 0 },
        { EXPIRES("\"\""), NGX_DECLINED, 0 },
        { EXPIRES("\"2026-01-22\""), NGX_DECLINED, 0 },
        { EXPIRES("\"2026-01-22T10:29:59\""), NGX_DECLINED, 0 },
        { EXPIRES("\"2026-02-30T10:29:59Z\""), NGX_DECLINED, 0 },
        { EXPIRES("\"yesterday\""), NGX_DECLINED, 0 },
        { EXPIRES("\"1769077799\""), NGX_DECLINED, 0 },
        { EXPIRES("1769077799"), NGX_DECLINED, 0 },
        { EXPIRES("0"), NGX_DECLINED, 0 },
        { EXPIRES("false"), NGX_DECLINED, 0 },
        { EXPIRES("[]"), NGX_DECLINED, 0 },
        { EXPIRES("{}"), NGX_DECLINED, 0 },

        /* expired, but a new one would be no better */

        { DATA("\"checkoutUrl\":\"https://evil.example/\","
               "\"expiresAt\":\"2026-01-22T10:29:59Z\""), NGX_DECLINED, 0 },
        { DATA("\"expiresAt\":\"2026-01-22T10:29:59Z\""), NGX_DECLINED, 0 },
        { ngx_string("{\"data\":{" GOOD ",\"expiresAt\":"
                     "\"2026-01-22T10:29:59Z\"},"
                     "\"errors\":[{\"message\":\"m\"}]}"),
          NGX_DECLINED, 0 },
        { EXPIRES("\"2026-01-22T10:29:59Z\",\"expiresAt\":null"),
          NGX_DECLINED, 0 }
    };

    pancake_redirect(&redirect, &hosts);

    for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {

        pool = pancake_pool();
        text = pancake_copy(&c[i].text);

        rc = pancake_answer_read(&answer, pool, &text);

        if (rc == NGX_OK) {
            rc = pancake_answer_checkout(&answer, &redirect, NOW);
        }

        pancake_ok(rc == c[i].rc && answer.expired == c[i].expired
                   && (rc == NGX_OK) == (answer.fault == NULL),
                   "expiry %d", (int) i);

        if (rc != c[i].rc || answer.expired != c[i].expired) {
            printf("# got %ld and %ld for %s\n", (long) rc,
                   (long) answer.expired, c[i].text.data);
        }

        pancake_copy_free(&text);
        ngx_destroy_pool(pool);
    }
}


static void
pancake_test_urls(void)
{
    u_char                 *p;
    ngx_str_t               url;
    ngx_uint_t              len;
    ngx_array_t             hosts;
    pancake_redirect_t      redirect;
    pancake_answer_case_t  *c;

    pancake_redirect(&redirect, &hosts);

    for (c = pancake_urls; c->text.data; c++) {

        url = pancake_copy(&c->text);

        pancake_ok(pancake_url_allowed(&url, &redirect) == (c->fault == NULL),
                   "URL %d: %s", (int) (c - pancake_urls),
                   c->fault ? c->fault : "allowed");

        pancake_copy_free(&url);
    }

    for (len = 2047; len <= 2049; len++) {

        p = malloc(len);

        if (p == NULL) {
            exit(2);
        }

        ngx_memset(p, 'a', len);
        ngx_memcpy(p, "https://checkout.waffo.ai/", 26);

        url.data = p;
        url.len = len;

        pancake_ok(pancake_url_allowed(&url, &redirect) == (len < 2049),
                   "a URL of %d", (int) len);

        free(p);
    }
}


static void
pancake_test_insecure(void)
{
    ngx_uint_t           i;
    ngx_array_t          hosts;
    pancake_redirect_t   redirect;

    static const struct {
        ngx_str_t    url;
        ngx_uint_t   allowed;
    } c[] = {
        { ngx_string("http://localhost/a"), 1 },
        { ngx_string("http://localhost:8080/a"), 1 },
        { ngx_string("http://127.0.0.1:8080/a"), 1 },
        { ngx_string("http://[::1]:8080/a"), 1 },
        { ngx_string("https://checkout.waffo.ai/"), 1 },
        { ngx_string("http://checkout.waffo.ai/"), 0 },
        { ngx_string("http://evil.example/"), 0 },
        { ngx_string("http://localhost.evil.example/"), 0 },
        { ngx_string("http://localhost@evil.example/"), 0 },
        { ngx_string("http://localhost:80@evil.example/"), 0 },
        { ngx_string("http://a@localhost/"), 0 },
        { ngx_string("http://localhost/#a"), 0 },
        { ngx_string("http://127.0.0.1.evil.example/"), 0 },
        { ngx_string("http://127.0.0.2/"), 0 },
        { ngx_string("http://0/"), 0 },
        { ngx_string("https://localhost/"), 0 },
        { ngx_string("javascript://localhost/"), 0 }
    };

    pancake_redirect(&redirect, &hosts);
    redirect.insecure = 1;

    for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        pancake_ok(pancake_url_allowed(&c[i].url, &redirect) == c[i].allowed,
                   "insecure: %s", c[i].url.data);
    }
}


static void
pancake_test_notices(void)
{
    u_char             *p;
    ngx_str_t           text;
    ngx_uint_t          i;
    ngx_pool_t         *pool;
    pancake_answer_t    answer;
    pancake_notice_t   *notice;

    static const struct {
        ngx_str_t    text;
        const char  *message;
        const char  *layer;
    } c[] = {
        { ngx_string("{\"message\":\"m\",\"layer\":\"store\"}"), "m",
          "store" },
        { ngx_string("{\"message\":\"a\\r\\nb\\u007fc\\td\"}"), "a  b c d",
          "api" },
        { ngx_string("{\"message\":\"\xc3\xa9\"}"), "\xc3\xa9", "api" },
        { ngx_string("{\"message\":\"\"}"), "no message", "api" },
        { ngx_string("{\"message\":5}"), "no message", "api" },
        { ngx_string("{\"message\":null,\"aiHint\":\"h\"}"), "no message",
          "api" },
        { ngx_string("{}"), "no message", "api" },
        { ngx_string("null"), "no message", "api" },
        { ngx_string("\"text\""), "no message", "api" },
        { ngx_string("[{\"message\":\"m\"}]"), "no message", "api" },
        { ngx_string("{\"message\":\"m\",\"layer\":\"\"}"), "m", "api" },
        { ngx_string("{\"message\":\"m\",\"layer\":\"a-b_c\"}"), "m",
          "a-b_c" },
        { ngx_string("{\"message\":\"m\",\"layer\":\"Store\"}"), "m", "api" },
        { ngx_string("{\"message\":\"m\",\"layer\":\"a b\"}"), "m", "api" },
        { ngx_string("{\"message\":\"m\",\"layer\":\"a\\n\"}"), "m", "api" },
        { ngx_string("{\"message\":\"m\",\"layer\":1}"), "m", "api" },
        { ngx_string("{\"message\":\"m\",\"layer\":"
                     "\"abcdefghijklmnopqrstuvwxyzabcdef\"}"), "m",
          "abcdefghijklmnopqrstuvwxyzabcdef" },
        { ngx_string("{\"message\":\"m\",\"layer\":"
                     "\"abcdefghijklmnopqrstuvwxyzabcdefg\"}"), "m", "api" }
    };

    for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {

        pool = pancake_pool();

        text.data = ngx_pnalloc(pool, 256);
        text.len = ngx_sprintf(text.data, "{\"data\":null,\"errors\":[%V]}",
                               &c[i].text)
                   - text.data;

        pancake_ok(pancake_answer_read(&answer, pool, &text) == NGX_OK
                   && answer.errors.nelts == 1 && answer.data == NULL,
                   "notice %d", (int) i);

        notice = answer.errors.elts;
        pancake_is(&notice->message, c[i].message, "its message");
        pancake_is(&notice->layer, c[i].layer, "its layer");

        ngx_destroy_pool(pool);
    }

    /* the first is the root cause; no more than 16 are kept */

    pool = pancake_pool();

    text.data = ngx_pnalloc(pool, 2048);
    p = ngx_sprintf(text.data, "{\"errors\":[{\"message\":\"m0\"}");

    for (i = 1; i < 20; i++) {
        p = ngx_sprintf(p, ",{\"message\":\"m%ui\"}", i);
    }

    p = ngx_sprintf(p, "]}");
    text.len = p - text.data;

    pancake_ok(pancake_answer_read(&answer, pool, &text) == NGX_OK
               && answer.errors.nelts == 16, "16 of 20 notices");

    notice = answer.errors.elts;
    pancake_is(&notice[0].message, "m0", "the first one");
    pancake_is(&notice[15].message, "m15", "the last one");

    ngx_destroy_pool(pool);
}


/* cut off at 200 bytes, never within a character */

static void
pancake_test_long_messages(void)
{
    u_char             *p;
    ngx_str_t           text;
    ngx_uint_t          n, i;
    ngx_pool_t         *pool;
    pancake_answer_t    answer;
    pancake_notice_t   *notice;

    for (n = 197; n <= 202; n++) {

        pool = pancake_pool();

        text.data = ngx_pnalloc(pool, 512);
        p = ngx_sprintf(text.data, "{\"errors\":[{\"message\":\"");

        for (i = 0; i < n; i++) {
            *p++ = 'a';
        }

        p = ngx_cpymem(p, "\xf0\x9f\xa5\x9e" "b", 5);
        p = ngx_sprintf(p, "\"}]}");
        text.len = p - text.data;

        pancake_ok(pancake_answer_read(&answer, pool, &text) == NGX_OK,
                   "a message of %d", (int) n + 5);

        notice = answer.errors.elts;
        pancake_ok(notice->message.len == (n < 200 ? n : 200)
                   && pancake_utf8_valid(notice->message.data,
                                         notice->message.len),
                   "is cut off");

        ngx_destroy_pool(pool);
    }
}


static void
pancake_test_limits(void)
{
    u_char             *p;
    ngx_int_t           rc;
    ngx_str_t           text;
    ngx_uint_t          n, i;
    ngx_pool_t         *pool;
    pancake_answer_t    answer;

    static const struct {
        size_t       size;
        const char  *fault;
    } sizes[] = {
        { 65536, NULL }, { 65537, "is too large" }, { 200000, "is too large" }
    };

    for (i = 0; i < 3; i++) {

        pool = pancake_pool();

        text.len = sizes[i].size;
        text.data = ngx_pnalloc(pool, text.len);
        ngx_memset(text.data, ' ', text.len);
        ngx_memcpy(text.data, "{}", 2);

        rc = pancake_answer_read(&answer, pool, &text);

        pancake_ok(sizes[i].fault
                   ? (rc == NGX_DECLINED
                      && strcmp(answer.fault, sizes[i].fault) == 0)
                   : (rc == NGX_OK && answer.fault == NULL),
                   "%d bytes", (int) text.len);

        ngx_destroy_pool(pool);
    }

    for (n = 16; n <= 17; n++) {

        pool = pancake_pool();

        text.data = ngx_pnalloc(pool, 256);
        p = ngx_sprintf(text.data, "{\"a\":");

        for (i = 1; i < n; i++) {
            *p++ = '[';
        }

        for (i = 1; i < n; i++) {
            *p++ = ']';
        }

        *p++ = '}';
        text.len = p - text.data;

        rc = pancake_answer_read(&answer, pool, &text);

        pancake_ok(rc == (n == 16 ? NGX_OK : NGX_DECLINED), "%d levels",
                   (int) n);

        ngx_destroy_pool(pool);
    }

    for (n = 2046; n <= 2047; n++) {

        pool = pancake_pool();

        text.data = ngx_pnalloc(pool, 8192);
        p = ngx_sprintf(text.data, "{\"a\":[0");

        for (i = 1; i < n; i++) {
            *p++ = ',';
            *p++ = '0';
        }

        p = ngx_sprintf(p, "]}");
        text.len = p - text.data;

        rc = pancake_answer_read(&answer, pool, &text);

        pancake_ok(rc == (n == 2046 ? NGX_OK : NGX_DECLINED), "%d values",
                   (int) n + 2);

        ngx_destroy_pool(pool);
    }
}


static void
pancake_test_time(void)
{
    time_t       got;
    ngx_str_t    text;
    ngx_uint_t   i;

    static const struct {
        ngx_str_t    text;
        time_t       time;
    } c[] = {
        { ngx_string("1970-01-01T00:00:00Z"), 0 },
        { ngx_string("1970-01-01T00:00:01Z"), 1 },
        { ngx_string("2026-01-22T10:30:00Z"), NOW },
        { ngx_string("2026-01-22T10:30:00.000Z"), NOW },
        { ngx_string("2026-01-22T10:30:00.9Z"), NOW },
        { ngx_string("2026-01-22T10:30:00.123456789012Z"), NOW },
        { ngx_string("2026-01-22t10:30:00z"), NOW },
        { ngx_string("2026-01-22T12:30:00+02:00"), NOW },
        { ngx_string("2026-01-22T04:45:00-05:45"), NOW },
        { ngx_string("2026-01-22T12:30:00.5+02:00"), NOW },
        { ngx_string("2026-01-22T10:30:00+00:00"), NOW },
        { ngx_string("2026-01-22T10:30:00-00:00"), NOW },
        { ngx_string("2026-01-23T00:15:00+13:45"), NOW },
        { ngx_string("2024-02-29T12:00:00Z"), 1709208000 },
        { ngx_string("2000-02-29T00:00:00Z"), 951782400 },
        { ngx_string("2038-01-19T03:14:08Z"), 2147483648LL },
        { ngx_string("2099-12-31T23:59:59Z"), 4102444799LL },

        /* a leap second is the second before it */

        { ngx_string("2016-12-31T23:59:60Z"), 1483228799 },

        { ngx_string(""), -1 },
        { ngx_string("2026"), -1 },
        { ngx_string("2026-01-22"), -1 },
        { ngx_string("2026-01-22T10:30Z"), -1 },
        { ngx_string("2026-01-22T10:30:00"), -1 },
        { ngx_string("2026-01-22T10:30:00."), -1 },
        { ngx_string("2026-01-22T10:30:00.Z"), -1 },
        { ngx_string("2026-01-22T10:30:00.1"), -1 },
        { ngx_string("2026-01-22T10:30:00,1Z"), -1 },
        { ngx_string("2026-01-22T10:30:00 Z"), -1 },
        { ngx_string("2026-01-22T10:30:00ZZ"), -1 },
        { ngx_string("2026-01-22T10:30:00Z "), -1 },
        { ngx_string("2026-01-22T10:30:00Z\n"), -1 },
        { ngx_string(" 2026-01-22T10:30:00Z"), -1 },
        { ngx_string("2026-01-22 10:30:00Z"), -1 },
        { ngx_string("2026/01/22T10:30:00Z"), -1 },
        { ngx_string("2026-01-22T10.30.00Z"), -1 },
        { ngx_string("2026-00-22T10:30:00Z"), -1 },
        { ngx_string("2026-13-22T10:30:00Z"), -1 },
        { ngx_string("2026-01-00T10:30:00Z"), -1 },
        { ngx_string("2026-01-32T10:30:00Z"), -1 },
        { ngx_string("2026-01-22T24:30:00Z"), -1 },
        { ngx_string("2026-01-22T10:60:00Z"), -1 },
        { ngx_string("2026-01-22T10:30:61Z"), -1 },
        { ngx_string("1969-12-31T23:59:59Z"), -1 },
        { ngx_string("1970-01-01T00:00:00+00:01"), -1 },
        { ngx_string("0000-01-01T00:00:00Z"), -1 },
        { ngx_string("-026-01-22T10:30:00Z"), -1 },
        { ngx_string("2026-1-22T10:30:00ZZ"), -1 },
        { ngx_string("2026-+1-22T10:30:00Z"), -1 },
        { ngx_string("202a-01-22T10:30:00Z"), -1 },
        { ngx_string("2026-01-22T10:30:00+02"), -1 },
        { ngx_string("2026-01-22T10:30:00+0200"), -1 },
        { ngx_string("2026-01-22T10:30:00+02-00"), -1 },
        { ngx_string("2026-01-22T10:30:00+24:00"), -1 },
        { ngx_string("2026-01-22T10:30:00+02:60"), -1 },
        { ngx_string("2026-01-22T10:30:00+02:00Z"), -1 },
        { ngx_string("2026-01-22T10:30:00*02:00"), -1 },
        { ngx_string("Thu, 22 Jan 2026 10:30:00 GMT"), -1 },
        { ngx_string("1769077800000000000000"), -1 },

        /* no such days: RFC 3339, section 5.7 */

        { ngx_string("2026-02-29T10:30:00Z"), -1 },
        { ngx_string("2026-02-30T10:30:00Z"), -1 },
        { ngx_string("2026-04-31T10:30:00Z"), -1 }
    };

    for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {

        text = pancake_copy(&c[i].text);
        got = pancake_time(&text);
        pancake_copy_free(&text);

        pancake_ok(got == c[i].time, "time %s", c[i].text.data);

        if (got != c[i].time) {
            printf("# got %ld, not %ld\n", (long) got, (long) c[i].time);
        }
    }
}


/* every truncation and every changed byte is refused or leads to a host of
   the list */

static ngx_uint_t
pancake_sound(const ngx_str_t *text, const pancake_redirect_t *redirect)
{
    ngx_int_t          rc;
    ngx_str_t          copy;
    ngx_uint_t         sound;
    ngx_pool_t        *pool;
    pancake_answer_t   answer;

    pool = pancake_pool();
    copy = pancake_copy(text);

    rc = pancake_answer_read(&answer, pool, &copy);

    if (rc == NGX_OK) {
        rc = pancake_answer_checkout(&answer, redirect, NOW);
    }

    if (rc == NGX_OK) {
        sound = answer.checkout_url.len >= 25
                && (ngx_memcmp(answer.checkout_url.data,
                               "https://checkout.waffo.ai", 25) == 0);

    } else {
        sound = rc == NGX_DECLINED && answer.fault
                && answer.checkout_url.len == 0;
    }

    pancake_copy_free(&copy);
    ngx_destroy_pool(pool);

    return sound;
}


static void
pancake_test_mutated(void)
{
    u_char               saved;
    size_t               i;
    ngx_str_t            text;
    ngx_uint_t           ch, bad;
    ngx_array_t          hosts;
    pancake_redirect_t   redirect;

    static u_char  json[] =
        "{\"data\":{\"sessionId\":\"cs_1\",\"checkoutUrl\":\"https://"
        "checkout.waffo.ai/a\",\"expiresAt\":\"2026-01-22T11:15:00.000Z\"},"
        "\"errors\":[],\"warnings\":[{\"message\":\"\\u00e9\"}]}";

    pancake_redirect(&redirect, &hosts);

    bad = 0;
    text.data = json;

    for (i = 0; i < sizeof(json); i++) {
        text.len = i;
        bad += !pancake_sound(&text, &redirect);
    }

    text.len = sizeof(json) - 1;

    for (i = 0; i < text.len; i++) {
        saved = json[i];

        for (ch = 0; ch < 256; ch++) {
            json[i] = (u_char) ch;
            bad += !pancake_sound(&text, &redirect);
        }

        json[i] = saved;
    }

    pancake_ok(bad == 0, "truncations and mutations are refused or sound");
}


static void
pancake_test_no_memory(void)
{
    ngx_int_t           rc;
    ngx_uint_t          n, errors;
    ngx_pool_t         *pool;
    pancake_answer_t    answer;

    static ngx_str_t  text = ngx_string(
        "{\"data\":{\"checkoutUrl\":\"https:\\/\\/checkout.waffo.ai\\/a\"},"
        "\"errors\":[{\"message\":\"a\\nb\",\"layer\":\"store\"},"
        "{\"message\":\"c\"},{\"message\":\"d\"},{}]}");

    errors = 0;

    for (n = 1; ; n++) {
        pool = pancake_pool();
        pancake_fail_at(n);

        rc = pancake_answer_read(&answer, pool, &text);

        ngx_destroy_pool(pool);

        if (pancake_fail_at(0) != 0) {
            break;
        }

        errors += (rc == NGX_ERROR);
    }

    pancake_ok(rc == NGX_OK && n > 8 && errors == n - 1,
               "each of %d allocations fails cleanly", (int) n - 1);
}


/* without memory for the host's name the answer is refused all the same */

static void
pancake_test_no_memory_for_fault(void)
{
    ngx_int_t            rc;
    ngx_uint_t           i;
    ngx_pool_t          *pool;
    ngx_array_t          hosts;
    pancake_answer_t     answer;
    pancake_redirect_t   redirect;

    static ngx_str_t  text = DATA("\"checkoutUrl\":\"https://evil.example/\"");

    pancake_redirect(&redirect, &hosts);

    for (i = 0; i < 2; i++) {
        pool = pancake_pool();
        rc = pancake_answer_read(&answer, pool, &text);

        pancake_fail_at(i);

        pancake_ok(rc == NGX_OK
                   && pancake_answer_checkout(&answer, &redirect, NOW)
                      == NGX_DECLINED
                   && strcmp(answer.fault,
                             i ? BAD_URL : BAD_HOST("evil.example")) == 0,
                   "another host, %s memory", i ? "no" : "enough");

        pancake_fail_at(0);
        ngx_destroy_pool(pool);
    }
}


/* what another action than a checkout promises */

typedef struct {
    ngx_str_t    text;
    ngx_str_t    name;
    ngx_uint_t   query;
    const char  *fault;         /* NULL: good */
} pancake_data_case_t;


static pancake_data_case_t  pancake_data_cases[] = {

    { DATA("\"total\":\"1\""), ngx_string("total"), 0, NULL },
    { DATA("\"a\":1,\"total\":5"), ngx_string("total"), 0, NULL },
    { DATA("\"total\":{}"), ngx_string("total"), 0, NULL },
    { DATA("\"t\\u006ftal\":\"1\""), ngx_string("total"), 0, NULL },
    { DATA("\"a\":1"), ngx_string(""), 0, NULL },
    { DATA(""), ngx_string(""), 0, NULL },
    { ngx_string("{\"data\":{\"total\":1},\"errors\":[]}"),
      ngx_string("total"), 0, NULL },
    { ngx_string("{\"data\":{\"total\":1},\"warnings\":[{}]}"),
      ngx_string("total"), 0, NULL },

    { DATA(""), ngx_string("total"), 0, "has no \"total\"" },
    { DATA("\"totals\":1"), ngx_string("total"), 0, "has no \"total\"" },
    { DATA("\"Total\":1"), ngx_string("total"), 0, "has no \"total\"" },
    { DATA("\"a\":{\"total\":1}"), ngx_string("total"), 0,
      "has no \"total\"" },
    { ngx_string("{\"total\":1,\"data\":{}}"), ngx_string("total"), 0,
      "has no \"total\"" },
    { ngx_string("{\"total\":1}"), ngx_string("total"), 0, WITHOUT_DATA },
    { ngx_string("{\"data\":null}"), ngx_string("total"), 0, WITHOUT_DATA },
    { ngx_string("{\"data\":[{\"total\":1}]}"), ngx_string("total"), 0,
      WITHOUT_DATA },
    { ngx_string("{\"data\":null}"), ngx_string(""), 0, WITHOUT_DATA },
    { ngx_string("{\"data\":{\"total\":1},\"errors\":[{}]}"),
      ngx_string("total"), 0, HAS_ERRORS },
    { ngx_string("{\"data\":null,\"errors\":[{}]}"), ngx_string("total"), 0,
      HAS_ERRORS },

    /* of a query a part may be there */

    { DATA("\"a\":1"), ngx_string(""), 1, NULL },
    { ngx_string("{\"data\":{\"a\":1},\"errors\":[{}]}"), ngx_string(""), 1,
      NULL },
    { ngx_string("{\"data\":{},\"errors\":[{}]}"), ngx_string(""), 1, NULL },
    { ngx_string("{\"data\":null,\"errors\":[{}]}"), ngx_string(""), 1,
      HAS_ERRORS },
    { ngx_string("{\"errors\":[{}]}"), ngx_string(""), 1, HAS_ERRORS },
    { ngx_string("{\"data\":null}"), ngx_string(""), 1, WITHOUT_DATA },
    { ngx_string("{}"), ngx_string(""), 1, WITHOUT_DATA },

    { ngx_null_string, ngx_null_string, 0, NULL }
};


static void
pancake_test_data(void)
{
    ngx_int_t             rc;
    ngx_str_t             text, name;
    ngx_pool_t           *pool;
    pancake_answer_t      answer;
    pancake_data_case_t  *c;

    for (c = pancake_data_cases; c->text.data; c++) {

        pool = pancake_pool();
        text = pancake_copy(&c->text);
        name = pancake_copy(&c->name);

        rc = pancake_answer_read(&answer, pool, &text);

        if (rc == NGX_OK) {
            rc = pancake_answer_data(&answer, &name, c->query);
        }

        pancake_ok(c->fault ? rc == NGX_DECLINED && answer.fault
                              && strcmp(answer.fault, c->fault) == 0
                            : rc == NGX_OK && answer.fault == NULL
                              && answer.data,
                   "data %d %s", (int) (c - pancake_data_cases),
                   c->fault ? c->fault : "is good");

        pancake_copy_free(&name);
        pancake_copy_free(&text);
        ngx_destroy_pool(pool);
    }
}


/* nor is it good without the memory to say what is missing */

static void
pancake_test_no_memory_for_data(void)
{
    ngx_int_t          rc;
    ngx_uint_t         i;
    ngx_pool_t        *pool;
    pancake_answer_t   answer;

    static ngx_str_t  text = DATA("");
    static ngx_str_t  name = ngx_string("total");

    for (i = 0; i < 2; i++) {
        pool = pancake_pool();
        rc = pancake_answer_read(&answer, pool, &text);

        pancake_fail_at(i);

        pancake_ok(rc == NGX_OK
                   && pancake_answer_data(&answer, &name, 0) == NGX_DECLINED
                   && (i ? answer.fault != NULL
                         : strcmp(answer.fault, "has no \"total\"") == 0),
                   "no member, %s memory", i ? "no" : "enough");

        pancake_fail_at(0);
        ngx_destroy_pool(pool);
    }
}


int
main(void)
{
    pancake_test_checkout();
    pancake_test_good();
    pancake_test_expired();
    pancake_test_urls();
    pancake_test_insecure();
    pancake_test_notices();
    pancake_test_long_messages();
    pancake_test_limits();
    pancake_test_time();
    pancake_test_mutated();
    pancake_test_no_memory();
    pancake_test_no_memory_for_fault();
    pancake_test_data();
    pancake_test_no_memory_for_data();

    return pancake_done();
}

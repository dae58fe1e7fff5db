
/*
 * Copyright (C) pancake checkout contributors
 *
 * A webhook's header field, window, signature and payload.  argv: the folder
 * of vectors.
 */


#include "unit.h"
#include "pancake_webhook.h"

#include <openssl/err.h>


#define PANCAKE_T       "t=1767225600000"
#define PANCAKE_FIELDS  "\"id\":\"a\",\"eventType\":\"b\",\"mode\":\"test\""


typedef struct {
    const char  *text;
    const char  *fault;         /* its beginning; NULL: none */
    const char  *name;
} pancake_case_t;


static ngx_pool_t     *pool;
static pancake_key_t  *private_key, *public_key, *builtin_test, *builtin_prod;


static ngx_str_t
pancake_str(const char *text)
{
    ngx_str_t  s;

    s.data = (u_char *) text;
    s.len = strlen(text);

    return s;
}


static int
pancake_says(const char *got, const char *expected)
{
    if (got == NULL || expected == NULL) {
        return got == expected;
    }

    return strstr(got, expected) != NULL;
}


static void
pancake_test_header(void)
{
    int                        i;
    ngx_str_t                  text, copy;
    const char                *fault;
    pancake_webhook_header_t   header;

    static const pancake_case_t  cases[] = {
        { PANCAKE_T ",v1=AAAA", NULL, "as it is sent" },
        { "v1=AAAA," PANCAKE_T, NULL, "the other way round" },
        { "\t t = 1767225600000 , v1 = AAAA ", NULL, "blanks" },
        { "x," PANCAKE_T ",v0=1,v1=AAAA,,", NULL, "unknown names" },
        { PANCAKE_T ",v1=AA==", NULL, "padding" },
        { "", "no \"t\" or", "empty" },
        { ",", "no \"t\" or", "a comma" },
        { "=", "no \"t\" or", "an equals sign" },
        { PANCAKE_T, "no \"t\" or", "no v1" },
        { "v1=AAAA", "no \"t\" or", "no t" },
        { "T=1767225600000,v1=AAAA", "no \"t\" or", "T" },
        { PANCAKE_T "," PANCAKE_T ",v1=AAAA", "more than once", "t twice" },
        { PANCAKE_T ",v1=AAAA,v1=AAAA", "more than once", "v1 twice" },
        { "t=176722560000,v1=AAAA", "13 digits", "12 digits" },
        { "t=17672256000000,v1=AAAA", "13 digits", "14 digits" },
        { "t=176722560000x,v1=AAAA", "13 digits", "a letter" },
        { "t=-176722560000,v1=AAAA", "13 digits", "a sign" },
        { "t=,v1=AAAA", "13 digits", "no digits" },
        { PANCAKE_T ",v1=", "not the base64", "empty v1" },
        { PANCAKE_T ",v1=A", "not the base64", "one letter" },
        { PANCAKE_T ",v1=AAA", "not the base64", "no padding" },
        { PANCAKE_T ",v1=AB==", "not the base64", "loose bits" },
        { PANCAKE_T ",v1=====", "not the base64", "padding alone" },
        { PANCAKE_T ",v1=AA==AA==", "not the base64", "padding inside" },
        { PANCAKE_T ",v1=AA-_", "not the base64", "base64url" },
        { NULL, NULL, NULL }
    };

    for (i = 0; cases[i].text; i++) {
        text = pancake_str(cases[i].text);
        copy = pancake_copy(&text);

        fault = pancake_webhook_header(&copy, &header);

        pancake_ok(pancake_says(fault, cases[i].fault), "header: %s: %s",
                   cases[i].name, fault ? fault : "taken");

        if (fault == NULL) {
            pancake_ok(header.ms == 1767225600000
                       && header.time.len == 13
                       && header.len >= 1 && header.signature[0] == 0,
                       "header: %s: what it says", cases[i].name);
        }

        pancake_copy_free(&copy);
    }
}


/* the largest signature, and more */

static void
pancake_test_length(void)
{
    size_t                     len;
    u_char                     buf[8192];
    ngx_str_t                  text, copy;
    const char                *fault, *expected;
    pancake_webhook_header_t   header;

    for (len = 2720; len <= 4096; len += 4) {
        text.data = buf;
        text.len = sizeof(PANCAKE_T ",v1=") - 1 + len;

        ngx_memset(buf, 'A', text.len);
        ngx_memcpy(buf, PANCAKE_T ",v1=", text.len - len);

        if (len == 2732) {
            buf[text.len - 1] = '=';
        }

        expected = (len <= 2732) ? NULL
                   : (text.len > 4096) ? "4096 bytes" : "not the base64";

        copy = pancake_copy(&text);
        fault = pancake_webhook_header(&copy, &header);

        if (!pancake_says(fault, expected)
            || (fault == NULL && header.len > PANCAKE_KEY_MAX_SIZE))
        {
            break;
        }

        pancake_copy_free(&copy);
    }

    pancake_ok(len > 4096, "signatures up to 2048 bytes: %zu", len);
}


static void
pancake_test_window(void)
{
    int64_t  t = 1767225600000;

    pancake_ok(pancake_webhook_window(t, t, 0, 0) == NULL, "now");
    pancake_ok(pancake_webhook_window(t, t + 10, 10, 0) == NULL, "in time");
    pancake_ok(pancake_says(pancake_webhook_window(t, t + 11, 10, 0),
                            "longer ago"), "too late");
    pancake_ok(pancake_webhook_window(t, t - 10, 0, 10) == NULL, "ahead");
    pancake_ok(pancake_says(pancake_webhook_window(t, t - 11, 0, 10),
                            "later than now"), "too far ahead");
}


/* a header whose signature of the body is by the test key */

static void
pancake_sign(pancake_webhook_header_t *header, const char *body)
{
    size_t       len;
    EVP_MD_CTX  *md;

    header->time = pancake_str("1767225600000");
    len = PANCAKE_KEY_MAX_SIZE;

    md = EVP_MD_CTX_new();

    if (EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, private_key->pkey)
        != 1
        || EVP_DigestSignUpdate(md, "1767225600000.", 14) != 1
        || EVP_DigestSignUpdate(md, body, strlen(body)) != 1
        || EVP_DigestSignFinal(md, header->signature, &len) != 1)
    {
        abort();
    }

    header->len = len;

    EVP_MD_CTX_free(md);
}


static ngx_int_t
pancake_verifies(pancake_webhook_keys_t *keys,
    pancake_webhook_header_t *header, const char *body, const char **fault)
{
    size_t       i, n;
    ngx_int_t    rc;
    EVP_MD_CTX  *md;

    *fault = NULL;
    md = pancake_webhook_hash(header);
    n = strlen(body);

    for (i = 0; i < n; i++) {
        (void) EVP_DigestUpdate(md, body + i, 1);
    }

    rc = pancake_webhook_verify(keys, header, md, fault);

    EVP_MD_CTX_free(md);

    return rc;
}


static void
pancake_test_verify(void)
{
    const char               *fault;
    pancake_webhook_keys_t    keys;
    pancake_webhook_header_t  header;

    pancake_sign(&header, "{}");

    ngx_memzero(&keys, sizeof(keys));
    keys.environment = PANCAKE_WEBHOOK_PROD;
    keys.keys[0] = public_key;
    keys.nkeys = 1;

    pancake_ok(pancake_verifies(&keys, &header, "{}", &fault) == NGX_OK,
               "signed");
    pancake_ok(pancake_verifies(&keys, &header, "{ }", &fault) == NGX_DECLINED
               && pancake_says(fault, "fits no key"), "changed");

    header.time = pancake_str("1767225600001");
    pancake_ok(pancake_verifies(&keys, &header, "{}", &fault) == NGX_DECLINED,
               "another time");
    header.time = pancake_str("1767225600000");

    header.len = 255;
    pancake_ok(pancake_verifies(&keys, &header, "{}", &fault) == NGX_DECLINED,
               "a byte less");
    header.len = 256;

    keys.keys[0] = builtin_prod;
    keys.keys[1] = public_key;
    keys.nkeys = 2;
    pancake_ok(pancake_verifies(&keys, &header, "{}", &fault) == NGX_OK,
               "signed with the second key");

    keys.nkeys = 1;
    pancake_ok(pancake_verifies(&keys, &header, "{}", &fault) == NGX_DECLINED
               && pancake_says(fault, "fits no key"), "another key");

    keys.other = public_key;
    pancake_ok(pancake_verifies(&keys, &header, "{}", &fault) == NGX_DECLINED
               && pancake_says(fault, "key of the test environment, and this "
                                      "location is for \"prod\""),
               "the key of the test environment");

    keys.environment = PANCAKE_WEBHOOK_TEST;
    pancake_ok(pancake_verifies(&keys, &header, "{}", &fault) == NGX_DECLINED
               && pancake_says(fault, "key of the production environment"),
               "the key of production");

    keys.other = NULL;
    keys.replaced = public_key;
    pancake_ok(pancake_verifies(&keys, &header, "{}", &fault) == NGX_DECLINED
               && pancake_says(fault, "key=builtin"), "the replaced key");

    pancake_ok(ERR_peek_error() == 0, "no error is left behind");
}


static void
pancake_test_builtin(const char *dir)
{
    int             i;
    ngx_str_t       text;
    const char     *fault;
    pancake_key_t  *key, *builtin;

    static const char  *files[] = {
        "waffo-webhook-test.pub.pem", "waffo-webhook-prod.pub.pem"
    };

    for (i = 0; i < 2; i++) {
        text = pancake_file(pool, dir, files[i]);
        builtin = (i == 0) ? builtin_test : builtin_prod;

        pancake_ok(pancake_webhook_key_read(pool, &text, &key, &fault)
                   == NGX_OK && pancake_webhook_key_equal(key, builtin)
                   && key->size == 256, "%s is built in", files[i]);
    }

    pancake_ok(!pancake_webhook_key_equal(builtin_test, builtin_prod),
               "they are two");
}


static ngx_int_t
pancake_read(const char *text, size_t piece, pancake_webhook_event_t *event,
    const char **fault)
{
    size_t                     n, len;
    ngx_str_t                  all, copy;
    pancake_webhook_payload_t  payload;

    *fault = NULL;

    if (pancake_webhook_payload_begin(&payload, pool, event) != NGX_OK) {
        return NGX_ERROR;
    }

    len = strlen(text);

    for (n = 0; n < len; n += all.len) {
        all.data = (u_char *) text + n;
        all.len = ngx_min(piece, len - n);
        copy = pancake_copy(&all);

        (void) pancake_webhook_payload_feed(&payload, copy.data, copy.len);
        pancake_copy_free(&copy);
    }

    return pancake_webhook_payload_end(&payload, PANCAKE_WEBHOOK_TEST, fault);
}


static void
pancake_test_payload(void)
{
    int                       i;
    size_t                    piece;
    ngx_int_t                 rc;
    const char               *fault;
    pancake_webhook_event_t   event;

    static const pancake_case_t  cases[] = {
        { "{" PANCAKE_FIELDS "}", NULL, "as it is" },
        { " {\n" PANCAKE_FIELDS ",\"x\":[{},[],null,true,1e9,\"\"]}\r\n", NULL,
          "more" },
        { "{\"i\\u0064\":\"\\u0061\",\"eventType\":\"b\",\"mode\":\"test\"}",
          NULL, "escapes" },
        { "{" PANCAKE_FIELDS "", "whole", "cut" },
        { "{" PANCAKE_FIELDS "}}", "whole", "more than one" },
        { "[{" PANCAKE_FIELDS "}]", "whole", "a list" },
        { "1", "whole", "a number" },
        { "\"a\"", "whole", "a text" },
        { "", "whole", "nothing" },
        { "{}", "once each", "no fields" },
        { "{" PANCAKE_FIELDS ",\"id\":\"a\"}", "once each", "id twice" },
        { "{" PANCAKE_FIELDS ",\"storeId\":\"a\"}", NULL, "a store" },
        { "{" PANCAKE_FIELDS ",\"storeId\":\"a\",\"storeId\":\"a\"}",
          "at most once", "two stores" },
        { "{" PANCAKE_FIELDS ",\"id\":null}", "once each", "id and null" },
        { "{\"id\":{\"id\":\"a\"}," PANCAKE_FIELDS "}", "once each",
          "an object, then a text" },
        { "{\"id\":\"a\",\"eventType\":\"b\",\"mode\":\"prod\"}",
          "environment", "production" },
        { NULL, NULL, NULL }
    };

    for (i = 0; cases[i].text; i++) {

        for (piece = 1; piece <= strlen(cases[i].text) + 1; piece++) {

            rc = pancake_read(cases[i].text, piece, &event, &fault);

            if (rc != (cases[i].fault ? NGX_DECLINED : NGX_OK)
                || !pancake_says(fault, cases[i].fault)
                || (rc == NGX_OK && !(pancake_equal(&event.id, "a")
                                      && pancake_equal(&event.event, "b")
                                      && pancake_equal(&event.mode, "test")))
                || (rc != NGX_OK && event.id.len))
            {
                break;
            }
        }

        pancake_ok(piece > strlen(cases[i].text), "payload: %s: %s",
                   cases[i].name, fault ? fault : "taken");
    }
}


static void
pancake_test_memory(void)
{
    ngx_int_t                 rc;
    ngx_str_t                 text;
    ngx_uint_t                n;
    const char               *fault;
    pancake_key_t            *key;
    pancake_webhook_event_t   event;

    for (n = 1; n < 20; n++) {
        (void) pancake_fail_at(n);
        rc = pancake_read("{" PANCAKE_FIELDS "}", 5, &event, &fault);

        if (pancake_fail_at(0) > 0) {
            break;
        }

        pancake_ok(rc == NGX_ERROR && event.id.len == 0,
                   "payload: no memory at %lu", (unsigned long) n);
    }

    pancake_ok(rc == NGX_OK, "payload: enough memory");

    text = pancake_str(pancake_webhook_keys[0]);

    (void) pancake_fail_at(1);
    pancake_ok(pancake_webhook_key_read(pool, &text, &key, &fault)
               == NGX_ERROR, "key: no memory");
    (void) pancake_fail_at(0);
}


int
main(int argc, char **argv)
{
    ngx_str_t    text;
    const char  *fault;

    if (argc != 2) {
        printf("Bail out! usage: %s VECTORS\n", argv[0]);
        return 2;
    }

    pool = pancake_pool();

    text = pancake_file(pool, argv[1], "test-key.pem");
    (void) pancake_key_read(pool, &text, &private_key, &fault);

    text = pancake_file(pool, argv[1], "test-key.pub.pem");
    (void) pancake_webhook_key_read(pool, &text, &public_key, &fault);

    builtin_test = pancake_webhook_key_builtin(pool, PANCAKE_WEBHOOK_TEST);
    builtin_prod = pancake_webhook_key_builtin(pool, PANCAKE_WEBHOOK_PROD);

    pancake_test_header();
    pancake_test_length();
    pancake_test_window();
    pancake_test_builtin(argv[1]);
    pancake_test_verify();
    pancake_test_payload();
    pancake_test_memory();

    ngx_destroy_pool(pool);

    return pancake_done();
}

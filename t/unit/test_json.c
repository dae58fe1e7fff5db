
/*
 * Copyright (C) pancake checkout contributors
 */


#include "unit.h"
#include "pancake_json.h"


typedef struct {
    ngx_str_t    text;
    const char  *expected;      /* rendered text, or the field */
    const char  *error;
} pancake_json_case_t;


static pancake_limits_t  limits = PANCAKE_BUYER_LIMITS;


static pancake_json_case_t  pancake_accepted[] = {

    { ngx_string("{}"), "{}", NULL },
    { ngx_string(" \t\r\n{ } \n"), "{}", NULL },
    { ngx_string("{\"a\":null,\"b\":true,\"c\":false}"),
      "{\"a\":null,\"b\":true,\"c\":false}", NULL },
    { ngx_string("{\"a\":[],\"b\":{},\"c\":\"\"}"),
      "{\"a\":[],\"b\":{},\"c\":\"\"}", NULL },
    { ngx_string("{\"z\":1,\"a\":[1,[2,\"x\"],{\"b\":3}]}"),
      "{\"z\":1,\"a\":[1,[2,\"x\"],{\"b\":3}]}", NULL },

    /* numbers keep every digit */

    { ngx_string("{\"a\":1234567890123456789012345678901234567890.10}"),
      "{\"a\":1234567890123456789012345678901234567890.10}", NULL },
    { ngx_string("{\"a\":[-0,1E5,1e+05,0.10,-12.5e-3]}"),
      "{\"a\":[-0,1E5,1e+05,0.10,-12.5e-3]}", NULL },

    /* escapes */

    { ngx_string("{\"\\u0061\\/\":\"\\u0062\\/\\n\\t\\\"\\\\\"}"),
      "{\"a/\":\"b/\\n\\t\\\"\\\\\"}", NULL },
    { ngx_string("{\"a\":\"\\u00e9\\u20ac\\uD83E\\udd5e\"}"),
      "{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\xa5\x9e\"}", NULL },
    { ngx_string("{\"a\":\"\\\\ud800\\\\\\u0041\"}"),
      "{\"a\":\"\\\\ud800\\\\A\"}", NULL },
    { ngx_string("{\"a\":\"\x7f\xe2\x80\xa8\\u0001\\b\\f\\r\"}"),
      "{\"a\":\"\x7f\xe2\x80\xa8\\u0001\\b\\f\\r\"}", NULL },
    { ngx_string("{\"\xe2\x82\xac\":\"\xf4\x8f\xbf\xbf\xef\xbf\xbf\"}"),
      "{\"\xe2\x82\xac\":\"\xf4\x8f\xbf\xbf\xef\xbf\xbf\"}", NULL },

    /* the same name in different objects */

    { ngx_string("{\"a\":{\"a\":1},\"b\":[{\"a\":2},{\"a\":3}]}"),
      "{\"a\":{\"a\":1},\"b\":[{\"a\":2},{\"a\":3}]}", NULL },

    /* as the official SDK writes it, without the lone surrogate */

    { ngx_string("{\"q\":\"a\\\"b\\\\c/d\",\"nl\":\"x\\ny\\tz\","
                 "\"ls\":\"\xe2\x80\xa8\"}"),
      "{\"q\":\"a\\\"b\\\\c/d\",\"nl\":\"x\\ny\\tz\","
      "\"ls\":\"\xe2\x80\xa8\"}", NULL },

    { ngx_null_string, NULL, NULL }
};


#define PANCAKE_SYNTAX  "is not valid JSON"
#define PANCAKE_ROOT    "must be a JSON object"
#define PANCAKE_UTF8    "is not valid UTF-8"
#define PANCAKE_LONE    "contains a lone surrogate"
#define PANCAKE_NUL     "contains a NUL character"
#define PANCAKE_TWICE   "appears twice"


static pancake_json_case_t  pancake_refused[] = {

    { ngx_string(""), "", "is empty" },
    { ngx_string("  "), "", PANCAKE_SYNTAX },
    { ngx_string("{"), "", PANCAKE_SYNTAX },
    { ngx_string("}"), "", PANCAKE_SYNTAX },
    { ngx_string("{}}"), "", PANCAKE_SYNTAX },
    { ngx_string("{}{}"), "", PANCAKE_SYNTAX },
    { ngx_string("{} x"), "", PANCAKE_SYNTAX },
    { ngx_string("{}\0"), "", PANCAKE_SYNTAX },
    { ngx_string("{\"a\":1} // x"), "", PANCAKE_SYNTAX },
    { ngx_string("{/* x */}"), "", PANCAKE_SYNTAX },
    { ngx_string("{\"a\":1,}"), "", PANCAKE_SYNTAX },
    { ngx_string("{\"a\":[1,]}"), "", PANCAKE_SYNTAX },
    { ngx_string("{\"a\":[1}"), "", PANCAKE_SYNTAX },
    { ngx_string("{a:1}"), "", PANCAKE_SYNTAX },
    { ngx_string("{'a':1}"), "", PANCAKE_SYNTAX },
    { ngx_string("{1:1}"), "", PANCAKE_SYNTAX },
    { ngx_string("{\"a\" 1}"), "", PANCAKE_SYNTAX },
    { ngx_string("{\"a\":nul}"), "", PANCAKE_SYNTAX },
    { ngx_string("{\"a\":NaN}"), "", PANCAKE_SYNTAX },
    { ngx_string("{\"a\":01}"), "", PANCAKE_SYNTAX },
    { ngx_string("{\"a\":+1}"), "", PANCAKE_SYNTAX },
    { ngx_string("{\"a\":.5}"), "", PANCAKE_SYNTAX },
    { ngx_string("{\"a\":1.}"), "", PANCAKE_SYNTAX },
    { ngx_string("{\"a\":1e}"), "", PANCAKE_SYNTAX },
    { ngx_string("{\"a\":0x1}"), "", PANCAKE_SYNTAX },
    { ngx_string("{\"a\":\"\n\"}"), "", PANCAKE_SYNTAX },
    { ngx_string("{\"a\":\"\0\"}"), "", PANCAKE_SYNTAX },
    { ngx_string("{\"a\":\"\\x\"}"), "", PANCAKE_SYNTAX },
    { ngx_string("{\"a\":\"\\u12G4\"}"), "", PANCAKE_SYNTAX },
    { ngx_string("{\"a\":\"\\"), "", PANCAKE_SYNTAX },
    { ngx_string("\xef\xbb\xbf{}"), "", PANCAKE_SYNTAX },
    { ngx_string("{}\\ud800"), "", PANCAKE_SYNTAX },
    { ngx_string("{\\ud800}"), "", PANCAKE_SYNTAX },

    { ngx_string("[]"), "", PANCAKE_ROOT },
    { ngx_string("null"), "", PANCAKE_ROOT },
    { ngx_string("true"), "", PANCAKE_ROOT },
    { ngx_string("1"), "", PANCAKE_ROOT },
    { ngx_string("1 {}"), "", PANCAKE_ROOT },
    { ngx_string("\"a\""), "", PANCAKE_ROOT },
    { ngx_string("\"\\ud800\""), "", PANCAKE_ROOT },

    /* names */

    { ngx_string("{\"\":1}"), "", "has an empty name" },
    { ngx_string("{\"a\":{\"b\":{\"\":1}}}"), "a.b", "has an empty name" },
    { ngx_string("{\"a\":1,\"a\":1}"), "a", PANCAKE_TWICE },
    { ngx_string("{\"a\":1,\"b\":2,\"\\u0061\":1}"), "a", PANCAKE_TWICE },
    { ngx_string("{\"a\":{\"b\":1,\"\\u0062\":{}}}"), "a.b", PANCAKE_TWICE },
    { ngx_string("{\"a/\":1,\"a\\/\":1}"), "a/", PANCAKE_TWICE },
    { ngx_string("{\"x\":[{\"a\":1,\"a\":1}]}"), "x.a", PANCAKE_TWICE },
    { ngx_string("{\"\xc3\xa9\":1,\"\\u00E9\":1}"), "\xc3\xa9",
      PANCAKE_TWICE },
    { ngx_string("{\"a\":{\"b\\u0000c\":1}}"), "a",
      "has a name that " PANCAKE_NUL },
    { ngx_string("{\"a\":{\"\\udc00\":1}}"), "a",
      "has a name that " PANCAKE_LONE },
    { ngx_string("{\"\\ud800\":1}"), "", "has a name that " PANCAKE_LONE },
    { ngx_string("{\"\xff\":1}"), "", "has a name that " PANCAKE_UTF8 },
    { ngx_string("{\"a\":{\"\xc0\xaf\":1}}"), "a",
      "has a name that " PANCAKE_UTF8 },

    /* surrogates */

    { ngx_string("{\"a\":\"x\",\"b\":\"\\ud800\"}"), "b", PANCAKE_LONE },
    { ngx_string("{\"a\":\"\\u0041\",\"b\":\"\\udfff\"}"), "b",
      PANCAKE_LONE },
    { ngx_string("{\"a\":\"\\ud800\\ud800\\udc00\"}"), "a", PANCAKE_LONE },
    { ngx_string("{\"a\":\"\\ud800\\ud800\"}"), "a", PANCAKE_LONE },
    { ngx_string("{\"a\":\"\\ud800\\u0041\"}"), "a", PANCAKE_LONE },
    { ngx_string("{\"a\":\"\\ud800x\\udc00\"}"), "a", PANCAKE_LONE },
    { ngx_string("{\"a\":\"\\uDBFF\\uE000\"}"), "a", PANCAKE_LONE },
    { ngx_string("{\"a\":\"\\udc00\\ud800\"}"), "a", PANCAKE_LONE },
    { ngx_string("{\"a\":\"\\ud83e\\udd5e\\ud83e\"}"), "a", PANCAKE_LONE },
    { ngx_string("{\"a\":\"\\\\\\ud800\"}"), "a", PANCAKE_LONE },
    { ngx_string("{\"a\":{\"b\":[\"\",[\"\\uD800\"]]}}"), "a.b",
      PANCAKE_LONE },
    { ngx_string("{\"a\":\"\\u0000\",\"b\":\"\\ud800\"}"), "a",
      PANCAKE_NUL },

    /* UTF-8 */

    { ngx_string("{\"a\":\"x\\u0000y\"}"), "a", PANCAKE_NUL },
    { ngx_string("{\"a\":\"\xc0\x80\"}"), "a", PANCAKE_UTF8 },
    { ngx_string("{\"a\":\"\xe0\x80\x80\"}"), "a", PANCAKE_UTF8 },
    { ngx_string("{\"a\":\"\xed\xa0\x80\"}"), "a", PANCAKE_UTF8 },
    { ngx_string("{\"a\":\"\xf4\x90\x80\x80\"}"), "a", PANCAKE_UTF8 },
    { ngx_string("{\"a\":{\"b\":\"\\n\x80\"}}"), "a.b", PANCAKE_UTF8 },
    { ngx_string("{\"a\":\"\xe2\x82\"}"), "a", PANCAKE_UTF8 },
    { ngx_string("{\xff}"), "", PANCAKE_SYNTAX },

    /* what may not be shown is reported as its place */

    { ngx_string("{\"a\":{\"b\\n\":\"\xff\"}}"), "a", PANCAKE_UTF8 },
    { ngx_string("{\"a\\u007f\":{\"b\":\"\xff\"}}"), "", PANCAKE_UTF8 },
    { ngx_string("{\"a\":{\"\\u0085\":{\"b\":\"\xff\"}}}"), "a",
      PANCAKE_UTF8 },
    { ngx_string("{\"a\":{\"\\u2028\":\"\xff\"}}"), "a", PANCAKE_UTF8 },
    { ngx_string("{\"a\":{\"x\\u202e\":\"\xff\"}}"), "a", PANCAKE_UTF8 },
    { ngx_string("{\"a\":{\"\\u2066\":\"\xff\"}}"), "a", PANCAKE_UTF8 },
    { ngx_string("{\"a\":{\"\\u2030\\u00a0\":\"\xff\"}}"),
      "a.\xe2\x80\xb0\xc2\xa0", PANCAKE_UTF8 },

    { ngx_null_string, NULL, NULL }
};


static ngx_str_t  pancake_document = ngx_string(
    "{\"productId\":\"PROD_3kF9mNpQrStUvWxYz1A2bC\",\"n\":-12.50e+1,"
    "\"billingDetail\":{\"country\":\"JP\",\"isBusiness\":true,"
    "\"businessName\":\"Zo\xc3\xab \\uD83E\\uDD5E \xf0\x9f\xa5\x9e\"},"
    "\"list\":[null,false,\"\\u00e9\\n\",[],{}],\"\\u0062\":\"\"}");


static void
pancake_test_accepted(void)
{
    ngx_str_t             text, out;
    ngx_pool_t           *pool;
    pancake_tree_t        tree;
    pancake_json_case_t  *c;

    for (c = pancake_accepted; c->expected; c++) {
        pool = pancake_pool();
        text = pancake_copy(&c->text);
        ngx_str_null(&out);

        if (pancake_tree_init(&tree, pool, &limits) == NGX_OK
            && pancake_json_parse(&tree, &text) == NGX_OK
            && pancake_json_render(pool, tree.root, &out) == NGX_OK)
        {
            pancake_is(&out, c->expected, "accepted: case %d",
                       (int) (c - pancake_accepted));

        } else {
            pancake_ok(0, "accepted: %s", c->expected);
        }

        pancake_copy_free(&text);
        ngx_destroy_pool(pool);
    }
}


static void
pancake_refuse(const ngx_str_t *text, const char *field, const char *error,
    const char *name)
{
    ngx_int_t        rc;
    ngx_str_t        copy;
    ngx_pool_t      *pool;
    pancake_tree_t   tree;

    pool = pancake_pool();
    copy = pancake_copy(text);

    pancake_tree_init(&tree, pool, &limits);

    rc = pancake_json_parse(&tree, &copy);

    pancake_copy_free(&copy);

    if (pancake_ok(rc == NGX_DECLINED && strcmp(tree.error, error) == 0
                   && pancake_equal(&tree.field, field),
                   "refused: %s: %s %s", name, field, error)
        == 0)
    {
        printf("# got %d, \"%.*s\" %s\n", (int) rc, (int) tree.field.len,
               tree.field.data, tree.error ? tree.error : "");
    }

    ngx_destroy_pool(pool);
}


static void
pancake_test_refused(void)
{
    char                  name[32];
    pancake_json_case_t  *c;

    for (c = pancake_refused; c->error; c++) {
        snprintf(name, sizeof(name), "case %d", (int) (c - pancake_refused));
        pancake_refuse(&c->text, c->expected, c->error, name);
    }
}


/* the text "open" n times, then "middle", then "close" n times */

static ngx_str_t
pancake_nest(ngx_pool_t *pool, const char *open, ngx_uint_t n,
    const char *middle, const char *close)
{
    u_char      *p;
    ngx_str_t    text;
    ngx_uint_t   i;

    text.data = ngx_pnalloc(pool, n * (strlen(open) + strlen(close))
                                  + strlen(middle));
    p = text.data;

    for (i = 0; i < n; i++) {
        p = ngx_cpymem(p, open, strlen(open));
    }

    p = ngx_cpymem(p, middle, strlen(middle));

    for (i = 0; i < n; i++) {
        p = ngx_cpymem(p, close, strlen(close));
    }

    text.len = p - text.data;

    return text;
}


/* an object with n numbered members */

static ngx_str_t
pancake_wide(ngx_pool_t *pool, ngx_uint_t n)
{
    u_char      *p;
    ngx_str_t    text;
    ngx_uint_t   i;

    text.data = ngx_pnalloc(pool, n * 16 + 2);

    p = text.data;
    *p++ = '{';

    for (i = 0; i < n; i++) {
        p = ngx_sprintf(p, "%s\"m%ui\":%ui", i ? "," : "", i, i);
    }

    *p++ = '}';
    text.len = p - text.data;

    return text;
}


static void
pancake_test_limits(void)
{
    ngx_str_t         text;
    ngx_pool_t       *pool;
    pancake_tree_t    tree;
    pancake_limits_t  small = { 2, 3 };

    pool = pancake_pool();

    pancake_tree_init(&tree, pool, &limits);
    text = pancake_nest(pool, "{\"a\":", 8, "1", "}");
    pancake_ok(pancake_json_parse(&tree, &text) == NGX_OK, "8 levels");

    text = pancake_nest(pool, "{\"a\":", 9, "1", "}");
    pancake_refuse(&text, "", "has more than 8 levels", "9 objects");

    text = pancake_nest(pool, "{\"a\":", 1, "[[[[[[[[]]]]]]]]", "}");
    pancake_refuse(&text, "", "has more than 8 levels", "arrays");

    text = pancake_nest(pool, "{\"a\":", 8, "", "");
    pancake_refuse(&text, "", PANCAKE_SYNTAX, "8 objects, no value");

    text = pancake_nest(pool, "[", 200000, "", "]");
    pancake_refuse(&text, "", PANCAKE_ROOT, "200000 arrays");

    text = pancake_nest(pool, "{\"a\":", 200000, "", "");
    pancake_refuse(&text, "", "has more than 8 levels", "200000 objects");

    pancake_tree_init(&tree, pool, &limits);
    text = pancake_wide(pool, 255);
    pancake_ok(pancake_json_parse(&tree, &text) == NGX_OK
               && tree.nodes == 256, "256 values");

    text = pancake_wide(pool, 256);
    pancake_refuse(&text, "", "has more than 256 values", "257 values");

    pancake_tree_init(&tree, pool, &small);
    text = pancake_wide(pool, 3);
    pancake_ok(pancake_json_parse(&tree, &text) == NGX_DECLINED
               && strcmp(tree.error, "has more than 3 values") == 0,
               "own limit of values");

    pancake_tree_init(&tree, pool, &small);
    text = pancake_nest(pool, "{\"a\":", 3, "1", "}");
    pancake_ok(pancake_json_parse(&tree, &text) == NGX_DECLINED
               && strcmp(tree.error, "has more than 2 levels") == 0,
               "own limit of levels");

    ngx_destroy_pool(pool);
}


static void
pancake_test_long_field(void)
{
    char         field[160];
    u_char      *p;
    ngx_str_t    text;
    ngx_uint_t   i, n, euros;
    ngx_pool_t  *pool;

    /* the cut may fall on any byte of a character */

    for (i = 0; i < 3; i++) {
        pool = pancake_pool();

        text.data = ngx_pnalloc(pool, 400);
        p = ngx_cpymem(text.data, "{\"a\":{\"", 7);
        p = ngx_cpymem(p, "xxx", i);

        for (n = 0; n < 100; n++) {
            p = ngx_cpymem(p, "\xe2\x82\xac", 3);
        }

        p = ngx_cpymem(p, "\":\"\xff\"}}", 7);
        text.len = p - text.data;

        snprintf(field, sizeof(field), "a.%.*s", (int) i, "xxx");
        euros = (125 - strlen(field)) / 3;

        for (n = 0; n < euros; n++) {
            strcat(field, "\xe2\x82\xac");
        }

        strcat(field, "...");

        pancake_refuse(&text, field, PANCAKE_UTF8, "long name");

        ngx_destroy_pool(pool);
    }
}


static void
pancake_test_truncated(void)
{
    size_t            i;
    ngx_str_t         text, copy;
    ngx_uint_t        bad;
    ngx_pool_t       *pool;
    pancake_tree_t    tree;

    bad = 0;
    text = pancake_document;

    for (i = 0; i <= pancake_document.len; i++) {
        pool = pancake_pool();

        text.len = i;
        copy = pancake_copy(&text);

        pancake_tree_init(&tree, pool, &limits);

        if (pancake_json_parse(&tree, &copy)
            != (i < pancake_document.len ? NGX_DECLINED : NGX_OK))
        {
            bad++;
        }

        pancake_copy_free(&copy);
        ngx_destroy_pool(pool);
    }

    pancake_ok(bad == 0, "every truncation of a document is refused");
}


/* each byte replaced by each value: what is accepted renders and reads
   again to the same bytes; what is refused can be shown */

static ngx_uint_t
pancake_round_trip(ngx_str_t *text)
{
    ngx_int_t         rc;
    ngx_str_t         once, twice;
    ngx_uint_t        ok;
    ngx_pool_t       *pool;
    pancake_tree_t    tree;

    pool = pancake_pool();

    pancake_tree_init(&tree, pool, &limits);

    rc = pancake_json_parse(&tree, text);

    if (rc == NGX_DECLINED) {
        ok = tree.error != NULL
             && pancake_utf8_valid(tree.field.data, tree.field.len)
             && tree.field.len <= 128;

    } else {
        ok = rc == NGX_OK
             && pancake_json_render(pool, tree.root, &once) == NGX_OK
             && pancake_tree_init(&tree, pool, &limits) == NGX_OK
             && pancake_json_parse(&tree, &once) == NGX_OK
             && pancake_json_render(pool, tree.root, &twice) == NGX_OK
             && once.len == twice.len
             && ngx_memcmp(once.data, twice.data, once.len) == 0;
    }

    ngx_destroy_pool(pool);

    return ok;
}


static void
pancake_test_mutated(void)
{
    u_char      saved;
    size_t      i;
    ngx_str_t   text;
    ngx_uint_t  ch, bad;

    bad = 0;
    text = pancake_copy(&pancake_document);

    for (i = 0; i < text.len; i++) {
        saved = text.data[i];

        for (ch = 0; ch < 256; ch++) {
            text.data[i] = (u_char) ch;
            bad += !pancake_round_trip(&text);
        }

        text.data[i] = saved;
    }

    pancake_copy_free(&text);

    pancake_ok(bad == 0, "every mutation of a byte is refused or stable");
}


static void
pancake_test_no_memory(void)
{
    ngx_int_t         rc;
    ngx_str_t         out, twice = ngx_string("{\"a\":{\"b\":1,\"b\":1}}");
    ngx_uint_t        n, errors;
    ngx_pool_t       *pool;
    pancake_tree_t    tree;

    errors = 0;

    for (n = 1; ; n++) {
        pool = pancake_pool();
        pancake_fail_at(n);

        rc = pancake_tree_init(&tree, pool, &limits);

        if (rc == NGX_OK) {
            rc = pancake_json_parse(&tree, &pancake_document);
        }

        if (rc == NGX_OK) {
            rc = pancake_json_render(pool, tree.root, &out);
        }

        if (rc == NGX_OK) {
            rc = pancake_tree_init(&tree, pool, &limits);
        }

        if (rc == NGX_OK) {
            rc = pancake_json_parse(&tree, &twice);
        }

        ngx_destroy_pool(pool);

        if (pancake_fail_at(0) != 0) {
            break;
        }

        errors += (rc == NGX_ERROR);
    }

    pancake_ok(rc == NGX_DECLINED && n > 15 && errors == n - 1,
               "each of %d allocations fails cleanly", (int) n - 1);
}


static void
pancake_test_render_refuses(void)
{
    ngx_str_t         out;
    ngx_uint_t        i;
    ngx_pool_t       *pool;
    pancake_value_t   root, child;

    static ngx_str_t  numbers[] = {
        ngx_string(""), ngx_string("-"), ngx_string("01"), ngx_string("1."),
        ngx_string(".1"), ngx_string("+1"), ngx_string("1e"),
        ngx_string("1e+"), ngx_string("1 "), ngx_string("1,\"a\":2"),
        ngx_string("0x1"), ngx_string("NaN"), ngx_string("-01"),
        ngx_string("1\0")
    };

    pool = pancake_pool();

    ngx_memzero(&root, sizeof(pancake_value_t));
    ngx_memzero(&child, sizeof(pancake_value_t));

    root.type = PANCAKE_OBJECT;
    root.first = &child;
    ngx_str_set(&child.name, "a");

    child.type = PANCAKE_NUMBER;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        child.text = numbers[i];
        pancake_ok(pancake_json_render(pool, &root, &out) == NGX_ERROR,
                   "rendering refuses number text %d", (int) i);
    }

    child.type = PANCAKE_TEXT;
    ngx_str_set(&child.text, "x\xff");
    pancake_ok(pancake_json_render(pool, &root, &out) == NGX_ERROR,
               "rendering refuses text that is not UTF-8");

    ngx_str_set(&child.text, "x");
    pancake_ok(pancake_json_render(pool, &root, &out) == NGX_OK,
               "rendering text");
    pancake_is(&out, "{\"a\":\"x\"}", "text is a string");

    ngx_str_set(&child.name, "\xc0\x80");
    pancake_ok(pancake_json_render(pool, &root, &out) == NGX_ERROR,
               "rendering refuses a name that is not UTF-8");

    ngx_destroy_pool(pool);
}


static ngx_int_t
pancake_vectors(ngx_pool_t *pool)
{
    char            *column[2];
    ngx_int_t        n;
    ngx_str_t        body, out;
    pancake_tree_t   tree;

    static char      line[65536];

    n = 0;

    while (pancake_line(line, sizeof(line)) == NGX_OK
           && pancake_columns(line, column, 2) == 2)
    {
        body = pancake_unhex(column[1]);

        pancake_tree_init(&tree, pool, &limits);

        if (strcmp(column[0], "escapes") == 0) {
            pancake_ok(pancake_json_parse(&tree, &body) == NGX_DECLINED,
                       "vector escapes is refused");
            pancake_is(&tree.field, "metadata.lone", "field");

        } else {
            pancake_ok(pancake_json_parse(&tree, &body) == NGX_OK
                       && pancake_json_render(pool, tree.root, &out) == NGX_OK
                       && out.len == body.len
                       && ngx_memcmp(out.data, body.data, out.len) == 0,
                       "vector %s renders to the same bytes", column[0]);
        }

        n++;
    }

    return n;
}


int
main(void)
{
    ngx_pool_t  *pool;

    pancake_test_accepted();
    pancake_test_refused();
    pancake_test_limits();
    pancake_test_long_field();
    pancake_test_truncated();
    pancake_test_mutated();
    pancake_test_no_memory();
    pancake_test_render_refuses();

    pool = pancake_pool();
    pancake_ok(pancake_vectors(pool) == 5, "all vectors are there");
    ngx_destroy_pool(pool);

    return pancake_done();
}

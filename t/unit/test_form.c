
/*
 * Copyright (C) pancake checkout contributors
 */


#include "unit.h"
#include "pancake_form.h"
#include "pancake_json.h"


typedef struct {
    ngx_str_t    text;
    const char  *expected;      /* as JSON, or the field */
    const char  *error;
} pancake_form_case_t;


#define PANCAKE_BRACKET  "has a malformed bracket in its name"
#define PANCAKE_PART     "has an empty part in its name"
#define PANCAKE_PERCENT  "has a malformed percent escape"
#define PANCAKE_TWICE    "appears twice"
#define PANCAKE_MIXED    "appears twice in different forms"


static pancake_limits_t  limits = PANCAKE_BUYER_LIMITS;


static pancake_form_case_t  pancake_accepted[] = {

    { ngx_string(""), "{}", NULL },
    { ngx_string("&"), "{}", NULL },
    { ngx_string("a=1"), "{\"a\":\"1\"}", NULL },
    { ngx_string("a=1&b=2&&c=3&"),
      "{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"}", NULL },
    { ngx_string("&&a=1"), "{\"a\":\"1\"}", NULL },
    { ngx_string("a"), "{\"a\":\"\"}", NULL },
    { ngx_string("a="), "{\"a\":\"\"}", NULL },
    { ngx_string("a&b"), "{\"a\":\"\",\"b\":\"\"}", NULL },
    { ngx_string("a==b=c"), "{\"a\":\"=b=c\"}", NULL },
    { ngx_string("a=+b+%2B%20c"), "{\"a\":\" b + c\"}", NULL },
    { ngx_string("+a+=1"), "{\" a \":\"1\"}", NULL },
    { ngx_string("a=%26%3d%3D%25"), "{\"a\":\"&==%\"}", NULL },
    { ngx_string("a=%2541"), "{\"a\":\"%41\"}", NULL },
    { ngx_string("a=caf%C3%a9+\xf0\x9f\xa5\x9e"),
      "{\"a\":\"caf\xc3\xa9 \xf0\x9f\xa5\x9e\"}", NULL },
    { ngx_string("a=%0D%0A"), "{\"a\":\"\\r\\n\"}", NULL },
    { ngx_string("a=1;b=2"), "{\"a\":\"1;b=2\"}", NULL },
    { ngx_string("true=true&n=1.50"),
      "{\"true\":\"true\",\"n\":\"1.50\"}", NULL },

    /* nested names */

    { ngx_string("a.b=1&a.c=2&d=3&a.e.f=4"),
      "{\"a\":{\"b\":\"1\",\"c\":\"2\",\"e\":{\"f\":\"4\"}},\"d\":\"3\"}",
      NULL },
    { ngx_string("a[b]=1&a[c][d]=2&a.c.e=3"),
      "{\"a\":{\"b\":\"1\",\"c\":{\"d\":\"2\",\"e\":\"3\"}}}", NULL },
    { ngx_string("a%5Bb%5d=1&a%2Ec=2"),
      "{\"a\":{\"b\":\"1\",\"c\":\"2\"}}", NULL },
    { ngx_string("a[b].c=1&a.b[d]=2"),
      "{\"a\":{\"b\":{\"c\":\"1\",\"d\":\"2\"}}}", NULL },
    { ngx_string("a[b.c]=1"), "{\"a\":{\"b.c\":\"1\"}}", NULL },
    { ngx_string("a[]=1&a[]=&a%5B%5D=3"),
      "{\"a\":[\"1\",\"\",\"3\"]}", NULL },
    { ngx_string("a.b[]=1&a[b][]=2"), "{\"a\":{\"b\":[\"1\",\"2\"]}}",
      NULL },
    { ngx_string("a[0]=1"), "{\"a\":{\"0\":\"1\"}}", NULL },

    { ngx_null_string, NULL, NULL }
};


static pancake_form_case_t  pancake_refused[] = {

    { ngx_string("=1"), "", "has an empty name" },
    { ngx_string("="), "", "has an empty name" },
    { ngx_string("a=1&=2"), "", "has an empty name" },
    { ngx_string("a.=1"), "a.", PANCAKE_PART },
    { ngx_string(".a=1"), ".a", PANCAKE_PART },
    { ngx_string("a..b=1"), "a..b", PANCAKE_PART },
    { ngx_string("a.[b]=1"), "a.[b]", PANCAKE_PART },
    { ngx_string("[a]=1"), "[a]", PANCAKE_PART },
    { ngx_string("[]=1"), "[]", PANCAKE_PART },
    { ngx_string("a[b=1"), "a[b", PANCAKE_BRACKET },
    { ngx_string("a[=1"), "a[", PANCAKE_BRACKET },
    { ngx_string("a]=1"), "a]", PANCAKE_BRACKET },
    { ngx_string("a]b=1"), "a]b", PANCAKE_BRACKET },
    { ngx_string("a[b]c=1"), "a[b]c", PANCAKE_BRACKET },
    { ngx_string("a[b]]=1"), "a[b]]", PANCAKE_BRACKET },
    { ngx_string("a[b[c]]=1"), "a[b[c]]", PANCAKE_BRACKET },
    { ngx_string("a[][b]=1"), "a[][b]", PANCAKE_BRACKET },
    { ngx_string("a[].b=1"), "a[].b", PANCAKE_BRACKET },
    { ngx_string("a[][]=1"), "a[][]", PANCAKE_BRACKET },

    { ngx_string("a=%"), "a", PANCAKE_PERCENT },
    { ngx_string("a=%4"), "a", PANCAKE_PERCENT },
    { ngx_string("a=%4&b=1"), "a", PANCAKE_PERCENT },
    { ngx_string("a=%zz"), "a", PANCAKE_PERCENT },
    { ngx_string("a=%4g"), "a", PANCAKE_PERCENT },
    { ngx_string("a=%+1"), "a", PANCAKE_PERCENT },
    { ngx_string("a[b]=100%"), "a.b", PANCAKE_PERCENT },
    { ngx_string("a%=1"), "", "has a name with a malformed percent escape" },
    { ngx_string("a%5=1"), "",
      "has a name with a malformed percent escape" },

    { ngx_string("a=1&a=1"), "a", PANCAKE_TWICE },
    { ngx_string("a=1&%61=2"), "a", PANCAKE_TWICE },
    { ngx_string("a.b=1&a[b]=2"), "a.b", PANCAKE_TWICE },
    { ngx_string("a=1&a.b=2"), "a", PANCAKE_MIXED },
    { ngx_string("a.b=1&a=2"), "a", PANCAKE_TWICE },
    { ngx_string("a[]=1&a=2"), "a", PANCAKE_TWICE },
    { ngx_string("a=1&a[]=2"), "a", PANCAKE_MIXED },
    { ngx_string("a[]=1&a[b]=2"), "a", PANCAKE_MIXED },
    { ngx_string("a[b]=1&a[]=2"), "a", PANCAKE_MIXED },
    { ngx_string("x.a[b]=1&x.a[]=2"), "x.a", PANCAKE_MIXED },

    { ngx_string("a=%00"), "a", "contains a NUL character" },
    { ngx_string("a=\0"), "a", "contains a NUL character" },
    { ngx_string("a.b%00c=1"), "a",
      "has a name that contains a NUL character" },
    { ngx_string("a=%ff"), "a", "is not valid UTF-8" },
    { ngx_string("a.b=%C0%80"), "a.b", "is not valid UTF-8" },
    { ngx_string("a.b=%ED%A0%80"), "a.b", "is not valid UTF-8" },
    { ngx_string("a=\xe9"), "a", "is not valid UTF-8" },
    { ngx_string("%ff=1"), "", "has a name that is not valid UTF-8" },
    { ngx_string("a.%ff.b=1"), "a", "has a name that is not valid UTF-8" },
    { ngx_string("%ff[=1"), "", "has a name that is not valid UTF-8" },
    { ngx_string("a%0A[=1"), "", PANCAKE_BRACKET },

    { ngx_string("a.a.a.a.a.a.a.a.a=1"), "", "has more than 8 levels" },
    { ngx_string("a.a.a.a.a.a.a.a[]=1"), "", "has more than 8 levels" },

    { ngx_null_string, NULL, NULL }
};


static void
pancake_test_accepted(void)
{
    ngx_str_t             text, out;
    ngx_pool_t           *pool;
    pancake_tree_t        tree;
    pancake_form_case_t  *c;

    for (c = pancake_accepted; c->expected; c++) {
        pool = pancake_pool();
        text = pancake_copy(&c->text);
        ngx_str_null(&out);

        pancake_tree_init(&tree, pool, &limits);

        if (pancake_form_parse(&tree, &text) == NGX_OK) {

            /* nothing may point into the text */

            pancake_copy_free(&text);
            pancake_json_render(pool, tree.root, &out);

        } else {
            pancake_copy_free(&text);
        }

        pancake_is(&out, c->expected, "accepted: %s", c->text.data);

        ngx_destroy_pool(pool);
    }
}


static void
pancake_test_refused(void)
{
    ngx_int_t             rc;
    ngx_str_t             text;
    ngx_pool_t           *pool;
    const char           *error;
    pancake_tree_t        tree;
    pancake_form_case_t  *c;

    for (c = pancake_refused; c->expected; c++) {
        pool = pancake_pool();
        text = pancake_copy(&c->text);

        pancake_tree_init(&tree, pool, &limits);

        rc = pancake_form_parse(&tree, &text);
        error = tree.error ? tree.error : "";

        pancake_copy_free(&text);

        pancake_ok(rc == NGX_DECLINED && strcmp(error, c->error) == 0,
                   "refused: case %d: %s", (int) (c - pancake_refused),
                   error);
        pancake_is(&tree.field, c->expected, "field");

        ngx_destroy_pool(pool);
    }
}


static void
pancake_test_types(void)
{
    ngx_str_t         text = ngx_string("a=true&b[]=1&b[]=&c.d=");
    ngx_str_t         path = ngx_string("c.d");
    ngx_pool_t       *pool;
    pancake_tree_t    tree;
    pancake_value_t  *value;

    pool = pancake_pool();

    pancake_tree_init(&tree, pool, &limits);
    pancake_ok(pancake_form_parse(&tree, &text) == NGX_OK, "types");

    pancake_ok(tree.root->first->type == PANCAKE_TEXT, "text stays text");
    pancake_ok(tree.root->first->next->first->type == PANCAKE_TEXT,
               "also in arrays");

    value = pancake_value_find(tree.root, &path);
    pancake_ok(value && value->type == PANCAKE_TEXT && value->text.len == 0,
               "an empty value is kept");
    pancake_ok(tree.nodes == 7, "values are counted");

    ngx_destroy_pool(pool);
}


static void
pancake_test_limits(void)
{
    u_char           *p;
    ngx_str_t         text;
    ngx_uint_t        i, n;
    ngx_pool_t       *pool;
    pancake_tree_t    tree;

    pool = pancake_pool();

    pancake_tree_init(&tree, pool, &limits);
    ngx_str_set(&text, "a.a.a.a.a.a.a.a=1");
    pancake_ok(pancake_form_parse(&tree, &text) == NGX_OK, "8 levels");

    for (n = 255; n <= 256; n++) {
        text.data = ngx_pnalloc(pool, n * 8);
        p = text.data;

        for (i = 0; i < n; i++) {
            p = ngx_sprintf(p, "&m%ui=", i);
        }

        text.len = p - text.data;

        pancake_tree_init(&tree, pool, &limits);

        if (n == 255) {
            pancake_ok(pancake_form_parse(&tree, &text) == NGX_OK,
                       "256 values");
            continue;
        }

        pancake_ok(pancake_form_parse(&tree, &text) == NGX_DECLINED
                   && strcmp(tree.error, "has more than 256 values") == 0,
                   "257 values");
    }

    text.len = 200000;
    text.data = ngx_pnalloc(pool, text.len);

    ngx_memset(text.data, '&', text.len);
    pancake_tree_init(&tree, pool, &limits);
    pancake_ok(pancake_form_parse(&tree, &text) == NGX_OK
               && tree.nodes == 1, "200000 ampersands");

    ngx_memset(text.data, '[', text.len);
    pancake_tree_init(&tree, pool, &limits);
    pancake_ok(pancake_form_parse(&tree, &text) == NGX_DECLINED,
               "200000 brackets");

    ngx_memset(text.data, '.', text.len);
    pancake_tree_init(&tree, pool, &limits);
    pancake_ok(pancake_form_parse(&tree, &text) == NGX_DECLINED,
               "200000 dots");

    ngx_destroy_pool(pool);
}


/* each truncation, and each byte replaced by each value, is refused with a
   reason that can be shown, or gives a tree that renders */

static ngx_uint_t
pancake_sound(const ngx_str_t *text)
{
    ngx_int_t         rc;
    ngx_str_t         copy, out;
    ngx_uint_t        ok;
    ngx_pool_t       *pool;
    pancake_tree_t    tree;

    pool = pancake_pool();
    copy = pancake_copy(text);

    pancake_tree_init(&tree, pool, &limits);

    rc = pancake_form_parse(&tree, &copy);

    pancake_copy_free(&copy);

    if (rc == NGX_OK) {
        ok = (pancake_json_render(pool, tree.root, &out) == NGX_OK);

    } else {
        ok = rc == NGX_DECLINED && tree.error
             && pancake_utf8_valid(tree.field.data, tree.field.len);
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

    static u_char  form[] = "a=1&b%5Bc%5d=%C3%A9+x&b.d[e]=&f[]=%41&f[]=2&g";

    bad = 0;
    text.data = form;

    for (i = 0; i < sizeof(form); i++) {
        text.len = i;
        bad += !pancake_sound(&text);
    }

    text.len = sizeof(form) - 1;

    for (i = 0; i < text.len; i++) {
        saved = form[i];

        for (ch = 0; ch < 256; ch++) {
            form[i] = (u_char) ch;
            bad += !pancake_sound(&text);
        }

        form[i] = saved;
    }

    pancake_ok(bad == 0, "truncations and mutations are refused or sound");
}


static void
pancake_test_no_memory(void)
{
    ngx_int_t        rc;
    ngx_str_t        text = ngx_string("a=1&b[c]=2&d[]=3&e.f.g=%ff");
    ngx_uint_t       n, errors;
    ngx_pool_t      *pool;
    pancake_tree_t   tree;

    errors = 0;

    for (n = 1; ; n++) {
        pool = pancake_pool();
        pancake_fail_at(n);

        rc = pancake_tree_init(&tree, pool, &limits);

        if (rc == NGX_OK) {
            rc = pancake_form_parse(&tree, &text);
        }

        ngx_destroy_pool(pool);

        if (pancake_fail_at(0) != 0) {
            break;
        }

        errors += (rc == NGX_ERROR);
    }

    pancake_ok(rc == NGX_DECLINED && n > 8 && errors == n - 1,
               "each of %d allocations fails cleanly", (int) n - 1);
}


int
main(void)
{
    pancake_test_accepted();
    pancake_test_refused();
    pancake_test_types();
    pancake_test_limits();
    pancake_test_mutated();
    pancake_test_no_memory();

    return pancake_done();
}

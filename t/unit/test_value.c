
/*
 * Copyright (C) pancake checkout contributors
 */


#include "unit.h"
#include "pancake_value.h"


static void
pancake_test_utf8(void)
{
    u_char       buf[4];
    uint32_t     cp;
    ngx_uint_t   i, bad;

    typedef struct {
        ngx_str_t   text;
        ngx_uint_t  valid;
    } pancake_utf8_case_t;

    static pancake_utf8_case_t  cases[] = {
        { ngx_string(""), 1 },
        { ngx_string("plain"), 1 },
        { ngx_string("a\0b"), 0 },
        { ngx_string("\x80"), 0 },
        { ngx_string("\xbf"), 0 },
        { ngx_string("\xc0\x80"), 0 },
        { ngx_string("\xc1\xbf"), 0 },
        { ngx_string("\xc2\x80"), 1 },
        { ngx_string("\xc2"), 0 },
        { ngx_string("\xc2\xc0"), 0 },
        { ngx_string("\xe0\x9f\xbf"), 0 },
        { ngx_string("\xe0\xa0\x80"), 1 },
        { ngx_string("\xed\x9f\xbf"), 1 },
        { ngx_string("\xed\xa0\x80"), 0 },
        { ngx_string("\xee\x80\x80"), 1 },
        { ngx_string("\xe2\x82"), 0 },
        { ngx_string("\xe2\x82\x41"), 0 },
        { ngx_string("\xf0\x8f\xbf\xbf"), 0 },
        { ngx_string("\xf0\x90\x80\x80"), 1 },
        { ngx_string("\xf4\x8f\xbf\xbf"), 1 },
        { ngx_string("\xf4\x90\x80\x80"), 0 },
        { ngx_string("\xf5\x80\x80\x80"), 0 },
        { ngx_string("\xf8\x88\x80\x80\x80"), 0 },
        { ngx_string("\xfe"), 0 },
        { ngx_string("\xf0\x90\x80"), 0 },
        { ngx_string("\xf0\x90\x80\xc0"), 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pancake_ok(pancake_utf8_valid(cases[i].text.data, cases[i].text.len)
                   == cases[i].valid, "UTF-8 case %d", (int) i);
    }

    pancake_ok(pancake_utf8_valid(NULL, 0) == 1, "no bytes at all");

    /* every three-byte combination against the definition */

    bad = 0;

    for (cp = 0; cp < 0x10000; cp++) {
        buf[0] = (u_char) (0xe0 | (cp >> 12));
        buf[1] = (u_char) (0x80 | ((cp >> 6) & 0x3f));
        buf[2] = (u_char) (0x80 | (cp & 0x3f));

        if (pancake_utf8_valid(buf, 3)
            != (cp >= 0x800 && (cp < 0xd800 || cp > 0xdfff)))
        {
            bad++;
        }
    }

    pancake_ok(bad == 0, "all three-byte sequences");

    bad = 0;

    for (cp = 0; cp < 0x200000; cp++) {
        buf[0] = (u_char) (0xf0 | (cp >> 18));
        buf[1] = (u_char) (0x80 | ((cp >> 12) & 0x3f));
        buf[2] = (u_char) (0x80 | ((cp >> 6) & 0x3f));
        buf[3] = (u_char) (0x80 | (cp & 0x3f));

        if (pancake_utf8_valid(buf, 4) != (cp >= 0x10000 && cp < 0x110000)) {
            bad++;
        }
    }

    pancake_ok(bad == 0, "all four-byte sequences");
}


static void
pancake_test_tree(void)
{
    ngx_str_t         name, text;
    ngx_pool_t       *pool;
    pancake_tree_t    tree;
    pancake_value_t  *object, *array, *value;
    pancake_limits_t  limits = PANCAKE_BUYER_LIMITS;

    pool = pancake_pool();

    pancake_ok(pancake_tree_init(&tree, pool, &limits) == NGX_OK
               && tree.root->type == PANCAKE_OBJECT && tree.nodes == 1
               && tree.error == NULL && tree.field.len == 0, "init");

    ngx_str_set(&name, "billingDetail");
    pancake_ok(pancake_tree_add(&tree, tree.root, &name, PANCAKE_OBJECT,
                                &object)
               == NGX_OK && object->parent == tree.root, "an object");

    ngx_str_set(&name, "list");
    pancake_ok(pancake_tree_add(&tree, object, &name, PANCAKE_ARRAY, &array)
               == NGX_OK, "an array");

    pancake_ok(pancake_tree_add(&tree, array, NULL, PANCAKE_STRING, &value)
               == NGX_OK && value->name.len == 0, "an element");

    ngx_str_set(&text, "x\xff");
    pancake_ok(pancake_tree_set_text(&tree, value, &text) == NGX_DECLINED,
               "bad text of an element");
    pancake_is(&tree.field, "billingDetail.list", "is the array's");

    ngx_str_set(&text, "x");
    pancake_ok(pancake_tree_set_text(&tree, value, &text) == NGX_OK
               && value->text.data == text.data, "text is referenced");

    ngx_str_set(&name, "country");
    pancake_ok(pancake_tree_add(&tree, object, &name, PANCAKE_TEXT, &value)
               == NGX_OK && object->last == value
               && object->first->next == value, "a second member");

    pancake_ok(pancake_tree_add(&tree, object, &name, PANCAKE_TEXT, &value)
               == NGX_DECLINED, "again");
    pancake_is(&tree.field, "billingDetail.country", "its path");

    pancake_ok(pancake_tree_add(&tree, object, NULL, PANCAKE_TEXT, &value)
               == NGX_DECLINED, "a member without a name");
    pancake_ok(tree.nodes == 5, "refused values are not counted");

    ngx_str_set(&name, "billingDetail.country");
    value = pancake_value_find(tree.root, &name);
    pancake_ok(value && value->type == PANCAKE_TEXT, "find");

    ngx_str_set(&name, "billingDetail");
    pancake_ok(pancake_value_find(tree.root, &name) == object, "find one");

    ngx_str_set(&name, "billingDetail.country.x");
    pancake_ok(pancake_value_find(tree.root, &name) == NULL, "below text");

    ngx_str_set(&name, "billingDetail.list.");
    pancake_ok(pancake_value_find(tree.root, &name) == NULL, "below a list");

    ngx_str_set(&name, "billingDetail.countr");
    pancake_ok(pancake_value_find(tree.root, &name) == NULL, "a prefix");

    ngx_str_set(&name, ".");
    pancake_ok(pancake_value_find(tree.root, &name) == NULL, "only a dot");

    ngx_str_null(&name);
    pancake_ok(pancake_value_find(tree.root, &name) == NULL, "no path");
    pancake_ok(pancake_value_member(NULL, &name) == NULL, "no object");

    ngx_str_set(&name, "x");
    pancake_ok(pancake_tree_refuse(&tree, NULL, NULL, "is odd")
               == NGX_DECLINED && tree.field.len == 0
               && strcmp(tree.error, "is odd") == 0, "refuse at the root");
    pancake_ok(pancake_tree_refuse(&tree, object, &name, "is odd")
               == NGX_DECLINED, "refuse at a member");
    pancake_is(&tree.field, "billingDetail.x", "that is not there");

    ngx_destroy_pool(pool);
}


static void
pancake_test_field_length(void)
{
    size_t            len;
    ngx_str_t         name;
    ngx_uint_t        bad;
    ngx_pool_t       *pool;
    pancake_tree_t    tree;
    pancake_limits_t  limits = PANCAKE_BUYER_LIMITS;
    u_char            buf[200];

    pool = pancake_pool();
    bad = 0;

    pancake_tree_init(&tree, pool, &limits);

    ngx_memset(buf, 'a', sizeof(buf));
    name.data = buf;

    for (len = 1; len <= sizeof(buf); len++) {
        name.len = len;
        pancake_tree_refuse(&tree, NULL, &name, "is odd");

        if (len <= 128) {
            bad += (tree.field.len != len);

        } else {
            bad += (tree.field.len != 128
                    || ngx_memcmp(tree.field.data + 125, "...", 3) != 0);
        }
    }

    pancake_ok(bad == 0, "a field is cut at 128 bytes");

    ngx_destroy_pool(pool);
}


int
main(void)
{
    pancake_test_utf8();
    pancake_test_tree();
    pancake_test_field_length();

    return pancake_done();
}

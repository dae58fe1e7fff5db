
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_form.h"


static ngx_int_t pancake_form_pair(pancake_tree_t *tree,
    const ngx_str_t *pair, u_char **buf);
static ngx_int_t pancake_form_decode(const ngx_str_t *in, u_char **buf,
    ngx_str_t *out);
static ngx_int_t pancake_form_place(pancake_tree_t *tree, ngx_str_t *name,
    pancake_value_t **value);
static ngx_int_t pancake_form_container(pancake_tree_t *tree,
    pancake_value_t *parent, ngx_str_t *name, pancake_type_e type,
    pancake_value_t **value);
static const char *pancake_form_part(ngx_str_t *rest, ngx_uint_t first,
    ngx_str_t *part);


ngx_int_t
pancake_form_parse(pancake_tree_t *tree, const ngx_str_t *text)
{
    u_char     *p, *last, *end, *buf;
    ngx_int_t   rc;
    ngx_str_t   pair;

    if (text->len == 0) {
        return NGX_OK;
    }

    /* decoded text is never longer */

    buf = ngx_pnalloc(tree->pool, text->len);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    p = text->data;
    last = p + text->len;

    for ( ;; ) {
        end = ngx_strlchr(p, last, '&');

        if (end == NULL) {
            end = last;
        }

        if (end != p) {
            pair.data = p;
            pair.len = end - p;

            rc = pancake_form_pair(tree, &pair, &buf);
            if (rc != NGX_OK) {
                return rc;
            }
        }

        if (end == last) {
            return NGX_OK;
        }

        p = end + 1;
    }
}


static ngx_int_t
pancake_form_pair(pancake_tree_t *tree, const ngx_str_t *pair, u_char **buf)
{
    u_char           *eq;
    ngx_int_t         rc;
    ngx_str_t         raw, name, text;
    pancake_value_t  *value;

    eq = ngx_strlchr(pair->data, pair->data + pair->len, '=');

    raw.data = pair->data;
    raw.len = eq ? (size_t) (eq - pair->data) : pair->len;

    if (pancake_form_decode(&raw, buf, &name) != NGX_OK) {
        return pancake_tree_refuse(tree, NULL, NULL,
                                 "has a name with a malformed percent escape");
    }

    rc = pancake_form_place(tree, &name, &value);
    if (rc != NGX_OK) {
        return rc;
    }

    if (eq) {
        raw.data = eq + 1;
        raw.len = pair->data + pair->len - raw.data;

    } else {
        raw.len = 0;
    }

    if (pancake_form_decode(&raw, buf, &text) != NGX_OK) {
        return pancake_tree_refuse(tree, value, NULL,
                                   "has a malformed percent escape");
    }

    return pancake_tree_set_text(tree, value, &text);
}


static ngx_int_t
pancake_form_decode(const ngx_str_t *in, u_char **buf, ngx_str_t *out)
{
    size_t      i;
    u_char     *d;
    ngx_int_t   ch;

    d = *buf;

    for (i = 0; i < in->len; i++) {

        switch (in->data[i]) {

        case '+':
            *d++ = ' ';
            break;

        case '%':
            if (in->len - i < 3) {
                return NGX_DECLINED;
            }

            ch = ngx_hextoi(&in->data[i + 1], 2);
            if (ch == NGX_ERROR) {
                return NGX_DECLINED;
            }

            *d++ = (u_char) ch;
            i += 2;
            break;

        default:
            *d++ = in->data[i];
        }
    }

    out->data = *buf;
    out->len = d - *buf;

    *buf = d;

    return NGX_OK;
}


/* makes the value that a name means, with the containers above it */

static ngx_int_t
pancake_form_place(pancake_tree_t *tree, ngx_str_t *name,
    pancake_value_t **value)
{
    ngx_int_t         rc;
    ngx_str_t         rest, part;
    ngx_uint_t        array;
    const char       *error;
    pancake_value_t  *parent;

    if (name->len == 0) {
        return pancake_tree_refuse(tree, NULL, NULL, "has an empty name");
    }

    rest = *name;
    parent = tree->root;

    for ( ;; ) {
        error = pancake_form_part(&rest, rest.data == name->data, &part);

        if (error) {
            return pancake_tree_refuse(tree, NULL, name, error);
        }

        if (rest.len == 0) {
            return pancake_tree_add(tree, parent, &part, PANCAKE_TEXT, value);
        }

        array = (rest.len == 2 && ngx_strncmp(rest.data, "[]", 2) == 0);

        rc = pancake_form_container(tree, parent, &part,
                                    array ? PANCAKE_ARRAY : PANCAKE_OBJECT,
                                    &parent);
        if (rc != NGX_OK) {
            return rc;
        }

        if (array) {
            return pancake_tree_add(tree, parent, NULL, PANCAKE_TEXT, value);
        }
    }
}


static ngx_int_t
pancake_form_container(pancake_tree_t *tree, pancake_value_t *parent,
    ngx_str_t *name, pancake_type_e type, pancake_value_t **value)
{
    pancake_value_t  *v;

    v = pancake_value_member(parent, name);

    if (v == NULL) {
        return pancake_tree_add(tree, parent, name, type, value);
    }

    if (v->type != type) {
        return pancake_tree_refuse(tree, v, NULL,
                                   "appears twice in different forms");
    }

    *value = v;

    return NGX_OK;
}


/*
 * Takes the first part off: "b" of "b.c", ".b[c]" or "[b][c]"; what is left
 * begins with a dot or a bracket, or is empty.  Returns an error text or NULL.
 */

static const char *
pancake_form_part(ngx_str_t *rest, ngx_uint_t first, ngx_str_t *part)
{
    u_char      *p, *last;
    ngx_uint_t   bracket;

    p = rest->data;
    last = p + rest->len;

    bracket = (!first && *p == '[');

    if (!first) {
        p++;
    }

    part->data = p;

    while (p < last && *p != '[' && *p != ']' && (bracket || *p != '.')) {
        p++;
    }

    part->len = p - part->data;

    if (bracket) {

        if (part->len == 0 || p == last || *p++ != ']') {
            return "has a malformed bracket in its name";
        }

    } else if (part->len == 0) {
        return "has an empty part in its name";
    }

    if (p < last && *p != '.' && *p != '[') {
        return "has a malformed bracket in its name";
    }

    rest->data = p;
    rest->len = last - p;

    return NULL;
}

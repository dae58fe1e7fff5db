
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_value.h"


#define PANCAKE_FIELD_MAX_LEN  128


static ngx_int_t pancake_tree_check_name(pancake_tree_t *tree,
    pancake_value_t *parent, ngx_str_t *name);
static ngx_int_t pancake_tree_check_limits(pancake_tree_t *tree,
    pancake_value_t *parent, pancake_type_e type);
static ngx_int_t pancake_tree_refuse_limit(pancake_tree_t *tree,
    const char *fmt, ngx_uint_t limit);
static ngx_int_t pancake_field_path(ngx_pool_t *pool, pancake_value_t *leaf,
    ngx_str_t *path);
static ngx_uint_t pancake_printable(const ngx_str_t *name);
static void pancake_field_cut(ngx_str_t *field);


ngx_int_t
pancake_tree_init(pancake_tree_t *tree, ngx_pool_t *pool,
    const pancake_limits_t *limits)
{
    ngx_memzero(tree, sizeof(pancake_tree_t));

    tree->root = ngx_pcalloc(pool, sizeof(pancake_value_t));
    if (tree->root == NULL) {
        return NGX_ERROR;
    }

    tree->root->type = PANCAKE_OBJECT;
    tree->pool = pool;
    tree->limits = *limits;
    tree->nodes = 1;

    return NGX_OK;
}


ngx_int_t
pancake_tree_add(pancake_tree_t *tree, pancake_value_t *parent,
    ngx_str_t *name, pancake_type_e type, pancake_value_t **value)
{
    ngx_int_t         rc;
    pancake_value_t  *v;

    if (parent->type == PANCAKE_OBJECT) {
        rc = pancake_tree_check_name(tree, parent, name);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    rc = pancake_tree_check_limits(tree, parent, type);
    if (rc != NGX_OK) {
        return rc;
    }

    v = ngx_pcalloc(tree->pool, sizeof(pancake_value_t));
    if (v == NULL) {
        return NGX_ERROR;
    }

    if (parent->type == PANCAKE_OBJECT) {
        v->name = *name;
    }

    v->type = type;
    v->parent = parent;

    if (parent->last) {
        parent->last->next = v;

    } else {
        parent->first = v;
    }

    parent->last = v;
    tree->nodes++;

    *value = v;

    return NGX_OK;
}


static ngx_int_t
pancake_tree_check_name(pancake_tree_t *tree, pancake_value_t *parent,
    ngx_str_t *name)
{
    if (name == NULL || name->len == 0) {
        return pancake_tree_refuse(tree, parent, NULL, "has an empty name");
    }

    if (!pancake_utf8_valid(name->data, name->len)) {

        if (ngx_strlchr(name->data, name->data + name->len, '\0')) {
            return pancake_tree_refuse(tree, parent, NULL,
                                   "has a name that contains a NUL character");
        }

        return pancake_tree_refuse(tree, parent, NULL,
                                   "has a name that is not valid UTF-8");
    }

    if (pancake_value_member(parent, name)) {
        return pancake_tree_refuse(tree, parent, name, "appears twice");
    }

    return NGX_OK;
}


static ngx_int_t
pancake_tree_check_limits(pancake_tree_t *tree, pancake_value_t *parent,
    pancake_type_e type)
{
    ngx_uint_t  depth;

    if (tree->nodes >= tree->limits.nodes) {
        return pancake_tree_refuse_limit(tree, "has more than %ui values%Z",
                                         tree->limits.nodes);
    }

    if (type != PANCAKE_OBJECT && type != PANCAKE_ARRAY) {
        return NGX_OK;
    }

    depth = 1;

    while (parent) {
        depth++;
        parent = parent->parent;
    }

    if (depth > tree->limits.depth) {
        return pancake_tree_refuse_limit(tree, "has more than %ui levels%Z",
                                         tree->limits.depth);
    }

    return NGX_OK;
}


static ngx_int_t
pancake_tree_refuse_limit(pancake_tree_t *tree, const char *fmt,
    ngx_uint_t limit)
{
    u_char  *p;
    size_t   len;

    len = ngx_strlen(fmt) + NGX_INT_T_LEN;

    p = ngx_pnalloc(tree->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_snprintf(p, len, fmt, limit);

    return pancake_tree_refuse(tree, NULL, NULL, (char *) p);
}


ngx_int_t
pancake_tree_set_text(pancake_tree_t *tree, pancake_value_t *value,
    ngx_str_t *text)
{
    if (!pancake_utf8_valid(text->data, text->len)) {

        if (ngx_strlchr(text->data, text->data + text->len, '\0')) {
            return pancake_tree_refuse(tree, value, NULL,
                                       "contains a NUL character");
        }

        return pancake_tree_refuse(tree, value, NULL, "is not valid UTF-8");
    }

    value->text = *text;

    return NGX_OK;
}


ngx_int_t
pancake_tree_refuse(pancake_tree_t *tree, pancake_value_t *at,
    ngx_str_t *name, const char *error)
{
    pancake_value_t  leaf;

    tree->error = error;
    ngx_str_null(&tree->field);

    ngx_memzero(&leaf, sizeof(pancake_value_t));

    leaf.parent = at;

    if (name) {
        leaf.name = *name;
    }

    if (pancake_field_path(tree->pool, &leaf, &tree->field) != NGX_OK) {
        return NGX_ERROR;
    }

    pancake_field_cut(&tree->field);

    return NGX_DECLINED;
}


static ngx_int_t
pancake_field_path(ngx_pool_t *pool, pancake_value_t *leaf, ngx_str_t *path)
{
    size_t            len;
    u_char           *p;
    pancake_value_t  *value, *start;

    /* a name that cannot be shown is reported as the place it is in */

    len = 0;
    start = leaf;

    for (value = leaf; value; value = value->parent) {

        if (!pancake_printable(&value->name)) {
            start = value->parent;
            len = 0;
            continue;
        }

        if (value->name.len) {
            len += value->name.len + (len ? 1 : 0);
        }
    }

    if (len == 0) {
        return NGX_OK;
    }

    path->data = ngx_pnalloc(pool, len);
    if (path->data == NULL) {
        return NGX_ERROR;
    }

    path->len = len;

    /* from the end to the beginning */

    p = path->data + len;

    for (value = start; value; value = value->parent) {

        if (value->name.len == 0) {
            continue;
        }

        if (p != path->data + len) {
            *--p = '.';
        }

        p -= value->name.len;
        ngx_memcpy(p, value->name.data, value->name.len);
    }

    return NGX_OK;
}


/*
 * UTF-8 without characters that could break a line or turn around the text
 * of a log or an error message: controls, line and paragraph separators,
 * bidirectional marks.
 */

static ngx_uint_t
pancake_printable(const ngx_str_t *name)
{
    size_t         i;
    const u_char  *p;

    if (!pancake_utf8_valid(name->data, name->len)) {
        return 0;
    }

    for (i = 0; i < name->len; i++) {
        p = &name->data[i];

        if (*p < 0x20 || *p == 0x7f) {
            return 0;
        }

        /* well-formed, so the bytes of a sequence are all there */

        if (*p == 0xc2 && p[1] < 0xa0) {
            return 0;
        }

        if (*p != 0xe2) {
            continue;
        }

        if (p[1] == 0x80
            && (p[2] == 0x8e || p[2] == 0x8f
                || (p[2] >= 0xa8 && p[2] <= 0xae)))
        {
            return 0;
        }

        if (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9) {
            return 0;
        }
    }

    return 1;
}


static void
pancake_field_cut(ngx_str_t *field)
{
    size_t  len;

    if (field->len <= PANCAKE_FIELD_MAX_LEN) {
        return;
    }

    len = PANCAKE_FIELD_MAX_LEN - (sizeof("...") - 1);

    while ((field->data[len] & 0xc0) == 0x80) {
        len--;
    }

    ngx_memcpy(field->data + len, "...", sizeof("...") - 1);

    field->len = len + sizeof("...") - 1;
}


pancake_value_t *
pancake_value_member(pancake_value_t *object, const ngx_str_t *name)
{
    pancake_value_t  *v;

    if (object == NULL || object->type != PANCAKE_OBJECT) {
        return NULL;
    }

    for (v = object->first; v; v = v->next) {

        if (v->name.len == name->len
            && ngx_memcmp(v->name.data, name->data, name->len) == 0)
        {
            return v;
        }
    }

    return NULL;
}


pancake_value_t *
pancake_value_find(pancake_value_t *root, const ngx_str_t *path)
{
    u_char     *p, *last, *dot;
    ngx_str_t   name;

    if (path->len == 0) {
        return NULL;
    }

    p = path->data;
    last = p + path->len;

    for ( ;; ) {
        dot = ngx_strlchr(p, last, '.');

        name.data = p;
        name.len = (dot ? dot : last) - p;

        root = pancake_value_member(root, &name);

        if (root == NULL || dot == NULL) {
            return root;
        }

        p = dot + 1;
    }
}


ngx_uint_t
pancake_utf8_valid(const u_char *p, size_t len)
{
    u_char    c, low, high;
    size_t    i, n;
    uint64_t  word;

    i = 0;

    while (i < len) {

        /* most text is ASCII: eight bytes at once while none has its highest
           bit set and none is zero */

        if (len - i >= sizeof(uint64_t)) {
            ngx_memcpy(&word, p + i, sizeof(uint64_t));

            if (((word | (word - 0x0101010101010101ULL))
                 & 0x8080808080808080ULL)
                == 0)
            {
                i += sizeof(uint64_t);
                continue;
            }
        }

        c = p[i++];

        if (c < 0x80) {
            if (c == '\0') {
                return 0;
            }

            continue;
        }

        /* the range of the second byte excludes overlong forms, surrogates
           and everything above U+10FFFF */

        low = (c == 0xe0) ? 0xa0 : (c == 0xf0) ? 0x90 : 0x80;
        high = (c == 0xed) ? 0x9f : (c == 0xf4) ? 0x8f : 0xbf;

        if (c >= 0xc2 && c <= 0xdf) {
            n = 1;

        } else if (c >= 0xe0 && c <= 0xef) {
            n = 2;

        } else if (c >= 0xf0 && c <= 0xf4) {
            n = 3;

        } else {
            return 0;
        }

        if (len - i < n || p[i] < low || p[i] > high) {
            return 0;
        }

        while (--n) {
            i++;

            if (p[i] < 0x80 || p[i] > 0xbf) {
                return 0;
            }
        }

        i++;
    }

    return 1;
}

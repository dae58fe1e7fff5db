
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_body.h"


/* characters of a number that goes on as it is */
#define PANCAKE_BODY_MAX_NUMBER   64


static const char *pancake_body_scalar(const pancake_field_t *field,
    const pancake_value_t *in, pancake_value_t *out);
static ngx_uint_t pancake_body_as_it_is(const pancake_field_t *field,
    const pancake_value_t *in);
static ngx_uint_t pancake_body_digits(const ngx_str_t *text);
static const char *pancake_body_boolean(const pancake_field_t *field,
    const pancake_value_t *in, pancake_value_t *out);
static ngx_int_t pancake_body_list(ngx_pool_t *pool,
    const pancake_field_t *field, const pancake_value_t *in,
    pancake_value_t *out, const char **refused);
static ngx_int_t pancake_body_items(ngx_pool_t *pool, const ngx_str_t *text,
    pancake_value_t *list);


pancake_value_t *
pancake_body_value(ngx_pool_t *pool, const ngx_str_t *name,
    pancake_type_e type)
{
    pancake_value_t  *value;

    value = ngx_pcalloc(pool, sizeof(pancake_value_t));
    if (value == NULL) {
        return NULL;
    }

    value->type = type;

    if (name) {
        value->name = *name;
    }

    return value;
}


void
pancake_body_link(pancake_value_t *parent, pancake_value_t *value)
{
    value->parent = parent;
    value->next = NULL;

    if (parent->last) {
        parent->last->next = value;

    } else {
        parent->first = value;
    }

    parent->last = value;
}


ngx_uint_t
pancake_body_absent(const pancake_value_t *value)
{
    const pancake_value_t  *v;

    if (value == NULL) {
        return 1;
    }

    if (value->type == PANCAKE_TEXT) {
        return value->text.len == 0;
    }

    if (value->type != PANCAKE_OBJECT || value->first == NULL) {
        return 0;
    }

    for (v = value->first; v; v = v->next) {
        if (!pancake_body_absent(v)) {
            return 0;
        }
    }

    return 1;
}


ngx_uint_t
pancake_body_equal(const pancake_value_t *a, const pancake_value_t *b)
{
    const pancake_value_t  *x, *y;

    if (a->type != b->type || a->boolean != b->boolean
        || a->text.len != b->text.len
        || (a->text.len
            && ngx_memcmp(a->text.data, b->text.data, a->text.len) != 0))
    {
        return 0;
    }

    for (x = a->first, y = b->first; x && y; x = x->next, y = y->next) {
        if (!pancake_body_equal(x, y)) {
            return 0;
        }
    }

    return x == NULL && y == NULL;
}


ngx_int_t
pancake_body_typed(ngx_pool_t *pool, const pancake_field_t *field,
    const pancake_value_t *in, pancake_value_t *out, const char **refused)
{
    if (field->kind == PANCAKE_KIND_LIST) {
        return pancake_body_list(pool, field, in, out, refused);
    }

    *refused = pancake_body_scalar(field, in, out);

    return NGX_OK;
}


static const char *
pancake_body_scalar(const pancake_field_t *field, const pancake_value_t *in,
    pancake_value_t *out)
{
    if (field->kind == PANCAKE_KIND_BOOLEAN) {
        return pancake_body_boolean(field, in, out);
    }

    if (pancake_body_as_it_is(field, in)) {
        out->type = in->type;
        out->text = in->text;
        out->boolean = in->boolean;

        return NULL;
    }

    if (field->kind == PANCAKE_KIND_INTEGER) {

        if (in->type != PANCAKE_NUMBER && in->type != PANCAKE_TEXT) {
            return field->hint;
        }

        out->type = PANCAKE_NUMBER;

    } else {

        if (in->type != PANCAKE_STRING && in->type != PANCAKE_TEXT
            && !(in->type == PANCAKE_NUMBER
                 && (field->flags & PANCAKE_FIELD_DIGITS)
                 && pancake_body_digits(&in->text)))
        {
            return (field->flags & (PANCAKE_FIELD_DIGITS
                                    |PANCAKE_FIELD_SCALARS))
                   ? field->hint : "must be a string";
        }

        out->type = PANCAKE_STRING;
    }

    out->text = in->text;

    if (!field->check(&out->text, field->param, field->max)) {
        return field->hint;
    }

    return NULL;
}


/* what a field takes that is no string, or an empty one */

static ngx_uint_t
pancake_body_as_it_is(const pancake_field_t *field, const pancake_value_t *in)
{
    if (field->flags & PANCAKE_FIELD_CLEARS) {
        return in->type == PANCAKE_NULL
               || (in->type == PANCAKE_STRING && in->text.len == 0);
    }

    if (field->flags & PANCAKE_FIELD_SCALARS) {
        return in->type == PANCAKE_NULL || in->type == PANCAKE_BOOLEAN
               || (in->type == PANCAKE_NUMBER
                   && in->text.len <= PANCAKE_BODY_MAX_NUMBER);
    }

    return 0;
}


/* a number as it was sent: no sign, fraction or exponent */

static ngx_uint_t
pancake_body_digits(const ngx_str_t *text)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] < '0' || text->data[i] > '9') {
            return 0;
        }
    }

    return 1;
}


static const char *
pancake_body_boolean(const pancake_field_t *field, const pancake_value_t *in,
    pancake_value_t *out)
{
    out->type = PANCAKE_BOOLEAN;

    if (in->type == PANCAKE_BOOLEAN) {
        out->boolean = in->boolean;
        return NULL;
    }

    if (in->type != PANCAKE_TEXT) {
        return field->hint;
    }

    if (pancake_word_listed("true on 1", &in->text)) {
        out->boolean = 1;
        return NULL;
    }

    if (pancake_word_listed("false off 0", &in->text)) {
        out->boolean = 0;
        return NULL;
    }

    return field->hint;
}


static ngx_int_t
pancake_body_list(ngx_pool_t *pool, const pancake_field_t *field,
    const pancake_value_t *in, pancake_value_t *out, const char **refused)
{
    pancake_value_t        *item, *seen, items;
    const pancake_value_t  *v;

    *refused = field->hint;
    out->type = PANCAKE_ARRAY;

    ngx_memzero(&items, sizeof(pancake_value_t));

    if (in->type == PANCAKE_TEXT) {

        if (pancake_body_items(pool, &in->text, &items) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (in->type == PANCAKE_ARRAY) {
        items.first = in->first;
    }

    for (v = items.first; v; v = v->next) {

        item = pancake_body_value(pool, NULL, PANCAKE_STRING);
        if (item == NULL) {
            return NGX_ERROR;
        }

        if (pancake_body_scalar(field, v, item) != NULL) {
            return NGX_OK;
        }

        for (seen = out->first; seen; seen = seen->next) {
            if (pancake_body_equal(seen, item)) {
                return NGX_OK;
            }
        }

        pancake_body_link(out, item);
    }

    if (out->first) {
        *refused = NULL;
    }

    return NGX_OK;
}


static ngx_int_t
pancake_body_items(ngx_pool_t *pool, const ngx_str_t *text,
    pancake_value_t *list)
{
    u_char           *p, *last;
    pancake_value_t  *item;

    last = text->data + text->len;

    for (p = text->data; p < last; /* void */ ) {

        if (*p == ',' || *p == ' ') {
            p++;
            continue;
        }

        item = pancake_body_value(pool, NULL, PANCAKE_TEXT);
        if (item == NULL) {
            return NGX_ERROR;
        }

        item->text.data = p;

        while (p < last && *p != ',' && *p != ' ') {
            p++;
        }

        item->text.len = p - item->text.data;

        pancake_body_link(list, item);
    }

    return NGX_OK;
}

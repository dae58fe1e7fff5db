
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_walk.h"


static ngx_int_t pancake_walk_list(pancake_walk_t *w,
    const pancake_field_t *field, pancake_voices_t *in,
    pancake_value_t *list);
static ngx_int_t pancake_walk_item(pancake_walk_t *w,
    const pancake_field_t *field, pancake_value_t *item, ngx_uint_t quote,
    pancake_value_t *list);
static ngx_int_t pancake_walk_keys(pancake_walk_t *w,
    const pancake_field_t *field, pancake_voices_t *in,
    pancake_value_t *keys, pancake_value_t *map);
static ngx_int_t pancake_walk_key(pancake_walk_t *w,
    const pancake_field_t *field, pancake_voices_t *in, pancake_value_t *key,
    pancake_value_t *map);


ngx_int_t
pancake_walk_objects(pancake_walk_t *w, const pancake_field_t *field,
    pancake_voices_t *in, pancake_value_t *out)
{
    ngx_uint_t        before;
    pancake_value_t  *value;

    value = pancake_body_value(w->rs->pool, &field->name,
                               field->kind == PANCAKE_KIND_LIST
                               ? PANCAKE_ARRAY : PANCAKE_OBJECT);
    if (value == NULL) {
        return NGX_ERROR;
    }

    if (field->kind == PANCAKE_KIND_LIST) {

        if (pancake_walk_list(w, field, in, value) != NGX_OK) {
            return NGX_ERROR;
        }

        if (pancake_violated(w->rs, &w->path)
            || (in->quote == NULL && pancake_body_absent(in->buyer)))
        {
            return NGX_OK;
        }

    } else {
        before = w->rs->violations.nelts;

        if (pancake_walk_keys(w, field, in, in->merchant, value) != NGX_OK
            || pancake_walk_keys(w, field, in, in->quote, value) != NGX_OK
            || pancake_walk_keys(w, field, in, in->buyer, value) != NGX_OK)
        {
            return NGX_ERROR;
        }

        /* of what is wrong nobody says that it is missing, too */

        if (value->first == NULL && w->rs->violations.nelts == before) {
            return NGX_OK;
        }
    }

    pancake_body_link(out, value);

    return NGX_OK;
}


/* nobody mixes lists: it is the quote's or the buyer's */

static ngx_int_t
pancake_walk_list(pancake_walk_t *w, const pancake_field_t *field,
    pancake_voices_t *in, pancake_value_t *list)
{
    ngx_int_t          rc;
    ngx_str_t          name;
    ngx_uint_t         n;
    pancake_value_t   *from, *item;
    pancake_source_e   source;
    size_t             before;
    u_char             number[NGX_INT_T_LEN];

    if (in->buyer && (in->quote || in->claimed
                      || (field->owner != PANCAKE_OWNER_BUYER
                          && !pancake_walk_accepted(w, 0))))
    {
        return pancake_refuse_owned(w, "is set by the shop and must not be "
                                    "sent");
    }

    if (in->quote == NULL && pancake_body_absent(in->buyer)) {
        return NGX_OK;
    }

    from = in->quote ? in->quote : in->buyer;
    source = in->quote ? PANCAKE_SOURCE_QUOTE : PANCAKE_SOURCE_BUYER;

    if (from->type != PANCAKE_ARRAY) {
        return pancake_violate(w->rs, &w->path, field->hint, source);
    }

    name.data = number;

    for (item = from->first, n = 0; item; item = item->next, n++) {

        if (n == field->max) {
            return pancake_violate(w->rs, &w->path, field->hint, source);
        }

        name.len = ngx_sprintf(number, "%ui", n) - number;
        before = pancake_walk_enter(w, &name);

        rc = (item->type == PANCAKE_OBJECT)
             ? pancake_walk_item(w, field, item, in->quote != NULL, list)
             : pancake_violate(w->rs, &w->path, "must be an object", source);

        w->path.len = before;

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


static ngx_int_t
pancake_walk_item(pancake_walk_t *w, const pancake_field_t *field,
    pancake_value_t *item, ngx_uint_t quote, pancake_value_t *list)
{
    pancake_value_t   *object;
    pancake_voices_t   voices;

    object = pancake_body_value(w->rs->pool, NULL, PANCAKE_OBJECT);
    if (object == NULL) {
        return NGX_ERROR;
    }

    pancake_body_link(list, object);

    ngx_memzero(&voices, sizeof(pancake_voices_t));

    if (quote) {
        voices.quote = item;

    } else {
        voices.buyer = item;
    }

    return pancake_walk_fields(w, field->members, &voices, object);
}


/* those of one voice that the map does not have yet */

static ngx_int_t
pancake_walk_keys(pancake_walk_t *w, const pancake_field_t *field,
    pancake_voices_t *in, pancake_value_t *keys, pancake_value_t *map)
{
    size_t            before;
    ngx_int_t         rc;
    ngx_uint_t        n;
    pancake_value_t  *key;

    for (n = 0, key = map->first; key; key = key->next) {
        n++;
    }

    for (key = keys ? keys->first : NULL; key; key = key->next) {

        if (pancake_value_member(map, &key->name)) {
            continue;
        }

        before = pancake_walk_enter(w, &key->name);

        if (++n > PANCAKE_MAX_MAP_KEYS
            || !field->check(&key->name, field->param, field->max))
        {
            rc = pancake_violate(w->rs, &w->path, field->hint,
                                 keys == in->buyer ? PANCAKE_SOURCE_BUYER
                                 : keys == in->quote ? PANCAKE_SOURCE_QUOTE
                                 : PANCAKE_SOURCE_SET);
        } else {
            rc = pancake_walk_key(w, field, in, key, map);
        }

        w->path.len = before;

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


static ngx_int_t
pancake_walk_key(pancake_walk_t *w, const pancake_field_t *field,
    pancake_voices_t *in, pancake_value_t *key, pancake_value_t *map)
{
    pancake_value_t   *object;
    pancake_voices_t   voices;

    ngx_memzero(&voices, sizeof(pancake_voices_t));

    voices.buyer = pancake_value_member(in->buyer, &key->name);
    voices.quote = pancake_value_member(in->quote, &key->name);
    voices.merchant = pancake_value_member(in->merchant, &key->name);

    if (pancake_body_absent(voices.buyer)) {
        voices.buyer = NULL;
    }

    if (voices.quote && voices.quote->type == PANCAKE_NULL) {
        voices.quote = NULL;
    }

    if (voices.buyer && voices.buyer->type != PANCAKE_OBJECT) {
        return pancake_refuse(w, "must be an object");
    }

    if (voices.quote && voices.quote->type != PANCAKE_OBJECT) {
        return pancake_violate(w->rs, &w->path, "must be an object",
                               PANCAKE_SOURCE_QUOTE);
    }

    /* what the merchant set to nothing stays the merchant's below */

    if (voices.buyer == NULL && voices.quote == NULL
        && pancake_body_absent(voices.merchant))
    {
        return NGX_OK;
    }

    object = pancake_body_value(w->rs->pool, &key->name, PANCAKE_OBJECT);
    if (object == NULL) {
        return NGX_ERROR;
    }

    /* in the order of names, whoever says it in whatever order */

    pancake_walk_insert(map, object, NULL);

    return pancake_walk_fields(w, field->members, &voices, object);
}

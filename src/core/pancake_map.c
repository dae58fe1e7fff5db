
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_walk.h"


static ngx_int_t pancake_walk_map_merchant(pancake_walk_t *w,
    const pancake_field_t *field, pancake_voices_t *in,
    pancake_value_t *map);
static ngx_int_t pancake_walk_map_quote(pancake_walk_t *w,
    const pancake_field_t *field, pancake_voices_t *in,
    pancake_value_t *map);
static ngx_int_t pancake_walk_map_owned(pancake_walk_t *w,
    const pancake_field_t *field, pancake_value_t *key,
    pancake_source_e source, pancake_value_t **value);
static ngx_int_t pancake_walk_map_buyer(pancake_walk_t *w,
    const pancake_field_t *field, pancake_voices_t *in,
    pancake_value_t *map);
static ngx_int_t pancake_walk_map_buyer_key(pancake_walk_t *w,
    const pancake_field_t *field, pancake_value_t *key, pancake_value_t *map,
    pancake_value_t *fixed, ngx_uint_t allowed);


static const char  pancake_map_name_hint[] =
    "must have a name of 1 to 128 characters, no control characters";


ngx_int_t
pancake_walk_map(pancake_walk_t *w, const pancake_field_t *field,
    pancake_voices_t *in, pancake_value_t *out)
{
    ngx_uint_t        n;
    pancake_value_t  *map, *key;

    map = pancake_body_value(w->rs->pool, &field->name, PANCAKE_OBJECT);
    if (map == NULL) {
        return NGX_ERROR;
    }

    /* the merchant's keys first, in the order of the configuration */

    if (pancake_walk_map_merchant(w, field, in, map) != NGX_OK
        || pancake_walk_map_quote(w, field, in, map) != NGX_OK
        || pancake_walk_map_buyer(w, field, in, map) != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (n = 0, key = map->first; key; key = key->next) {
        n++;
    }

    if (n > PANCAKE_MAX_MAP_KEYS) {
        return pancake_violate(w->rs, &w->path, field->hint,
                               in->buyer ? PANCAKE_SOURCE_BUYER
                               : in->quote ? PANCAKE_SOURCE_QUOTE
                               : PANCAKE_SOURCE_SET);
    }

    if (map->first) {
        pancake_body_link(out, map);
    }

    return NGX_OK;
}


static ngx_int_t
pancake_walk_map_merchant(pancake_walk_t *w, const pancake_field_t *field,
    pancake_voices_t *in, pancake_value_t *map)
{
    pancake_value_t  *key, *value;

    for (key = in->merchant ? in->merchant->first : NULL; key;
         key = key->next)
    {
        if (pancake_body_absent(key)) {
            continue;
        }

        if (pancake_walk_map_owned(w, field, key, PANCAKE_SOURCE_SET, &value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (value) {
            pancake_body_link(map, value);
        }
    }

    return NGX_OK;
}


static ngx_int_t
pancake_walk_map_quote(pancake_walk_t *w, const pancake_field_t *field,
    pancake_voices_t *in, pancake_value_t *map)
{
    ngx_uint_t        n;
    pancake_value_t  *key, *value, *fixed;

    fixed = map->last;

    for (n = 0, key = map->first; key; key = key->next) {
        n++;
    }

    for (key = in->quote ? in->quote->first : NULL; key; key = key->next) {

        if (key->type == PANCAKE_NULL
            || pancake_value_member(map, &key->name))
        {
            continue;
        }

        /* here, as the time that a map takes grows with its square */

        if (++n > PANCAKE_MAX_MAP_KEYS) {
            return pancake_violate(w->rs, &w->path, field->hint,
                                   PANCAKE_SOURCE_QUOTE);
        }

        if (pancake_walk_map_owned(w, field, key, PANCAKE_SOURCE_QUOTE,
                                   &value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (value) {
            pancake_walk_insert(map, value, fixed);
        }
    }

    return NGX_OK;
}


/* a key of the merchant's; *value is NULL when it is noted as a violation */

static ngx_int_t
pancake_walk_map_owned(pancake_walk_t *w, const pancake_field_t *field,
    pancake_value_t *key, pancake_source_e source, pancake_value_t **value)
{
    size_t       before;
    ngx_int_t    rc;
    const char  *refused;

    *value = pancake_body_value(w->rs->pool, &key->name, PANCAKE_STRING);

    if (*value == NULL
        || pancake_body_typed(w->rs->pool, field, key, *value, &refused)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (refused == NULL && source == PANCAKE_SOURCE_QUOTE
        && !pancake_check_line(&key->name, NULL, PANCAKE_MAX_MAP_KEY))
    {
        refused = pancake_map_name_hint;
    }

    if (refused == NULL) {
        return NGX_OK;
    }

    *value = NULL;

    before = pancake_walk_enter(w, &key->name);
    rc = pancake_violate(w->rs, &w->path, refused, source);
    w->path.len = before;

    return rc;
}


static ngx_int_t
pancake_walk_map_buyer(pancake_walk_t *w, const pancake_field_t *field,
    pancake_voices_t *in, pancake_value_t *map)
{
    size_t            before;
    ngx_int_t         rc;
    ngx_uint_t        all, allowed;
    pancake_value_t  *key, *fixed;

    fixed = map->last;
    all = (field->owner == PANCAKE_OWNER_BUYER || pancake_walk_accepted(w, 0));

    for (key = in->buyer ? in->buyer->first : NULL; key; key = key->next) {

        before = pancake_walk_enter(w, &key->name);

        /*
         * A key that is itself called "a.b" is nothing below a; one that the
         * merchant set to nothing stays the merchant's.
         */

        allowed = all
                  || (ngx_strlchr(key->name.data,
                                  key->name.data + key->name.len, '.')
                      == NULL
                      && pancake_walk_accepted(w, 0));

        if (field->owner != PANCAKE_OWNER_BUYER
            && pancake_value_member(in->merchant, &key->name))
        {
            allowed = 0;
        }

        rc = pancake_walk_map_buyer_key(w, field, key, map, fixed, allowed);

        w->path.len = before;

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


static ngx_int_t
pancake_walk_map_buyer_key(pancake_walk_t *w, const pancake_field_t *field,
    pancake_value_t *key, pancake_value_t *map, pancake_value_t *fixed,
    ngx_uint_t allowed)
{
    const char        *refused;
    pancake_value_t   *value, *owned;
    static const char *theirs = "is set by the shop and must not be sent";

    owned = pancake_value_member(map, &key->name);

    if (owned == NULL && !allowed) {
        return pancake_refuse_owned(w, theirs);
    }

    if (pancake_body_absent(key)) {
        return NGX_OK;
    }

    if (!pancake_check_line(&key->name, NULL, PANCAKE_MAX_MAP_KEY)) {
        return pancake_refuse(w, pancake_map_name_hint);
    }

    value = pancake_body_value(w->rs->pool, &key->name, PANCAKE_STRING);

    if (value == NULL
        || pancake_body_typed(w->rs->pool, field, key, value, &refused)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (owned) {
        return refused || !pancake_body_equal(value, owned)
               ? pancake_refuse_owned(w, theirs)
               : NGX_OK;
    }

    if (refused) {
        return pancake_refuse(w, refused);
    }

    pancake_walk_insert(map, value, fixed);

    return NGX_OK;
}


void
pancake_walk_insert(pancake_value_t *map, pancake_value_t *value,
    pancake_value_t *fixed)
{
    pancake_value_t  **p;

    p = fixed ? &fixed->next : &map->first;

    while (*p && ngx_memn2cmp((*p)->name.data, value->name.data,
                              (*p)->name.len, value->name.len)
                 < 0)
    {
        p = &(*p)->next;
    }

    value->parent = map;
    value->next = *p;
    *p = value;

    if (value->next == NULL) {
        map->last = value;
    }
}

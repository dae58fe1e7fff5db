
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_walk.h"


static ngx_int_t pancake_walk_inside(pancake_walk_t *w,
    const pancake_field_t *field, pancake_value_t *value);
static const pancake_field_t *pancake_walk_known(pancake_walk_t *w,
    pancake_value_t *value);
static ngx_int_t pancake_walk_input(pancake_walk_t *w,
    pancake_value_t *value);
static ngx_int_t pancake_walk_no_field(pancake_walk_t *w);
static ngx_uint_t pancake_dotted(pancake_value_t *value);


ngx_int_t
pancake_walk_unknown(pancake_walk_t *w, pancake_value_t *object)
{
    size_t                  before;
    ngx_int_t               rc;
    pancake_value_t        *value;
    const pancake_field_t  *field;

    for (value = object->first; value; value = value->next) {

        before = pancake_walk_enter(w, &value->name);
        field = pancake_walk_known(w, value);
        rc = NGX_OK;

        if (field == NULL) {
            rc = pancake_walk_input(w, value);

        } else if (field->members && !pancake_violated(w->rs, &w->path)) {
            rc = pancake_walk_inside(w, field, value);
        }

        w->path.len = before;

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


/* the members of an object, or of each object in a map or list */

static ngx_int_t
pancake_walk_inside(pancake_walk_t *w, const pancake_field_t *field,
    pancake_value_t *value)
{
    size_t            before;
    ngx_int_t         rc;
    ngx_str_t         name;
    ngx_uint_t        n;
    pancake_value_t  *item;
    u_char            number[NGX_INT_T_LEN];

    if (field->kind == PANCAKE_KIND_OBJECT) {
        return (value->type == PANCAKE_OBJECT)
               ? pancake_walk_unknown(w, value) : NGX_OK;
    }

    name.data = number;

    for (item = value->first, n = 0; item; item = item->next, n++) {

        name.len = ngx_sprintf(number, "%ui", n) - number;

        before = pancake_walk_enter(w, field->kind == PANCAKE_KIND_LIST
                                       ? &name : &item->name);

        rc = (item->type == PANCAKE_OBJECT) ? pancake_walk_unknown(w, item)
                                            : NGX_OK;
        w->path.len = before;

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


static const pancake_field_t *
pancake_walk_known(pancake_walk_t *w, pancake_value_t *value)
{
    ngx_uint_t              i;
    const pancake_field_t  *field;

    if (pancake_dotted(value)) {
        return NULL;
    }

    for (i = 0; i < w->rs->nactions; i++) {

        field = pancake_field_find(w->rs->actions[i], &w->path);

        if (field) {
            return field;
        }
    }

    return NULL;
}


static ngx_int_t
pancake_walk_input(pancake_walk_t *w, pancake_value_t *value)
{
    size_t            before;
    ngx_int_t         rc;
    pancake_value_t  *member;

    if (w->rs->drop_unknown) {
        return NGX_OK;
    }

    if (pancake_dotted(value)) {
        return pancake_walk_no_field(w);
    }

    if (pancake_walk_read(w, 0)) {
        return NGX_OK;
    }

    if (value->type != PANCAKE_OBJECT || !pancake_walk_read(w, 1)) {
        return pancake_walk_no_field(w);
    }

    for (member = value->first; member; member = member->next) {

        before = pancake_walk_enter(w, &member->name);
        rc = pancake_walk_input(w, member);
        w->path.len = before;

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


static ngx_int_t
pancake_walk_no_field(pancake_walk_t *w)
{
    return pancake_violate_as(w->rs, &w->path, PANCAKE_REASON_UNKNOWN,
                              "is not a field of this checkout",
                              PANCAKE_SOURCE_BUYER);
}


/* a member that is itself called "a.b" is no member b of a */

static ngx_uint_t
pancake_dotted(pancake_value_t *value)
{
    return ngx_strlchr(value->name.data, value->name.data + value->name.len,
                       '.')
           != NULL;
}

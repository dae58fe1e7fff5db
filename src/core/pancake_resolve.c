
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_resolve.h"


static ngx_int_t pancake_walk_field(pancake_walk_t *w,
    const pancake_field_t *field, pancake_voices_t *in,
    pancake_value_t *out);
static pancake_source_e pancake_walk_owed(pancake_walk_t *w,
    const pancake_field_t *field);
static ngx_uint_t pancake_walk_claimed(pancake_walk_t *w);
static ngx_int_t pancake_walk_present(pancake_walk_t *w,
    const pancake_field_t *field, pancake_voices_t *in,
    pancake_value_t *out);
static pancake_source_e pancake_walk_source(pancake_voices_t *in);
static ngx_int_t pancake_walk_value(pancake_walk_t *w,
    const pancake_field_t *field, pancake_voices_t *in,
    pancake_value_t *out);
static ngx_int_t pancake_walk_buyer_value(pancake_walk_t *w,
    const pancake_field_t *field, pancake_voices_t *in,
    pancake_value_t **value);
static ngx_uint_t pancake_own_site(const pancake_resolve_t *rs,
    const ngx_str_t *url);
static ngx_int_t pancake_walk_object(pancake_walk_t *w,
    const pancake_field_t *field, pancake_voices_t *in,
    pancake_value_t *out);


ngx_int_t
pancake_resolve(pancake_resolve_t *rs)
{
    ngx_uint_t        i;
    pancake_walk_t    w;
    pancake_voices_t  in;

    if (ngx_array_init(&rs->violations, rs->pool, 4,
                       sizeof(pancake_violation_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    w.rs = rs;
    w.path.data = w.buf;
    w.path.len = 0;

    in.buyer = rs->buyer;
    in.quote = rs->quote;
    in.merchant = rs->merchant;
    in.edge = rs->edge;

    for (i = 0; i < rs->nactions; i++) {

        rs->bodies[i] = pancake_body_value(rs->pool, NULL, PANCAKE_OBJECT);

        if (rs->bodies[i] == NULL
            || pancake_walk_fields(&w, rs->actions[i]->fields, &in,
                                   rs->bodies[i])
               != NGX_OK
            || pancake_relations(rs, rs->actions[i]->rules, rs->bodies[i])
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (rs->buyer && pancake_walk_unknown(&w, rs->buyer) != NGX_OK) {
        return NGX_ERROR;
    }

    return rs->violations.nelts ? NGX_DECLINED : NGX_OK;
}


static const char *
pancake_owned(const pancake_field_t *field, pancake_voices_t *in)
{
    if (in->edge || field->owner == PANCAKE_OWNER_EDGE) {
        return "is set by this server and must not be sent";
    }

    return "is set by the shop and must not be sent";
}


ngx_int_t
pancake_walk_fields(pancake_walk_t *w, const pancake_field_t *fields,
    pancake_voices_t *in, pancake_value_t *out)
{
    size_t                  before;
    ngx_int_t               rc;
    pancake_voices_t        voices;
    const pancake_field_t  *field;

    for (field = fields; field->name.len; field++) {

        voices.buyer = pancake_value_member(in->buyer, &field->name);
        voices.quote = pancake_value_member(in->quote, &field->name);
        voices.merchant = pancake_value_member(in->merchant, &field->name);
        voices.edge = pancake_value_member(in->edge, &field->name);

        before = pancake_walk_enter(w, &field->name);
        rc = pancake_walk_field(w, field, &voices, out);
        w->path.len = before;

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


static ngx_int_t
pancake_walk_field(pancake_walk_t *w, const pancake_field_t *field,
    pancake_voices_t *in, pancake_value_t *out)
{
    ngx_int_t         rc;
    pancake_value_t  *last;

    /*
     * Empty is absent; but a field of the merchant's stays the merchant's,
     * who may have meant a user id and nobody is logged in.
     */

    in->claimed = 0;

    if (in->merchant && in->merchant->type == PANCAKE_TEXT
        && pancake_body_absent(in->merchant))
    {
        in->merchant = NULL;
        in->claimed = (field->owner == PANCAKE_OWNER_MERCHANT);
    }

    if (field->owner == PANCAKE_OWNER_NOBODY) {

        if (in->buyer == NULL || pancake_walk_claimed(w)) {
            return NGX_OK;
        }

        return pancake_refuse(w, field->hint);
    }

    if (in->quote && in->quote->type == PANCAKE_NULL
        && !(field->flags & PANCAKE_FIELD_CLEARS))
    {
        in->quote = NULL;
    }

    last = out->last;

    if (in->buyer || in->quote || in->merchant || in->edge) {

        rc = pancake_walk_present(w, field, in, out);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (out->last == last && !w->rs->partial
        && ((field->flags & PANCAKE_FIELD_REQUIRED)
            || ((field->flags & PANCAKE_FIELD_PLAN) && w->rs->token)))
    {
        return pancake_violate_as(w->rs, &w->path, PANCAKE_REASON_REQUIRED,
                                  "is required", pancake_walk_owed(w, field));
    }

    return NGX_OK;
}


/* who was to say it */

static pancake_source_e
pancake_walk_owed(pancake_walk_t *w, const pancake_field_t *field)
{
    return w->rs->quote && field->owner != PANCAKE_OWNER_BUYER
           && !pancake_walk_accepted(w, 0)
           ? PANCAKE_SOURCE_QUOTE : PANCAKE_SOURCE_BUYER;
}


/* another action of the chain has the field */

static ngx_uint_t
pancake_walk_claimed(pancake_walk_t *w)
{
    ngx_uint_t              i;
    const pancake_field_t  *field;

    for (i = 0; i < w->rs->nactions; i++) {

        field = pancake_field_find(w->rs->actions[i], &w->path);

        if (field && field->owner != PANCAKE_OWNER_NOBODY) {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
pancake_walk_present(pancake_walk_t *w, const pancake_field_t *field,
    pancake_voices_t *in, pancake_value_t *out)
{
    if (w->rs->slug && (field->flags & PANCAKE_FIELD_KEY_ONLY)) {

        /*
         * the API would drop it without a word and sell at the stored price
         * (contract.md section 3)
         */

        return pancake_violate_as(w->rs, &w->path, PANCAKE_REASON_OWNER,
                                  "needs an API key and must not be sent "
                                  "with a store slug",
                                  pancake_walk_source(in));
    }

    if (w->rs->token && (field->flags & PANCAKE_FIELD_KEY_ONLY)
        && !(field->flags & PANCAKE_FIELD_OWN_ORDER))
    {
        return pancake_violate_as(w->rs, &w->path, PANCAKE_REASON_OWNER,
                                  "needs an API key and must not be sent "
                                  "with a customer's token",
                                  pancake_walk_source(in));
    }

    if (field->kind == PANCAKE_KIND_LIST && field->members) {
        return pancake_walk_objects(w, field, in, out);
    }

    if (field->kind == PANCAKE_KIND_OBJECT
        || field->kind == PANCAKE_KIND_MAP)
    {
        if (in->quote && in->quote->type != PANCAKE_OBJECT) {
            return pancake_violate(w->rs, &w->path, "must be an object",
                                   PANCAKE_SOURCE_QUOTE);
        }

        if (in->buyer && in->quote == NULL && in->merchant == NULL
            && in->edge == NULL && field->owner != PANCAKE_OWNER_BUYER
            && !pancake_walk_accepted(w, 1))
        {
            return pancake_refuse_owned(w, pancake_owned(field, in));
        }

        if (pancake_body_absent(in->buyer)) {
            in->buyer = NULL;

        } else if (in->buyer->type != PANCAKE_OBJECT) {
            return pancake_refuse(w, "must be an object");
        }

        if (in->buyer == NULL && in->quote == NULL && in->edge == NULL
            && pancake_body_absent(in->merchant))
        {
            return NGX_OK;
        }

        if (field->kind == PANCAKE_KIND_MAP) {
            return field->members ? pancake_walk_objects(w, field, in, out)
                                  : pancake_walk_map(w, field, in, out);
        }

        return pancake_walk_object(w, field, in, out);
    }

    return pancake_walk_value(w, field, in, out);
}


/* whose value it is that cannot be sent at all */

static pancake_source_e
pancake_walk_source(pancake_voices_t *in)
{
    if (in->buyer) {
        return PANCAKE_SOURCE_BUYER;
    }

    return in->merchant ? PANCAKE_SOURCE_SET : PANCAKE_SOURCE_QUOTE;
}


/* a scalar or a list: the owner is heard, the buyer is judged */

static ngx_int_t
pancake_walk_value(pancake_walk_t *w, const pancake_field_t *field,
    pancake_voices_t *in, pancake_value_t *out)
{
    ngx_int_t         rc;
    const char       *refused;
    pancake_value_t  *owner, *value;

    value = NULL;
    owner = in->edge ? in->edge : in->merchant ? in->merchant : in->quote;

    if (owner) {

        value = pancake_body_value(w->rs->pool, &field->name, PANCAKE_NULL);
        if (value == NULL) {
            return NGX_ERROR;
        }

        rc = pancake_body_typed(w->rs->pool, field, owner, value, &refused);
        if (rc != NGX_OK) {
            return rc;
        }

        if (refused) {
            return pancake_violate(w->rs, &w->path, refused,
                                   owner == in->quote ? PANCAKE_SOURCE_QUOTE
                                                      : PANCAKE_SOURCE_SET);
        }
    }

    if (in->buyer) {
        rc = pancake_walk_buyer_value(w, field, in, &value);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (value) {
        pancake_body_link(out, value);
    }

    return NGX_OK;
}


/* "value" is the owner's, or NULL; then the buyer's may take its place */

static ngx_int_t
pancake_walk_buyer_value(pancake_walk_t *w, const pancake_field_t *field,
    pancake_voices_t *in, pancake_value_t **value)
{
    ngx_int_t         rc;
    const char       *refused;
    pancake_value_t  *buyer;

    if (*value == NULL && field->owner != PANCAKE_OWNER_BUYER
        && (in->claimed || !pancake_walk_accepted(w, 0)))
    {
        return pancake_refuse_owned(w, pancake_owned(field, in));
    }

    if (pancake_body_absent(in->buyer)) {
        return NGX_OK;
    }

    buyer = pancake_body_value(w->rs->pool, &field->name, PANCAKE_NULL);
    if (buyer == NULL) {
        return NGX_ERROR;
    }

    rc = pancake_body_typed(w->rs->pool, field, in->buyer, buyer, &refused);
    if (rc != NGX_OK) {
        return rc;
    }

    if (*value) {

        if (refused || !pancake_body_equal(buyer, *value)) {
            return pancake_refuse_owned(w, pancake_owned(field, in));
        }

        return NGX_OK;
    }

    if (refused) {
        return pancake_refuse(w, refused);
    }

    if ((field->flags & PANCAKE_FIELD_OWN_SITE)
        && !pancake_own_site(w->rs, &buyer->text))
    {
        return pancake_refuse(w, "must lead to this very site");
    }

    *value = buyer;

    return NGX_OK;
}


/* no open redirect: a buyer may name pages of the shop only */

static ngx_uint_t
pancake_own_site(const pancake_resolve_t *rs, const ngx_str_t *url)
{
    u_char  c;

    if (rs->origin.len == 0 || url->len < rs->origin.len
        || ngx_memcmp(url->data, rs->origin.data, rs->origin.len) != 0)
    {
        return 0;
    }

    if (url->len == rs->origin.len) {
        return 1;
    }

    c = url->data[rs->origin.len];

    return c == '/' || c == '?' || c == '#';
}


static ngx_int_t
pancake_walk_object(pancake_walk_t *w, const pancake_field_t *field,
    pancake_voices_t *in, pancake_value_t *out)
{
    pancake_value_t  *object;

    object = pancake_body_value(w->rs->pool, &field->name, PANCAKE_OBJECT);
    if (object == NULL) {
        return NGX_ERROR;
    }

    pancake_body_link(out, object);

    return pancake_walk_fields(w, field->members, in, object);
}

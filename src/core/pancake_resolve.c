
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_body.h"
#include "pancake_resolve.h"


#define PANCAKE_MAX_PATH      512
#define PANCAKE_MAX_MAP_KEY   128


/* one field's three voices; NULL: silent */

typedef struct {
    pancake_value_t    *buyer;
    pancake_value_t    *merchant;
    pancake_value_t    *edge;
} pancake_voices_t;


/* the walk through the tables and where it stands */

typedef struct {
    pancake_resolve_t  *rs;
    ngx_str_t           path;
    u_char              buf[PANCAKE_MAX_PATH];
} pancake_walk_t;


static ngx_int_t pancake_walk_fields(pancake_walk_t *w,
    const pancake_field_t *fields, pancake_voices_t *in,
    pancake_value_t *out);
static ngx_int_t pancake_walk_field(pancake_walk_t *w,
    const pancake_field_t *field, pancake_voices_t *in,
    pancake_value_t *out);
static ngx_uint_t pancake_walk_claimed(pancake_walk_t *w);
static ngx_int_t pancake_walk_present(pancake_walk_t *w,
    const pancake_field_t *field, pancake_voices_t *in,
    pancake_value_t *out);
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
static ngx_int_t pancake_walk_map(pancake_walk_t *w,
    const pancake_field_t *field, pancake_voices_t *in,
    pancake_value_t *out);
static ngx_int_t pancake_walk_map_keys(pancake_walk_t *w,
    const pancake_field_t *field, pancake_value_t *keys,
    pancake_value_t *map, ngx_uint_t buyer);
static ngx_int_t pancake_walk_map_merchant(pancake_walk_t *w,
    const pancake_field_t *field, pancake_value_t *key,
    pancake_value_t *map);
static ngx_int_t pancake_walk_map_buyer(pancake_walk_t *w,
    const pancake_field_t *field, pancake_value_t *key, pancake_value_t *map,
    pancake_value_t *fixed);
static void pancake_map_insert(pancake_value_t *map, pancake_value_t *value,
    pancake_value_t *fixed);

static ngx_int_t pancake_walk_unknown(pancake_walk_t *w,
    pancake_value_t *object);
static const pancake_field_t *pancake_walk_known(pancake_walk_t *w,
    pancake_value_t *value);
static ngx_int_t pancake_walk_input(pancake_walk_t *w,
    pancake_value_t *value);
static ngx_uint_t pancake_input_read(pancake_walk_t *w, ngx_uint_t below);


#define pancake_refuse(w, message)                                            \
    pancake_violate((w)->rs, &(w)->path, message, 0)


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


ngx_uint_t
pancake_violated(pancake_resolve_t *rs, const ngx_str_t *path)
{
    ngx_uint_t            i;
    pancake_violation_t  *v;

    v = rs->violations.elts;

    for (i = 0; i < rs->violations.nelts; i++) {
        if (v[i].field.len == path->len
            && ngx_memcmp(v[i].field.data, path->data, path->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
pancake_violate(pancake_resolve_t *rs, const ngx_str_t *path,
    const char *message, ngx_uint_t merchant)
{
    pancake_violation_t  *v;

    if (rs->violations.nelts == PANCAKE_MAX_VIOLATIONS
        || pancake_violated(rs, path))
    {
        return NGX_OK;
    }

    v = ngx_array_push(&rs->violations);
    if (v == NULL) {
        return NGX_ERROR;
    }

    v->field.len = path->len;
    v->field.data = ngx_pstrdup(rs->pool, (ngx_str_t *) path);
    if (v->field.data == NULL) {
        return NGX_ERROR;
    }

    v->message.data = (u_char *) message;
    v->message.len = ngx_strlen(message);
    v->merchant = merchant;

    return NGX_OK;
}


static size_t
pancake_walk_enter(pancake_walk_t *w, const ngx_str_t *name)
{
    size_t  len, before;

    before = w->path.len;

    if (before && before < PANCAKE_MAX_PATH) {
        w->buf[w->path.len++] = '.';
    }

    len = ngx_min(name->len, PANCAKE_MAX_PATH - w->path.len);
    ngx_memcpy(w->buf + w->path.len, name->data, len);
    w->path.len += len;

    return before;
}


/* "below": an entry of pancake_accept that lies under the path counts too */

static ngx_uint_t
pancake_walk_accepted(pancake_walk_t *w, ngx_uint_t below)
{
    size_t       len;
    ngx_str_t   *path;
    ngx_uint_t   i;

    if (w->rs->accept == NULL) {
        return 0;
    }

    path = w->rs->accept->elts;

    for (i = 0; i < w->rs->accept->nelts; i++) {

        len = ngx_min(path[i].len, w->path.len);

        if (ngx_memcmp(path[i].data, w->buf, len) != 0) {
            continue;
        }

        if (path[i].len == w->path.len
            || (path[i].len < w->path.len && w->buf[len] == '.')
            || (below && path[i].len > w->path.len
                && path[i].data[len] == '.'))
        {
            return 1;
        }
    }

    return 0;
}


static const char *
pancake_owned(const pancake_field_t *field, pancake_voices_t *in)
{
    if (in->edge || field->owner == PANCAKE_OWNER_EDGE) {
        return "is set by this server and must not be sent";
    }

    return "is set by the shop and must not be sent";
}


static ngx_int_t
pancake_walk_fields(pancake_walk_t *w, const pancake_field_t *fields,
    pancake_voices_t *in, pancake_value_t *out)
{
    size_t                  before;
    ngx_int_t               rc;
    pancake_voices_t        voices;
    const pancake_field_t  *field;

    for (field = fields; field->name.len; field++) {

        voices.buyer = pancake_value_member(in->buyer, &field->name);
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

    if (pancake_body_absent(in->merchant)) {
        in->merchant = NULL;
    }

    if (field->owner == PANCAKE_OWNER_NOBODY) {

        if (in->buyer == NULL || pancake_walk_claimed(w)) {
            return NGX_OK;
        }

        return pancake_refuse(w, field->hint);
    }

    last = out->last;

    if (in->buyer || in->merchant || in->edge) {

        rc = pancake_walk_present(w, field, in, out);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    if ((field->flags & PANCAKE_FIELD_REQUIRED) && out->last == last
        && !w->rs->partial)
    {
        return pancake_refuse(w, "is required");
    }

    return NGX_OK;
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

        return pancake_refuse(w, "needs an API key and must not be sent with "
                                 "a store slug");
    }

    if (field->kind == PANCAKE_KIND_OBJECT
        || field->kind == PANCAKE_KIND_MAP)
    {
        if (in->buyer && in->merchant == NULL && in->edge == NULL
            && field->owner != PANCAKE_OWNER_BUYER
            && !pancake_walk_accepted(w, 1))
        {
            return pancake_refuse(w, pancake_owned(field, in));
        }

        if (pancake_body_absent(in->buyer)) {
            in->buyer = NULL;

        } else if (in->buyer->type != PANCAKE_OBJECT) {
            return pancake_refuse(w, "must be an object");
        }

        if (in->buyer == NULL && in->merchant == NULL && in->edge == NULL) {
            return NGX_OK;
        }

        if (field->kind == PANCAKE_KIND_MAP) {
            return pancake_walk_map(w, field, in, out);
        }

        return pancake_walk_object(w, field, in, out);
    }

    return pancake_walk_value(w, field, in, out);
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
    owner = in->edge ? in->edge : in->merchant;

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
            return pancake_violate(w->rs, &w->path, refused, 1);
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
        && !pancake_walk_accepted(w, 0))
    {
        return pancake_refuse(w, pancake_owned(field, in));
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
            return pancake_refuse(w, pancake_owned(field, in));
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


static ngx_int_t
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

    if (pancake_walk_map_keys(w, field, in->merchant, map, 0) != NGX_OK
        || pancake_walk_map_keys(w, field, in->buyer, map, 1) != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (n = 0, key = map->first; key; key = key->next) {
        n++;
    }

    if (n > PANCAKE_MAX_MAP_KEYS) {
        return pancake_refuse(w, field->hint);
    }

    if (map->first) {
        pancake_body_link(out, map);
    }

    return NGX_OK;
}


static ngx_int_t
pancake_walk_map_keys(pancake_walk_t *w, const pancake_field_t *field,
    pancake_value_t *keys, pancake_value_t *map, ngx_uint_t buyer)
{
    size_t            before;
    ngx_int_t         rc;
    pancake_value_t  *key, *fixed;

    if (keys == NULL) {
        return NGX_OK;
    }

    fixed = map->last;

    for (key = keys->first; key; key = key->next) {

        before = pancake_walk_enter(w, &key->name);

        if (buyer) {
            rc = pancake_walk_map_buyer(w, field, key, map, fixed);

        } else {
            rc = pancake_walk_map_merchant(w, field, key, map);
        }

        w->path.len = before;

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


static ngx_int_t
pancake_walk_map_merchant(pancake_walk_t *w, const pancake_field_t *field,
    pancake_value_t *key, pancake_value_t *map)
{
    const char       *refused;
    pancake_value_t  *value;

    if (pancake_body_absent(key)) {
        return NGX_OK;
    }

    value = pancake_body_value(w->rs->pool, &key->name, PANCAKE_STRING);

    if (value == NULL
        || pancake_body_typed(w->rs->pool, field, key, value, &refused)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (refused) {
        return pancake_violate(w->rs, &w->path, refused, 1);
    }

    pancake_body_link(map, value);

    return NGX_OK;
}


static ngx_int_t
pancake_walk_map_buyer(pancake_walk_t *w, const pancake_field_t *field,
    pancake_value_t *key, pancake_value_t *map, pancake_value_t *fixed)
{
    const char        *refused;
    pancake_value_t   *value, *owned;
    static const char *theirs = "is set by the shop and must not be sent";

    owned = pancake_value_member(map, &key->name);

    if (owned == NULL && field->owner != PANCAKE_OWNER_BUYER
        && !pancake_walk_accepted(w, 0))
    {
        return pancake_refuse(w, theirs);
    }

    if (pancake_body_absent(key)) {
        return NGX_OK;
    }

    if (!pancake_check_line(&key->name, NULL, PANCAKE_MAX_MAP_KEY)) {
        return pancake_refuse(w, "must have a name of 1 to 128 bytes without "
                                 "control characters");
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
               ? pancake_refuse(w, theirs)
               : NGX_OK;
    }

    if (refused) {
        return pancake_refuse(w, refused);
    }

    pancake_map_insert(map, value, fixed);

    return NGX_OK;
}


/*
 * A buyer's key goes to its place in the order of names, so that the order
 * in which a buyer sends keys does not change the bytes.
 */

static void
pancake_map_insert(pancake_value_t *map, pancake_value_t *value,
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


/* what the buyer sent and no table has */

static ngx_int_t
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

        } else if (field->kind == PANCAKE_KIND_OBJECT
                   && field->members && value->type == PANCAKE_OBJECT
                   && !pancake_violated(w->rs, &w->path))
        {
            rc = pancake_walk_unknown(w, value);
        }

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

    /* a member that is itself called "a.b" is no member b of a */

    if (ngx_strlchr(value->name.data, value->name.data + value->name.len,
                    '.'))
    {
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

    if (w->rs->drop_unknown || pancake_input_read(w, 0)) {
        return NGX_OK;
    }

    if (value->type != PANCAKE_OBJECT || !pancake_input_read(w, 1)) {
        return pancake_refuse(w, "is not a field of this checkout");
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


/* "below": the configuration reads something under the path */

static ngx_uint_t
pancake_input_read(pancake_walk_t *w, ngx_uint_t below)
{
    u_char       c;
    size_t       n;
    ngx_str_t   *name;
    ngx_uint_t   i;

    if (w->rs->inputs == NULL) {
        return 0;
    }

    name = w->rs->inputs->elts;

    for (i = 0; i < w->rs->inputs->nelts; i++) {

        for (n = 0; n < name[i].len && n < w->path.len; n++) {

            c = ngx_tolower(w->buf[n]);

            if (name[i].data[n] != (c == '.' ? '_' : c)) {
                break;
            }
        }

        if (n < w->path.len) {
            continue;
        }

        if (below ? (n < name[i].len && name[i].data[n] == '_')
                  : n == name[i].len)
        {
            return 1;
        }
    }

    return 0;
}


/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_status.h"
#include "pancake_body.h"
#include "pancake_json.h"


static ngx_int_t ngx_http_pancake_json_locations(ngx_pool_t *pool,
    pancake_value_t *root, const char *name, ngx_array_t *list,
    ngx_http_pancake_scope_e scope);
static ngx_int_t ngx_http_pancake_json_location(ngx_pool_t *pool,
    pancake_value_t *locations, ngx_http_pancake_counters_t *counters,
    ngx_http_pancake_scope_e scope);
static ngx_int_t ngx_http_pancake_json_calls(ngx_pool_t *pool,
    pancake_value_t *object, ngx_http_pancake_counters_t *counters);
static ngx_int_t ngx_http_pancake_json_call(ngx_pool_t *pool,
    pancake_value_t *calls, ngx_http_pancake_call_counters_t *counters);
static ngx_int_t ngx_http_pancake_json_families(ngx_pool_t *pool,
    pancake_value_t *object, void *base, ngx_http_pancake_scope_e scope);
static ngx_int_t ngx_http_pancake_json_time(ngx_pool_t *pool,
    pancake_value_t *object, ngx_http_pancake_histogram_t *h);
static pancake_value_t *ngx_http_pancake_json_member(ngx_pool_t *pool,
    pancake_value_t *object, const char *name, pancake_type_e type);
static ngx_int_t ngx_http_pancake_json_text(ngx_pool_t *pool,
    pancake_value_t *object, const char *name, ngx_str_t *text);
static ngx_int_t ngx_http_pancake_json_number(ngx_pool_t *pool,
    pancake_value_t *object, const ngx_str_t *name, ngx_atomic_uint_t number);


ngx_int_t
ngx_http_pancake_status_json(ngx_pool_t *pool, ngx_array_t *list,
    ngx_http_pancake_gauges_t *gauges, ngx_chain_t **out)
{
    ngx_buf_t               *b;
    ngx_str_t                text;
    pancake_value_t         *root;
    static ngx_str_t         version = ngx_string(NGX_HTTP_PANCAKE_VERSION);
    static ngx_str_t         nginx = ngx_string(NGINX_VERSION);
    static const ngx_str_t   waiting = ngx_string("waiting");
    static const ngx_str_t   flight = ngx_string("inFlight");

    root = pancake_body_value(pool, NULL, PANCAKE_OBJECT);

    text.data = (u_char *) OpenSSL_version(OPENSSL_VERSION_STRING);
    text.len = ngx_strlen(text.data);

    if (root == NULL
        || ngx_http_pancake_json_text(pool, root, "version", &version)
           != NGX_OK
        || ngx_http_pancake_json_text(pool, root, "nginx", &nginx) != NGX_OK
        || ngx_http_pancake_json_text(pool, root, "openssl", &text) != NGX_OK
        || ngx_http_pancake_json_number(pool, root, &waiting, gauges->waiting)
           != NGX_OK
        || ngx_http_pancake_json_number(pool, root, &flight, gauges->flight)
           != NGX_OK
        || ngx_http_pancake_json_locations(pool, root, "locations", list,
                                           NGX_HTTP_PANCAKE_OF_CHECKOUT)
           != NGX_OK
        || ngx_http_pancake_json_locations(pool, root, "webhooks", list,
                                           NGX_HTTP_PANCAKE_OF_WEBHOOK)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    b = ngx_calloc_buf(pool);
    *out = ngx_alloc_chain_link(pool);

    if (b == NULL || *out == NULL
        || pancake_json_render(pool, root, &text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    b->pos = text.data;
    b->last = text.data + text.len;
    b->memory = 1;

    (*out)->buf = b;
    (*out)->next = NULL;

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_json_locations(ngx_pool_t *pool, pancake_value_t *root,
    const char *name, ngx_array_t *list, ngx_http_pancake_scope_e scope)
{
    ngx_uint_t                     i;
    pancake_value_t               *locations;
    ngx_http_pancake_counters_t  **counters;

    locations = ngx_http_pancake_json_member(pool, root, name, PANCAKE_ARRAY);
    if (locations == NULL) {
        return NGX_ERROR;
    }

    counters = list->elts;

    for (i = 0; i < list->nelts; i++) {

        if (counters[i]->webhook == (scope == NGX_HTTP_PANCAKE_OF_WEBHOOK)
            && ngx_http_pancake_json_location(pool, locations, counters[i],
                                              scope)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_json_location(ngx_pool_t *pool, pancake_value_t *locations,
    ngx_http_pancake_counters_t *counters, ngx_http_pancake_scope_e scope)
{
    pancake_value_t  *object;

    object = pancake_body_value(pool, NULL, PANCAKE_OBJECT);
    if (object == NULL) {
        return NGX_ERROR;
    }

    pancake_body_link(locations, object);

    if (ngx_http_pancake_json_text(pool, object, "server", &counters->server)
        != NGX_OK
        || ngx_http_pancake_json_text(pool, object, "location",
                                      &counters->location)
           != NGX_OK
        || ngx_http_pancake_json_text(pool, object, "action",
                                      &counters->action)
           != NGX_OK
        || ngx_http_pancake_json_families(pool, object, counters, scope)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (scope == NGX_HTTP_PANCAKE_OF_WEBHOOK) {
        return NGX_OK;
    }

    if (ngx_http_pancake_json_time(pool, object, &counters->time) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_pancake_json_calls(pool, object, counters);
}


static ngx_int_t
ngx_http_pancake_json_calls(ngx_pool_t *pool, pancake_value_t *object,
    ngx_http_pancake_counters_t *counters)
{
    ngx_uint_t        i;
    pancake_value_t  *calls;

    calls = ngx_http_pancake_json_member(pool, object, "api", PANCAKE_ARRAY);
    if (calls == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < counters->ncalls; i++) {

        if (counters->calls[i]->owner != counters) {
            continue;
        }

        if (ngx_http_pancake_json_call(pool, calls, counters->calls[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_json_call(ngx_pool_t *pool, pancake_value_t *calls,
    ngx_http_pancake_call_counters_t *counters)
{
    pancake_value_t  *object;

    object = pancake_body_value(pool, NULL, PANCAKE_OBJECT);
    if (object == NULL) {
        return NGX_ERROR;
    }

    pancake_body_link(calls, object);

    if (ngx_http_pancake_json_text(pool, object, "action", &counters->action)
        != NGX_OK
        || ngx_http_pancake_json_families(pool, object, counters,
                                          NGX_HTTP_PANCAKE_OF_CALL)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_pancake_json_time(pool, object, &counters->time);
}


static ngx_int_t
ngx_http_pancake_json_families(ngx_pool_t *pool, pancake_value_t *object,
    void *base, ngx_http_pancake_scope_e scope)
{
    ngx_uint_t                        v;
    ngx_atomic_t                     *values;
    pancake_value_t                  *member;
    const ngx_http_pancake_family_t  *family;

    for (family = ngx_http_pancake_families; family->metric; family++) {

        if (family->scope != scope) {
            continue;
        }

        values = (ngx_atomic_t *) ((char *) base + family->offset);

        member = ngx_http_pancake_json_member(pool, object, family->member,
                                              PANCAKE_OBJECT);
        if (member == NULL) {
            return NGX_ERROR;
        }

        for (v = 0; v < family->n; v++) {
            if (ngx_http_pancake_json_number(pool, member, &family->values[v],
                                             values[v])
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/* times up to each bound, as Prometheus has them */

static ngx_int_t
ngx_http_pancake_json_time(ngx_pool_t *pool, pancake_value_t *object,
    ngx_http_pancake_histogram_t *h)
{
    ngx_uint_t              i;
    pancake_value_t        *time, *buckets;
    ngx_atomic_uint_t       n;
    static const ngx_str_t  count = ngx_string("count");
    static const ngx_str_t  sum = ngx_string("sumMs");

    time = ngx_http_pancake_json_member(pool, object, "time", PANCAKE_OBJECT);
    if (time == NULL) {
        return NGX_ERROR;
    }

    buckets = ngx_http_pancake_json_member(pool, time, "buckets",
                                           PANCAKE_OBJECT);
    if (buckets == NULL) {
        return NGX_ERROR;
    }

    n = 0;

    for (i = 0; i < NGX_HTTP_PANCAKE_BUCKETS; i++) {
        n += h->buckets[i];

        if (ngx_http_pancake_json_number(pool, buckets,
                                         &ngx_http_pancake_bounds[i].seconds,
                                         n)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    n += h->buckets[i];

    if (ngx_http_pancake_json_number(pool, time, &count, n) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_pancake_json_number(pool, time, &sum, h->sum);
}


static pancake_value_t *
ngx_http_pancake_json_member(ngx_pool_t *pool, pancake_value_t *object,
    const char *name, pancake_type_e type)
{
    ngx_str_t         text;
    pancake_value_t  *value;

    text.data = (u_char *) name;
    text.len = ngx_strlen(name);

    value = pancake_body_value(pool, &text, type);

    if (value) {
        pancake_body_link(object, value);
    }

    return value;
}


static ngx_int_t
ngx_http_pancake_json_text(ngx_pool_t *pool, pancake_value_t *object,
    const char *name, ngx_str_t *text)
{
    pancake_value_t  *value;

    value = ngx_http_pancake_json_member(pool, object, name, PANCAKE_STRING);
    if (value == NULL) {
        return NGX_ERROR;
    }

    value->text = *text;

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_json_number(ngx_pool_t *pool, pancake_value_t *object,
    const ngx_str_t *name, ngx_atomic_uint_t number)
{
    pancake_value_t  *value;

    value = pancake_body_value(pool, name, PANCAKE_NUMBER);
    if (value == NULL) {
        return NGX_ERROR;
    }

    value->text.data = ngx_pnalloc(pool, NGX_ATOMIC_T_LEN);
    if (value->text.data == NULL) {
        return NGX_ERROR;
    }

    value->text.len = ngx_sprintf(value->text.data, "%uA", number)
                      - value->text.data;

    pancake_body_link(object, value);

    return NGX_OK;
}

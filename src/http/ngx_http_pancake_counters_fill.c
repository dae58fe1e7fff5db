
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_counters.h"


static ngx_http_pancake_counters_t *ngx_http_pancake_counters_place(
    ngx_slab_pool_t *shpool, ngx_http_pancake_zone_t *zone,
    ngx_http_pancake_counted_t *counted);
static ngx_http_pancake_counters_t *ngx_http_pancake_counters_find(
    ngx_http_pancake_zone_t *zone, ngx_http_pancake_counted_t *counted);
static ngx_http_pancake_counters_t *ngx_http_pancake_counters_create(
    ngx_slab_pool_t *shpool, ngx_http_pancake_zone_t *zone,
    ngx_http_pancake_counted_t *counted);
static ngx_http_pancake_call_counters_t *ngx_http_pancake_counters_find_call(
    ngx_http_pancake_zone_t *zone, ngx_http_pancake_counters_t *counters,
    const ngx_str_t *action);
static ngx_http_pancake_call_counters_t *ngx_http_pancake_counters_create_call(
    ngx_slab_pool_t *shpool, ngx_http_pancake_zone_t *zone,
    ngx_http_pancake_counters_t *counters, const ngx_str_t *action);
static void ngx_http_pancake_counters_undo(ngx_slab_pool_t *shpool,
    ngx_queue_t *queue, ngx_queue_t *last);
static u_char *ngx_http_pancake_counters_name(u_char *p, ngx_str_t *to,
    const ngx_str_t *name);
static ngx_uint_t ngx_http_pancake_counters_equal(const ngx_str_t *a,
    const ngx_str_t *b);


ngx_uint_t
ngx_http_pancake_counters_fill(ngx_slab_pool_t *shpool,
    ngx_http_pancake_zone_t *zone, ngx_http_pancake_counted_t **counted,
    ngx_uint_t n)
{
    ngx_uint_t    i, missed;
    ngx_queue_t  *location, *call;

    missed = 0;

    ngx_shmtx_lock(&shpool->mutex);

    for (i = 0; i < n; i++) {

        location = ngx_queue_last(&zone->locations);
        call = ngx_queue_last(&zone->calls);

        counted[i]->counters = ngx_http_pancake_counters_place(shpool, zone,
                                                               counted[i]);

        /* what has no room for all it needs takes none */

        if (counted[i]->counters == NULL) {
            ngx_http_pancake_counters_undo(shpool, &zone->locations, location);
            ngx_http_pancake_counters_undo(shpool, &zone->calls, call);
            missed++;
        }
    }

    ngx_shmtx_unlock(&shpool->mutex);

    return missed;
}


static ngx_http_pancake_counters_t *
ngx_http_pancake_counters_place(ngx_slab_pool_t *shpool,
    ngx_http_pancake_zone_t *zone, ngx_http_pancake_counted_t *counted)
{
    ngx_uint_t                         i;
    const ngx_str_t                   *action;
    ngx_http_pancake_counters_t       *counters;
    ngx_http_pancake_call_counters_t  *call;

    counters = ngx_http_pancake_counters_find(zone, counted);

    if (counters == NULL) {
        counters = ngx_http_pancake_counters_create(shpool, zone, counted);
    }

    if (counters == NULL) {
        return NULL;
    }

    /* more than there were: a call beside has come */

    for (i = counters->ncalls; i < counted->ncalls; i++) {

        action = &counted->calls[i]->name;
        call = ngx_http_pancake_counters_find_call(zone, counters, action);

        if (call == NULL) {
            call = ngx_http_pancake_counters_create_call(shpool, zone,
                                                         counters, action);
        }

        if (call == NULL) {
            return NULL;
        }

        counters->calls[i] = call;
    }

    /* other processes look at it without the lock */

    ngx_memory_barrier();

    counters->ncalls = i;

    return counters;
}


static ngx_http_pancake_counters_t *
ngx_http_pancake_counters_find(ngx_http_pancake_zone_t *zone,
    ngx_http_pancake_counted_t *counted)
{
    ngx_queue_t                  *q;
    ngx_http_pancake_counters_t  *counters;

    for (q = ngx_queue_head(&zone->locations);
         q != ngx_queue_sentinel(&zone->locations);
         q = ngx_queue_next(q))
    {
        counters = ngx_queue_data(q, ngx_http_pancake_counters_t, queue);

        if (ngx_http_pancake_counters_equal(&counters->server,
                                            &counted->server)
            && ngx_http_pancake_counters_equal(&counters->location,
                                               &counted->location)
            && ngx_http_pancake_counters_equal(&counters->action,
                                               &counted->action))
        {
            return counters;
        }
    }

    return NULL;
}


static ngx_http_pancake_counters_t *
ngx_http_pancake_counters_create(ngx_slab_pool_t *shpool,
    ngx_http_pancake_zone_t *zone, ngx_http_pancake_counted_t *counted)
{
    u_char                       *p;
    ngx_http_pancake_counters_t  *counters;

    counters = ngx_slab_calloc_locked(shpool,
                                      sizeof(ngx_http_pancake_counters_t)
                                      + counted->server.len
                                      + counted->location.len
                                      + counted->action.len);
    if (counters == NULL) {
        return NULL;
    }

    p = (u_char *) (counters + 1);

    p = ngx_http_pancake_counters_name(p, &counters->server,
                                       &counted->server);
    p = ngx_http_pancake_counters_name(p, &counters->location,
                                       &counted->location);
    (void) ngx_http_pancake_counters_name(p, &counters->action,
                                          &counted->action);

    counters->webhook = counted->webhook;

    ngx_queue_insert_tail(&zone->locations, &counters->queue);

    return counters;
}


static ngx_http_pancake_call_counters_t *
ngx_http_pancake_counters_find_call(ngx_http_pancake_zone_t *zone,
    ngx_http_pancake_counters_t *counters, const ngx_str_t *action)
{
    ngx_queue_t                       *q;
    ngx_http_pancake_call_counters_t  *call;

    for (q = ngx_queue_head(&zone->calls);
         q != ngx_queue_sentinel(&zone->calls);
         q = ngx_queue_next(q))
    {
        call = ngx_queue_data(q, ngx_http_pancake_call_counters_t, queue);

        if (ngx_http_pancake_counters_equal(&call->owner->server,
                                            &counters->server)
            && ngx_http_pancake_counters_equal(&call->owner->location,
                                               &counters->location)
            && ngx_http_pancake_counters_equal(&call->action, action))
        {
            return call;
        }
    }

    return NULL;
}


static ngx_http_pancake_call_counters_t *
ngx_http_pancake_counters_create_call(ngx_slab_pool_t *shpool,
    ngx_http_pancake_zone_t *zone, ngx_http_pancake_counters_t *counters,
    const ngx_str_t *action)
{
    ngx_http_pancake_call_counters_t  *call;

    call = ngx_slab_calloc_locked(shpool,
                                  sizeof(ngx_http_pancake_call_counters_t)
                                  + action->len);
    if (call == NULL) {
        return NULL;
    }

    (void) ngx_http_pancake_counters_name((u_char *) (call + 1),
                                          &call->action, action);

    call->owner = counters;

    ngx_queue_insert_tail(&zone->calls, &call->queue);

    return call;
}


static void
ngx_http_pancake_counters_undo(ngx_slab_pool_t *shpool, ngx_queue_t *queue,
    ngx_queue_t *last)
{
    ngx_queue_t  *q;

    for ( ;; ) {
        q = ngx_queue_last(queue);

        if (q == last) {
            return;
        }

        ngx_queue_remove(q);
        ngx_slab_free_locked(shpool, q);
    }
}


static u_char *
ngx_http_pancake_counters_name(u_char *p, ngx_str_t *to,
    const ngx_str_t *name)
{
    to->data = p;
    to->len = name->len;

    return ngx_cpymem(p, name->data, name->len);
}


static ngx_uint_t
ngx_http_pancake_counters_equal(const ngx_str_t *a, const ngx_str_t *b)
{
    return a->len == b->len && ngx_memcmp(a->data, b->data, a->len) == 0;
}


/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_conf.h"
#include "ngx_http_pancake_counters.h"


static ngx_int_t ngx_http_pancake_counters_add(ngx_conf_t *cf,
    ngx_http_pancake_counted_t **counted);
static ngx_int_t ngx_http_pancake_counters_label(ngx_conf_t *cf,
    ngx_str_t *label, ngx_str_t *name);
static ngx_int_t ngx_http_pancake_counters_init(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_int_t ngx_http_pancake_counters_all(ngx_shm_zone_t *shm_zone,
    ngx_http_pancake_zone_t *zone, ngx_uint_t fresh);


ngx_http_pancake_gauges_t  *ngx_http_pancake_gauges;


/* a signature, a call next door, one across an ocean, retries, the deadline */

const ngx_http_pancake_bound_t  ngx_http_pancake_bounds[] = {
    { 5, ngx_string("0.005") },
    { 10, ngx_string("0.01") },
    { 25, ngx_string("0.025") },
    { 50, ngx_string("0.05") },
    { 100, ngx_string("0.1") },
    { 250, ngx_string("0.25") },
    { 500, ngx_string("0.5") },
    { 1000, ngx_string("1") },
    { 2500, ngx_string("2.5") },
    { 5000, ngx_string("5") },
    { 10000, ngx_string("10") },
    { 20000, ngx_string("20") },
    { 60000, ngx_string("60") }
};


char *
ngx_http_pancake_counters_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_pancake_main_conf_t *pmcf = conf;

    if (pmcf->status) {
        return "is duplicate";
    }

    /* what nginx itself asks of a zone, and the processes' own counters */

    pmcf->status = ngx_http_pancake_conf_zone(cf, cmd,
                       8 * ngx_pagesize + sizeof(ngx_http_pancake_zone_t),
                       &ngx_http_pancake_checkout_module);
    if (pmcf->status == NULL) {
        return NGX_CONF_ERROR;
    }

    pmcf->status->init = ngx_http_pancake_counters_init;
    pmcf->status->data = pmcf;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_pancake_counters_location(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf)
{
    ngx_uint_t                   i;
    ngx_http_pancake_counted_t  *counted;

    if (ngx_http_pancake_counters_add(cf, &counted) != NGX_OK) {
        return NGX_ERROR;
    }

    if (counted == NULL) {
        return NGX_OK;
    }

    plcf->counted = counted;
    counted->action = plcf->actions[0]->name;

    for (i = 0; i < plcf->nactions; i++) {
        counted->calls[i] = plcf->actions[i];
    }

    counted->ncalls = plcf->nactions;

    if (plcf->beside) {
        counted->calls[counted->ncalls++] = plcf->beside;
    }

    if (plcf->nactions == 1) {
        return NGX_OK;
    }

    /* a chain is called as it is configured */

    counted->action.len = plcf->actions[0]->name.len + 1
                          + plcf->actions[1]->name.len;

    counted->action.data = ngx_pnalloc(cf->pool, counted->action.len);
    if (counted->action.data == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(counted->action.data, "%V %V", &plcf->actions[0]->name,
                &plcf->actions[1]->name);

    return NGX_OK;
}


ngx_int_t
ngx_http_pancake_counters_webhook(ngx_conf_t *cf, const char *action,
    ngx_http_pancake_counted_t **counted)
{
    if (ngx_http_pancake_counters_add(cf, counted) != NGX_OK) {
        return NGX_ERROR;
    }

    if (*counted) {
        (*counted)->webhook = 1;
        (*counted)->action.data = (u_char *) action;
        (*counted)->action.len = ngx_strlen(action);
    }

    return NGX_OK;
}


/* the location that is merged; NULL: there is no zone */

static ngx_int_t
ngx_http_pancake_counters_add(ngx_conf_t *cf,
    ngx_http_pancake_counted_t **counted)
{
    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_core_srv_conf_t      *cscf;
    ngx_http_pancake_counted_t   **slot;
    ngx_http_pancake_main_conf_t  *pmcf;

    *counted = NULL;

    pmcf = ngx_http_conf_get_module_main_conf(cf,
                                            ngx_http_pancake_checkout_module);

    if (pmcf->status == NULL) {
        return NGX_OK;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    *counted = ngx_pcalloc(cf->pool, sizeof(ngx_http_pancake_counted_t));
    slot = ngx_array_push(&pmcf->counted);

    if (*counted == NULL || slot == NULL) {
        return NGX_ERROR;
    }

    *slot = *counted;

    if (ngx_http_pancake_counters_label(cf, &(*counted)->server,
                                        &cscf->server_name)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_pancake_counters_label(cf, &(*counted)->location,
                                           &clcf->name);
}


/* both formats are UTF-8, which a name in a configuration need not be */

static ngx_int_t
ngx_http_pancake_counters_label(ngx_conf_t *cf, ngx_str_t *label,
    ngx_str_t *name)
{
    size_t  i;

    *label = *name;

    if (pancake_utf8_valid(name->data, name->len)) {
        return NGX_OK;
    }

    label->data = ngx_pstrdup(cf->pool, name);
    if (label->data == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < label->len; i++) {
        if (label->data[i] >= 0x80) {
            label->data[i] = '?';
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_counters_init(ngx_shm_zone_t *shm_zone, void *data)
{
    size_t                    len;
    ngx_slab_pool_t          *shpool;
    ngx_http_pancake_zone_t  *zone;

    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (data || shm_zone->shm.exists) {
        return ngx_http_pancake_counters_all(shm_zone, shpool->data, 0);
    }

    zone = ngx_slab_calloc(shpool, sizeof(ngx_http_pancake_zone_t));
    if (zone == NULL) {
        return NGX_ERROR;
    }

    shpool->data = zone;
    ngx_queue_init(&zone->locations);
    ngx_queue_init(&zone->calls);

    len = sizeof(" in pancake_status_zone \"\"") + shm_zone->shm.name.len;

    shpool->log_ctx = ngx_slab_alloc(shpool, len);
    if (shpool->log_ctx == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(shpool->log_ctx, " in pancake_status_zone \"%V\"%Z",
                &shm_zone->shm.name);

    return ngx_http_pancake_counters_all(shm_zone, zone, 1);
}


/*
 * A new zone that is too small is a mistake of whoever made it.  One that old
 * configurations have filled is none, and must not hold up a reload, which may
 * be that of a new key.
 */

static ngx_int_t
ngx_http_pancake_counters_all(ngx_shm_zone_t *shm_zone,
    ngx_http_pancake_zone_t *zone, ngx_uint_t fresh)
{
    ngx_uint_t                     missed;
    ngx_slab_pool_t               *shpool;
    ngx_http_pancake_main_conf_t  *pmcf;

    pmcf = shm_zone->data;
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    /* what is wrong is told below, in better words than the allocator's */

    shpool->log_nomem = 0;

    missed = ngx_http_pancake_counters_fill(shpool, zone, pmcf->counted.elts,
                                            pmcf->counted.nelts);
    if (missed == 0) {
        return NGX_OK;
    }

    if (fresh) {
        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "pancake_status_zone \"%V\" is too small for %ui "
                      "locations, make it larger",
                      &shm_zone->shm.name, pmcf->counted.nelts);
        return NGX_ERROR;
    }

    ngx_log_error(NGX_LOG_WARN, shm_zone->shm.log, 0,
                  "pancake_status_zone \"%V\" is full, %ui of %ui locations "
                  "are not counted, give it another size: it starts from 0 "
                  "then", &shm_zone->shm.name, missed, pmcf->counted.nelts);

    return NGX_OK;
}


void
ngx_http_pancake_counters_process(ngx_http_pancake_main_conf_t *pmcf)
{
    ngx_slab_pool_t            *shpool;
    ngx_http_pancake_zone_t    *zone;
    ngx_http_pancake_gauges_t  *gauges;

    ngx_http_pancake_gauges = NULL;

    if (pmcf == NULL || pmcf->status == NULL) {
        return;
    }

    shpool = (ngx_slab_pool_t *) pmcf->status->shm.addr;
    zone = shpool->data;

    /* the slot of a process is free again once the master has seen its end */

    gauges = &zone->processes[ngx_process_slot];

    /* without a master this is not the beginning, but a reload */

    if (gauges->pid != (ngx_atomic_uint_t) ngx_pid) {
        gauges->waiting = 0;
        gauges->flight = 0;
        gauges->pid = ngx_pid;
    }

    ngx_http_pancake_gauges = gauges;
}


ngx_array_t *
ngx_http_pancake_counters_list(ngx_pool_t *pool, ngx_shm_zone_t *shm_zone)
{
    ngx_array_t                   *list;
    ngx_queue_t                   *q;
    ngx_slab_pool_t               *shpool;
    ngx_http_pancake_zone_t       *zone;
    ngx_http_pancake_counters_t  **counters;

    list = ngx_array_create(pool, 16, sizeof(ngx_http_pancake_counters_t *));
    if (list == NULL) {
        return NULL;
    }

    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;
    zone = shpool->data;

    /* a reload may be adding to it */

    ngx_shmtx_lock(&shpool->mutex);

    for (q = ngx_queue_head(&zone->locations);
         q != ngx_queue_sentinel(&zone->locations);
         q = ngx_queue_next(q))
    {
        counters = ngx_array_push(list);

        if (counters == NULL) {
            list = NULL;
            break;
        }

        *counters = ngx_queue_data(q, ngx_http_pancake_counters_t, queue);
    }

    ngx_shmtx_unlock(&shpool->mutex);

    return list;
}


void
ngx_http_pancake_counters_gauges(ngx_shm_zone_t *shm_zone,
    ngx_http_pancake_gauges_t *sum)
{
    ngx_uint_t                  i;
    ngx_slab_pool_t            *shpool;
    ngx_http_pancake_zone_t    *zone;
    ngx_http_pancake_gauges_t  *gauges;

    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;
    zone = shpool->data;

    ngx_memzero(sum, sizeof(ngx_http_pancake_gauges_t));

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {

        gauges = &zone->processes[i];

        /* of one that was killed nothing is under way any more */

        if (gauges->waiting + gauges->flight == 0
            || (kill((ngx_pid_t) gauges->pid, 0) == -1 && ngx_errno == ESRCH))
        {
            continue;
        }

        sum->waiting += gauges->waiting;
        sum->flight += gauges->flight;
    }
}

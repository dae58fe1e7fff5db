
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_job.h"
#include "ngx_http_pancake_memo.h"
#include "ngx_http_pancake_sign.h"
#include "ngx_http_pancake_signing.h"


/* pancake_signature_cache's defaults; reuse in seconds */
#define NGX_HTTP_PANCAKE_CACHE_ENTRIES  1024
#define NGX_HTTP_PANCAKE_CACHE_REUSE    1

/* of signatures; some 60 MB a worker */
#define NGX_HTTP_PANCAKE_MAX_ENTRIES    100000

/* of inputs and bodies, which buyers may make large; some 4 MB at most */
#define NGX_HTTP_PANCAKE_MAX_BODIES     1024

/* of the pool that is there by itself */
#define NGX_HTTP_PANCAKE_THREADS        1

/* seconds; the API takes timestamps that are five minutes old */
#define NGX_HTTP_PANCAKE_MAX_REUSE      30


static ngx_http_pancake_cache_t *ngx_http_pancake_signing_cache_create(
    ngx_conf_t *cf, ngx_uint_t entries, time_t reuse);
#if (NGX_THREADS)
static ngx_http_pancake_queue_t *ngx_http_pancake_signing_named(
    ngx_conf_t *cf, ngx_str_t *value, ngx_str_t *directive);
static ngx_http_pancake_queue_t *ngx_http_pancake_signing_own(ngx_conf_t *cf);
#endif
static ngx_event_module_t *ngx_http_pancake_signing_events(
    ngx_cycle_t *cycle, ngx_uint_t index);


#if (NGX_THREADS)

extern ngx_module_t  ngx_thread_pool_module;


static ngx_str_t  ngx_http_pancake_signing_words[] = {
    ngx_string("thread_pool"),
    ngx_string("pancake_checkout"),
    ngx_string("threads=" ngx_value(NGX_HTTP_PANCAKE_THREADS))
};

#endif


/* "inline | threads[=pool]" */

char *
ngx_http_pancake_signing(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    ngx_str_t  *value;

    if (plcf->signing != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 6 && ngx_strncmp(value[1].data, "inline", 6) == 0) {
        plcf->signing = NGX_HTTP_PANCAKE_SIGNING_INLINE;
        return NGX_CONF_OK;
    }

    if (value[1].len < 7 || ngx_strncmp(value[1].data, "threads", 7) != 0
        || value[1].len == 8
        || (value[1].len > 8 && value[1].data[7] != '='))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\" directive, it must "
                           "be \"inline\", \"threads\" or \"threads=pool\"",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    plcf->signing = NGX_HTTP_PANCAKE_SIGNING_THREADS;

#if (NGX_THREADS)

    if (value[1].len == 7) {
        return NGX_CONF_OK;
    }

    plcf->queue = ngx_http_pancake_signing_named(cf, &value[1], &cmd->name);

    return plcf->queue ? NGX_CONF_OK : NGX_CONF_ERROR;

#else

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"%V\" in \"%V\" directive needs an nginx built "
                       "--with-threads, use \"inline\"",
                       &value[1], &cmd->name);
    return NGX_CONF_ERROR;

#endif
}


#if (NGX_THREADS)

/* of "threads=pool" */

static ngx_http_pancake_queue_t *
ngx_http_pancake_signing_named(ngx_conf_t *cf, ngx_str_t *value,
    ngx_str_t *directive)
{
    ngx_str_t           name;
    ngx_thread_pool_t  *pool;

    name.data = value->data + 8;
    name.len = value->len - 8;

    /* threads that sign stay at the lowest priority */

    if (name.len == 7 && ngx_strncmp(name.data, "default", 7) == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the thread pool \"default\" reads files and "
                           "cannot sign, name another in \"%V\" directive",
                           directive);
        return NULL;
    }

    if (name.len == ngx_http_pancake_signing_words[1].len
        && ngx_strncmp(name.data, ngx_http_pancake_signing_words[1].data,
                       name.len)
           == 0)
    {
        return ngx_http_pancake_signing_own(cf);
    }

    pool = ngx_thread_pool_add(cf, &name);
    if (pool == NULL) {
        return NULL;
    }

    /* how many threads it has, only nginx knows; more would be idle */

    return ngx_http_pancake_job_queue(cf, pool, ngx_ncpu);
}

#endif


/* "entries [reuse=time] | off" */

char *
ngx_http_pancake_signing_cache(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    time_t      reuse;
    ngx_int_t   n;
    ngx_str_t  *value, text;

    if (plcf->cache) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && value[1].len == 3
        && ngx_strncmp(value[1].data, "off", 3) == 0)
    {
        n = 0;

    } else {
        n = ngx_atoi(value[1].data, value[1].len);

        if (n < 1 || n > NGX_HTTP_PANCAKE_MAX_ENTRIES) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid number of entries \"%V\" in \"%V\" "
                               "directive, it must be 1 to %d, or \"off\" "
                               "alone", &value[1], &cmd->name,
                               NGX_HTTP_PANCAKE_MAX_ENTRIES);
            return NGX_CONF_ERROR;
        }
    }

    reuse = NGX_HTTP_PANCAKE_CACHE_REUSE;

    if (cf->args->nelts == 3) {

        reuse = NGX_ERROR;

        if (value[2].len > 6 && ngx_strncmp(value[2].data, "reuse=", 6) == 0) {
            text.data = value[2].data + 6;
            text.len = value[2].len - 6;

            reuse = ngx_parse_time(&text, 1);
        }

        if (reuse < 1 || reuse > NGX_HTTP_PANCAKE_MAX_REUSE) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" in \"%V\" directive, "
                               "it must be \"reuse=time\" of 1s to %ds",
                               &value[2], &cmd->name,
                               NGX_HTTP_PANCAKE_MAX_REUSE);
            return NGX_CONF_ERROR;
        }
    }

    plcf->cache = ngx_http_pancake_signing_cache_create(cf, n, reuse);

    return plcf->cache ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* no entries: off */

static ngx_http_pancake_cache_t *
ngx_http_pancake_signing_cache_create(ngx_conf_t *cf, ngx_uint_t entries,
    time_t reuse)
{
    ngx_http_pancake_cache_t  *cache;

    cache = ngx_pcalloc(cf->pool, sizeof(ngx_http_pancake_cache_t));
    if (cache == NULL) {
        return NULL;
    }

    cache->reuse = reuse;

    if (entries) {
        cache->signatures = ngx_http_pancake_sign_cache(cf, entries);
        entries = ngx_min(entries, NGX_HTTP_PANCAKE_MAX_BODIES);

        cache->bodies = ngx_http_pancake_memo_cache(cf, entries);
        cache->seen = ngx_pcalloc(cf->pool, entries * sizeof(uint32_t));

        if (cache->signatures == NULL || cache->bodies == NULL
            || cache->seen == NULL)
        {
            return NULL;
        }
    }

    return cache;
}


ngx_int_t
ngx_http_pancake_signing_merge(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *prev, ngx_http_pancake_loc_conf_t *conf)
{
    ngx_http_pancake_main_conf_t  *pmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf,
                                            ngx_http_pancake_checkout_module);

    if (conf->signing == NGX_CONF_UNSET_UINT) {
        conf->signing = prev->signing;
        conf->queue = prev->queue;
    }

    if (conf->signing == NGX_CONF_UNSET_UINT) {
#if (NGX_THREADS)
        conf->signing = NGX_HTTP_PANCAKE_SIGNING_THREADS;
#else
        conf->signing = NGX_HTTP_PANCAKE_SIGNING_INLINE;
#endif
    }

    if (conf->cache == NULL) {
        conf->cache = prev->cache;
    }

    if (conf->cache == NULL) {

        if (pmcf->cache == NULL) {
            pmcf->cache = ngx_http_pancake_signing_cache_create(cf,
                                               NGX_HTTP_PANCAKE_CACHE_ENTRIES,
                                               NGX_HTTP_PANCAKE_CACHE_REUSE);
            if (pmcf->cache == NULL) {
                return NGX_ERROR;
            }
        }

        conf->cache = pmcf->cache;
    }

#if (NGX_THREADS)

    /* nginx starts the threads of every pool, so only where one is used */

    if (conf->signing == NGX_HTTP_PANCAKE_SIGNING_THREADS
        && conf->queue == NULL
        && conf->nactions && conf->credential && conf->credential->key)
    {
        conf->queue = ngx_http_pancake_signing_own(cf);

        if (conf->queue == NULL) {
            return NGX_ERROR;
        }
    }

#endif

    return NGX_OK;
}


#if (NGX_THREADS)

/*
 * The pool that is there by itself, as if the configuration had the directive:
 * nginx has no other way to make one that is not written down.  Where it is
 * written down, in front of "http", that one is taken.
 */

static ngx_http_pancake_queue_t *
ngx_http_pancake_signing_own(ngx_conf_t *cf)
{
    char               *rv;
    ngx_str_t          *words;
    ngx_uint_t          n;
    ngx_array_t         args, *saved;
    ngx_command_t      *cmd;
    ngx_thread_pool_t  *pool;

    words = ngx_http_pancake_signing_words;
    n = sizeof(ngx_http_pancake_signing_words) / sizeof(ngx_str_t);

    pool = ngx_thread_pool_get(cf->cycle, &words[1]);

    if (pool) {
        return ngx_http_pancake_job_queue(cf, pool, ngx_ncpu);
    }

    for (cmd = ngx_thread_pool_module.commands; cmd->name.len; cmd++) {

        if (cmd->name.len != words[0].len
            || ngx_strncmp(cmd->name.data, words[0].data, words[0].len) != 0)
        {
            continue;
        }

        ngx_memzero(&args, sizeof(ngx_array_t));

        args.elts = words;
        args.nelts = n;

        saved = cf->args;
        cf->args = &args;

        rv = cmd->set(cf, cmd, NULL);

        cf->args = saved;

        if (rv != NGX_CONF_OK) {
            return NULL;
        }

        break;
    }

    pool = ngx_thread_pool_get(cf->cycle, &words[1]);

    return pool ? ngx_http_pancake_job_queue(cf, pool,
                                             NGX_HTTP_PANCAKE_THREADS)
                : NULL;
}

#endif


ngx_int_t
ngx_http_pancake_signing_check(ngx_cycle_t *cycle,
    ngx_http_pancake_main_conf_t *pmcf)
{
    void                ***ctx;
    ngx_event_conf_t      *ecf;
    ngx_event_module_t    *module;

    if (pmcf->queues.nelts == 0) {
        return NGX_OK;
    }

    ctx = ngx_get_conf(cycle->conf_ctx, ngx_events_module);
    ecf = (*ctx)[ngx_event_core_module.ctx_index];

    module = ngx_http_pancake_signing_events(cycle, ecf->use);

    if (module == NULL || module->actions.notify) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                  "threads cannot wake the event method \"%s\" when they "
                  "have signed, set \"pancake_signing inline\"", ecf->name);

    return NGX_ERROR;
}


/* the event module of that index, or NULL */

static ngx_event_module_t *
ngx_http_pancake_signing_events(ngx_cycle_t *cycle, ngx_uint_t index)
{
    ngx_uint_t  i;

    for (i = 0; cycle->modules[i]; i++) {

        if (cycle->modules[i]->type == NGX_EVENT_MODULE
            && cycle->modules[i]->ctx_index == index)
        {
            return cycle->modules[i]->ctx;
        }
    }

    return NULL;
}

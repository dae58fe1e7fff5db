
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

/* some 60 MB a worker */
#define NGX_HTTP_PANCAKE_MAX_ENTRIES    100000

/* of the pool that is there by itself */
#define NGX_HTTP_PANCAKE_THREADS        1

/* seconds; the API takes timestamps that are five minutes old */
#define NGX_HTTP_PANCAKE_MAX_REUSE      30


static ngx_http_pancake_cache_t *ngx_http_pancake_signing_cache_create(
    ngx_conf_t *cf, ngx_uint_t entries, time_t reuse);
#if (NGX_THREADS)
extern ngx_module_t  ngx_thread_pool_module;

static ngx_thread_pool_t *ngx_http_pancake_signing_pool(ngx_conf_t *cf);
#endif


/* "inline | threads[=pool]" */

char *
ngx_http_pancake_signing(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    ngx_str_t          *value, name;
#if (NGX_THREADS)
    ngx_thread_pool_t  *pool;
#endif

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

    name.len = value[1].len - 7;

#if (NGX_THREADS)

    if (name.len == 0) {
        return NGX_CONF_OK;
    }

    name.data = value[1].data + 8;
    name.len--;

    /* threads that sign stay at the lowest priority */

    if (name.len == 7 && ngx_strncmp(name.data, "default", 7) == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the thread pool \"default\" reads files and "
                           "cannot sign, name another in \"%V\" directive",
                           &cmd->name);
        return NGX_CONF_ERROR;
    }

    pool = ngx_thread_pool_add(cf, &name);
    if (pool == NULL) {
        return NGX_CONF_ERROR;
    }

    /* how many threads it has, only nginx knows; more would be idle */

    plcf->queue = ngx_http_pancake_job_queue(cf, pool, ngx_ncpu);

    return plcf->queue ? NGX_CONF_OK : NGX_CONF_ERROR;

#else

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"%V\" in \"%V\" directive needs an nginx built "
                       "--with-threads, use \"inline\"",
                       &value[1], &cmd->name);
    return NGX_CONF_ERROR;

#endif
}


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
#if (NGX_THREADS)
    ngx_thread_pool_t             *pool;
#endif

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
        && (conf->nactions || prev->nactions)
        && conf->credential && conf->credential->key)
    {
        pool = ngx_http_pancake_signing_pool(cf);
        if (pool == NULL) {
            return NGX_ERROR;
        }

        conf->queue = ngx_http_pancake_job_queue(cf, pool,
                                                 NGX_HTTP_PANCAKE_THREADS);
        if (conf->queue == NULL) {
            return NGX_ERROR;
        }
    }

#endif

    return NGX_OK;
}


#if (NGX_THREADS)

/*
 * As if the configuration had the directive: nginx has no other way to make
 * a pool that is not written down.
 */

static ngx_thread_pool_t *
ngx_http_pancake_signing_pool(ngx_conf_t *cf)
{
    ngx_array_t         args, *saved;
    ngx_command_t      *cmd;
    ngx_thread_pool_t  *pool;

    static ngx_str_t    words[] = {
        ngx_string("thread_pool"),
        ngx_string("pancake_checkout"),
        ngx_string("threads=" ngx_value(NGX_HTTP_PANCAKE_THREADS))
    };

    pool = ngx_thread_pool_get(cf->cycle, &words[1]);
    if (pool) {
        return pool;
    }

    for (cmd = ngx_thread_pool_module.commands; cmd->name.len; cmd++) {

        if (cmd->name.len != words[0].len
            || ngx_strncmp(cmd->name.data, words[0].data, words[0].len) != 0)
        {
            continue;
        }

        ngx_memzero(&args, sizeof(ngx_array_t));

        args.elts = words;
        args.nelts = sizeof(words) / sizeof(ngx_str_t);

        saved = cf->args;
        cf->args = &args;

        if (cmd->set(cf, cmd, NULL) != NGX_CONF_OK) {
            cf->args = saved;
            return NULL;
        }

        cf->args = saved;
        break;
    }

    return ngx_thread_pool_get(cf->cycle, &words[1]);
}

#endif

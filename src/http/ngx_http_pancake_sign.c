
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_job.h"
#include "ngx_http_pancake_sign.h"


/* what makes two signatures of one second the same (contract.md section 2) */

typedef struct {
    pancake_signer_t            *signer;
    const ngx_str_t             *path;      /* in the table of actions */
    u_char                       hash[PANCAKE_BODY_HASH_LEN];
} ngx_http_pancake_sign_key_t;


typedef struct {
    pancake_cache_entry_t        entry;
    ngx_http_pancake_sign_key_t  key;
    ngx_http_pancake_job_t      *job;       /* about to fill it, or NULL */
    pancake_signed_t             sig;
} ngx_http_pancake_sign_entry_t;


static ngx_int_t ngx_http_pancake_sign_prepare(ngx_http_pancake_call_t *call,
    pancake_signer_t *signer);
static ngx_rbtree_key_t ngx_http_pancake_sign_hash(
    ngx_http_pancake_call_t *call, ngx_http_pancake_loc_conf_t *plcf,
    ngx_http_pancake_sign_key_t *key);
static ngx_http_pancake_sign_entry_t *ngx_http_pancake_sign_find(
    ngx_http_pancake_call_t *call, ngx_http_pancake_loc_conf_t *plcf);
static ngx_http_pancake_sign_entry_t *ngx_http_pancake_sign_add(
    ngx_http_pancake_call_t *call, ngx_http_pancake_loc_conf_t *plcf);
static ngx_uint_t ngx_http_pancake_sign_equal(pancake_cache_entry_t *entry,
    const void *key);
static void ngx_http_pancake_sign_forget(pancake_cache_entry_t *entry);
static ngx_int_t ngx_http_pancake_sign_inline(ngx_http_pancake_call_t *call,
    ngx_http_pancake_loc_conf_t *plcf, ngx_http_pancake_sign_entry_t *entry);
static ngx_int_t ngx_http_pancake_sign_thread(ngx_http_pancake_call_t *call,
    ngx_http_pancake_loc_conf_t *plcf, ngx_http_pancake_sign_entry_t *entry);
static void ngx_http_pancake_sign_keep(ngx_http_pancake_job_t *job);
static void ngx_http_pancake_sign_done(void *data,
    ngx_http_pancake_job_t *job);
static void ngx_http_pancake_sign_failed(ngx_http_pancake_call_t *call);


ngx_int_t
ngx_http_pancake_sign(ngx_http_pancake_call_t *call,
    void (*handler)(ngx_http_pancake_call_t *call))
{
    time_t                          age;
    pancake_signer_t               *signer;
    ngx_http_pancake_loc_conf_t    *plcf;
    ngx_http_pancake_sign_entry_t  *entry;

    plcf = ngx_http_get_module_loc_conf(call->request,
                                        ngx_http_pancake_checkout_module);
    signer = plcf->credential->signer;

    if (signer == NULL) {
        call->signing = NGX_HTTP_PANCAKE_UNSIGNED;
        return NGX_OK;
    }

    if (ngx_http_pancake_sign_prepare(call, signer) != NGX_OK) {
        return NGX_ERROR;
    }

    entry = ngx_http_pancake_sign_find(call, plcf);

    if (entry && entry->sig.time) {

        /* a clock that was put back makes no old signature young again */

        age = ngx_time() - entry->sig.time;

        if (age >= 0 && age < plcf->cache->reuse) {
            pancake_signed_copy(&call->sig, &entry->sig);
            call->signing = NGX_HTTP_PANCAKE_SIGNED_CACHED;
            return NGX_OK;
        }
    }

    if (plcf->signing == NGX_HTTP_PANCAKE_SIGNING_INLINE) {
        return ngx_http_pancake_sign_inline(call, plcf, entry);
    }

    call->signed_handler = handler;

    return ngx_http_pancake_sign_thread(call, plcf, entry);
}


/* once for all attempts of a call */

static ngx_int_t
ngx_http_pancake_sign_prepare(ngx_http_pancake_call_t *call,
    pancake_signer_t *signer)
{
    u_char  *p;

    if (call->sig.text.data) {
        return NGX_OK;
    }

    if (call->hash[0] == '\0'
        && pancake_body_hash(&call->body, call->hash) != NGX_OK)
    {
        ngx_http_pancake_sign_failed(call);
        return NGX_ERROR;
    }

    p = ngx_pnalloc(call->request->pool, pancake_signed_size(signer));
    if (p == NULL) {
        return NGX_ERROR;
    }

    pancake_signed_init(&call->sig, p);

    return NGX_OK;
}


static ngx_rbtree_key_t
ngx_http_pancake_sign_hash(ngx_http_pancake_call_t *call,
    ngx_http_pancake_loc_conf_t *plcf, ngx_http_pancake_sign_key_t *key)
{
    ngx_rbtree_key_t  hash;

    key->signer = plcf->credential->signer;
    key->path = &call->action->path;
    ngx_memcpy(key->hash, call->hash, PANCAKE_BODY_HASH_LEN);

    /* the digest is as good as random, also eight characters of it */

    ngx_memcpy(&hash, call->hash, sizeof(ngx_rbtree_key_t));

    return hash ^ (ngx_rbtree_key_t) key->signer
           ^ (ngx_rbtree_key_t) key->path;
}


/* what there is for the call, perhaps without a signature yet, or NULL */

static ngx_http_pancake_sign_entry_t *
ngx_http_pancake_sign_find(ngx_http_pancake_call_t *call,
    ngx_http_pancake_loc_conf_t *plcf)
{
    ngx_rbtree_key_t              hash;
    ngx_http_pancake_sign_key_t   key;

    if (plcf->cache->signatures == NULL) {
        return NULL;
    }

    hash = ngx_http_pancake_sign_hash(call, plcf, &key);

    return (ngx_http_pancake_sign_entry_t *)
               pancake_cache_find(plcf->cache->signatures, hash, &key);
}


/* a place for its signature, once that is sure to come; NULL: no room */

static ngx_http_pancake_sign_entry_t *
ngx_http_pancake_sign_add(ngx_http_pancake_call_t *call,
    ngx_http_pancake_loc_conf_t *plcf)
{
    ngx_rbtree_key_t                hash;
    ngx_http_pancake_sign_key_t     key;
    ngx_http_pancake_sign_entry_t  *e;

    if (plcf->cache->signatures == NULL) {
        return NULL;
    }

    hash = ngx_http_pancake_sign_hash(call, plcf, &key);

    e = (ngx_http_pancake_sign_entry_t *)
            pancake_cache_add(plcf->cache->signatures, hash,
                              sizeof(ngx_http_pancake_sign_entry_t)
                              + pancake_signed_size(key.signer));

    if (e) {
        e->key = key;
        pancake_signed_init(&e->sig, (u_char *) (e + 1));
    }

    return e;
}


static ngx_uint_t
ngx_http_pancake_sign_equal(pancake_cache_entry_t *entry, const void *key)
{
    const ngx_http_pancake_sign_key_t *k = key;

    ngx_http_pancake_sign_entry_t  *e;

    e = (ngx_http_pancake_sign_entry_t *) entry;

    return e->key.signer == k->signer
           && e->key.path == k->path
           && ngx_memcmp(e->key.hash, k->hash, PANCAKE_BODY_HASH_LEN) == 0;
}


/* a job goes on without its entry */

static void
ngx_http_pancake_sign_forget(pancake_cache_entry_t *entry)
{
    ngx_http_pancake_sign_entry_t  *e;

    e = (ngx_http_pancake_sign_entry_t *) entry;

    if (e->job) {
        e->job->data = NULL;
    }
}


static ngx_int_t
ngx_http_pancake_sign_inline(ngx_http_pancake_call_t *call,
    ngx_http_pancake_loc_conf_t *plcf, ngx_http_pancake_sign_entry_t *entry)
{
    if (pancake_sign_at(plcf->credential->signer, ngx_time(),
                        &call->action->path, call->hash, &call->sig)
        != NGX_OK)
    {
        ngx_http_pancake_sign_failed(call);
        return NGX_ERROR;
    }

    if (entry == NULL) {
        entry = ngx_http_pancake_sign_add(call, plcf);
    }

    if (entry) {
        pancake_signed_copy(&entry->sig, &call->sig);
    }

    call->signing = NGX_HTTP_PANCAKE_SIGNED_INLINE;

    return NGX_OK;
}


/* the same bytes are signed once for all who ask for them meanwhile */

static ngx_int_t
ngx_http_pancake_sign_thread(ngx_http_pancake_call_t *call,
    ngx_http_pancake_loc_conf_t *plcf, ngx_http_pancake_sign_entry_t *entry)
{
    ngx_http_pancake_job_t  *job;

    call->waiter.handler = ngx_http_pancake_sign_done;
    call->waiter.data = call;

    if (entry && entry->job) {
        call->signing = NGX_HTTP_PANCAKE_SIGNED_CACHED;
        ngx_http_pancake_job_wait(entry->job, &call->waiter);
        return NGX_AGAIN;
    }

    job = ngx_http_pancake_job(plcf->queue, plcf->credential->signer,
                               &call->action->path, call->hash,
                               entry && entry->sig.time, &call->waiter);
    if (job == NULL) {
        return NGX_BUSY;
    }

    call->signing = NGX_HTTP_PANCAKE_SIGNED_THREAD;

    if (entry == NULL) {
        entry = ngx_http_pancake_sign_add(call, plcf);
    }

    if (entry) {
        entry->job = job;
        job->data = entry;
    }

    job->done = ngx_http_pancake_sign_keep;

    return NGX_AGAIN;
}


static void
ngx_http_pancake_sign_keep(ngx_http_pancake_job_t *job)
{
    ngx_http_pancake_sign_entry_t *entry = job->data;

    if (entry == NULL) {
        return;
    }

    entry->job = NULL;

    if (job->sig.time) {
        pancake_signed_copy(&entry->sig, &job->sig);
    }
}


static void
ngx_http_pancake_sign_done(void *data, ngx_http_pancake_job_t *job)
{
    ngx_http_pancake_call_t *call = data;

    if (job->sig.time) {
        pancake_signed_copy(&call->sig, &job->sig);

    } else {
        call->sig.time = 0;
        call->sig.timestamp.len = job->sig.timestamp.len;

        if (call->sig.timestamp.len) {
            ngx_http_pancake_sign_failed(call);
        }
    }

    call->signed_handler(call);
}


static void
ngx_http_pancake_sign_failed(ngx_http_pancake_call_t *call)
{
    ngx_log_error(NGX_LOG_CRIT, call->request->connection->log, 0,
                  "pancake checkout: signing failed");
}


void
ngx_http_pancake_sign_leave(ngx_http_pancake_call_t *call)
{
    ngx_http_pancake_job_leave(&call->waiter);
}


pancake_cache_t *
ngx_http_pancake_sign_cache(ngx_conf_t *cf, ngx_uint_t max)
{
    pancake_cache_t  *cache;

    cache = pancake_cache_create(cf->pool, &cf->cycle->new_log, max);
    if (cache == NULL) {
        return NULL;
    }

    cache->equal = ngx_http_pancake_sign_equal;
    cache->forget = ngx_http_pancake_sign_forget;

    return cache;
}

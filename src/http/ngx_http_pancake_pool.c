
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_pool.h"


/* bytes; what an attempt needs, but for nginx's own buffer, fits */
#define NGX_HTTP_PANCAKE_POOL_SIZE  8192

/* half a megabyte that a busy worker keeps */
#define NGX_HTTP_PANCAKE_POOL_IDLE  64


/*
 * Given back to malloc, so much memory goes on to the system and comes back
 * page by page with the next requests: that alone would take a tenth of the
 * time.  A debugging build does so, since it looks for memory in use after
 * its end.
 */

#if (NGX_DEBUG_PALLOC)

#define ngx_http_pancake_pool_kept(pool)  0

#else

#define ngx_http_pancake_pool_kept(pool)                                      \
    ((pool)->d.next == NULL                                                   \
     && ngx_http_pancake_pool_nidle < NGX_HTTP_PANCAKE_POOL_IDLE)

#endif


static ngx_pool_t  *ngx_http_pancake_pool_idle[NGX_HTTP_PANCAKE_POOL_IDLE];
static ngx_uint_t   ngx_http_pancake_pool_nidle;


ngx_pool_t *
ngx_http_pancake_pool_get(ngx_log_t *log)
{
    ngx_pool_t  *pool;

    if (ngx_http_pancake_pool_nidle == 0) {
        return ngx_create_pool(NGX_HTTP_PANCAKE_POOL_SIZE, log);
    }

    pool = ngx_http_pancake_pool_idle[--ngx_http_pancake_pool_nidle];
    pool->log = log;

    return pool;
}


void
ngx_http_pancake_pool_put(ngx_pool_t *pool)
{
    ngx_pool_cleanup_t  *cln;

    if (!ngx_http_pancake_pool_kept(pool)) {
        ngx_destroy_pool(pool);
        return;
    }

    /* nginx's own reset leaves cleanups alone */

    for (cln = pool->cleanup; cln; cln = cln->next) {
        if (cln->handler) {
            cln->handler(cln->data);
        }
    }

    pool->cleanup = NULL;

    ngx_reset_pool(pool);

    pool->log = ngx_cycle->log;

    ngx_http_pancake_pool_idle[ngx_http_pancake_pool_nidle++] = pool;
}

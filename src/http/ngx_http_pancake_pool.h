
/*
 * Copyright (C) pancake checkout contributors
 *
 * Memory for attempts, kept by a worker from one to the next.
 */


#ifndef _NGX_HTTP_PANCAKE_POOL_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_POOL_H_INCLUDED_


#include "ngx_http_pancake.h"


/* An empty pool, or NULL when there is no memory. */
ngx_pool_t *ngx_http_pancake_pool_get(ngx_log_t *log);

/* As ngx_destroy_pool(): runs the pool's cleanups and frees what is in it. */
void ngx_http_pancake_pool_put(ngx_pool_t *pool);


#endif /* _NGX_HTTP_PANCAKE_POOL_H_INCLUDED_ */

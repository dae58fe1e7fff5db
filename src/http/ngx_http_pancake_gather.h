
/*
 * Copyright (C) pancake checkout contributors
 *
 * An answer that comes in pieces becomes one piece of memory.
 */


#ifndef _NGX_HTTP_PANCAKE_GATHER_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_GATHER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * Appends "len" bytes to "text", for which there is memory of *size bytes (0:
 * none yet); more comes out of the pool.  "expected" is how many bytes it will
 * be in all, -1: unknown; whoever calls limits both.  Returns NGX_OK or
 * NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_pancake_gather(ngx_pool_t *pool, ngx_str_t *text,
    size_t *size, off_t expected, const u_char *data, size_t len);


#endif /* _NGX_HTTP_PANCAKE_GATHER_H_INCLUDED_ */

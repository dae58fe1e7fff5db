
/*
 * Copyright (C) pancake checkout contributors
 *
 * Secrets come from files or the environment, never from nginx.conf itself,
 * which "nginx -T" prints.
 */


#ifndef _NGX_HTTP_PANCAKE_SECRET_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_SECRET_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_HTTP_PANCAKE_MAX_SECRET   65536


/*
 * Reads the secret that a directive's parameter names: "env:NAME", or a file
 * relative to the directory of nginx.conf.  Warns about a file that others
 * than its owner may use.  The bytes are in memory of cf->pool, whose
 * cleanup wipes them.  Returns NGX_OK, or NGX_ERROR after logging why.
 */
ngx_int_t ngx_http_pancake_secret_read(ngx_conf_t *cf, ngx_str_t *param,
    ngx_str_t *secret);

/*
 * Memory of the pool for secret bytes: wiped before the pool is destroyed.
 * Returns NULL when there is none.
 */
u_char *ngx_http_pancake_secret_alloc(ngx_pool_t *pool, size_t size);


#endif /* _NGX_HTTP_PANCAKE_SECRET_H_INCLUDED_ */

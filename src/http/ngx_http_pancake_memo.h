
/*
 * Copyright (C) pancake checkout contributors
 *
 * Equal input in one location becomes an equal body: what was found out about
 * it once holds for the next buyer of the same thing.
 */


#ifndef _NGX_HTTP_PANCAKE_MEMO_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_MEMO_H_INCLUDED_


#include "ngx_http_pancake.h"


/* all that a body is made of, but for the configuration */

typedef struct {
    ngx_http_pancake_loc_conf_t *plcf;
    ngx_uint_t                   form;      /* of the input */
    ngx_str_t                    text;      /* the input as it came */
    ngx_str_t                    origin;    /* of the shop, or empty */
    ngx_array_t                 *values;    /* ngx_str_t, of pancake_set */
} ngx_http_pancake_memo_key_t;


/*
 * A cache of at most "max" bodies, or NULL when there is no memory.
 */
pancake_cache_t *ngx_http_pancake_memo_cache(ngx_conf_t *cf, ngx_uint_t max);

/*
 * The body that was made of the same before, copied to the pool, and its
 * hash, which is left alone when none was kept.  Returns NGX_OK,
 * NGX_DECLINED (it is not known), or NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_pancake_memo_find(ngx_http_pancake_memo_key_t *key,
    ngx_pool_t *pool, ngx_str_t *body, u_char hash[PANCAKE_BODY_HASH_LEN]);

/*
 * Keeps a body that was asked for before, if it is not too long, and its
 * hash, which may be all zero.  What there is no memory for is made again.
 */
void ngx_http_pancake_memo_add(ngx_http_pancake_memo_key_t *key,
    const ngx_str_t *body, const u_char hash[PANCAKE_BODY_HASH_LEN]);


#endif /* _NGX_HTTP_PANCAKE_MEMO_H_INCLUDED_ */

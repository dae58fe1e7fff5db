
/*
 * Copyright (C) pancake checkout contributors
 *
 * The header fields of a request to the API: all of them, for nothing of the
 * buyer's header goes there (contract.md sections 2, 3 and 5).
 */


#ifndef _NGX_HTTP_PANCAKE_API_HEADERS_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_API_HEADERS_H_INCLUDED_


#include "ngx_http_pancake.h"


/*
 * Prepares plcf->headers and plcf->uris of a checkout location, after
 * everything they are made of was merged.  Returns NGX_OK or NGX_ERROR (no
 * memory).
 */
ngx_int_t ngx_http_pancake_api_headers_prepare(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf);

/*
 * Makes *headers the fields of the call's next attempt, with call->sig and
 * call->key as they are now; those must live as long as the list, which is
 * the pool's.  Returns NGX_OK or NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_pancake_api_headers(ngx_http_pancake_call_t *call,
    ngx_pool_t *pool, ngx_list_t *headers);


#endif /* _NGX_HTTP_PANCAKE_API_HEADERS_H_INCLUDED_ */

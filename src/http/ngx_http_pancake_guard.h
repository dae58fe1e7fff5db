
/*
 * Copyright (C) pancake checkout contributors
 *
 * Who may ask at all: decided from the request line and header fields,
 * before a byte of the body is read.
 */


#ifndef _NGX_HTTP_PANCAKE_GUARD_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_GUARD_H_INCLUDED_


#include "ngx_http_pancake_error.h"


/*
 * Checks the method, pancake_require, previews, the media type, an announced
 * length and the origin.  Returns NGX_OK with *input set to the form in which
 * the input comes (NGX_HTTP_PANCAKE_INPUT_...), NGX_DECLINED with *error set,
 * or NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_pancake_guard(ngx_http_request_t *r, ngx_uint_t *input,
    ngx_http_pancake_error_e *error);

/*
 * https://host[:port] of the shop as the buyer sees it, for comparison with
 * URLs that the buyer names; empty when the host is none that "server_name"
 * lists, or the port another than the one that was connected to.  Returns
 * NGX_OK or NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_pancake_guard_origin(ngx_http_request_t *r,
    ngx_str_t *origin);


#endif /* _NGX_HTTP_PANCAKE_GUARD_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * The buyer's request into a value tree.
 */


#ifndef _NGX_HTTP_PANCAKE_INPUT_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_INPUT_H_INCLUDED_


#include "ngx_http_pancake_error.h"


/*
 * The input, which comes in the NGX_HTTP_PANCAKE_INPUT_ form: the body,
 * wherever nginx keeps it, or the arguments, as one piece of memory that
 * lives as long as the request.  Returns NGX_OK with *text set, NGX_DECLINED
 * with *refusal set (too large), or NGX_ERROR (no memory, unreadable
 * temporary file).
 */
ngx_int_t ngx_http_pancake_input(ngx_http_request_t *r, ngx_uint_t form,
    ngx_str_t *text, ngx_http_pancake_refusal_t *refusal);

/*
 * The same as a tree, in the request's pool; strings may point into the text.
 * Returns NGX_OK with *root set, NGX_DECLINED with *refusal set, or NGX_ERROR
 * (no memory).
 */
ngx_int_t ngx_http_pancake_input_parse(ngx_http_request_t *r, ngx_uint_t form,
    ngx_str_t *text, pancake_value_t **root,
    ngx_http_pancake_refusal_t *refusal);


#endif /* _NGX_HTTP_PANCAKE_INPUT_H_INCLUDED_ */

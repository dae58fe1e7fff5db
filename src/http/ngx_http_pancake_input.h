
/*
 * Copyright (C) pancake checkout contributors
 *
 * The buyer's request into a value tree.
 */


#ifndef _NGX_HTTP_PANCAKE_INPUT_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_INPUT_H_INCLUDED_


#include "ngx_http_pancake_error.h"


/*
 * Reads the input, which comes in the NGX_HTTP_PANCAKE_INPUT_ form: the body,
 * wherever nginx keeps it, or the arguments.  The tree and the bytes under it
 * live in the request's pool.  Returns NGX_OK with *root set, NGX_DECLINED
 * with *refusal set, or NGX_ERROR (no memory, unreadable temporary file).
 */
ngx_int_t ngx_http_pancake_input(ngx_http_request_t *r, ngx_uint_t input,
    pancake_value_t **root, ngx_http_pancake_refusal_t *refusal);


#endif /* _NGX_HTTP_PANCAKE_INPUT_H_INCLUDED_ */

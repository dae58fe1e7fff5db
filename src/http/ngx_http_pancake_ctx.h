
/*
 * Copyright (C) pancake checkout contributors
 *
 * The state of a buyer's request and how to find it again.
 */


#ifndef _NGX_HTTP_PANCAKE_CTX_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_CTX_H_INCLUDED_


#include "ngx_http_pancake.h"


/*
 * The state of a main request that enters a checkout location; NULL when
 * there is no memory.
 */
ngx_http_pancake_ctx_t *ngx_http_pancake_ctx_create(ngx_http_request_t *r);

/*
 * Notes that the input was asked for before it was read: what nginx made of
 * that, in a "map" for instance, it keeps for the rest of the request.
 * Returns NGX_OK or NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_pancake_ctx_too_early(ngx_http_request_t *r);

/*
 * The state of the request, also after an error_page has led it to another
 * location, and also from a subrequest of it; NULL when no checkout location
 * has seen it.
 */
ngx_http_pancake_ctx_t *ngx_http_pancake_ctx(ngx_http_request_t *r);


/*
 * Gives the request a copy of the values of its variables, so that what is
 * evaluated from now on is forgotten when the caller sets r->variables back
 * to what is returned.  NULL: no memory, nothing has changed.
 */
ngx_http_variable_value_t *ngx_http_pancake_ctx_variables(
    ngx_http_request_t *r);


#endif /* _NGX_HTTP_PANCAKE_CTX_H_INCLUDED_ */

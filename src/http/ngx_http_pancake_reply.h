
/*
 * Copyright (C) pancake checkout contributors
 *
 * Sending: the way to the checkout page, or a JSON envelope.
 */


#ifndef _NGX_HTTP_PANCAKE_REPLY_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_REPLY_H_INCLUDED_


#include "ngx_http_pancake.h"


/*
 * Answers with the checkout page that ctx->answer names: the redirect or, as
 * pancake_reply and the Accept field say, the API's envelope.  Returns what
 * ngx_http_finalize_request() takes.
 */
ngx_int_t ngx_http_pancake_reply_checkout(ngx_http_request_t *r);

/*
 * Answers with what any other action brought: the envelope with its data and,
 * of GraphQL, its errors.  Returns what ngx_http_finalize_request() takes.
 */
ngx_int_t ngx_http_pancake_reply_data(ngx_http_request_t *r);

/*
 * Sends an envelope as JSON; a body of the request that was not read is
 * discarded.  Returns what ngx_http_finalize_request() takes.
 */
ngx_int_t ngx_http_pancake_reply_json(ngx_http_request_t *r,
    ngx_uint_t status, pancake_value_t *envelope);

/*
 * 1 when the location has an error_page for the status that nginx would show
 * if ngx_http_finalize_request() were given it; otherwise 0.
 */
ngx_uint_t ngx_http_pancake_reply_has_page(ngx_http_request_t *r,
    ngx_uint_t status);

/* Adds "Cache-Control: no-store".  Returns NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_pancake_reply_no_store(ngx_http_request_t *r);


#endif /* _NGX_HTTP_PANCAKE_REPLY_H_INCLUDED_ */

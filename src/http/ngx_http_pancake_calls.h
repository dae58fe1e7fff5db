
/*
 * Copyright (C) pancake checkout contributors
 *
 * The calls that a request has under way: one, or for a customer with an
 * identity the one for a token beside it.
 */


#ifndef _NGX_HTTP_PANCAKE_CALLS_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_CALLS_H_INCLUDED_


#include "ngx_http_pancake.h"


/*
 * Begins the call of the action that ctx->action is, and the one beside it
 * where there is a ctx->identity: key, signature, first attempt.  Returns
 * NGX_DONE: "resume" is called whenever there is something to go on with;
 * otherwise what ngx_http_finalize_request() takes.
 */
ngx_int_t ngx_http_pancake_calls(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_event_handler_pt resume);

/*
 * Begins the same once more, instead of ctx->call, whose answer has expired.
 * Returns as the former does.
 */
ngx_int_t ngx_http_pancake_calls_renew(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_event_handler_pt resume);

/*
 * To be asked by "resume".  Returns NGX_OK: all calls are over and good, or
 * one has failed, which is ctx->call then, and the other was stopped.
 * Otherwise as the former two.
 */
ngx_int_t ngx_http_pancake_calls_go_on(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);


#endif /* _NGX_HTTP_PANCAKE_CALLS_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * From the buyer's input, the merchant's values and the edge's own to the
 * bodies of the calls: merge, validate and render of design.md section 5.
 */


#ifndef _NGX_HTTP_PANCAKE_COMPOSE_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_COMPOSE_H_INCLUDED_


#include "ngx_http_pancake_error.h"


/*
 * Finds what is wrong with the buyer's values before the shop is asked for a
 * quote, which may change what it knows.  Returns as the next one does.
 */
ngx_int_t ngx_http_pancake_compose_early(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_array_t *violations,
    ngx_http_pancake_refusal_t *refusal);

/*
 * Fills ctx->body, the first call's bytes, and of a chain or for a customer
 * with an identity (ctx->identity) also ctx->bodies, out of ctx->text and
 * ctx->quote; or of ctx->buyer instead of the text.  Returns NGX_OK;
 * NGX_DECLINED with violations (of pancake_resolve(), at least one) or, when
 * there are none, with *refusal; or NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_pancake_compose(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_array_t *violations,
    ngx_http_pancake_refusal_t *refusal);


#endif /* _NGX_HTTP_PANCAKE_COMPOSE_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * The idempotency key of a call (design.md section 6).
 */


#ifndef _NGX_HTTP_PANCAKE_KEY_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_KEY_H_INCLUDED_


#include "ngx_http_pancake_error.h"


/*
 * Finds what tells this buyer's attempt from another's, once for a request,
 * and keeps it in ctx: the merchant's expression, or the client's key and
 * address, or for actions whose body names no session something unique to
 * the request.  Returns NGX_OK, NGX_DECLINED with *refusal set (a malformed
 * key of the client) or NGX_ERROR (no memory, no random bytes).
 */
ngx_int_t ngx_http_pancake_key_scope(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_refusal_t *refusal);

/*
 * Sets call->key for call->action, call->body and, where that is set,
 * call->expired; leaves it empty when pancake_idempotency_key is off.
 * Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_pancake_key_derive(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_call_t *call);

/*
 * 1 when other requests may have had, or may get, the same key as
 * ctx->call; 0 when it is unique to this one or there is none.
 */
ngx_uint_t ngx_http_pancake_key_repeatable(ngx_http_pancake_ctx_t *ctx);


#endif /* _NGX_HTTP_PANCAKE_KEY_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * What the end of a call, or of a step before it, means for the buyer.
 */


#ifndef _NGX_HTTP_PANCAKE_OUTCOME_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_OUTCOME_H_INCLUDED_


#include "ngx_http_pancake_error.h"


/*
 * Reads the answer of ctx->call into ctx->answer and holds it against what
 * its action promises.  Returns NGX_OK, NGX_DECLINED (ctx->answer.fault says
 * why it cannot be used) or NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_pancake_outcome_read(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);

/*
 * The same for one of two calls side by side, so that nobody waits for the
 * other when an answer cannot be used: its verdict is no longer good then.
 * The token of ctx->beside is kept in ctx->token.  An expired answer, which
 * may be replaced, is left for later.  Returns NGX_OK or NGX_ERROR (no
 * memory).
 */
ngx_int_t ngx_http_pancake_outcome_hold(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_call_t *call);

/*
 * These answer the buyer and return what ngx_http_finalize_request() takes.
 */

/* a call that has failed, as its verdict says; ctx->call is that one */
ngx_int_t ngx_http_pancake_outcome_failed(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_verdict_t *verdict);

/* an answer that cannot be used; "fault" completes "the API's answer ..." */
ngx_int_t ngx_http_pancake_outcome_broken(ngx_http_request_t *r,
    const char *fault);

/* what is wrong with the request */
ngx_int_t ngx_http_pancake_outcome_refused(ngx_http_request_t *r,
    ngx_http_pancake_refusal_t *refusal);


/* a cleanup handler of the request: sets ctx->result for who has left */
void ngx_http_pancake_outcome_left(void *data);


#endif /* _NGX_HTTP_PANCAKE_OUTCOME_H_INCLUDED_ */

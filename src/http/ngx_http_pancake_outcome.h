
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
 * Reads the session token that ctx->beside has brought into ctx->token.
 * Returns as the former does; *fault is the reason then.
 */
ngx_int_t ngx_http_pancake_outcome_token(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, const char **fault);

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


/*
 * Copyright (C) pancake checkout contributors
 *
 * What the shop is asked, and what it means that it answers.
 */


#ifndef _NGX_HTTP_PANCAKE_SHOP_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_SHOP_H_INCLUDED_


#include "ngx_http_pancake.h"


/*
 * Asks for the quote of a request.  Returns NGX_DONE: "resume" is called with
 * the request, now or never; otherwise what ngx_http_finalize_request() takes.
 */
ngx_int_t ngx_http_pancake_shop(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_event_handler_pt resume);

/*
 * To be asked by "resume".  Returns NGX_OK: ctx->quote is what the shop said.
 * NGX_DECLINED: the answer is the buyer's, or there is none; *end is what
 * ngx_http_finalize_request() takes, or NGX_DONE: "resume" is called again.
 */
ngx_int_t ngx_http_pancake_shop_answer(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_int_t *end);


#endif /* _NGX_HTTP_PANCAKE_SHOP_H_INCLUDED_ */

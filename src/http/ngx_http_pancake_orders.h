
/*
 * Copyright (C) pancake checkout contributors
 *
 * In front of the shop's own order API (contract.md section 9): what it is
 * asked, and where the order that it made is found.
 */


#ifndef _NGX_HTTP_PANCAKE_ORDERS_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_ORDERS_H_INCLUDED_


#include "ngx_http_pancake_error.h"
#include "ngx_http_pancake_quote.h"


/*
 * Holds the buyer's request against the rules of the order API before the shop
 * sees it.  Sets ctx->saves, or ctx->buyer to what the address means to the
 * payment API.  Returns NGX_OK; NGX_DECLINED with violations (at least one)
 * or, when there are none, with *refusal; or NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_pancake_orders(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_array_t *violations,
    ngx_http_pancake_refusal_t *refusal);

/*
 * Where, inside this nginx, the redirect of a kept answer leads: to a path of
 * the same host, put behind the prefix "follow" of the location.  Returns
 * NGX_OK, NGX_DECLINED (it leads elsewhere, or nothing is to be followed) or
 * NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_pancake_orders_follow(ngx_http_pancake_quote_t *quote,
    ngx_str_t *uri, ngx_str_t *args);

/*
 * For a buyer who named no address the one in the order (ctx->quote, or its
 * member "order") is taken, when it can be.  Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_pancake_orders_address(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);


#endif /* _NGX_HTTP_PANCAKE_ORDERS_H_INCLUDED_ */

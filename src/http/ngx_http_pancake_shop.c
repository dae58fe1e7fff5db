
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_error.h"
#include "ngx_http_pancake_orders.h"
#include "ngx_http_pancake_pass.h"
#include "ngx_http_pancake_shop.h"
#include "pancake_json.h"


static ngx_int_t ngx_http_pancake_shop_start(ngx_http_pancake_quote_t *quote,
    ngx_str_t *uri, ngx_str_t *args, ngx_uint_t get);
static ngx_int_t ngx_http_pancake_shop_failed(ngx_http_request_t *r,
    ngx_http_pancake_quote_t *quote);
static ngx_int_t ngx_http_pancake_shop_follow(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_shop_take(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_quote_t *quote);


ngx_int_t
ngx_http_pancake_shop(ngx_http_request_t *r, ngx_http_pancake_ctx_t *ctx,
    ngx_http_event_handler_pt resume)
{
    ngx_str_t                    *args;
    ngx_http_pancake_quote_t     *quote;
    ngx_http_pancake_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    quote = ngx_pcalloc(r->pool, sizeof(ngx_http_pancake_quote_t));
    if (quote == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    quote->request = r;
    quote->resume = resume;
    quote->direct = ctx->saves;
    quote->redirects = (plcf->quote_follow.len && !ctx->saves);

    ctx->asked = quote;

    args = plcf->quote_args.data ? &plcf->quote_args : &r->args;

    return ngx_http_pancake_shop_start(quote, &plcf->quote, args, 0);
}


static ngx_int_t
ngx_http_pancake_shop_start(ngx_http_pancake_quote_t *quote, ngx_str_t *uri,
    ngx_str_t *args, ngx_uint_t get)
{
    switch (ngx_http_pancake_quote(quote, uri, args, get)) {

    case NGX_OK:
        return NGX_DONE;

    case NGX_DECLINED:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;

    default: /* NGX_ERROR */
        return NGX_ERROR;
    }
}


ngx_int_t
ngx_http_pancake_shop_answer(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_int_t *end)
{
    ngx_int_t                  rc;
    ngx_http_pancake_quote_t  *quote;

    quote = ctx->asked;

    /* the subrequest has left its own there, about sending to a client */

    r->connection->log->action = NULL;

    if (!quote->done || (ctx->followed && !ctx->followed->done)) {
        *end = NGX_DONE;
        return NGX_DECLINED;
    }

    if (quote->passed) {
        *end = ngx_http_pancake_pass(quote);
        return NGX_DECLINED;
    }

    if (quote->failed || !quote->whole) {
        *end = ngx_http_pancake_shop_failed(r, quote);
        return NGX_DECLINED;
    }

    if (quote->header.status >= NGX_HTTP_SPECIAL_RESPONSE
        && ctx->followed == NULL)
    {
        *end = ngx_http_pancake_shop_follow(r, ctx);
        return NGX_DECLINED;
    }

    rc = ngx_http_pancake_shop_take(r, ctx, ctx->followed ? ctx->followed
                                                          : quote);
    if (rc == NGX_OK) {
        return NGX_OK;
    }

    *end = (rc == NGX_DECLINED) ? ngx_http_pancake_pass(quote)
                                : NGX_HTTP_INTERNAL_SERVER_ERROR;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_pancake_shop_failed(ngx_http_request_t *r,
    ngx_http_pancake_quote_t *quote)
{
    if (quote->rc == NGX_HTTP_GATEWAY_TIME_OUT) {
        return ngx_http_pancake_error(r, NGX_HTTP_PANCAKE_E_QUOTE_TIMEOUT,
                                      NULL, NULL, NULL);
    }

    return ngx_http_pancake_error(r, NGX_HTTP_PANCAKE_E_QUOTE_FAILED, NULL,
                                  NULL, quote->failed ? NULL
                                        : "its answer was cut off");
}


/* the order is behind the redirect to where the shop would have it paid */

static ngx_int_t
ngx_http_pancake_shop_follow(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx)
{
    ngx_int_t                  rc;
    ngx_str_t                  uri, args;
    ngx_http_pancake_quote_t  *quote;

    rc = ngx_http_pancake_orders_follow(ctx->asked, &uri, &args);

    if (rc == NGX_DECLINED) {
        return ngx_http_pancake_pass(ctx->asked);
    }

    quote = ngx_pcalloc(r->pool, sizeof(ngx_http_pancake_quote_t));

    if (rc != NGX_OK || quote == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    quote->request = r;
    quote->resume = ctx->asked->resume;
    quote->quiet = 1;

    ctx->followed = quote;

    return ngx_http_pancake_shop_start(quote, &uri, &args, 1);
}


/* NGX_DECLINED: it is no JSON object that could be a quote, so it is logged */

static ngx_int_t
ngx_http_pancake_shop_take(ngx_http_request_t *r, ngx_http_pancake_ctx_t *ctx,
    ngx_http_pancake_quote_t *quote)
{
    ngx_int_t                     rc;
    pancake_tree_t                tree;
    ngx_http_pancake_loc_conf_t  *plcf;

    static const pancake_limits_t  limits = PANCAKE_QUOTE_LIMITS;

    if (!quote->kept || !quote->whole) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "pancake checkout: the shop's redirect to pay its order "
                      "leads to no JSON, it is passed on to the buyer");
        return NGX_DECLINED;
    }

    if (pancake_tree_init(&tree, r->pool, &limits) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = pancake_json_parse(&tree, &quote->answer);

    if (rc == NGX_DECLINED) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "pancake checkout: the shop's quote cannot be used and "
                      "is passed on to the buyer: %V%s%s", &tree.field,
                      tree.field.len ? " " : "it ", tree.error);
        return NGX_DECLINED;
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    ctx->quote = tree.root;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    return plcf->quote_orders ? ngx_http_pancake_orders_address(r, ctx)
                              : NGX_OK;
}

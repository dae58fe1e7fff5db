
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_ctx.h"
#include "ngx_http_pancake_headers.h"
#include "ngx_http_pancake_input.h"
#include "ngx_http_pancake_orders.h"
#include "pancake_orders.h"


static ngx_uint_t ngx_http_pancake_orders_token(ngx_http_request_t *r);
static ngx_int_t ngx_http_pancake_orders_resolve(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, pancake_resolve_t *rs);


ngx_int_t
ngx_http_pancake_orders(ngx_http_request_t *r, ngx_http_pancake_ctx_t *ctx,
    ngx_array_t *violations, ngx_http_pancake_refusal_t *refusal)
{
    ngx_int_t          rc;
    pancake_resolve_t  rs;

    ngx_memzero(violations, sizeof(ngx_array_t));
    ngx_memzero(refusal, sizeof(ngx_http_pancake_refusal_t));

    if (!ngx_http_pancake_orders_token(r)) {
        refusal->error = NGX_HTTP_PANCAKE_E_TOKEN;
        return NGX_DECLINED;
    }

    rc = ngx_http_pancake_input_parse(r, ctx->form, &ctx->text, &ctx->input,
                                      refusal);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_pancake_orders_resolve(r, ctx, &rs);

    if (rc != NGX_OK) {
        *violations = rs.violations;
        return rc;
    }

    if (!pancake_orders_checkout(rs.bodies[0])) {
        ctx->saves = 1;
        return NGX_OK;
    }

    rc = pancake_orders_billing(r->pool, rs.bodies[0], &ctx->buyer,
                                &refusal->field, &refusal->message);

    if (rc == NGX_DECLINED) {
        refusal->error = NGX_HTTP_PANCAKE_E_INPUT;
    }

    if (rc == NGX_OK && ctx->buyer == NULL) {

        ctx->buyer = pancake_body_value(r->pool, NULL, PANCAKE_OBJECT);

        if (ctx->buyer == NULL) {
            return NGX_ERROR;
        }
    }

    return rc;
}


/* the customer's, for the shop; what it is worth only the shop knows */

static ngx_uint_t
ngx_http_pancake_orders_token(ngx_http_request_t *r)
{
    ngx_str_t  value;

    if (ngx_http_pancake_header(&r->headers_in.headers, "Authorization",
                                &value)
        != 1)
    {
        return 0;
    }

    return value.len > 7
           && ngx_strncasecmp(value.data, (u_char *) "Bearer ", 7) == 0;
}


static ngx_int_t
ngx_http_pancake_orders_resolve(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, pancake_resolve_t *rs)
{
    ngx_http_pancake_loc_conf_t   *plcf;
    ngx_http_pancake_main_conf_t  *pmcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);
    pmcf = ngx_http_get_module_main_conf(r, ngx_http_pancake_checkout_module);

    ngx_memzero(rs, sizeof(pancake_resolve_t));

    rs->pool = r->pool;
    rs->actions[0] = &pancake_orders_action;
    rs->nactions = 1;
    rs->buyer = ctx->input;
    rs->inputs = &pmcf->inputs;
    rs->drop_unknown = plcf->unknown;

    return pancake_resolve(rs);
}


ngx_int_t
ngx_http_pancake_orders_follow(ngx_http_pancake_quote_t *quote,
    ngx_str_t *uri, ngx_str_t *args)
{
    u_char                       *p;
    ngx_str_t                     location, path, scheme, authority, *host;
    ngx_uint_t                    flags;
    ngx_http_request_t           *r;
    ngx_http_pancake_loc_conf_t  *plcf;

    r = quote->request;
    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    if (plcf->quote_follow.len == 0
        || ngx_http_pancake_header(&quote->header.headers, "Location",
                                   &location)
           != 1)
    {
        return NGX_DECLINED;
    }

    path = location;

    if (path.len && path.data[0] != '/') {

        if (pancake_url_split(&location, &scheme, &authority, &path) != NGX_OK
            || !pancake_word_listed("http https", &scheme)
            || r->headers_in.host == NULL)
        {
            return NGX_DECLINED;
        }

        host = &r->headers_in.host->value;

        if (host->len != authority.len
            || ngx_strncasecmp(host->data, authority.data, host->len) != 0)
        {
            return NGX_DECLINED;
        }
    }

    /* arguments go into a request line as they are */

    for (p = path.data; p < path.data + path.len; p++) {
        if (*p <= ' ' || *p == 0x7f) {
            return NGX_DECLINED;
        }
    }

    /* "//host" would be another one */

    if (path.len == 0 || (path.len > 1 && path.data[1] == '/')) {
        return NGX_DECLINED;
    }

    p = ngx_strlchr(path.data, path.data + path.len, '#');

    if (p) {
        path.len = p - path.data;
    }

    uri->len = plcf->quote_follow.len + path.len;
    uri->data = ngx_pnalloc(r->pool, uri->len);

    if (uri->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(uri->data, plcf->quote_follow.data,
                   plcf->quote_follow.len);
    ngx_memcpy(p, path.data, path.len);

    flags = NGX_HTTP_LOG_UNSAFE;
    ngx_str_null(args);

    return ngx_http_parse_unsafe_uri(r, uri, args, &flags) == NGX_OK
           ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_http_pancake_orders_address(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx)
{
    ngx_int_t                rc;
    ngx_str_t                field;
    const char              *error;
    pancake_value_t         *root, *order;
    static const ngx_str_t   order_name = ngx_string("order");

    if (ctx->buyer->first) {
        return NGX_OK;
    }

    rc = pancake_orders_billing(r->pool, ctx->quote, &root, &field, &error);

    if (rc == NGX_OK && root == NULL) {
        order = pancake_value_member(ctx->quote, &order_name);

        rc = pancake_orders_billing(r->pool, order, &root, &field, &error);
    }

    if (rc == NGX_DECLINED) {

        /* the payment page will ask for it */

        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "pancake checkout: field \"%V\" of the shop's order %s, "
                      "the address is left out", &field, error);
        return NGX_OK;
    }

    if (rc == NGX_OK && root) {
        ctx->buyer = root;
    }

    return rc;
}


/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_headers.h"
#include "ngx_http_pancake_key.h"


static ngx_int_t ngx_http_pancake_key_client(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_refusal_t *refusal);
static ngx_uint_t ngx_http_pancake_key_named(ngx_http_request_t *r,
    ngx_http_pancake_loc_conf_t *plcf);
static ngx_int_t ngx_http_pancake_key_customer(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_str_t *merchant);
static time_t ngx_http_pancake_key_bucket(ngx_http_pancake_loc_conf_t *plcf);


ngx_int_t
ngx_http_pancake_key_scope(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_refusal_t *refusal)
{
    ngx_int_t                     rc;
    ngx_http_pancake_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    ctx->scope_kind = PANCAKE_SCOPE_BODY;

    if (plcf->idempotency == 0
        || (plcf->actions[0]->flags & PANCAKE_ACTION_READ))
    {
        return NGX_OK;
    }

    if (plcf->idempotency_key) {

        if (ngx_http_complex_value(r, plcf->idempotency_key, &ctx->scope[0])
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (ngx_http_pancake_key_named(r, plcf)) {
            ctx->scope_kind = PANCAKE_SCOPE_MERCHANT;
            ctx->bucket = ngx_http_pancake_key_bucket(plcf);

            return NGX_OK;
        }
    }

    rc = ngx_http_pancake_key_client(r, ctx, refusal);

    if (rc != NGX_OK || ctx->scope_kind == PANCAKE_SCOPE_CLIENT) {
        return rc;
    }

    ctx->scope_kind = (plcf->actions[0]->flags & PANCAKE_ACTION_UNIQUE)
                      ? PANCAKE_SCOPE_REQUEST : PANCAKE_SCOPE_BODY;

    return NGX_OK;
}


/* an expression with an empty part would be the same for many buyers */

static ngx_uint_t
ngx_http_pancake_key_named(ngx_http_request_t *r,
    ngx_http_pancake_loc_conf_t *plcf)
{
    ngx_int_t                  *index;
    ngx_uint_t                  i;
    ngx_http_variable_value_t  *v;

    index = plcf->idempotency_variables->elts;

    for (i = 0; i < plcf->idempotency_variables->nelts; i++) {

        v = ngx_http_get_indexed_variable(r, index[i]);

        if (v == NULL || v->not_found || v->len == 0) {
            return 0;
        }
    }

    return 1;
}


static ngx_int_t
ngx_http_pancake_key_client(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_refusal_t *refusal)
{
    ngx_str_t    value;
    ngx_uint_t   n;
    const char **name;

    static const char  *names[] = {
        "Idempotency-Key", "X-Idempotency-Key", NULL
    };

    for (name = names; *name; name++) {

        n = ngx_http_pancake_header(&r->headers_in.headers, *name, &value);

        if (n == 0) {
            continue;
        }

        if (n == 1 && pancake_client_key(&value, &ctx->scope[0]) == NGX_OK) {

            /*
             * Two buyers who chose the same key must not share a checkout:
             * without an address to tell them apart the key is not used.
             */

            if (r->connection->sockaddr->sa_family != AF_UNIX) {
                ctx->scope[1] = r->connection->addr_text;
                ctx->scope_kind = PANCAKE_SCOPE_CLIENT;
            }

            return NGX_OK;
        }

        refusal->error = NGX_HTTP_PANCAKE_E_INPUT;
        refusal->field.data = (u_char *) *name;
        refusal->field.len = ngx_strlen(*name);
        refusal->message = "must be one key of 1 to 256 letters, digits, "
                           "hyphens and underscores";

        return NGX_DECLINED;
    }

    return NGX_OK;
}


static time_t
ngx_http_pancake_key_bucket(ngx_http_pancake_loc_conf_t *plcf)
{
    return ngx_time() / plcf->idempotency_window + 1;
}


ngx_int_t
ngx_http_pancake_key_derive(ngx_http_request_t *r, ngx_http_pancake_ctx_t *ctx,
    ngx_http_pancake_call_t *call)
{
    pancake_idempotency_t         in;
    ngx_http_pancake_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    if (plcf->idempotency == 0
        || (call->action->flags & PANCAKE_ACTION_READ))
    {
        return NGX_OK;
    }

    ngx_memzero(&in, sizeof(pancake_idempotency_t));

    in.secret = plcf->secret;
    in.merchant = plcf->credential->key ? plcf->merchant_id
                                        : plcf->credential->store;

    /* what one customer was answered is not for another one */

    if (ctx->bearer.len) {
        in.merchant = ctx->bearer;

    } else if (ctx->identity.len
               && ngx_http_pancake_key_customer(r, ctx, &in.merchant)
                  != NGX_OK)
    {
        return NGX_ERROR;
    }

    in.path = call->action->path;
    in.scope_kind = ctx->scope_kind;
    in.scope[0] = ctx->scope[0];
    in.scope[1] = ctx->scope[1];
    in.body = call->body;

    in.expired = call->expired;

    if (call->action->flags & PANCAKE_ACTION_UNIQUE) {

        in.window = ctx->bucket;

        /*
         * What replaces an expired session expires, too, and the time after
         * it must not be locked out until the API forgets.
         */

        if (call->expired) {
            in.window = ngx_http_pancake_key_bucket(plcf);
        }

    } else if (ctx->scope_kind == PANCAKE_SCOPE_REQUEST) {

        /* a body that names one session needs nothing else to tell it */

        in.scope_kind = PANCAKE_SCOPE_BODY;
    }

    call->key.len = PANCAKE_IDEMPOTENCY_KEY_LEN;
    call->key.data = ngx_pnalloc(r->pool, PANCAKE_IDEMPOTENCY_KEY_LEN);

    if (call->key.data == NULL) {
        return NGX_ERROR;
    }

    return pancake_idempotency_key(&in, call->key.data);
}


/* an id has no line end */

static ngx_int_t
ngx_http_pancake_key_customer(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_str_t *merchant)
{
    u_char  *p;

    p = ngx_pnalloc(r->pool, merchant->len + 1 + ctx->identity.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    merchant->len = ngx_sprintf(p, "%V\n%V", merchant, &ctx->identity) - p;
    merchant->data = p;

    return NGX_OK;
}


ngx_uint_t
ngx_http_pancake_key_repeatable(ngx_http_pancake_ctx_t *ctx)
{
    return ctx->call->key.len
           && !(ctx->scope_kind == PANCAKE_SCOPE_REQUEST
                && (ctx->call->action->flags & PANCAKE_ACTION_UNIQUE));
}

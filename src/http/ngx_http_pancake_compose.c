
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_compose.h"
#include "ngx_http_pancake_guard.h"
#include "ngx_http_pancake_input.h"
#include "ngx_http_pancake_memo.h"
#include "ngx_http_pancake_voices.h"
#include "pancake_json.h"


static ngx_uint_t ngx_http_pancake_compose_repeatable(
    ngx_http_pancake_loc_conf_t *plcf);
static ngx_int_t ngx_http_pancake_compose_input(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_refusal_t *refusal);
static ngx_int_t ngx_http_pancake_compose_anew(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_memo_key_t *key,
    ngx_array_t *violations, ngx_http_pancake_refusal_t *refusal);
static ngx_uint_t ngx_http_pancake_compose_identity(pancake_resolve_t *rs,
    ngx_http_pancake_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_compose_resolve(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_memo_key_t *key,
    pancake_resolve_t *rs, ngx_http_pancake_refusal_t *refusal);


ngx_int_t
ngx_http_pancake_compose(ngx_http_request_t *r, ngx_http_pancake_ctx_t *ctx,
    ngx_array_t *violations, ngx_http_pancake_refusal_t *refusal)
{
    ngx_int_t                    rc;
    ngx_uint_t                   repeatable;
    ngx_array_t                  values;
    ngx_http_pancake_memo_key_t  key;

    ngx_memzero(violations, sizeof(ngx_array_t));

    key.plcf = ngx_http_get_module_loc_conf(r,
                                            ngx_http_pancake_checkout_module);
    key.form = ctx->form;
    key.text = ctx->text;
    key.values = &values;

    if (ngx_http_pancake_voices_values(r, r->pool, key.plcf->sets, &values)
        != NGX_OK
        || ngx_http_pancake_guard_origin(r, &key.origin) != NGX_OK)
    {
        return NGX_ERROR;
    }

    repeatable = ngx_http_pancake_compose_repeatable(key.plcf);

    if (repeatable) {
        rc = ngx_http_pancake_memo_find(&key, r->pool, &ctx->body, ctx->hash);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    rc = ngx_http_pancake_compose_anew(r, ctx, &key, violations, refusal);

    if (rc != NGX_OK || !repeatable) {
        return rc;
    }

    if (key.plcf->credential->signer
        && pancake_body_hash(&ctx->body, ctx->hash) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_pancake_memo_add(&key, &ctx->body, ctx->hash);

    return NGX_OK;
}


/*
 * A session's body may come again and again; that of an order names what is
 * there once, and has the client address in it.
 */

static ngx_uint_t
ngx_http_pancake_compose_repeatable(ngx_http_pancake_loc_conf_t *plcf)
{
    return plcf->cache->bodies
           && plcf->nactions == 1
           && plcf->beside == NULL
           && plcf->quote.len == 0
           && (plcf->actions[0]->flags & PANCAKE_ACTION_UNIQUE);
}


ngx_int_t
ngx_http_pancake_compose_early(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_array_t *violations,
    ngx_http_pancake_refusal_t *refusal)
{
    ngx_int_t                     rc;
    ngx_uint_t                    i, n;
    ngx_array_t                   values;
    pancake_resolve_t             rs;
    pancake_violation_t          *v;
    ngx_http_pancake_memo_key_t   key;

    ngx_memzero(violations, sizeof(ngx_array_t));
    ngx_memzero(&rs, sizeof(pancake_resolve_t));

    key.plcf = ngx_http_get_module_loc_conf(r,
                                            ngx_http_pancake_checkout_module);
    key.values = &values;

    if (ngx_http_pancake_voices_values(r, r->pool, key.plcf->sets, &values)
        != NGX_OK
        || ngx_http_pancake_guard_origin(r, &key.origin) != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = ngx_http_pancake_compose_input(r, ctx, refusal);

    if (rc != NGX_OK) {
        return rc;
    }

    rs.partial = 1;

    rc = ngx_http_pancake_compose_resolve(r, ctx, &key, &rs, refusal);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    /* what the merchant says may look different once the quote is there */

    v = rs.violations.elts;

    for (i = 0, n = 0; i < rs.violations.nelts; i++) {
        if (v[i].source == PANCAKE_SOURCE_BUYER) {
            v[n++] = v[i];
        }
    }

    rs.violations.nelts = n;
    *violations = rs.violations;

    return n ? NGX_DECLINED : NGX_OK;
}


static ngx_int_t
ngx_http_pancake_compose_input(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_refusal_t *refusal)
{
    if (ctx->input) {
        return NGX_OK;
    }

    return ngx_http_pancake_input_parse(r, ctx->form, &ctx->text,
                                        &ctx->input, refusal);
}


static ngx_int_t
ngx_http_pancake_compose_anew(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_memo_key_t *key,
    ngx_array_t *violations, ngx_http_pancake_refusal_t *refusal)
{
    ngx_int_t          rc;
    ngx_uint_t         i;
    pancake_resolve_t  rs;

    rc = ngx_http_pancake_compose_input(r, ctx, refusal);

    if (rc != NGX_OK) {
        return rc;
    }

    ngx_memzero(&rs, sizeof(pancake_resolve_t));

    rc = ngx_http_pancake_compose_resolve(r, ctx, key, &rs, refusal);

    if (rc != NGX_OK) {
        *violations = rs.violations;
        return rc;
    }

    for (i = 0; i < rs.nactions; i++) {
        ctx->bodies[i] = rs.bodies[i];
    }

    return pancake_json_render(r->pool, ctx->bodies[0], &ctx->body);
}


static ngx_int_t
ngx_http_pancake_compose_resolve(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_memo_key_t *key,
    pancake_resolve_t *rs, ngx_http_pancake_refusal_t *refusal)
{
    ngx_int_t                      rc;
    ngx_uint_t                     i;
    ngx_http_pancake_loc_conf_t   *plcf;
    ngx_http_pancake_main_conf_t  *pmcf;

    plcf = key->plcf;
    pmcf = ngx_http_get_module_main_conf(r, ngx_http_pancake_checkout_module);

    ngx_str_null(&ctx->identity);

    rs->pool = r->pool;
    rs->nactions = plcf->nactions;

    for (i = 0; i < plcf->nactions; i++) {
        rs->actions[i] = plcf->actions[i];
    }

    rs->buyer = ctx->buyer ? ctx->buyer : ctx->input;
    rs->quote = ctx->quote;
    rs->accept = plcf->accept;
    rs->inputs = &pmcf->inputs;
    rs->origin = key->origin;
    rs->drop_unknown = plcf->unknown;
    rs->slug = (plcf->credential->slug.len != 0);
    rs->token = (plcf->credential->bearer != NULL);

    rc = ngx_http_pancake_voices_merchant(r->pool, plcf->sets, key->values,
                                          &rs->merchant, &refusal->field,
                                          &refusal->message);
    if (rc != NGX_OK) {
        refusal->error = NGX_HTTP_PANCAKE_E_SHOP;
        return rc;
    }

    if (ngx_http_pancake_voices_edge(r, &rs->edge) != NGX_OK) {
        return NGX_ERROR;
    }

    if (plcf->beside && ngx_http_pancake_compose_identity(rs, ctx)) {
        rs->actions[rs->nactions++] = plcf->beside;
    }

    return pancake_resolve(rs);
}


/* who the shop says this is; nobody: a session for anybody */

static ngx_uint_t
ngx_http_pancake_compose_identity(pancake_resolve_t *rs,
    ngx_http_pancake_ctx_t *ctx)
{
    pancake_value_t  *value;

    value = pancake_value_member(rs->merchant, &pancake_identity_field);

    if (pancake_body_absent(value)) {
        value = pancake_value_member(rs->quote, &pancake_identity_field);
    }

    if (value == NULL || value->type == PANCAKE_NULL
        || (value->type == PANCAKE_STRING && value->text.len == 0))
    {
        return 0;
    }

    ctx->identity = value->text;

    return 1;
}

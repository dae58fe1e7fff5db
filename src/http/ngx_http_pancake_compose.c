
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
static ngx_int_t ngx_http_pancake_compose_anew(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_memo_key_t *key,
    ngx_array_t *violations, ngx_http_pancake_refusal_t *refusal);
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
           && (plcf->actions[0]->flags & PANCAKE_ACTION_UNIQUE);
}


static ngx_int_t
ngx_http_pancake_compose_anew(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_memo_key_t *key,
    ngx_array_t *violations, ngx_http_pancake_refusal_t *refusal)
{
    ngx_int_t          rc;
    ngx_uint_t         i;
    pancake_resolve_t  rs;

    if (ctx->input == NULL) {
        rc = ngx_http_pancake_input_parse(r, ctx->form, &ctx->text,
                                          &ctx->input, refusal);
        if (rc != NGX_OK) {
            return rc;
        }
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

    rs->pool = r->pool;
    rs->nactions = plcf->nactions;

    for (i = 0; i < plcf->nactions; i++) {
        rs->actions[i] = plcf->actions[i];
    }

    rs->buyer = ctx->input;
    rs->accept = plcf->accept;
    rs->inputs = &pmcf->inputs;
    rs->origin = key->origin;
    rs->drop_unknown = plcf->unknown;
    rs->slug = (plcf->credential->key == NULL);

    rc = ngx_http_pancake_voices_merchant(r->pool, plcf->sets, key->values,
                                          &rs->merchant, &refusal->field,
                                          &refusal->message);
    if (rc != NGX_OK) {
        refusal->error = NGX_HTTP_PANCAKE_E_SHOP;
        return rc;
    }

    if (ngx_http_pancake_voices_edge(r, plcf->nactions > 1, &rs->edge)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return pancake_resolve(rs);
}


/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_count.h"
#include "ngx_http_pancake_ctx.h"


static void ngx_http_pancake_ctx_end(void *data);


ngx_http_pancake_ctx_t *
ngx_http_pancake_ctx_create(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t      *cln;
    ngx_http_pancake_ctx_t  *ctx, *before;

    ctx = ngx_http_get_module_ctx(r, ngx_http_pancake_checkout_module);

    if (ctx) {
        return ctx;
    }

    before = ngx_http_pancake_ctx(r);

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_pancake_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;

    ngx_memzero(ctx, sizeof(ngx_http_pancake_ctx_t));

    ctx->request = r;

    if (ngx_array_init(&ctx->attempts, r->pool, PANCAKE_MAX_ACTIONS,
                       sizeof(ngx_http_pancake_attempt_t *))
        != NGX_OK)
    {
        return NULL;
    }

    if (before) {
        ctx->too_early = before->too_early;
    }

    cln->handler = ngx_http_pancake_ctx_end;

    ngx_http_set_ctx(r, ctx, ngx_http_pancake_checkout_module);

    return ctx;
}


ngx_http_pancake_ctx_t *
ngx_http_pancake_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t      *cln;
    ngx_http_pancake_ctx_t  *ctx;

    if (r != r->main) {
        r = r->main;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_pancake_checkout_module);

    if (ctx || !(r->internal || r->filter_finalize)) {
        return ctx;
    }

    /* an internal redirect has cleared all contexts; the pool remembers */

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_pancake_ctx_end) {
            return cln->data;
        }
    }

    return NULL;
}


/* also marks the context in the pool's list of cleanups */

static void
ngx_http_pancake_ctx_end(void *data)
{
    ngx_http_pancake_count_leave(data);
}


ngx_int_t
ngx_http_pancake_ctx_too_early(ngx_http_request_t *r)
{
    ngx_http_pancake_ctx_t  *ctx;

    if (r != r->main) {
        return NGX_OK;
    }

    /* also outside a checkout location: a rewrite may still lead into one */

    ctx = ngx_http_pancake_ctx_create(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ctx->too_early = 1;

    return NGX_OK;
}


ngx_http_variable_value_t *
ngx_http_pancake_ctx_variables(ngx_http_request_t *r)
{
    size_t                      size;
    ngx_http_core_main_conf_t  *cmcf;
    ngx_http_variable_value_t  *before, *copy;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    before = r->variables;
    size = cmcf->variables.nelts * sizeof(ngx_http_variable_value_t);

    copy = ngx_palloc(r->pool, size);
    if (copy == NULL) {
        return NULL;
    }

    ngx_memcpy(copy, before, size);

    r->variables = copy;

    return before;
}


/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_call.h"
#include "ngx_http_pancake_calls.h"
#include "ngx_http_pancake_count.h"
#include "ngx_http_pancake_key.h"
#include "ngx_http_pancake_outcome.h"
#include "ngx_http_pancake_verdict.h"
#include "pancake_json.h"


static ngx_int_t ngx_http_pancake_calls_beside(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_event_handler_pt resume);
static ngx_int_t ngx_http_pancake_calls_begin(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_call_t *call,
    ngx_http_event_handler_pt resume);
static ngx_int_t ngx_http_pancake_calls_under_way(ngx_int_t rc);


ngx_int_t
ngx_http_pancake_calls(ngx_http_request_t *r, ngx_http_pancake_ctx_t *ctx,
    ngx_http_event_handler_pt resume)
{
    ngx_int_t                     rc;
    ngx_http_pancake_call_t      *call;
    ngx_http_pancake_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    call = ngx_pcalloc(r->pool, sizeof(ngx_http_pancake_call_t));
    if (call == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    call->action = plcf->actions[ctx->action];
    call->uri = &plcf->uris[ctx->action];

    if (ctx->action == 0) {
        call->body = ctx->body;
        ngx_memcpy(call->hash, ctx->hash, PANCAKE_BODY_HASH_LEN);

    } else if (pancake_json_render(r->pool, ctx->bodies[ctx->action],
                                   &call->body)
               != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->call = call;

    if (ctx->identity.len) {

        rc = ngx_http_pancake_calls_beside(r, ctx, resume);

        if (rc != NGX_DONE) {
            return rc;
        }
    }

    rc = ngx_http_pancake_calls_begin(r, ctx, call, resume);

    if (rc != NGX_DONE) {
        ngx_http_pancake_call_stop(ctx->beside);
    }

    return rc;
}


/* the token for a customer with an identity, at the same time */

static ngx_int_t
ngx_http_pancake_calls_beside(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_event_handler_pt resume)
{
    ngx_http_pancake_call_t      *call;
    ngx_http_pancake_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    call = ngx_pcalloc(r->pool, sizeof(ngx_http_pancake_call_t));
    if (call == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    call->action = plcf->beside;
    call->uri = &plcf->beside_uri;

    if (pancake_json_render(r->pool, ctx->bodies[1], &call->body) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->beside = call;

    return ngx_http_pancake_calls_begin(r, ctx, call, resume);
}


static ngx_int_t
ngx_http_pancake_calls_begin(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_call_t *call,
    ngx_http_event_handler_pt resume)
{
    ngx_http_pancake_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    call->request = r;
    call->resume = resume;

    ngx_http_pancake_count_call(ctx, call, call == ctx->beside
                                           ? plcf->nactions : ctx->action);

    call->verdict = ngx_pcalloc(r->pool, sizeof(ngx_http_pancake_verdict_t));

    if (call->verdict == NULL
        || ngx_http_pancake_key_derive(r, ctx, call) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_pancake_calls_under_way(ngx_http_pancake_call(call));
}


/* what a begun or continued subrequest means for the request */

static ngx_int_t
ngx_http_pancake_calls_under_way(ngx_int_t rc)
{
    switch (rc) {

    case NGX_OK:
    case NGX_AGAIN:
        return NGX_DONE;

    case NGX_DECLINED:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;

    default:
        return NGX_ERROR;
    }
}


ngx_int_t
ngx_http_pancake_calls_go_on(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx)
{
    ngx_int_t                 rc;
    ngx_uint_t                i, pending;
    ngx_http_pancake_call_t  *call, *calls[2];

    calls[0] = ctx->call;
    calls[1] = ctx->beside;
    pending = 0;

    for (i = 0; i < 2; i++) {

        call = calls[i];

        if (call == NULL || call->state == NGX_HTTP_PANCAKE_CALL_OVER) {
            continue;
        }

        rc = ngx_http_pancake_call_go_on(call, call->verdict);

        if (rc == NGX_AGAIN) {
            pending = 1;
            continue;
        }

        if (rc == NGX_OK && call->verdict->good && ctx->beside
            && ngx_http_pancake_outcome_hold(r, ctx, call) != NGX_OK)
        {
            rc = NGX_DECLINED;
        }

        if (rc != NGX_OK || !call->verdict->good) {

            /* the other one is of no use without it */

            if (calls[1 - i]) {
                ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                              "pancake checkout: \"%V\" failed, and so does "
                              "\"%V\" beside it", &call->action->name,
                              &calls[1 - i]->action->name);

                ngx_http_pancake_call_stop(calls[1 - i]);
            }

            ctx->call = call;
            ctx->beside = NULL;

            return rc == NGX_OK ? NGX_OK
                                : ngx_http_pancake_calls_under_way(rc);
        }
    }

    return pending ? NGX_DONE : NGX_OK;
}


ngx_int_t
ngx_http_pancake_calls_renew(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_event_handler_pt resume)
{
    ngx_http_pancake_call_t  *call;

    call = ngx_pcalloc(r->pool, sizeof(ngx_http_pancake_call_t));
    if (call == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    call->action = ctx->call->action;
    call->uri = ctx->call->uri;
    call->body = ctx->call->body;
    ngx_memcpy(call->hash, ctx->call->hash, PANCAKE_BODY_HASH_LEN);
    call->expired = ctx->answer.expired;

    ctx->call = call;

    return ngx_http_pancake_calls_begin(r, ctx, call, resume);
}

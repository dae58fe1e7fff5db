
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_calls.h"
#include "ngx_http_pancake_compose.h"
#include "ngx_http_pancake_count.h"
#include "ngx_http_pancake_credential.h"
#include "ngx_http_pancake_ctx.h"
#include "ngx_http_pancake_flow.h"
#include "ngx_http_pancake_guard.h"
#include "ngx_http_pancake_input.h"
#include "ngx_http_pancake_key.h"
#include "ngx_http_pancake_orders.h"
#include "ngx_http_pancake_outcome.h"
#include "ngx_http_pancake_pass.h"
#include "ngx_http_pancake_reply.h"
#include "ngx_http_pancake_shop.h"
#include "ngx_http_pancake_verdict.h"


static void ngx_http_pancake_flow_start(ngx_http_request_t *r);
static void ngx_http_pancake_flow_finish(ngx_http_request_t *r,
    ngx_int_t rc);
static ngx_int_t ngx_http_pancake_flow_run(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_flow_early(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_loc_conf_t *plcf);
static void ngx_http_pancake_flow_quoted(ngx_http_request_t *r);
static ngx_int_t ngx_http_pancake_flow_compose(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);
static ngx_uint_t ngx_http_pancake_flow_no_order(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_array_t *violations);
static void ngx_http_pancake_flow_resume(ngx_http_request_t *r);
static ngx_int_t ngx_http_pancake_flow_answer(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_flow_renew(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_flow_next(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);


/* who may ask, and the body */

ngx_int_t
ngx_http_pancake_flow_handler(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    ngx_http_pancake_ctx_t       *ctx;
    ngx_http_pancake_error_e      error;
    ngx_http_pancake_loc_conf_t  *plcf;

    if (r != r->main) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "pancake checkout: a checkout location cannot serve a "
                      "subrequest");
        return NGX_HTTP_FORBIDDEN;
    }

    ctx = ngx_http_pancake_ctx_create(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    ngx_http_pancake_count_enter(ctx, plcf);

    rc = ngx_http_pancake_guard(r, &ctx->form, &error);

    if (rc == NGX_DECLINED) {
        return ngx_http_pancake_error(r, error, NULL, NULL, NULL);
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_pancake_flow_start);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


static void
ngx_http_pancake_flow_start(ngx_http_request_t *r)
{
    ngx_http_pancake_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_pancake_checkout_module);

    ngx_http_pancake_flow_finish(r, ngx_http_pancake_flow_run(r, ctx));
}


/*
 * The one exit since the body was read: reading it has taken a reference to
 * the request, which is kept while something is waited for.
 */

static void
ngx_http_pancake_flow_finish(ngx_http_request_t *r, ngx_int_t rc)
{
    if (rc == NGX_DONE) {
        return;
    }

    r->write_event_handler = ngx_http_request_empty_handler;

    if (rc == NGX_HTTP_INTERNAL_SERVER_ERROR) {
        ngx_http_pancake_ctx(r)->result = NGX_HTTP_PANCAKE_ERROR;
    }

    ngx_http_finalize_request(r, rc);
}


/* input, and the shop's quote if there is to be one */

static ngx_int_t
ngx_http_pancake_flow_run(ngx_http_request_t *r, ngx_http_pancake_ctx_t *ctx)
{
    ngx_int_t                     rc;
    ngx_http_pancake_refusal_t    refusal;
    ngx_http_pancake_loc_conf_t  *plcf;

    if (ctx->too_early) {
        return ngx_http_pancake_error(r, NGX_HTTP_PANCAKE_E_INTERNAL, NULL,
                    NULL, "$pancake_input_... or $pancake_quote_... was read "
                    "before the body, use it in \"pancake_set\" and logs "
                    "only");
    }

    rc = ngx_http_pancake_input(r, ctx->form, &ctx->text, &refusal);

    if (rc == NGX_DECLINED) {
        return ngx_http_pancake_outcome_refused(r, &refusal);
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->read = 1;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    return plcf->quote.len ? ngx_http_pancake_flow_early(r, ctx, plcf)
                           : ngx_http_pancake_flow_compose(r, ctx);
}


/*
 * What can be known to be wrong is said before the shop is asked, who may
 * empty a cart at that.
 */

static ngx_int_t
ngx_http_pancake_flow_early(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_loc_conf_t *plcf)
{
    ngx_int_t                   rc;
    ngx_array_t                 violations;
    ngx_http_variable_value_t  *variables;
    ngx_http_pancake_refusal_t  refusal;

    rc = NGX_OK;
    violations.nelts = 0;

    if (plcf->quote_orders) {
        rc = ngx_http_pancake_orders(r, ctx, &violations, &refusal);
    }

    if (rc == NGX_OK && !ctx->saves) {

        /* a "map" must not keep what it makes of a quote that is not there */

        variables = ngx_http_pancake_ctx_variables(r);
        if (variables == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        rc = ngx_http_pancake_compose_early(r, ctx, &violations, &refusal);

        if (rc == NGX_OK) {
            rc = ngx_http_pancake_key_scope(r, ctx, &refusal);
        }

        if (rc == NGX_OK) {
            rc = ngx_http_pancake_credential_token(r, &ctx->bearer,
                                                   &refusal);
        }

        r->variables = variables;
    }

    if (rc == NGX_DECLINED) {
        return violations.nelts
               ? ngx_http_pancake_error_violations(r, &violations)
               : ngx_http_pancake_outcome_refused(r, &refusal);
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_pancake_shop(r, ctx, ngx_http_pancake_flow_quoted);
}


/* the quote, or whatever the shop has for the buyer instead */

static void
ngx_http_pancake_flow_quoted(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_pancake_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_pancake_checkout_module);

    /* once: a buyer who leaves later wakes the request, too */

    r->write_event_handler = ngx_http_request_empty_handler;

    if (ngx_http_pancake_shop_answer(r, ctx, &rc) == NGX_OK) {
        rc = ngx_http_pancake_flow_compose(r, ctx);
    }

    ngx_http_pancake_flow_finish(r, rc);
}


/* merge, validate, render, and the first call */

static ngx_int_t
ngx_http_pancake_flow_compose(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx)
{
    ngx_int_t                   rc;
    ngx_array_t                 violations;
    ngx_http_cleanup_t         *cln;
    ngx_http_pancake_refusal_t  refusal;

    rc = ngx_http_pancake_compose(r, ctx, &violations, &refusal);

    if (rc == NGX_DECLINED && violations.nelts) {

        if (ngx_http_pancake_flow_no_order(r, ctx, &violations)) {
            return ngx_http_pancake_pass(ctx->asked);
        }

        return ngx_http_pancake_error_violations(r, &violations);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_pancake_key_scope(r, ctx, &refusal);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_pancake_credential_token(r, &ctx->bearer, &refusal);
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_pancake_outcome_refused(r, &refusal);
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_pancake_outcome_left;
    cln->data = r;

    return ngx_http_pancake_calls(r, ctx, ngx_http_pancake_flow_resume);
}


/*
 * An order was made, and the cart is empty: what the shop said of it serves
 * the buyer better than an error of ours.
 */

static ngx_uint_t
ngx_http_pancake_flow_no_order(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_array_t *violations)
{
    pancake_violation_t          *v;
    ngx_http_pancake_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    if (!plcf->quote_orders) {
        return 0;
    }

    v = violations->elts;

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "pancake checkout: the shop's order makes no checkout and "
                  "its answer is passed on to the buyer: field \"%V\" %V",
                  ngx_http_pancake_error_loggable(&v->field), &v->message);

    return 1;
}


/* a call has something to go on with; also woken for nothing now and then */

static void
ngx_http_pancake_flow_resume(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_pancake_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_pancake_checkout_module);

    rc = ngx_http_pancake_calls_go_on(r, ctx);

    if (rc == NGX_OK) {
        rc = ngx_http_pancake_flow_answer(r, ctx);
    }

    ngx_http_pancake_flow_finish(r, rc);
}


static ngx_int_t
ngx_http_pancake_flow_answer(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx)
{
    ngx_int_t                     rc;
    ngx_http_pancake_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    if (!ctx->call->verdict->good) {
        return ngx_http_pancake_outcome_failed(r, ctx, ctx->call->verdict);
    }

    rc = ngx_http_pancake_outcome_read(r, ctx);

    if (rc == NGX_DECLINED) {
        return ctx->answer.expired
               ? ngx_http_pancake_flow_renew(r, ctx)
               : ngx_http_pancake_outcome_broken(r, ctx->answer.fault);
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->action + 1 < plcf->nactions) {
        return ngx_http_pancake_flow_next(r, ctx);
    }

    return (ctx->call->action->flags & PANCAKE_ACTION_CHECKOUT)
           ? ngx_http_pancake_reply_checkout(r)
           : ngx_http_pancake_reply_data(r);
}


/*
 * The API repeats an answer for a day, also when what it leads to is over:
 * then the same is asked for once more under a new key.
 */

static ngx_int_t
ngx_http_pancake_flow_renew(ngx_http_request_t *r, ngx_http_pancake_ctx_t *ctx)
{
    if (ctx->call->expired || !ngx_http_pancake_key_repeatable(ctx)) {
        return ngx_http_pancake_outcome_broken(r, ctx->answer.fault);
    }

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "pancake checkout: the API repeated an expired answer to "
                  "\"%V\", asking again under a new key",
                  &ctx->call->action->name);

    ngx_http_pancake_count_replay(ctx->call, NGX_HTTP_PANCAKE_REPLAY_EXPIRED);

    return ngx_http_pancake_calls_renew(r, ctx, ngx_http_pancake_flow_resume);
}


/* the order of a session that was just made */

static ngx_int_t
ngx_http_pancake_flow_next(ngx_http_request_t *r, ngx_http_pancake_ctx_t *ctx)
{
    pancake_value_t  *session;

    if (!pancake_check_session_id(&ctx->session_id, NULL, 0)) {
        return ngx_http_pancake_outcome_broken(r, "has no \"sessionId\"");
    }

    ctx->action++;

    /* the session's page is not where this buyer is sent */

    ngx_str_null(&ctx->answer.checkout_url);

    session = pancake_value_member(ctx->bodies[ctx->action],
                                   &pancake_session_field);

    session->text = ctx->session_id;

    return ngx_http_pancake_calls(r, ctx, ngx_http_pancake_flow_resume);
}

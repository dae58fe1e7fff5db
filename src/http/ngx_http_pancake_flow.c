
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_call.h"
#include "ngx_http_pancake_compose.h"
#include "ngx_http_pancake_credential.h"
#include "ngx_http_pancake_ctx.h"
#include "ngx_http_pancake_flow.h"
#include "ngx_http_pancake_guard.h"
#include "ngx_http_pancake_input.h"
#include "ngx_http_pancake_key.h"
#include "ngx_http_pancake_orders.h"
#include "ngx_http_pancake_outcome.h"
#include "ngx_http_pancake_reply.h"
#include "pancake_json.h"


static void ngx_http_pancake_flow_start(ngx_http_request_t *r);
static void ngx_http_pancake_flow_finish(ngx_http_request_t *r,
    ngx_int_t rc);
static ngx_int_t ngx_http_pancake_flow_run(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_flow_early(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_loc_conf_t *plcf);
static ngx_int_t ngx_http_pancake_flow_ask(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_loc_conf_t *plcf);
static void ngx_http_pancake_flow_asked(ngx_http_request_t *r);
static ngx_int_t ngx_http_pancake_flow_quoted(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_flow_follow(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_flow_take(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_quote_t *quote);
static ngx_int_t ngx_http_pancake_flow_compose(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);
static ngx_uint_t ngx_http_pancake_flow_no_order(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_array_t *violations);
static ngx_int_t ngx_http_pancake_flow_call(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_flow_beside(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_flow_begin(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_call_t *call);
static ngx_int_t ngx_http_pancake_flow_under_way(ngx_int_t rc);
static void ngx_http_pancake_flow_resume(ngx_http_request_t *r);
static ngx_int_t ngx_http_pancake_flow_go_on(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);
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
    ngx_int_t                  rc;
    ngx_http_pancake_ctx_t    *ctx;
    ngx_http_pancake_error_e   error;

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

    return ngx_http_pancake_flow_ask(r, ctx, plcf);
}


/* NGX_DONE: flow_asked() goes on */

static ngx_int_t
ngx_http_pancake_flow_ask(ngx_http_request_t *r, ngx_http_pancake_ctx_t *ctx,
    ngx_http_pancake_loc_conf_t *plcf)
{
    ngx_http_pancake_quote_t  *quote;

    quote = ngx_pcalloc(r->pool, sizeof(ngx_http_pancake_quote_t));
    if (quote == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    quote->request = r;
    quote->resume = ngx_http_pancake_flow_asked;
    quote->direct = ctx->saves;
    quote->redirects = (plcf->quote_follow.len && !ctx->saves);

    ctx->asked = quote;

    return ngx_http_pancake_flow_under_way(
                     ngx_http_pancake_quote(quote, &plcf->quote,
                                            plcf->quote_args.data
                                            ? &plcf->quote_args : &r->args,
                                            0));
}


static void
ngx_http_pancake_flow_asked(ngx_http_request_t *r)
{
    ngx_http_pancake_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_pancake_checkout_module);

    ngx_http_pancake_flow_finish(r, ngx_http_pancake_flow_quoted(r, ctx));
}


/* the shop's answer: a quote, the way to one, or the buyer's */

static ngx_int_t
ngx_http_pancake_flow_quoted(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx)
{
    ngx_int_t                  rc;
    ngx_http_pancake_quote_t  *quote;

    quote = ctx->asked;

    r->connection->log->action = NULL;

    if (!quote->done || (ctx->followed && !ctx->followed->done)) {
        return NGX_DONE;
    }

    if (quote->passed) {
        return ngx_http_pancake_quote_pass(quote);
    }

    if (quote->failed || !quote->whole) {

        if (quote->rc == NGX_HTTP_GATEWAY_TIME_OUT) {
            return ngx_http_pancake_error(r,
                                          NGX_HTTP_PANCAKE_E_QUOTE_TIMEOUT,
                                          NULL, NULL, NULL);
        }

        return ngx_http_pancake_error(r, NGX_HTTP_PANCAKE_E_QUOTE_FAILED,
                                      NULL, NULL,
                                      quote->failed ? NULL
                                      : "its answer was cut off");
    }

    if (quote->header.status >= NGX_HTTP_SPECIAL_RESPONSE
        && ctx->followed == NULL)
    {
        return ngx_http_pancake_flow_follow(r, ctx);
    }

    rc = ngx_http_pancake_flow_take(r, ctx, ctx->followed ? ctx->followed
                                                          : quote);

    if (rc == NGX_DECLINED) {
        return ngx_http_pancake_quote_pass(quote);
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_pancake_flow_compose(r, ctx);
}


/* the order is behind the redirect to where the shop would have it paid */

static ngx_int_t
ngx_http_pancake_flow_follow(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx)
{
    ngx_int_t                  rc;
    ngx_str_t                  uri, args;
    ngx_http_pancake_quote_t  *quote;

    rc = ngx_http_pancake_orders_follow(ctx->asked, &uri, &args);

    if (rc == NGX_DECLINED) {
        return ngx_http_pancake_quote_pass(ctx->asked);
    }

    quote = ngx_pcalloc(r->pool, sizeof(ngx_http_pancake_quote_t));

    if (rc != NGX_OK || quote == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    quote->request = r;
    quote->resume = ngx_http_pancake_flow_asked;
    quote->quiet = 1;

    ctx->followed = quote;

    return ngx_http_pancake_flow_under_way(
                              ngx_http_pancake_quote(quote, &uri, &args, 1));
}


/* NGX_DECLINED: it is no JSON object that could be a quote, so it is logged */

static ngx_int_t
ngx_http_pancake_flow_take(ngx_http_request_t *r, ngx_http_pancake_ctx_t *ctx,
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
            return ngx_http_pancake_quote_pass(ctx->asked);
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

    return ngx_http_pancake_flow_call(r, ctx);
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
                  &v->field, &v->message);

    return 1;
}


/* key, sign, call; NGX_DONE: flow_resume() goes on */

static ngx_int_t
ngx_http_pancake_flow_call(ngx_http_request_t *r, ngx_http_pancake_ctx_t *ctx)
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

        rc = ngx_http_pancake_flow_beside(r, ctx);

        if (rc != NGX_DONE) {
            return rc;
        }
    }

    rc = ngx_http_pancake_flow_begin(r, ctx, call);

    if (rc != NGX_DONE) {
        ngx_http_pancake_call_stop(ctx->beside);
    }

    return rc;
}


/* the token for a customer with an identity, at the same time */

static ngx_int_t
ngx_http_pancake_flow_beside(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx)
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

    return ngx_http_pancake_flow_begin(r, ctx, call);
}


static ngx_int_t
ngx_http_pancake_flow_begin(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_call_t *call)
{
    call->request = r;
    call->resume = ngx_http_pancake_flow_resume;

    call->verdict = ngx_pcalloc(r->pool, sizeof(ngx_http_pancake_verdict_t));

    if (call->verdict == NULL
        || ngx_http_pancake_key_derive(r, ctx, call) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_pancake_flow_under_way(ngx_http_pancake_call(call));
}


/* what a begun or continued subrequest means for the request */

static ngx_int_t
ngx_http_pancake_flow_under_way(ngx_int_t rc)
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


/* a call has something to go on with; also woken for nothing now and then */

static void
ngx_http_pancake_flow_resume(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_pancake_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_pancake_checkout_module);

    rc = ngx_http_pancake_flow_go_on(r, ctx);

    if (rc == NGX_OK) {
        rc = ngx_http_pancake_flow_answer(r, ctx);
    }

    ngx_http_pancake_flow_finish(r, rc);
}


/* NGX_OK: all calls are over, or one has failed, which is ctx->call then */

static ngx_int_t
ngx_http_pancake_flow_go_on(ngx_http_request_t *r,
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

        if (rc != NGX_OK || !call->verdict->good) {

            /* the other one is of no use without it */

            ngx_http_pancake_call_stop(calls[1 - i]);

            ctx->call = call;
            ctx->beside = NULL;

            return rc == NGX_OK ? NGX_OK
                                : ngx_http_pancake_flow_under_way(rc);
        }
    }

    return pending ? NGX_DONE : NGX_OK;
}


static ngx_int_t
ngx_http_pancake_flow_answer(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx)
{
    ngx_int_t                     rc;
    const char                   *fault;
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

    if (rc == NGX_OK && ctx->beside) {

        rc = ngx_http_pancake_outcome_token(r, ctx, &fault);

        if (rc == NGX_DECLINED) {
            return ngx_http_pancake_outcome_broken(r, fault);
        }
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
    ngx_http_pancake_call_t  *call;

    if (ctx->call->expired || !ngx_http_pancake_key_repeatable(ctx)) {
        return ngx_http_pancake_outcome_broken(r, ctx->answer.fault);
    }

    call = ngx_pcalloc(r->pool, sizeof(ngx_http_pancake_call_t));
    if (call == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "pancake checkout: the API repeated an expired answer to "
                  "\"%V\", asking again under a new key",
                  &ctx->call->action->name);

    call->action = ctx->call->action;
    call->uri = ctx->call->uri;
    call->body = ctx->call->body;
    ngx_memcpy(call->hash, ctx->call->hash, PANCAKE_BODY_HASH_LEN);
    call->expired = ctx->answer.expired;

    ctx->call = call;

    return ngx_http_pancake_flow_begin(r, ctx, call);
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

    return ngx_http_pancake_flow_call(r, ctx);
}

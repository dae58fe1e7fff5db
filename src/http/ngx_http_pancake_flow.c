
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_call.h"
#include "ngx_http_pancake_compose.h"
#include "ngx_http_pancake_ctx.h"
#include "ngx_http_pancake_error.h"
#include "ngx_http_pancake_flow.h"
#include "ngx_http_pancake_guard.h"
#include "ngx_http_pancake_input.h"
#include "ngx_http_pancake_key.h"
#include "ngx_http_pancake_reply.h"
#include "pancake_json.h"


static void ngx_http_pancake_flow_start(ngx_http_request_t *r);
static void ngx_http_pancake_flow_finish(ngx_http_request_t *r,
    ngx_int_t rc);
static ngx_int_t ngx_http_pancake_flow_run(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_flow_call(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);
static void ngx_http_pancake_flow_left(void *data);
static ngx_int_t ngx_http_pancake_flow_begin(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_call_t *call);
static ngx_int_t ngx_http_pancake_flow_under_way(ngx_int_t rc);
static void ngx_http_pancake_flow_resume(ngx_http_request_t *r);
static ngx_int_t ngx_http_pancake_flow_answer(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_verdict_t *verdict);
static ngx_int_t ngx_http_pancake_flow_read(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_flow_renew(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_flow_rejected(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_error_e error);
static ngx_int_t ngx_http_pancake_flow_next(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_flow_broken(ngx_http_request_t *r,
    const char *fault);
static ngx_int_t ngx_http_pancake_flow_refuse(ngx_http_request_t *r,
    ngx_http_pancake_refusal_t *refusal);
static const char *ngx_http_pancake_flow_text(ngx_http_request_t *r,
    const char *subject, const char *predicate);


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
 * the request, which is kept while a call is under way.
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


/* input, merge, validate, render, and the first call */

static ngx_int_t
ngx_http_pancake_flow_run(ngx_http_request_t *r, ngx_http_pancake_ctx_t *ctx)
{
    ngx_int_t                   rc;
    ngx_array_t                 violations;
    ngx_http_cleanup_t         *cln;
    ngx_http_pancake_refusal_t  refusal;

    if (ctx->too_early) {
        return ngx_http_pancake_error(r, NGX_HTTP_PANCAKE_E_INTERNAL, NULL,
                    NULL, "$pancake_input_... was read before the body, use "
                    "it in \"pancake_set\" and logs only");
    }

    rc = ngx_http_pancake_input(r, ctx->form, &ctx->text, &refusal);

    if (rc == NGX_OK) {
        ctx->read = 1;

        rc = ngx_http_pancake_compose(r, ctx, &violations, &refusal);

        if (rc == NGX_DECLINED && violations.nelts) {
            return ngx_http_pancake_error_violations(r, &violations);
        }
    }

    if (rc == NGX_OK) {
        rc = ngx_http_pancake_key_scope(r, ctx, &refusal);
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_pancake_flow_refuse(r, &refusal);
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_pancake_flow_left;
    cln->data = r;

    return ngx_http_pancake_flow_call(r, ctx);
}


/* key, sign, call; NGX_DONE: flow_resume() goes on */

static ngx_int_t
ngx_http_pancake_flow_call(ngx_http_request_t *r, ngx_http_pancake_ctx_t *ctx)
{
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

    return ngx_http_pancake_flow_begin(r, ctx, call);
}


static ngx_int_t
ngx_http_pancake_flow_begin(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_call_t *call)
{
    ctx->call = call;

    call->request = r;
    call->resume = ngx_http_pancake_flow_resume;

    if (ngx_http_pancake_key_derive(r, ctx, call) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_pancake_flow_under_way(ngx_http_pancake_call(call));
}


/* what a begun or continued call means for the request */

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
    ngx_int_t                    rc;
    ngx_http_pancake_ctx_t      *ctx;
    ngx_http_pancake_verdict_t   verdict;

    ctx = ngx_http_get_module_ctx(r, ngx_http_pancake_checkout_module);

    rc = ngx_http_pancake_call_go_on(ctx->call, &verdict);

    rc = (rc == NGX_OK) ? ngx_http_pancake_flow_answer(r, ctx, &verdict)
                        : ngx_http_pancake_flow_under_way(rc);

    ngx_http_pancake_flow_finish(r, rc);
}


/*
 * For the log: nginx ends the request of a buyer who has left over HTTP/2 as
 * soon as an attempt ends, and what that brought would be forgotten.
 */

static void
ngx_http_pancake_flow_left(void *data)
{
    ngx_http_request_t *r = data;

    ngx_http_pancake_ctx_t      *ctx;
    ngx_http_pancake_verdict_t   verdict;

    ctx = ngx_http_get_module_ctx(r, ngx_http_pancake_checkout_module);

    if (ctx == NULL || ctx->result != NGX_HTTP_PANCAKE_NONE
        || ctx->call == NULL || ctx->call->attempt == NULL
        || !ctx->call->attempt->done)
    {
        return;
    }

    ngx_http_pancake_verdict(ctx->call->attempt, &verdict);

    if (verdict.good) {
        (void) ngx_http_pancake_flow_read(r, ctx);

    } else {
        ctx->result = ngx_http_pancake_error_result(verdict.error);
    }
}


static ngx_int_t
ngx_http_pancake_flow_answer(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_verdict_t *verdict)
{
    ngx_int_t                     rc;
    ngx_http_pancake_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    if (!verdict->good) {

        if (verdict->error == NGX_HTTP_PANCAKE_E_API_INVALID
            || verdict->error == NGX_HTTP_PANCAKE_E_API_NOT_FOUND)
        {
            return ngx_http_pancake_flow_rejected(r, ctx, verdict->error);
        }

        return ngx_http_pancake_error(r, verdict->error, NULL, NULL,
                                      verdict->detail);
    }

    rc = ngx_http_pancake_flow_read(r, ctx);

    if (rc == NGX_DECLINED) {
        return ctx->answer.expired
               ? ngx_http_pancake_flow_renew(r, ctx)
               : ngx_http_pancake_flow_broken(r, ctx->answer.fault);
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->action + 1 < plcf->nactions) {
        return ngx_http_pancake_flow_next(r, ctx);
    }

    return ngx_http_pancake_reply_checkout(r);
}


/* NGX_DECLINED: the answer's fault says why it leads to no checkout */

static ngx_int_t
ngx_http_pancake_flow_read(ngx_http_request_t *r, ngx_http_pancake_ctx_t *ctx)
{
    ngx_int_t                     rc;
    pancake_answer_t             *answer;
    ngx_http_pancake_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);
    answer = &ctx->answer;

    rc = pancake_answer_read(answer, r->pool, &ctx->call->attempt->answer);

    if (rc == NGX_OK) {
        rc = pancake_answer_checkout(answer, &plcf->redirect, ngx_time());
    }

    if (rc == NGX_OK && answer->session_id.len) {
        ctx->session_id = answer->session_id;
    }

    return rc;
}


static ngx_int_t
ngx_http_pancake_flow_rejected(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_error_e error)
{
    ngx_str_t                    text;
    ngx_int_t                    rc;
    ngx_uint_t                   readable;
    ngx_http_pancake_attempt_t  *attempt;

    attempt = ctx->call->attempt;
    readable = attempt->complete && !attempt->encoded && !attempt->too_big;

    ngx_str_null(&text);

    rc = pancake_answer_read(&ctx->answer, r->pool,
                             readable ? &attempt->answer : &text);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_pancake_error_rejected(r, error, &ctx->answer.errors);
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
        return ngx_http_pancake_flow_broken(r, ctx->answer.fault);
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

    return ngx_http_pancake_flow_begin(r, ctx, call);
}


/* the order of a session that was just made */

static ngx_int_t
ngx_http_pancake_flow_next(ngx_http_request_t *r, ngx_http_pancake_ctx_t *ctx)
{
    pancake_value_t  *session;

    if (!pancake_check_session_id(&ctx->session_id, NULL, 0)) {
        return ngx_http_pancake_flow_broken(r, "has no \"sessionId\"");
    }

    ctx->action++;

    /* the session's page is not where this buyer is sent */

    ngx_str_null(&ctx->answer.checkout_url);

    session = pancake_value_member(ctx->bodies[ctx->action],
                                   &pancake_session_field);

    session->text = ctx->session_id;

    return ngx_http_pancake_flow_call(r, ctx);
}


static ngx_int_t
ngx_http_pancake_flow_broken(ngx_http_request_t *r, const char *fault)
{
    return ngx_http_pancake_error(r, NGX_HTTP_PANCAKE_E_API_BROKEN, NULL,
                                  NULL, ngx_http_pancake_flow_text(r,
                                            "the API's answer", fault));
}


static ngx_int_t
ngx_http_pancake_flow_refuse(ngx_http_request_t *r,
    ngx_http_pancake_refusal_t *refusal)
{
    const char  *message;

    message = refusal->message;

    if (refusal->field.len == 0 && message) {
        message = ngx_http_pancake_flow_text(r, r->method == NGX_HTTP_GET
                                                ? "query" : "body",
                                             message);
    }

    return ngx_http_pancake_error(r, refusal->error, &refusal->field,
                                  message, NULL);
}


/* "subject predicate", or the predicate alone when there is no memory */

static const char *
ngx_http_pancake_flow_text(ngx_http_request_t *r, const char *subject,
    const char *predicate)
{
    u_char  *p;

    p = ngx_pnalloc(r->pool, ngx_strlen(subject) + ngx_strlen(predicate) + 2);
    if (p == NULL) {
        return predicate;
    }

    ngx_sprintf(p, "%s %s%Z", subject, predicate);

    return (const char *) p;
}


/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_ctx.h"
#include "ngx_http_pancake_outcome.h"
#include "ngx_http_pancake_verdict.h"


/* bytes of a session token, which ends in a Location field */
#define NGX_HTTP_PANCAKE_MAX_FRAGMENT   4096


static ngx_int_t ngx_http_pancake_outcome_token(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, const char **fault);
static ngx_int_t ngx_http_pancake_outcome_rejected(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_error_e error);
static const char *ngx_http_pancake_outcome_text(ngx_http_request_t *r,
    const char *subject, const char *predicate);


ngx_int_t
ngx_http_pancake_outcome_read(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx)
{
    ngx_int_t                     rc;
    pancake_answer_t             *answer;
    const pancake_action_t       *action;
    ngx_http_pancake_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);
    answer = &ctx->answer;
    action = ctx->call->action;

    rc = pancake_answer_read(answer, r->pool, &ctx->call->attempt->answer);

    if (rc != NGX_OK) {
        return rc;
    }

    if (action->flags & PANCAKE_ACTION_CHECKOUT) {
        rc = pancake_answer_checkout(answer, &plcf->redirect, ngx_time());

    } else {
        rc = pancake_answer_data(answer, &action->answer,
                                 action->flags & PANCAKE_ACTION_QUERY);
    }

    if (rc == NGX_OK && answer->session_id.len) {
        ctx->session_id = answer->session_id;
    }

    return rc;
}


ngx_int_t
ngx_http_pancake_outcome_hold(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_call_t *call)
{
    ngx_int_t    rc;
    const char  *fault;

    if (call == ctx->beside) {
        rc = ngx_http_pancake_outcome_token(r, ctx, &fault);

    } else {
        rc = ngx_http_pancake_outcome_read(r, ctx);
        fault = ctx->answer.fault;

        if (rc == NGX_DECLINED && ctx->answer.expired) {
            return NGX_OK;
        }
    }

    if (rc != NGX_DECLINED) {
        return rc;
    }

    call->verdict->good = 0;
    call->verdict->error = NGX_HTTP_PANCAKE_E_API_BROKEN;
    call->verdict->detail = ngx_http_pancake_outcome_text(r,
                                               "the API's answer", fault);
    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_outcome_token(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, const char **fault)
{
    ngx_int_t                rc;
    pancake_value_t         *token;
    pancake_answer_t         answer;
    const pancake_action_t  *action;

    action = ctx->beside->action;

    rc = pancake_answer_read(&answer, r->pool,
                             &ctx->beside->attempt->answer);

    if (rc == NGX_OK) {
        rc = pancake_answer_data(&answer, &action->answer, 0);
    }

    if (rc != NGX_OK) {
        *fault = answer.fault;
        return rc;
    }

    token = pancake_value_member(answer.data, &action->answer);

    /* it becomes part of a URL as it is */

    if (token->type != PANCAKE_STRING
        || !pancake_check_name(&token->text, "-._~+/=",
                               NGX_HTTP_PANCAKE_MAX_FRAGMENT))
    {
        *fault = "has a \"token\" that cannot be part of a URL";
        return NGX_DECLINED;
    }

    ctx->token = token->text;

    return NGX_OK;
}


ngx_int_t
ngx_http_pancake_outcome_failed(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx, ngx_http_pancake_verdict_t *verdict)
{
    switch (verdict->error) {

    case NGX_HTTP_PANCAKE_E_API_INVALID:
    case NGX_HTTP_PANCAKE_E_API_NOT_FOUND:
    case NGX_HTTP_PANCAKE_E_API_FORBIDDEN:
        return ngx_http_pancake_outcome_rejected(r, ctx, verdict->error);

    default:
        return ngx_http_pancake_error(r, verdict->error, NULL, NULL,
                                      verdict->detail);
    }
}


static ngx_int_t
ngx_http_pancake_outcome_rejected(ngx_http_request_t *r,
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


ngx_int_t
ngx_http_pancake_outcome_broken(ngx_http_request_t *r, const char *fault)
{
    return ngx_http_pancake_error(r, NGX_HTTP_PANCAKE_E_API_BROKEN, NULL,
                                  NULL, ngx_http_pancake_outcome_text(r,
                                            "the API's answer", fault));
}


ngx_int_t
ngx_http_pancake_outcome_refused(ngx_http_request_t *r,
    ngx_http_pancake_refusal_t *refusal)
{
    const char  *message;

    message = refusal->message;

    if (refusal->field.len == 0 && message) {
        message = ngx_http_pancake_outcome_text(r,
                                                r->method == NGX_HTTP_GET
                                                ? "query" : "body", message);
    }

    return ngx_http_pancake_error(r, refusal->error, &refusal->field,
                                  message, NULL);
}


/* "subject predicate", or the predicate alone when there is no memory */

static const char *
ngx_http_pancake_outcome_text(ngx_http_request_t *r, const char *subject,
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


/*
 * For the log: nginx ends the request of a buyer who has left over HTTP/2 as
 * soon as an attempt ends, and what that brought would be forgotten.
 */

void
ngx_http_pancake_outcome_left(void *data)
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
        (void) ngx_http_pancake_outcome_read(r, ctx);

    } else {
        ctx->result = ngx_http_pancake_error_result(verdict.error);
    }
}

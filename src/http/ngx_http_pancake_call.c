
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_attempt.h"
#include "ngx_http_pancake_call.h"
#include "ngx_http_pancake_count.h"
#include "ngx_http_pancake_ctx.h"
#include "ngx_http_pancake_sign.h"


/* ms; the second click is not to wait much longer than the first one does */
#define NGX_HTTP_PANCAKE_CONFLICT_FIRST   250
#define NGX_HTTP_PANCAKE_CONFLICT_LAST    2000

/* ms until a buyer hears that too much is to be signed */
#define NGX_HTTP_PANCAKE_BUSY_PAUSE       1000

/* ms that a signature is waited for where there is no deadline */
#define NGX_HTTP_PANCAKE_SIGNING_LAST     60000

/* percent that a pause may be longer, so that many do not end at once */
#define NGX_HTTP_PANCAKE_JITTER           20


static ngx_int_t ngx_http_pancake_call_sign(ngx_http_pancake_call_t *call);
static void ngx_http_pancake_call_signed(ngx_http_pancake_call_t *call);
static ngx_int_t ngx_http_pancake_call_attempt(ngx_http_pancake_call_t *call);
static ngx_uint_t ngx_http_pancake_call_limit(ngx_http_pancake_call_t *call);
static void ngx_http_pancake_call_unsigned(ngx_http_pancake_call_t *call,
    ngx_http_pancake_verdict_t *verdict);
static ngx_msec_t ngx_http_pancake_call_pause(ngx_http_pancake_call_t *call,
    ngx_http_pancake_verdict_t *verdict);
static ngx_msec_t ngx_http_pancake_call_conflict(
    ngx_http_pancake_call_t *call);
static ngx_msec_t ngx_http_pancake_call_backoff(
    ngx_http_pancake_call_t *call, ngx_http_pancake_retry_t *retry);
static void ngx_http_pancake_call_wait(ngx_http_pancake_call_t *call,
    ngx_http_pancake_verdict_t *verdict, ngx_msec_t pause);
static void ngx_http_pancake_call_watch(ngx_http_pancake_call_t *call,
    char *action);
static void ngx_http_pancake_call_wake(ngx_http_pancake_call_t *call);
static void ngx_http_pancake_call_timer(ngx_event_t *ev);
static void ngx_http_pancake_call_cleanup(void *data);
static ngx_http_pancake_retry_t *ngx_http_pancake_call_retry(
    ngx_http_pancake_call_t *call);


ngx_int_t
ngx_http_pancake_call(ngx_http_pancake_call_t *call)
{
    ngx_http_cleanup_t        *cln;
    ngx_http_request_t        *r;
    ngx_http_pancake_ctx_t    *ctx;
    ngx_http_pancake_retry_t  *retry;

    r = call->request;
    ctx = ngx_http_pancake_ctx(r);
    retry = ngx_http_pancake_call_retry(call);

    /* all calls for one buyer share what that buyer is made to wait */

    if (ctx->attempts.nelts == 0) {
        ctx->deadline = ngx_current_msec + retry->deadline;
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_DECLINED;
    }

    cln->handler = ngx_http_pancake_call_cleanup;
    cln->data = call;

    call->timer.handler = ngx_http_pancake_call_timer;
    call->timer.data = call;
    call->timer.log = r->connection->log;

    return ngx_http_pancake_call_sign(call);
}


/* a signature, at once or later, and the attempt */

static ngx_int_t
ngx_http_pancake_call_sign(ngx_http_pancake_call_t *call)
{
    switch (ngx_http_pancake_sign(call, ngx_http_pancake_call_signed)) {

    case NGX_OK:
        return ngx_http_pancake_call_attempt(call);

    case NGX_AGAIN:
        call->state = NGX_HTTP_PANCAKE_CALL_SIGNING;

        ngx_http_pancake_call_watch(call, "waiting for a signature");

        /* without any timer a worker that is to quit would do so */

        if (!ngx_http_pancake_call_limit(call)) {
            ngx_add_timer(&call->timer, NGX_HTTP_PANCAKE_SIGNING_LAST);
        }

        return NGX_OK;

    case NGX_BUSY:

        /*
         * Whoever is told at once comes again at once, and a worker that does
         * nothing but refuse leaves its threads no time to sign.
         */

        call->state = NGX_HTTP_PANCAKE_CALL_BUSY;

        ngx_http_pancake_call_watch(call, "waiting to be refused");
        ngx_add_timer(&call->timer, NGX_HTTP_PANCAKE_BUSY_PAUSE);

        return NGX_OK;

    default: /* NGX_ERROR */
        return NGX_DECLINED;
    }
}


static void
ngx_http_pancake_call_signed(ngx_http_pancake_call_t *call)
{
    ngx_connection_t  *c;

    c = call->request->connection;

    if (call->sig.time) {
        call->state = NGX_HTTP_PANCAKE_CALL_SIGNED;

    } else {
        call->state = call->sig.timestamp.len ? NGX_HTTP_PANCAKE_CALL_FAILED
                                              : NGX_HTTP_PANCAKE_CALL_BUSY;
    }

    ngx_http_pancake_call_wake(call);

    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_http_pancake_call_attempt(ngx_http_pancake_call_t *call)
{
    ngx_int_t  rc;

    rc = ngx_http_pancake_attempt(call);

    if (rc != NGX_OK) {
        return rc;
    }

    ngx_http_pancake_ctx(call->request)->result = NGX_HTTP_PANCAKE_NONE;
    call->state = NGX_HTTP_PANCAKE_CALL_FLIGHT;

    (void) ngx_http_pancake_call_limit(call);

    return NGX_OK;
}


/* the deadline, which all calls for one buyer share; 0: there is none */

static ngx_uint_t
ngx_http_pancake_call_limit(ngx_http_pancake_call_t *call)
{
    ngx_msec_int_t  left;

    if (ngx_http_pancake_call_retry(call)->deadline == 0) {
        return 0;
    }

    left = (ngx_msec_int_t) (ngx_http_pancake_ctx(call->request)->deadline
                             - ngx_current_msec);

    ngx_add_timer(&call->timer, (ngx_msec_t) ngx_max(left, 0));

    return 1;
}


ngx_int_t
ngx_http_pancake_call_go_on(ngx_http_pancake_call_t *call,
    ngx_http_pancake_verdict_t *verdict)
{
    ngx_int_t   rc;
    ngx_msec_t  pause;

    switch (call->state) {

    case NGX_HTTP_PANCAKE_CALL_DUE:
        rc = ngx_http_pancake_call_sign(call);
        return rc == NGX_OK ? NGX_AGAIN : rc;

    case NGX_HTTP_PANCAKE_CALL_SIGNED:
        rc = ngx_http_pancake_call_attempt(call);
        return rc == NGX_OK ? NGX_AGAIN : rc;

    case NGX_HTTP_PANCAKE_CALL_BUSY:
    case NGX_HTTP_PANCAKE_CALL_FAILED:
        ngx_http_pancake_call_unsigned(call, verdict);
        return NGX_OK;

    default:
        break;
    }

    if (call->state != NGX_HTTP_PANCAKE_CALL_FLIGHT || !call->attempt->done) {
        return NGX_AGAIN;
    }

    if (call->timer.timer_set) {
        ngx_del_timer(&call->timer);
    }

    /* the subrequest has left its own there, about sending to a client */

    call->request->connection->log->action = NULL;

    ngx_http_pancake_verdict(call->attempt, verdict);

    pause = ngx_http_pancake_call_pause(call, verdict);

    if (pause) {
        ngx_http_pancake_call_wait(call, verdict, pause);
        return NGX_AGAIN;
    }

    call->state = NGX_HTTP_PANCAKE_CALL_OVER;

    return NGX_OK;
}


static void
ngx_http_pancake_call_unsigned(ngx_http_pancake_call_t *call,
    ngx_http_pancake_verdict_t *verdict)
{
    ngx_memzero(verdict, sizeof(ngx_http_pancake_verdict_t));

    if (call->state == NGX_HTTP_PANCAKE_CALL_BUSY) {
        verdict->error = NGX_HTTP_PANCAKE_E_BUSY;
        verdict->detail = "more signatures are waited for than the threads "
                          "can make in time";

    } else {
        verdict->error = NGX_HTTP_PANCAKE_E_INTERNAL;
    }

    call->state = NGX_HTTP_PANCAKE_CALL_OVER;
}


/* ms until the next attempt, or 0 when there shall be none */

static ngx_msec_t
ngx_http_pancake_call_pause(ngx_http_pancake_call_t *call,
    ngx_http_pancake_verdict_t *verdict)
{
    ngx_msec_t                 pause;
    ngx_msec_int_t             left;
    ngx_http_pancake_ctx_t    *ctx;
    ngx_http_pancake_retry_t  *retry;

    retry = ngx_http_pancake_call_retry(call);

    /* what changes something the API would do twice without a key */

    if (verdict->good || retry->attempts == 0
        || (call->key.len == 0
            && !(call->action->flags & PANCAKE_ACTION_READ)))
    {
        return 0;
    }

    switch (verdict->again) {

    case NGX_HTTP_PANCAKE_AGAIN_CONFLICT:
        pause = ngx_http_pancake_call_conflict(call);
        break;

    case NGX_HTTP_PANCAKE_AGAIN_BACKOFF:
        pause = ngx_http_pancake_call_backoff(call, retry);
        break;

    default: /* NGX_HTTP_PANCAKE_AGAIN_NEVER */
        return 0;
    }

    if (pause == 0) {
        return 0;
    }

    pause += ngx_random() % (pause * NGX_HTTP_PANCAKE_JITTER / 100 + 1);

    /* a buyer learns now what could not be different at the deadline */

    ctx = ngx_http_pancake_ctx(call->request);
    left = (ngx_msec_int_t) (ctx->deadline - ngx_current_msec);

    return left > (ngx_msec_int_t) pause ? pause : 0;
}


static ngx_msec_t
ngx_http_pancake_call_conflict(ngx_http_pancake_call_t *call)
{
    ngx_msec_t  pause;

    pause = NGX_HTTP_PANCAKE_CONFLICT_FIRST
            << ngx_min(call->conflicts, 8);

    call->conflicts++;

    return ngx_min(pause, NGX_HTTP_PANCAKE_CONFLICT_LAST);
}


static ngx_msec_t
ngx_http_pancake_call_backoff(ngx_http_pancake_call_t *call,
    ngx_http_pancake_retry_t *retry)
{
    ngx_msec_t                   pause, asked;
    ngx_http_pancake_attempt_t  *attempt;

    call->failures++;

    if (call->failures >= retry->attempts) {
        return 0;
    }

    pause = retry->backoff << (call->failures - 1);

    attempt = call->attempt;

    if (attempt->status != NGX_HTTP_SERVICE_UNAVAILABLE) {
        return pause;
    }

    asked = (ngx_msec_t) 1000 * attempt->retry_after;

    return ngx_max(pause, asked);
}


static void
ngx_http_pancake_call_wait(ngx_http_pancake_call_t *call,
    ngx_http_pancake_verdict_t *verdict, ngx_msec_t pause)
{
    ngx_uint_t               level;
    ngx_http_request_t      *r;
    ngx_http_pancake_ctx_t  *ctx;

    r = call->request;
    ctx = ngx_http_pancake_ctx(r);

    level = (verdict->again == NGX_HTTP_PANCAKE_AGAIN_CONFLICT)
            ? NGX_LOG_INFO : NGX_LOG_WARN;

    ngx_log_error(level, r->connection->log, 0,
                  "pancake checkout: attempt %ui of \"%V\" failed, next in "
                  "%M ms: %s", ctx->attempts.nelts,
                  &call->action->name, pause,
                  verdict->detail);

    ctx->result = ngx_http_pancake_error_result(verdict->error);

    /* of two calls side by side one may not clean up after the other */

    if (ctx->beside == NULL) {
        ngx_http_pancake_attempt_free(call->attempt);
    }

    call->state = NGX_HTTP_PANCAKE_CALL_PAUSE;

    ngx_http_pancake_call_watch(call, "waiting to call the API again");

    ngx_add_timer(&call->timer, pause);
}


/*
 * The buyer's connection is watched while no attempt is under way: of who
 * leaves now nothing more is sent to the API.
 */

static void
ngx_http_pancake_call_watch(ngx_http_pancake_call_t *call, char *action)
{
    ngx_uint_t           ready;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = call->request;
    c = r->connection;

    ready = (ngx_http_pancake_stream(r) || c->read->ready
             || c->read->pending_eof);

    c->log->action = action;

    ngx_http_pancake_count_wait(call);

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    /* posted: who has left already must not end the request in here */

    if (ngx_handle_read_event(c->read, 0) != NGX_OK || ready) {
        ngx_post_event(c->read, &ngx_posted_events);
    }
}


/* the end of that */

static void
ngx_http_pancake_call_wake(ngx_http_pancake_call_t *call)
{
    ngx_http_request_t  *r;

    r = call->request;

    ngx_http_set_log_request(r->connection->log, r);

    if (call->timer.timer_set) {
        ngx_del_timer(&call->timer);
    }

    r->connection->log->action = NULL;
    r->read_event_handler = ngx_http_block_reading;

    ngx_http_pancake_count_wake(call);

    call->resume(r);
}


static void
ngx_http_pancake_call_timer(ngx_event_t *ev)
{
    ngx_connection_t         *c;
    ngx_http_request_t       *r;
    ngx_http_pancake_call_t  *call;

    call = ev->data;
    r = call->request;
    c = r->connection;

    switch (call->state) {

    case NGX_HTTP_PANCAKE_CALL_PAUSE:
        call->state = NGX_HTTP_PANCAKE_CALL_DUE;
        ngx_http_pancake_call_wake(call);
        break;

    case NGX_HTTP_PANCAKE_CALL_SIGNING:
        ngx_http_pancake_sign_leave(call);

        call->state = NGX_HTTP_PANCAKE_CALL_BUSY;
        ngx_http_pancake_call_wake(call);
        break;

    case NGX_HTTP_PANCAKE_CALL_BUSY:
        ngx_http_pancake_call_wake(call);
        break;

    default: /* NGX_HTTP_PANCAKE_CALL_FLIGHT */
        ngx_http_set_log_request(c->log, r);

        ngx_http_pancake_attempt_cut(call->attempt);

        if (c->error) {
            ngx_http_finalize_request(r, NGX_HTTP_CLIENT_CLOSED_REQUEST);

        } else {
            call->resume(r);
        }
    }

    ngx_http_run_posted_requests(c);
}


void
ngx_http_pancake_call_stop(ngx_http_pancake_call_t *call)
{
    if (call == NULL || call->state == NGX_HTTP_PANCAKE_CALL_OVER) {
        return;
    }

    ngx_http_pancake_call_cleanup(call);

    if (call->state == NGX_HTTP_PANCAKE_CALL_FLIGHT && !call->attempt->done) {
        ngx_http_pancake_attempt_cut(call->attempt);
        call->attempt->stopped = 1;
    }

    call->request->connection->log->action = NULL;
    call->request->read_event_handler = ngx_http_block_reading;
    call->state = NGX_HTTP_PANCAKE_CALL_OVER;
}


static void
ngx_http_pancake_call_cleanup(void *data)
{
    ngx_http_pancake_call_t  *call = data;

    if (call->timer.timer_set) {
        ngx_del_timer(&call->timer);
    }

    ngx_http_pancake_sign_leave(call);

    ngx_http_pancake_count_over(call);
}


static ngx_http_pancake_retry_t *
ngx_http_pancake_call_retry(ngx_http_pancake_call_t *call)
{
    ngx_http_pancake_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(call->request,
                                        ngx_http_pancake_checkout_module);

    return &plcf->retry;
}

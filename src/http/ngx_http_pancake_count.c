
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_count.h"
#include "ngx_http_pancake_counters.h"
#include "ngx_http_pancake_verdict.h"


static void ngx_http_pancake_count_time(ngx_http_pancake_histogram_t *h,
    ngx_msec_int_t ms);
static ngx_uint_t ngx_http_pancake_count_class(
    ngx_http_pancake_attempt_t *attempt);


/* of all processes; the gauges are one's own, and it alone writes them */

#define ngx_http_pancake_count(counter)                                       \
    (void) ngx_atomic_fetch_add(&(counter), 1)

void
ngx_http_pancake_count_enter(ngx_http_pancake_ctx_t *ctx,
    ngx_http_pancake_loc_conf_t *plcf)
{
    if (plcf->counted) {
        ctx->counters = plcf->counted->counters;
    }
}


void
ngx_http_pancake_count_leave(ngx_http_pancake_ctx_t *ctx)
{
    ngx_time_t          *tp;
    ngx_http_request_t  *r;

    if (ctx->counters == NULL) {
        return;
    }

    r = ctx->request;
    tp = ngx_timeofday();

    ngx_http_pancake_count(ctx->counters->results[ctx->result]);

    /* as $request_time */

    ngx_http_pancake_count_time(&ctx->counters->time,
                                (ngx_msec_int_t)
                                ((tp->sec - r->start_sec) * 1000
                                 + (tp->msec - r->start_msec)));
}


void
ngx_http_pancake_count_reason(ngx_http_pancake_ctx_t *ctx,
    ngx_http_pancake_reason_e reason)
{
    if (ctx->counters && reason != NGX_HTTP_PANCAKE_NO_REASON) {
        ngx_http_pancake_count(ctx->counters->reasons[reason]);
    }
}


void
ngx_http_pancake_count_violation(ngx_http_pancake_ctx_t *ctx,
    pancake_violation_t *violation)
{
    switch (violation->source) {

    case PANCAKE_SOURCE_SET:
        ngx_http_pancake_count_reason(ctx, NGX_HTTP_PANCAKE_REASON_SET);
        break;

    case PANCAKE_SOURCE_QUOTE:
        ngx_http_pancake_count_reason(ctx, NGX_HTTP_PANCAKE_REASON_QUOTE);
        break;

    default: /* PANCAKE_SOURCE_BUYER */
        ngx_http_pancake_count_reason(ctx, NGX_HTTP_PANCAKE_REASON_FIELD
                                           + violation->reason);
    }
}


void
ngx_http_pancake_count_call(ngx_http_pancake_ctx_t *ctx,
    ngx_http_pancake_call_t *call, ngx_uint_t n)
{
    if (ctx->counters) {
        call->counters = ctx->counters->calls[n];
    }
}


void
ngx_http_pancake_count_replay(ngx_http_pancake_call_t *call,
    ngx_http_pancake_replay_e replay)
{
    if (call->counters) {
        ngx_http_pancake_count(call->counters->replays[replay]);
    }
}


void
ngx_http_pancake_count_wait(ngx_http_pancake_call_t *call)
{
    if (call->counters && !call->waiting) {
        call->waiting = 1;
        ngx_http_pancake_gauges->waiting++;
    }
}


void
ngx_http_pancake_count_wake(ngx_http_pancake_call_t *call)
{
    if (call->waiting) {
        call->waiting = 0;
        ngx_http_pancake_gauges->waiting--;
    }
}


void
ngx_http_pancake_count_over(ngx_http_pancake_call_t *call)
{
    ngx_http_pancake_call_counters_t  *counters;

    ngx_http_pancake_count_wake(call);

    counters = call->counters;

    if (counters == NULL || call->attempt == NULL) {
        return;
    }

    ngx_http_pancake_count(
        counters->calls[ngx_http_pancake_count_class(call->attempt)]);

    /* whoever has waited for the same request gets what that has got */

    if (call->verdict->good && call->conflicts) {
        ngx_http_pancake_count_replay(call, NGX_HTTP_PANCAKE_REPLAY_CONFLICT);
    }

    call->counters = NULL;
}


void
ngx_http_pancake_count_attempt(ngx_http_pancake_attempt_t *attempt)
{
    if (attempt->call->counters) {
        attempt->counters = attempt->call->counters;

        ngx_http_pancake_count(
            attempt->counters->signatures[attempt->signature]);
        ngx_http_pancake_gauges->flight++;
    }
}


void
ngx_http_pancake_count_done(ngx_http_pancake_attempt_t *attempt)
{
    ngx_http_pancake_call_counters_t  *counters;

    counters = attempt->counters;

    if (counters == NULL) {
        return;
    }

    attempt->counters = NULL;

    ngx_http_pancake_gauges->flight--;

    ngx_http_pancake_count(
        counters->attempts[ngx_http_pancake_count_class(attempt)]);

    /* one that is given up with its request has no end of its own */

    ngx_http_pancake_count_time(&counters->time,
                                (ngx_msec_int_t)
                                (attempt->done
                                 ? attempt->time
                                 : ngx_current_msec - attempt->start));
}


void
ngx_http_pancake_count_webhook(ngx_http_pancake_counted_t *counted,
    ngx_http_pancake_webhook_outcome_e outcome)
{
    if (counted && counted->counters) {
        ngx_http_pancake_count(counted->counters->outcomes[outcome]);
    }
}


static void
ngx_http_pancake_count_time(ngx_http_pancake_histogram_t *h,
    ngx_msec_int_t ms)
{
    ngx_uint_t  i;

    /* a clock that was put back */

    ms = ngx_max(ms, 0);

    for (i = 0; i < NGX_HTTP_PANCAKE_BUCKETS; i++) {
        if ((ngx_msec_t) ms <= ngx_http_pancake_bounds[i].ms) {
            break;
        }
    }

    ngx_http_pancake_count(h->buckets[i]);

    /* what took less than a millisecond is not worth a locked instruction */

    if (ms) {
        (void) ngx_atomic_fetch_add(&h->sum, ms);
    }
}


/* what was cut off counts as no answer, whatever its status line said */

static ngx_uint_t
ngx_http_pancake_count_class(ngx_http_pancake_attempt_t *attempt)
{
    ngx_uint_t  class;

    if (!attempt->done || attempt->cut) {
        return 0;
    }

    class = attempt->status / 100;

    return class < NGX_HTTP_PANCAKE_CLASSES ? class : 0;
}

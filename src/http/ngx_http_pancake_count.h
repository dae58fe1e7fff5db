
/*
 * Copyright (C) pancake checkout contributors
 *
 * What the rooms of a checkout tell the counters of pancake_status_zone.  All
 * of it does nothing in a configuration without one, and none of it fails.
 */


#ifndef _NGX_HTTP_PANCAKE_COUNT_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_COUNT_H_INCLUDED_


#include "ngx_http_pancake_labels.h"


/* a buyer's request enters a checkout location */
void ngx_http_pancake_count_enter(ngx_http_pancake_ctx_t *ctx,
    ngx_http_pancake_loc_conf_t *plcf);

/* it is over, with ctx->result; to be told when its pool is */
void ngx_http_pancake_count_leave(ngx_http_pancake_ctx_t *ctx);

/* a refusal, once for each thing that was wrong; NO_REASON: none */
void ngx_http_pancake_count_reason(ngx_http_pancake_ctx_t *ctx,
    ngx_http_pancake_reason_e reason);

/* the same of a violation of a field */
void ngx_http_pancake_count_violation(ngx_http_pancake_ctx_t *ctx,
    pancake_violation_t *violation);

/* a call is made; "n" is its place among those of its location */
void ngx_http_pancake_count_call(ngx_http_pancake_ctx_t *ctx,
    ngx_http_pancake_call_t *call, ngx_uint_t n);

/* an answer is known to repeat an earlier one */
void ngx_http_pancake_count_replay(ngx_http_pancake_call_t *call,
    ngx_http_pancake_replay_e replay);

/* the call waits, for a signature or in a pause, and it does not any more */
void ngx_http_pancake_count_wait(ngx_http_pancake_call_t *call);
void ngx_http_pancake_count_wake(ngx_http_pancake_call_t *call);

/* the call is over or given up; more than once is as good as once */
void ngx_http_pancake_count_over(ngx_http_pancake_call_t *call);

/* a webhook's request is over; NULL: it is not counted */
void ngx_http_pancake_count_webhook(ngx_http_pancake_counted_t *counted,
    ngx_http_pancake_webhook_outcome_e outcome);

/* an attempt is under way, and it is not any more */
void ngx_http_pancake_count_attempt(ngx_http_pancake_attempt_t *attempt);
void ngx_http_pancake_count_done(ngx_http_pancake_attempt_t *attempt);


#endif /* _NGX_HTTP_PANCAKE_COUNT_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * A call: one request to the API with its retries, all inside the deadline
 * of the buyer's request (design.md section 7).
 */


#ifndef _NGX_HTTP_PANCAKE_CALL_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_CALL_H_INCLUDED_


#include "ngx_http_pancake_verdict.h"


/*
 * Begins a call.  The caller has filled request, resume, action, body and
 * key; all of it, and the call, live in the request's pool.  Whenever there
 * is something to go on with, the request runs call->resume, which then asks
 * ngx_http_pancake_call_go_on().  A request that ends meanwhile takes the
 * call's timer with it.  Returns NGX_OK, NGX_DECLINED or NGX_ERROR as
 * ngx_http_pancake_attempt() does.
 */
ngx_int_t ngx_http_pancake_call(ngx_http_pancake_call_t *call);

/*
 * Goes on with a call; also harmless for nothing.  Returns NGX_AGAIN while an
 * attempt is under way or waited for: the caller only returns to nginx.
 * NGX_OK: the call is over and *verdict says how.  NGX_DECLINED or NGX_ERROR:
 * the next attempt could not be made, as ngx_http_pancake_attempt() says it.
 */
ngx_int_t ngx_http_pancake_call_go_on(ngx_http_pancake_call_t *call,
    ngx_http_pancake_verdict_t *verdict);

/*
 * Ends a call that nobody waits for any more, whatever it is at: an attempt
 * under way is cut.  Harmless for one that is over; may be NULL.
 */
void ngx_http_pancake_call_stop(ngx_http_pancake_call_t *call);


#endif /* _NGX_HTTP_PANCAKE_CALL_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * One request to the API: a background subrequest into the internal location
 * that proxies it, with a body and header fields of its own.
 */


#ifndef _NGX_HTTP_PANCAKE_ATTEMPT_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_ATTEMPT_H_INCLUDED_


#include "ngx_http_pancake.h"


/*
 * Sends call->body for call->action with call->sig; the
 * new call->attempt is also in the list of the buyer's request and lives in
 * its pool.  When the answer has come, or will not come, attempt->done is set
 * and the request's write_event_handler is set to call->resume and called
 * through a posted request.  Returns NGX_OK, NGX_DECLINED (nothing was
 * begun), or NGX_ERROR (nginx could not make the subrequest and has lost
 * count: only NGX_ERROR to ngx_http_finalize_request() ends the request then).
 */
ngx_int_t ngx_http_pancake_attempt(ngx_http_pancake_call_t *call);

/*
 * Ends an attempt that is under way, as if its time were out: its connection
 * is closed, attempt->done and ->cut are set, call->resume is not called.
 */
void ngx_http_pancake_attempt_cut(ngx_http_pancake_attempt_t *attempt);

/*
 * Gives back the memory of an attempt that is done, but for what the
 * variables tell; its answer is gone then.  Without it the memory goes with
 * the request.
 */
void ngx_http_pancake_attempt_free(ngx_http_pancake_attempt_t *attempt);

/*
 * The attempt that a subrequest is, also after nginx has led the subrequest
 * to another location; NULL for every other request.
 */
ngx_http_pancake_attempt_t *ngx_http_pancake_attempt_of(
    ngx_http_request_t *r);


#endif /* _NGX_HTTP_PANCAKE_ATTEMPT_H_INCLUDED_ */

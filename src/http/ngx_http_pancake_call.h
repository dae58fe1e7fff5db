
/*
 * Copyright (C) pancake checkout contributors
 *
 * One request to the API: a background subrequest into the internal location
 * that proxies it, with a body and header fields of its own.
 */


#ifndef _NGX_HTTP_PANCAKE_CALL_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_CALL_H_INCLUDED_


#include "ngx_http_pancake.h"


/*
 * Signs call->body for call->action and sends it.  The caller has filled
 * action, body and key; all of it lives in the request's pool.  When the
 * answer has come, or will not come, call->done is set and the request's
 * write_event_handler is set to "resume" and called through a posted request.
 * Returns NGX_OK, NGX_DECLINED (nothing was begun), or NGX_ERROR (nginx could
 * not make the subrequest and has lost count: only NGX_ERROR to
 * ngx_http_finalize_request() ends the request then).
 */
ngx_int_t ngx_http_pancake_call(ngx_http_request_t *r,
    ngx_http_pancake_call_t *call, ngx_http_event_handler_pt resume);

/*
 * The call that a subrequest makes, also after nginx has led the subrequest
 * to another location; NULL for every other request.
 */
ngx_http_pancake_call_t *ngx_http_pancake_call_of(ngx_http_request_t *r);


#endif /* _NGX_HTTP_PANCAKE_CALL_H_INCLUDED_ */

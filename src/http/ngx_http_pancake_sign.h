
/*
 * Copyright (C) pancake checkout contributors
 *
 * The signature of a call's next attempt: one that is known already, or a new
 * one, made here or in a thread.
 */


#ifndef _NGX_HTTP_PANCAKE_SIGN_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_SIGN_H_INCLUDED_


#include "ngx_http_pancake.h"


/*
 * Signs call->body for call->action with the present time.  Returns NGX_OK:
 * call->sig is filled (not with a store slug, which signs nothing) and
 * call->signing says how.  NGX_AGAIN: a thread is about to; "handler" gets
 * the call when call->sig is filled, or cannot be (its time is 0; without a
 * timestamp no thread has come to it).  NGX_BUSY: the threads have too much to
 * do already.  NGX_ERROR: it cannot be signed,
 * which has been logged.
 */
ngx_int_t ngx_http_pancake_sign(ngx_http_pancake_call_t *call,
    void (*handler)(ngx_http_pancake_call_t *call));

/* Waits for a thread no more; to be called when the request ends, too. */
void ngx_http_pancake_sign_leave(ngx_http_pancake_call_t *call);

/*
 * What pancake_signature_cache keeps: at most "max" signatures, of which each
 * serves the requests of so many seconds.  Returns NULL when there is no
 * memory.
 */
pancake_cache_t *ngx_http_pancake_sign_cache(ngx_conf_t *cf, ngx_uint_t max);


#endif /* _NGX_HTTP_PANCAKE_SIGN_H_INCLUDED_ */

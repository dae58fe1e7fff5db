
/*
 * Copyright (C) pancake checkout contributors
 *
 * What a finished attempt amounts to, and whether another one may mend it
 * (contract.md section 1, status table; design.md section 7).
 */


#ifndef _NGX_HTTP_PANCAKE_VERDICT_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_VERDICT_H_INCLUDED_


#include "ngx_http_pancake_error.h"


typedef enum {
    NGX_HTTP_PANCAKE_AGAIN_NEVER = 0,
    NGX_HTTP_PANCAKE_AGAIN_BACKOFF,     /* the API or the way to it failed */
    NGX_HTTP_PANCAKE_AGAIN_CONFLICT     /* our own first request still runs */
} ngx_http_pancake_again_e;


struct ngx_http_pancake_verdict_s {
    ngx_uint_t                   good;      /* 1: a whole 2xx in JSON, and
                                               nothing of the following */
    ngx_http_pancake_error_e     error;
    ngx_http_pancake_again_e     again;
    const char                  *detail;    /* for the error log: NULL, a
                                               static text or one in the
                                               request's pool, never the
                                               API's words */
};


/* Fills *verdict for an attempt that is done. */
void ngx_http_pancake_verdict(ngx_http_pancake_attempt_t *attempt,
    ngx_http_pancake_verdict_t *verdict);


#endif /* _NGX_HTTP_PANCAKE_VERDICT_H_INCLUDED_ */

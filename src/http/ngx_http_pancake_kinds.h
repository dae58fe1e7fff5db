
/*
 * Copyright (C) pancake checkout contributors
 *
 * The table of errors: what each means to the buyer, the log and
 * $pancake_result.
 */


#ifndef _NGX_HTTP_PANCAKE_KINDS_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_KINDS_H_INCLUDED_


#include "ngx_http_pancake_error.h"
#include "ngx_http_pancake_labels.h"


typedef struct {
    ngx_uint_t                   status;
    ngx_http_pancake_result_e    result;
    ngx_uint_t                   level;
    ngx_http_pancake_reason_e    reason;
    const char                  *message;
} ngx_http_pancake_kind_t;


/* in the order of ngx_http_pancake_error_e */

extern const ngx_http_pancake_kind_t  ngx_http_pancake_kinds[];


#endif /* _NGX_HTTP_PANCAKE_KINDS_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * What a finished call amounts to (contract.md section 1, status table).
 */


#ifndef _NGX_HTTP_PANCAKE_VERDICT_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_VERDICT_H_INCLUDED_


#include "ngx_http_pancake_error.h"


/*
 * NGX_OK for a complete 2xx answer in JSON, otherwise NGX_DECLINED with
 * *error, and *detail for the error log: NULL, a static text or one in the
 * request's pool, never the API's words.
 */
ngx_int_t ngx_http_pancake_verdict(ngx_http_pancake_call_t *call,
    ngx_http_pancake_error_e *error, const char **detail);


#endif /* _NGX_HTTP_PANCAKE_VERDICT_H_INCLUDED_ */

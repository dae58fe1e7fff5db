
/*
 * Copyright (C) pancake checkout contributors
 *
 * One buyer's request from its first step to its last (design.md section 5).
 */


#ifndef _NGX_HTTP_PANCAKE_FLOW_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_FLOW_H_INCLUDED_


#include "ngx_http_pancake.h"


/*
 * The content handler of a checkout location.  Returns NGX_DONE when the
 * request goes on by itself, or what ngx_http_finalize_request() takes.
 */
ngx_int_t ngx_http_pancake_flow_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_PANCAKE_FLOW_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * nginx's own $upstream_ variables of a buyer's request.
 */


#ifndef _NGX_HTTP_PANCAKE_UPSTREAM_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_UPSTREAM_H_INCLUDED_


#include "ngx_http_pancake.h"


/*
 * Makes them speak of what the subrequest "sr" has asked, too.  All is copied
 * to memory of "r".  Returns NGX_OK or NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_pancake_upstream_states(ngx_http_request_t *r,
    ngx_http_request_t *sr);


#endif /* _NGX_HTTP_PANCAKE_UPSTREAM_H_INCLUDED_ */

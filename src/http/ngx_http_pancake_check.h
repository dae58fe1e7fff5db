
/*
 * Copyright (C) pancake checkout contributors
 *
 * What "nginx -t" finds out about a checkout location when its directives
 * have come together.
 */


#ifndef _NGX_HTTP_PANCAKE_CHECK_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_CHECK_H_INCLUDED_


#include "ngx_http_pancake.h"


/*
 * Refuses, with the line of the directive, what could never work at a
 * request; "own_sets" are the pancake_set directives that stand in the
 * location itself, and "own_accept" is 1 when the pancake_accept do.  Sets
 * plcf->beside.  Returns NGX_OK, or NGX_ERROR after logging.
 */
ngx_int_t ngx_http_pancake_check(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf, ngx_array_t *own_sets,
    ngx_uint_t own_accept);


#endif /* _NGX_HTTP_PANCAKE_CHECK_H_INCLUDED_ */

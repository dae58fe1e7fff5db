
/*
 * Copyright (C) pancake checkout contributors
 *
 * The part of "nginx -t" that is about fields: who sets and who accepts them.
 */


#ifndef _NGX_HTTP_PANCAKE_CHECK_FIELDS_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_CHECK_FIELDS_H_INCLUDED_


#include "ngx_http_pancake.h"


/*
 * Refuses what pancake_set and pancake_accept cannot mean in this location;
 * the parameters are those of ngx_http_pancake_check().  Returns NGX_OK, or
 * NGX_ERROR after logging.
 */
ngx_int_t ngx_http_pancake_check_fields(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf, ngx_array_t *own_sets,
    ngx_uint_t own_accept);

/*
 * The directive of an array (ngx_http_pancake_set_t, may be NULL) that sets a
 * path or something below it to more than "", or NULL.
 */
ngx_http_pancake_set_t *ngx_http_pancake_check_set(ngx_array_t *sets,
    ngx_str_t *path);


#endif /* _NGX_HTTP_PANCAKE_CHECK_FIELDS_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * The two ends of an attempt inside nginx: the phase that lets it into the
 * internal location only, and the filters that catch its answer, so that no
 * byte of it goes the way of answers to clients.
 */


#ifndef _NGX_HTTP_PANCAKE_CATCH_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_CATCH_H_INCLUDED_


#include "ngx_http_pancake.h"


/*
 * Installs them; postconfiguration.  They serve the subrequests of attempts
 * and fill status, answer and flags of these; all other requests pass.
 * Returns NGX_OK or NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_pancake_catch_init(ngx_conf_t *cf);


#endif /* _NGX_HTTP_PANCAKE_CATCH_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * Warnings about what works and will hurt: a call that others can read or
 * answer, a log that keeps what must not be kept.
 */


#ifndef _NGX_HTTP_PANCAKE_WARNING_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_WARNING_H_INCLUDED_


#include "ngx_http_pancake.h"


/*
 * At the end of merging a location: notes a checkout for what is warned about
 * later, and gives an internal location its flags, in memory of cf->pool.
 * An "if" shares those of the location around it.  Returns NGX_OK or
 * NGX_ERROR.
 */
ngx_int_t ngx_http_pancake_warning_merge(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *prev, ngx_http_pancake_loc_conf_t *conf);

/*
 * When the configuration is whole: warns of each checkout whose error log has
 * the level "debug", once for a log.  Says nothing in an nginx that was built
 * without debug messages.
 */
void ngx_http_pancake_warning_debug(ngx_cycle_t *cycle,
    ngx_http_pancake_main_conf_t *pmcf);

/*
 * When the header of the API's answer is there and its server still known:
 * warns if the call "sr" went without TLS, or with an unverified certificate,
 * to another machine (contract.md section 11, number 6).  Each is said once
 * by a worker for an internal location.
 */
void ngx_http_pancake_warning_upstream(ngx_http_request_t *sr);


#endif /* _NGX_HTTP_PANCAKE_WARNING_H_INCLUDED_ */

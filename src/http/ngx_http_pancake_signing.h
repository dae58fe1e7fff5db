
/*
 * Copyright (C) pancake checkout contributors
 *
 * The directives about where signatures are made and how long they are kept.
 */


#ifndef _NGX_HTTP_PANCAKE_SIGNING_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_SIGNING_H_INCLUDED_


#include "ngx_http_pancake.h"


/* handlers of the directives, for ngx_command_t */

char *ngx_http_pancake_signing(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_pancake_signing_cache(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Inherits them, and gives a location that signs in threads a pool when none
 * is named.  Returns NGX_OK or NGX_ERROR, which has been logged.
 */
ngx_int_t ngx_http_pancake_signing_merge(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *prev, ngx_http_pancake_loc_conf_t *conf);

/*
 * Whether the event method, known only now, can be woken by threads.  Returns
 * NGX_OK or NGX_ERROR, which has been logged: every worker would die.
 */
ngx_int_t ngx_http_pancake_signing_check(ngx_cycle_t *cycle,
    ngx_http_pancake_main_conf_t *pmcf);


#endif /* _NGX_HTTP_PANCAKE_SIGNING_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * The directives about doing the same again: under which idempotency key, and
 * how often (design.md sections 6 and 7).
 */


#ifndef _NGX_HTTP_PANCAKE_REPEAT_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_REPEAT_H_INCLUDED_


#include "ngx_http_pancake.h"


/* nginx's signature for directive handlers, and return values as those */
char *ngx_http_pancake_repeat_key(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_pancake_repeat_secret(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_pancake_repeat_retry(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* a post handler for ngx_conf_set_sec_slot() */
char *ngx_http_pancake_repeat_window(ngx_conf_t *cf, void *post, void *data);

/*
 * Merges what these directives set; after the credential of "conf", which
 * gives the secret where no directive does.
 */
void ngx_http_pancake_repeat_merge(ngx_http_pancake_main_conf_t *pmcf,
    ngx_http_pancake_loc_conf_t *prev, ngx_http_pancake_loc_conf_t *conf);


#endif /* _NGX_HTTP_PANCAKE_REPEAT_H_INCLUDED_ */

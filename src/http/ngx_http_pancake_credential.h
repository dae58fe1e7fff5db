
/*
 * Copyright (C) pancake checkout contributors
 *
 * The directives that say who the merchant is: a private key with a merchant
 * id, or the slug of a store.
 */


#ifndef _NGX_HTTP_PANCAKE_CREDENTIAL_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_CREDENTIAL_H_INCLUDED_


#include "ngx_http_pancake.h"


/* handlers of directives, with nginx's contract for those */

char *ngx_http_pancake_credential_merchant(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
char *ngx_http_pancake_credential_key(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_pancake_credential_slug(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* _NGX_HTTP_PANCAKE_CREDENTIAL_H_INCLUDED_ */

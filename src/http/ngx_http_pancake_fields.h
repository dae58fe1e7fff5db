
/*
 * Copyright (C) pancake checkout contributors
 *
 * The directives that say who sets which field: pancake_set and
 * pancake_accept.
 */


#ifndef _NGX_HTTP_PANCAKE_FIELDS_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_FIELDS_H_INCLUDED_


#include "ngx_http_pancake.h"


/* handlers of directives, with nginx's contract for those */

char *ngx_http_pancake_fields_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_pancake_fields_accept(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* _NGX_HTTP_PANCAKE_FIELDS_H_INCLUDED_ */

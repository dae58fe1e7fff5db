
/*
 * Copyright (C) pancake checkout contributors
 *
 * pancake_graphql_query: the one query that a location may ask.
 */


#ifndef _NGX_HTTP_PANCAKE_QUERY_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_QUERY_H_INCLUDED_


#include "ngx_http_pancake.h"


/* a handler of a directive, with nginx's contract for those */
char *ngx_http_pancake_query(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* _NGX_HTTP_PANCAKE_QUERY_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * The directives that say who asks the API: a private key with a merchant id,
 * the slug of a store, or a customer's session token.
 */


#ifndef _NGX_HTTP_PANCAKE_CREDENTIAL_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_CREDENTIAL_H_INCLUDED_


#include "ngx_http_pancake_error.h"


/* handlers of directives, with nginx's contract for those */

char *ngx_http_pancake_credential_merchant(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
char *ngx_http_pancake_credential_key(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_pancake_credential_slug(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_pancake_credential_bearer(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Merges what these directives set.  Returns NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_pancake_credential_merge(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *prev, ngx_http_pancake_loc_conf_t *conf);

/*
 * The value of the Authorization field with the customer's session token, in
 * memory of the request; empty where the location has no pancake_bearer.
 * Returns NGX_OK, NGX_DECLINED with *refusal (there is no token that could be
 * one), or NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_pancake_credential_token(ngx_http_request_t *r,
    ngx_str_t *value, ngx_http_pancake_refusal_t *refusal);


#endif /* _NGX_HTTP_PANCAKE_CREDENTIAL_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * The voices beside the buyer's: what the merchant set in the configuration
 * and what nginx itself knows.
 */


#ifndef _NGX_HTTP_PANCAKE_VOICES_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_VOICES_H_INCLUDED_


#include "ngx_http_pancake.h"


/*
 * What the pancake_set directives say, one ngx_str_t each in the order of the
 * configuration.  With a request variables are evaluated; without one (NULL)
 * their data is NULL.  Returns NGX_OK or NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_pancake_voices_values(ngx_http_request_t *r,
    ngx_pool_t *pool, ngx_array_t *sets, ngx_array_t *values);

/*
 * The tree of those values, all PANCAKE_TEXT; what was not evaluated is left
 * out.  Returns NGX_OK with *root set, NGX_DECLINED when a value is not UTF-8
 * or two paths clash (*field names it, *error says why), or NGX_ERROR (no
 * memory).
 */
ngx_int_t ngx_http_pancake_voices_merchant(ngx_pool_t *pool,
    ngx_array_t *sets, ngx_array_t *values, pancake_value_t **root,
    ngx_str_t *field, const char **error);

/*
 * The tree of what nginx knows: buyerIp, the client address after realip;
 * for a chain of actions also a stand-in for the session id that only the
 * first answer brings; the text of pancake_graphql_query.  Returns NGX_OK or
 * NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_pancake_voices_edge(ngx_http_request_t *r,
    pancake_value_t **root);


#endif /* _NGX_HTTP_PANCAKE_VOICES_H_INCLUDED_ */

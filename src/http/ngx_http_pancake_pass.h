
/*
 * Copyright (C) pancake checkout contributors
 *
 * The shop's answer: either kept for the checkout, or on its way to the buyer
 * as it is.
 */


#ifndef _NGX_HTTP_PANCAKE_PASS_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_PASS_H_INCLUDED_


#include "ngx_http_pancake_quote.h"


/*
 * Installs the filters that catch the answers; postconfiguration.  Returns
 * NGX_OK or NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_pancake_pass_init(ngx_conf_t *cf);

/*
 * Sends a kept answer to the buyer after all, or ends one that has been sent
 * already.  Returns what ngx_http_finalize_request() takes.
 */
ngx_int_t ngx_http_pancake_pass(ngx_http_pancake_quote_t *quote);


#endif /* _NGX_HTTP_PANCAKE_PASS_H_INCLUDED_ */

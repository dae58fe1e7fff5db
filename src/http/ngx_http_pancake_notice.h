
/*
 * Copyright (C) pancake checkout contributors
 *
 * The entries of "errors" in an envelope, in the API's own form.
 */


#ifndef _NGX_HTTP_PANCAKE_NOTICE_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_NOTICE_H_INCLUDED_


#include "ngx_http_pancake.h"


/*
 * Appends one entry to the array "errors".  With a field (may be empty) the
 * message begins with its name.  Texts are referenced, not copied.  Returns
 * NGX_OK or NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_pancake_notice(ngx_pool_t *pool, pancake_value_t *errors,
    const ngx_str_t *field, const ngx_str_t *message, const ngx_str_t *layer);

/*
 * What the API said (an array of pancake_notice_t) as the member "errors" of
 * an envelope, empty for nothing; NULL when there is no memory.
 */
pancake_value_t *ngx_http_pancake_notices(ngx_pool_t *pool,
    ngx_array_t *notices);


#endif /* _NGX_HTTP_PANCAKE_NOTICE_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_gather.h"


/* most answers fit whose length nobody tells before; bytes */
#define NGX_HTTP_PANCAKE_GATHER_SIZE   2048


ngx_int_t
ngx_http_pancake_gather(ngx_pool_t *pool, ngx_str_t *text, size_t *size,
    off_t expected, const u_char *data, size_t len)
{
    size_t   need;
    u_char  *p;

    if (len == 0) {
        return NGX_OK;
    }

    need = text->len + len;

    if (need > *size) {

        if (expected > (off_t) *size) {
            *size = (size_t) expected;

        } else {
            *size = ngx_max(2 * *size, NGX_HTTP_PANCAKE_GATHER_SIZE);
        }

        *size = ngx_max(*size, need);

        p = ngx_pnalloc(pool, *size);
        if (p == NULL) {
            return NGX_ERROR;
        }

        if (text->len) {
            ngx_memcpy(p, text->data, text->len);
        }

        text->data = p;
    }

    ngx_memcpy(text->data + text->len, data, len);
    text->len = need;

    return NGX_OK;
}

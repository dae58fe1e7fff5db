
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_idempotency.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>


/*
 * The bytes under the HMAC, the same on every node:
 *
 *     "pancake-idempotency-1" 0x0A
 *     merchant, path, kind, scope[0], scope[1], window, body
 *
 * kind is one byte; window is eight, the most significant first; every
 * other part is its length in eight bytes, likewise, and the part itself.
 * To replace an expired answer, kind has its highest bit set and that time
 * stands before the body as window does.
 */

#define PANCAKE_IDEMPOTENCY_VERSION  "pancake-idempotency-1\n"


static ngx_int_t pancake_idempotency_parts(EVP_MD_CTX *ctx,
    const pancake_idempotency_t *in);
static ngx_int_t pancake_idempotency_part(EVP_MD_CTX *ctx,
    const ngx_str_t *part);
static ngx_int_t pancake_idempotency_number(EVP_MD_CTX *ctx, uint64_t n);


ngx_int_t
pancake_idempotency_key(const pancake_idempotency_t *in,
    u_char out[PANCAKE_IDEMPOTENCY_KEY_LEN])
{
    size_t       len;
    EVP_PKEY    *pkey;
    ngx_int_t    rc;
    ngx_str_t    src, dst;
    EVP_MD_CTX  *ctx;
    u_char       mac[EVP_MAX_MD_SIZE];

    if (in->secret.len == 0) {
        return NGX_ERROR;
    }

    ERR_clear_error();

    rc = NGX_ERROR;
    len = sizeof(mac);

    ctx = EVP_MD_CTX_new();
    pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, in->secret.data,
                                        in->secret.len);

    if (ctx != NULL
        && pkey != NULL
        && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1
        && pancake_idempotency_parts(ctx, in) == NGX_OK
        && EVP_DigestSignFinal(ctx, mac, &len) == 1
        && len == 32)
    {
        src.data = mac;
        src.len = len;
        dst.data = out;

        ngx_encode_base64url(&dst, &src);

        rc = NGX_OK;
    }

    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);

    ERR_clear_error();

    return rc;
}


static ngx_int_t
pancake_idempotency_parts(EVP_MD_CTX *ctx, const pancake_idempotency_t *in)
{
    u_char  kind;

    kind = (u_char) in->scope_kind | (in->expired ? 0x80 : 0);

    if (EVP_DigestSignUpdate(ctx, PANCAKE_IDEMPOTENCY_VERSION,
                             sizeof(PANCAKE_IDEMPOTENCY_VERSION) - 1)
        != 1
        || pancake_idempotency_part(ctx, &in->merchant) != NGX_OK
        || pancake_idempotency_part(ctx, &in->path) != NGX_OK
        || EVP_DigestSignUpdate(ctx, &kind, 1) != 1
        || pancake_idempotency_part(ctx, &in->scope[0]) != NGX_OK
        || pancake_idempotency_part(ctx, &in->scope[1]) != NGX_OK
        || pancake_idempotency_number(ctx, (uint64_t) in->window) != NGX_OK
        || (in->expired
            && pancake_idempotency_number(ctx, (uint64_t) in->expired)
               != NGX_OK)
        || pancake_idempotency_part(ctx, &in->body) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
pancake_idempotency_part(EVP_MD_CTX *ctx, const ngx_str_t *part)
{
    if (pancake_idempotency_number(ctx, part->len) != NGX_OK) {
        return NGX_ERROR;
    }

    if (part->len && EVP_DigestSignUpdate(ctx, part->data, part->len) != 1) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
pancake_idempotency_number(EVP_MD_CTX *ctx, uint64_t n)
{
    ngx_uint_t  i;
    u_char      buf[8];

    for (i = sizeof(buf); i > 0; i--) {
        buf[i - 1] = (u_char) n;
        n >>= 8;
    }

    return EVP_DigestSignUpdate(ctx, buf, sizeof(buf)) == 1 ? NGX_OK
                                                            : NGX_ERROR;
}


ngx_int_t
pancake_client_key(const ngx_str_t *value, ngx_str_t *key)
{
    size_t     i;
    u_char     ch;
    ngx_str_t  k;

    k = *value;

    if (k.len >= 2 && k.data[0] == '"' && k.data[k.len - 1] == '"') {
        k.data++;
        k.len -= 2;
    }

    if (k.len == 0 || k.len > PANCAKE_CLIENT_KEY_MAX_LEN) {
        return NGX_DECLINED;
    }

    for (i = 0; i < k.len; i++) {
        ch = k.data[i];

        if ((ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z')
            || (ch >= '0' && ch <= '9') || ch == '-' || ch == '_')
        {
            continue;
        }

        return NGX_DECLINED;
    }

    *key = k;

    return NGX_OK;
}


ngx_int_t
pancake_unique(u_char out[16])
{
    int  n;

    ERR_clear_error();

    n = RAND_bytes(out, 16);

    ERR_clear_error();

    return (n == 1) ? NGX_OK : NGX_ERROR;
}

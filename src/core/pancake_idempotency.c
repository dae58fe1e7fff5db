
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


/* bytes taken at once: what the generator does around them is most of it */
#define PANCAKE_UNIQUE_STOCK  2048


static EVP_MAC_CTX *pancake_idempotency_mac(const ngx_str_t *secret);
static ngx_int_t pancake_idempotency_parts(EVP_MAC_CTX *mac,
    const pancake_idempotency_t *in);
static ngx_int_t pancake_idempotency_part(EVP_MAC_CTX *mac,
    const ngx_str_t *part);
static ngx_int_t pancake_idempotency_number(EVP_MAC_CTX *mac, uint64_t n);


ngx_int_t
pancake_idempotency_key(const pancake_idempotency_t *in,
    u_char out[PANCAKE_IDEMPOTENCY_KEY_LEN])
{
    size_t        len;
    ngx_str_t     src, dst;
    EVP_MAC_CTX  *mac;
    u_char        md[EVP_MAX_MD_SIZE];

    if (in->scope_kind == PANCAKE_SCOPE_REQUEST) {

        /* nobody can know it, and nothing makes it more so */

        len = 32;

        if (pancake_unique(md, len) != NGX_OK) {
            return NGX_ERROR;
        }

    } else {
        mac = pancake_idempotency_mac(&in->secret);

        if (mac == NULL
            || pancake_idempotency_parts(mac, in) != NGX_OK
            || EVP_MAC_final(mac, md, &len, sizeof(md)) != 1
            || len != 32)
        {
            ERR_clear_error();
            return NGX_ERROR;
        }
    }

    src.data = md;
    src.len = len;
    dst.data = out;

    ngx_encode_base64url(&dst, &src);

    return NGX_OK;
}


/* HMAC-SHA-256 at its beginning, or NULL */

static EVP_MAC_CTX *
pancake_idempotency_mac(const ngx_str_t *secret)
{
    EVP_MAC             *hmac;
    OSSL_PARAM           params[2];

    /* one for the process: looking for the algorithm takes longer than it */

    static EVP_MAC_CTX  *mac;

    if (secret->len == 0) {
        return NULL;
    }

    if (mac == NULL) {

        hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
        mac = EVP_MAC_CTX_new(hmac);
        EVP_MAC_free(hmac);

        params[0] = OSSL_PARAM_construct_utf8_string("digest",
                                                     (char *) "SHA256", 0);
        params[1] = OSSL_PARAM_construct_end();

        if (mac == NULL || EVP_MAC_CTX_set_params(mac, params) != 1) {
            EVP_MAC_CTX_free(mac);
            mac = NULL;
            return NULL;
        }
    }

    return EVP_MAC_init(mac, secret->data, secret->len, NULL) == 1 ? mac
                                                                   : NULL;
}


static ngx_int_t
pancake_idempotency_parts(EVP_MAC_CTX *mac, const pancake_idempotency_t *in)
{
    u_char  kind;

    kind = (u_char) in->scope_kind | (in->expired ? 0x80 : 0);

    if (EVP_MAC_update(mac, (u_char *) PANCAKE_IDEMPOTENCY_VERSION,
                       sizeof(PANCAKE_IDEMPOTENCY_VERSION) - 1)
        != 1
        || pancake_idempotency_part(mac, &in->merchant) != NGX_OK
        || pancake_idempotency_part(mac, &in->path) != NGX_OK
        || EVP_MAC_update(mac, &kind, 1) != 1
        || pancake_idempotency_part(mac, &in->scope[0]) != NGX_OK
        || pancake_idempotency_part(mac, &in->scope[1]) != NGX_OK
        || pancake_idempotency_number(mac, (uint64_t) in->window) != NGX_OK
        || (in->expired
            && pancake_idempotency_number(mac, (uint64_t) in->expired)
               != NGX_OK)
        || pancake_idempotency_part(mac, &in->body) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
pancake_idempotency_part(EVP_MAC_CTX *mac, const ngx_str_t *part)
{
    if (pancake_idempotency_number(mac, part->len) != NGX_OK) {
        return NGX_ERROR;
    }

    if (part->len && EVP_MAC_update(mac, part->data, part->len) != 1) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
pancake_idempotency_number(EVP_MAC_CTX *mac, uint64_t n)
{
    ngx_uint_t  i;
    u_char      buf[8];

    for (i = sizeof(buf); i > 0; i--) {
        buf[i - 1] = (u_char) n;
        n >>= 8;
    }

    return EVP_MAC_update(mac, buf, sizeof(buf)) == 1 ? NGX_OK : NGX_ERROR;
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
pancake_unique(u_char *out, size_t len)
{
    u_char            *p;

    static u_char      stock[PANCAKE_UNIQUE_STOCK];
    static size_t      left;
    static ngx_pid_t   owner;

    /* a second line: a child does not go on with its parent's stock */

    if (left < len || owner != ngx_pid) {

        if (len > sizeof(stock)
            || pancake_random(stock, sizeof(stock)) != NGX_OK)
        {
            left = 0;
            return NGX_ERROR;
        }

        left = sizeof(stock);
        owner = ngx_pid;
    }

    left -= len;
    p = stock + left;

    ngx_memcpy(out, p, len);
    ngx_memzero(p, len);

    return NGX_OK;
}


ngx_int_t
pancake_random(u_char *out, size_t len)
{
    if (RAND_bytes(out, (int) len) == 1) {
        return NGX_OK;
    }

    ERR_clear_error();

    return NGX_ERROR;
}


/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_webhook.h"

#include <openssl/err.h>
#include <openssl/rsa.h>


/* digits of unix milliseconds from 2001 to 2286 */
#define PANCAKE_WEBHOOK_TIME_LEN   13

/* of the largest signature */
#define PANCAKE_WEBHOOK_MAX_BASE64                                            \
    ngx_base64_encoded_length(PANCAKE_KEY_MAX_SIZE)


static ngx_uint_t pancake_webhook_pair(const ngx_str_t *pair,
    const char *name, ngx_str_t *value);
static void pancake_webhook_trim(ngx_str_t *text);
static ngx_int_t pancake_webhook_time(pancake_webhook_header_t *header);
static ngx_int_t pancake_webhook_base64(const ngx_str_t *text,
    pancake_webhook_header_t *header);
static ngx_int_t pancake_webhook_fits(const pancake_key_t *key,
    const pancake_webhook_header_t *header, const u_char *digest);


const char *
pancake_webhook_header(const ngx_str_t *value,
    pancake_webhook_header_t *header)
{
    u_char      *p, *last, *end;
    ngx_str_t    pair, v1;
    ngx_uint_t   nt, nv1;

    if (value->len > PANCAKE_WEBHOOK_MAX_HEADER) {
        return "X-Waffo-Signature has more than 4096 bytes";
    }

    nt = 0;
    nv1 = 0;

    ngx_str_null(&v1);
    ngx_str_null(&header->time);

    last = value->data + value->len;

    for (p = value->data; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, ',');

        if (end == NULL) {
            end = last;
        }

        pair.data = p;
        pair.len = end - p;

        nt += pancake_webhook_pair(&pair, "t", &header->time);
        nv1 += pancake_webhook_pair(&pair, "v1", &v1);
    }

    if (nt == 0 || nv1 == 0) {
        return "X-Waffo-Signature has no \"t\" or no \"v1\"";
    }

    /* the SDK takes the last one; of two opinions neither can be trusted */

    if (nt > 1 || nv1 > 1) {
        return "X-Waffo-Signature has \"t\" or \"v1\" more than once";
    }

    if (pancake_webhook_time(header) != NGX_OK) {
        return "\"t\" of X-Waffo-Signature is not a time in milliseconds, "
               "which has 13 digits";
    }

    if (pancake_webhook_base64(&v1, header) != NGX_OK) {
        return "\"v1\" of X-Waffo-Signature is not the base64 of a signature";
    }

    return NULL;
}


/* 1, and the value, when the pair is one of that name; else 0 */

static ngx_uint_t
pancake_webhook_pair(const ngx_str_t *pair, const char *name,
    ngx_str_t *value)
{
    u_char     *equals, *last;
    ngx_str_t   left;

    last = pair->data + pair->len;
    equals = ngx_strlchr(pair->data, last, '=');

    if (equals == NULL) {
        return 0;
    }

    left.data = pair->data;
    left.len = equals - pair->data;
    pancake_webhook_trim(&left);

    if (left.len != ngx_strlen(name)
        || ngx_strncmp(left.data, name, left.len) != 0)
    {
        return 0;
    }

    value->data = equals + 1;
    value->len = last - value->data;
    pancake_webhook_trim(value);

    return 1;
}


static void
pancake_webhook_trim(ngx_str_t *text)
{
    while (text->len && (text->data[0] == ' ' || text->data[0] == '\t')) {
        text->data++;
        text->len--;
    }

    while (text->len
           && (text->data[text->len - 1] == ' '
               || text->data[text->len - 1] == '\t'))
    {
        text->len--;
    }
}


static ngx_int_t
pancake_webhook_time(pancake_webhook_header_t *header)
{
    size_t  i;
    u_char  c;

    if (header->time.len != PANCAKE_WEBHOOK_TIME_LEN) {
        return NGX_DECLINED;
    }

    header->ms = 0;

    for (i = 0; i < header->time.len; i++) {
        c = header->time.data[i];

        if (c < '0' || c > '9') {
            return NGX_DECLINED;
        }

        header->ms = header->ms * 10 + (c - '0');
    }

    return NGX_OK;
}


/* of the many texts that nginx decodes to the same bytes only the usual one */

static ngx_int_t
pancake_webhook_base64(const ngx_str_t *text, pancake_webhook_header_t *header)
{
    ngx_str_t  from, bytes, again;
    u_char     buf[PANCAKE_WEBHOOK_MAX_BASE64];

    if (text->len == 0 || text->len > PANCAKE_WEBHOOK_MAX_BASE64) {
        return NGX_DECLINED;
    }

    from = *text;
    bytes.data = header->signature;

    if (ngx_decode_base64(&bytes, &from) != NGX_OK) {
        return NGX_DECLINED;
    }

    if (bytes.len > PANCAKE_KEY_MAX_SIZE) {
        return NGX_DECLINED;
    }

    header->len = bytes.len;

    again.data = buf;
    ngx_encode_base64(&again, &bytes);

    if (again.len != text->len
        || ngx_memcmp(again.data, text->data, text->len) != 0)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


const char *
pancake_webhook_window(int64_t ms, int64_t now, int64_t tolerance,
    int64_t future)
{
    if (now - ms > tolerance) {
        return "it was signed longer ago than \"tolerance\" allows: it comes "
               "late, or somebody sends an old one again, or this machine's "
               "clock is fast";
    }

    if (ms - now > future) {
        return "it was signed later than now by more than \"future\" allows: "
               "this machine's clock is slow";
    }

    return NULL;
}


EVP_MD_CTX *
pancake_webhook_hash(const pancake_webhook_header_t *header)
{
    EVP_MD_CTX  *md;

    md = EVP_MD_CTX_new();

    if (md == NULL
        || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1
        || EVP_DigestUpdate(md, header->time.data, header->time.len) != 1
        || EVP_DigestUpdate(md, ".", 1) != 1)
    {
        EVP_MD_CTX_free(md);
        ERR_clear_error();
        return NULL;
    }

    return md;
}


/* one hash, whatever the number of keys */

ngx_int_t
pancake_webhook_verify(const pancake_webhook_keys_t *keys,
    const pancake_webhook_header_t *header, EVP_MD_CTX *md,
    const char **fault)
{
    u_char        digest[EVP_MAX_MD_SIZE];
    ngx_int_t     rc;
    ngx_uint_t    i;
    unsigned int  len;

    if (EVP_DigestFinal_ex(md, digest, &len) != 1) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    for (i = 0; i < keys->nkeys; i++) {
        rc = pancake_webhook_fits(keys->keys[i], header, digest);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    *fault = "its signature fits no key of this location: is it of the "
             "platform, and of this environment";

    rc = pancake_webhook_fits(keys->other, header, digest);

    if (rc == NGX_OK) {
        *fault = (keys->environment == PANCAKE_WEBHOOK_PROD)
                 ? "it is signed with the key of the test environment, and "
                   "this location is for \"prod\""
                 : "it is signed with the key of the production environment, "
                   "and this location is for \"test\"";
    }

    if (rc == NGX_DECLINED) {
        rc = pancake_webhook_fits(keys->replaced, header, digest);

        if (rc == NGX_OK) {
            *fault = "it is signed with the built-in key, which \"key\" has "
                     "replaced: add \"key=builtin\"";
        }
    }

    return (rc == NGX_ERROR) ? NGX_ERROR : NGX_DECLINED;
}


/* also NGX_DECLINED without a key */

static ngx_int_t
pancake_webhook_fits(const pancake_key_t *key,
    const pancake_webhook_header_t *header, const u_char *digest)
{
    ngx_int_t      rc;
    EVP_PKEY_CTX  *ctx;

    if (key == NULL || key->size != header->len) {
        return NGX_DECLINED;
    }

    rc = NGX_ERROR;
    ctx = EVP_PKEY_CTX_new(key->pkey, NULL);

    if (ctx != NULL
        && EVP_PKEY_verify_init(ctx) == 1
        && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1
        && EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1)
    {
        rc = (EVP_PKEY_verify(ctx, header->signature, header->len, digest,
                              PANCAKE_WEBHOOK_HASH_LEN)
              == 1)
             ? NGX_OK : NGX_DECLINED;
    }

    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();

    return rc;
}

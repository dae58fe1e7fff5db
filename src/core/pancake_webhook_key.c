
/*
 * Copyright (C) pancake checkout contributors
 *
 * The platform's public keys.
 */


#include "pancake_webhook.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>


static const char *pancake_webhook_key_pem(BIO *bio, EVP_PKEY **pkey);
static const char *pancake_webhook_key_label(const char *name,
    const char *header);
static const char *pancake_webhook_key_check(pancake_key_t *key);
static void pancake_webhook_key_cleanup(void *data);


ngx_int_t
pancake_webhook_key_read(ngx_pool_t *pool, const ngx_str_t *text,
    pancake_key_t **key, const char **fault)
{
    BIO                 *bio;
    pancake_key_t       *k;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(pool, sizeof(pancake_key_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    k = cln->data;

    ngx_memzero(k, sizeof(pancake_key_t));

    cln->handler = pancake_webhook_key_cleanup;

    /* a length of -1 would mean a C string */

    bio = BIO_new_mem_buf(text->len ? (void *) text->data : "",
                          (int) text->len);
    if (bio == NULL) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    *fault = pancake_webhook_key_pem(bio, &k->pkey);

    if (*fault == NULL) {
        *fault = pancake_webhook_key_check(k);
    }

    BIO_free(bio);
    ERR_clear_error();

    if (*fault) {
        return NGX_DECLINED;
    }

    *key = k;

    return NGX_OK;
}


/* one block and no other: of two keys in a file one would be passed over */

static const char *
pancake_webhook_key_pem(BIO *bio, EVP_PKEY **pkey)
{
    long           len;
    char          *name, *header;
    u_char        *data;
    const char    *fault;
    const u_char  *p;

    if (PEM_read_bio(bio, &name, &header, &data, &len) != 1) {
        return "is not PEM";
    }

    fault = pancake_webhook_key_label(name, header);

    if (fault == NULL) {
        p = data;
        *pkey = d2i_PUBKEY(NULL, &p, len);

        if (*pkey == NULL || p != data + len) {
            fault = "is damaged";
        }
    }

    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);

    if (fault) {
        return fault;
    }

    if (PEM_read_bio(bio, &name, &header, &data, &len) == 1) {
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(data);

        return "has more than one PEM block";
    }

    return NULL;
}


static const char *
pancake_webhook_key_label(const char *name, const char *header)
{
    if (ngx_strcmp(name, "PUBLIC KEY") == 0 && header[0] == '\0') {
        return NULL;
    }

    if (ngx_strstr(name, "PRIVATE KEY")) {
        return "is a private key";
    }

    if (ngx_strstr(name, "CERTIFICATE")) {
        return "is a certificate";
    }

    return "does not begin with \"-----BEGIN PUBLIC KEY-----\"";
}


static const char *
pancake_webhook_key_check(pancake_key_t *key)
{
    int            bits;
    ngx_uint_t     sound;
    EVP_PKEY_CTX  *ctx;

    /* an RSA-PSS key has an id of its own and signs otherwise */

    if (EVP_PKEY_base_id(key->pkey) != EVP_PKEY_RSA) {
        return "is not an RSA key";
    }

    bits = EVP_PKEY_bits(key->pkey);

    if (bits < PANCAKE_KEY_MIN_BITS) {
        return "has fewer than 2048 bits";
    }

    if (bits > PANCAKE_KEY_MAX_BITS) {
        return "has more than 16384 bits";
    }

    key->size = EVP_PKEY_size(key->pkey);

    ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
    sound = (ctx != NULL && EVP_PKEY_public_check(ctx) == 1);

    EVP_PKEY_CTX_free(ctx);

    return sound ? NULL : "is damaged";
}


static void
pancake_webhook_key_cleanup(void *data)
{
    pancake_key_t  *key = data;

    EVP_PKEY_free(key->pkey);
}


pancake_key_t *
pancake_webhook_key_builtin(ngx_pool_t *pool,
    pancake_webhook_environment_e environment)
{
    ngx_str_t       text;
    const char     *fault;
    pancake_key_t  *key;

    text.data = (u_char *) pancake_webhook_keys[environment];
    text.len = ngx_strlen(text.data);

    return (pancake_webhook_key_read(pool, &text, &key, &fault) == NGX_OK)
           ? key : NULL;
}


ngx_uint_t
pancake_webhook_key_equal(const pancake_key_t *one, const pancake_key_t *two)
{
    return EVP_PKEY_eq(one->pkey, two->pkey) == 1;
}

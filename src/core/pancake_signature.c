
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_signature.h"

#include <openssl/err.h>
#include <openssl/rsa.h>


/* what one thread needs to sign; idle ones wait in a list of the signer */

typedef struct pancake_signing_s  pancake_signing_t;

struct pancake_signing_s {
    EVP_MD_CTX          *md;
    EVP_PKEY_CTX        *pkey;
    pancake_signing_t   *next;
};


struct pancake_signer_s {
    pancake_key_t       *key;
    EVP_MD              *sha256;
    pancake_signing_t   *idle;
#if (NGX_THREADS)
    pthread_mutex_t      mutex;
#endif
};


static void pancake_signer_cleanup(void *data);
static pancake_signing_t *pancake_signing_get(pancake_signer_t *signer);
static pancake_signing_t *pancake_signing_create(pancake_signer_t *signer);
static void pancake_signing_put(pancake_signer_t *signer,
    pancake_signing_t *signing);
static void pancake_signing_free(pancake_signing_t *signing);
static ngx_int_t pancake_sign_digest(pancake_signer_t *signer,
    pancake_signing_t *signing, const ngx_str_t *method,
    const ngx_str_t *path, const ngx_str_t *timestamp,
    const u_char body_hash[PANCAKE_BODY_HASH_LEN],
    u_char digest[EVP_MAX_MD_SIZE]);


pancake_signer_t *
pancake_signer_create(ngx_pool_t *pool, pancake_key_t *key)
{
    pancake_signer_t    *signer;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(pool, sizeof(pancake_signer_t));
    if (cln == NULL) {
        return NULL;
    }

    signer = cln->data;

    ngx_memzero(signer, sizeof(pancake_signer_t));

    signer->key = key;
    signer->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);

    if (signer->sha256 == NULL) {
        ERR_clear_error();
        return NULL;
    }

#if (NGX_THREADS)
    if (pthread_mutex_init(&signer->mutex, NULL) != 0) {
        EVP_MD_free(signer->sha256);
        return NULL;
    }
#endif

    cln->handler = pancake_signer_cleanup;

    return signer;
}


static void
pancake_signer_cleanup(void *data)
{
    pancake_signer_t *signer = data;

    pancake_signing_t  *signing;

    while (signer->idle) {
        signing = signer->idle;
        signer->idle = signing->next;

        pancake_signing_free(signing);
    }

    EVP_MD_free(signer->sha256);

#if (NGX_THREADS)
    (void) pthread_mutex_destroy(&signer->mutex);
#endif
}


static pancake_signing_t *
pancake_signing_get(pancake_signer_t *signer)
{
    pancake_signing_t  *signing;

#if (NGX_THREADS)
    (void) pthread_mutex_lock(&signer->mutex);
#endif

    signing = signer->idle;

    if (signing) {
        signer->idle = signing->next;
    }

#if (NGX_THREADS)
    (void) pthread_mutex_unlock(&signer->mutex);
#endif

    return signing ? signing : pancake_signing_create(signer);
}


static pancake_signing_t *
pancake_signing_create(pancake_signer_t *signer)
{
    pancake_signing_t  *signing;

    /* outlives the request, and pools are not for threads */

    signing = OPENSSL_zalloc(sizeof(pancake_signing_t));
    if (signing == NULL) {
        return NULL;
    }

    signing->md = EVP_MD_CTX_new();
    signing->pkey = EVP_PKEY_CTX_new(signer->key->pkey, NULL);

    if (signing->md != NULL
        && signing->pkey != NULL
        && EVP_PKEY_sign_init(signing->pkey) == 1
        && EVP_PKEY_CTX_set_rsa_padding(signing->pkey, RSA_PKCS1_PADDING) == 1
        && EVP_PKEY_CTX_set_signature_md(signing->pkey, signer->sha256) == 1)
    {
        return signing;
    }

    pancake_signing_free(signing);

    return NULL;
}


static void
pancake_signing_put(pancake_signer_t *signer, pancake_signing_t *signing)
{
#if (NGX_THREADS)
    (void) pthread_mutex_lock(&signer->mutex);
#endif

    signing->next = signer->idle;
    signer->idle = signing;

#if (NGX_THREADS)
    (void) pthread_mutex_unlock(&signer->mutex);
#endif
}


static void
pancake_signing_free(pancake_signing_t *signing)
{
    EVP_MD_CTX_free(signing->md);
    EVP_PKEY_CTX_free(signing->pkey);
    OPENSSL_free(signing);
}


size_t
pancake_signature_len(pancake_signer_t *signer)
{
    return ngx_base64_encoded_length(signer->key->size);
}


ngx_int_t
pancake_body_hash(const ngx_str_t *body, u_char out[PANCAKE_BODY_HASH_LEN])
{
    ngx_str_t           src, dst;
    unsigned int        len;
    u_char              md[EVP_MAX_MD_SIZE];

    /* kept: to look for the algorithm takes longer than to use it */

    static EVP_MD      *sha256;
    static EVP_MD_CTX  *ctx;

    if (sha256 == NULL) {
        sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    }

    if (ctx == NULL) {
        ctx = EVP_MD_CTX_new();
    }

    if (sha256 == NULL
        || ctx == NULL
        || EVP_DigestInit_ex2(ctx, sha256, NULL) != 1
        || EVP_DigestUpdate(ctx, body->data, body->len) != 1
        || EVP_DigestFinal_ex(ctx, md, &len) != 1
        || len != 32)
    {
        ERR_clear_error();
        return NGX_ERROR;
    }

    src.data = md;
    src.len = len;
    dst.data = out;

    ngx_encode_base64(&dst, &src);

    return NGX_OK;
}


ngx_int_t
pancake_sign(pancake_signer_t *signer, const ngx_str_t *method,
    const ngx_str_t *path, const ngx_str_t *timestamp,
    const u_char body_hash[PANCAKE_BODY_HASH_LEN], ngx_str_t *out)
{
    size_t              len;
    ngx_str_t           src;
    pancake_signing_t  *signing;
    u_char              digest[EVP_MAX_MD_SIZE], sig[PANCAKE_KEY_MAX_SIZE];

    signing = pancake_signing_get(signer);
    if (signing == NULL) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    len = sizeof(sig);

    if (pancake_sign_digest(signer, signing, method, path, timestamp,
                            body_hash, digest)
        != NGX_OK
        || EVP_PKEY_sign(signing->pkey, sig, &len, digest, 32) != 1
        || len != signer->key->size)
    {
        pancake_signing_free(signing);
        ERR_clear_error();
        return NGX_ERROR;
    }

    pancake_signing_put(signer, signing);

    src.data = sig;
    src.len = len;

    ngx_encode_base64(out, &src);

    return NGX_OK;
}


/* the SHA-256 of the canonical string */

static ngx_int_t
pancake_sign_digest(pancake_signer_t *signer, pancake_signing_t *signing,
    const ngx_str_t *method, const ngx_str_t *path,
    const ngx_str_t *timestamp, const u_char body_hash[PANCAKE_BODY_HASH_LEN],
    u_char digest[EVP_MAX_MD_SIZE])
{
    EVP_MD_CTX    *md;
    unsigned int   len;

    md = signing->md;

    if (EVP_DigestInit_ex2(md, signer->sha256, NULL) == 1
        && EVP_DigestUpdate(md, method->data, method->len) == 1
        && EVP_DigestUpdate(md, "\n", 1) == 1
        && EVP_DigestUpdate(md, path->data, path->len) == 1
        && EVP_DigestUpdate(md, "\n", 1) == 1
        && EVP_DigestUpdate(md, timestamp->data, timestamp->len) == 1
        && EVP_DigestUpdate(md, "\n", 1) == 1
        && EVP_DigestUpdate(md, body_hash, PANCAKE_BODY_HASH_LEN) == 1
        && EVP_DigestFinal_ex(md, digest, &len) == 1
        && len == 32)
    {
        return NGX_OK;
    }

    return NGX_ERROR;
}


size_t
pancake_signed_size(pancake_signer_t *signer)
{
    return NGX_TIME_T_LEN + pancake_signature_len(signer);
}


void
pancake_signed_init(pancake_signed_t *s, u_char *buf)
{
    s->time = 0;

    s->timestamp.len = 0;
    s->timestamp.data = buf;

    s->text.len = 0;
    s->text.data = buf + NGX_TIME_T_LEN;
}


void
pancake_signed_copy(pancake_signed_t *to, const pancake_signed_t *from)
{
    to->time = from->time;

    to->timestamp.len = from->timestamp.len;
    ngx_memcpy(to->timestamp.data, from->timestamp.data, from->timestamp.len);

    to->text.len = from->text.len;
    ngx_memcpy(to->text.data, from->text.data, from->text.len);
}


ngx_int_t
pancake_sign_at(pancake_signer_t *signer, time_t time, const ngx_str_t *path,
    const u_char body_hash[PANCAKE_BODY_HASH_LEN], pancake_signed_t *out)
{
    static const ngx_str_t  method = ngx_string("POST");

    out->time = 0;
    out->timestamp.len = ngx_sprintf(out->timestamp.data, "%T", time)
                         - out->timestamp.data;

    if (pancake_sign(signer, &method, path, &out->timestamp, body_hash,
                     &out->text)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    out->time = time;

    return NGX_OK;
}

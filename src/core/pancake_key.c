
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_key.h"

#include <openssl/err.h>
#include <openssl/x509.h>


#define PANCAKE_PEM_BEGIN     "-----BEGIN "
#define PANCAKE_PEM_END       "-----END "
#define PANCAKE_PEM_DASHES    "-----"


typedef enum {
    PANCAKE_KEY_ANY = 0,
    PANCAKE_KEY_PKCS8,
    PANCAKE_KEY_PKCS1
} pancake_key_form_e;


typedef struct {
    ngx_str_t            label;
    pancake_key_form_e   form;
    const char          *error;
} pancake_key_label_t;


static pancake_key_t *pancake_key_create(ngx_pool_t *pool);
static void pancake_key_cleanup(void *data);
static const char *pancake_key_body(const ngx_str_t *text, ngx_str_t *body,
    pancake_key_form_e *form);
static const char *pancake_key_pem(u_char *p, u_char *last, ngx_str_t *body,
    pancake_key_form_e *form);
static const char *pancake_key_label(const ngx_str_t *label,
    pancake_key_form_e *form);
static u_char *pancake_key_skip_blanks(u_char *p, u_char *last);
static ngx_int_t pancake_key_base64(const ngx_str_t *body, u_char *buf,
    ngx_str_t *der);
static EVP_PKEY *pancake_key_der(const ngx_str_t *der,
    pancake_key_form_e form);
static EVP_PKEY *pancake_key_pkcs8(const ngx_str_t *der);
static EVP_PKEY *pancake_key_pkcs1(const ngx_str_t *der);
static const char *pancake_key_check(pancake_key_t *key);
static ngx_int_t pancake_key_trial(pancake_key_t *key);


static const pancake_key_label_t  pancake_key_labels[] = {

    { ngx_string("PRIVATE KEY"), PANCAKE_KEY_PKCS8, NULL },
    { ngx_string("RSA PRIVATE KEY"), PANCAKE_KEY_PKCS1, NULL },
    { ngx_string("ENCRYPTED PRIVATE KEY"), 0, "is encrypted" },
    { ngx_string("PUBLIC KEY"), 0, "is a public key" },
    { ngx_string("RSA PUBLIC KEY"), 0, "is a public key" },
    { ngx_string("CERTIFICATE"), 0, "is a certificate" },
    { ngx_string("EC PRIVATE KEY"), 0, "is not an RSA key" },
    { ngx_string("EC PARAMETERS"), 0, "is not an RSA key" },
    { ngx_string("DSA PRIVATE KEY"), 0, "is not an RSA key" },
    { ngx_string("OPENSSH PRIVATE KEY"), 0,
      "is in OpenSSH form, not PKCS#8 or PKCS#1" },

    { ngx_null_string, 0, NULL }
};


ngx_int_t
pancake_key_read(ngx_pool_t *pool, const ngx_str_t *text, pancake_key_t **key,
    const char **error)
{
    u_char              *buf;
    size_t               size;
    ngx_str_t            body, der;
    pancake_key_t       *k;
    pancake_key_form_e   form;

    *error = pancake_key_body(text, &body, &form);
    if (*error) {
        return NGX_DECLINED;
    }

    k = pancake_key_create(pool);
    if (k == NULL) {
        return NGX_ERROR;
    }

    /* room for the base64 without blanks and for the DER */

    size = body.len + ngx_base64_decoded_length(body.len);

    buf = ngx_pnalloc(pool, size);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    ERR_clear_error();

    if (pancake_key_base64(&body, buf, &der) == NGX_OK) {
        k->pkey = pancake_key_der(&der, form);
    }

    ngx_explicit_memzero(buf, size);

    if (k->pkey == NULL) {
        *error = (form == PANCAKE_KEY_ANY)
                     ? "is neither PEM nor base64 of a PKCS#8 or PKCS#1 key"
                     : "is damaged";

    } else {
        *error = pancake_key_check(k);
    }

    ERR_clear_error();

    if (*error) {
        return NGX_DECLINED;
    }

    *key = k;

    return NGX_OK;
}


static pancake_key_t *
pancake_key_create(ngx_pool_t *pool)
{
    pancake_key_t       *key;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(pool, sizeof(pancake_key_t));
    if (cln == NULL) {
        return NULL;
    }

    key = cln->data;

    ngx_memzero(key, sizeof(pancake_key_t));

    cln->handler = pancake_key_cleanup;

    return key;
}


static void
pancake_key_cleanup(void *data)
{
    pancake_key_t  *key = data;

    EVP_PKEY_free(key->pkey);
}


/* finds the base64 text; returns an error text or NULL */

static const char *
pancake_key_body(const ngx_str_t *text, ngx_str_t *body,
    pancake_key_form_e *form)
{
    u_char  *p, *last;

    if (text->len == 0) {
        return "is empty";
    }

    last = text->data + text->len;
    p = pancake_key_skip_blanks(text->data, last);

    if (p == last) {
        return "is empty";
    }

    if ((size_t) (last - p) >= sizeof(PANCAKE_PEM_BEGIN) - 1
        && ngx_memcmp(p, PANCAKE_PEM_BEGIN, sizeof(PANCAKE_PEM_BEGIN) - 1)
           == 0)
    {
        return pancake_key_pem(p, last, body, form);
    }

    if (ngx_strnstr(p, PANCAKE_PEM_BEGIN, last - p)) {
        return "has text before its BEGIN line";
    }

    body->data = p;
    body->len = last - p;

    *form = PANCAKE_KEY_ANY;

    return NULL;
}


static const char *
pancake_key_pem(u_char *p, u_char *last, ngx_str_t *body,
    pancake_key_form_e *form)
{
    u_char      *end;
    ngx_str_t    label;
    const char  *error;

    label.data = p + sizeof(PANCAKE_PEM_BEGIN) - 1;

    p = ngx_strnstr(label.data, PANCAKE_PEM_DASHES, last - label.data);
    if (p == NULL) {
        return "has a malformed BEGIN line";
    }

    label.len = p - label.data;

    error = pancake_key_label(&label, form);
    if (error) {
        return error;
    }

    body->data = p + sizeof(PANCAKE_PEM_DASHES) - 1;

    end = ngx_strnstr(body->data, PANCAKE_PEM_END, last - body->data);
    if (end == NULL) {
        return "has no END line";
    }

    body->len = end - body->data;

    if (ngx_strnstr(body->data, "Proc-Type:", body->len)) {
        return "is encrypted";
    }

    p = end + sizeof(PANCAKE_PEM_END) - 1;

    if ((size_t) (last - p) < label.len + sizeof(PANCAKE_PEM_DASHES) - 1
        || ngx_memcmp(p, label.data, label.len) != 0
        || ngx_memcmp(p + label.len, PANCAKE_PEM_DASHES,
                      sizeof(PANCAKE_PEM_DASHES) - 1)
           != 0)
    {
        return "has an END line that does not match its BEGIN line";
    }

    p = pancake_key_skip_blanks(p + label.len
                                + sizeof(PANCAKE_PEM_DASHES) - 1, last);

    if (p != last) {
        return ngx_strnstr(p, PANCAKE_PEM_BEGIN, last - p)
                   ? "has more than one PEM block"
                   : "has text after its END line";
    }

    return NULL;
}


static const char *
pancake_key_label(const ngx_str_t *label, pancake_key_form_e *form)
{
    const pancake_key_label_t  *l;

    for (l = pancake_key_labels; l->label.len; l++) {

        if (l->label.len == label->len
            && ngx_memcmp(l->label.data, label->data, label->len) == 0)
        {
            *form = l->form;
            return l->error;
        }
    }

    return "has an unknown PEM label";
}


/* a backslash followed by "n" is a line end in environment variables */

static u_char *
pancake_key_skip_blanks(u_char *p, u_char *last)
{
    while (p < last) {

        if (*p == ' ' || *p == '\t' || *p == CR || *p == LF) {
            p++;

        } else if (last - p >= 2 && p[0] == '\\' && p[1] == 'n') {
            p += 2;

        } else {
            break;
        }
    }

    return p;
}


static ngx_int_t
pancake_key_base64(const ngx_str_t *body, u_char *buf, ngx_str_t *der)
{
    u_char     *p, *last, *d;
    ngx_str_t   src;

    d = buf;
    p = body->data;
    last = p + body->len;

    for ( ;; ) {
        p = pancake_key_skip_blanks(p, last);

        if (p == last) {
            break;
        }

        *d++ = *p++;
    }

    src.data = buf;
    src.len = d - buf;

    if (src.len == 0 || src.len % 4 != 0) {
        return NGX_DECLINED;
    }

    /* nginx stops at the first padding character and looks no further */

    if (src.data[src.len - 1] == '=') {
        src.len--;
    }

    if (src.data[src.len - 1] == '=') {
        src.len--;
    }

    if (ngx_strlchr(src.data, src.data + src.len, '=')) {
        return NGX_DECLINED;
    }

    der->data = d;

    return (ngx_decode_base64(der, &src) == NGX_OK) ? NGX_OK : NGX_DECLINED;
}


static EVP_PKEY *
pancake_key_der(const ngx_str_t *der, pancake_key_form_e form)
{
    EVP_PKEY  *pkey;

    pkey = NULL;

    if (form != PANCAKE_KEY_PKCS1) {
        pkey = pancake_key_pkcs8(der);
    }

    if (pkey == NULL && form != PANCAKE_KEY_PKCS8) {
        pkey = pancake_key_pkcs1(der);
    }

    return pkey;
}


static EVP_PKEY *
pancake_key_pkcs8(const ngx_str_t *der)
{
    EVP_PKEY             *pkey;
    const u_char         *p;
    PKCS8_PRIV_KEY_INFO  *info;

    pkey = NULL;
    p = der->data;

    info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long) der->len);

    if (info != NULL && p == der->data + der->len) {
        pkey = EVP_PKCS82PKEY(info);
    }

    PKCS8_PRIV_KEY_INFO_free(info);

    return pkey;
}


static EVP_PKEY *
pancake_key_pkcs1(const ngx_str_t *der)
{
    EVP_PKEY      *pkey;
    const u_char  *p;

    p = der->data;

    pkey = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &p, (long) der->len);

    if (pkey != NULL && p != der->data + der->len) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }

    return pkey;
}


static const char *
pancake_key_check(pancake_key_t *key)
{
    int  bits, size;

    /* an RSA-PSS key has an id of its own and signs otherwise */

    if (EVP_PKEY_base_id(key->pkey) != EVP_PKEY_RSA) {
        return "is not an RSA key";
    }

    bits = EVP_PKEY_bits(key->pkey);

    if (bits < PANCAKE_KEY_MIN_BITS) {
        return "has fewer than 2048 bits";
    }

    size = EVP_PKEY_size(key->pkey);

    if (bits > PANCAKE_KEY_MAX_BITS || size > PANCAKE_KEY_MAX_BITS / 8) {
        return "has more than 16384 bits";
    }

    key->size = size;

    if (pancake_key_trial(key) != NGX_OK) {
        return "is damaged: its signature does not verify";
    }

    return NULL;
}


static ngx_int_t
pancake_key_trial(pancake_key_t *key)
{
    size_t       len;
    ngx_int_t    rc;
    EVP_MD_CTX  *sign, *verify;
    u_char       sig[PANCAKE_KEY_MAX_BITS / 8];

    static const u_char  text[] = "pancake";

    rc = NGX_ERROR;
    len = sizeof(sig);

    sign = EVP_MD_CTX_new();
    verify = EVP_MD_CTX_new();

    if (sign != NULL
        && verify != NULL
        && EVP_DigestSignInit(sign, NULL, EVP_sha256(), NULL, key->pkey) == 1
        && EVP_DigestSign(sign, sig, &len, text, sizeof(text) - 1) == 1
        && EVP_DigestVerifyInit(verify, NULL, EVP_sha256(), NULL, key->pkey)
           == 1
        && EVP_DigestVerify(verify, sig, len, text, sizeof(text) - 1) == 1)
    {
        rc = NGX_OK;
    }

    EVP_MD_CTX_free(sign);
    EVP_MD_CTX_free(verify);

    return rc;
}


ngx_int_t
pancake_key_derive(pancake_key_t *key, const ngx_str_t *label, u_char out[32])
{
    int         n;
    size_t      len;
    u_char     *der, *mac;
    ngx_int_t   rc;

    /* PKCS#1, whatever the file was */

    der = NULL;
    n = i2d_PrivateKey(key->pkey, &der);

    if (n <= 0) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    mac = EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, der, (size_t) n,
                    label->data, label->len, out, 32, &len);

    rc = (mac != NULL && len == 32) ? NGX_OK : NGX_ERROR;

    OPENSSL_clear_free(der, n);

    ERR_clear_error();

    return rc;
}

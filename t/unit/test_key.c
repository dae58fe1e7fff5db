
/*
 * Copyright (C) pancake checkout contributors
 *
 * The private key forms of the wire contract, each accepted or refused.
 * argv: the folder of vectors.
 */


#include "unit.h"
#include "pancake_key.h"

#include <malloc.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>


#define PANCAKE_DAMAGED  "is damaged"
#define PANCAKE_NEITHER                                                       \
    "is neither PEM nor base64 of a PKCS#8 or PKCS#1 key"
#define PANCAKE_NOT_RSA  "is not an RSA key"
#define PANCAKE_MISMATCH                                                      \
    "has an END line that does not match its BEGIN line"


static ngx_pool_t  *pool;
static u_char       expected[32];     /* derived from the test key */


static void
pancake_derived(pancake_key_t *key, u_char *out)
{
    ngx_str_t  label = ngx_string("test");

    if (pancake_key_derive(key, &label, out) != NGX_OK) {
        ngx_memzero(out, 32);
    }
}


static void
pancake_accepts(const ngx_str_t *text, const char *name)
{
    ngx_int_t       rc;
    ngx_str_t       copy;
    ngx_pool_t     *p;
    const char     *error;
    pancake_key_t  *key;
    u_char          out[32];

    p = pancake_pool();
    copy = pancake_copy(text);

    error = NULL;
    ngx_memzero(out, sizeof(out));

    rc = pancake_key_read(p, &copy, &key, &error);

    if (rc == NGX_OK) {
        pancake_derived(key, out);
    }

    pancake_ok(rc == NGX_OK && ngx_memcmp(out, expected, 32) == 0,
               "accepted: %s%s%s", name, error ? ": " : "",
               error ? error : "");

    pancake_ok(copy.len == text->len
               && ngx_memcmp(copy.data, text->data, copy.len) == 0,
               "the text is not changed");

    pancake_copy_free(&copy);
    ngx_destroy_pool(p);
}


static void
pancake_refuses(const ngx_str_t *text, const char *reason, const char *name)
{
    ngx_int_t       rc;
    ngx_str_t       copy;
    ngx_pool_t     *p;
    const char     *error;
    pancake_key_t  *key;

    p = pancake_pool();
    copy = pancake_copy(text);

    error = NULL;

    rc = pancake_key_read(p, &copy, &key, &error);

    pancake_copy_free(&copy);

    if (!pancake_ok(rc == NGX_DECLINED && error
                    && strcmp(error, reason) == 0
                    && ERR_peek_error() == 0,
                    "refused: %s: %s", name, reason))
    {
        printf("# got %d %s\n", (int) rc, error ? error : "");
    }

    ngx_destroy_pool(p);
}


/* a copy with every "from" replaced */

static ngx_str_t
pancake_replace(const ngx_str_t *text, const char *from, const char *to)
{
    size_t      i, len;
    u_char     *p;
    ngx_str_t   out;

    len = strlen(from);

    out.data = ngx_pnalloc(pool, text->len * (strlen(to) + 1) + 1);
    p = out.data;

    for (i = 0; i < text->len; /* void */ ) {

        if (text->len - i >= len
            && ngx_memcmp(text->data + i, from, len) == 0)
        {
            p = ngx_cpymem(p, to, strlen(to));
            i += len;
            continue;
        }

        *p++ = text->data[i++];
    }

    out.len = p - out.data;

    return out;
}


static ngx_str_t
pancake_join(const char *before, const ngx_str_t *text, const char *after)
{
    u_char     *p;
    ngx_str_t   out;

    out.data = ngx_pnalloc(pool, strlen(before) + text->len + strlen(after));

    p = ngx_cpymem(out.data, before, strlen(before));
    p = ngx_cpymem(p, text->data, text->len);
    p = ngx_cpymem(p, after, strlen(after));

    out.len = p - out.data;

    return out;
}


/* the base64 lines between header and footer */

static ngx_str_t
pancake_base64(const ngx_str_t *pem)
{
    u_char     *p, *last;
    ngx_str_t   out;

    p = ngx_strlchr(pem->data, pem->data + pem->len, '\n') + 1;
    last = ngx_strnstr(p, "-----END", pem->data + pem->len - p);

    out.data = p;
    out.len = last - p;

    return out;
}


static void
pancake_test_accepted(const ngx_str_t *pkcs8, const ngx_str_t *pkcs1)
{
    ngx_str_t  text, raw;

    pancake_accepts(pkcs8, "PKCS#8 PEM");
    pancake_accepts(pkcs1, "PKCS#1 PEM");

    text = pancake_replace(pkcs8, "\n", "\r\n");
    pancake_accepts(&text, "PKCS#8 with CRLF");

    text = pancake_replace(pkcs1, "\n", "\r\n");
    pancake_accepts(&text, "PKCS#1 with CRLF");

    text = pancake_replace(pkcs8, "\n", "\\n");
    pancake_accepts(&text, "PKCS#8 with literal \\n");

    text = pancake_replace(pkcs1, "\n", "\\n");
    pancake_accepts(&text, "PKCS#1 with literal \\n");

    text = pancake_replace(pkcs8, "\n", "");
    pancake_accepts(&text, "PKCS#8 in one line");

    text = pancake_replace(pkcs1, "\n", "");
    pancake_accepts(&text, "PKCS#1 in one line");

    text = pancake_replace(pkcs8, "\n", " ");
    pancake_accepts(&text, "PKCS#8 in one line with blanks");

    text = *pkcs8;
    text.len--;
    pancake_accepts(&text, "no line end at the end");

    text = pancake_join(" \n\n\t", pkcs8, "\r\n \n\n");
    pancake_accepts(&text, "blanks and blank lines around");

    text = pancake_join("\\n ", pkcs8, "\\n\\n");
    pancake_accepts(&text, "literal \\n around");

    raw = pancake_base64(pkcs8);
    pancake_accepts(&raw, "raw base64 of PKCS#8, wrapped");

    text = pancake_replace(&raw, "\n", "");
    pancake_accepts(&text, "raw base64 of PKCS#8 in one line");

    text = pancake_join("\n  ", &raw, "\n\n");
    pancake_accepts(&text, "raw base64 with blanks around");

    raw = pancake_base64(pkcs1);
    pancake_accepts(&raw, "raw base64 of PKCS#1");
}


static void
pancake_test_refused_text(const ngx_str_t *pkcs8, const ngx_str_t *pkcs1)
{
    ngx_str_t  text, raw, two;

    ngx_str_set(&text, "");
    pancake_refuses(&text, "is empty", "empty");

    ngx_str_set(&text, " \r\n\\n");
    pancake_refuses(&text, "is empty", "blanks");

    ngx_str_set(&text, "garbage");
    pancake_refuses(&text, PANCAKE_NEITHER, "garbage");

    ngx_str_set(&text, "AAAA");
    pancake_refuses(&text, PANCAKE_NEITHER, "base64 of garbage");

    ngx_str_set(&text, "====");
    pancake_refuses(&text, PANCAKE_NEITHER, "padding only");

    ngx_str_set(&text, "-----BEGIN PRIVATE KEY-----");
    pancake_refuses(&text, "has no END line", "header only");

    ngx_str_set(&text, "-----BEGIN PRIVATE KEY");
    pancake_refuses(&text, "has a malformed BEGIN line", "half a header");

    ngx_str_set(&text, "-----BEGIN ");
    pancake_refuses(&text, "has a malformed BEGIN line", "less");

    ngx_str_set(&text,
                "-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----");
    pancake_refuses(&text, PANCAKE_DAMAGED, "no base64");

    ngx_str_set(&text, "-----BEGIN SECRET-----\nAAAA\n-----END SECRET-----");
    pancake_refuses(&text, "has an unknown PEM label", "other label");

    text = pancake_replace(pkcs8, "\n", "\\r\\n");
    pancake_refuses(&text, "has text after its END line",
                    "PKCS#8 with literal \\r\\n");

    text.len -= 4;
    pancake_refuses(&text, PANCAKE_DAMAGED, "not at the end");

    text = pancake_replace(pkcs1, "\n", "\\r\\n");
    text.len -= 4;
    pancake_refuses(&text, PANCAKE_DAMAGED, "PKCS#1 with literal \\r\\n");

    text = pancake_replace(pkcs8, "END PRIVATE", "END RSA PRIVATE");
    pancake_refuses(&text, PANCAKE_MISMATCH, "two labels");

    text = *pkcs8;
    text.len -= 3;
    pancake_refuses(&text, PANCAKE_MISMATCH, "a cut footer");

    text = pancake_replace(pkcs8, "PRIVATE", "RSA PRIVATE");
    two = pancake_base64(pkcs8);
    text.len = two.data - pkcs8->data + two.len - 10;
    pancake_refuses(&text, "has no END line", "cut");

    two = pancake_join("", pkcs8, "-----BEGIN PRIVATE KEY-----");
    pancake_refuses(&two, "has more than one PEM block", "two keys");

    text = pancake_join("", pkcs8, "x");
    pancake_refuses(&text, "has text after its END line", "text after it");

    text = pancake_join("x\n", pkcs8, "");
    pancake_refuses(&text, "has text before its BEGIN line",
                    "text before it");

    raw = pancake_base64(pkcs8);
    text = pancake_join("", &raw, "AAAA");
    pancake_refuses(&text, PANCAKE_NEITHER, "raw base64 and more");

    raw.len -= 9;
    pancake_refuses(&raw, PANCAKE_NEITHER, "raw base64, cut");

    text = pancake_replace(pkcs8, "=", "");
    pancake_refuses(&text, PANCAKE_DAMAGED, "base64 without padding");

    text = pancake_replace(pkcs8, "x", "!");
    pancake_refuses(&text, PANCAKE_DAMAGED, "not base64");
}


static ngx_str_t
pancake_bio_text(BIO *bio)
{
    long        n;
    char       *p;
    ngx_str_t   text;

    n = BIO_get_mem_data(bio, &p);

    text.len = n;
    text.data = ngx_pnalloc(pool, n);
    ngx_memcpy(text.data, p, n);

    BIO_free(bio);

    return text;
}


static EVP_PKEY *
pancake_generate(int id, int param)
{
    EVP_PKEY      *pkey;
    EVP_PKEY_CTX  *ctx;

    pkey = NULL;
    ctx = EVP_PKEY_CTX_new_id(id, NULL);

    if (EVP_PKEY_keygen_init(ctx) != 1
        || (id == EVP_PKEY_EC
            ? EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, param)
            : EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, param))
           != 1
        || EVP_PKEY_keygen(ctx, &pkey) != 1)
    {
        printf("Bail out! cannot make a key\n");
        exit(2);
    }

    EVP_PKEY_CTX_free(ctx);

    return pkey;
}


/* forms: 8 PKCS#8, 1 the type's own, 'p' the public key; with a password
   encrypted */

static ngx_str_t
pancake_pem(EVP_PKEY *pkey, int form, const char *password)
{
    int                n, rc;
    BIO               *bio;
    unsigned char     *pass;
    const EVP_CIPHER  *cipher;

    n = password ? (int) strlen(password) : 0;
    pass = (unsigned char *) password;
    cipher = password ? EVP_aes_128_cbc() : NULL;

    bio = BIO_new(BIO_s_mem());

    switch (form) {

    case 8:
        rc = PEM_write_bio_PKCS8PrivateKey(bio, pkey, cipher, (char *) pass,
                                           n, NULL, NULL);
        break;

    case 1:
        rc = PEM_write_bio_PrivateKey_traditional(bio, pkey, cipher, pass, n,
                                                  NULL, NULL);
        break;

    default:
        rc = PEM_write_bio_PUBKEY(bio, pkey);
    }

    if (rc != 1) {
        printf("Bail out! cannot write a key\n");
        exit(2);
    }

    return pancake_bio_text(bio);
}


static void
pancake_test_refused_types(const ngx_str_t *pkcs1)
{
    BIO        *bio;
    EVP_PKEY   *ec, *rsa1024, *rsa, *pss;
    ngx_str_t   text, raw;

    ec = pancake_generate(EVP_PKEY_EC, NID_X9_62_prime256v1);
    rsa1024 = pancake_generate(EVP_PKEY_RSA, 1024);
    pss = pancake_generate(EVP_PKEY_RSA_PSS, 2048);

    bio = BIO_new_mem_buf(pkcs1->data, (int) pkcs1->len);
    rsa = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);

    text = pancake_pem(rsa, 8, NULL);
    pancake_accepts(&text, "the test key, written again");

    text = pancake_pem(rsa, 8, "pass");
    pancake_refuses(&text, "is encrypted", "encrypted PKCS#8");

    raw = pancake_base64(&text);
    pancake_refuses(&raw, PANCAKE_NEITHER, "raw base64 of it");

    text = pancake_pem(rsa, 1, "pass");
    pancake_refuses(&text, "is encrypted", "encrypted PKCS#1");

    text = pancake_pem(rsa, 'p', NULL);
    pancake_refuses(&text, "is a public key", "public key");

    raw = pancake_base64(&text);
    pancake_refuses(&raw, PANCAKE_NEITHER, "raw base64 of it");

    text = pancake_pem(ec, 8, NULL);
    pancake_refuses(&text, PANCAKE_NOT_RSA, "EC in PKCS#8");

    raw = pancake_base64(&text);
    pancake_refuses(&raw, PANCAKE_NOT_RSA, "raw base64 of EC in PKCS#8");

    text = pancake_pem(ec, 1, NULL);
    pancake_refuses(&text, PANCAKE_NOT_RSA, "EC PRIVATE KEY");

    text = pancake_replace(&text, "EC PRIVATE", "RSA PRIVATE");
    pancake_refuses(&text, PANCAKE_DAMAGED, "EC under an RSA label");

    text = pancake_pem(rsa1024, 8, NULL);
    pancake_refuses(&text, "has fewer than 2048 bits", "RSA 1024");

    text = pancake_pem(rsa1024, 1, NULL);
    pancake_refuses(&text, "has fewer than 2048 bits", "RSA 1024, PKCS#1");

    text = pancake_pem(pss, 8, NULL);
    pancake_refuses(&text, PANCAKE_NOT_RSA, "RSA-PSS");

    EVP_PKEY_free(ec);
    EVP_PKEY_free(rsa1024);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(pss);

    ERR_clear_error();
}


/* steps over the header of a DER value and gives its length */

static size_t
pancake_der_open(u_char **p)
{
    size_t  len, n;

    (*p)++;
    len = *(*p)++;

    if (len & 0x80) {
        for (n = len & 0x7f, len = 0; n; n--) {
            len = len * 256 + *(*p)++;
        }
    }

    return len;
}


static ngx_str_t
pancake_decoded(const ngx_str_t *pem)
{
    ngx_str_t  base64, body, der;

    base64 = pancake_base64(pem);
    body = pancake_replace(&base64, "\n", "");

    der.data = ngx_pnalloc(pool, body.len + 1);

    if (ngx_decode_base64(&der, &body) != NGX_OK) {
        printf("Bail out! cannot decode the test key\n");
        exit(2);
    }

    return der;
}


static ngx_str_t
pancake_encoded(ngx_str_t *der)
{
    ngx_str_t  text;

    text.data = ngx_pnalloc(pool, ngx_base64_encoded_length(der->len));
    ngx_encode_base64(&text, der);

    return text;
}


static void
pancake_test_trailing(const ngx_str_t *pem, const char *name)
{
    ngx_str_t  der, text;

    der = pancake_decoded(pem);

    text = pancake_encoded(&der);
    pancake_accepts(&text, "DER, encoded again");

    der.data[der.len++] = '\0';

    text = pancake_encoded(&der);
    pancake_refuses(&text, PANCAKE_NEITHER, name);
}


/*
 * A key whose private numbers do not belong to its public ones reads well
 * and signs, and every signature is worthless.
 */

static void
pancake_test_damaged(const ngx_str_t *pkcs1)
{
    u_char      *p;
    size_t       len;
    ngx_str_t    der, text;
    ngx_uint_t   i;

    der = pancake_decoded(pkcs1);

    p = der.data;
    pancake_der_open(&p);

    /* version, n, e stay; d, p, q, dp, dq and qinv change */

    for (i = 0; i < 9; i++) {
        len = pancake_der_open(&p);

        if (i >= 3) {
            p[len / 2] ^= 0x10;
        }

        p += len;
    }

    text = pancake_encoded(&der);

    pancake_refuses(&text, "is damaged: its signature does not verify",
                    "private numbers of another key");
}


static void
pancake_test_mutated(const ngx_str_t *pkcs8)
{
    size_t          i;
    ngx_str_t       text, cut;
    ngx_uint_t      bad;
    ngx_pool_t     *p;
    const char     *error;
    pancake_key_t  *key;

    bad = 0;
    text = pancake_copy(pkcs8);

    for (i = 0; i < text.len - 1; i++) {
        p = pancake_pool();

        cut = text;
        cut.len = i;
        cut = pancake_copy(&cut);

        bad += (pancake_key_read(p, &cut, &key, &error) != NGX_DECLINED
                || ERR_peek_error() != 0);

        pancake_copy_free(&cut);
        ngx_destroy_pool(p);
    }

    pancake_copy_free(&text);

    pancake_ok(bad == 0, "every truncation is refused");
}


static void
pancake_test_no_memory(const ngx_str_t *pkcs8)
{
    ngx_int_t       rc;
    ngx_uint_t      n, errors;
    ngx_pool_t     *p;
    const char     *error;
    pancake_key_t  *key;

    errors = 0;

    for (n = 1; ; n++) {
        p = pancake_pool();
        pancake_fail_at(n);

        rc = pancake_key_read(p, pkcs8, &key, &error);

        ngx_destroy_pool(p);

        if (pancake_fail_at(0) != 0) {
            break;
        }

        errors += (rc == NGX_ERROR);
    }

    pancake_ok(rc == NGX_OK && n > 3 && errors == n - 1,
               "each of %d allocations fails cleanly", (int) n - 1);
}


/* in how many of the pool's blocks the bytes are */

static ngx_uint_t
pancake_find(ngx_pool_t *p, const ngx_str_t *bytes)
{
    u_char            *block;
    size_t             i, size;
    ngx_uint_t         found;
    ngx_pool_large_t  *l;

    found = 0;

    for (l = p->large; l; l = l->next) {
        block = l->alloc;
        size = malloc_usable_size(block);

        for (i = 0; i + bytes->len <= size; i++) {

            if (ngx_memcmp(block + i, bytes->data, bytes->len) == 0) {
                found++;
                break;
            }
        }
    }

    return found;
}


/* what is still in the pool's blocks just before they are freed */

static ngx_uint_t
pancake_left(const ngx_str_t *pkcs8, const ngx_str_t *bytes)
{
    ngx_uint_t      found;
    ngx_pool_t     *p;
    const char     *error;
    pancake_key_t  *key;

    p = pancake_pool();

    if (pancake_key_read(p, pkcs8, &key, &error) != NGX_OK) {
        printf("Bail out! cannot read the test key\n");
        exit(2);
    }

    found = pancake_find(p, bytes);

    ngx_destroy_pool(p);

    return found;
}


static void
pancake_test_wiped(const ngx_str_t *pkcs8)
{
    ngx_str_t    base64, der, copy;
    ngx_pool_t  *p;

    base64 = pancake_base64(pkcs8);
    base64.len = 64;

    /* the second line */

    base64.data += base64.len + 1;

    der.data = ngx_pnalloc(pool, base64.len);
    ngx_decode_base64(&der, &base64);

    pancake_ok(pancake_left(pkcs8, &base64) == 0,
               "no copy of the base64 is left in the pool");
    pancake_ok(pancake_left(pkcs8, &der) == 0,
               "no copy of the DER is left in the pool");

    /* the search itself works */

    p = pancake_pool();
    copy.data = ngx_pstrdup(p, &der);
    pancake_ok(copy.data && pancake_find(p, &der) == 1,
               "a copy would be found");
    ngx_destroy_pool(p);
}


int
main(int argc, char **argv)
{
    ngx_str_t       pkcs8, pkcs1;
    const char     *error;
    pancake_key_t  *key;

    if (argc != 2) {
        printf("Bail out! usage: %s VECTORS\n", argv[0]);
        return 2;
    }

    pool = pancake_pool();

    pkcs8 = pancake_file(pool, argv[1], "test-key.pem");
    pkcs1 = pancake_file(pool, argv[1], "test-key.pkcs1.pem");

    if (pancake_ok(pancake_key_read(pool, &pkcs8, &key, &error) == NGX_OK,
                   "the test key"))
    {
        pancake_derived(key, expected);

        pancake_test_accepted(&pkcs8, &pkcs1);
        pancake_test_refused_text(&pkcs8, &pkcs1);
        pancake_test_refused_types(&pkcs1);
        pancake_test_trailing(&pkcs8, "bytes after PKCS#8");
        pancake_test_trailing(&pkcs1, "bytes after PKCS#1");
        pancake_test_damaged(&pkcs1);
        pancake_test_mutated(&pkcs8);
        pancake_test_no_memory(&pkcs8);
        pancake_test_wiped(&pkcs8);
    }

    ngx_destroy_pool(pool);

    return pancake_done();
}

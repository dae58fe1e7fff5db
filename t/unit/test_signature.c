
/*
 * Copyright (C) pancake checkout contributors
 *
 * argv: the folder of vectors.  stdin: "sign", name, method, path, timestamp,
 * body in hexadecimal, its hash and the signature; or "derive", the label and
 * the 32 bytes in hexadecimal.
 */


#include "unit.h"
#include "pancake_signature.h"

#include <openssl/err.h>

#include <pthread.h>


static pancake_key_t *
pancake_read(ngx_pool_t *pool, const char *dir, const char *name)
{
    ngx_str_t       text;
    const char     *error;
    pancake_key_t  *key;

    key = NULL;
    text = pancake_file(pool, dir, name);

    pancake_ok(pancake_key_read(pool, &text, &key, &error) == NGX_OK,
               "%s is read", name);

    return key;
}


static void
pancake_sign_vector(pancake_signer_t *signer, char **column)
{
    ngx_str_t  method, path, timestamp, body, got;
    u_char     hash[PANCAKE_BODY_HASH_LEN], sig[512];

    method.data = (u_char *) column[2];
    method.len = strlen(column[2]);
    path.data = (u_char *) column[3];
    path.len = strlen(column[3]);
    timestamp.data = (u_char *) column[4];
    timestamp.len = strlen(column[4]);
    body = pancake_unhex(column[5]);

    got.data = hash;
    got.len = sizeof(hash);

    pancake_ok(pancake_body_hash(&body, hash) == NGX_OK, "hash of %s",
               column[1]);
    pancake_is(&got, column[6], "body hash of %s", column[1]);

    got.data = sig;
    got.len = 0;

    pancake_ok(pancake_sign(signer, &method, &path, &timestamp, hash, &got)
               == NGX_OK, "sign %s", column[1]);
    pancake_is(&got, column[7], "signature of %s", column[1]);
    pancake_ok(got.len == pancake_signature_len(signer), "its length");
}


static void
pancake_derive_vector(pancake_key_t *key, char **column)
{
    ngx_str_t  label, expected;
    u_char     out[32];

    label.data = (u_char *) column[1];
    label.len = strlen(column[1]);
    expected = pancake_unhex(column[2]);

    pancake_ok(pancake_key_derive(key, &label, out) == NGX_OK
               && expected.len == 32
               && ngx_memcmp(out, expected.data, 32) == 0,
               "derived for \"%s\"", column[1]);
}


static void
pancake_test_vectors(ngx_pool_t *pool, pancake_key_t *pkcs8,
    pancake_key_t *pkcs1)
{
    char              *column[8];
    ngx_uint_t         n, signs, derives;
    pancake_signer_t  *signer[2];

    static char        line[65536], copy[65536];

    signer[0] = pancake_signer_create(pool, pkcs8);
    signer[1] = pancake_signer_create(pool, pkcs1);

    signs = 0;
    derives = 0;

    while (pancake_line(line, sizeof(line)) == NGX_OK) {

        for (n = 0; n < 2; n++) {
            memcpy(copy, line, sizeof(line));

            switch (pancake_columns(copy, column, 8)) {

            case 8:
                pancake_sign_vector(signer[n], column);
                signs++;
                break;

            case 3:
                pancake_derive_vector(n ? pkcs1 : pkcs8, column);
                derives++;
                break;
            }
        }
    }

    pancake_ok(signs == 10 && derives >= 4, "all vectors were given");
}


static void
pancake_test_hash(void)
{
    ngx_str_t  body, got;
    u_char     hash[PANCAKE_BODY_HASH_LEN];

    got.data = hash;
    got.len = sizeof(hash);

    ngx_str_null(&body);
    pancake_ok(pancake_body_hash(&body, hash) == NGX_OK, "no body");
    pancake_is(&got, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
               "its hash");
}


static void
pancake_test_derived(pancake_key_t *key)
{
    ngx_str_t  a = ngx_string("a"), b = ngx_string("b"), none;
    u_char     one[32], two[32], three[32];

    ngx_str_null(&none);

    pancake_ok(pancake_key_derive(key, &a, one) == NGX_OK
               && pancake_key_derive(key, &b, two) == NGX_OK
               && pancake_key_derive(key, &none, three) == NGX_OK
               && ngx_memcmp(one, two, 32) != 0
               && ngx_memcmp(one, three, 32) != 0, "labels matter");
}


/*
 * Threads that sign at once do not disturb one another, also those that come
 * after others have gone.
 */

#define PANCAKE_THREADS  4
#define PANCAKE_ROUNDS   50

typedef struct {
    pthread_t          thread;
    pancake_signer_t  *signer;
    ngx_uint_t         number;
    u_char             expected[PANCAKE_ROUNDS][512];
    size_t             len[PANCAKE_ROUNDS];
    ngx_uint_t         bad;
} pancake_thread_t;


static ngx_int_t
pancake_thread_sign(pancake_thread_t *t, ngx_uint_t round, u_char *sig,
    size_t *len)
{
    char       text[32];
    u_char     hash[PANCAKE_BODY_HASH_LEN];
    ngx_int_t  rc;
    ngx_str_t  method = ngx_string("POST"), path = ngx_string("/v1/a"), out;
    ngx_str_t  timestamp;

    timestamp.data = (u_char *) text;
    timestamp.len = sprintf(text, "%d", (int) (t->number * 1000 + round));

    memset(hash, 'A', sizeof(hash));

    out.data = sig;
    rc = pancake_sign(t->signer, &method, &path, &timestamp, hash, &out);
    *len = out.len;

    return rc;
}


static void *
pancake_thread(void *data)
{
    size_t             len;
    u_char             sig[512];
    ngx_uint_t         i;
    pancake_thread_t  *t = data;

    for (i = 0; i < PANCAKE_ROUNDS; i++) {
        if (pancake_thread_sign(t, i, sig, &len) != NGX_OK
            || len != t->len[i]
            || ngx_memcmp(sig, t->expected[i], len) != 0)
        {
            t->bad++;
        }
    }

    return NULL;
}


static void
pancake_test_threads(ngx_pool_t *pool, pancake_key_t *key)
{
    ngx_uint_t               i, n, bad, twice;
    pancake_signer_t        *signer;

    static pancake_thread_t  threads[PANCAKE_THREADS];

#if !(NGX_THREADS)
    pancake_ok(0, "nginx's sources are configured with threads");
    return;
#endif

    signer = pancake_signer_create(pool, key);
    bad = 0;

    for (n = 0; n < PANCAKE_THREADS; n++) {
        threads[n].signer = signer;
        threads[n].number = n;

        for (i = 0; i < PANCAKE_ROUNDS; i++) {
            bad += (pancake_thread_sign(&threads[n], i,
                                        threads[n].expected[i],
                                        &threads[n].len[i])
                    != NGX_OK);
        }
    }

    for (twice = 0; twice < 2; twice++) {

        for (n = 0; n < PANCAKE_THREADS; n++) {
            bad += (pthread_create(&threads[n].thread, NULL, pancake_thread,
                                   &threads[n])
                    != 0);
        }

        for (n = 0; n < PANCAKE_THREADS; n++) {
            bad += (pthread_join(threads[n].thread, NULL) != 0);
            bad += threads[n].bad;
        }
    }

    pancake_ok(bad == 0, "threads sign what one alone signs");
}


static void
pancake_raise(void)
{
    u_char         der = 0;
    const u_char  *p = &der;

    EVP_PKEY_free(d2i_AutoPrivateKey(NULL, &p, 1));

    if (ERR_peek_error() == 0) {
        printf("Bail out! no error to leave behind\n");
        exit(2);
    }
}


/* what another part of nginx left in the queue does not disturb, and nothing
   is left to it */

static void
pancake_test_error_queue(ngx_pool_t *pool, pancake_key_t *key)
{
    ngx_str_t          text = ngx_string("MIIEvQ==");
    ngx_str_t          out, part = ngx_string("/");
    const char        *error;
    pancake_key_t     *k;
    pancake_signer_t  *signer;
    u_char             hash[PANCAKE_BODY_HASH_LEN], sig[512];

    signer = pancake_signer_create(pool, key);
    out.data = sig;

    pancake_raise();
    pancake_ok(pancake_body_hash(&text, hash) == NGX_OK
               && pancake_sign(signer, &part, &part, &part, hash, &out)
                  == NGX_OK,
               "an error of others does not matter");

    ERR_clear_error();
    pancake_ok(pancake_body_hash(&text, hash) == NGX_OK
               && pancake_sign(signer, &part, &part, &part, hash, &out)
                  == NGX_OK
               && ERR_peek_error() == 0, "sign leaves no error");

    pancake_raise();
    pancake_ok(pancake_key_derive(key, &part, sig) == NGX_OK
               && ERR_peek_error() == 0, "derive leaves no error");

    pancake_ok(pancake_key_read(pool, &text, &k, &error) == NGX_DECLINED
               && ERR_peek_error() == 0, "a refused key leaves no error");
}


int
main(int argc, char **argv)
{
    ngx_pool_t     *pool;
    pancake_key_t  *pkcs8, *pkcs1;

    if (argc != 2) {
        printf("Bail out! usage: %s VECTORS\n", argv[0]);
        return 2;
    }

    pool = pancake_pool();

    pkcs8 = pancake_read(pool, argv[1], "test-key.pem");
    pkcs1 = pancake_read(pool, argv[1], "test-key.pkcs1.pem");

    if (pkcs8 && pkcs1) {
        pancake_test_vectors(pool, pkcs8, pkcs1);
        pancake_test_threads(pool, pkcs8);
        pancake_test_hash();
        pancake_test_derived(pkcs8);
        pancake_test_error_queue(pool, pkcs8);
    }

    ngx_destroy_pool(pool);

    return pancake_done();
}


/*
 * Copyright (C) pancake checkout contributors
 *
 * A webhook of the platform: who has signed it, when, and what it tells
 * (contract.md section 8).  Texts that say what is wrong are static, without
 * a full stop, and hold nothing that came with the request.
 */


#ifndef _PANCAKE_WEBHOOK_H_INCLUDED_
#define _PANCAKE_WEBHOOK_H_INCLUDED_


#include "pancake_key.h"


/* bytes of the header field; the signature of the largest key fits */
#define PANCAKE_WEBHOOK_MAX_HEADER   4096

/* bytes of id, eventType and storeId */
#define PANCAKE_WEBHOOK_MAX_NAME     128

/* of a rotation: the old one and the new one */
#define PANCAKE_WEBHOOK_MAX_KEYS     2

/* bytes of a SHA-256 */
#define PANCAKE_WEBHOOK_HASH_LEN     32


typedef enum {
    PANCAKE_WEBHOOK_TEST = 0,
    PANCAKE_WEBHOOK_PROD
} pancake_webhook_environment_e;


/* of X-Waffo-Signature */

typedef struct {
    ngx_str_t                       time;       /* "t" as it was sent, within
                                                   the field's value */
    int64_t                         ms;         /* the same, unix time */
    size_t                          len;        /* of the signature, bytes */
    u_char                          signature[PANCAKE_KEY_MAX_SIZE + 4];
} pancake_webhook_header_t;


typedef struct {
    pancake_webhook_environment_e   environment;
    pancake_key_t                  *keys[PANCAKE_WEBHOOK_MAX_KEYS];
    ngx_uint_t                      nkeys;

    /* of no use but to say what is wrong; NULL: none */

    pancake_key_t                  *replaced;   /* built in, not in "keys" */
    pancake_key_t                  *other;      /* of the other environment */
} pancake_webhook_keys_t;


/* of the payload */

typedef struct {
    ngx_str_t                       id;
    ngx_str_t                       event;
    ngx_str_t                       mode;
    ngx_str_t                       store;      /* empty: it names none */
} pancake_webhook_event_t;


/* a payload that is being read */

typedef struct {
    pancake_webhook_event_t        *event;
    ngx_str_t                      *value;      /* the next one is for this */
    ngx_pool_t                     *pool;
    void                           *handle;     /* yajl_handle */
    ngx_uint_t                      depth;
    const char                     *fault;
} pancake_webhook_payload_t;


/* PEM texts, in the order of pancake_webhook_environment_e */
extern const char *const  pancake_webhook_keys[];


/*
 * Reads one public key: PEM of a SubjectPublicKeyInfo, RSA of 2048 to 16384
 * bits.  On NGX_OK *key lives until the pool is destroyed, whose cleanup frees
 * it.  On NGX_DECLINED *fault is made to follow "public key", e.g. "is a
 * certificate".  NGX_ERROR: no memory.  The OpenSSL error queue is left empty.
 */
ngx_int_t pancake_webhook_key_read(ngx_pool_t *pool, const ngx_str_t *text,
    pancake_key_t **key, const char **fault);

/* The key of an environment that is built in, as above; NULL: no memory. */
pancake_key_t *pancake_webhook_key_builtin(ngx_pool_t *pool,
    pancake_webhook_environment_e environment);

/* 1 when both are the same key. */
ngx_uint_t pancake_webhook_key_equal(const pancake_key_t *one,
    const pancake_key_t *two);

/*
 * Reads the value of X-Waffo-Signature; header->time points into it.  Stricter
 * than the official SDK in that nothing may come twice, "t" has 13 digits, and
 * the base64 is the one that a signature has.  Returns NULL, or what is wrong.
 */
const char *pancake_webhook_header(const ngx_str_t *value,
    pancake_webhook_header_t *header);

/*
 * Whether a webhook signed at "ms" may come at "now", all in ms: at most
 * "tolerance" after and "future" before, both ends included.  Returns NULL, or
 * what is wrong.
 */
const char *pancake_webhook_window(int64_t ms, int64_t now, int64_t tolerance,
    int64_t future);

/*
 * Begins the hash of the signed bytes with the time and the dot; the caller
 * adds the raw body piece by piece with EVP_DigestUpdate(), hands the context
 * to pancake_webhook_verify(), and frees it in any case.  NULL: no memory.
 */
EVP_MD_CTX *pancake_webhook_hash(const pancake_webhook_header_t *header);

/*
 * Whether one of the keys made the signature (RSA PKCS#1 v1.5, SHA-256).
 * Returns NGX_OK, NGX_DECLINED with *fault set, or NGX_ERROR (no memory).
 */
ngx_int_t pancake_webhook_verify(const pancake_webhook_keys_t *keys,
    const pancake_webhook_header_t *header, EVP_MD_CTX *md,
    const char **fault);

/*
 * Reads a payload in pieces: begin, feed as often as there is something, end.
 * The event's texts are in the pool, set when end() returns NGX_OK: id and
 * event have 1 to PANCAKE_WEBHOOK_MAX_NAME printable characters of ASCII,
 * neither blank nor quote, so has store unless there is none; mode is "test"
 * or "prod".
 *
 * begin() returns NGX_OK or NGX_ERROR (no memory).  feed() returns NGX_OK, or
 * NGX_DECLINED when nothing more is needed to refuse.  end() must be called
 * whenever begin() went well; it returns NGX_OK, NGX_DECLINED with *fault set,
 * or NGX_ERROR (no memory).
 */
ngx_int_t pancake_webhook_payload_begin(pancake_webhook_payload_t *payload,
    ngx_pool_t *pool, pancake_webhook_event_t *event);
ngx_int_t pancake_webhook_payload_feed(pancake_webhook_payload_t *payload,
    const u_char *p, size_t len);
ngx_int_t pancake_webhook_payload_end(pancake_webhook_payload_t *payload,
    pancake_webhook_environment_e environment, const char **fault);


#endif /* _PANCAKE_WEBHOOK_H_INCLUDED_ */

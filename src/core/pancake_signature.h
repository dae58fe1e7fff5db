
/*
 * Copyright (C) pancake checkout contributors
 *
 * The signature of contract.md section 2.
 */


#ifndef _PANCAKE_SIGNATURE_H_INCLUDED_
#define _PANCAKE_SIGNATURE_H_INCLUDED_


#include "pancake_key.h"


/* a SHA-256 digest in base64, as BODYHASH of the canonical string */
#define PANCAKE_BODY_HASH_LEN   44


/*
 * Signs with one key again and again, also in several threads at once: what
 * the crypto library has to prepare is prepared once for each of them.
 */

typedef struct pancake_signer_s  pancake_signer_t;


/* a signature, and the second of the API's timestamp that is in it */

typedef struct {
    time_t             time;        /* 0: there is none yet */
    ngx_str_t          timestamp;   /* the same, decimal */
    ngx_str_t          text;        /* base64 */
} pancake_signed_t;


/*
 * A signer of the key, which lives at least as long; the pool's cleanup frees
 * it, when no thread uses it any more.  Returns NULL when there is no memory.
 */
pancake_signer_t *pancake_signer_create(ngx_pool_t *pool, pancake_key_t *key);

/* Bytes of a base64 signature, without a final NUL. */
size_t pancake_signature_len(pancake_signer_t *signer);

/*
 * Base64 of the SHA-256 of the body.  Returns NGX_OK or NGX_ERROR.  Not for
 * threads.
 */
ngx_int_t pancake_body_hash(const ngx_str_t *body,
    u_char out[PANCAKE_BODY_HASH_LEN]);

/*
 * Writes base64(RSASSA-PKCS1-v1_5-SHA-256(canonical string)) to "out", which
 * has room for pancake_signature_len() bytes; sets out->len.  The canonical
 * string is method, path, timestamp and body hash joined by single line
 * feeds (contract.md section 2).  "path" begins with a slash and has no
 * query.  Thread-safe.  Returns NGX_OK or NGX_ERROR; leaves nothing in the
 * OpenSSL error queue.
 */
ngx_int_t pancake_sign(pancake_signer_t *signer, const ngx_str_t *method,
    const ngx_str_t *path, const ngx_str_t *timestamp,
    const u_char body_hash[PANCAKE_BODY_HASH_LEN], ngx_str_t *out);

/* Bytes of memory that a signature and its timestamp need. */
size_t pancake_signed_size(pancake_signer_t *signer);

/* No signature yet; "buf" has pancake_signed_size() bytes for it. */
void pancake_signed_init(pancake_signed_t *s, u_char *buf);

/* Copies what "from" holds into the memory of "to", of the same signer. */
void pancake_signed_copy(pancake_signed_t *to, const pancake_signed_t *from);

/*
 * As pancake_sign(), with a POST and the timestamp of that second.  On
 * NGX_ERROR "out" holds no signature.
 */
ngx_int_t pancake_sign_at(pancake_signer_t *signer, time_t time,
    const ngx_str_t *path, const u_char body_hash[PANCAKE_BODY_HASH_LEN],
    pancake_signed_t *out);


#endif /* _PANCAKE_SIGNATURE_H_INCLUDED_ */

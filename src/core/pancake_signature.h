
/*
 * Copyright (C) pancake checkout contributors
 *
 * The merchant's RSA key and the signature of contract.md section 2.
 */


#ifndef _PANCAKE_SIGNATURE_H_INCLUDED_
#define _PANCAKE_SIGNATURE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


typedef struct pancake_key_s  pancake_key_t;


/* a SHA-256 digest in base64, as BODYHASH of the canonical string */
#define PANCAKE_BODY_HASH_LEN   44

#define PANCAKE_KEY_MIN_BITS    2048


/*
 * Reads an RSA private key in one of the forms of contract.md section 2:
 * PKCS#8 or PKCS#1 PEM with LF, CRLF or literal \n line ends or all on one
 * line, or bare base64 of PKCS#8 or PKCS#1 DER.  Refused: encrypted keys,
 * public keys, other key types (also RSA-PSS), fewer than
 * PANCAKE_KEY_MIN_BITS bits, a key whose trial signature does not verify.
 * On NGX_OK *key lives until the pool is destroyed, whose cleanup frees it;
 * the caller's text is not changed (the caller wipes it).  Copies of key
 * material made on the way are wiped.  On NGX_DECLINED *error is a static
 * text without a full stop, made to follow "private key", e.g. "is
 * encrypted".  NGX_ERROR: no memory.  The OpenSSL error queue is left empty.
 */
ngx_int_t pancake_key_read(ngx_pool_t *pool, const ngx_str_t *text,
    pancake_key_t **key, const char **error);

/*
 * Derives 32 secret bytes from the private key for the purpose named by
 * "label" (HMAC-SHA-256 over the label, keyed with the key's DER); the same
 * key in another file form gives the same bytes.  Returns NGX_OK or
 * NGX_ERROR.
 */
ngx_int_t pancake_key_derive(pancake_key_t *key, const ngx_str_t *label,
    u_char out[32]);

/* Bytes of a base64 signature of this key, without a final NUL. */
size_t pancake_signature_len(pancake_key_t *key);

/*
 * Base64 of the SHA-256 of the body.  Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t pancake_body_hash(const ngx_str_t *body,
    u_char out[PANCAKE_BODY_HASH_LEN]);

/*
 * Writes base64(RSASSA-PKCS1-v1_5-SHA-256(canonical string)) to "out", which
 * has room for pancake_signature_len() bytes; sets out->len.  The canonical
 * string is method, path, timestamp and body hash joined by single line
 * feeds (contract.md section 2).  "path" begins with a slash and has no
 * query.  Thread-safe: the key is only read.  Returns NGX_OK or NGX_ERROR;
 * the OpenSSL error queue is left empty either way.
 */
ngx_int_t pancake_sign(pancake_key_t *key, const ngx_str_t *method,
    const ngx_str_t *path, const ngx_str_t *timestamp,
    const u_char body_hash[PANCAKE_BODY_HASH_LEN], ngx_str_t *out);


#endif /* _PANCAKE_SIGNATURE_H_INCLUDED_ */

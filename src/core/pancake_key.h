
/*
 * Copyright (C) pancake checkout contributors
 *
 * The merchant's RSA key.
 */


#ifndef _PANCAKE_KEY_H_INCLUDED_
#define _PANCAKE_KEY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <openssl/evp.h>


#define PANCAKE_KEY_MIN_BITS   2048
#define PANCAKE_KEY_MAX_BITS   16384
#define PANCAKE_KEY_MAX_SIZE   (PANCAKE_KEY_MAX_BITS / 8)


typedef struct {
    EVP_PKEY      *pkey;
    size_t         size;        /* bytes of a raw signature */
} pancake_key_t;


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


#endif /* _PANCAKE_KEY_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * X-Idempotency-Key: derived, never stored, so that every node computes the
 * same one (design.md section 6, contract.md section 5).
 */


#ifndef _PANCAKE_IDEMPOTENCY_H_INCLUDED_
#define _PANCAKE_IDEMPOTENCY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define PANCAKE_IDEMPOTENCY_KEY_LEN     43      /* base64url of 32 bytes */
#define PANCAKE_CLIENT_KEY_MAX_LEN      256


typedef enum {
    PANCAKE_SCOPE_BODY = 0,     /* the body names one session or order */
    PANCAKE_SCOPE_MERCHANT,     /* pancake_idempotency_key's value */
    PANCAKE_SCOPE_CLIENT,       /* the client's key and address */
    PANCAKE_SCOPE_REQUEST       /* nothing: the key is random */
} pancake_scope_e;


typedef struct {
    ngx_str_t           secret;         /* HMAC key */
    ngx_str_t           merchant;       /* merchant id, or slug and mode */
    ngx_str_t           path;
    pancake_scope_e     scope_kind;
    ngx_str_t           scope[2];       /* merchant value; or client key and
                                           address */
    time_t              window;         /* number of the time bucket, or 0 */
    time_t              expired;        /* when the answer that is to be
                                           replaced has expired, or 0 */
    ngx_str_t           body;           /* the bytes that are sent */
} pancake_idempotency_t;


/*
 * base64url(HMAC-SHA-256(secret, parts)) without padding; the parts are
 * length-prefixed, so no two different inputs join to the same bytes.  With
 * PANCAKE_SCOPE_REQUEST it is 32 unpredictable bytes instead and another key
 * each time.  Returns NGX_OK or NGX_ERROR (no secret, or the crypto library
 * failed).  Not for threads.
 */
ngx_int_t pancake_idempotency_key(const pancake_idempotency_t *in,
    u_char out[PANCAKE_IDEMPOTENCY_KEY_LEN]);

/*
 * Checks a client's Idempotency-Key or X-Idempotency-Key field value and
 * gives the key without the optional double quotes (a structured field
 * string, as the IETF draft has it): 1 to 256 of A-Z a-z 0-9 - and _.
 * Returns NGX_OK with *key pointing into "value", or NGX_DECLINED.
 */
ngx_int_t pancake_client_key(const ngx_str_t *value, ngx_str_t *key);

/*
 * Gives "len" unpredictable bytes, at most 2048, which no other call and no
 * other process gets.  Only for processes that serve and have no children: a
 * child could get what its parent has in stock.  Returns NGX_OK or NGX_ERROR.
 * Not for threads.
 */
ngx_int_t pancake_unique(u_char *out, size_t len);

/* The same, for any process; takes longer. */
ngx_int_t pancake_random(u_char *out, size_t len);


#endif /* _PANCAKE_IDEMPOTENCY_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * What the API said, and whether a buyer may be sent where it points
 * (contract.md sections 1, 7 and 11).
 */


#ifndef _PANCAKE_ANSWER_H_INCLUDED_
#define _PANCAKE_ANSWER_H_INCLUDED_


#include "pancake_value.h"


#define PANCAKE_ANSWER_MAX_SIZE      65536
#define PANCAKE_ANSWER_MAX_ERRORS    16
#define PANCAKE_ANSWER_MAX_MESSAGE   200
#define PANCAKE_URL_MAX_LEN          2048


typedef struct {
    ngx_str_t          message;
    ngx_str_t          layer;
} pancake_notice_t;


typedef struct {
    ngx_pool_t        *pool;

    pancake_value_t   *data;            /* the object "data", or NULL */
    ngx_array_t        errors;          /* pancake_notice_t, cleaned */

    ngx_str_t          checkout_url;    /* set by pancake_answer_checkout() */
    ngx_str_t          session_id;      /* empty: the API named none */
    time_t             expired;         /* "expiresAt" when that is past and
                                           the only fault, or 0 */

    const char        *fault;           /* why it cannot be used; completes
                                           "the API's answer ..." */
} pancake_answer_t;


typedef struct {
    ngx_array_t       *hosts;           /* ngx_str_t, exact, lower case */
    ngx_flag_t         insecure;        /* 1: http to loopback, too */
} pancake_redirect_t;


/*
 * Reads an answer's body: one JSON object, at most PANCAKE_ANSWER_MAX_SIZE
 * bytes, 16 levels and 2048 values, no name twice.  The messages in "errors"
 * are cleaned for a buyer's eyes: no control characters, at most
 * PANCAKE_ANSWER_MAX_MESSAGE bytes; of the rest of a notice only a plain
 * "layer" is kept.  "text" is referenced and must outlive the answer.
 * Returns NGX_OK, NGX_DECLINED (answer->fault) or NGX_ERROR (no memory).
 */
ngx_int_t pancake_answer_read(pancake_answer_t *answer, ngx_pool_t *pool,
    const ngx_str_t *text);

/*
 * Holds a read answer against the promise of a checkout: no errors, an
 * object as data, a checkoutUrl that the redirect rules allow, an expiresAt,
 * if there is one, after "now".  Returns NGX_OK or NGX_DECLINED
 * (answer->fault).
 */
ngx_int_t pancake_answer_checkout(pancake_answer_t *answer,
    const pancake_redirect_t *redirect, time_t now);

/*
 * Holds a read answer against the promise of any other action: an object as
 * data that has the member "name" (empty: any object), no errors, which only
 * a GraphQL answer ("query") may have beside its data.  Returns NGX_OK or
 * NGX_DECLINED (answer->fault).
 */
ngx_int_t pancake_answer_data(pancake_answer_t *answer,
    const ngx_str_t *name, ngx_uint_t query);

/*
 * 1 when a buyer may be sent to the URL: https, a host of the list without
 * user information and port, no fragment, printable ASCII, at most
 * PANCAKE_URL_MAX_LEN bytes (contract.md section 7); otherwise 0.
 */
ngx_uint_t pancake_url_allowed(const ngx_str_t *url,
    const pancake_redirect_t *redirect);

/*
 * Seconds since the epoch of an ISO 8601 time as RFC 3339 profiles it, with
 * "Z" or an offset; fractions are cut off.  Returns -1 for anything else.
 */
time_t pancake_time(const ngx_str_t *text);


#endif /* _PANCAKE_ANSWER_H_INCLUDED_ */

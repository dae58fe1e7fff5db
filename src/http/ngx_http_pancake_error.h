
/*
 * Copyright (C) pancake checkout contributors
 *
 * Everything that ends without a checkout: what the buyer is told, what the
 * operator finds in the log, and what the variables keep.
 */


#ifndef _NGX_HTTP_PANCAKE_ERROR_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_ERROR_H_INCLUDED_


#include "ngx_http_pancake.h"


/* why there is no checkout; the order of the table in the .c file */

typedef enum {
    NGX_HTTP_PANCAKE_E_METHOD = 0,
    NGX_HTTP_PANCAKE_E_PREVIEW,
    NGX_HTTP_PANCAKE_E_ORIGIN,
    NGX_HTTP_PANCAKE_E_REQUIRE,
    NGX_HTTP_PANCAKE_E_TOKEN,           /* no session token to send */
    NGX_HTTP_PANCAKE_E_MEDIA_TYPE,
    NGX_HTTP_PANCAKE_E_TOO_LARGE,
    NGX_HTTP_PANCAKE_E_INPUT,
    NGX_HTTP_PANCAKE_E_SHOP,            /* a pancake_set value is invalid */
    NGX_HTTP_PANCAKE_E_QUOTE,           /* the shop's quote is invalid */
    NGX_HTTP_PANCAKE_E_QUOTE_FAILED,    /* the shop gave no answer */
    NGX_HTTP_PANCAKE_E_QUOTE_TIMEOUT,
    NGX_HTTP_PANCAKE_E_API_INVALID,     /* the API said 400 */
    NGX_HTTP_PANCAKE_E_API_NOT_FOUND,   /* 404 */
    NGX_HTTP_PANCAKE_E_API_TOKEN,       /* 401 to a customer's token */
    NGX_HTTP_PANCAKE_E_API_FORBIDDEN,   /* 403 to a customer's token */
    NGX_HTTP_PANCAKE_E_API_CONFLICT,    /* 409 */
    NGX_HTTP_PANCAKE_E_API_LIMITED,     /* 429 */
    NGX_HTTP_PANCAKE_E_API_DENIED,      /* 401 or 403 */
    NGX_HTTP_PANCAKE_E_API_BROKEN,      /* against its own contract */
    NGX_HTTP_PANCAKE_E_API_FAILED,      /* 5xx, or no answer */
    NGX_HTTP_PANCAKE_E_API_BUSY,        /* 503 */
    NGX_HTTP_PANCAKE_E_API_TIMEOUT,
    NGX_HTTP_PANCAKE_E_BUSY,            /* too much to sign here */
    NGX_HTTP_PANCAKE_E_INTERNAL
} ngx_http_pancake_error_e;


/* a refusal on its way to ngx_http_pancake_error() */

typedef struct {
    ngx_http_pancake_error_e     error;
    ngx_str_t                    field;     /* may be empty */
    const char                  *message;   /* completes "FIELD ..." or, with
                                               no field, "body ..."; NULL:
                                               the error's own */
} ngx_http_pancake_refusal_t;


/*
 * Each of the functions but _result() and _loggable() sends an answer and
 * returns what the caller must hand to ngx_http_finalize_request() as its last
 * act.  When the location has an error_page for the status, that page is left
 * to nginx.
 */

/*
 * An error.  "field" may be empty; "message" is for the buyer, NULL: the
 * kind's own; "detail" is for the error log only, NULL: none.  Neither may
 * hold a value that the buyer sent.
 */
ngx_int_t ngx_http_pancake_error(ngx_http_request_t *r,
    ngx_http_pancake_error_e kind, const ngx_str_t *field,
    const char *message, const char *detail);

/* $pancake_result of an error */
ngx_http_pancake_result_e ngx_http_pancake_error_result(
    ngx_http_pancake_error_e kind);

/* an error with all violations of pancake_resolve(), at least one */
ngx_int_t ngx_http_pancake_error_violations(ngx_http_request_t *r,
    ngx_array_t *violations);

/*
 * The API's refusal with its own, cleaned messages (pancake_notice_t, may be
 * none); "kind" is NGX_HTTP_PANCAKE_E_API_INVALID, _NOT_FOUND or _FORBIDDEN.
 */
ngx_int_t ngx_http_pancake_error_rejected(ngx_http_request_t *r,
    ngx_http_pancake_error_e kind, ngx_array_t *notices);


/*
 * What a log may hold of a field's name, which somebody else has chosen: the
 * name itself when it looks like one, or a static text instead.
 */
ngx_str_t *ngx_http_pancake_error_loggable(ngx_str_t *name);


#endif /* _NGX_HTTP_PANCAKE_ERROR_H_INCLUDED_ */

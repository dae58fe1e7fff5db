
/*
 * Copyright (C) pancake checkout contributors
 *
 * The words that variables and statistics share.  None of them is a buyer's.
 */


#ifndef _NGX_HTTP_PANCAKE_LABELS_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_LABELS_H_INCLUDED_


#include "ngx_http_pancake.h"


/*
 * Why a buyer's request was refused before anything reached the API, or what
 * was wrong with the shop's own values.
 */

typedef enum {
    NGX_HTTP_PANCAKE_REASON_METHOD = 0,
    NGX_HTTP_PANCAKE_REASON_PREVIEW,
    NGX_HTTP_PANCAKE_REASON_ORIGIN,
    NGX_HTTP_PANCAKE_REASON_REQUIRE,
    NGX_HTTP_PANCAKE_REASON_TOKEN,
    NGX_HTTP_PANCAKE_REASON_MEDIA_TYPE,
    NGX_HTTP_PANCAKE_REASON_TOO_LARGE,
    NGX_HTTP_PANCAKE_REASON_SYNTAX,
    NGX_HTTP_PANCAKE_REASON_FIELD,      /* these in the order of
                                           pancake_reason_e: a value */
    NGX_HTTP_PANCAKE_REASON_REQUIRED,
    NGX_HTTP_PANCAKE_REASON_OWNER,
    NGX_HTTP_PANCAKE_REASON_UNKNOWN,
    NGX_HTTP_PANCAKE_REASON_SET,
    NGX_HTTP_PANCAKE_REASON_QUOTE,
    NGX_HTTP_PANCAKE_NO_REASON          /* the number of the others, too */
} ngx_http_pancake_reason_e;


/* what was known to be the repetition of an answer */

typedef enum {
    NGX_HTTP_PANCAKE_REPLAY_CONFLICT = 0,
    NGX_HTTP_PANCAKE_REPLAY_EXPIRED,
    NGX_HTTP_PANCAKE_REPLAYS
} ngx_http_pancake_replay_e;


/* what became of a request in a webhook location */

typedef enum {
    NGX_HTTP_PANCAKE_WEBHOOK_REFUSED = 0,   /* the shop did not see it */
    NGX_HTTP_PANCAKE_WEBHOOK_DUPLICATE,     /* answered before, nor did it */
    NGX_HTTP_PANCAKE_WEBHOOK_IN_FLIGHT,     /* being answered, nor did it */
    NGX_HTTP_PANCAKE_WEBHOOK_FAILED,        /* passed on, no 2xx came back */
    NGX_HTTP_PANCAKE_WEBHOOK_ACCEPTED,      /* passed on, answered 2xx */
    NGX_HTTP_PANCAKE_WEBHOOK_OUTCOMES
} ngx_http_pancake_webhook_outcome_e;


/* 1xx to 5xx by their first digit; 0: no HTTP answer */
#define NGX_HTTP_PANCAKE_CLASSES      6

#define NGX_HTTP_PANCAKE_RESULTS      (NGX_HTTP_PANCAKE_ERROR + 1)
#define NGX_HTTP_PANCAKE_SIGNATURES   (NGX_HTTP_PANCAKE_SIGNED_THREAD + 1)


/* in the order of ngx_http_pancake_result_e; "none" is not for variables */
extern const ngx_str_t  ngx_http_pancake_results[];

/* in the order of ngx_http_pancake_signature_e */
extern const ngx_str_t  ngx_http_pancake_signatures[];

/* in the order of the enums above */
extern const ngx_str_t  ngx_http_pancake_reasons[];
extern const ngx_str_t  ngx_http_pancake_replays[];
extern const ngx_str_t  ngx_http_pancake_webhook_outcomes[];
extern const ngx_str_t  ngx_http_pancake_classes[];


#endif /* _NGX_HTTP_PANCAKE_LABELS_H_INCLUDED_ */

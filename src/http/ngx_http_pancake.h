
/*
 * Copyright (C) pancake checkout contributors
 *
 * What the rooms of src/http share: the configuration of a location, which
 * is read-only after merge, and the state of one buyer's request.
 */


#ifndef _NGX_HTTP_PANCAKE_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "pancake_answer.h"
#include "pancake_cache.h"
#include "pancake_idempotency.h"
#include "pancake_resolve.h"
#include "pancake_signature.h"

#include "ngx_http_pancake_compat.h"


#define NGX_HTTP_PANCAKE_VERSION      "0.1.0"

/* the most that is read of a buyer's body or query, bytes */
#define NGX_HTTP_PANCAKE_MAX_INPUT    65536


#define NGX_HTTP_PANCAKE_INPUT_JSON   0x0002
#define NGX_HTTP_PANCAKE_INPUT_FORM   0x0004
#define NGX_HTTP_PANCAKE_INPUT_ARGS   0x0008


#define NGX_HTTP_PANCAKE_REPLY_AUTO      0
#define NGX_HTTP_PANCAKE_REPLY_REDIRECT  1
#define NGX_HTTP_PANCAKE_REPLY_JSON      2


/* where a directive stands, for what only merging can find out */

typedef struct {
    ngx_str_t                    file;
    ngx_uint_t                   line;
} ngx_http_pancake_place_t;


typedef struct {
    ngx_str_t                    field;     /* dotted path */
    ngx_http_complex_value_t     value;
    ngx_http_pancake_place_t     place;
} ngx_http_pancake_set_t;


/*
 * How the API knows who asks: the merchant's key, the public slug of a store,
 * or a customer's session token.
 */

typedef struct {
    pancake_key_t               *key;           /* NULL: slug or token */
    pancake_signer_t            *signer;        /* of the key */
    ngx_str_t                    secret;        /* derived from the key; of a
                                                   token that of the key it
                                                   stands in for, or none */
    ngx_str_t                    slug;
    ngx_http_complex_value_t    *bearer;        /* NULL: key or slug */
    ngx_str_t                    environment;   /* test or prod */
    ngx_str_t                    store;         /* slug:environment */
} ngx_http_pancake_credential_t;


typedef struct ngx_http_pancake_webhook_conf_s
    ngx_http_pancake_webhook_conf_t;

typedef struct ngx_http_pancake_cache_s  ngx_http_pancake_cache_t;
typedef struct ngx_http_pancake_counters_s  ngx_http_pancake_counters_t;
typedef struct ngx_http_pancake_call_counters_s
    ngx_http_pancake_call_counters_t;
typedef struct ngx_http_pancake_queue_s  ngx_http_pancake_queue_t;


typedef struct {
    ngx_http_pancake_cache_t    *cache;     /* where no directive says other */
    ngx_array_t                  queues;    /* ngx_http_pancake_queue_t * */
    ngx_array_t                  inputs;    /* ngx_str_t: NAME of each
                                               $pancake_input_NAME in use */
    ngx_array_t                  checkouts; /* ngx_http_core_loc_conf_t * */
    ngx_str_t                    unshared;  /* idempotency secret of slug
                                               locations without their own */
    ngx_shm_zone_t              *status;    /* counters, or NULL */
    ngx_array_t                  counted;   /* ngx_http_pancake_counted_t * */
    ngx_array_t                  webhooks;  /* ngx_http_pancake_webhook_conf_t
                                               *, of all locations */
    ngx_shm_zone_t              *webhook_zone;  /* NULL: off */
} ngx_http_pancake_main_conf_t;


/* pancake_retry; times in ms */

typedef struct {
    ngx_uint_t                   attempts;      /* 0: off */
    ngx_msec_t                   backoff;       /* before the second one */
    ngx_msec_t                   deadline;      /* of all calls, 0: none */
} ngx_http_pancake_retry_t;


/* pancake_signing */

#define NGX_HTTP_PANCAKE_SIGNING_INLINE   0
#define NGX_HTTP_PANCAKE_SIGNING_THREADS  1


/* pancake_signature_cache, as a worker has it */

struct ngx_http_pancake_cache_s {
    pancake_cache_t             *signatures;    /* NULL: off */
    pancake_cache_t             *bodies;        /* NULL: off */
    uint32_t                    *seen;          /* hashes of inputs that came
                                                   once, one for each entry */
    time_t                       reuse;         /* of signatures, seconds */
};


/* a location whose checkouts are counted */

typedef struct {
    ngx_str_t                        server;    /* labels */
    ngx_str_t                        location;
    ngx_str_t                        action;
    const pancake_action_t          *calls[PANCAKE_MAX_ACTIONS + 1];
    ngx_uint_t                       ncalls;
    ngx_uint_t                       webhook;   /* 1: counts those */
    ngx_http_pancake_counters_t     *counters;  /* in shared memory */
} ngx_http_pancake_counted_t;


/* what a worker has warned about in an internal location */

typedef struct {
    unsigned                     plain:1;       /* no TLS */
    unsigned                     unverified:1;  /* certificate */
} ngx_http_pancake_warned_t;


typedef struct {
    const pancake_action_t          *actions[PANCAKE_MAX_ACTIONS];
    ngx_str_t                        uris[PANCAKE_MAX_ACTIONS]; /* of them, in
                                                       the internal location */
    ngx_uint_t                       nactions;      /* 0: no checkout */
    ngx_http_pancake_place_t         place;
    ngx_uint_t                       other_handler; /* 1: one stood before */

    ngx_str_t                        api;           /* URI prefix */
    ngx_str_t                        merchant_id;
    ngx_http_pancake_credential_t   *credential;

    ngx_array_t                     *sets;      /* ngx_http_pancake_set_t */
    ngx_array_t                     *accept;    /* ngx_str_t */
    ngx_array_t                     *accept_places; /* of those,
                                                ngx_http_pancake_place_t; a
                                                line of 0: warned about */
    ngx_array_t                     *own_hosts; /* ngx_str_t, names of the
                                                   server where buyers may
                                                   name pages of it, or NULL */
    ngx_uint_t                       unknown;   /* 1: dropped */
    ngx_uint_t                       input;     /* bit mask */
    ngx_flag_t                       same_origin;

    ngx_uint_t                       reply;
    ngx_uint_t                       redirect_status;
    pancake_redirect_t               redirect;

    ngx_http_complex_value_t        *idempotency_key;
    ngx_array_t                     *idempotency_variables; /* ngx_int_t,
                                                           indexes of those
                                                           in the key */
    ngx_flag_t                       idempotency;       /* 0: off */
    ngx_str_t                        idempotency_secret;
    ngx_str_t                        secret;    /* that, or the credential's */
    time_t                           idempotency_window;    /* seconds */

    ngx_http_pancake_retry_t         retry;

    ngx_http_complex_value_t        *bearer;    /* of this level */
    ngx_str_t                        bearer_environment;
    ngx_str_t                        query;     /* GraphQL */

    ngx_uint_t                       signing;
    ngx_http_pancake_queue_t        *queue;     /* of jobs for threads */
    ngx_http_pancake_cache_t        *cache;
    ngx_array_t                     *headers;   /* ngx_table_elt_t, of calls */

    ngx_str_t                        quote;     /* URI, or empty */
    ngx_str_t                        quote_args;    /* without data: those of
                                                       the buyer */
    ngx_str_t                        quote_follow;  /* prefix for redirects of
                                                       an order API, or
                                                       empty */
    ngx_uint_t                       quote_orders;  /* 1: the shop's order
                                                       API is asked */
    ngx_int_t                        quote_id;  /* index of $request_id */

    const pancake_action_t          *beside;    /* runs in parallel for who
                                                   has an identity, or NULL */
    ngx_str_t                        beside_uri;

    ngx_array_t                     *require;   /* ngx_http_complex_value_t */
    ngx_flag_t                       require_elsewhere;

    ngx_http_pancake_counted_t      *counted;   /* NULL: no pancake_status_zone
                                                   or no checkout */
    ngx_uint_t                       status;    /* format of pancake_status,
                                                   0: none here */
    ngx_http_pancake_place_t         status_place;

    ngx_http_pancake_warned_t       *warned;    /* NULL: not internal */
    ngx_http_pancake_webhook_conf_t *webhook;   /* NULL: none */
} ngx_http_pancake_loc_conf_t;


/* $pancake_result */

typedef enum {
    NGX_HTTP_PANCAKE_NONE = 0,
    NGX_HTTP_PANCAKE_REDIRECTED,
    NGX_HTTP_PANCAKE_REPLIED,
    NGX_HTTP_PANCAKE_PASSED,
    NGX_HTTP_PANCAKE_INVALID,
    NGX_HTTP_PANCAKE_FORBIDDEN,
    NGX_HTTP_PANCAKE_REJECTED,
    NGX_HTTP_PANCAKE_UNAVAILABLE,
    NGX_HTTP_PANCAKE_ERROR
} ngx_http_pancake_result_e;


typedef struct ngx_http_pancake_call_s  ngx_http_pancake_call_t;
typedef struct ngx_http_pancake_quote_s  ngx_http_pancake_quote_t;
typedef struct ngx_http_pancake_verdict_s  ngx_http_pancake_verdict_t;


/* $pancake_signature */

typedef enum {
    NGX_HTTP_PANCAKE_UNSIGNED = 0,
    NGX_HTTP_PANCAKE_SIGNED_CACHED,
    NGX_HTTP_PANCAKE_SIGNED_INLINE,
    NGX_HTTP_PANCAKE_SIGNED_THREAD
} ngx_http_pancake_signature_e;


/* one request to the API: a subrequest into the internal location */

typedef struct {
    ngx_http_pancake_call_t         *call;
    ngx_pool_t                      *pool;      /* of the subrequest, or NULL
                                                   when that is gone */
    ngx_http_cleanup_t              *cleanup;   /* the request's first one
                                                   before the attempt */
    ngx_http_request_t              *subrequest;
    ngx_http_pancake_signature_e     signature;     /* how it was made */

    ngx_uint_t                       status;    /* 0: no HTTP answer */
    ngx_int_t                        rc;        /* what ended the request */
    ngx_str_t                        answer;
    size_t                           size;      /* of the answer's memory */
    ngx_msec_t                       start;
    ngx_msec_t                       time;      /* ms, once done */
    ngx_uint_t                       retry_after;   /* seconds, or 0 */
    ngx_http_pancake_call_counters_t *counters; /* NULL: not counted, or not
                                                   any more */

    unsigned                         done:1;
    unsigned                         cut:1;     /* by the deadline */
    unsigned                         stopped:1; /* cut because the call beside
                                                   it had failed */
    unsigned                         placed:1;  /* reached its location */
    unsigned                         strayed:1; /* was led out of it again */
    unsigned                         too_big:1;
    unsigned                         complete:1;
    unsigned                         encoded:1;
    unsigned                         json:1;
} ngx_http_pancake_attempt_t;


/* what is asked of the API, however many attempts that takes */

typedef enum {
    NGX_HTTP_PANCAKE_CALL_DUE = 0,      /* it is time for an attempt */
    NGX_HTTP_PANCAKE_CALL_SIGNING,      /* a thread is about to sign it */
    NGX_HTTP_PANCAKE_CALL_SIGNED,
    NGX_HTTP_PANCAKE_CALL_BUSY,         /* no thread could, or in time */
    NGX_HTTP_PANCAKE_CALL_FAILED,       /* it cannot be signed */
    NGX_HTTP_PANCAKE_CALL_FLIGHT,       /* an attempt is under way */
    NGX_HTTP_PANCAKE_CALL_PAUSE,        /* the next one is waited for */
    NGX_HTTP_PANCAKE_CALL_OVER
} ngx_http_pancake_call_state_e;


typedef struct ngx_http_pancake_job_s  ngx_http_pancake_job_t;


/* who waits for a signature that a thread makes */

typedef struct {
    ngx_queue_t                      queue;
    ngx_http_pancake_job_t          *job;       /* NULL: does not wait */
    void                           (*handler)(void *data,
                                              ngx_http_pancake_job_t *job);
    void                            *data;
} ngx_http_pancake_waiter_t;


struct ngx_http_pancake_call_s {
    ngx_http_request_t              *request;   /* the buyer's */
    ngx_http_event_handler_pt        resume;    /* of it */
    const pancake_action_t          *action;
    ngx_str_t                       *uri;       /* of the action */
    ngx_str_t                        body;      /* the signed bytes */
    ngx_str_t                        key;       /* idempotency key or empty */
    time_t                           expired;   /* of the answer that this
                                                   call replaces, or 0 */

    ngx_http_pancake_attempt_t      *attempt;   /* the last one */
    ngx_http_pancake_verdict_t      *verdict;   /* once it is over */
    ngx_http_pancake_call_state_e    state;
    ngx_uint_t                       failures;
    ngx_uint_t                       conflicts;
    ngx_event_t                      timer;     /* end of pause or deadline */
    ngx_http_pancake_call_counters_t *counters; /* NULL: not counted, or not
                                                   any more */
    ngx_uint_t                       waiting;   /* 1: counted as such */

    u_char                           hash[PANCAKE_BODY_HASH_LEN];
    pancake_signed_t                 sig;       /* of the next attempt */
    ngx_http_pancake_signature_e     signing;   /* how that was made */
    void                           (*signed_handler)(
                                               ngx_http_pancake_call_t *call);
    ngx_http_pancake_waiter_t        waiter;
};


/* one buyer's request; lives in its pool */

typedef struct {
    ngx_http_request_t              *request;
    ngx_http_pancake_counters_t     *counters;  /* NULL: is not counted */
    ngx_uint_t                       form;      /* in which the input comes */
    ngx_str_t                        text;      /* the buyer's input */
    unsigned                         read:1;    /* 1: text is that */
    pancake_value_t                 *input;     /* the same as a tree, or NULL
                                                   while nobody needs it */
    pancake_value_t                 *buyer;     /* what speaks for the buyer
                                                   instead, or NULL */
    ngx_http_pancake_quote_t        *asked;     /* what the shop answers */
    ngx_http_pancake_quote_t        *followed;  /* or behind its redirect */
    pancake_value_t                 *quote;     /* the same as a tree, or
                                                   NULL */
    pancake_value_t                 *bodies[PANCAKE_MAX_ACTIONS]; /* of a
                                                   chain, or of a call and
                                                   the one beside it */
    ngx_str_t                        body;      /* of the first call */
    u_char                           hash[PANCAKE_BODY_HASH_LEN]; /* of it, or
                                                   zero: not known yet */
    ngx_uint_t                       action;    /* index of the current one */
    ngx_http_pancake_call_t         *call;      /* the current one */
    ngx_http_pancake_call_t         *beside;    /* the one beside it, for a
                                                   customer's token, or NULL */
    ngx_str_t                        identity;  /* of the customer, or empty */
    ngx_str_t                        token;
    ngx_msec_t                       deadline;  /* ms, as ngx_current_msec */
    ngx_str_t                        bearer;    /* "Bearer TOKEN", or empty */
    unsigned                         saves:1;   /* 1: an order is saved only */
    pancake_scope_e                  scope_kind;
    ngx_str_t                        scope[2];
    time_t                           bucket;    /* of the time window */

    pancake_answer_t                 answer;
    ngx_uint_t                       too_early; /* 1: the input was asked for
                                                   before it was read */

    /* for the variables */

    ngx_http_pancake_result_e        result;
    ngx_str_t                        error;         /* first message */
    ngx_str_t                        error_field;
    ngx_str_t                        session_id;
    ngx_array_t                      attempts;  /* ngx_http_pancake_attempt_t
                                                   *, of all calls */
} ngx_http_pancake_ctx_t;


extern ngx_module_t  ngx_http_pancake_checkout_module;


#endif /* _NGX_HTTP_PANCAKE_H_INCLUDED_ */

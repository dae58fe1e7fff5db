
/*
 * Copyright (C) pancake checkout contributors
 *
 * pancake_status: the counters of pancake_status_zone as an answer.
 */


#ifndef _NGX_HTTP_PANCAKE_STATUS_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_STATUS_H_INCLUDED_


#include "ngx_http_pancake_counters.h"


/* a handler of a directive, with nginx's contract for those */
char *ngx_http_pancake_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * Merges the directive into "if" and "limit_except" and looks whether there
 * are counters.  Returns NGX_OK or NGX_ERROR (there are none; logged).
 */
ngx_int_t ngx_http_pancake_status_merge(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *prev, ngx_http_pancake_loc_conf_t *conf);


/* whose counters they are */

typedef enum {
    NGX_HTTP_PANCAKE_OF_CHECKOUT = 0,
    NGX_HTTP_PANCAKE_OF_CALL,
    NGX_HTTP_PANCAKE_OF_WEBHOOK
} ngx_http_pancake_scope_e;


/* a counter with one value for each of some words */

typedef struct {
    const char                      *metric;    /* Prometheus' name for it */
    const char                      *help;
    const char                      *member;    /* JSON's */
    const char                      *label;
    const ngx_str_t                 *values;    /* of the label */
    ngx_uint_t                       n;
    size_t                           offset;    /* in the counters of a call,
                                                   else of a location */
    ngx_http_pancake_scope_e         scope;
} ngx_http_pancake_family_t;


typedef struct {
    const char                      *metric;
    const char                      *help;
    size_t                           offset;
    ngx_http_pancake_scope_e         scope;
} ngx_http_pancake_times_t;


/* both end with a metric of NULL */
extern const ngx_http_pancake_family_t  ngx_http_pancake_families[];
extern const ngx_http_pancake_times_t   ngx_http_pancake_times[];


/*
 * Both write the counters of a list (ngx_http_pancake_counters_t *) and what
 * is under way into memory of the pool.  NGX_OK or NGX_ERROR (no memory).
 */

/* as a chain, in Prometheus' text format 0.0.4 */
ngx_int_t ngx_http_pancake_status_text(ngx_pool_t *pool, ngx_array_t *list,
    ngx_http_pancake_gauges_t *gauges, ngx_chain_t **out);

/* as one JSON object, in one buffer */
ngx_int_t ngx_http_pancake_status_json(ngx_pool_t *pool, ngx_array_t *list,
    ngx_http_pancake_gauges_t *gauges, ngx_chain_t **out);


#endif /* _NGX_HTTP_PANCAKE_STATUS_H_INCLUDED_ */

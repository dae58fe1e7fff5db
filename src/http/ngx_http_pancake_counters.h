
/*
 * Copyright (C) pancake checkout contributors
 *
 * pancake_status_zone: the counters of all workers in shared memory, which
 * outlive a reload.
 */


#ifndef _NGX_HTTP_PANCAKE_COUNTERS_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_COUNTERS_H_INCLUDED_


#include "ngx_http_pancake_labels.h"


/* buckets of a histogram besides the last one, which has no bound */
#define NGX_HTTP_PANCAKE_BUCKETS  13


/* each time is in one bucket only */

typedef struct {
    ngx_atomic_t                     buckets[NGX_HTTP_PANCAKE_BUCKETS + 1];
    ngx_atomic_t                     sum;       /* ms */
} ngx_http_pancake_histogram_t;


/*
 * Of one action of the API at locations of one server and name.  When those
 * do different things with it, as before a reload and after it, or "= /buy"
 * and "/buy" may, they share it: what has equal labels is one series.
 */

struct ngx_http_pancake_call_counters_s {
    ngx_queue_t                      queue;     /* the first member */
    ngx_http_pancake_counters_t     *owner;     /* with which it is shown */
    ngx_str_t                        action;
    ngx_atomic_t                     calls[NGX_HTTP_PANCAKE_CLASSES];
    ngx_atomic_t                     attempts[NGX_HTTP_PANCAKE_CLASSES];
    ngx_atomic_t                     signatures[NGX_HTTP_PANCAKE_SIGNATURES];
    ngx_atomic_t                     replays[NGX_HTTP_PANCAKE_REPLAYS];
    ngx_http_pancake_histogram_t     time;      /* of attempts */
};


/*
 * Of one location.  The names are behind it in shared memory: those of the
 * configuration and of the module may be somewhere else after a reload.
 */

struct ngx_http_pancake_counters_s {
    ngx_queue_t                      queue;     /* the first member */
    ngx_str_t                        server;
    ngx_str_t                        location;
    ngx_str_t                        action;
    ngx_atomic_t                     results[NGX_HTTP_PANCAKE_RESULTS];
    ngx_atomic_t                     reasons[NGX_HTTP_PANCAKE_NO_REASON];
    ngx_http_pancake_histogram_t     time;      /* of buyers' requests */
    ngx_atomic_t                     outcomes[
                                         NGX_HTTP_PANCAKE_WEBHOOK_OUTCOMES];
    ngx_uint_t                       webhook;   /* 1: only these are used */
    ngx_uint_t                       ncalls;
    ngx_http_pancake_call_counters_t
                                    *calls[PANCAKE_MAX_ACTIONS + 1];
};


/*
 * What is under way in one process.  Each has its own, so that what a worker
 * had when it crashed does not stay for ever.
 */

typedef struct {
    ngx_atomic_t                     pid;       /* 0: nobody */
    ngx_atomic_t                     waiting;
    ngx_atomic_t                     flight;
} ngx_http_pancake_gauges_t;


typedef struct {
    ngx_queue_t                      locations; /* under the zone's mutex */
    ngx_queue_t                      calls;
    ngx_http_pancake_gauges_t        processes[NGX_MAX_PROCESSES];
} ngx_http_pancake_zone_t;


/* upper bounds of the buckets, ms, and as text in seconds */

typedef struct {
    ngx_msec_t                       ms;
    ngx_str_t                        seconds;
} ngx_http_pancake_bound_t;

extern const ngx_http_pancake_bound_t  ngx_http_pancake_bounds[];


/* this process's; NULL: there is no zone */
extern ngx_http_pancake_gauges_t  *ngx_http_pancake_gauges;


/* a handler of a directive, with nginx's contract for those */
char *ngx_http_pancake_counters_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * For a checkout location once it is merged: its place in the zone, which is
 * made when the zone is.  Servers and locations of the same name share one.
 * Returns NGX_OK or NGX_ERROR (no memory).
 */
ngx_int_t ngx_http_pancake_counters_location(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf);

/*
 * Finds or makes counters in the zone for "n" locations, for each in
 * counted->counters.  Returns how many have found no room: theirs are NULL,
 * and what they count is nowhere.
 */
ngx_uint_t ngx_http_pancake_counters_fill(ngx_slab_pool_t *shpool,
    ngx_http_pancake_zone_t *zone, ngx_http_pancake_counted_t **counted,
    ngx_uint_t n);

/*
 * The same for a location with a "pancake_webhook" of its own; "action" is
 * the label, and *counted is NULL without a zone.
 */
ngx_int_t ngx_http_pancake_counters_webhook(ngx_conf_t *cf,
    const char *action, ngx_http_pancake_counted_t **counted);

/* for each process when it begins: nothing is under way in it */
void ngx_http_pancake_counters_process(ngx_http_pancake_main_conf_t *pmcf);

/*
 * The counters of all locations, ngx_http_pancake_counters_t * in memory of
 * "pool", in the order in which they came to the zone.  Returns NULL when
 * there is no memory.  They are never freed while the zone lives.
 */
ngx_array_t *ngx_http_pancake_counters_list(ngx_pool_t *pool,
    ngx_shm_zone_t *zone);

/* what is under way in all processes together, in "sum" */
void ngx_http_pancake_counters_gauges(ngx_shm_zone_t *zone,
    ngx_http_pancake_gauges_t *sum);


#endif /* _NGX_HTTP_PANCAKE_COUNTERS_H_INCLUDED_ */

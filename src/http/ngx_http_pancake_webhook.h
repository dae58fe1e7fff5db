
/*
 * Copyright (C) pancake checkout contributors
 *
 * Webhooks at the edge: what the platform has not signed does not reach the
 * shop (contract.md section 8).
 */


#ifndef _NGX_HTTP_PANCAKE_WEBHOOK_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_WEBHOOK_H_INCLUDED_


#include "ngx_http_pancake.h"
#include "ngx_http_pancake_labels.h"
#include "pancake_webhook.h"


/* bytes of a body; those of the platform have one or two thousand */
#define NGX_HTTP_PANCAKE_WEBHOOK_MAX_BODY   262144


struct ngx_http_pancake_webhook_conf_s {
    pancake_webhook_keys_t       keys;          /* none: "off" */
    ngx_msec_t                   tolerance;     /* ms; 0: not set yet */
    ngx_msec_t                   future;        /* ms; the same */
    ngx_array_t                  stores;        /* ngx_str_t, whose events are
                                                   taken; none: of all */
    ngx_str_t                    scope;         /* in which ids are unique */
    ngx_http_pancake_counted_t  *counted;       /* NULL: is not */
    ngx_http_pancake_place_t     place;
};


/* handler of "pancake_webhook", with nginx's contract for those */
char *ngx_http_pancake_webhook(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Gives a location that has no "pancake_webhook" the one around it, and checks
 * the other.  Returns NGX_OK, or NGX_ERROR with the reason logged.
 */
ngx_int_t ngx_http_pancake_webhook_merge(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *prev, ngx_http_pancake_loc_conf_t *conf);

/*
 * What is left when all locations are known; warns where they do not fit the
 * zone.  Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_pancake_webhook_init(ngx_conf_t *cf);

/*
 * Puts the guard behind access control and in front of mirror, try_files and
 * whatever answers requests.  Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_pancake_webhook_guard(ngx_conf_t *cf);

/*
 * Looks at answers and at bodies.  To be called in any case: filters are of a
 * process and not of a configuration, and one that could not be taken leaves
 * its own to the workers of the one before.
 */
void ngx_http_pancake_webhook_filters(void);

/*
 * $pancake_webhook_NAME: "data" is the offset of a text in
 * pancake_webhook_event_t.  Not found until the request is verified.
 */
ngx_int_t ngx_http_pancake_webhook_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


#endif /* _NGX_HTTP_PANCAKE_WEBHOOK_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * The events of webhooks that all workers know: those the shop has answered,
 * and those it is about to answer.
 */


#ifndef _NGX_HTTP_PANCAKE_WEBHOOK_ZONE_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_WEBHOOK_ZONE_H_INCLUDED_


#include "ngx_http_pancake.h"
#include "pancake_webhook.h"


/* that a request has on its event */

typedef struct {
    ngx_shm_zone_t              *zone;      /* NULL: none */
    ngx_uint_t                   serial;    /* tells it from later ones */
    u_char                       hash[PANCAKE_WEBHOOK_HASH_LEN];
} ngx_http_pancake_webhook_mark_t;


/* handler of "pancake_webhook_zone", with nginx's contract for those */
char *ngx_http_pancake_webhook_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Warns when the zone forgets events that a location would still take: those
 * signed up to "window" ms ago or ahead.
 */
void ngx_http_pancake_webhook_zone_check(ngx_conf_t *cf,
    ngx_shm_zone_t *zone, ngx_msec_t window);

/*
 * Marks the event mark->hash as in flight.  Returns NGX_OK (the mark is to be
 * handed to _end(), once), NGX_DONE (it was answered 2xx), NGX_BUSY (it is in
 * flight), or NGX_DECLINED (there is no room to remember it).
 */
ngx_int_t ngx_http_pancake_webhook_zone_begin(ngx_shm_zone_t *zone,
    ngx_http_pancake_webhook_mark_t *mark);

/*
 * Takes the mark away, if there is one; "accepted" is 1 when the event was
 * answered 2xx, which is then remembered.
 */
void ngx_http_pancake_webhook_zone_end(ngx_http_pancake_webhook_mark_t *mark,
    ngx_uint_t accepted);


#endif /* _NGX_HTTP_PANCAKE_WEBHOOK_ZONE_H_INCLUDED_ */

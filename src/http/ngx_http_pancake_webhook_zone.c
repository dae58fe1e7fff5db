
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_conf.h"
#include "ngx_http_pancake_webhook_zone.h"


/* seconds that an event is remembered */
#define NGX_HTTP_PANCAKE_WEBHOOK_VALID       3600
#define NGX_HTTP_PANCAKE_WEBHOOK_MAX_VALID   (7 * 24 * 3600)

/* ms; the platform waits 30 s for an answer, this one nobody waits for */
#define NGX_HTTP_PANCAKE_WEBHOOK_LAPSE       300000


typedef struct {
    ngx_rbtree_node_t            node;      /* key: the hash's first bytes */
    ngx_queue_t                  queue;     /* of its kind, newest first */
    u_char                       hash[PANCAKE_WEBHOOK_HASH_LEN];
    ngx_pid_t                    pid;       /* in flight: of the worker; else
                                               0 */
    ngx_uint_t                   serial;
    ngx_msec_t                   time;      /* of the answer or, in flight, of
                                               the beginning */
} ngx_http_pancake_webhook_node_t;


typedef struct {
    ngx_rbtree_t                 rbtree;
    ngx_rbtree_node_t            sentinel;
    ngx_queue_t                  answered;
    ngx_queue_t                  flight;
    ngx_uint_t                   serial;
} ngx_http_pancake_webhook_shctx_t;


typedef struct {
    ngx_http_pancake_webhook_shctx_t  *sh;
    ngx_slab_pool_t                   *shpool;
    time_t                             valid;       /* seconds */
    ngx_http_pancake_place_t           place;
} ngx_http_pancake_webhook_zone_t;


static ngx_int_t ngx_http_pancake_webhook_zone_valid(ngx_conf_t *cf,
    ngx_command_t *cmd, ngx_str_t *value, time_t *valid);
static ngx_int_t ngx_http_pancake_webhook_zone_init(ngx_shm_zone_t *shm_zone,
    void *data);
static void ngx_http_pancake_webhook_zone_insert(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel);
static ngx_int_t ngx_http_pancake_webhook_zone_compare(
    ngx_rbtree_key_t key, u_char *hash, ngx_rbtree_node_t *node);
static ngx_rbtree_key_t ngx_http_pancake_webhook_zone_key(u_char *hash);
static ngx_http_pancake_webhook_node_t *ngx_http_pancake_webhook_zone_find(
    ngx_http_pancake_webhook_shctx_t *sh, u_char *hash);
static ngx_http_pancake_webhook_node_t *ngx_http_pancake_webhook_zone_add(
    ngx_http_pancake_webhook_zone_t *zone, u_char *hash);
static void ngx_http_pancake_webhook_zone_delete(
    ngx_http_pancake_webhook_zone_t *zone,
    ngx_http_pancake_webhook_node_t *node);
static void ngx_http_pancake_webhook_zone_expire(
    ngx_http_pancake_webhook_zone_t *zone, ngx_uint_t force);
static ngx_uint_t ngx_http_pancake_webhook_zone_lapsed(
    ngx_http_pancake_webhook_node_t *node);
static ngx_msec_int_t ngx_http_pancake_webhook_zone_age(
    ngx_http_pancake_webhook_node_t *node);


/* what tells this zone from one of the same name for something else */

static ngx_uint_t  ngx_http_pancake_webhook_zone_tag;


/* "name size [valid=time]" */

char *
ngx_http_pancake_webhook_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_pancake_main_conf_t *pmcf = conf;

    ngx_str_t                        *value;
    ngx_shm_zone_t                   *shm_zone;
    ngx_http_pancake_webhook_zone_t  *zone;

    if (pmcf->webhook_zone) {
        return "is duplicate";
    }

    value = cf->args->elts;

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_http_pancake_webhook_zone_t));
    if (zone == NULL) {
        return NGX_CONF_ERROR;
    }

    zone->valid = NGX_HTTP_PANCAKE_WEBHOOK_VALID;
    ngx_http_pancake_conf_place(cf, &zone->place);

    if (cf->args->nelts == 4
        && ngx_http_pancake_webhook_zone_valid(cf, cmd, &value[3],
                                               &zone->valid)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    shm_zone = ngx_http_pancake_conf_zone(cf, cmd, 8 * ngx_pagesize,
                                          &ngx_http_pancake_webhook_zone_tag);
    if (shm_zone == NULL) {
        return NGX_CONF_ERROR;
    }

    shm_zone->init = ngx_http_pancake_webhook_zone_init;
    shm_zone->data = zone;

    pmcf->webhook_zone = shm_zone;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_pancake_webhook_zone_valid(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *value, time_t *valid)
{
    ngx_str_t  text;

    *valid = NGX_ERROR;

    if (value->len > 6 && ngx_strncmp(value->data, "valid=", 6) == 0) {
        text.data = value->data + 6;
        text.len = value->len - 6;

        *valid = ngx_parse_time(&text, 1);
    }

    if (*valid < 1 || *valid > NGX_HTTP_PANCAKE_WEBHOOK_MAX_VALID) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" in \"%V\" directive, it "
                           "must be \"valid=time\" of 1s to 7d", value,
                           &cmd->name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_http_pancake_webhook_zone_check(ngx_conf_t *cf, ngx_shm_zone_t *shm_zone,
    ngx_msec_t window)
{
    time_t                            seconds;
    ngx_http_pancake_webhook_zone_t  *zone;

    zone = shm_zone->data;
    seconds = (window + 999) / 1000;

    if (zone->valid < seconds) {
        ngx_http_pancake_conf_log(NGX_LOG_WARN, cf, &zone->place,
            "\"pancake_webhook_zone\" forgets events after %Ts and "
            "\"pancake_webhook\" takes them for %Ts, so that one could be "
            "sent again: set \"valid=%Ts\" or more", zone->valid, seconds,
            seconds);
    }
}


static ngx_int_t
ngx_http_pancake_webhook_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_pancake_webhook_zone_t *before = data;

    size_t                            len;
    ngx_http_pancake_webhook_zone_t  *zone;

    zone = shm_zone->data;

    if (before) {
        zone->sh = before->sh;
        zone->shpool = before->shpool;

        return NGX_OK;
    }

    zone->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (shm_zone->shm.exists) {
        zone->sh = zone->shpool->data;

        return NGX_OK;
    }

    zone->sh = ngx_slab_calloc(zone->shpool,
                               sizeof(ngx_http_pancake_webhook_shctx_t));
    if (zone->sh == NULL) {
        return NGX_ERROR;
    }

    zone->shpool->data = zone->sh;

    ngx_rbtree_init(&zone->sh->rbtree, &zone->sh->sentinel,
                    ngx_http_pancake_webhook_zone_insert);

    ngx_queue_init(&zone->sh->answered);
    ngx_queue_init(&zone->sh->flight);

    len = sizeof(" in pancake_webhook_zone \"\"") + shm_zone->shm.name.len;

    zone->shpool->log_ctx = ngx_slab_alloc(zone->shpool, len);
    if (zone->shpool->log_ctx == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(zone->shpool->log_ctx, " in pancake_webhook_zone \"%V\"%Z",
                &shm_zone->shm.name);

    /* being full is usual, and the caller says what that means */

    zone->shpool->log_nomem = 0;

    return NGX_OK;
}


static void
ngx_http_pancake_webhook_zone_insert(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel)
{
    ngx_rbtree_node_t                **p;
    ngx_http_pancake_webhook_node_t   *n;

    n = (ngx_http_pancake_webhook_node_t *) node;

    for ( ;; ) {
        p = (ngx_http_pancake_webhook_zone_compare(node->key, n->hash, temp)
             < 0)
            ? &temp->left : &temp->right;

        if (*p == sentinel) {
            break;
        }

        temp = *p;
    }

    *p = node;
    node->parent = temp;
    node->left = sentinel;
    node->right = sentinel;
    ngx_rbt_red(node);
}


static ngx_int_t
ngx_http_pancake_webhook_zone_compare(ngx_rbtree_key_t key, u_char *hash,
    ngx_rbtree_node_t *node)
{
    ngx_http_pancake_webhook_node_t  *n;

    if (key != node->key) {
        return (key < node->key) ? -1 : 1;
    }

    n = (ngx_http_pancake_webhook_node_t *) node;

    return ngx_memcmp(hash, n->hash, PANCAKE_WEBHOOK_HASH_LEN);
}


static ngx_rbtree_key_t
ngx_http_pancake_webhook_zone_key(u_char *hash)
{
    ngx_rbtree_key_t  key;

    ngx_memcpy(&key, hash, sizeof(ngx_rbtree_key_t));

    return key;
}


ngx_int_t
ngx_http_pancake_webhook_zone_begin(ngx_shm_zone_t *shm_zone,
    ngx_http_pancake_webhook_mark_t *mark)
{
    ngx_int_t                         rc;
    ngx_http_pancake_webhook_node_t  *node;
    ngx_http_pancake_webhook_zone_t  *zone;

    zone = shm_zone->data;

    ngx_shmtx_lock(&zone->shpool->mutex);

    ngx_http_pancake_webhook_zone_expire(zone, 0);

    node = ngx_http_pancake_webhook_zone_find(zone->sh, mark->hash);

    if (node && node->pid == 0) {
        rc = NGX_DONE;

    } else if (node && !ngx_http_pancake_webhook_zone_lapsed(node)) {
        rc = NGX_BUSY;

    } else {
        rc = NGX_OK;

        if (node) {
            ngx_queue_remove(&node->queue);

        } else {
            node = ngx_http_pancake_webhook_zone_add(zone, mark->hash);
        }

        if (node) {
            node->pid = ngx_pid;
            node->time = ngx_current_msec;
            node->serial = ++zone->sh->serial;

            ngx_queue_insert_head(&zone->sh->flight, &node->queue);

            mark->zone = shm_zone;
            mark->serial = node->serial;

        } else {
            rc = NGX_DECLINED;
        }
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return rc;
}


void
ngx_http_pancake_webhook_zone_end(ngx_http_pancake_webhook_mark_t *mark,
    ngx_uint_t accepted)
{
    ngx_http_pancake_webhook_node_t  *node;
    ngx_http_pancake_webhook_zone_t  *zone;

    if (mark->zone == NULL) {
        return;
    }

    zone = mark->zone->data;
    mark->zone = NULL;

    ngx_shmtx_lock(&zone->shpool->mutex);

    node = ngx_http_pancake_webhook_zone_find(zone->sh, mark->hash);

    /* a mark that has lapsed may belong to another request by now */

    if (node && node->serial == mark->serial) {

        if (accepted) {
            node->pid = 0;
            node->time = ngx_current_msec;

            ngx_queue_remove(&node->queue);
            ngx_queue_insert_head(&zone->sh->answered, &node->queue);

        } else {
            ngx_http_pancake_webhook_zone_delete(zone, node);
        }
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


/* what follows is called with the lock */

static ngx_http_pancake_webhook_node_t *
ngx_http_pancake_webhook_zone_find(ngx_http_pancake_webhook_shctx_t *sh,
    u_char *hash)
{
    ngx_int_t           rc;
    ngx_rbtree_key_t    key;
    ngx_rbtree_node_t  *node;

    key = ngx_http_pancake_webhook_zone_key(hash);
    node = sh->rbtree.root;

    while (node != &sh->sentinel) {

        rc = ngx_http_pancake_webhook_zone_compare(key, hash, node);

        if (rc == 0) {
            return (ngx_http_pancake_webhook_node_t *) node;
        }

        node = (rc < 0) ? node->left : node->right;
    }

    return NULL;
}


/* in the tree and in no queue yet, or NULL */

static ngx_http_pancake_webhook_node_t *
ngx_http_pancake_webhook_zone_add(ngx_http_pancake_webhook_zone_t *zone,
    u_char *hash)
{
    ngx_http_pancake_webhook_node_t  *node;

    node = ngx_slab_calloc_locked(zone->shpool,
                                  sizeof(ngx_http_pancake_webhook_node_t));
    if (node == NULL) {
        ngx_http_pancake_webhook_zone_expire(zone, 1);

        node = ngx_slab_calloc_locked(zone->shpool,
                                      sizeof(ngx_http_pancake_webhook_node_t));
        if (node == NULL) {
            return NULL;
        }
    }

    ngx_memcpy(node->hash, hash, PANCAKE_WEBHOOK_HASH_LEN);
    node->node.key = ngx_http_pancake_webhook_zone_key(hash);

    ngx_rbtree_insert(&zone->sh->rbtree, &node->node);

    return node;
}


static void
ngx_http_pancake_webhook_zone_delete(ngx_http_pancake_webhook_zone_t *zone,
    ngx_http_pancake_webhook_node_t *node)
{
    ngx_queue_remove(&node->queue);
    ngx_rbtree_delete(&zone->sh->rbtree, &node->node);
    ngx_slab_free_locked(zone->shpool, node);
}


/*
 * Of each kind up to two that are over; with "force" at least one is tried to
 * be freed, the oldest of those answered.  One in flight goes only when it
 * has lapsed.
 */

static void
ngx_http_pancake_webhook_zone_expire(ngx_http_pancake_webhook_zone_t *zone,
    ngx_uint_t force)
{
    ngx_uint_t                        n;
    ngx_queue_t                      *q;
    ngx_http_pancake_webhook_node_t  *node;

    for (n = 0; n < 2 && !ngx_queue_empty(&zone->sh->flight); n++) {

        q = ngx_queue_last(&zone->sh->flight);
        node = ngx_queue_data(q, ngx_http_pancake_webhook_node_t, queue);

        if (!ngx_http_pancake_webhook_zone_lapsed(node)) {
            break;
        }

        ngx_http_pancake_webhook_zone_delete(zone, node);
        force = 0;
    }

    for (n = 0; n < 2 && !ngx_queue_empty(&zone->sh->answered); n++) {

        q = ngx_queue_last(&zone->sh->answered);
        node = ngx_queue_data(q, ngx_http_pancake_webhook_node_t, queue);

        if (!force
            && ngx_http_pancake_webhook_zone_age(node)
               <= (ngx_msec_int_t) zone->valid * 1000)
        {
            break;
        }

        ngx_http_pancake_webhook_zone_delete(zone, node);
        force = 0;
    }
}


/* a worker that was killed takes no mark away */

static ngx_uint_t
ngx_http_pancake_webhook_zone_lapsed(ngx_http_pancake_webhook_node_t *node)
{
    if (ngx_http_pancake_webhook_zone_age(node)
        > NGX_HTTP_PANCAKE_WEBHOOK_LAPSE)
    {
        return 1;
    }

    return node->pid != ngx_pid
           && kill(node->pid, 0) == -1 && ngx_errno == NGX_ESRCH;
}


/* ms; below 0 when the worker that set the time looked at its clock later */

static ngx_msec_int_t
ngx_http_pancake_webhook_zone_age(ngx_http_pancake_webhook_node_t *node)
{
    return (ngx_msec_int_t) (ngx_current_msec - node->time);
}

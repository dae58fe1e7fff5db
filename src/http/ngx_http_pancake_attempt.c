
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_api_headers.h"
#include "ngx_http_pancake_attempt.h"
#include "ngx_http_pancake_count.h"
#include "ngx_http_pancake_ctx.h"
#include "ngx_http_pancake_headers.h"
#include "ngx_http_pancake_pool.h"
#include "ngx_http_pancake_upstream.h"


static ngx_int_t ngx_http_pancake_attempt_pool(ngx_http_request_t *r,
    ngx_http_pancake_attempt_t *attempt);
static void ngx_http_pancake_attempt_destroy(void *data);
static ngx_int_t ngx_http_pancake_attempt_subrequest(ngx_http_request_t *r,
    ngx_http_pancake_attempt_t *attempt, ngx_list_t *headers);
static ngx_http_request_body_t *ngx_http_pancake_attempt_body(ngx_pool_t *pool,
    ngx_str_t *body);
static void ngx_http_pancake_attempt_header(ngx_http_request_t *sr,
    ngx_list_t *headers, size_t len);
static void ngx_http_pancake_attempt_run(ngx_http_request_t *sr);
static ngx_int_t ngx_http_pancake_attempt_done(ngx_http_request_t *sr,
    void *data, ngx_int_t rc);
static ngx_uint_t ngx_http_pancake_attempt_complete(ngx_http_request_t *sr);


static ngx_str_t  ngx_http_pancake_post = ngx_string("POST");


ngx_int_t
ngx_http_pancake_attempt(ngx_http_pancake_call_t *call)
{
    ngx_list_t                    headers;
    ngx_http_request_t           *r;
    ngx_http_pancake_attempt_t   *attempt, **slot;

    r = call->request;

    attempt = ngx_pcalloc(r->pool, sizeof(ngx_http_pancake_attempt_t));
    if (attempt == NULL) {
        return NGX_DECLINED;
    }

    slot = ngx_array_push(&ngx_http_pancake_ctx(r)->attempts);
    if (slot == NULL) {
        return NGX_DECLINED;
    }

    *slot = attempt;
    call->attempt = attempt;
    attempt->call = call;
    attempt->signature = call->signing;

    if (ngx_http_pancake_attempt_pool(r, attempt) != NGX_OK
        || ngx_http_pancake_api_headers(call, attempt->pool, &headers)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return ngx_http_pancake_attempt_subrequest(r, attempt, &headers);
}


/*
 * An attempt has a pool of its own, so that who waits for the third one does
 * not hold the memory of the first and the second.
 */

static ngx_int_t
ngx_http_pancake_attempt_pool(ngx_http_request_t *r,
    ngx_http_pancake_attempt_t *attempt)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    attempt->pool = ngx_http_pancake_pool_get(r->connection->log);
    if (attempt->pool == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_pancake_attempt_destroy;
    cln->data = attempt;

    return NGX_OK;
}


static void
ngx_http_pancake_attempt_destroy(void *data)
{
    ngx_http_pancake_attempt_t *attempt = data;

    ngx_http_pancake_count_done(attempt);

    if (attempt->pool) {
        ngx_http_pancake_pool_put(attempt->pool);
        attempt->pool = NULL;
    }
}


void
ngx_http_pancake_attempt_free(ngx_http_pancake_attempt_t *attempt)
{
    ngx_http_request_t         *r;
    ngx_http_cleanup_t         *cln, **last;
    ngx_http_posted_request_t  *pr;

    r = attempt->call->request;

    /*
     * What was registered since the attempt began, and so perhaps by it, must
     * be over: nginx marks that by removing the handler.
     */

    for (cln = r->cleanup; cln != attempt->cleanup; cln = cln->next) {
        if (cln == NULL || cln->handler) {
            return;
        }
    }

    for (pr = r->posted_requests; pr; pr = pr->next) {
        if (pr->request == attempt->subrequest) {
            return;
        }
    }

    for (last = &r->cleanup; *last != attempt->cleanup; /* void */) {
        *last = (*last)->next;
    }

    ngx_http_set_log_request(r->connection->log, r);

    attempt->subrequest = NULL;
    ngx_str_null(&attempt->answer);

    ngx_http_pancake_attempt_destroy(attempt);
}


void
ngx_http_pancake_attempt_cut(ngx_http_pancake_attempt_t *attempt)
{
    ngx_event_t          *wev;
    ngx_http_request_t   *sr;
    ngx_http_upstream_t  *u;

    sr = attempt->subrequest;
    u = sr->upstream;

    attempt->done = 1;
    attempt->cut = 1;
    attempt->rc = NGX_HTTP_GATEWAY_TIME_OUT;
    attempt->time = ngx_current_msec - attempt->start;

    ngx_http_pancake_count_done(attempt);

    sr->read_event_handler = ngx_http_block_reading;
    sr->write_event_handler = ngx_http_request_empty_handler;

    if (u && u->cleanup) {

        if (u->state && attempt->status == 0) {
            u->state->status = NGX_HTTP_GATEWAY_TIME_OUT;
        }

        /*
         * nginx's own way to end a subrequest early: it closes the connection
         * and gives the reference back, without the subrequest's handler.
         */

        (*u->cleanup)(sr);

    } else {

        /*
         * One that waits before its upstream.  "limit_req" makes it do so by
         * holding back the buyer's connection, which is needed now.
         */

        wev = sr->connection->write;

        if (wev->delayed) {
            wev->delayed = 0;

            if (wev->timer_set) {
                ngx_del_timer(wev);
            }
        }

        ngx_http_finalize_request(sr, NGX_DONE);
    }

    (void) ngx_http_pancake_upstream_states(attempt->call->request, sr);
}


ngx_http_pancake_attempt_t *
ngx_http_pancake_attempt_of(ngx_http_request_t *r)
{
    if (r == r->main || r->post_subrequest == NULL
        || r->post_subrequest->handler != ngx_http_pancake_attempt_done)
    {
        return NULL;
    }

    return r->post_subrequest->data;
}


static ngx_int_t
ngx_http_pancake_attempt_subrequest(ngx_http_request_t *r,
    ngx_http_pancake_attempt_t *attempt, ngx_list_t *headers)
{
    ngx_int_t                     rc;
    ngx_pool_t                   *pool;
    ngx_http_request_t           *sr;
    ngx_http_request_body_t      *rb;
    ngx_http_core_main_conf_t    *cmcf;
    ngx_http_pancake_call_t      *call;
    ngx_http_variable_value_t    *variables;
    ngx_http_post_subrequest_t   *ps;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    call = attempt->call;
    pool = attempt->pool;

    ps = ngx_palloc(pool, sizeof(ngx_http_post_subrequest_t));
    rb = ngx_http_pancake_attempt_body(pool, &call->body);

    variables = ngx_pcalloc(pool, cmcf->variables.nelts
                                  * sizeof(ngx_http_variable_value_t));

    if (ps == NULL || rb == NULL || variables == NULL) {
        return NGX_DECLINED;
    }

    ps->handler = ngx_http_pancake_attempt_done;
    ps->data = attempt;

    attempt->start = ngx_current_msec;

    /*
     * In the background, so that a buyer who leaves does not cut a call that
     * the API may be working on already.  A subrequest and all that it needs
     * come out of its parent's pool.
     */

    attempt->cleanup = r->cleanup;

    attempt->pool = r->pool;
    r->pool = pool;

    rc = ngx_http_subrequest(r, call->uri, NULL, &sr, ps,
                             NGX_HTTP_SUBREQUEST_IN_MEMORY
                             |NGX_HTTP_SUBREQUEST_BACKGROUND);

    r->pool = attempt->pool;
    attempt->pool = pool;

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    /*
     * It starts as a copy of its parent: body, header fields and the values
     * of variables are the buyer's until they are replaced.
     */

    sr->request_body = rb;
    sr->variables = variables;
    sr->unparsed_uri = *call->uri;
    ngx_str_null(&sr->request_line);

    ngx_http_pancake_attempt_header(sr, headers, call->body.len);

    sr->method = NGX_HTTP_POST;
    sr->method_name = ngx_http_pancake_post;

    sr->write_event_handler = ngx_http_pancake_attempt_run;

    attempt->subrequest = sr;

    ngx_http_pancake_count_attempt(attempt);

    ngx_http_set_ctx(sr, attempt, ngx_http_pancake_checkout_module);

    return NGX_OK;
}


static ngx_http_request_body_t *
ngx_http_pancake_attempt_body(ngx_pool_t *pool, ngx_str_t *body)
{
    ngx_buf_t                *b;
    ngx_http_request_body_t  *rb;

    rb = ngx_pcalloc(pool, sizeof(ngx_http_request_body_t));
    b = ngx_calloc_buf(pool);

    if (rb == NULL || b == NULL) {
        return NULL;
    }

    rb->bufs = ngx_alloc_chain_link(pool);
    if (rb->bufs == NULL) {
        return NULL;
    }

    rb->bufs->buf = b;
    rb->bufs->next = NULL;

    /* "start" too: nginx sends from there again to the next server */

    b->start = body->data;
    b->pos = body->data;
    b->last = body->data + body->len;
    b->end = b->last;
    b->memory = 1;
    b->last_buf = 1;

    return rb;
}


static void
ngx_http_pancake_attempt_header(ngx_http_request_t *sr, ngx_list_t *headers,
    size_t len)
{
    ngx_str_t  server;

    /* of the buyer's header only $host is left, for the server's own use */

    server = sr->headers_in.server;

    ngx_memzero(&sr->headers_in, sizeof(ngx_http_headers_in_t));

    sr->headers_in.server = server;
    sr->headers_in.headers = *headers;
    sr->headers_in.content_length_n = len;
    sr->headers_in.keep_alive_n = -1;

    /* a list whose first part is its last points into itself */

    if (headers->last == &headers->part) {
        sr->headers_in.headers.last = &sr->headers_in.headers.part;
    }
}


/*
 * ngx_http_handler() without the rewrite phase of the server: its conditions
 * are about the buyer's request, of which an attempt shows nothing.
 */

static void
ngx_http_pancake_attempt_run(ngx_http_request_t *sr)
{
    ngx_int_t                   i;
    ngx_http_phase_handler_t   *ph;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(sr, ngx_http_core_module);

    ph = cmcf->phase_engine.handlers;
    i = cmcf->phase_engine.server_rewrite_index;

    while (ph[i].checker != ngx_http_core_find_config_phase) {
        i++;
    }

    sr->phase_handler = i;
    sr->valid_location = 1;
    sr->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(sr);
}


/*
 * Only takes notes: a second attempt is possible and the parent must not run
 * inside the subrequest's end.
 */

static ngx_int_t
ngx_http_pancake_attempt_done(ngx_http_request_t *sr, void *data, ngx_int_t rc)
{
    ngx_http_pancake_attempt_t *attempt = data;

    ngx_str_t                 retry_after;
    ngx_http_request_t       *r;
    ngx_http_pancake_call_t  *call;

    if (attempt->done) {
        return NGX_OK;
    }

    call = attempt->call;
    r = call->request;

    attempt->done = 1;
    attempt->rc = rc;
    attempt->time = ngx_current_msec - attempt->start;
    attempt->complete = ngx_http_pancake_attempt_complete(sr);

    ngx_http_pancake_count_done(attempt);

    if (attempt->status
        && ngx_http_pancake_header(&sr->headers_out.headers, "Retry-After",
                                   &retry_after))
    {
        attempt->retry_after = ngx_http_pancake_retry_after(&retry_after);
    }

    if (ngx_http_pancake_upstream_states(r, sr) != NGX_OK) {
        return NGX_ERROR;
    }

    /* of HTTP/2 nginx knows by now, and ends the buyer's request with this */

    if (r->connection->error) {
        return NGX_HTTP_CLIENT_CLOSED_REQUEST;
    }

    r->write_event_handler = call->resume;

    return ngx_http_post_request(r, NULL);
}


/*
 * nginx hands on what it got of a cut-off answer as if it were whole.  An
 * answer that only the end of the connection ends proves nothing either.
 */

static ngx_uint_t
ngx_http_pancake_attempt_complete(ngx_http_request_t *sr)
{
    return sr->upstream && sr->upstream->headers_in.status_n
           && sr->upstream->length == 0;
}

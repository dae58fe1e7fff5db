
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_count.h"
#include "ngx_http_pancake_headers.h"
#include "ngx_http_pancake_webhook.h"
#include "ngx_http_pancake_webhook_body.h"
#include "ngx_http_pancake_webhook_zone.h"


#define NGX_HTTP_PANCAKE_WEBHOOK_HEADER   "X-Waffo-Signature"

/* seconds after which one in flight may come again */
#define NGX_HTTP_PANCAKE_WEBHOOK_RETRY    "10"


/* of a request, whichever locations it comes through */

typedef struct {
    ngx_http_pancake_webhook_conf_t     *conf;      /* that has judged it */
    ngx_int_t                            status;    /* the verdict, a result
                                                       of the phase handler */
    ngx_http_pancake_webhook_outcome_e   outcome;
    ngx_http_pancake_webhook_mark_t      mark;
    pancake_webhook_header_t            *header;
    pancake_webhook_event_t              event;     /* empty until verified */
    off_t                                size;      /* bytes of the body that
                                                       have come */
} ngx_http_pancake_webhook_ctx_t;


static ngx_int_t ngx_http_pancake_webhook_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_pancake_webhook_header(ngx_http_request_t *r);
static ngx_http_pancake_webhook_ctx_t *ngx_http_pancake_webhook_ctx(
    ngx_http_request_t *r);
static ngx_http_pancake_webhook_ctx_t *ngx_http_pancake_webhook_create(
    ngx_http_request_t *r);
static void ngx_http_pancake_webhook_settle(
    ngx_http_pancake_webhook_ctx_t *ctx, ngx_uint_t accepted);
static void ngx_http_pancake_webhook_cleanup(void *data);
static ngx_int_t ngx_http_pancake_webhook_early(ngx_http_request_t *r,
    ngx_http_pancake_webhook_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_webhook_signed(ngx_http_request_t *r,
    ngx_http_pancake_webhook_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_webhook_window(ngx_http_request_t *r,
    ngx_http_pancake_webhook_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_webhook_count(ngx_http_request_t *r,
    ngx_chain_t *in);
static void ngx_http_pancake_webhook_body(ngx_http_request_t *r);
static ngx_int_t ngx_http_pancake_webhook_judge(ngx_http_request_t *r,
    ngx_http_pancake_webhook_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_webhook_store(ngx_http_request_t *r,
    ngx_http_pancake_webhook_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_webhook_once(ngx_http_request_t *r,
    ngx_http_pancake_webhook_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_webhook_mark(ngx_http_request_t *r,
    ngx_http_pancake_webhook_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_webhook_too_large(ngx_http_request_t *r);
static ngx_int_t ngx_http_pancake_webhook_refuse(ngx_http_request_t *r,
    ngx_int_t status, const char *reason);
static ngx_int_t ngx_http_pancake_webhook_line(ngx_http_request_t *r,
    const char *name, const char *text);
static ngx_int_t ngx_http_pancake_webhook_answer(ngx_http_request_t *r,
    ngx_http_pancake_webhook_ctx_t *ctx);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_request_body_filter_pt   ngx_http_next_request_body_filter;


/* of the handlers of a phase nginx runs the last one first */

ngx_int_t
ngx_http_pancake_webhook_guard(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_pancake_webhook_handler;

    return NGX_OK;
}


void
ngx_http_pancake_webhook_filters(void)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_pancake_webhook_header;

    ngx_http_next_request_body_filter = ngx_http_top_request_body_filter;
    ngx_http_top_request_body_filter = ngx_http_pancake_webhook_count;
}


static ngx_int_t
ngx_http_pancake_webhook_handler(ngx_http_request_t *r)
{
    ngx_int_t                         rc;
    ngx_http_pancake_loc_conf_t      *plcf;
    ngx_http_pancake_webhook_ctx_t   *ctx;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    if (plcf->webhook == NULL || plcf->webhook->keys.nkeys == 0) {
        return NGX_DECLINED;
    }

    if (r != r->main) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "pancake webhook: a webhook location cannot serve a "
                      "subrequest");
        return NGX_HTTP_FORBIDDEN;
    }

    ctx = ngx_http_pancake_webhook_ctx(r);

    if (ctx == NULL) {
        ctx = ngx_http_pancake_webhook_create(r);
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    /* the body has been read, or nginx was led here a second time */

    if (ctx->conf == plcf->webhook) {
        return ngx_http_pancake_webhook_answer(r, ctx);
    }

    /* what stands while a body is read that may never come to its end */

    ctx->conf = plcf->webhook;
    ctx->status = NGX_HTTP_UNAUTHORIZED;
    ngx_memzero(&ctx->event, sizeof(pancake_webhook_event_t));

    rc = ngx_http_pancake_webhook_early(r, ctx);

    if (rc != NGX_OK) {
        ctx->status = rc;
        return rc;
    }

    rc = ngx_http_read_client_request_body(r, ngx_http_pancake_webhook_body);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_DONE;
}


/* a redirect inside nginx clears contexts; the pool remembers */

static ngx_http_pancake_webhook_ctx_t *
ngx_http_pancake_webhook_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t  *cln;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_pancake_webhook_cleanup) {
            return cln->data;
        }
    }

    return NULL;
}


static ngx_http_pancake_webhook_ctx_t *
ngx_http_pancake_webhook_create(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t              *cln;
    ngx_http_pancake_webhook_ctx_t  *ctx;

    cln = ngx_pool_cleanup_add(r->pool,
                               sizeof(ngx_http_pancake_webhook_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;

    ngx_memzero(ctx, sizeof(ngx_http_pancake_webhook_ctx_t));

    ctx->outcome = NGX_HTTP_PANCAKE_WEBHOOK_REFUSED;

    cln->handler = ngx_http_pancake_webhook_cleanup;

    return ctx;
}


/*
 * What the platform is told counts from here: the request itself may live for
 * seconds more, while nginx waits for the other side to close.
 */

static ngx_int_t
ngx_http_pancake_webhook_header(ngx_http_request_t *r)
{
    ngx_uint_t                       status;
    ngx_http_pancake_main_conf_t    *pmcf;
    ngx_http_pancake_webhook_ctx_t  *ctx;

    pmcf = ngx_http_get_module_main_conf(r, ngx_http_pancake_checkout_module);

    if (r == r->main && pmcf->webhooks.nelts) {

        ctx = ngx_http_pancake_webhook_ctx(r);
        status = r->headers_out.status;

        if (ctx) {
            ngx_http_pancake_webhook_settle(ctx, status >= NGX_HTTP_OK
                                        && status < NGX_HTTP_SPECIAL_RESPONSE);
        }
    }

    return ngx_http_next_header_filter(r);
}


/* the second time there is nothing left to do */

static void
ngx_http_pancake_webhook_settle(ngx_http_pancake_webhook_ctx_t *ctx,
    ngx_uint_t accepted)
{
    ngx_http_pancake_webhook_zone_end(&ctx->mark, accepted);

    if (accepted && ctx->outcome == NGX_HTTP_PANCAKE_WEBHOOK_FAILED) {
        ctx->outcome = NGX_HTTP_PANCAKE_WEBHOOK_ACCEPTED;
    }
}


/* every request comes to its end here, also without an answer */

static void
ngx_http_pancake_webhook_cleanup(void *data)
{
    ngx_http_pancake_webhook_ctx_t *ctx = data;

    ngx_http_pancake_webhook_settle(ctx, 0);

    ngx_http_pancake_count_webhook(ctx->conf->counted, ctx->outcome);
}


/* what costs nothing, before anything is read */

static ngx_int_t
ngx_http_pancake_webhook_early(ngx_http_request_t *r,
    ngx_http_pancake_webhook_ctx_t *ctx)
{
    ngx_str_t  encoding;

    if (r->method != NGX_HTTP_POST) {
        if (ngx_http_pancake_webhook_line(r, "Allow", "POST") != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_http_pancake_webhook_refuse(r, NGX_HTTP_NOT_ALLOWED,
                                               "method is not POST");
    }

    /* the signature is one of the bytes as they were sent */

    if (ngx_http_pancake_header(&r->headers_in.headers, "Content-Encoding",
                                &encoding))
    {
        return ngx_http_pancake_webhook_refuse(r,
                                               NGX_HTTP_UNSUPPORTED_MEDIA_TYPE,
                                               "the body is encoded");
    }

    if (r->headers_in.content_length_n > NGX_HTTP_PANCAKE_WEBHOOK_MAX_BODY) {
        return ngx_http_pancake_webhook_too_large(r);
    }

    return ngx_http_pancake_webhook_signed(r, ctx);
}


static ngx_int_t
ngx_http_pancake_webhook_signed(ngx_http_request_t *r,
    ngx_http_pancake_webhook_ctx_t *ctx)
{
    ngx_str_t    value;
    ngx_uint_t   n;
    const char  *fault;

    n = ngx_http_pancake_header(&r->headers_in.headers,
                                NGX_HTTP_PANCAKE_WEBHOOK_HEADER, &value);

    if (n == 0 || value.len == 0) {
        return ngx_http_pancake_webhook_refuse(r, NGX_HTTP_UNAUTHORIZED,
                                               "there is no X-Waffo-Signature,"
                                               " the platform sends one");
    }

    if (n > 1) {
        return ngx_http_pancake_webhook_refuse(r, NGX_HTTP_UNAUTHORIZED,
                                               "there is more than one "
                                               "X-Waffo-Signature");
    }

    ctx->header = ngx_palloc(r->pool, sizeof(pancake_webhook_header_t));
    if (ctx->header == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    fault = pancake_webhook_header(&value, ctx->header);

    if (fault) {
        return ngx_http_pancake_webhook_refuse(r, NGX_HTTP_UNAUTHORIZED,
                                               fault);
    }

    return ngx_http_pancake_webhook_window(r, ctx);
}


static ngx_int_t
ngx_http_pancake_webhook_window(ngx_http_request_t *r,
    ngx_http_pancake_webhook_ctx_t *ctx)
{
    int64_t      now;
    ngx_time_t  *tp;
    const char  *fault;

    tp = ngx_timeofday();
    now = (int64_t) tp->sec * 1000 + tp->msec;

    fault = pancake_webhook_window(ctx->header->ms, now,
                                   (int64_t) ctx->conf->tolerance,
                                   (int64_t) ctx->conf->future);
    if (fault) {
        return ngx_http_pancake_webhook_refuse(r, NGX_HTTP_UNAUTHORIZED,
                                               fault);
    }

    return NGX_OK;
}


/*
 * A body that does not tell its length may be as long as client_max_body_size
 * allows, and nobody has been asked for a key yet.
 */

static ngx_int_t
ngx_http_pancake_webhook_count(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_chain_t                     *cl;
    ngx_http_pancake_loc_conf_t     *plcf;
    ngx_http_pancake_webhook_ctx_t  *ctx;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    if (plcf->webhook == NULL || plcf->webhook->keys.nkeys == 0) {
        return ngx_http_next_request_body_filter(r, in);
    }

    ctx = ngx_http_pancake_webhook_ctx(r);

    if (ctx == NULL) {
        return ngx_http_next_request_body_filter(r, in);
    }

    for (cl = in; cl; cl = cl->next) {
        ctx->size += ngx_buf_size(cl->buf);
    }

    if (ctx->size > NGX_HTTP_PANCAKE_WEBHOOK_MAX_BODY) {
        ctx->status = ngx_http_pancake_webhook_too_large(r);
        return ctx->status;
    }

    return ngx_http_next_request_body_filter(r, in);
}


static void
ngx_http_pancake_webhook_body(ngx_http_request_t *r)
{
    ngx_http_pancake_webhook_ctx_t  *ctx;

    ctx = ngx_http_pancake_webhook_ctx(r);

    ctx->status = ngx_http_pancake_webhook_judge(r, ctx);

    /* another location may want to read it again */

    r->preserve_body = 1;

    r->write_event_handler = ngx_http_core_run_phases;
    ngx_http_core_run_phases(r);
}


/* what the phase handler is to return; NGX_HTTP_OK: answered here */

static ngx_int_t
ngx_http_pancake_webhook_judge(ngx_http_request_t *r,
    ngx_http_pancake_webhook_ctx_t *ctx)
{
    ngx_int_t    rc;
    const char  *fault;

    if (ngx_http_pancake_webhook_size(r) > NGX_HTTP_PANCAKE_WEBHOOK_MAX_BODY) {
        return ngx_http_pancake_webhook_too_large(r);
    }

    /* a body can be made to come so slowly that the zone has forgotten it */

    rc = ngx_http_pancake_webhook_window(r, ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_pancake_webhook_verify(r, &ctx->conf->keys, ctx->header,
                                         &fault);

    if (rc == NGX_OK) {
        rc = ngx_http_pancake_webhook_read(r, ctx->conf->keys.environment,
                                           &ctx->event, &fault);
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_pancake_webhook_refuse(r, NGX_HTTP_UNAUTHORIZED,
                                               fault);
    }

    return (rc == NGX_OK) ? ngx_http_pancake_webhook_store(r, ctx)
                          : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/*
 * The platform signs the events of all merchants with one key: anybody with a
 * store there has genuine events of his own to send.
 */

static ngx_int_t
ngx_http_pancake_webhook_store(ngx_http_request_t *r,
    ngx_http_pancake_webhook_ctx_t *ctx)
{
    ngx_str_t   *store, *own;
    ngx_uint_t   i;

    if (ctx->conf->stores.nelts == 0) {
        return ngx_http_pancake_webhook_once(r, ctx);
    }

    store = &ctx->event.store;
    own = ctx->conf->stores.elts;

    for (i = 0; i < ctx->conf->stores.nelts; i++) {
        if (store->len == own[i].len
            && ngx_memcmp(store->data, own[i].data, own[i].len) == 0)
        {
            return ngx_http_pancake_webhook_once(r, ctx);
        }
    }

    ngx_memzero(&ctx->event, sizeof(pancake_webhook_event_t));

    return ngx_http_pancake_webhook_refuse(r, NGX_HTTP_UNAUTHORIZED,
                                           "\"storeId\" of its payload is no "
                                           "\"store\" of this location");
}


/* whether the shop is to see a verified event */

static ngx_int_t
ngx_http_pancake_webhook_once(ngx_http_request_t *r,
    ngx_http_pancake_webhook_ctx_t *ctx)
{
    switch (ngx_http_pancake_webhook_mark(r, ctx)) {

    case NGX_OK:
        break;

    case NGX_DONE:
        ctx->outcome = NGX_HTTP_PANCAKE_WEBHOOK_DUPLICATE;

        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "pancake webhook: 200, event \"%V\" was answered before",
                      &ctx->event.id);

        return NGX_HTTP_OK;

    case NGX_BUSY:
        ctx->outcome = NGX_HTTP_PANCAKE_WEBHOOK_IN_FLIGHT;

        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "pancake webhook: 409, event \"%V\" is being answered",
                      &ctx->event.id);

        return (ngx_http_pancake_webhook_line(r, "Retry-After",
                                              NGX_HTTP_PANCAKE_WEBHOOK_RETRY)
                == NGX_OK)
               ? NGX_HTTP_CONFLICT : NGX_HTTP_INTERNAL_SERVER_ERROR;

    case NGX_DECLINED:
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "pancake webhook: no room to remember event \"%V\", "
                      "the shop may get it twice: make "
                      "\"pancake_webhook_zone\" larger", &ctx->event.id);
        break;

    default: /* NGX_ERROR */
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->outcome = NGX_HTTP_PANCAKE_WEBHOOK_FAILED;

    return NGX_DECLINED;
}


/*
 * An event is known by its id, that of the delivery, and not by eventType and
 * eventId: two changes of one subscription may have both of these in common.
 */

static ngx_int_t
ngx_http_pancake_webhook_mark(ngx_http_request_t *r,
    ngx_http_pancake_webhook_ctx_t *ctx)
{
    u_char                        *p;
    size_t                         len;
    ngx_str_t                     *scope;
    ngx_http_pancake_main_conf_t  *pmcf;

    pmcf = ngx_http_get_module_main_conf(r, ngx_http_pancake_checkout_module);

    /* one that was led on from another webhook location has its mark */

    if (pmcf->webhook_zone == NULL || ctx->mark.zone) {
        return NGX_OK;
    }

    scope = &ctx->conf->scope;
    len = scope->len + ctx->event.id.len;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(ngx_cpymem(p, scope->data, scope->len), ctx->event.id.data,
               ctx->event.id.len);

    if (EVP_Digest(p, len, ctx->mark.hash, NULL, EVP_sha256(), NULL) != 1) {
        return NGX_ERROR;
    }

    return ngx_http_pancake_webhook_zone_begin(pmcf->webhook_zone,
                                               &ctx->mark);
}


static ngx_int_t
ngx_http_pancake_webhook_too_large(ngx_http_request_t *r)
{
    return ngx_http_pancake_webhook_refuse(r,
                                           NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                           "the body has more than 262144 "
                                           "bytes");
}


/* the reason goes to the log only */

static ngx_int_t
ngx_http_pancake_webhook_refuse(ngx_http_request_t *r, ngx_int_t status,
    const char *reason)
{
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "pancake webhook: %i, %s", status, reason);

    return (ngx_http_pancake_webhook_line(r, "Cache-Control", "no-store")
            == NGX_OK)
           ? status : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static ngx_int_t
ngx_http_pancake_webhook_line(ngx_http_request_t *r, const char *name,
    const char *text)
{
    ngx_str_t  value;

    value.data = (u_char *) text;
    value.len = ngx_strlen(text);

    return ngx_http_pancake_header_add(&r->headers_out.headers, name, &value)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_pancake_webhook_answer(ngx_http_request_t *r,
    ngx_http_pancake_webhook_ctx_t *ctx)
{
    ngx_http_complex_value_t  empty;

    if (ctx->status != NGX_HTTP_OK) {
        return ctx->status;
    }

    ngx_memzero(&empty, sizeof(ngx_http_complex_value_t));

    ngx_http_finalize_request(r, ngx_http_send_response(r, NGX_HTTP_OK, NULL,
                                                        &empty));

    return NGX_DONE;
}


ngx_int_t
ngx_http_pancake_webhook_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                       *text;
    ngx_http_pancake_webhook_ctx_t  *ctx;

    ctx = ngx_http_pancake_webhook_ctx(r->main);
    text = ctx ? (ngx_str_t *) ((char *) &ctx->event + data) : NULL;

    if (text == NULL || text->len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->len = text->len;
    v->data = text->data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}

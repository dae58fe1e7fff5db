
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_call.h"
#include "ngx_http_pancake_headers.h"


/* most answers of the API fit, so that memory is taken once */
#define NGX_HTTP_PANCAKE_ANSWER_SIZE   2048


static ngx_int_t ngx_http_pancake_call_headers(ngx_http_request_t *r,
    ngx_http_pancake_call_t *call, ngx_list_t *headers);
static ngx_int_t ngx_http_pancake_call_credential(ngx_http_request_t *r,
    ngx_http_pancake_call_t *call, ngx_list_t *headers);
static ngx_int_t ngx_http_pancake_call_subrequest(ngx_http_request_t *r,
    ngx_http_pancake_call_t *call, ngx_list_t *headers);
static ngx_int_t ngx_http_pancake_call_furnish(ngx_http_request_t *sr,
    ngx_http_pancake_call_t *call, ngx_list_t *headers);
static ngx_int_t ngx_http_pancake_call_done(ngx_http_request_t *sr,
    void *data, ngx_int_t rc);
static ngx_uint_t ngx_http_pancake_call_complete(ngx_http_request_t *sr);
static ngx_int_t ngx_http_pancake_call_states(ngx_http_request_t *r,
    ngx_http_request_t *sr);
static const char *ngx_http_pancake_call_detail(
    ngx_http_pancake_call_t *call, const char *text);
static ngx_int_t ngx_http_pancake_call_preaccess(ngx_http_request_t *r);
static ngx_int_t ngx_http_pancake_call_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_pancake_call_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_http_pancake_call_append(ngx_http_request_t *sr,
    ngx_http_pancake_call_t *call, ngx_buf_t *b);


static ngx_str_t  ngx_http_pancake_post = ngx_string("POST");
static ngx_str_t  ngx_http_pancake_json = ngx_string("application/json");
static ngx_str_t  ngx_http_pancake_identity = ngx_string("identity");
static ngx_str_t  ngx_http_pancake_agent =
    ngx_string("pancake-checkout/" NGX_HTTP_PANCAKE_VERSION);

static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


ngx_int_t
ngx_http_pancake_call(ngx_http_request_t *r, ngx_http_pancake_call_t *call,
    ngx_http_event_handler_pt resume)
{
    ngx_list_t  headers;

    call->parent = r;
    call->resume = resume;

    if (ngx_list_init(&headers, r->pool, 10, sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_pancake_call_headers(r, call, &headers) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_pancake_call_subrequest(r, call, &headers);
}


/* the whole list: nothing of the buyer's header goes upstream, ever */

static ngx_int_t
ngx_http_pancake_call_headers(ngx_http_request_t *r,
    ngx_http_pancake_call_t *call, ngx_list_t *headers)
{
    if (ngx_http_pancake_header_add(headers, "Content-Type",
                                    &ngx_http_pancake_json)
        == NULL
        || ngx_http_pancake_header_add(headers, "Accept",
                                       &ngx_http_pancake_json)
           == NULL
        || ngx_http_pancake_header_add(headers, "Accept-Encoding",
                                       &ngx_http_pancake_identity)
           == NULL
        || ngx_http_pancake_header_add(headers, "User-Agent",
                                       &ngx_http_pancake_agent)
           == NULL)
    {
        return NGX_ERROR;
    }

    if (call->key.len
        && ngx_http_pancake_header_add(headers, "X-Idempotency-Key",
                                       &call->key)
           == NULL)
    {
        return NGX_ERROR;
    }

    return ngx_http_pancake_call_credential(r, call, headers);
}


/* exactly one credential: contract.md sections 2 and 3 */

static ngx_int_t
ngx_http_pancake_call_credential(ngx_http_request_t *r,
    ngx_http_pancake_call_t *call, ngx_list_t *headers)
{
    u_char                          hash[PANCAKE_BODY_HASH_LEN];
    ngx_str_t                       timestamp, signature;
    ngx_http_pancake_loc_conf_t    *plcf;
    ngx_http_pancake_credential_t  *cred;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);
    cred = plcf->credential;

    if (cred->key == NULL) {

        ngx_str_set(&call->signature, "none");

        return ngx_http_pancake_header_add(headers, "X-Store-Slug",
                                           &cred->slug)
               && ngx_http_pancake_header_add(headers, "X-Environment",
                                              &cred->environment)
               ? NGX_OK : NGX_ERROR;
    }

    timestamp.data = ngx_pnalloc(r->pool, NGX_TIME_T_LEN
                                          + pancake_signature_len(cred->key));
    if (timestamp.data == NULL) {
        return NGX_ERROR;
    }

    timestamp.len = ngx_sprintf(timestamp.data, "%T", ngx_time())
                    - timestamp.data;

    signature.data = timestamp.data + NGX_TIME_T_LEN;

    if (pancake_body_hash(&call->body, hash) != NGX_OK
        || pancake_sign(cred->key, &ngx_http_pancake_post,
                        &call->action->path, &timestamp, hash, &signature)
           != NGX_OK)
    {
        ngx_log_error(NGX_LOG_CRIT, r->connection->log, 0,
                      "pancake checkout: signing failed");
        return NGX_ERROR;
    }

    ngx_str_set(&call->signature, "inline");

    return ngx_http_pancake_header_add(headers, "X-Merchant-Id",
                                       &plcf->merchant_id)
           && ngx_http_pancake_header_add(headers, "X-Timestamp", &timestamp)
           && ngx_http_pancake_header_add(headers, "X-Signature", &signature)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_pancake_call_subrequest(ngx_http_request_t *r,
    ngx_http_pancake_call_t *call, ngx_list_t *headers)
{
    u_char                       *p;
    ngx_str_t                     uri;
    ngx_http_request_t           *sr;
    ngx_http_post_subrequest_t   *ps;
    ngx_http_pancake_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    uri.len = plcf->api.len + call->action->path.len;
    uri.data = ngx_pnalloc(r->pool, uri.len);

    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));

    if (uri.data == NULL || ps == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(uri.data, plcf->api.data, plcf->api.len);
    ngx_memcpy(p, call->action->path.data, call->action->path.len);

    ps->handler = ngx_http_pancake_call_done;
    ps->data = call;

    call->start = ngx_current_msec;

    /*
     * In the background, so that a buyer who leaves does not cut a call that
     * the API may be working on already.
     */

    if (ngx_http_subrequest(r, &uri, NULL, &sr, ps,
                            NGX_HTTP_SUBREQUEST_IN_MEMORY
                            |NGX_HTTP_SUBREQUEST_BACKGROUND)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_set_ctx(sr, call, ngx_http_pancake_checkout_module);

    if (ngx_http_pancake_call_furnish(sr, call, headers) != NGX_OK) {

        /* it is posted already: let it end before it reaches a location */

        call->misplaced = 1;
    }

    return NGX_OK;
}


/*
 * A subrequest starts as a copy of its parent: body, header fields and the
 * values of variables are the buyer's until they are replaced.
 */

static ngx_int_t
ngx_http_pancake_call_furnish(ngx_http_request_t *sr,
    ngx_http_pancake_call_t *call, ngx_list_t *headers)
{
    ngx_buf_t                  *b;
    ngx_http_request_body_t    *rb;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(sr, ngx_http_core_module);

    sr->method = NGX_HTTP_POST;
    sr->method_name = ngx_http_pancake_post;

    ngx_memzero(&sr->headers_in, sizeof(ngx_http_headers_in_t));

    sr->headers_in.headers = *headers;
    sr->headers_in.content_length_n = call->body.len;
    sr->headers_in.keep_alive_n = -1;

    /* a list whose first part is its last points into itself */

    if (headers->last == &headers->part) {
        sr->headers_in.headers.last = &sr->headers_in.headers.part;
    }

    sr->variables = ngx_pcalloc(sr->pool,
                                cmcf->variables.nelts
                                * sizeof(ngx_http_variable_value_t));

    rb = ngx_pcalloc(sr->pool, sizeof(ngx_http_request_body_t));
    b = ngx_calloc_buf(sr->pool);

    if (sr->variables == NULL || rb == NULL || b == NULL) {
        return NGX_ERROR;
    }

    rb->bufs = ngx_alloc_chain_link(sr->pool);
    if (rb->bufs == NULL) {
        return NGX_ERROR;
    }

    rb->bufs->buf = b;
    rb->bufs->next = NULL;

    /* "start" too: nginx sends from there again to the next server */

    b->start = call->body.data;
    b->pos = call->body.data;
    b->last = call->body.data + call->body.len;
    b->end = b->last;
    b->memory = 1;
    b->last_buf = 1;

    sr->request_body = rb;

    return NGX_OK;
}


/*
 * Only takes notes: a second call is possible and the parent must not run
 * inside the subrequest's end.
 */

static ngx_int_t
ngx_http_pancake_call_done(ngx_http_request_t *sr, void *data, ngx_int_t rc)
{
    ngx_http_pancake_call_t *call = data;

    ngx_http_request_t  *r;

    if (call->done) {
        return NGX_OK;
    }

    r = call->parent;

    call->done = 1;
    call->rc = rc;
    call->time = ngx_current_msec - call->start;
    call->complete = ngx_http_pancake_call_complete(sr);

    if (call->status) {
        (void) ngx_http_pancake_header(&sr->headers_out.headers,
                                       "Retry-After", &call->retry_after);
    }

    if (ngx_http_pancake_call_states(r, sr) != NGX_OK) {
        return NGX_ERROR;
    }

    r->write_event_handler = call->resume;

    return ngx_http_post_request(r, NULL);
}


/*
 * nginx hands on what it got of a cut-off answer as if it were whole.  An
 * answer that only the end of the connection ends proves nothing either.
 */

static ngx_uint_t
ngx_http_pancake_call_complete(ngx_http_request_t *sr)
{
    ngx_http_upstream_t  *u;

    u = sr->upstream;

    if (u == NULL || u->headers_in.status_n == 0) {
        return 0;
    }

    if (u->headers_in.content_length_n == 0) {
        return 1;
    }

    if (u->buffering) {
        return u->pipe && u->pipe->upstream_done;
    }

    return u->length == 0;
}


/* makes nginx's own $upstream_ variables speak of the calls */

static ngx_int_t
ngx_http_pancake_call_states(ngx_http_request_t *r, ngx_http_request_t *sr)
{
    ngx_uint_t                  i;
    ngx_http_upstream_state_t  *state, *from;

    if (sr->upstream_states == NULL) {
        return NGX_OK;
    }

    if (r->upstream_states == NULL) {
        r->upstream_states = sr->upstream_states;
        return NGX_OK;
    }

    from = sr->upstream_states->elts;

    for (i = 0; i < sr->upstream_states->nelts; i++) {

        state = ngx_array_push(r->upstream_states);
        if (state == NULL) {
            return NGX_ERROR;
        }

        *state = from[i];
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_pancake_call_verdict(ngx_http_pancake_call_t *call,
    ngx_http_pancake_error_e *error, const char **detail)
{
    *detail = NULL;

    switch (call->status) {

    case 0:
        *error = NGX_HTTP_PANCAKE_E_API_FAILED;
        *detail = "the API gave no answer";

        if (call->misplaced) {
            *error = NGX_HTTP_PANCAKE_E_INTERNAL;
            *detail = "\"pancake_api\" leads to no internal location, "
                      "include pancake-location.conf in this server";

        } else if (call->rc == NGX_HTTP_GATEWAY_TIME_OUT) {
            *error = NGX_HTTP_PANCAKE_E_API_TIMEOUT;
            *detail = "the API did not answer in time";
        }

        return NGX_DECLINED;

    case NGX_HTTP_BAD_REQUEST:
        *error = NGX_HTTP_PANCAKE_E_API_INVALID;
        return NGX_DECLINED;

    case NGX_HTTP_NOT_FOUND:
        *error = NGX_HTTP_PANCAKE_E_API_NOT_FOUND;
        return NGX_DECLINED;

    case NGX_HTTP_UNAUTHORIZED:
    case NGX_HTTP_FORBIDDEN:
        *error = NGX_HTTP_PANCAKE_E_API_DENIED;
        *detail = ngx_http_pancake_call_detail(call, "check the merchant id, "
                      "that its key is this one, and this machine's clock");
        return NGX_DECLINED;

    case NGX_HTTP_CONFLICT:
        *error = NGX_HTTP_PANCAKE_E_API_CONFLICT;
        return NGX_DECLINED;

    case NGX_HTTP_TOO_MANY_REQUESTS:
        *error = NGX_HTTP_PANCAKE_E_API_LIMITED;
        return NGX_DECLINED;

    case NGX_HTTP_SERVICE_UNAVAILABLE:
        *error = NGX_HTTP_PANCAKE_E_API_BUSY;
        *detail = ngx_http_pancake_call_detail(call, "it is overloaded");
        return NGX_DECLINED;

    case NGX_HTTP_GATEWAY_TIME_OUT:
        *error = NGX_HTTP_PANCAKE_E_API_TIMEOUT;
        *detail = ngx_http_pancake_call_detail(call, "behind its gateway");
        return NGX_DECLINED;
    }

    if (call->status >= NGX_HTTP_INTERNAL_SERVER_ERROR) {
        *error = NGX_HTTP_PANCAKE_E_API_FAILED;
        *detail = ngx_http_pancake_call_detail(call, "it failed");
        return NGX_DECLINED;
    }

    *error = NGX_HTTP_PANCAKE_E_API_BROKEN;

    if (call->status < 200 || call->status >= 300) {
        *detail = ngx_http_pancake_call_detail(call,
                                            "a status it is not known for");

    } else if (call->too_big) {
        *detail = "the API's answer is too large";

    } else if (!call->complete) {
        *detail = "the API's answer was cut off";

    } else if (call->encoded) {
        *detail = "the API's answer is compressed";

    } else if (!call->json) {
        *detail = "the API's answer is not application/json";

    } else {
        return NGX_OK;
    }

    return NGX_DECLINED;
}


static const char *
ngx_http_pancake_call_detail(ngx_http_pancake_call_t *call, const char *text)
{
    size_t   len;
    u_char  *p;

    len = sizeof("the API answered : ") + NGX_INT_T_LEN + ngx_strlen(text);

    p = ngx_pnalloc(call->parent->pool, len);
    if (p == NULL) {
        return text;
    }

    ngx_sprintf(p, "the API answered %ui: %s%Z", call->status, text);

    return (const char *) p;
}


ngx_int_t
ngx_http_pancake_call_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PREACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_pancake_call_preaccess;

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_pancake_call_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_pancake_call_body_filter;

    return NGX_OK;
}


/*
 * A signed request must not end at the shop or anywhere else because the
 * internal location is missing.
 */

static ngx_int_t
ngx_http_pancake_call_preaccess(ngx_http_request_t *r)
{
    ngx_http_pancake_call_t   *call;
    ngx_http_core_loc_conf_t  *clcf;

    if (r == r->main) {
        return NGX_DECLINED;
    }

    call = ngx_http_get_module_ctx(r, ngx_http_pancake_checkout_module);

    if (call == NULL) {
        return NGX_DECLINED;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->internal && !call->misplaced) {
        return NGX_DECLINED;
    }

    call->misplaced = 1;

    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static ngx_int_t
ngx_http_pancake_call_header_filter(ngx_http_request_t *r)
{
    ngx_http_pancake_call_t  *call;

    if (r == r->main) {
        return ngx_http_next_header_filter(r);
    }

    call = ngx_http_get_module_ctx(r, ngx_http_pancake_checkout_module);

    if (call == NULL) {
        return ngx_http_next_header_filter(r);
    }

    /* the chain ends here: the answer is ours and no client's */

    r->header_sent = 1;

    call->status = r->headers_out.status;
    call->encoded = (r->headers_out.content_encoding
                     && r->headers_out.content_encoding->value.len);
    call->json = ngx_http_pancake_media_type(&r->headers_out.content_type,
                                             "application/json");
    call->too_big = (r->headers_out.content_length_n
                     > PANCAKE_ANSWER_MAX_SIZE);

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_call_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_chain_t              *cl;
    ngx_http_pancake_call_t  *call;

    if (r == r->main) {
        return ngx_http_next_body_filter(r, in);
    }

    call = ngx_http_get_module_ctx(r, ngx_http_pancake_checkout_module);

    if (call == NULL) {
        return ngx_http_next_body_filter(r, in);
    }

    for (cl = in; cl; cl = cl->next) {

        if (ngx_http_pancake_call_append(r, call, cl->buf) != NGX_OK) {
            return NGX_ERROR;
        }

        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_call_append(ngx_http_request_t *sr,
    ngx_http_pancake_call_t *call, ngx_buf_t *b)
{
    off_t    size;
    size_t   need;
    u_char  *p;

    size = ngx_buf_size(b);

    if (size == 0 || call->too_big) {
        return NGX_OK;
    }

    if (size > PANCAKE_ANSWER_MAX_SIZE - (off_t) call->answer.len
        || !ngx_buf_in_memory(b))
    {
        call->too_big = 1;
        return NGX_OK;
    }

    need = call->answer.len + (size_t) size;

    if (need > call->size) {

        call->size = ngx_max(2 * call->size, NGX_HTTP_PANCAKE_ANSWER_SIZE);

        if (sr->headers_out.content_length_n > (off_t) call->size) {
            call->size = (size_t) sr->headers_out.content_length_n;
        }

        call->size = ngx_max(call->size, need);

        p = ngx_pnalloc(sr->pool, call->size);
        if (p == NULL) {
            return NGX_ERROR;
        }

        if (call->answer.len) {
            ngx_memcpy(p, call->answer.data, call->answer.len);
        }

        call->answer.data = p;
    }

    ngx_memcpy(call->answer.data + call->answer.len, b->pos, (size_t) size);
    call->answer.len = need;

    return NGX_OK;
}

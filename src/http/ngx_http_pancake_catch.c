
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_attempt.h"
#include "ngx_http_pancake_catch.h"
#include "ngx_http_pancake_gather.h"
#include "ngx_http_pancake_headers.h"
#include "ngx_http_pancake_warning.h"


static ngx_int_t ngx_http_pancake_catch_preaccess(ngx_http_request_t *r);
static ngx_int_t ngx_http_pancake_catch_foreign(ngx_http_request_t *r);
static ngx_uint_t ngx_http_pancake_catch_strayed(ngx_http_request_t *r,
    ngx_http_pancake_attempt_t *attempt);
static ngx_int_t ngx_http_pancake_catch_header(ngx_http_request_t *r);
static ngx_int_t ngx_http_pancake_catch_body(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_http_pancake_catch_append(ngx_http_request_t *sr,
    ngx_http_pancake_attempt_t *attempt, ngx_buf_t *b);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


ngx_int_t
ngx_http_pancake_catch_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PREACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_pancake_catch_preaccess;

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_pancake_catch_header;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_pancake_catch_body;

    return NGX_OK;
}


/*
 * A signed request must not end at the shop because the internal location is
 * missing, nor leave it because an answer has X-Accel-Redirect.
 */

static ngx_int_t
ngx_http_pancake_catch_preaccess(ngx_http_request_t *r)
{
    ngx_http_pancake_attempt_t  *attempt;
    ngx_http_core_loc_conf_t  *clcf;

    attempt = ngx_http_pancake_attempt_of(r);

    if (attempt == NULL) {
        return ngx_http_pancake_catch_foreign(r);
    }

    if (ngx_http_pancake_catch_strayed(r, attempt)) {
        return NGX_HTTP_BAD_GATEWAY;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    /* not another internal location either, which a rewrite has led to */

    if (!clcf->internal || r->uri_changes != NGX_HTTP_MAX_URI_CHANGES + 1) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    attempt->placed = 1;

    return NGX_DECLINED;
}


/*
 * "internal" lets pass what a rewrite or an include of the shop's leads here,
 * with the buyer's own header.
 */

static ngx_int_t
ngx_http_pancake_catch_foreign(ngx_http_request_t *r)
{
    ngx_http_core_loc_conf_t     *clcf;
    ngx_http_pancake_loc_conf_t  *plcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    if (!clcf->internal || r->uri.len <= plcf->api.len
        || ngx_strncmp(r->uri.data, plcf->api.data, plcf->api.len) != 0
        || r->uri.data[plcf->api.len] != '/')
    {
        return NGX_DECLINED;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "pancake checkout: only calls may enter the location of "
                  "\"pancake_api\", a rewrite or include leads there");

    return NGX_HTTP_NOT_FOUND;
}


/* a redirect inside nginx has cleared the subrequest's contexts */

static ngx_uint_t
ngx_http_pancake_catch_strayed(ngx_http_request_t *r,
    ngx_http_pancake_attempt_t *attempt)
{
    if (ngx_http_get_module_ctx(r, ngx_http_pancake_checkout_module) == NULL)
    {
        attempt->strayed = 1;
    }

    return attempt->strayed;
}


static ngx_int_t
ngx_http_pancake_catch_header(ngx_http_request_t *r)
{
    ngx_http_pancake_attempt_t  *attempt;

    attempt = ngx_http_pancake_attempt_of(r);

    if (attempt == NULL) {
        return ngx_http_next_header_filter(r);
    }

    /* the chain ends here: the answer is ours and no client's */

    r->header_sent = 1;

    if (!ngx_http_pancake_catch_strayed(r, attempt)) {
        ngx_http_pancake_warning_upstream(r);
    }

    /*
     * For a buffered answer nginx waits until the client can be written to,
     * and in the background it never can: with its buffers full the answer
     * would not go on.  Read unbuffered, any answer passes through one buffer.
     */

    if (r->upstream) {
        r->upstream->buffering = 0;
    }

    attempt->status = r->headers_out.status;
    attempt->encoded = (r->headers_out.content_encoding
                     && r->headers_out.content_encoding->value.len);
    attempt->json = ngx_http_pancake_media_type(&r->headers_out.content_type,
                                             "application/json");
    attempt->too_big = (r->headers_out.content_length_n
                     > PANCAKE_ANSWER_MAX_SIZE);

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_catch_body(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_chain_t              *cl;
    ngx_http_pancake_attempt_t  *attempt;

    attempt = ngx_http_pancake_attempt_of(r);

    if (attempt == NULL) {
        return ngx_http_next_body_filter(r, in);
    }

    for (cl = in; cl; cl = cl->next) {

        if (ngx_http_pancake_catch_append(r, attempt, cl->buf) != NGX_OK) {
            return NGX_ERROR;
        }

        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_catch_append(ngx_http_request_t *sr,
    ngx_http_pancake_attempt_t *attempt, ngx_buf_t *b)
{
    off_t  size;

    size = ngx_buf_size(b);

    if (size == 0) {
        return NGX_OK;
    }

    /* what follows an interim answer is the answer itself, unparsed */

    if (size > PANCAKE_ANSWER_MAX_SIZE - (off_t) attempt->answer.len
        || attempt->status < NGX_HTTP_OK
        || !ngx_buf_in_memory(b))
    {
        attempt->too_big = 1;
    }

    if (attempt->too_big) {

        /*
         * As if it ended here: nginx closes the connection.  An error of a
         * filter would close the buyer's, too.
         */

        if (sr->upstream) {
            sr->upstream->length = 0;
        }

        return NGX_OK;
    }

    return ngx_http_pancake_gather(sr->pool, &attempt->answer, &attempt->size,
                                   sr->headers_out.content_length_n, b->pos,
                                   (size_t) size);
}

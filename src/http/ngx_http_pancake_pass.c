
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_ctx.h"
#include "ngx_http_pancake_gather.h"
#include "ngx_http_pancake_headers.h"
#include "ngx_http_pancake_pass.h"


static ngx_int_t ngx_http_pancake_pass_header_filter(ngx_http_request_t *r);
static ngx_uint_t ngx_http_pancake_pass_wanted(ngx_http_request_t *sr,
    ngx_http_pancake_quote_t *quote);
static ngx_int_t ngx_http_pancake_pass_send_header(
    ngx_http_pancake_quote_t *quote);
static ngx_int_t ngx_http_pancake_pass_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_http_pancake_pass_keep(ngx_http_pancake_quote_t *quote,
    ngx_chain_t *in);
static ngx_int_t ngx_http_pancake_pass_overflow(ngx_http_request_t *sr,
    ngx_http_pancake_quote_t *quote, ngx_chain_t *in);
static ngx_buf_t *ngx_http_pancake_pass_buf(ngx_http_pancake_quote_t *quote);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


ngx_int_t
ngx_http_pancake_pass_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_pancake_pass_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_pancake_pass_body_filter;

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_pass_header_filter(ngx_http_request_t *r)
{
    ngx_http_pancake_quote_t  *quote;

    quote = ngx_http_pancake_quote_of(r);

    if (quote == NULL) {
        return ngx_http_next_header_filter(r);
    }

    r->header_sent = 1;

    quote->header = r->headers_out;

    /* what has no status line nginx takes for HTTP/0.9, which nobody speaks */

    if (r->headers_out.status < NGX_HTTP_OK) {
        quote->failed = 1;
        quote->rc = NGX_HTTP_BAD_GATEWAY;
        quote->silent = 1;

        return NGX_OK;
    }

    if (!ngx_http_pancake_pass_wanted(r, quote)) {

        if (!quote->quiet) {
            return ngx_http_pancake_pass_send_header(quote);
        }

        quote->silent = 1;
        return NGX_OK;
    }

    quote->kept = 1;

    /* as it comes, and in memory */

    if (r->upstream) {
        r->upstream->buffering = 0;
    }

    r->filter_need_in_memory = 1;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_pancake_pass_wanted(ngx_http_request_t *sr,
    ngx_http_pancake_quote_t *quote)
{
    ngx_str_t   location;
    ngx_uint_t  status;

    status = sr->headers_out.status;

    if (quote->direct
        || sr->headers_out.content_length_n > PANCAKE_ANSWER_MAX_SIZE)
    {
        return 0;
    }

    if (status >= NGX_HTTP_SPECIAL_RESPONSE) {
        return quote->redirects && status < NGX_HTTP_BAD_REQUEST
               && status != NGX_HTTP_NOT_MODIFIED
               && ngx_http_pancake_header(&sr->headers_out.headers,
                                          "Location", &location)
                  == 1;
    }

    return status != NGX_HTTP_PARTIAL_CONTENT
           && !(sr->headers_out.content_encoding
                && sr->headers_out.content_encoding->value.len)
           && ngx_http_pancake_media_type(&sr->headers_out.content_type,
                                          "application/json");
}


/* the shop's header becomes that of the buyer's request */

static ngx_int_t
ngx_http_pancake_pass_send_header(ngx_http_pancake_quote_t *quote)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r, *sr;

    r = quote->request;
    sr = quote->subrequest;

    quote->kept = 0;
    quote->passed = 1;

    r->headers_out = quote->header;

    if (quote->header.headers.last == &sr->headers_out.headers.part) {
        r->headers_out.headers.last = &r->headers_out.headers.part;
    }

    if (quote->header.trailers.last == &sr->headers_out.trailers.part) {
        r->headers_out.trailers.last = &r->headers_out.trailers.part;
    }

    r->err_status = 0;

    ngx_http_pancake_ctx(r)->result = NGX_HTTP_PANCAKE_PASSED;

    /* the shop has acted on it, whatever the buyer would compare with */

    r->disable_not_modified = 1;

#if (NGX_HTTP_GZIP)

    /* the body goes through the filters as the subrequest's */

    if (r->headers_out.content_encoding) {
        r->gzip_tested = 1;
        r->gzip_ok = 1;
    }

#endif

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK) {
        return NGX_ERROR;
    }

    sr->main_filter_need_in_memory |= r->main_filter_need_in_memory;
    sr->filter_need_in_memory |= r->filter_need_in_memory;

    quote->silent = r->header_only;

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_pass_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_chain_t               *cl;
    ngx_http_pancake_quote_t  *quote;

    quote = ngx_http_pancake_quote_of(r);

    if (quote == NULL) {
        return ngx_http_next_body_filter(r, in);
    }

    for (cl = in; cl; cl = cl->next) {

        if (cl->buf->last_in_chain || cl->buf->last_buf) {
            quote->whole = 1;
        }
    }

    if (quote->kept) {

        switch (ngx_http_pancake_pass_keep(quote, in)) {

        case NGX_OK:
            return NGX_OK;

        case NGX_DECLINED:
            return ngx_http_pancake_pass_overflow(r, quote, in);

        default: /* NGX_ERROR */
            return NGX_ERROR;
        }
    }

    if (!quote->silent) {
        return ngx_http_next_body_filter(r, in);
    }

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;
    }

    return NGX_OK;
}


/* NGX_DECLINED: it is too much, and nothing of this was kept */

static ngx_int_t
ngx_http_pancake_pass_keep(ngx_http_pancake_quote_t *quote, ngx_chain_t *in)
{
    off_t         size;
    ngx_chain_t  *cl;

    size = quote->answer.len;

    for (cl = in; cl; cl = cl->next) {

        size += ngx_buf_size(cl->buf);

        if (size > PANCAKE_ANSWER_MAX_SIZE
            || (ngx_buf_size(cl->buf) && !ngx_buf_in_memory(cl->buf)))
        {
            return NGX_DECLINED;
        }
    }

    for (cl = in; cl; cl = cl->next) {

        if (ngx_http_pancake_gather(quote->request->pool, &quote->answer,
                                    &quote->size,
                                    quote->header.content_length_n,
                                    cl->buf->pos,
                                    (size_t) ngx_buf_size(cl->buf))
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        cl->buf->pos = cl->buf->last;
    }

    return NGX_OK;
}


/* what turns out too long for a quote is sent on from its beginning */

static ngx_int_t
ngx_http_pancake_pass_overflow(ngx_http_request_t *sr,
    ngx_http_pancake_quote_t *quote, ngx_chain_t *in)
{
    ngx_chain_t  *out;

    if (quote->quiet) {
        quote->kept = 0;
        quote->silent = 1;

    } else if (ngx_http_pancake_pass_send_header(quote) != NGX_OK) {
        return NGX_ERROR;
    }

    if (quote->silent) {
        return ngx_http_pancake_pass_body_filter(sr, in);
    }

    if (quote->answer.len == 0) {
        return ngx_http_next_body_filter(sr, in);
    }

    out = ngx_alloc_chain_link(sr->pool);
    if (out == NULL) {
        return NGX_ERROR;
    }

    out->buf = ngx_http_pancake_pass_buf(quote);
    if (out->buf == NULL) {
        return NGX_ERROR;
    }

    out->next = in;

    return ngx_http_next_body_filter(sr, out);
}


static ngx_buf_t *
ngx_http_pancake_pass_buf(ngx_http_pancake_quote_t *quote)
{
    ngx_buf_t  *b;

    b = ngx_calloc_buf(quote->request->pool);
    if (b == NULL) {
        return NULL;
    }

    b->pos = quote->answer.data;
    b->last = b->pos + quote->answer.len;
    b->memory = (quote->answer.len != 0);

    return b;
}


ngx_int_t
ngx_http_pancake_pass(ngx_http_pancake_quote_t *quote)
{
    ngx_chain_t          out;
    ngx_http_request_t  *r;

    r = quote->request;

    if (quote->passed) {

        /* half an answer must not look like a whole one */

        if (!quote->whole) {
            return NGX_ERROR;
        }

        return quote->silent ? NGX_OK
                             : ngx_http_send_special(r, NGX_HTTP_LAST);
    }

    if (ngx_http_pancake_pass_send_header(quote) != NGX_OK) {
        return NGX_ERROR;
    }

    if (quote->silent) {
        return NGX_OK;
    }

    out.buf = ngx_http_pancake_pass_buf(quote);
    if (out.buf == NULL) {
        return NGX_ERROR;
    }

    out.buf->last_buf = 1;
    out.buf->last_in_chain = 1;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}

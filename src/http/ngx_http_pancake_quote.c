
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_ctx.h"
#include "ngx_http_pancake_headers.h"
#include "ngx_http_pancake_quote.h"
#include "ngx_http_pancake_reply.h"
#include "ngx_http_pancake_upstream.h"


/* most quotes fit whose length the shop does not tell before; bytes */
#define NGX_HTTP_PANCAKE_QUOTE_SIZE   2048


static char *ngx_http_pancake_quote_params(ngx_conf_t *cf,
    ngx_command_t *cmd, ngx_http_pancake_loc_conf_t *plcf);
static ngx_int_t ngx_http_pancake_quote_header_in(ngx_http_request_t *r,
    ngx_http_request_t *sr);
static ngx_int_t ngx_http_pancake_quote_copied(ngx_str_t *name);
static ngx_int_t ngx_http_pancake_quote_done(ngx_http_request_t *sr,
    void *data, ngx_int_t rc);
static ngx_http_pancake_quote_t *ngx_http_pancake_quote_of(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_pancake_quote_header_filter(ngx_http_request_t *r);
static ngx_uint_t ngx_http_pancake_quote_wanted(ngx_http_request_t *sr,
    ngx_http_pancake_quote_t *quote);
static ngx_int_t ngx_http_pancake_quote_send_header(
    ngx_http_pancake_quote_t *quote);
static ngx_int_t ngx_http_pancake_quote_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_http_pancake_quote_keep(ngx_http_pancake_quote_t *quote,
    ngx_chain_t *in);
static ngx_int_t ngx_http_pancake_quote_overflow(ngx_http_request_t *sr,
    ngx_http_pancake_quote_t *quote, ngx_chain_t *in);
static ngx_int_t ngx_http_pancake_quote_append(
    ngx_http_pancake_quote_t *quote, ngx_buf_t *b);
static ngx_buf_t *ngx_http_pancake_quote_buf(ngx_http_pancake_quote_t *quote);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


char *
ngx_http_pancake_quote_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    u_char            *args;
    ngx_str_t         *value;
    static ngx_str_t   id = ngx_string("request_id");

    if (plcf->quote.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    plcf->quote = value[1];

    if (cf->args->nelts == 2 && value[1].len == 3
        && ngx_strncmp(value[1].data, "off", 3) == 0)
    {
        plcf->quote.len = 0;
        return NGX_CONF_OK;
    }

    if (value[1].len < 2 || value[1].data[0] != '/') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid URI \"%V\" in \"%V\" directive, it must "
                           "begin with \"/\" and lead to a location of this "
                           "server", &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    args = ngx_strlchr(value[1].data, value[1].data + value[1].len, '?');

    if (args) {
        plcf->quote.len = args - value[1].data;

        plcf->quote_args.data = args + 1;
        plcf->quote_args.len = value[1].len - plcf->quote.len - 1;
    }

    plcf->quote_id = ngx_http_get_variable_index(cf, &id);

    if (plcf->quote_id == NGX_ERROR) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_pancake_quote_params(cf, cmd, plcf);
}


static char *
ngx_http_pancake_quote_params(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_http_pancake_loc_conf_t *plcf)
{
    ngx_str_t   *value, *prefix;
    ngx_uint_t   i;

    value = cf->args->elts;
    prefix = &plcf->quote_follow;

    for (i = 2; i < cf->args->nelts; i++) {

        if (value[i].len == 6 && ngx_strncmp(value[i].data, "orders", 6) == 0
            && !plcf->quote_orders)
        {
            plcf->quote_orders = 1;
            continue;
        }

        if (value[i].len > 8 && prefix->len == 0
            && ngx_strncmp(value[i].data, "follow=/", 8) == 0)
        {
            prefix->data = value[i].data + 7;
            prefix->len = value[i].len - 7;

            /* the paths behind it begin with one */

            if (prefix->data[prefix->len - 1] == '/') {
                prefix->len--;
            }

            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" in \"%V\" directive, it "
                           "must be \"orders\" or \"follow=/PREFIX\"",
                           &value[i], &cmd->name);
        return NGX_CONF_ERROR;
    }

    if (prefix->len && !plcf->quote_orders) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"follow\" in \"%V\" directive needs \"orders\", "
                           "other redirects are the buyer's", &cmd->name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


void
ngx_http_pancake_quote_merge(ngx_http_pancake_loc_conf_t *prev,
    ngx_http_pancake_loc_conf_t *conf)
{
    if (conf->quote.data) {
        return;
    }

    conf->quote = prev->quote;
    conf->quote_args = prev->quote_args;
    conf->quote_follow = prev->quote_follow;
    conf->quote_orders = prev->quote_orders;
    conf->quote_id = prev->quote_id;
}


ngx_int_t
ngx_http_pancake_quote_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_pancake_quote_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_pancake_quote_body_filter;

    return NGX_OK;
}


ngx_int_t
ngx_http_pancake_quote(ngx_http_pancake_quote_t *quote, ngx_str_t *uri,
    ngx_str_t *args, ngx_uint_t get)
{
    ngx_http_request_t          *r, *sr;
    ngx_http_request_body_t     *rb;
    ngx_http_post_subrequest_t  *ps;

    r = quote->request;

    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));
    rb = ngx_pcalloc(r->pool, sizeof(ngx_http_request_body_t));

    if (ps == NULL || rb == NULL) {
        return NGX_DECLINED;
    }

    ps->handler = ngx_http_pancake_quote_done;
    ps->data = quote;

    /*
     * In front of everybody's eyes, not in the background: what the shop says
     * may be for the buyer, and a buyer who leaves ends it as with proxy_pass.
     */

    if (ngx_http_subrequest(r, uri, args, &sr, ps, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    quote->subrequest = sr;

    if (!get) {
        sr->method_name = r->method_name;

    } else if (r->request_body) {
        sr->request_body = rb;
        sr->headers_in.content_length_n = -1;
        sr->headers_in.chunked = 0;
    }

    /* whatever the name: nginx is not to repeat it at another server */

    sr->method = NGX_HTTP_POST;

    return ngx_http_pancake_quote_header_in(r, sr);
}


/*
 * The buyer's fields, but for those that would keep the answer from being
 * read, and ours, which no buyer may forge.
 */

static ngx_int_t
ngx_http_pancake_quote_header_in(ngx_http_request_t *r,
    ngx_http_request_t *sr)
{
    ngx_str_t                     id;
    ngx_uint_t                    i;
    ngx_list_t                    headers;
    ngx_list_part_t              *part;
    ngx_table_elt_t              *h, *copy;
    ngx_http_variable_value_t    *v;
    ngx_http_pancake_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    if (ngx_list_init(&headers, r->pool, 20, sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].hash == 0
                || !ngx_http_pancake_quote_copied(&h[i].key)
                || (sr->request_body != r->request_body
                    && h[i].key.len > 8
                    && ngx_strncasecmp(h[i].key.data, (u_char *) "Content-",
                                       8) == 0))
            {
                continue;
            }

            copy = ngx_list_push(&headers);
            if (copy == NULL) {
                return NGX_ERROR;
            }

            *copy = h[i];
        }
    }

    v = ngx_http_get_indexed_variable(r, plcf->quote_id);

    if (v == NULL) {
        return NGX_ERROR;
    }

    id.data = v->data;
    id.len = v->len;

    if (ngx_http_pancake_header_add(&headers, "X-Pancake-Request-Id", &id)
        == NULL)
    {
        return NGX_ERROR;
    }

    sr->headers_in.headers = headers;

    /* a list whose first part is its last points into itself */

    if (headers.last == &headers.part) {
        sr->headers_in.headers.last = &sr->headers_in.headers.part;
    }

#if (NGX_HTTP_GZIP)
    sr->headers_in.accept_encoding = NULL;
#endif

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_quote_copied(ngx_str_t *name)
{
    static ngx_str_t  encoding = ngx_string("Accept-Encoding");
    static ngx_str_t  range = ngx_string("Range");
    static ngx_str_t  ours = ngx_string("X-Pancake-");

    if (name->len >= ours.len
        && ngx_strncasecmp(name->data, ours.data, ours.len) == 0)
    {
        return 0;
    }

    if (name->len == encoding.len
        && ngx_strncasecmp(name->data, encoding.data, encoding.len) == 0)
    {
        return 0;
    }

    return name->len != range.len
           || ngx_strncasecmp(name->data, range.data, range.len) != 0;
}


static ngx_int_t
ngx_http_pancake_quote_done(ngx_http_request_t *sr, void *data, ngx_int_t rc)
{
    ngx_http_pancake_quote_t *quote = data;

    ngx_http_request_t  *r;

    r = quote->request;

    if (quote->done) {
        return rc;
    }

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE && rc != NGX_HTTP_CLIENT_CLOSED_REQUEST
        && !sr->header_sent)
    {

        /*
         * A redirect or an error that the configuration answers is as good as
         * the shop's.  Of a shop that gave no answer we speak ourselves.
         */

        if (sr->upstream == NULL
            || (rc != NGX_HTTP_BAD_GATEWAY && rc != NGX_HTTP_GATEWAY_TIME_OUT)
            || (!quote->quiet && ngx_http_pancake_reply_has_page(sr, rc)))
        {
            return rc;
        }

        quote->failed = 1;
        quote->rc = rc;

        rc = NGX_OK;
    }

    quote->done = 1;

    if (ngx_http_pancake_upstream_states(r, sr) != NGX_OK) {
        return NGX_ERROR;
    }

    r->write_event_handler = quote->resume;

    return rc;
}


static ngx_http_pancake_quote_t *
ngx_http_pancake_quote_of(ngx_http_request_t *r)
{
    if (r == r->main || r->post_subrequest == NULL
        || r->post_subrequest->handler != ngx_http_pancake_quote_done)
    {
        return NULL;
    }

    return r->post_subrequest->data;
}


static ngx_int_t
ngx_http_pancake_quote_header_filter(ngx_http_request_t *r)
{
    ngx_http_pancake_quote_t  *quote;

    quote = ngx_http_pancake_quote_of(r);

    if (quote == NULL) {
        return ngx_http_next_header_filter(r);
    }

    r->header_sent = 1;

    quote->header = r->headers_out;

    if (!ngx_http_pancake_quote_wanted(r, quote)) {

        if (!quote->quiet) {
            return ngx_http_pancake_quote_send_header(quote);
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
ngx_http_pancake_quote_wanted(ngx_http_request_t *sr,
    ngx_http_pancake_quote_t *quote)
{
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
               && sr->headers_out.location != NULL;
    }

    return status != NGX_HTTP_PARTIAL_CONTENT
           && !(sr->headers_out.content_encoding
                && sr->headers_out.content_encoding->value.len)
           && ngx_http_pancake_media_type(&sr->headers_out.content_type,
                                          "application/json");
}


/* the shop's header becomes that of the buyer's request */

static ngx_int_t
ngx_http_pancake_quote_send_header(ngx_http_pancake_quote_t *quote)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = quote->request;

    quote->kept = 0;
    quote->passed = 1;

    r->headers_out = quote->header;

    if (quote->header.headers.last == &quote->subrequest->headers_out
                                                           .headers.part)
    {
        r->headers_out.headers.last = &r->headers_out.headers.part;
    }

    if (quote->header.trailers.last == &quote->subrequest->headers_out
                                                            .trailers.part)
    {
        r->headers_out.trailers.last = &r->headers_out.trailers.part;
    }

    r->err_status = 0;

    ngx_http_pancake_ctx(r)->result = NGX_HTTP_PANCAKE_PASSED;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK) {
        return NGX_ERROR;
    }

    quote->silent = r->header_only;

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_quote_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
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

        switch (ngx_http_pancake_quote_keep(quote, in)) {

        case NGX_OK:
            return NGX_OK;

        case NGX_DECLINED:
            return ngx_http_pancake_quote_overflow(r, quote, in);

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
ngx_http_pancake_quote_keep(ngx_http_pancake_quote_t *quote, ngx_chain_t *in)
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

        if (ngx_http_pancake_quote_append(quote, cl->buf) != NGX_OK) {
            return NGX_ERROR;
        }

        cl->buf->pos = cl->buf->last;
    }

    return NGX_OK;
}


/* what turns out too long for a quote is sent on from its beginning */

static ngx_int_t
ngx_http_pancake_quote_overflow(ngx_http_request_t *sr,
    ngx_http_pancake_quote_t *quote, ngx_chain_t *in)
{
    ngx_chain_t  *out;

    if (quote->quiet) {
        quote->kept = 0;
        quote->silent = 1;

    } else if (ngx_http_pancake_quote_send_header(quote) != NGX_OK) {
        return NGX_ERROR;
    }

    if (quote->silent) {
        return ngx_http_pancake_quote_body_filter(sr, in);
    }

    if (quote->answer.len == 0) {
        return ngx_http_next_body_filter(sr, in);
    }

    out = ngx_alloc_chain_link(sr->pool);
    if (out == NULL) {
        return NGX_ERROR;
    }

    out->buf = ngx_http_pancake_quote_buf(quote);
    if (out->buf == NULL) {
        return NGX_ERROR;
    }

    out->next = in;

    return ngx_http_next_body_filter(sr, out);
}


static ngx_int_t
ngx_http_pancake_quote_append(ngx_http_pancake_quote_t *quote, ngx_buf_t *b)
{
    size_t      len, need;
    u_char     *p;
    ngx_str_t  *answer;

    answer = &quote->answer;

    len = (size_t) ngx_buf_size(b);
    need = answer->len + len;

    if (len == 0) {
        return NGX_OK;
    }

    if (need > quote->size) {

        quote->size = ngx_max(2 * quote->size, NGX_HTTP_PANCAKE_QUOTE_SIZE);

        if (quote->header.content_length_n > (off_t) quote->size) {
            quote->size = (size_t) quote->header.content_length_n;
        }

        quote->size = ngx_max(quote->size, need);

        p = ngx_pnalloc(quote->request->pool, quote->size);
        if (p == NULL) {
            return NGX_ERROR;
        }

        if (answer->len) {
            ngx_memcpy(p, answer->data, answer->len);
        }

        answer->data = p;
    }

    ngx_memcpy(answer->data + answer->len, b->pos, len);
    answer->len = need;

    return NGX_OK;
}


static ngx_buf_t *
ngx_http_pancake_quote_buf(ngx_http_pancake_quote_t *quote)
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
ngx_http_pancake_quote_pass(ngx_http_pancake_quote_t *quote)
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

    if (ngx_http_pancake_quote_send_header(quote) != NGX_OK) {
        return NGX_ERROR;
    }

    if (quote->silent) {
        return NGX_OK;
    }

    out.buf = ngx_http_pancake_quote_buf(quote);
    if (out.buf == NULL) {
        return NGX_ERROR;
    }

    out.buf->last_buf = 1;
    out.buf->last_in_chain = 1;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_headers.h"
#include "ngx_http_pancake_quote.h"
#include "ngx_http_pancake_reply.h"
#include "ngx_http_pancake_upstream.h"


static char *ngx_http_pancake_quote_params(ngx_conf_t *cf,
    ngx_command_t *cmd, ngx_http_pancake_loc_conf_t *plcf);
static ngx_int_t ngx_http_pancake_quote_header_in(ngx_http_request_t *r,
    ngx_http_request_t *sr);
static ngx_uint_t ngx_http_pancake_quote_copied(ngx_str_t *name,
    ngx_uint_t body);
static ngx_int_t ngx_http_pancake_quote_id(ngx_http_request_t *r,
    ngx_list_t *headers);
static ngx_int_t ngx_http_pancake_quote_done(ngx_http_request_t *sr,
    void *data, ngx_int_t rc);


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
        sr->headers_in.content_length = NULL;
        sr->headers_in.content_type = NULL;
        sr->headers_in.transfer_encoding = NULL;
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
    ngx_uint_t        i, body;
    ngx_list_t        headers;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h, *copy;

    if (ngx_list_init(&headers, r->pool, 20, sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    body = (sr->request_body == r->request_body);

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].hash == 0
                || !ngx_http_pancake_quote_copied(&h[i].key, body))
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

    if (ngx_http_pancake_quote_id(r, &headers) != NGX_OK) {
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

    sr->headers_in.range = NULL;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_pancake_quote_copied(ngx_str_t *name, ngx_uint_t body)
{
    u_char            c;
    size_t            i;

    static ngx_str_t  ours = ngx_string("X-Pancake-");
    static ngx_str_t  content = ngx_string("Content-");

    /* a shop may see other characters as "-", or as the "_" of CGI */

    for (i = 0; i < ours.len && i < name->len; i++) {
        c = ngx_tolower(name->data[i]);

        if (c != ngx_tolower(ours.data[i])
            && (ours.data[i] != '-' || (c >= 'a' && c <= 'z')
                || (c >= '0' && c <= '9')))
        {
            break;
        }
    }

    if (i == ours.len) {
        return 0;
    }

    if (!body && name->len >= content.len
        && ngx_strncasecmp(name->data, content.data, content.len) == 0)
    {
        return 0;
    }

    return !(name->len == 5
             && ngx_strncasecmp(name->data, (u_char *) "Range", 5) == 0)
           && !(name->len == 15
                && ngx_strncasecmp(name->data, (u_char *) "Accept-Encoding",
                                   15)
                   == 0);
}


/* by which the shop's log and nginx's can be put side by side */

static ngx_int_t
ngx_http_pancake_quote_id(ngx_http_request_t *r, ngx_list_t *headers)
{
    ngx_str_t                     id;
    ngx_table_elt_t              *h;
    ngx_http_variable_value_t    *v;
    ngx_http_pancake_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    v = ngx_http_get_indexed_variable(r, plcf->quote_id);

    if (v == NULL) {
        return NGX_ERROR;
    }

    id.data = v->data;
    id.len = v->len;

    h = ngx_http_pancake_header_add(headers, "X-Pancake-Request-Id", &id);
    if (h == NULL) {
        return NGX_ERROR;
    }

    /* "proxy_set_header" looks fields up by both */

    h->lowcase_key = (u_char *) "x-pancake-request-id";
    h->hash = ngx_hash_key(h->lowcase_key, h->key.len);

    return NGX_OK;
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


ngx_http_pancake_quote_t *
ngx_http_pancake_quote_of(ngx_http_request_t *r)
{
    if (r == r->main || r->post_subrequest == NULL
        || r->post_subrequest->handler != ngx_http_pancake_quote_done)
    {
        return NULL;
    }

    return r->post_subrequest->data;
}


/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_headers.h"


/* seconds */
#define NGX_HTTP_PANCAKE_MAX_RETRY_AFTER  3600


static ngx_uint_t ngx_http_pancake_same(u_char *p, const char *name,
    size_t len);
static void ngx_http_pancake_accept(ngx_str_t *value, ngx_int_t *json,
    ngx_int_t *html);
static ngx_int_t ngx_http_pancake_quality(u_char *p, u_char *last);


ngx_uint_t
ngx_http_pancake_header(ngx_list_t *headers, const char *name,
    ngx_str_t *value)
{
    size_t            len;
    ngx_uint_t        i, n;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    n = 0;
    ngx_str_null(value);

    len = ngx_strlen(name);
    part = &headers->part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return n;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == len
            && ngx_http_pancake_same(h[i].key.data, name, len)
            && n++ == 0)
        {
            *value = h[i].value;
        }
    }
}


/* without regard to case, but nearly everybody writes it as it is usual */

static ngx_uint_t
ngx_http_pancake_same(u_char *p, const char *name, size_t len)
{
    return ngx_memcmp(p, name, len) == 0
           || ngx_strncasecmp(p, (u_char *) name, len) == 0;
}


ngx_table_elt_t *
ngx_http_pancake_header_add(ngx_list_t *headers, const char *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(headers);
    if (h == NULL) {
        return NULL;
    }

    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = *value;
    h->lowcase_key = NULL;
    h->hash = 1;
    ngx_http_pancake_single(h);

    return h;
}


void
ngx_http_pancake_header_hide(ngx_list_t *headers, const char *name)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    len = ngx_strlen(name);

    for (part = &headers->part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == len
                && ngx_strncasecmp(h[i].key.data, (u_char *) name, len) == 0)
            {
                h[i].hash = 0;
            }
        }
    }
}


ngx_uint_t
ngx_http_pancake_media_type(const ngx_str_t *value, const char *type)
{
    size_t  len;

    len = ngx_strlen(type);

    return value->len >= len
           && ngx_http_pancake_same(value->data, type, len)
           && (value->len == len || value->data[len] == ';'
               || value->data[len] == ' ' || value->data[len] == '\t');
}


ngx_uint_t
ngx_http_pancake_accepts_json(ngx_http_request_t *r)
{
    ngx_int_t         json, html;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    json = 0;
    html = 0;

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == sizeof("Accept") - 1
            && ngx_strncasecmp(h[i].key.data, (u_char *) "Accept",
                               sizeof("Accept") - 1)
               == 0)
        {
            ngx_http_pancake_accept(&h[i].value, &json, &html);
        }
    }

    return json > 0 && json >= html;
}


/* raises the two weights to those that a line of Accept gives */

static void
ngx_http_pancake_accept(ngx_str_t *value, ngx_int_t *json, ngx_int_t *html)
{
    u_char     *p, *end, *last;
    ngx_int_t   q;
    ngx_str_t   range;

    last = value->data + value->len;

    for (p = value->data; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, ',');

        if (end == NULL) {
            end = last;
        }

        while (p < end && (*p == ' ' || *p == '\t')) {
            p++;
        }

        range.data = p;
        range.len = end - p;

        q = ngx_http_pancake_quality(p, end);

        if (ngx_http_pancake_media_type(&range, "application/json")) {
            *json = ngx_max(*json, q);

        } else if (ngx_http_pancake_media_type(&range, "text/html")) {
            *html = ngx_max(*html, q);
        }
    }
}


/* the weight of a media range in thousandths, 1000 without one */

static ngx_int_t
ngx_http_pancake_quality(u_char *p, u_char *last)
{
    ngx_int_t  q;

    for ( ;; ) {

        p = ngx_strlchr(p, last, ';');

        if (p == NULL) {
            return 1000;
        }

        for (p++; p < last && (*p == ' ' || *p == '\t'); p++) { /* void */ }

        if (last - p > 2 && (*p == 'q' || *p == 'Q') && p[1] == '=') {
            break;
        }
    }

    p += 2;

    q = (*p == '1') ? 1000 : 0;

    if (*p != '0' || last - p < 3 || p[1] != '.'
        || p[2] < '0' || p[2] > '9')
    {
        return q;
    }

    /* 0.5, 0.50 and 0.500 are the same */

    q = (p[2] - '0') * 100;

    if (last - p > 3 && p[3] >= '0' && p[3] <= '9') {
        q += (p[3] - '0') * 10;

        if (last - p > 4 && p[4] >= '0' && p[4] <= '9') {
            q += p[4] - '0';
        }
    }

    return q;
}


ngx_uint_t
ngx_http_pancake_retry_after(const ngx_str_t *value)
{
    ngx_int_t  n;

    n = ngx_atoi(value->data, value->len);

    return (n < 1 || n > NGX_HTTP_PANCAKE_MAX_RETRY_AFTER) ? 0
                                                           : (ngx_uint_t) n;
}

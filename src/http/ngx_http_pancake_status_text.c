
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_status.h"


#define NGX_HTTP_PANCAKE_PAGE_BUFFER  16384

/* the longest line without the values of its labels */
#define NGX_HTTP_PANCAKE_PAGE_LINE    512


/* text that grows by buffers */

typedef struct {
    ngx_pool_t                  *pool;
    ngx_chain_t                 *first;
    ngx_chain_t                **last;
    ngx_buf_t                   *buf;       /* NULL: no memory */
    ngx_array_t                 *list;
} ngx_http_pancake_page_t;


static void ngx_http_pancake_page_build(ngx_http_pancake_page_t *page);
static void ngx_http_pancake_page_gauges(ngx_http_pancake_page_t *page,
    ngx_http_pancake_gauges_t *gauges);
static void ngx_http_pancake_page_family(ngx_http_pancake_page_t *page,
    const ngx_http_pancake_family_t *family);
static void ngx_http_pancake_page_times(ngx_http_pancake_page_t *page,
    const ngx_http_pancake_times_t *times);
static char *ngx_http_pancake_page_base(ngx_http_pancake_counters_t *c,
    ngx_http_pancake_scope_e scope, ngx_uint_t k, ngx_str_t **action);
static void ngx_http_pancake_page_histogram(ngx_http_pancake_page_t *page,
    const char *metric, ngx_str_t *labels, ngx_http_pancake_histogram_t *h);
static void ngx_http_pancake_page_head(ngx_http_pancake_page_t *page,
    const char *metric, const char *type, const char *help);
static ngx_int_t ngx_http_pancake_page_labels(ngx_http_pancake_page_t *page,
    ngx_http_pancake_counters_t *counters, ngx_str_t *action,
    ngx_str_t *labels);
static u_char *ngx_http_pancake_page_label(u_char *p, const char *name,
    ngx_str_t *value);
static void ngx_cdecl ngx_http_pancake_page(ngx_http_pancake_page_t *page,
    size_t len, const char *fmt, ...);


ngx_int_t
ngx_http_pancake_status_text(ngx_pool_t *pool, ngx_array_t *list,
    ngx_http_pancake_gauges_t *gauges, ngx_chain_t **out)
{
    ngx_http_pancake_page_t          page;
    const ngx_http_pancake_times_t   *times;
    const ngx_http_pancake_family_t  *family;

    ngx_memzero(&page, sizeof(ngx_http_pancake_page_t));

    page.pool = pool;
    page.last = &page.first;
    page.list = list;

    page.buf = ngx_create_temp_buf(pool, 0);

    ngx_http_pancake_page_build(&page);
    ngx_http_pancake_page_gauges(&page, gauges);

    for (family = ngx_http_pancake_families; family->metric; family++) {
        ngx_http_pancake_page_family(&page, family);
    }

    for (times = ngx_http_pancake_times; times->metric; times++) {
        ngx_http_pancake_page_times(&page, times);
    }

    if (page.buf == NULL) {
        return NGX_ERROR;
    }

    *out = page.first;

    return NGX_OK;
}


static void
ngx_http_pancake_page_build(ngx_http_pancake_page_t *page)
{
    ngx_http_pancake_page_head(page, "pancake_build_info", "gauge",
                               "What runs here; always 1.");

    ngx_http_pancake_page(page, 0, "pancake_build_info{version=\"%s\","
                          "nginx=\"%s\",openssl=\"%s\"} 1\n",
                          NGX_HTTP_PANCAKE_VERSION, NGINX_VERSION,
                          OpenSSL_version(OPENSSL_VERSION_STRING));
}


static void
ngx_http_pancake_page_gauges(ngx_http_pancake_page_t *page,
    ngx_http_pancake_gauges_t *gauges)
{
    ngx_http_pancake_page_head(page, "pancake_waiting", "gauge",
                               "Calls that wait for a signature or for their "
                               "next attempt.");
    ngx_http_pancake_page(page, 0, "pancake_waiting %uA\n", gauges->waiting);

    ngx_http_pancake_page_head(page, "pancake_api_in_flight", "gauge",
                               "Attempts that the API has not answered yet.");
    ngx_http_pancake_page(page, 0, "pancake_api_in_flight %uA\n",
                          gauges->flight);
}


static void
ngx_http_pancake_page_family(ngx_http_pancake_page_t *page,
    const ngx_http_pancake_family_t *family)
{
    char                          *base;
    ngx_str_t                      labels, *action;
    ngx_uint_t                     i, k, v;
    ngx_atomic_t                  *values;
    ngx_http_pancake_counters_t  **list, *c;

    ngx_http_pancake_page_head(page, family->metric, "counter", family->help);

    list = page->list->elts;

    for (i = 0; i < page->list->nelts; i++) {

        c = list[i];

        for (k = 0; k <= PANCAKE_MAX_ACTIONS; k++) {

            base = ngx_http_pancake_page_base(c, family->scope, k, &action);

            if (base == NULL) {
                continue;
            }
            values = (ngx_atomic_t *) (base + family->offset);

            if (ngx_http_pancake_page_labels(page, c, action, &labels)
                != NGX_OK)
            {
                return;
            }

            for (v = 0; v < family->n; v++) {
                ngx_http_pancake_page(page, labels.len,
                                      "%s{%V,%s=\"%V\"} %uA\n",
                                      family->metric, &labels, family->label,
                                      &family->values[v], values[v]);
            }
        }
    }
}


static void
ngx_http_pancake_page_times(ngx_http_pancake_page_t *page,
    const ngx_http_pancake_times_t *times)
{
    char                          *base;
    ngx_str_t                      labels, *action;
    ngx_uint_t                     i, k;
    ngx_http_pancake_counters_t  **list, *c;

    ngx_http_pancake_page_head(page, times->metric, "histogram", times->help);

    list = page->list->elts;

    for (i = 0; i < page->list->nelts; i++) {

        c = list[i];

        for (k = 0; k <= PANCAKE_MAX_ACTIONS; k++) {

            base = ngx_http_pancake_page_base(c, times->scope, k, &action);

            if (base == NULL) {
                continue;
            }

            if (ngx_http_pancake_page_labels(page, c, action, &labels)
                != NGX_OK)
            {
                return;
            }

            ngx_http_pancake_page_histogram(page, times->metric, &labels,
                (ngx_http_pancake_histogram_t *) (base + times->offset));
        }
    }
}


/* the k-th of what a location has of this kind, or NULL */

static char *
ngx_http_pancake_page_base(ngx_http_pancake_counters_t *c,
    ngx_http_pancake_scope_e scope, ngx_uint_t k, ngx_str_t **action)
{
    if (scope == NGX_HTTP_PANCAKE_OF_CALL) {

        if (k >= c->ncalls || c->calls[k]->owner != c) {
            return NULL;
        }

        *action = &c->calls[k]->action;

        return (char *) c->calls[k];
    }

    if (k || c->webhook != (scope == NGX_HTTP_PANCAKE_OF_WEBHOOK)) {
        return NULL;
    }

    *action = &c->action;

    return (char *) c;
}


static void
ngx_http_pancake_page_histogram(ngx_http_pancake_page_t *page,
    const char *metric, ngx_str_t *labels, ngx_http_pancake_histogram_t *h)
{
    ngx_uint_t         i;
    ngx_atomic_uint_t  n, sum;

    n = 0;

    for (i = 0; i < NGX_HTTP_PANCAKE_BUCKETS; i++) {
        n += h->buckets[i];

        ngx_http_pancake_page(page, labels->len,
                              "%s_bucket{%V,le=\"%V\"} %uA\n", metric, labels,
                              &ngx_http_pancake_bounds[i].seconds, n);
    }

    n += h->buckets[i];
    sum = h->sum;

    ngx_http_pancake_page(page, labels->len,
                          "%s_bucket{%V,le=\"+Inf\"} %uA\n", metric, labels,
                          n);
    ngx_http_pancake_page(page, labels->len, "%s_sum{%V} %uA.%03uA\n",
                          metric, labels, sum / 1000, sum % 1000);
    ngx_http_pancake_page(page, labels->len, "%s_count{%V} %uA\n", metric,
                          labels, n);
}


static void
ngx_http_pancake_page_head(ngx_http_pancake_page_t *page, const char *metric,
    const char *type, const char *help)
{
    ngx_http_pancake_page(page, 0, "# HELP %s %s\n# TYPE %s %s\n", metric,
                          help, metric, type);
}


/* server="...",location="...",action="..." */

static ngx_int_t
ngx_http_pancake_page_labels(ngx_http_pancake_page_t *page,
    ngx_http_pancake_counters_t *counters, ngx_str_t *action,
    ngx_str_t *labels)
{
    u_char  *p;
    size_t   len;

    /* each byte may need a backslash */

    len = sizeof("server=\"\",location=\"\",action=\"\"")
          + 2 * (counters->server.len + counters->location.len + action->len);

    p = ngx_pnalloc(page->pool, len);
    if (p == NULL) {
        page->buf = NULL;
        return NGX_ERROR;
    }

    labels->data = p;

    p = ngx_http_pancake_page_label(p, "server", &counters->server);
    *p++ = ',';
    p = ngx_http_pancake_page_label(p, "location", &counters->location);
    *p++ = ',';
    p = ngx_http_pancake_page_label(p, "action", action);

    labels->len = p - labels->data;

    return NGX_OK;
}


static u_char *
ngx_http_pancake_page_label(u_char *p, const char *name, ngx_str_t *value)
{
    size_t  i;

    p = ngx_sprintf(p, "%s=\"", name);

    for (i = 0; i < value->len; i++) {

        switch (value->data[i]) {

        case '\n':
            *p++ = '\\';
            *p++ = 'n';
            break;

        case '\\':
        case '"':
            *p++ = '\\';
            /* fall through */

        default:
            *p++ = value->data[i];
        }
    }

    *p++ = '"';

    return p;
}


/* "len": of what the values of labels add to a line */

static void ngx_cdecl
ngx_http_pancake_page(ngx_http_pancake_page_t *page, size_t len,
    const char *fmt, ...)
{
    va_list       args;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (page->buf == NULL) {
        return;
    }

    len += NGX_HTTP_PANCAKE_PAGE_LINE;

    if ((size_t) (page->buf->end - page->buf->last) < len) {

        b = ngx_create_temp_buf(page->pool,
                               ngx_max(len, NGX_HTTP_PANCAKE_PAGE_BUFFER));
        cl = ngx_alloc_chain_link(page->pool);

        if (b == NULL || cl == NULL) {
            page->buf = NULL;
            return;
        }

        cl->buf = b;
        cl->next = NULL;

        *page->last = cl;
        page->last = &cl->next;
        page->buf = b;
    }

    va_start(args, fmt);
    page->buf->last = ngx_vslprintf(page->buf->last, page->buf->end, fmt,
                                    args);
    va_end(args);
}

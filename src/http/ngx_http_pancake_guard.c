
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_guard.h"
#include "ngx_http_pancake_headers.h"


static ngx_int_t ngx_http_pancake_guard_require(ngx_http_request_t *r,
    ngx_array_t *require);
static ngx_uint_t ngx_http_pancake_guard_preview(ngx_http_request_t *r);
static ngx_uint_t ngx_http_pancake_guard_input(ngx_http_request_t *r);
static ngx_uint_t ngx_http_pancake_guard_own(ngx_http_request_t *r);
static void ngx_http_pancake_guard_host(ngx_http_request_t *r,
    ngx_str_t *host);
static ngx_uint_t ngx_http_pancake_guard_named(ngx_array_t *hosts,
    ngx_str_t *server);
static ngx_uint_t ngx_http_pancake_guard_port(ngx_http_request_t *r,
    ngx_str_t *server, ngx_str_t *port);


ngx_int_t
ngx_http_pancake_guard(ngx_http_request_t *r, ngx_uint_t *input,
    ngx_http_pancake_error_e *error)
{
    ngx_int_t                     rc;
    ngx_http_pancake_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    if (!(r->method == NGX_HTTP_POST
          && (plcf->input & (NGX_HTTP_PANCAKE_INPUT_JSON
                             |NGX_HTTP_PANCAKE_INPUT_FORM)))
        && !(r->method == NGX_HTTP_GET
             && (plcf->input & NGX_HTTP_PANCAKE_INPUT_ARGS)))
    {
        *error = NGX_HTTP_PANCAKE_E_METHOD;
        return NGX_DECLINED;
    }

    rc = ngx_http_pancake_guard_require(r, plcf->require);

    if (rc != NGX_OK) {
        *error = NGX_HTTP_PANCAKE_E_REQUIRE;
        return rc;
    }

    if (ngx_http_pancake_guard_preview(r)) {
        *error = NGX_HTTP_PANCAKE_E_PREVIEW;
        return NGX_DECLINED;
    }

    *input = ngx_http_pancake_guard_input(r);

    if ((*input & plcf->input) == 0) {
        *error = NGX_HTTP_PANCAKE_E_MEDIA_TYPE;
        return NGX_DECLINED;
    }

    if (r->headers_in.content_length_n > NGX_HTTP_PANCAKE_MAX_INPUT
        && *input != NGX_HTTP_PANCAKE_INPUT_ARGS)
    {
        *error = NGX_HTTP_PANCAKE_E_TOO_LARGE;
        return NGX_DECLINED;
    }

    /*
     * A browser sends JSON to another site only after a CORS preflight, which
     * is an OPTIONS request and was refused above.  Links are meant to be
     * followed from anywhere, but not with the staff's cookies.
     */

    if ((*input == NGX_HTTP_PANCAKE_INPUT_FORM
         || (*input == NGX_HTTP_PANCAKE_INPUT_ARGS
             && (plcf->actions[0]->flags & PANCAKE_ACTION_OFFICE)))
        && plcf->same_origin && !ngx_http_pancake_guard_own(r))
    {
        *error = NGX_HTTP_PANCAKE_E_ORIGIN;
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_guard_require(ngx_http_request_t *r, ngx_array_t *require)
{
    ngx_str_t                  value;
    ngx_uint_t                 i;
    ngx_http_complex_value_t  *cv;

    if (require == NULL) {
        return NGX_OK;
    }

    cv = require->elts;

    for (i = 0; i < require->nelts; i++) {

        if (ngx_http_complex_value(r, &cv[i], &value) != NGX_OK) {
            return NGX_ERROR;
        }

        if (value.len == 0 || (value.len == 1 && value.data[0] == '0')) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/*
 * Browsers and their helpers announce what the buyer has not asked for yet.
 * A link is followed by navigation: an image or a script of another site that
 * points here is no buyer either.
 */

static ngx_uint_t
ngx_http_pancake_guard_preview(ngx_http_request_t *r)
{
    ngx_str_t    mode, site;
    ngx_list_t  *headers;
    const char **name;

    static const char  *names[] = {
        "Sec-Purpose", "Purpose", "X-Purpose", "X-Moz", NULL
    };

    headers = &r->headers_in.headers;

    for (name = names; *name; name++) {
        if (ngx_http_pancake_header(headers, *name, &mode)) {
            return 1;
        }
    }

    /* some programs that are no browsers send a mode, but no site */

    if (r->method != NGX_HTTP_GET
        || ngx_http_pancake_header(headers, "Sec-Fetch-Mode", &mode) == 0
        || ngx_http_pancake_header(headers, "Sec-Fetch-Site", &site) == 0
        || pancake_word_listed("navigate", &mode))
    {
        return 0;
    }

    return !pancake_word_listed("same-origin", &site);
}


/* 0: none that is known */

static ngx_uint_t
ngx_http_pancake_guard_input(ngx_http_request_t *r)
{
    ngx_str_t   value;
    ngx_uint_t  n;

    if (r->method == NGX_HTTP_GET) {
        return NGX_HTTP_PANCAKE_INPUT_ARGS;
    }

    n = ngx_http_pancake_header(&r->headers_in.headers, "Content-Type",
                                &value);

    if (n == 0 && r->headers_in.content_length_n <= 0
        && !r->headers_in.chunked)
    {
        /* a button without any fields; as easy to forge as a form */

        return NGX_HTTP_PANCAKE_INPUT_FORM;
    }

    if (n != 1) {
        return 0;
    }

    if (ngx_http_pancake_media_type(&value, "application/json")) {
        return NGX_HTTP_PANCAKE_INPUT_JSON;
    }

    if (ngx_http_pancake_media_type(&value,
                                    "application/x-www-form-urlencoded"))
    {
        return NGX_HTTP_PANCAKE_INPUT_FORM;
    }

    return 0;
}


/*
 * Fetch metadata decides where the browser sends it.  Without it the Origin
 * field must name the shop; a program that sends neither has no cookies of
 * anybody and forges nothing.  Schemes are not compared: TLS may end at a
 * balancer in front.
 */

static ngx_uint_t
ngx_http_pancake_guard_own(ngx_http_request_t *r)
{
    ngx_str_t   site, origin, scheme, authority, rest, host;
    ngx_uint_t  n;

    n = ngx_http_pancake_header(&r->headers_in.headers, "Sec-Fetch-Site",
                                &site);

    if (n) {
        return n == 1 && pancake_word_listed("same-origin none", &site);
    }

    n = ngx_http_pancake_header(&r->headers_in.headers, "Origin", &origin);

    if (n == 0) {
        return 1;
    }

    if (n > 1
        || pancake_url_split(&origin, &scheme, &authority, &rest) != NGX_OK
        || rest.len
        || !pancake_word_listed("http https", &scheme))
    {
        return 0;
    }

    ngx_http_pancake_guard_host(r, &host);

    return host.len == authority.len
           && ngx_strncasecmp(host.data, authority.data, host.len) == 0;
}


/* as a browser writes it into Origin: without the scheme's default port */

static void
ngx_http_pancake_guard_host(ngx_http_request_t *r, ngx_str_t *host)
{
    /* over HTTP/3 there may be no Host field, only the authority */

    if (r->headers_in.host) {
        *host = r->headers_in.host->value;

    } else {
        *host = r->headers_in.server;
    }

    if (host->len > 4
        && ngx_strncmp(host->data + host->len - 4, ":443", 4) == 0)
    {
        host->len -= 4;

    } else if (host->len > 3
               && ngx_strncmp(host->data + host->len - 3, ":80", 3) == 0)
    {
        host->len -= 3;
    }
}


ngx_int_t
ngx_http_pancake_guard_origin(ngx_http_request_t *r, ngx_str_t *origin)
{
    u_char                       *p;
    ngx_str_t                     server, port;
    ngx_http_pancake_loc_conf_t  *plcf;

    ngx_str_null(origin);

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    if (plcf->own_hosts == NULL) {
        return NGX_OK;
    }

    /* nginx has vetted the name; the Host field may say more, or other */

    server = r->headers_in.server;

    if (!ngx_http_pancake_guard_named(plcf->own_hosts, &server)
        || !ngx_http_pancake_guard_port(r, &server, &port))
    {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, sizeof("https://") - 1 + server.len + port.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    origin->data = p;

    p = ngx_cpymem(p, "https://", sizeof("https://") - 1);
    p = ngx_cpymem(p, server.data, server.len);

    if (port.len) {
        p = ngx_cpymem(p, port.data, port.len);
    }

    origin->len = p - origin->data;

    return NGX_OK;
}


/* a default server takes any name; the shop's are those it has written down */

static ngx_uint_t
ngx_http_pancake_guard_named(ngx_array_t *hosts, ngx_str_t *server)
{
    ngx_str_t   name, *host;
    ngx_uint_t  i;

    host = hosts->elts;

    for (i = 0; i < hosts->nelts; i++) {

        name = host[i];

        if (name.len == server->len
            && ngx_strncasecmp(name.data, server->data, name.len) == 0)
        {
            return 1;
        }

        if (name.len > 1 && name.data[0] == '*') {
            name.data++;
            name.len--;
        }

        if (name.data[0] == '.' && server->len > name.len
            && ngx_strncasecmp(name.data,
                               server->data + server->len - name.len,
                               name.len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* the port that the buyer sees: none, or the one that was connected to */

static ngx_uint_t
ngx_http_pancake_guard_port(ngx_http_request_t *r, ngx_str_t *server,
    ngx_str_t *port)
{
    ngx_int_t   n;
    ngx_str_t   host;

    ngx_str_null(port);

    if (r->headers_in.host == NULL) {
        return 1;
    }

    host = r->headers_in.host->value;

    if (host.len < server->len
        || ngx_strncasecmp(host.data, server->data, server->len) != 0)
    {
        return 0;
    }

    if (host.len == server->len) {
        return 1;
    }

    port->data = host.data + server->len;
    port->len = host.len - server->len;

    n = ngx_atoi(port->data + 1, port->len - 1);

    if (port->data[0] != ':' || n < 1
        || ngx_connection_local_sockaddr(r->connection, NULL, 0) != NGX_OK
        || n != ngx_inet_get_port(r->connection->local_sockaddr))
    {
        return 0;
    }

    if (n == 443) {
        port->len = 0;
    }

    return 1;
}

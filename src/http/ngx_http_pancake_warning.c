
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_warning.h"


#if (NGX_DEBUG)
static ngx_uint_t ngx_http_pancake_warning_verbose(ngx_log_t *log);
#endif
static ngx_uint_t ngx_http_pancake_warning_loopback(struct sockaddr *sa);


ngx_int_t
ngx_http_pancake_warning_merge(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *prev, ngx_http_pancake_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t       *clcf, **slot;
    ngx_http_pancake_main_conf_t   *pmcf;

    /* core has merged its part of all locations before */

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->noname) {
        conf->warned = prev->warned;
        return NGX_OK;
    }

    if (clcf->internal) {
        conf->warned = ngx_pcalloc(cf->pool,
                                   sizeof(ngx_http_pancake_warned_t));
        if (conf->warned == NULL) {
            return NGX_ERROR;
        }
    }

    if (conf->nactions) {
        pmcf = ngx_http_conf_get_module_main_conf(cf,
                                            ngx_http_pancake_checkout_module);

        slot = ngx_array_push(&pmcf->checkouts);
        if (slot == NULL) {
            return NGX_ERROR;
        }

        *slot = clcf;
    }

    return NGX_OK;
}


void
ngx_http_pancake_warning_debug(ngx_cycle_t *cycle,
    ngx_http_pancake_main_conf_t *pmcf)
{
#if (NGX_DEBUG)

    ngx_uint_t                     i, n;
    ngx_http_core_loc_conf_t     **clcf;
    ngx_http_pancake_loc_conf_t   *plcf;

    clcf = pmcf->checkouts.elts;

    for (i = 0; i < pmcf->checkouts.nelts; i++) {

        if (!ngx_http_pancake_warning_verbose(clcf[i]->error_log)) {
            continue;
        }

        for (n = 0; n < i; n++) {
            if (clcf[n]->error_log == clcf[i]->error_log) {
                break;
            }
        }

        if (n < i) {
            continue;
        }

        plcf = clcf[i]->loc_conf[ngx_http_pancake_checkout_module.ctx_index];

        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "\"error_log\" with level \"debug\" writes signatures, "
                      "cookies and tokens of this checkout to the log, use "
                      "\"info\" in %V:%ui",
                      &plcf->place.file, plcf->place.line);
    }

#endif
}


#if (NGX_DEBUG)

static ngx_uint_t
ngx_http_pancake_warning_verbose(ngx_log_t *log)
{
    for ( /* void */ ; log; log = log->next) {

        if (!(log->log_level & NGX_LOG_DEBUG_HTTP)) {
            continue;
        }

        /* a ring in memory, made for this, has a writer that is no syslog */

        if (log->writer == NULL || log->writer == ngx_syslog_writer) {
            return 1;
        }
    }

    return 0;
}

#endif


void
ngx_http_pancake_warning_upstream(ngx_http_request_t *sr)
{
    ngx_http_upstream_t          *u;
    ngx_http_core_loc_conf_t     *clcf;
    ngx_http_pancake_warned_t    *warned;
    ngx_http_pancake_loc_conf_t  *plcf;

    u = sr->upstream;

    plcf = ngx_http_get_module_loc_conf(sr, ngx_http_pancake_checkout_module);
    warned = plcf->warned;

    if (warned == NULL || u == NULL
        || ngx_http_pancake_warning_loopback(u->peer.sockaddr))
    {
        return;
    }

    clcf = ngx_http_get_module_loc_conf(sr, ngx_http_core_module);

#if (NGX_HTTP_SSL)

    if (u->ssl) {

        if (u->conf->ssl_verify || warned->unverified) {
            return;
        }

        warned->unverified = 1;

        ngx_log_error(NGX_LOG_WARN, sr->connection->log, 0,
                      "pancake checkout: location \"%V\" does not verify the "
                      "certificate of the API at %V: anybody on the way can "
                      "answer in its place, add \"proxy_ssl_verify on\"",
                      &clcf->name, u->peer.name);
        return;
    }

#endif

    if (warned->plain) {
        return;
    }

    warned->plain = 1;

    ngx_log_error(NGX_LOG_WARN, sr->connection->log, 0,
                  "pancake checkout: location \"%V\" reaches the API at %V "
                  "without TLS: anybody on the way can read what buyers send "
                  "and answer in its place, use \"proxy_pass https://...\"",
                  &clcf->name, u->peer.name);
}


/* also where no server is known, as when nginx itself answers */

static ngx_uint_t
ngx_http_pancake_warning_loopback(struct sockaddr *sa)
{
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    u_char               *p;
    struct sockaddr_in6  *sin6;
#endif

    if (sa == NULL) {
        return 1;
    }

    switch (sa->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) sa;

        return ntohl(sin->sin_addr.s_addr) >> 24 == 127;

#if (NGX_HAVE_INET6)

    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) sa;

        if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
            p = sin6->sin6_addr.s6_addr;

            return p[12] == 127;
        }

        return IN6_IS_ADDR_LOOPBACK(&sin6->sin6_addr) != 0;

#endif

    default: /* AF_UNIX */
        return 1;
    }
}


/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_query.h"


/* bytes */
#define NGX_HTTP_PANCAKE_MAX_QUERY   65536


static ngx_int_t ngx_http_pancake_query_read(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *text);
static const char *ngx_http_pancake_query_fault(ngx_str_t *text);


char *
ngx_http_pancake_query(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    ngx_str_t   *value;
    const char  *fault;

    if (plcf->query.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    /* every query has braces, and hardly any name of a file */

    if (ngx_strlchr(value[1].data, value[1].data + value[1].len, '{')) {
        plcf->query = value[1];

    } else if (ngx_http_pancake_query_read(cf, &value[1], &plcf->query)
               != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    fault = ngx_http_pancake_query_fault(&plcf->query);

    if (fault) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "query in \"%V\" directive %s", &cmd->name, fault);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_pancake_query_read(ngx_conf_t *cf, ngx_str_t *name, ngx_str_t *text)
{
    ssize_t     n;
    ngx_str_t   path;
    ngx_file_t  file;

    path = *name;

    if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memzero(&file, sizeof(ngx_file_t));

    file.name = path;
    file.log = cf->log;

    file.fd = ngx_open_file(path.data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                            NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", &path);
        return NGX_ERROR;
    }

    /* one more than allowed, to see that there is more */

    text->data = ngx_pnalloc(cf->pool, NGX_HTTP_PANCAKE_MAX_QUERY + 1);

    n = text->data ? ngx_read_file(&file, text->data,
                                   NGX_HTTP_PANCAKE_MAX_QUERY + 1, 0)
                   : NGX_ERROR;

    if (ngx_close_file(file.fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", &path);
    }

    if (n == NGX_ERROR) {
        return NGX_ERROR;
    }

    text->len = (size_t) n;

    return NGX_OK;
}


/* NULL: it is one; else what is wrong with it.  Contract.md section 6.8 */

static const char *
ngx_http_pancake_query_fault(ngx_str_t *text)
{
    u_char  *p, *last;

    if (text->len > NGX_HTTP_PANCAKE_MAX_QUERY) {
        return "has more than 65536 bytes";
    }

    if (!pancake_utf8_valid(text->data, text->len)) {
        return "is not UTF-8";
    }

    last = text->data + text->len;

    for (p = text->data; p < last; p++) {

        if (*p == '#') {
            while (p < last && *p != LF && *p != CR) {
                p++;
            }

        } else if (*p != ' ' && *p != '\t' && *p != CR && *p != LF
                   && *p != ',')
        {
            break;
        }
    }

    if (p >= last
        || (*p != '{' && (last - p < 6 || ngx_strncmp(p, "query", 5) != 0
                          || p[5] == '_' || (p[5] >= '0' && p[5] <= '9')
                          || (p[5] >= 'A' && p[5] <= 'Z')
                          || (p[5] >= 'a' && p[5] <= 'z'))))
    {
        return "must begin with \"query\" or \"{\", the API answers "
               "queries only";
    }

    return NULL;
}


/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_conf.h"
#include "ngx_http_pancake_query.h"


/* bytes */
#define NGX_HTTP_PANCAKE_MAX_QUERY   65536


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

    } else if (ngx_http_pancake_conf_file(cf, &value[1],
                                          NGX_HTTP_PANCAKE_MAX_QUERY,
                                          &plcf->query)
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

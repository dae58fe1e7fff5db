
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_secret.h"


static ngx_int_t ngx_http_pancake_secret_env(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *secret);
static ngx_int_t ngx_http_pancake_secret_file(ngx_conf_t *cf,
    ngx_str_t *name, ngx_str_t *secret);
static ngx_int_t ngx_http_pancake_secret_size(ngx_conf_t *cf,
    ngx_file_t *file, size_t *size);
static void ngx_http_pancake_secret_open(ngx_conf_t *cf, ngx_file_t *file,
    ngx_uint_t access);
static void ngx_http_pancake_secret_wipe(void *data);


u_char *
ngx_http_pancake_secret_alloc(ngx_pool_t *pool, size_t size)
{
    ngx_str_t           *secret;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(pool, sizeof(ngx_str_t));
    if (cln == NULL) {
        return NULL;
    }

    secret = cln->data;

    secret->len = size;
    secret->data = ngx_pcalloc(pool, size);
    if (secret->data == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_pancake_secret_wipe;

    return secret->data;
}


static void
ngx_http_pancake_secret_wipe(void *data)
{
    ngx_str_t  *secret = data;

    ngx_explicit_memzero(secret->data, secret->len);
}


ngx_int_t
ngx_http_pancake_secret_read(ngx_conf_t *cf, ngx_str_t *param,
    ngx_str_t *secret)
{
    ngx_str_t  name;

    if (param->len >= 4 && ngx_strncmp(param->data, "env:", 4) == 0) {
        name.data = param->data + 4;
        name.len = param->len - 4;

        return ngx_http_pancake_secret_env(cf, &name, secret);
    }

    name = *param;

    if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_pancake_secret_file(cf, &name, secret);
}


/*
 * Configuration is read by the master, which keeps the environment that nginx
 * was started with; only an upgrade of the binary needs an "env" directive.
 */

static ngx_int_t
ngx_http_pancake_secret_env(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *secret)
{
    char  *value;

    value = getenv((char *) name->data);

    if (value == NULL || *value == '\0') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "environment variable \"%V\" is not set or empty",
                           name);
        return NGX_ERROR;
    }

    secret->len = ngx_strlen(value);
    secret->data = ngx_http_pancake_secret_alloc(cf->pool, secret->len);
    if (secret->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(secret->data, value, secret->len);

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_secret_file(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *secret)
{
    size_t      size;
    ssize_t     n;
    ngx_int_t   rc;
    ngx_file_t  file;

    ngx_memzero(&file, sizeof(ngx_file_t));

    file.name = *name;
    file.log = cf->log;

    /* without O_NONBLOCK a named pipe would stop nginx here for good */

    file.fd = ngx_open_file(name->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                            NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", name);
        return NGX_ERROR;
    }

    rc = ngx_http_pancake_secret_size(cf, &file, &size);

    if (rc == NGX_OK) {

        secret->len = size;
        secret->data = ngx_http_pancake_secret_alloc(cf->pool, size);

        if (secret->data == NULL) {
            rc = NGX_ERROR;

        } else {
            n = ngx_read_file(&file, secret->data, size, 0);

            if (n != (ssize_t) size) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   ngx_read_file_n " \"%V\" returned only "
                                   "%z bytes of %uz", name, n, size);
                rc = NGX_ERROR;
            }
        }
    }

    if (ngx_close_file(file.fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", name);
    }

    return rc;
}


static ngx_int_t
ngx_http_pancake_secret_size(ngx_conf_t *cf, ngx_file_t *file, size_t *size)
{
    ngx_file_info_t  fi;

    if (ngx_fd_info(file->fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", &file->name);
        return NGX_ERROR;
    }

    if (!ngx_is_file(&fi)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is not a regular file", &file->name);
        return NGX_ERROR;
    }

    if (ngx_file_size(&fi) == 0
        || ngx_file_size(&fi) > NGX_HTTP_PANCAKE_MAX_SECRET)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has %O bytes, it must have 1 to %d",
                           &file->name, (off_t) ngx_file_size(&fi),
                           NGX_HTTP_PANCAKE_MAX_SECRET);
        return NGX_ERROR;
    }

    if (ngx_file_access(&fi) & 0077) {
        ngx_http_pancake_secret_open(cf, file, ngx_file_access(&fi));
    }

    *size = ngx_file_size(&fi);

    return NGX_OK;
}


/* nginx's own formats know no octal numbers */

static void
ngx_http_pancake_secret_open(ngx_conf_t *cf, ngx_file_t *file,
    ngx_uint_t access)
{
    u_char      mode[sizeof("0777")];
    ngx_str_t  *value;

    value = cf->args->elts;

    mode[0] = '0';
    mode[1] = (u_char) ('0' + ((access >> 6) & 7));
    mode[2] = (u_char) ('0' + ((access >> 3) & 7));
    mode[3] = (u_char) ('0' + (access & 7));
    mode[4] = '\0';

    ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                       "secret file \"%V\" in \"%V\" directive is open to "
                       "other users, its mode is %s, use \"chmod 600\"",
                       &file->name, &value[0], mode);
}

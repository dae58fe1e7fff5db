
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_conf.h"
#include "ngx_http_pancake_repeat.h"
#include "ngx_http_pancake_secret.h"


/* shorter secrets could be guessed */
#define NGX_HTTP_PANCAKE_MIN_SECRET   16

/* variables that many buyers have in common, whatever they are joined to */
#define NGX_HTTP_PANCAKE_SHARED                                               \
    "remote_addr binary_remote_addr realip_remote_addr proxy_protocol_addr "  \
    "http_x_forwarded_for http_user_agent host http_host server_name "        \
    "server_addr server_port scheme uri request_uri document_uri "            \
    "request_method time_iso8601 time_local"

/* seconds */
#define NGX_HTTP_PANCAKE_MAX_WINDOW   1800

/* pancake_retry's defaults, the API's own policy; times in ms */
#define NGX_HTTP_PANCAKE_ATTEMPTS      3
#define NGX_HTTP_PANCAKE_BACKOFF       5000
#define NGX_HTTP_PANCAKE_DEADLINE      20000

#define NGX_HTTP_PANCAKE_MAX_ATTEMPTS  10

/* ms; no buyer waits longer */
#define NGX_HTTP_PANCAKE_MAX_DEADLINE  600000


static ngx_int_t ngx_http_pancake_repeat_variables(ngx_conf_t *cf,
    ngx_str_t *text, ngx_http_pancake_loc_conf_t *plcf, ngx_uint_t *shared);
static char *ngx_http_pancake_repeat_fits(ngx_conf_t *cf,
    ngx_command_t *cmd, ngx_http_pancake_retry_t *retry);
static ngx_uint_t ngx_http_pancake_repeat_time(ngx_str_t *value,
    const char *name, ngx_msec_t *time);


char *
ngx_http_pancake_repeat_key(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   shared;

    if (plcf->idempotency != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    plcf->idempotency_key = NULL;

    if (value[1].len == 3 && ngx_strncmp(value[1].data, "off", 3) == 0) {
        plcf->idempotency = 0;
        return NGX_CONF_OK;
    }

    plcf->idempotency = 1;

    plcf->idempotency_key = ngx_palloc(cf->pool,
                                       sizeof(ngx_http_complex_value_t));
    if (plcf->idempotency_key == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_pancake_conf_compile(cf, &value[1], plcf->idempotency_key)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (plcf->idempotency_key->lengths == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "constant \"%V\" in \"%V\" directive would let all "
                           "buyers share one session, use a variable that "
                           "tells them apart, such as $cookie_NAME",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_pancake_repeat_variables(cf, &value[1], plcf, &shared)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (shared) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" in \"%V\" directive does not tell buyers "
                           "behind one address or with one browser apart, use "
                           "a variable such as $cookie_NAME",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/*
 * Finds the variables of the expression, which are to be looked at one by one:
 * beside one that is never empty, all buyers without the cookie would share a
 * scope.
 */

static ngx_int_t
ngx_http_pancake_repeat_variables(ngx_conf_t *cf, ngx_str_t *text,
    ngx_http_pancake_loc_conf_t *plcf, ngx_uint_t *shared)
{
    u_char     *p, *last;
    ngx_int_t   index, *slot;
    ngx_str_t   name;

    *shared = 1;

    plcf->idempotency_variables = ngx_array_create(cf->pool, 2,
                                                   sizeof(ngx_int_t));
    if (plcf->idempotency_variables == NULL) {
        return NGX_ERROR;
    }

    p = text->data;
    last = p + text->len;

    while (p < last) {

        if (*p++ != '$') {
            continue;
        }

        if (p < last && *p == '{') {
            p++;
        }

        name.data = p;
        name.len = 1;

        while (p < last && pancake_check_name(&name, "_", name.len)) {
            p++;
            name.len = p - name.data + 1;
        }

        name.len = p - name.data;

        /* a capture by number has no index */

        if (name.len == 0 || (*name.data >= '0' && *name.data <= '9')) {
            *shared = 0;
            continue;
        }

        if (!pancake_word_listed(NGX_HTTP_PANCAKE_SHARED, &name)) {
            *shared = 0;
        }

        index = ngx_http_get_variable_index(cf, &name);
        slot = ngx_array_push(plcf->idempotency_variables);

        if (index == NGX_ERROR || slot == NULL) {
            return NGX_ERROR;
        }

        *slot = index;
    }

    return NGX_OK;
}


char *
ngx_http_pancake_repeat_secret(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    ngx_str_t  *value, *secret;

    secret = &plcf->idempotency_secret;

    if (secret->data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_http_pancake_secret_read(cf, &value[1], secret) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    /* an editor's line end is no part of the secret */

    while (secret->len && (secret->data[secret->len - 1] == LF
                           || secret->data[secret->len - 1] == CR))
    {
        secret->len--;
    }

    if (secret->len < NGX_HTTP_PANCAKE_MIN_SECRET) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "secret \"%V\" in \"%V\" directive has %uz bytes, "
                           "it must have at least %d", &value[1], &cmd->name,
                           secret->len, NGX_HTTP_PANCAKE_MIN_SECRET);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/*
 * Not zero, and well below the 45 minutes that a session lives: a replayed
 * answer must still lead somewhere (contract.md section 5).
 */

char *
ngx_http_pancake_repeat_window(ngx_conf_t *cf, void *post, void *data)
{
    time_t  *window = data;

    if (*window < 1 || *window > NGX_HTTP_PANCAKE_MAX_WINDOW) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"pancake_idempotency_window\" must be between "
                           "1s and 30m");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* "attempts [backoff=time] [deadline=time] | off" */

char *
ngx_http_pancake_repeat_retry(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    ngx_int_t                  n;
    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_http_pancake_retry_t  *retry;

    retry = &plcf->retry;

    if (retry->attempts != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && value[1].len == 3
        && ngx_strncmp(value[1].data, "off", 3) == 0)
    {
        retry->attempts = 0;
        retry->backoff = 0;
        retry->deadline = 0;

        return NGX_CONF_OK;
    }

    n = ngx_atoi(value[1].data, value[1].len);

    if (n < 1 || n > NGX_HTTP_PANCAKE_MAX_ATTEMPTS) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of attempts \"%V\" in \"%V\" "
                           "directive, it must be 1 to %d, or \"off\" alone",
                           &value[1], &cmd->name,
                           NGX_HTTP_PANCAKE_MAX_ATTEMPTS);
        return NGX_CONF_ERROR;
    }

    retry->attempts = n;
    retry->backoff = NGX_CONF_UNSET_MSEC;
    retry->deadline = NGX_CONF_UNSET_MSEC;

    for (i = 2; i < cf->args->nelts; i++) {
        if (!ngx_http_pancake_repeat_time(&value[i], "backoff=",
                                        &retry->backoff)
            && !ngx_http_pancake_repeat_time(&value[i], "deadline=",
                                           &retry->deadline))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" in \"%V\" directive, "
                               "it must be \"backoff=time\" or "
                               "\"deadline=time\", once, of 1ms to 10m",
                               &value[i], &cmd->name);
            return NGX_CONF_ERROR;
        }
    }

    return ngx_http_pancake_repeat_fits(cf, cmd, retry);
}


static char *
ngx_http_pancake_repeat_fits(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_http_pancake_retry_t *retry)
{
    ngx_conf_init_msec_value(retry->backoff, NGX_HTTP_PANCAKE_BACKOFF);
    ngx_conf_init_msec_value(retry->deadline, NGX_HTTP_PANCAKE_DEADLINE);

    if (retry->attempts > 1 && retry->backoff >= retry->deadline) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no second attempt after %Mms can begin before the "
                           "deadline of %Mms in \"%V\" directive, set a "
                           "shorter backoff= or a longer deadline=",
                           retry->backoff, retry->deadline, &cmd->name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* 1 when "value" is this parameter, not given before, with a sane time */

static ngx_uint_t
ngx_http_pancake_repeat_time(ngx_str_t *value, const char *name,
    ngx_msec_t *time)
{
    size_t     len;
    ngx_int_t  n;
    ngx_str_t  text;

    len = ngx_strlen(name);

    if (*time != NGX_CONF_UNSET_MSEC || value->len <= len
        || ngx_strncmp(value->data, name, len) != 0)
    {
        return 0;
    }

    text.data = value->data + len;
    text.len = value->len - len;

    n = ngx_parse_time(&text, 0);

    if (n < 1 || n > NGX_HTTP_PANCAKE_MAX_DEADLINE) {
        return 0;
    }

    *time = n;

    return 1;
}


void
ngx_http_pancake_repeat_merge(ngx_http_pancake_main_conf_t *pmcf,
    ngx_http_pancake_loc_conf_t *prev, ngx_http_pancake_loc_conf_t *conf)
{
    if (conf->idempotency == NGX_CONF_UNSET) {
        conf->idempotency = prev->idempotency;
        conf->idempotency_key = prev->idempotency_key;
        conf->idempotency_variables = prev->idempotency_variables;
    }

    ngx_conf_merge_value(conf->idempotency_window, prev->idempotency_window,
                         10);

    if (conf->idempotency_secret.data == NULL) {
        conf->idempotency_secret = prev->idempotency_secret;
    }

    if (conf->retry.attempts == NGX_CONF_UNSET_UINT) {
        conf->retry = prev->retry;
    }

    if (conf->retry.attempts == NGX_CONF_UNSET_UINT) {
        conf->retry.attempts = NGX_HTTP_PANCAKE_ATTEMPTS;
        conf->retry.backoff = NGX_HTTP_PANCAKE_BACKOFF;
        conf->retry.deadline = NGX_HTTP_PANCAKE_DEADLINE;
    }

    /* not inherited: another level may have another credential */

    conf->secret = conf->idempotency_secret;

    if (conf->secret.data == NULL && conf->credential) {
        conf->secret = conf->credential->secret.len
                       ? conf->credential->secret : pmcf->unshared;
    }
}


/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_conf.h"
#include "ngx_http_pancake_flow.h"
#include "ngx_http_pancake_secret.h"


static ngx_int_t ngx_http_pancake_conf_literal(ngx_pool_t *pool,
    ngx_str_t *text, ngx_str_t *literal);
static char *ngx_http_pancake_conf_retry_fits(ngx_conf_t *cf,
    ngx_command_t *cmd, ngx_http_pancake_retry_t *retry);
static ngx_uint_t ngx_http_pancake_conf_time(ngx_str_t *value,
    const char *name, ngx_msec_t *time);
static ngx_uint_t ngx_http_pancake_conf_word(ngx_conf_t *cf,
    ngx_command_t *cmd, ngx_str_t *value);


/* shorter secrets could be guessed */
#define NGX_HTTP_PANCAKE_MIN_SECRET   16

/* seconds */
#define NGX_HTTP_PANCAKE_MAX_WINDOW   1800

#define NGX_HTTP_PANCAKE_MAX_ATTEMPTS  10

/* ms; no buyer waits longer */
#define NGX_HTTP_PANCAKE_MAX_DEADLINE  600000


char *
ngx_http_pancake_conf_checkout(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_http_core_loc_conf_t  *clcf;

    if (plcf->nactions) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        plcf->actions[i - 1] = pancake_action(&value[i]);

        if (plcf->actions[i - 1] == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown action \"%V\" in \"%V\" directive, "
                               "it must be \"create-session\" or "
                               "\"create-order\"", &value[i], &cmd->name);
            return NGX_CONF_ERROR;
        }
    }

    if (cf->args->nelts == 3
        && (!(plcf->actions[0]->flags & PANCAKE_ACTION_SESSION)
            || pancake_field(plcf->actions[1]->fields,
                             &pancake_session_field)
               == NULL))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "action \"%V\" cannot follow \"%V\" in \"%V\" "
                           "directive, two actions must be \"create-session "
                           "create-order\"", &value[2], &value[1],
                           &cmd->name);
        return NGX_CONF_ERROR;
    }

    plcf->nactions = cf->args->nelts - 1;
    ngx_http_pancake_conf_place(cf, &plcf->place);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    plcf->other_handler = (clcf->handler != NULL);
    clcf->handler = ngx_http_pancake_flow_handler;

    return NGX_CONF_OK;
}


char *
ngx_http_pancake_conf_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    u_char     *p, *last;
    ngx_str_t  *value;

    if (plcf->api.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    last = value[1].data + value[1].len;

    for (p = value[1].data; p < last; p++) {
        if (*p <= 0x20 || *p >= 0x7f || *p == '?' || *p == '#' || *p == '%') {
            break;
        }
    }

    if (p < last || value[1].len < 2 || value[1].data[0] != '/'
        || last[-1] == '/')
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid URI prefix \"%V\" in \"%V\" directive, it "
                           "must begin and not end with \"/\" and have no "
                           "arguments", &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    plcf->api = value[1];

    return NGX_CONF_OK;
}


char *
ngx_http_pancake_conf_redirect_hosts(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    u_char      c;
    size_t      n;
    ngx_str_t  *value, *host;
    ngx_uint_t  i;

    if (plcf->redirect_hosts) {
        return "is duplicate";
    }

    value = cf->args->elts;

    plcf->redirect_hosts = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                            sizeof(ngx_str_t));
    if (plcf->redirect_hosts == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        for (n = 0; n < value[i].len; n++) {
            c = value[i].data[n];

            if ((c < '0' || c > '9') && (c < 'a' || c > 'z')
                && c != '-' && c != '.')
            {
                break;
            }
        }

        if (n < value[i].len || n == 0 || value[i].data[0] == '.'
            || value[i].data[n - 1] == '.')
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid host \"%V\" in \"%V\" directive, it "
                               "must be a host name in small letters without "
                               "scheme, port and wildcard",
                               &value[i], &cmd->name);
            return NGX_CONF_ERROR;
        }

        host = ngx_array_push(plcf->redirect_hosts);
        if (host == NULL) {
            return NGX_CONF_ERROR;
        }

        *host = value[i];
    }

    return NGX_CONF_OK;
}


char *
ngx_http_pancake_conf_idempotency_key(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    ngx_str_t                         *value;
    ngx_http_compile_complex_value_t   ccv;

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

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[1];
    ccv.complex_value = plcf->idempotency_key;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
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

    if (pancake_word_listed("$remote_addr $binary_remote_addr "
                            "$realip_remote_addr $http_user_agent",
                            &value[1]))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" in \"%V\" directive does not tell buyers "
                           "behind one address or with one browser apart, use "
                           "a variable such as $cookie_NAME",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_pancake_conf_literal(cf->pool, &value[1],
                                      &plcf->idempotency_text)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* what is left of a text with variables when these are empty */

static ngx_int_t
ngx_http_pancake_conf_literal(ngx_pool_t *pool, ngx_str_t *text,
    ngx_str_t *literal)
{
    u_char  c, *p, *last;

    p = text->data;
    last = p + text->len;

    literal->len = 0;
    literal->data = ngx_pnalloc(pool, text->len);
    if (literal->data == NULL) {
        return NGX_ERROR;
    }

    while (p < last) {

        if (*p != '$') {
            literal->data[literal->len++] = *p++;
            continue;
        }

        p++;

        if (p < last && *p == '{') {
            while (p < last && *p++ != '}') { /* void */ }
            continue;
        }

        for ( /* void */ ; p < last; p++) {
            c = *p;

            if ((c < '0' || c > '9') && (c < 'A' || c > 'Z')
                && (c < 'a' || c > 'z') && c != '_')
            {
                break;
            }
        }
    }

    return NGX_OK;
}


char *
ngx_http_pancake_conf_idempotency_secret(ngx_conf_t *cf, ngx_command_t *cmd,
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
ngx_http_pancake_conf_window(ngx_conf_t *cf, void *post, void *data)
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
ngx_http_pancake_conf_retry(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
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
        if (!ngx_http_pancake_conf_time(&value[i], "backoff=",
                                        &retry->backoff)
            && !ngx_http_pancake_conf_time(&value[i], "deadline=",
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

    return ngx_http_pancake_conf_retry_fits(cf, cmd, retry);
}


/* the defaults are the API's own policy: contract.md section 1 */

static char *
ngx_http_pancake_conf_retry_fits(ngx_conf_t *cf, ngx_command_t *cmd,
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
ngx_http_pancake_conf_time(ngx_str_t *value, const char *name,
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


char *
ngx_http_pancake_conf_require(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    ngx_str_t                         *value;
    ngx_uint_t                         i;
    ngx_http_complex_value_t          *cv;
    ngx_http_compile_complex_value_t   ccv;

    if (plcf->require_elsewhere != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    plcf->require = NULL;

    if (cf->args->nelts == 2 && value[1].len == 2
        && ngx_strncmp(value[1].data, "on", 2) == 0)
    {
        plcf->require_elsewhere = 1;
        return NGX_CONF_OK;
    }

    plcf->require_elsewhere = 0;

    plcf->require = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                     sizeof(ngx_http_complex_value_t));
    if (plcf->require == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        cv = ngx_array_push(plcf->require);
        if (cv == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

        ccv.cf = cf;
        ccv.value = &value[i];
        ccv.complex_value = cv;

        if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        if (cv->lengths == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "constant \"%V\" in \"%V\" directive is the "
                               "same for everybody, use a variable, or \"on\" "
                               "alone when access is controlled elsewhere",
                               &value[i], &cmd->name);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


void
ngx_http_pancake_conf_place(ngx_conf_t *cf, ngx_http_pancake_place_t *place)
{
    if (cf->conf_file) {
        place->file = cf->conf_file->file.name;
        place->line = cf->conf_file->line;
    }
}


/* nginx's slots, but for their message, which names no directive */

char *
ngx_http_pancake_conf_enum(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (!ngx_http_pancake_conf_word(cf, cmd, &value[1])) {
        return NGX_CONF_ERROR;
    }

    return ngx_conf_set_enum_slot(cf, cmd, conf);
}


char *
ngx_http_pancake_conf_bitmask(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (!ngx_http_pancake_conf_word(cf, cmd, &value[i])) {
            return NGX_CONF_ERROR;
        }
    }

    return ngx_conf_set_bitmask_slot(cf, cmd, conf);
}


/* 1 when the command's table has the word, which it then may compare */

static ngx_uint_t
ngx_http_pancake_conf_word(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *value)
{
    u_char            words[NGX_MAX_CONF_ERRSTR], *p, *last;
    ngx_conf_enum_t  *e;

    p = words;
    last = words + NGX_MAX_CONF_ERRSTR;

    for (e = cmd->post; e->name.len; e++) {

        if (e->name.len == value->len
            && ngx_strcasecmp(e->name.data, value->data) == 0)
        {
            return 1;
        }

        p = ngx_slprintf(p, last, "%s\"%V\"",
                         p == words ? "" : e[1].name.len ? ", " : " or ",
                         &e->name);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" in \"%V\" directive, it must be "
                       "%*s", value, &cmd->name, (size_t) (p - words), words);

    return 0;
}

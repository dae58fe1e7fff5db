
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_conf.h"
#include "ngx_http_pancake_flow.h"


static void ngx_http_pancake_conf_unknown(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *name);
static ngx_uint_t ngx_http_pancake_conf_word(ngx_conf_t *cf,
    ngx_command_t *cmd, ngx_str_t *value);


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
            ngx_http_pancake_conf_unknown(cf, cmd, &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    if (cf->args->nelts == 3
        && (!(plcf->actions[0]->flags & PANCAKE_ACTION_SESSION)
            || !(plcf->actions[1]->flags & PANCAKE_ACTION_CHECKOUT)
            || pancake_field(plcf->actions[1]->fields,
                             &pancake_session_field)
               == NULL))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "action \"%V\" cannot follow \"%V\" in \"%V\" "
                           "directive, two actions must be \"create-session\""
                           " and \"create-order\" or "
                           "\"create-subscription\"", &value[2], &value[1],
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


static void
ngx_http_pancake_conf_unknown(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *name)
{
    u_char                   names[NGX_MAX_CONF_ERRSTR], *p, *last;
    const pancake_action_t  *action;

    p = names;
    last = names + NGX_MAX_CONF_ERRSTR;

    for (action = pancake_actions; action->name.len; action++) {
        p = ngx_slprintf(p, last, "%s\"%V\"",
                         p == names ? "" : action[1].name.len ? ", " : " or ",
                         &action->name);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown action \"%V\" in \"%V\" directive, it must "
                       "be %*s", name, &cmd->name, (size_t) (p - names),
                       names);
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

    if (plcf->redirect.hosts) {
        return "is duplicate";
    }

    value = cf->args->elts;

    plcf->redirect.hosts = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                            sizeof(ngx_str_t));
    if (plcf->redirect.hosts == NULL) {
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

        host = ngx_array_push(plcf->redirect.hosts);
        if (host == NULL) {
            return NGX_CONF_ERROR;
        }

        *host = value[i];
    }

    return NGX_CONF_OK;
}


char *
ngx_http_pancake_conf_require(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_http_complex_value_t  *cv;

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

        if (ngx_http_pancake_conf_compile(cf, &value[i], cv)
            != NGX_OK)
        {
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


ngx_int_t
ngx_http_pancake_conf_compile(ngx_conf_t *cf, ngx_str_t *text,
    ngx_http_complex_value_t *value)
{
    ngx_http_compile_complex_value_t  ccv;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = text;
    ccv.complex_value = value;

    return ngx_http_compile_complex_value(&ccv);
}


ngx_int_t
ngx_http_pancake_conf_file(ngx_conf_t *cf, ngx_str_t *name, size_t max,
    ngx_str_t *text)
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

    /* without O_NONBLOCK a named pipe would stop nginx here for good */

    file.fd = ngx_open_file(path.data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                            NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", &path);
        return NGX_ERROR;
    }

    /* one more than allowed, to see that there is more */

    text->data = ngx_pnalloc(cf->pool, max + 1);

    n = text->data ? ngx_read_file(&file, text->data, max + 1, 0)
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


ngx_shm_zone_t *
ngx_http_pancake_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd, size_t min,
    void *tag)
{
    ssize_t     size;
    ngx_str_t  *value;

    value = cf->args->elts;

    size = ngx_parse_size(&value[2]);

    if (size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone size \"%V\" in \"%V\" directive",
                           &value[2], &cmd->name);
        return NULL;
    }

    if (value[1].len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone name \"%V\" in \"%V\" directive",
                           &value[1], &cmd->name);
        return NULL;
    }

    if ((size_t) size < min) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "zone \"%V\" in \"%V\" directive is too small, it "
                           "needs at least %uzk", &value[1], &cmd->name,
                           (min + 1023) / 1024);
        return NULL;
    }

    return ngx_shared_memory_add(cf, &value[1], size, tag);
}


void
ngx_http_pancake_conf_place(ngx_conf_t *cf, ngx_http_pancake_place_t *place)
{
    if (cf->conf_file) {
        place->file = cf->conf_file->file.name;
        place->line = cf->conf_file->line;
    }
}


/* merging happens long after the directive's line was read */

void ngx_cdecl
ngx_http_pancake_conf_log(ngx_uint_t level, ngx_conf_t *cf,
    ngx_http_pancake_place_t *place, const char *fmt, ...)
{
    u_char   errstr[NGX_MAX_CONF_ERRSTR], *p, *last;
    va_list  args;

    last = errstr + NGX_MAX_CONF_ERRSTR;

    va_start(args, fmt);
    p = ngx_vslprintf(errstr, last, fmt, args);
    va_end(args);

    ngx_log_error(level, cf->log, 0, "%*s in %V:%ui",
                  (size_t) (p - errstr), errstr, &place->file, place->line);
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

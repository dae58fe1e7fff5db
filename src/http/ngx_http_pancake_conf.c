
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_conf.h"
#include "ngx_http_pancake_flow.h"
#include "ngx_http_pancake_secret.h"


/* shorter secrets could be guessed */
#define NGX_HTTP_PANCAKE_MIN_SECRET   16


static ngx_http_pancake_credential_t *ngx_http_pancake_conf_credential(
    ngx_conf_t *cf, ngx_http_pancake_loc_conf_t *plcf);
static const pancake_field_t *ngx_http_pancake_conf_field(ngx_str_t *path);
static void ngx_http_pancake_conf_place(ngx_conf_t *cf,
    ngx_http_pancake_place_t *place);


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
ngx_http_pancake_conf_merchant_id(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    u_char      c;
    size_t      i;
    ngx_str_t  *value;

    if (plcf->merchant_id.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 0; i < value[1].len; i++) {
        c = value[1].data[i];

        if ((c < '0' || c > '9') && (c < 'A' || c > 'Z')
            && (c < 'a' || c > 'z') && c != '_')
        {
            break;
        }
    }

    if (i < value[1].len || i < 5
        || ngx_strncmp(value[1].data, "MER_", 4) != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid merchant id \"%V\" in \"%V\" directive, "
                           "it must be \"MER_\" and letters or digits",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    /* older documents show ids of 16 (contract.md section 10, row 7) */

    if (!pancake_check_short_id(&value[1], "MER_", 0)) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "merchant id \"%V\" in \"%V\" directive has not 22 "
                           "letters or digits after \"MER_\"",
                           &value[1], &cmd->name);
    }

    plcf->merchant_id = value[1];

    return NGX_CONF_OK;
}


/* the level's credential; one of a kind, never two */

static ngx_http_pancake_credential_t *
ngx_http_pancake_conf_credential(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf)
{
    ngx_http_pancake_credential_t  *cred;

    if (plcf->credential) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"pancake_private_key\" and "
                           "\"pancake_store_slug\" are two credentials, "
                           "remove one of them or move it to another level");
        return NULL;
    }

    cred = ngx_pcalloc(cf->pool, sizeof(ngx_http_pancake_credential_t));
    if (cred == NULL) {
        return NULL;
    }

    ngx_http_pancake_conf_place(cf, &cred->place);
    plcf->credential = cred;

    return cred;
}


char *
ngx_http_pancake_conf_private_key(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    ngx_int_t                       rc;
    ngx_str_t                      *value, text, label;
    const char                     *error;
    ngx_http_pancake_credential_t  *cred;

    if (plcf->credential && plcf->credential->key) {
        return "is duplicate";
    }

    cred = ngx_http_pancake_conf_credential(cf, plcf);
    if (cred == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    if (ngx_http_pancake_secret_read(cf, &value[1], &text) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    rc = pancake_key_read(cf->pool, &text, &cred->key, &error);

    /* what the key was read from is not needed again */

    ngx_explicit_memzero(text.data, text.len);

    if (rc == NGX_DECLINED) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "private key \"%V\" %s", &value[1], error);
        return NGX_CONF_ERROR;
    }

    if (rc != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    cred->secret.len = 32;
    cred->secret.data = ngx_http_pancake_secret_alloc(cf->pool, 32);
    if (cred->secret.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_str_set(&label, "pancake checkout idempotency 1");

    if (pancake_key_derive(cred->key, &label, cred->secret.data) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_pancake_conf_store_slug(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    size_t                          i;
    u_char                          c;
    ngx_str_t                      *value;
    ngx_http_pancake_credential_t  *cred;

    if (plcf->credential && plcf->credential->slug.len) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 0; i < value[1].len; i++) {
        c = value[1].data[i];

        if ((c < '0' || c > '9') && (c < 'a' || c > 'z') && c != '-') {
            break;
        }
    }

    if (i < value[1].len || i == 0 || i > 128) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid store slug \"%V\" in \"%V\" directive, it "
                           "must be small letters, digits and hyphens",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    if (!pancake_word_listed("test prod", &value[2])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid environment \"%V\" in \"%V\" directive, "
                           "it must be \"test\" or \"prod\"",
                           &value[2], &cmd->name);
        return NGX_CONF_ERROR;
    }

    cred = ngx_http_pancake_conf_credential(cf, plcf);
    if (cred == NULL) {
        return NGX_CONF_ERROR;
    }

    cred->slug = value[1];
    cred->environment = value[2];

    return NGX_CONF_OK;
}


/*
 * The row of a path that somebody may set, from any action: a directive at
 * http level does not know yet which actions it will serve.
 */

static const pancake_field_t *
ngx_http_pancake_conf_field(ngx_str_t *path)
{
    const pancake_field_t   *field, *found;
    const pancake_action_t  *action;

    found = NULL;

    for (action = pancake_actions; action->name.len; action++) {

        field = pancake_field_find(action, path);

        if (field && (found == NULL || found->owner == PANCAKE_OWNER_NOBODY))
        {
            found = field;
        }
    }

    return found;
}


char *
ngx_http_pancake_conf_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    ngx_str_t                         *value;
    ngx_uint_t                         i;
    const pancake_field_t             *field;
    ngx_http_pancake_set_t            *set;
    ngx_http_compile_complex_value_t   ccv;

    value = cf->args->elts;

    field = ngx_http_pancake_conf_field(&value[1]);

    if (field == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown field \"%V\" in \"%V\" directive",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    if (field->owner == PANCAKE_OWNER_EDGE
        || field->owner == PANCAKE_OWNER_NOBODY)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "field \"%V\" cannot be set by \"%V\" directive, "
                           "it %s", &value[1], &cmd->name,
                           field->owner == PANCAKE_OWNER_EDGE
                               ? "is the client address and set by nginx"
                               : field->hint);
        return NGX_CONF_ERROR;
    }

    if (field->kind == PANCAKE_KIND_OBJECT
        || (field->kind == PANCAKE_KIND_MAP
            && ngx_strlchr(value[1].data, value[1].data + value[1].len, '.')
               == NULL))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "field \"%V\" in \"%V\" directive is an object, "
                           "set its members one by one as \"%V.NAME\"",
                           &value[1], &cmd->name, &value[1]);
        return NGX_CONF_ERROR;
    }

    if (plcf->sets == NULL) {
        plcf->sets = ngx_array_create(cf->pool, 4,
                                      sizeof(ngx_http_pancake_set_t));
        if (plcf->sets == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    set = plcf->sets->elts;

    for (i = 0; i < plcf->sets->nelts; i++) {
        if (set[i].field.len == value[1].len
            && ngx_strncmp(set[i].field.data, value[1].data, value[1].len)
               == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "field \"%V\" in \"%V\" directive is duplicate",
                               &value[1], &cmd->name);
            return NGX_CONF_ERROR;
        }
    }

    set = ngx_array_push(plcf->sets);
    if (set == NULL) {
        return NGX_CONF_ERROR;
    }

    set->field = value[1];
    ngx_http_pancake_conf_place(cf, &set->place);

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[2];
    ccv.complex_value = &set->value;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_pancake_conf_accept(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    ngx_str_t              *value, *path;
    ngx_uint_t              i;
    const pancake_field_t  *field;

    value = cf->args->elts;

    if (plcf->accept == NULL) {
        plcf->accept = ngx_array_create(cf->pool, 4, sizeof(ngx_str_t));
        if (plcf->accept == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    for (i = 1; i < cf->args->nelts; i++) {

        field = ngx_http_pancake_conf_field(&value[i]);

        if (field == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown field \"%V\" in \"%V\" directive",
                               &value[i], &cmd->name);
            return NGX_CONF_ERROR;
        }

        if (field->owner == PANCAKE_OWNER_EDGE
            || field->owner == PANCAKE_OWNER_NOBODY)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "field \"%V\" in \"%V\" directive cannot be "
                               "taken from a buyer, it %s", &value[i],
                               &cmd->name,
                               field->owner == PANCAKE_OWNER_EDGE
                                   ? "is the client address and set by nginx"
                                   : field->hint);
            return NGX_CONF_ERROR;
        }

        if (field->risk) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "\"%V\" lets every buyer set \"%V\": %s",
                               &cmd->name, &value[i], field->risk);
        }

        path = ngx_array_push(plcf->accept);
        if (path == NULL) {
            return NGX_CONF_ERROR;
        }

        *path = value[i];
    }

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

    return NGX_CONF_OK;
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
    }

    return NGX_CONF_OK;
}


static void
ngx_http_pancake_conf_place(ngx_conf_t *cf, ngx_http_pancake_place_t *place)
{
    if (cf->conf_file) {
        place->file = cf->conf_file->file.name;
        place->line = cf->conf_file->line;
    }
}

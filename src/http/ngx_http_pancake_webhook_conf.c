
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_conf.h"
#include "ngx_http_pancake_counters.h"
#include "ngx_http_pancake_webhook.h"
#include "ngx_http_pancake_webhook_zone.h"
#include "pancake_rules.h"


/*
 * ms.  Retries keep the timestamp of the first attempt, and some came over
 * half an hour after it (contract.md section 8).
 */
#define NGX_HTTP_PANCAKE_WEBHOOK_TOLERANCE       (45 * 60 * 1000)
#define NGX_HTTP_PANCAKE_WEBHOOK_FUTURE          (60 * 1000)

#define NGX_HTTP_PANCAKE_WEBHOOK_MAX_TOLERANCE   (24 * 3600 * 1000)
#define NGX_HTTP_PANCAKE_WEBHOOK_MAX_FUTURE      (3600 * 1000)

/* bytes of a file with a public key */
#define NGX_HTTP_PANCAKE_WEBHOOK_MAX_KEY         16384


static char *ngx_http_pancake_webhook_param(ngx_conf_t *cf,
    ngx_command_t *cmd, ngx_http_pancake_webhook_conf_t *whcf,
    ngx_str_t *value);
static char *ngx_http_pancake_webhook_store(ngx_conf_t *cf,
    ngx_command_t *cmd, ngx_http_pancake_webhook_conf_t *whcf,
    ngx_str_t *id);
static ngx_int_t ngx_http_pancake_webhook_time(ngx_str_t *value,
    const char *name, ngx_msec_t max, ngx_msec_t *time);
static char *ngx_http_pancake_webhook_key(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_http_pancake_webhook_conf_t *whcf, ngx_str_t *name);
static pancake_key_t *ngx_http_pancake_webhook_key_file(ngx_conf_t *cf,
    ngx_command_t *cmd, ngx_str_t *name);
static ngx_int_t ngx_http_pancake_webhook_defaults(ngx_conf_t *cf,
    ngx_http_pancake_webhook_conf_t *whcf);
static void ngx_http_pancake_webhook_stores(ngx_conf_t *cf,
    ngx_http_pancake_webhook_conf_t *whcf);
static ngx_int_t ngx_http_pancake_webhook_scope(ngx_conf_t *cf,
    ngx_http_pancake_webhook_conf_t *whcf);


/*
 * "test|prod [store=id]... [tolerance=time] [future=time]
 * [key=file|builtin]... | off"
 */

char *
ngx_http_pancake_webhook(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    char                             *rv;
    ngx_str_t                        *value;
    ngx_uint_t                        i;
    ngx_http_pancake_webhook_conf_t  *whcf;

    if (plcf->webhook) {
        return "is duplicate";
    }

    whcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_pancake_webhook_conf_t));
    if (whcf == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_array_init(&whcf->stores, cf->pool, 1, sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    plcf->webhook = whcf;
    ngx_http_pancake_conf_place(cf, &whcf->place);

    value = cf->args->elts;

    if (cf->args->nelts == 2 && value[1].len == 3
        && ngx_strncmp(value[1].data, "off", 3) == 0)
    {
        return NGX_CONF_OK;
    }

    if (!pancake_word_listed("test prod", &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid environment \"%V\" in \"%V\" directive, "
                           "it must be \"test\" or \"prod\", or \"off\" alone",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    whcf->keys.environment = (value[1].data[0] == 'p') ? PANCAKE_WEBHOOK_PROD
                                                       : PANCAKE_WEBHOOK_TEST;

    for (i = 2; i < cf->args->nelts; i++) {

        rv = ngx_http_pancake_webhook_param(cf, cmd, whcf, &value[i]);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    return (ngx_http_pancake_webhook_defaults(cf, whcf) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
ngx_http_pancake_webhook_param(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_http_pancake_webhook_conf_t *whcf, ngx_str_t *value)
{
    ngx_str_t  name;

    if (value->len > 4 && ngx_strncmp(value->data, "key=", 4) == 0) {
        name.data = value->data + 4;
        name.len = value->len - 4;

        return ngx_http_pancake_webhook_key(cf, cmd, whcf, &name);
    }

    if (value->len > 6 && ngx_strncmp(value->data, "store=", 6) == 0) {
        name.data = value->data + 6;
        name.len = value->len - 6;

        return ngx_http_pancake_webhook_store(cf, cmd, whcf, &name);
    }

    if (ngx_http_pancake_webhook_time(value, "tolerance=",
                                      NGX_HTTP_PANCAKE_WEBHOOK_MAX_TOLERANCE,
                                      &whcf->tolerance)
        != NGX_OK
        && ngx_http_pancake_webhook_time(value, "future=",
                                         NGX_HTTP_PANCAKE_WEBHOOK_MAX_FUTURE,
                                         &whcf->future)
           != NGX_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" in \"%V\" directive, it "
                           "must be \"tolerance=time\" of 1s to 1d or "
                           "\"future=time\" of 1s to 1h, once, or "
                           "\"store=id\", \"key=file\" or \"key=builtin\"",
                           value, &cmd->name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_pancake_webhook_store(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_http_pancake_webhook_conf_t *whcf, ngx_str_t *id)
{
    ngx_str_t  *store;

    if (!pancake_check_short_id(id, "STO_", 0)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid store \"%V\" in \"%V\" directive, it must "
                           "be STO_ and 22 letters or digits", id,
                           &cmd->name);
        return NGX_CONF_ERROR;
    }

    store = ngx_array_push(&whcf->stores);
    if (store == NULL) {
        return NGX_CONF_ERROR;
    }

    *store = *id;

    return NGX_CONF_OK;
}


/* NGX_DECLINED when it is another one, is there already or out of bounds */

static ngx_int_t
ngx_http_pancake_webhook_time(ngx_str_t *value, const char *name,
    ngx_msec_t max, ngx_msec_t *time)
{
    size_t     len;
    ngx_int_t  n;
    ngx_str_t  text;

    len = ngx_strlen(name);

    if (*time || value->len <= len
        || ngx_strncmp(value->data, name, len) != 0)
    {
        return NGX_DECLINED;
    }

    text.data = value->data + len;
    text.len = value->len - len;

    n = ngx_parse_time(&text, 0);

    if (n < 1000 || n > (ngx_int_t) max) {
        return NGX_DECLINED;
    }

    *time = n;

    return NGX_OK;
}


static char *
ngx_http_pancake_webhook_key(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_http_pancake_webhook_conf_t *whcf, ngx_str_t *name)
{
    ngx_uint_t               i;
    pancake_key_t           *key;
    pancake_webhook_keys_t  *keys;

    keys = &whcf->keys;

    if (keys->nkeys == PANCAKE_WEBHOOK_MAX_KEYS) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" directive has more than two keys, remove "
                           "those that nothing is signed with", &cmd->name);
        return NGX_CONF_ERROR;
    }

    if (name->len == 7 && ngx_strncmp(name->data, "builtin", 7) == 0) {
        key = pancake_webhook_key_builtin(cf->pool, keys->environment);

    } else {
        key = ngx_http_pancake_webhook_key_file(cf, cmd, name);
    }

    if (key == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < keys->nkeys; i++) {
        if (pancake_webhook_key_equal(keys->keys[i], key)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"key=%V\" in \"%V\" directive is the same "
                               "key again", name, &cmd->name);
            return NGX_CONF_ERROR;
        }
    }

    keys->keys[keys->nkeys++] = key;

    return NGX_CONF_OK;
}


static pancake_key_t *
ngx_http_pancake_webhook_key_file(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *name)
{
    ngx_int_t       rc;
    ngx_str_t       text;
    const char     *fault;
    pancake_key_t  *key;

    key = NULL;

    if (ngx_http_pancake_conf_file(cf, name, NGX_HTTP_PANCAKE_WEBHOOK_MAX_KEY,
                                   &text)
        != NGX_OK)
    {
        return NULL;
    }

    if (text.len > NGX_HTTP_PANCAKE_WEBHOOK_MAX_KEY) {
        rc = NGX_DECLINED;
        fault = "has more than 16384 bytes";

    } else {
        rc = pancake_webhook_key_read(cf->pool, &text, &key, &fault);
    }

    if (rc == NGX_DECLINED) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "public key \"%V\" in \"%V\" directive %s",
                           name, &cmd->name, fault);
    }

    return key;
}


static ngx_int_t
ngx_http_pancake_webhook_defaults(ngx_conf_t *cf,
    ngx_http_pancake_webhook_conf_t *whcf)
{
    ngx_uint_t               i;
    pancake_key_t           *key;
    pancake_webhook_keys_t  *keys;

    keys = &whcf->keys;

    if (whcf->tolerance == 0) {
        whcf->tolerance = NGX_HTTP_PANCAKE_WEBHOOK_TOLERANCE;
    }

    if (whcf->future == 0) {
        whcf->future = NGX_HTTP_PANCAKE_WEBHOOK_FUTURE;
    }

    key = pancake_webhook_key_builtin(cf->pool, keys->environment);

    keys->other = pancake_webhook_key_builtin(cf->pool,
                                 keys->environment == PANCAKE_WEBHOOK_PROD
                                     ? PANCAKE_WEBHOOK_TEST
                                     : PANCAKE_WEBHOOK_PROD);

    if (key == NULL || keys->other == NULL) {
        return NGX_ERROR;
    }

    if (keys->nkeys == 0) {
        keys->keys[keys->nkeys++] = key;
    }

    for (i = 0; i < keys->nkeys; i++) {
        if (pancake_webhook_key_equal(keys->keys[i], key)) {
            return NGX_OK;
        }
    }

    keys->replaced = key;

    return NGX_OK;
}


ngx_int_t
ngx_http_pancake_webhook_merge(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *prev, ngx_http_pancake_loc_conf_t *conf)
{
    ngx_http_pancake_main_conf_t      *pmcf;
    ngx_http_pancake_webhook_conf_t  **whcf;

    if (conf->webhook == NULL) {
        conf->webhook = prev->webhook;

    } else if (conf->webhook->keys.nkeys) {

        pmcf = ngx_http_conf_get_module_main_conf(cf,
                                            ngx_http_pancake_checkout_module);

        whcf = ngx_array_push(&pmcf->webhooks);
        if (whcf == NULL) {
            return NGX_ERROR;
        }

        *whcf = conf->webhook;

        ngx_http_pancake_webhook_stores(cf, conf->webhook);

        if (ngx_http_pancake_webhook_scope(cf, conf->webhook) != NGX_OK
            || ngx_http_pancake_counters_webhook(cf,
                   conf->webhook->keys.environment == PANCAKE_WEBHOOK_PROD
                       ? "webhook prod" : "webhook test",
                   &conf->webhook->counted)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (conf->nactions && conf->webhook && conf->webhook->keys.nkeys) {
        ngx_http_pancake_conf_log(NGX_LOG_EMERG, cf, &conf->place,
            "\"pancake_checkout\" answers buyers, and \"pancake_webhook\" "
            "lets in the platform alone: use another location, or "
            "\"pancake_webhook off\" in a nested one");
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* where money is: the platform signs for all merchants with one key */

static void
ngx_http_pancake_webhook_stores(ngx_conf_t *cf,
    ngx_http_pancake_webhook_conf_t *whcf)
{
    if (whcf->keys.environment == PANCAKE_WEBHOOK_PROD
        && whcf->stores.nelts == 0)
    {
        ngx_http_pancake_conf_log(NGX_LOG_WARN, cf, &whcf->place,
            "\"pancake_webhook\" takes events of every merchant's stores, "
            "name yours: \"store=STO_...\"");
    }
}


/*
 * The same after a reload, and on every worker; no name in a configuration has
 * a zero byte.
 */

static ngx_int_t
ngx_http_pancake_webhook_scope(ngx_conf_t *cf,
    ngx_http_pancake_webhook_conf_t *whcf)
{
    size_t                     len;
    u_char                    *p;
    ngx_http_core_loc_conf_t  *clcf;
    ngx_http_core_srv_conf_t  *cscf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    len = sizeof("test") + cscf->server_name.len + 1 + clcf->name.len + 1;

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    whcf->scope.len = len;
    whcf->scope.data = p;

    ngx_sprintf(p, "%s%Z%V%Z%V%Z",
                whcf->keys.environment == PANCAKE_WEBHOOK_PROD ? "prod"
                                                               : "test",
                &cscf->server_name, &clcf->name);

    return NGX_OK;
}


ngx_int_t
ngx_http_pancake_webhook_init(ngx_conf_t *cf)
{
    ngx_msec_t                         window;
    ngx_uint_t                         i;
    ngx_http_pancake_main_conf_t      *pmcf;
    ngx_http_pancake_webhook_conf_t  **whcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf,
                                            ngx_http_pancake_checkout_module);

    ngx_http_pancake_webhook_filters();

    if (pmcf->webhooks.nelts == 0) {
        return NGX_OK;
    }

    if (pmcf->webhook_zone) {
        window = 0;
        whcf = pmcf->webhooks.elts;

        for (i = 0; i < pmcf->webhooks.nelts; i++) {
            window = ngx_max(window, whcf[i]->tolerance + whcf[i]->future);
        }

        ngx_http_pancake_webhook_zone_check(cf, pmcf->webhook_zone, window);
    }

    return ngx_http_pancake_webhook_guard(cf);
}

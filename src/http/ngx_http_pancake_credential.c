
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_conf.h"
#include "ngx_http_pancake_credential.h"
#include "ngx_http_pancake_secret.h"


/* bytes of a session token; a header field has to carry it */
#define NGX_HTTP_PANCAKE_MAX_TOKEN   4096


static ngx_http_pancake_credential_t *ngx_http_pancake_credential_add(
    ngx_conf_t *cf, ngx_http_pancake_loc_conf_t *plcf);


char *
ngx_http_pancake_credential_merchant(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    ngx_str_t  *value;

    if (plcf->merchant_id.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (!pancake_check_name(&value[1], "_", NGX_MAX_CONF_ERRSTR)
        || value[1].len < 5 || ngx_strncmp(value[1].data, "MER_", 4) != 0)
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


char *
ngx_http_pancake_credential_key(ngx_conf_t *cf, ngx_command_t *cmd,
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

    cred = ngx_http_pancake_credential_add(cf, plcf);
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

    cred->signer = pancake_signer_create(cf->pool, cred->key);
    if (cred->signer == NULL) {
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
ngx_http_pancake_credential_slug(ngx_conf_t *cf, ngx_command_t *cmd,
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

    cred = ngx_http_pancake_credential_add(cf, plcf);
    if (cred == NULL) {
        return NGX_CONF_ERROR;
    }

    cred->slug = value[1];
    cred->environment = value[2];

    cred->store.len = value[1].len + 1 + value[2].len;
    cred->store.data = ngx_pnalloc(cf->pool, cred->store.len);
    if (cred->store.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_sprintf(cred->store.data, "%V:%V", &value[1], &value[2]);

    return NGX_CONF_OK;
}


char *
ngx_http_pancake_credential_bearer(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    ngx_str_t  *value;

    if (plcf->bearer) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 3) {

        if (!pancake_word_listed("test prod", &value[2])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid environment \"%V\" in \"%V\" "
                               "directive, it must be \"test\" or \"prod\"",
                               &value[2], &cmd->name);
            return NGX_CONF_ERROR;
        }

        plcf->bearer_environment = value[2];
    }

    plcf->bearer = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (plcf->bearer == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_pancake_conf_compile(cf, &value[1], plcf->bearer) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (plcf->bearer->lengths == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "constant in \"%V\" directive would be one token "
                           "for all customers, use a variable", &cmd->name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_pancake_credential_merge(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *prev, ngx_http_pancake_loc_conf_t *conf)
{
    ngx_http_pancake_credential_t  *cred, *instead;

    if (conf->credential == NULL) {
        conf->credential = prev->credential;

        /* nobody has merged the outermost level into a credential */

        if (conf->bearer == NULL
            && !(prev->credential && prev->credential->bearer))
        {
            conf->bearer = prev->bearer;
            conf->bearer_environment = prev->bearer_environment;
        }
    }

    if (conf->bearer == NULL) {
        return NGX_OK;
    }

    instead = conf->credential;

    cred = ngx_pcalloc(cf->pool, sizeof(ngx_http_pancake_credential_t));
    if (cred == NULL) {
        return NGX_ERROR;
    }

    cred->bearer = conf->bearer;
    cred->environment = conf->bearer_environment;

    if (instead) {
        cred->secret = instead->secret;

        if (cred->environment.len == 0) {
            cred->environment = instead->environment;
        }
    }

    conf->credential = cred;

    return NGX_OK;
}


ngx_int_t
ngx_http_pancake_credential_token(ngx_http_request_t *r, ngx_str_t *value,
    ngx_http_pancake_refusal_t *refusal)
{
    u_char                       *p;
    ngx_str_t                     token, bare;
    ngx_http_pancake_loc_conf_t  *plcf;

    ngx_str_null(value);

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    if (plcf->credential->bearer == NULL) {
        return NGX_OK;
    }

    if (ngx_http_complex_value(r, plcf->credential->bearer, &token) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* a variable may hold a whole Authorization field */

    if (token.len > 7
        && ngx_strncasecmp(token.data, (u_char *) "Bearer ", 7) == 0)
    {
        token.data += 7;
        token.len -= 7;
    }

    /* RFC 6750, section 2.1: any "=" are at the end */

    bare = token;

    while (bare.len && bare.data[bare.len - 1] == '=') {
        bare.len--;
    }

    if (token.len > NGX_HTTP_PANCAKE_MAX_TOKEN
        || !pancake_check_name(&bare, "-._~+/", NGX_HTTP_PANCAKE_MAX_TOKEN))
    {
        ngx_memzero(refusal, sizeof(ngx_http_pancake_refusal_t));
        refusal->error = NGX_HTTP_PANCAKE_E_TOKEN;

        return NGX_DECLINED;
    }

    p = ngx_pnalloc(r->pool, sizeof("Bearer ") - 1 + token.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value->data = p;
    value->len = sizeof("Bearer ") - 1 + token.len;

    p = ngx_cpymem(p, "Bearer ", sizeof("Bearer ") - 1);
    ngx_memcpy(p, token.data, token.len);

    return NGX_OK;
}


/* the level's credential; one of a kind, never two */

static ngx_http_pancake_credential_t *
ngx_http_pancake_credential_add(ngx_conf_t *cf,
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

    plcf->credential = cred;

    return cred;
}

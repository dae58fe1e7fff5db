
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_check.h"
#include "ngx_http_pancake_check_fields.h"
#include "ngx_http_pancake_conf.h"
#include "ngx_http_pancake_flow.h"


static ngx_int_t ngx_http_pancake_check_handler(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf);
static ngx_int_t ngx_http_pancake_check_credential(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf);
static ngx_int_t ngx_http_pancake_check_actions(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf);
static ngx_int_t ngx_http_pancake_check_beside(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf);
static ngx_int_t ngx_http_pancake_check_orders(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf);


ngx_int_t
ngx_http_pancake_check(ngx_conf_t *cf, ngx_http_pancake_loc_conf_t *plcf,
    ngx_array_t *own_sets, ngx_uint_t own_accept)
{
    if (ngx_http_pancake_check_handler(cf, plcf) != NGX_OK
        || ngx_http_pancake_check_credential(cf, plcf) != NGX_OK
        || ngx_http_pancake_check_actions(cf, plcf) != NGX_OK
        || ngx_http_pancake_check_beside(cf, plcf) != NGX_OK
        || ngx_http_pancake_check_orders(cf, plcf) != NGX_OK
        || ngx_http_pancake_check_fields(cf, plcf, own_sets, own_accept)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* of two content handlers nginx silently keeps the last one */

static ngx_int_t
ngx_http_pancake_check_handler(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler != ngx_http_pancake_flow_handler
        || plcf->other_handler)
    {
        ngx_http_pancake_conf_log(NGX_LOG_EMERG, cf, &plcf->place,
            "\"pancake_checkout\" cannot share a location with \"proxy_pass\" "
            "or another directive that answers requests");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_check_credential(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf)
{
    ngx_http_pancake_main_conf_t  *pmcf;

    if (plcf->credential == NULL) {
        ngx_http_pancake_conf_log(NGX_LOG_EMERG, cf, &plcf->place,
            "\"pancake_checkout\" has no credential, add "
            "\"pancake_private_key\" or \"pancake_store_slug\"");
        return NGX_ERROR;
    }

    if (plcf->credential->key && plcf->merchant_id.len == 0) {
        ngx_http_pancake_conf_log(NGX_LOG_EMERG, cf, &plcf->place,
            "\"pancake_checkout\" has a private key but no merchant, add "
            "\"pancake_merchant_id\"");
        return NGX_ERROR;
    }

    if (plcf->credential->bearer && plcf->credential->environment.len == 0) {
        ngx_http_pancake_conf_log(NGX_LOG_EMERG, cf, &plcf->place,
            "\"pancake_bearer\" does not say which environment its tokens "
            "are for, add \"test\" or \"prod\" to it");
        return NGX_ERROR;
    }

    pmcf = ngx_http_conf_get_module_main_conf(cf,
                                            ngx_http_pancake_checkout_module);

    if (plcf->secret.data != pmcf->unshared.data) {
        return NGX_OK;
    }

    if (plcf->idempotency_key) {
        ngx_http_pancake_conf_log(NGX_LOG_WARN, cf, &plcf->place,
            "\"pancake_idempotency_key\" with \"pancake_store_slug\" holds "
            "for this node until its next reload, add "
            "\"pancake_idempotency_secret\"");

    } else if (plcf->credential->bearer
               && !(plcf->actions[0]->flags & PANCAKE_ACTION_READ))
    {
        ngx_http_pancake_conf_log(NGX_LOG_WARN, cf, &plcf->place,
            "\"pancake_bearer\" without a private key has idempotency keys "
            "that hold for this node until its next reload, add "
            "\"pancake_idempotency_secret\"");
    }

    return NGX_OK;
}


/* whether this credential, and whoever asks, may do these actions */

static ngx_int_t
ngx_http_pancake_check_actions(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf)
{
    ngx_uint_t               i;
    const pancake_action_t  *action;

    for (i = 0; i < plcf->nactions; i++) {

        action = plcf->actions[i];

        if (plcf->credential->slug.len
            && !(action->flags & PANCAKE_ACTION_SLUG))
        {
            ngx_http_pancake_conf_log(NGX_LOG_EMERG, cf, &plcf->place,
                "action \"%V\" cannot be called with \"pancake_store_slug\", "
                "use \"pancake_private_key\"", &action->name);
            return NGX_ERROR;
        }

        if (plcf->credential->bearer
            && !(action->flags & PANCAKE_ACTION_TOKEN))
        {
            ngx_http_pancake_conf_log(NGX_LOG_EMERG, cf, &plcf->place,
                "action \"%V\" cannot be called with \"pancake_bearer\", "
                "remove it from this location", &action->name);
            return NGX_ERROR;
        }

        /* a signature would make every buyer the merchant */

        if ((action->flags & PANCAKE_ACTION_OFFICE)
            && plcf->require == NULL && plcf->require_elsewhere != 1)
        {
            ngx_http_pancake_conf_log(NGX_LOG_EMERG, cf, &plcf->place,
                "action \"%V\" is not for everybody, add \"pancake_require\" "
                "with a variable that tells who may, or \"pancake_require "
                "on\" when access is controlled elsewhere", &action->name);
            return NGX_ERROR;
        }

        if ((action->flags & PANCAKE_ACTION_QUERY) && plcf->query.len == 0) {
            ngx_http_pancake_conf_log(NGX_LOG_EMERG, cf, &plcf->place,
                "action \"%V\" needs \"pancake_graphql_query\"",
                &action->name);
            return NGX_ERROR;
        }

        if (plcf->credential->key
            && (action->flags & PANCAKE_ACTION_KEY_UNSURE))
        {
            ngx_http_pancake_conf_log(NGX_LOG_WARN, cf, &plcf->place,
                "action \"%V\" is documented for \"pancake_store_slug\" only",
                &action->name);
        }
    }

    return NGX_OK;
}


/* a session for who has an identity takes a second call */

static ngx_int_t
ngx_http_pancake_check_beside(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf)
{
    ngx_http_pancake_set_t  *set;

    if (!(plcf->actions[0]->flags & PANCAKE_ACTION_SESSION)) {
        return NGX_OK;
    }

    set = ngx_http_pancake_check_set(plcf->sets,
                                     (ngx_str_t *) &pancake_identity_field);

    if (plcf->nactions == 1) {

        if (set || plcf->quote.len) {
            plcf->beside = pancake_action(&pancake_identity_action);
        }

        return NGX_OK;
    }

    if (set) {
        ngx_http_pancake_conf_log(NGX_LOG_EMERG, cf, &set->place,
            "field \"%V\" needs \"pancake_checkout create-session\" alone, "
            "an order's page takes no session token",
            &pancake_identity_field);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_check_orders(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf)
{
    if (!plcf->quote_orders) {
        return NGX_OK;
    }

    if (plcf->nactions > 1
        || !(plcf->actions[0]->flags & PANCAKE_ACTION_SESSION))
    {
        ngx_http_pancake_conf_log(NGX_LOG_EMERG, cf, &plcf->place,
            "\"pancake_quote\" with \"orders\" needs \"pancake_checkout "
            "create-session\"");
        return NGX_ERROR;
    }

    /* its requests are JSON */

    plcf->input = NGX_CONF_BITMASK_SET|NGX_HTTP_PANCAKE_INPUT_JSON;

    return NGX_OK;
}

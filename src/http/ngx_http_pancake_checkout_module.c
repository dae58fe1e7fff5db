
/*
 * Copyright (C) pancake checkout contributors
 *
 * The front door: directives, configuration and the module itself.
 */


#include "ngx_http_pancake.h"
#include "ngx_http_pancake_api_headers.h"
#include "ngx_http_pancake_catch.h"
#include "ngx_http_pancake_check.h"
#include "ngx_http_pancake_conf.h"
#include "ngx_http_pancake_counters.h"
#include "ngx_http_pancake_credential.h"
#include "ngx_http_pancake_fields.h"
#include "ngx_http_pancake_flow.h"
#include "ngx_http_pancake_query.h"
#include "ngx_http_pancake_pass.h"
#include "ngx_http_pancake_repeat.h"
#include "ngx_http_pancake_secret.h"
#include "ngx_http_pancake_signing.h"
#include "ngx_http_pancake_status.h"
#include "ngx_http_pancake_variables.h"
#include "ngx_http_pancake_warning.h"
#include "ngx_http_pancake_webhook.h"
#include "ngx_http_pancake_webhook_zone.h"


#define NGX_HTTP_PANCAKE_ANY_CONF                                             \
    (NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF)


static ngx_int_t ngx_http_pancake_filters_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_pancake_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_pancake_init_process(ngx_cycle_t *cycle);
#if (NGX_DEBUG_PALLOC)
static void ngx_http_pancake_exit_process(ngx_cycle_t *cycle);
#else
#define ngx_http_pancake_exit_process  NULL
#endif
static void *ngx_http_pancake_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_pancake_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_pancake_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_http_pancake_merge_redirect(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *prev, ngx_http_pancake_loc_conf_t *conf);


static ngx_conf_enum_t  ngx_http_pancake_unknown_fields[] = {
    { ngx_string("reject"), 0 },
    { ngx_string("drop"), 1 },
    { ngx_null_string, 0 }
};


static ngx_conf_bitmask_t  ngx_http_pancake_input_forms[] = {
    { ngx_string("json"), NGX_HTTP_PANCAKE_INPUT_JSON },
    { ngx_string("form"), NGX_HTTP_PANCAKE_INPUT_FORM },
    { ngx_string("args"), NGX_HTTP_PANCAKE_INPUT_ARGS },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_pancake_replies[] = {
    { ngx_string("auto"), NGX_HTTP_PANCAKE_REPLY_AUTO },
    { ngx_string("redirect"), NGX_HTTP_PANCAKE_REPLY_REDIRECT },
    { ngx_string("json"), NGX_HTTP_PANCAKE_REPLY_JSON },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_pancake_redirect_statuses[] = {
    { ngx_string("302"), NGX_HTTP_MOVED_TEMPORARILY },
    { ngx_string("303"), NGX_HTTP_SEE_OTHER },
    { ngx_null_string, 0 }
};


static ngx_conf_post_t  ngx_http_pancake_window = {
    ngx_http_pancake_repeat_window
};


static ngx_command_t  ngx_http_pancake_commands[] = {

    { ngx_string("pancake_checkout"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_pancake_conf_checkout,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_api"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_pancake_conf_api,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_merchant_id"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_pancake_credential_merchant,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_private_key"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_pancake_credential_key,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_store_slug"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_TAKE2,
      ngx_http_pancake_credential_slug,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_bearer"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_TAKE12,
      ngx_http_pancake_credential_bearer,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_graphql_query"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_pancake_query,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_set"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_TAKE2,
      ngx_http_pancake_fields_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_accept"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_pancake_fields_accept,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_unknown_fields"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_pancake_conf_enum,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_pancake_loc_conf_t, unknown),
      &ngx_http_pancake_unknown_fields },

    { ngx_string("pancake_input"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_pancake_conf_bitmask,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_pancake_loc_conf_t, input),
      &ngx_http_pancake_input_forms },

    { ngx_string("pancake_same_origin"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_pancake_loc_conf_t, same_origin),
      NULL },

    { ngx_string("pancake_reply"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_pancake_conf_enum,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_pancake_loc_conf_t, reply),
      &ngx_http_pancake_replies },

    { ngx_string("pancake_redirect_status"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_pancake_conf_enum,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_pancake_loc_conf_t, redirect_status),
      &ngx_http_pancake_redirect_statuses },

    { ngx_string("pancake_redirect_hosts"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_pancake_conf_redirect_hosts,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_redirect_insecure"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_pancake_loc_conf_t, redirect.insecure),
      NULL },

    { ngx_string("pancake_idempotency_key"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_pancake_repeat_key,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_idempotency_secret"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_pancake_repeat_secret,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_idempotency_window"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_pancake_loc_conf_t, idempotency_window),
      &ngx_http_pancake_window },

    { ngx_string("pancake_retry"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_TAKE123,
      ngx_http_pancake_repeat_retry,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_signing"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_pancake_signing,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_signature_cache"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_TAKE12,
      ngx_http_pancake_signing_cache,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_quote"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_TAKE123,
      ngx_http_pancake_quote_conf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_require"),
      NGX_HTTP_PANCAKE_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_pancake_conf_require,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_status_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE2,
      ngx_http_pancake_counters_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_http_pancake_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_webhook"),
      NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_pancake_webhook,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("pancake_webhook_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE23,
      ngx_http_pancake_webhook_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_pancake_checkout_module_ctx = {
    ngx_http_pancake_variables_add,        /* preconfiguration */
    ngx_http_pancake_filters_init,         /* postconfiguration */

    ngx_http_pancake_create_main_conf,     /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_pancake_create_loc_conf,      /* create location configuration */
    ngx_http_pancake_merge_loc_conf        /* merge location configuration */
};


ngx_module_t  ngx_http_pancake_checkout_module = {
    NGX_MODULE_V1,
    &ngx_http_pancake_checkout_module_ctx, /* module context */
    ngx_http_pancake_commands,             /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_pancake_init_module,          /* init module */
    ngx_http_pancake_init_process,         /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_pancake_exit_process,         /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_pancake_filters_init(ngx_conf_t *cf)
{
    if (ngx_http_pancake_catch_init(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_pancake_webhook_init(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_pancake_pass_init(cf);
}


/* by now nginx has resolved which variables the configuration uses */

static ngx_int_t
ngx_http_pancake_init_module(ngx_cycle_t *cycle)
{
    ngx_http_pancake_main_conf_t  *pmcf;

    pmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                            ngx_http_pancake_checkout_module);
    if (pmcf == NULL) {
        return NGX_OK;
    }

    if (ngx_http_pancake_signing_check(cycle, pmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    /* without a master a process does not begin anew with a configuration */

    if (ngx_process == NGX_PROCESS_SINGLE) {
        ngx_http_pancake_counters_process(pmcf);
    }

    ngx_http_pancake_warning_debug(cycle, pmcf);

    return ngx_http_pancake_variables_inputs(cycle, &pmcf->inputs);
}


static ngx_int_t
ngx_http_pancake_init_process(ngx_cycle_t *cycle)
{
    ngx_http_pancake_counters_process(
        ngx_http_cycle_get_module_main_conf(cycle,
                                           ngx_http_pancake_checkout_module));

    return NGX_OK;
}


/*
 * nginx tells the threads of its pools to end and does not wait for that: in a
 * build that looks for leaks, what the crypto library keeps for each of them
 * would be one.
 */

#if (NGX_DEBUG_PALLOC)

static void
ngx_http_pancake_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_pancake_main_conf_t  *pmcf;

    pmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                            ngx_http_pancake_checkout_module);

    if (pmcf && pmcf->queues.nelts) {
        ngx_msleep(200);
    }
}

#endif


static void *
ngx_http_pancake_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_pancake_main_conf_t  *pmcf;

    pmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_pancake_main_conf_t));
    if (pmcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&pmcf->inputs, cf->pool, 4, sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NULL;
    }

    if (ngx_array_init(&pmcf->queues, cf->pool, 1,
                       sizeof(ngx_http_pancake_queue_t *))
        != NGX_OK)
    {
        return NULL;
    }

    if (ngx_array_init(&pmcf->counted, cf->pool, 4,
                       sizeof(ngx_http_pancake_counted_t *))
        != NGX_OK)
    {
        return NULL;
    }

    if (ngx_array_init(&pmcf->checkouts, cf->pool, 4,
                       sizeof(ngx_http_core_loc_conf_t *))
        != NGX_OK)
    {
        return NULL;
    }

    if (ngx_array_init(&pmcf->webhooks, cf->pool, 1,
                       sizeof(ngx_http_pancake_webhook_conf_t *))
        != NGX_OK)
    {
        return NULL;
    }

    pmcf->unshared.len = 16;
    pmcf->unshared.data = ngx_http_pancake_secret_alloc(cf->pool, 16);

    if (pmcf->unshared.data == NULL
        || pancake_random(pmcf->unshared.data, 16) != NGX_OK)
    {
        return NULL;
    }

    return pmcf;
}


static void *
ngx_http_pancake_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_pancake_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_pancake_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->actions = { NULL };
     *     conf->uris = { { 0, NULL } };
     *     conf->nactions = 0;
     *     conf->place = { NULL };
     *     conf->other_handler = 0;
     *     conf->api = { 0, NULL };
     *     conf->merchant_id = { 0, NULL };
     *     conf->credential = NULL;
     *     conf->sets = NULL;
     *     conf->accept = NULL;
     *     conf->accept_places = NULL;
     *     conf->own_hosts = NULL;
     *     conf->input = 0;
     *     conf->redirect.hosts = NULL;
     *     conf->idempotency_key = NULL;
     *     conf->idempotency_variables = NULL;
     *     conf->idempotency_secret = { 0, NULL };
     *     conf->secret = { 0, NULL };
     *     conf->bearer = NULL;
     *     conf->bearer_environment = { 0, NULL };
     *     conf->query = { 0, NULL };
     *     conf->quote = { 0, NULL };
     *     conf->quote_args = { 0, NULL };
     *     conf->quote_follow = { 0, NULL };
     *     conf->quote_orders = 0;
     *     conf->quote_id = 0;
     *     conf->beside = NULL;
     *     conf->beside_uri = { 0, NULL };
     *     conf->queue = NULL;
     *     conf->cache = NULL;
     *     conf->headers = NULL;
     *     conf->require = NULL;
     *     conf->counted = NULL;
     *     conf->status = 0;
     *     conf->status_place = { NULL };
     *     conf->warned = NULL;
     *     conf->webhook = NULL;
     */

    conf->unknown = NGX_CONF_UNSET_UINT;
    conf->same_origin = NGX_CONF_UNSET;

    conf->reply = NGX_CONF_UNSET_UINT;
    conf->redirect_status = NGX_CONF_UNSET_UINT;
    conf->redirect.insecure = NGX_CONF_UNSET;

    conf->idempotency = NGX_CONF_UNSET;
    conf->idempotency_window = NGX_CONF_UNSET;

    conf->retry.attempts = NGX_CONF_UNSET_UINT;

    conf->signing = NGX_CONF_UNSET_UINT;

    conf->require_elsewhere = NGX_CONF_UNSET;

    return conf;
}


static char *
ngx_http_pancake_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_pancake_loc_conf_t *prev = parent;
    ngx_http_pancake_loc_conf_t *conf = child;

    ngx_uint_t                     own_accept;
    ngx_array_t                   *own_sets;
    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_pancake_main_conf_t  *pmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf,
                                            ngx_http_pancake_checkout_module);

    ngx_conf_merge_str_value(conf->api, prev->api, "/_pancake");
    ngx_conf_merge_str_value(conf->merchant_id, prev->merchant_id, "");

    if (ngx_http_pancake_credential_merge(cf, prev, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    own_sets = conf->sets;

    if (conf->sets == NULL) {
        conf->sets = prev->sets;
    }

    if (conf->accept == NULL) {
        conf->accept = prev->accept;
        conf->accept_places = prev->accept_places;
        own_accept = 0;

    } else {
        own_accept = 1;
    }

    ngx_conf_merge_str_value(conf->query, prev->query, "");

    ngx_conf_merge_uint_value(conf->unknown, prev->unknown, 0);

    ngx_conf_merge_bitmask_value(conf->input, prev->input,
                                 (NGX_CONF_BITMASK_SET
                                  |NGX_HTTP_PANCAKE_INPUT_JSON
                                  |NGX_HTTP_PANCAKE_INPUT_FORM));

    ngx_conf_merge_value(conf->same_origin, prev->same_origin, 1);

    ngx_conf_merge_uint_value(conf->reply, prev->reply,
                              NGX_HTTP_PANCAKE_REPLY_AUTO);
    ngx_conf_merge_uint_value(conf->redirect_status, prev->redirect_status,
                              NGX_HTTP_MOVED_TEMPORARILY);

    if (ngx_http_pancake_merge_redirect(cf, prev, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_http_pancake_quote_merge(prev, conf);
    ngx_http_pancake_repeat_merge(pmcf, prev, conf);

    if (ngx_http_pancake_signing_merge(cf, prev, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->require_elsewhere == NGX_CONF_UNSET) {
        conf->require_elsewhere = prev->require_elsewhere;
        conf->require = prev->require;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->noname && prev->nactions) {

        /* "if" and "limit_except" are the same location to their reader */

        ngx_memcpy(conf->actions, prev->actions, sizeof(conf->actions));
        conf->nactions = prev->nactions;
        conf->own_hosts = prev->own_hosts;
        conf->beside = prev->beside;
        conf->counted = prev->counted;

        if (clcf->lmt_excpt && clcf->handler == NULL) {
            clcf->handler = ngx_http_pancake_flow_handler;
        }

    } else if (conf->nactions
               && (ngx_http_pancake_check(cf, conf, own_sets, own_accept)
                   != NGX_OK
                   || ngx_http_pancake_counters_location(cf, conf) != NGX_OK))
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_pancake_status_merge(cf, prev, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->nactions
        && ngx_http_pancake_api_headers_prepare(cf, conf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_pancake_warning_merge(cf, prev, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_pancake_webhook_merge(cf, prev, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_pancake_merge_redirect(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *prev, ngx_http_pancake_loc_conf_t *conf)
{
    ngx_str_t  *host;

    ngx_conf_merge_value(conf->redirect.insecure, prev->redirect.insecure, 0);

    if (conf->redirect.hosts == NULL) {
        conf->redirect.hosts = prev->redirect.hosts;
    }

    if (conf->redirect.hosts == NULL) {

        conf->redirect.hosts = ngx_array_create(cf->pool, 2,
                                                sizeof(ngx_str_t));
        if (conf->redirect.hosts == NULL) {
            return NGX_ERROR;
        }

        host = ngx_array_push_n(conf->redirect.hosts, 2);
        if (host == NULL) {
            return NGX_ERROR;
        }

        ngx_str_set(&host[0], "checkout.waffo.ai");
        ngx_str_set(&host[1], "pancake.waffo.ai");
    }

    return NGX_OK;
}

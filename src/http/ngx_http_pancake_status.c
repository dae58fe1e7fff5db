
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_conf.h"
#include "ngx_http_pancake_headers.h"
#include "ngx_http_pancake_reply.h"
#include "ngx_http_pancake_status.h"


#define NGX_HTTP_PANCAKE_STATUS_TEXT  1
#define NGX_HTTP_PANCAKE_STATUS_JSON  2


static ngx_int_t ngx_http_pancake_status_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_pancake_status_send(ngx_http_request_t *r,
    ngx_uint_t format, ngx_chain_t *out);


const ngx_http_pancake_family_t  ngx_http_pancake_families[] = {

    { "pancake_checkouts_total",
      "Buyers' requests by $pancake_result; none: the buyer left, or nginx "
      "itself refused.",
      "results", "result", ngx_http_pancake_results,
      NGX_HTTP_PANCAKE_RESULTS,
      offsetof(ngx_http_pancake_counters_t, results),
      NGX_HTTP_PANCAKE_OF_CHECKOUT },

    { "pancake_validation_failures_total",
      "What was wrong with requests that were refused, field by field.",
      "validationFailures", "reason", ngx_http_pancake_reasons,
      NGX_HTTP_PANCAKE_NO_REASON,
      offsetof(ngx_http_pancake_counters_t, reasons),
      NGX_HTTP_PANCAKE_OF_CHECKOUT },

    { "pancake_api_calls_total",
      "Calls of the API by the status of the last attempt; none: no answer, "
      "or cut off.",
      "calls", "status", ngx_http_pancake_classes,
      NGX_HTTP_PANCAKE_CLASSES,
      offsetof(ngx_http_pancake_call_counters_t, calls),
      NGX_HTTP_PANCAKE_OF_CALL },

    { "pancake_api_attempts_total",
      "Requests to the API, of which a call may need some.",
      "attempts", "status", ngx_http_pancake_classes,
      NGX_HTTP_PANCAKE_CLASSES,
      offsetof(ngx_http_pancake_call_counters_t, attempts),
      NGX_HTTP_PANCAKE_OF_CALL },

    { "pancake_signatures_total",
      "Attempts by how their signature was made; none: a store slug or a "
      "customer's token.",
      "signatures", "signature", ngx_http_pancake_signatures,
      NGX_HTTP_PANCAKE_SIGNATURES,
      offsetof(ngx_http_pancake_call_counters_t, signatures),
      NGX_HTTP_PANCAKE_OF_CALL },

    { "pancake_replays_total",
      "Answers known to repeat an earlier one: to the same request in "
      "flight, or expired and asked for anew.",
      "replays", "reason", ngx_http_pancake_replays,
      NGX_HTTP_PANCAKE_REPLAYS,
      offsetof(ngx_http_pancake_call_counters_t, replays),
      NGX_HTTP_PANCAKE_OF_CALL },

    { "pancake_webhooks_total",
      "Webhooks by what became of them; accepted and failed: the shop "
      "answered, with 2xx or not.",
      "results", "result", ngx_http_pancake_webhook_outcomes,
      NGX_HTTP_PANCAKE_WEBHOOK_OUTCOMES,
      offsetof(ngx_http_pancake_counters_t, outcomes),
      NGX_HTTP_PANCAKE_OF_WEBHOOK },

    { NULL, NULL, NULL, NULL, NULL, 0, 0, 0 }
};


const ngx_http_pancake_times_t  ngx_http_pancake_times[] = {

    { "pancake_checkout_duration_seconds",
      "Time of buyers' requests, as $request_time.",
      offsetof(ngx_http_pancake_counters_t, time),
      NGX_HTTP_PANCAKE_OF_CHECKOUT },

    { "pancake_api_duration_seconds",
      "Time of attempts, as in $pancake_upstream_time.",
      offsetof(ngx_http_pancake_call_counters_t, time),
      NGX_HTTP_PANCAKE_OF_CALL },

    { NULL, NULL, 0, 0 }
};


char *
ngx_http_pancake_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    if (plcf->status) {
        return "is duplicate";
    }

    value = cf->args->elts;

    plcf->status = NGX_HTTP_PANCAKE_STATUS_TEXT;

    if (cf->args->nelts == 2) {

        if (ngx_strcmp(value[1].data, "json") == 0) {
            plcf->status = NGX_HTTP_PANCAKE_STATUS_JSON;

        } else if (ngx_strcmp(value[1].data, "prometheus") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid format \"%V\" in \"%V\" directive, it "
                               "must be \"prometheus\" or \"json\"",
                               &value[1], &cmd->name);
            return NGX_CONF_ERROR;
        }
    }

    ngx_http_pancake_conf_place(cf, &plcf->status_place);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_pancake_status_handler;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_pancake_status_merge(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *prev, ngx_http_pancake_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_pancake_main_conf_t  *pmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf,
                                            ngx_http_pancake_checkout_module);
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (conf->status && pmcf->status == NULL) {
        ngx_http_pancake_conf_log(NGX_LOG_EMERG, cf, &conf->status_place,
            "\"pancake_status\" has nothing to show, add "
            "\"pancake_status_zone\" to \"http\"");
        return NGX_ERROR;
    }

    if (clcf->noname && conf->status == 0) {

        conf->status = prev->status;

        if (conf->status && clcf->lmt_excpt && clcf->handler == NULL) {
            clcf->handler = ngx_http_pancake_status_handler;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                      rc;
    ngx_array_t                   *list;
    ngx_chain_t                   *out;
    ngx_http_pancake_gauges_t      gauges;
    ngx_http_pancake_loc_conf_t   *plcf;
    ngx_http_pancake_main_conf_t  *pmcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    pmcf = ngx_http_get_module_main_conf(r, ngx_http_pancake_checkout_module);
    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    list = ngx_http_pancake_counters_list(r->pool, pmcf->status);
    if (list == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_pancake_counters_gauges(pmcf->status, &gauges);

    rc = (plcf->status == NGX_HTTP_PANCAKE_STATUS_JSON)
         ? ngx_http_pancake_status_json(r->pool, list, &gauges, &out)
         : ngx_http_pancake_status_text(r->pool, list, &gauges, &out);

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_pancake_status_send(r, plcf->status, out);
}


static ngx_int_t
ngx_http_pancake_status_send(ngx_http_request_t *r, ngx_uint_t format,
    ngx_chain_t *out)
{
    ngx_int_t     rc;
    ngx_chain_t  *cl;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = 0;

    for (cl = out; cl; cl = cl->next) {
        r->headers_out.content_length_n += ngx_buf_size(cl->buf);

        if (cl->next == NULL) {
            cl->buf->last_buf = (r == r->main);
            cl->buf->last_in_chain = 1;
        }
    }

    if (format == NGX_HTTP_PANCAKE_STATUS_JSON) {
        ngx_str_set(&r->headers_out.content_type, "application/json");
        r->headers_out.content_type_len = r->headers_out.content_type.len;

    } else {
        ngx_str_set(&r->headers_out.content_type,
                    "text/plain; version=0.0.4; charset=utf-8");

        /* without the parameters: for "gzip_types", and no second charset */

        r->headers_out.content_type_len = sizeof("text/plain") - 1;
    }

    r->headers_out.content_type_lowcase = NULL;

    if (ngx_http_pancake_reply_no_store(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, out);
}


/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_verdict.h"


static const char *ngx_http_pancake_verdict_detail(
    ngx_http_pancake_call_t *call, const char *text);


ngx_int_t
ngx_http_pancake_verdict(ngx_http_pancake_call_t *call,
    ngx_http_pancake_error_e *error, const char **detail)
{
    ngx_http_pancake_loc_conf_t  *plcf;

    *detail = NULL;

    if (!call->placed) {
        *error = NGX_HTTP_PANCAKE_E_INTERNAL;
        *detail = "\"pancake_api\" leads to no internal location, include "
                  "pancake-location.conf in this server";
        return NGX_DECLINED;
    }

    if (call->strayed) {
        *error = NGX_HTTP_PANCAKE_E_API_BROKEN;
        *detail = "the API's answer would lead to another location, add "
                  "\"proxy_ignore_headers X-Accel-Redirect\"";
        return NGX_DECLINED;
    }

    switch (call->status) {

    case 0:
        *error = NGX_HTTP_PANCAKE_E_API_FAILED;
        *detail = "the API gave no answer";

        if (call->rc == NGX_HTTP_GATEWAY_TIME_OUT) {
            *error = NGX_HTTP_PANCAKE_E_API_TIMEOUT;
            *detail = "the API did not answer in time";
        }

        return NGX_DECLINED;

    case NGX_HTTP_BAD_REQUEST:
        *error = NGX_HTTP_PANCAKE_E_API_INVALID;
        return NGX_DECLINED;

    case NGX_HTTP_NOT_FOUND:
        *error = NGX_HTTP_PANCAKE_E_API_NOT_FOUND;
        return NGX_DECLINED;

    case NGX_HTTP_UNAUTHORIZED:
    case NGX_HTTP_FORBIDDEN:
        *error = NGX_HTTP_PANCAKE_E_API_DENIED;
        plcf = ngx_http_get_module_loc_conf(call->parent,
                                            ngx_http_pancake_checkout_module);

        *detail = ngx_http_pancake_verdict_detail(call,
                      plcf->credential->key
                      ? "check the merchant id, that its key is this one, "
                        "and this machine's clock"
                      : "check the store slug and its environment");
        return NGX_DECLINED;

    case NGX_HTTP_CONFLICT:
        *error = NGX_HTTP_PANCAKE_E_API_CONFLICT;
        *detail = ngx_http_pancake_verdict_detail(call,
                      "the same idempotency key is in flight");
        return NGX_DECLINED;

    case NGX_HTTP_TOO_MANY_REQUESTS:
        *error = NGX_HTTP_PANCAKE_E_API_LIMITED;
        *detail = ngx_http_pancake_verdict_detail(call,
                      "its rate limit is reached");
        return NGX_DECLINED;

    case NGX_HTTP_SERVICE_UNAVAILABLE:
        *error = NGX_HTTP_PANCAKE_E_API_BUSY;
        *detail = ngx_http_pancake_verdict_detail(call, "it is overloaded");
        return NGX_DECLINED;

    case NGX_HTTP_GATEWAY_TIME_OUT:
        *error = NGX_HTTP_PANCAKE_E_API_TIMEOUT;
        *detail = ngx_http_pancake_verdict_detail(call, "behind its gateway");
        return NGX_DECLINED;
    }

    if (call->status >= NGX_HTTP_INTERNAL_SERVER_ERROR) {
        *error = NGX_HTTP_PANCAKE_E_API_FAILED;
        *detail = ngx_http_pancake_verdict_detail(call, "it failed");
        return NGX_DECLINED;
    }

    *error = NGX_HTTP_PANCAKE_E_API_BROKEN;

    if (call->status < 200 || call->status >= 300) {
        *detail = ngx_http_pancake_verdict_detail(call,
                                            "a status it is not known for");

    } else if (call->too_big) {
        *detail = "the API's answer is too large";

    } else if (!call->complete) {
        *detail = "the API's answer was cut off";

    } else if (call->encoded) {
        *detail = "the API's answer is compressed";

    } else if (!call->json) {
        *detail = "the API's answer is not application/json";

    } else {
        return NGX_OK;
    }

    return NGX_DECLINED;
}


static const char *
ngx_http_pancake_verdict_detail(ngx_http_pancake_call_t *call,
    const char *text)
{
    size_t   len;
    u_char  *p;

    len = sizeof("the API answered : ") + NGX_INT_T_LEN + ngx_strlen(text);

    p = ngx_pnalloc(call->parent->pool, len);
    if (p == NULL) {
        return text;
    }

    ngx_sprintf(p, "the API answered %ui: %s%Z", call->status, text);

    return (const char *) p;
}

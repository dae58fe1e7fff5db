
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_kinds.h"


/* design.md section 5, "What the buyer gets"; in the order of the enum */

const ngx_http_pancake_kind_t  ngx_http_pancake_kinds[] = {

    /* NGX_HTTP_PANCAKE_E_METHOD */
    { NGX_HTTP_NOT_ALLOWED, NGX_HTTP_PANCAKE_INVALID,
      NGX_LOG_INFO, NGX_HTTP_PANCAKE_REASON_METHOD,
      "method is not allowed here" },

    /* NGX_HTTP_PANCAKE_E_PREVIEW */
    { NGX_HTTP_FORBIDDEN, NGX_HTTP_PANCAKE_FORBIDDEN,
      NGX_LOG_INFO, NGX_HTTP_PANCAKE_REASON_PREVIEW,
      "a prefetch or preview does not start a checkout" },

    /* NGX_HTTP_PANCAKE_E_ORIGIN */
    { NGX_HTTP_FORBIDDEN, NGX_HTTP_PANCAKE_FORBIDDEN,
      NGX_LOG_INFO, NGX_HTTP_PANCAKE_REASON_ORIGIN,
      "the form was sent from another site" },

    /* NGX_HTTP_PANCAKE_E_REQUIRE */
    { NGX_HTTP_FORBIDDEN, NGX_HTTP_PANCAKE_FORBIDDEN,
      NGX_LOG_INFO, NGX_HTTP_PANCAKE_REASON_REQUIRE,
      "access is not granted" },

    /* NGX_HTTP_PANCAKE_E_TOKEN */
    { NGX_HTTP_UNAUTHORIZED, NGX_HTTP_PANCAKE_FORBIDDEN,
      NGX_LOG_INFO, NGX_HTTP_PANCAKE_REASON_TOKEN,
      "a session token is required" },

    /* NGX_HTTP_PANCAKE_E_MEDIA_TYPE */
    { NGX_HTTP_UNSUPPORTED_MEDIA_TYPE, NGX_HTTP_PANCAKE_INVALID,
      NGX_LOG_INFO, NGX_HTTP_PANCAKE_REASON_MEDIA_TYPE,
      "Content-Type is not one that this checkout reads" },

    /* NGX_HTTP_PANCAKE_E_TOO_LARGE */
    { NGX_HTTP_REQUEST_ENTITY_TOO_LARGE, NGX_HTTP_PANCAKE_INVALID,
      NGX_LOG_INFO, NGX_HTTP_PANCAKE_REASON_TOO_LARGE,
      "body has more than 65536 bytes" },

    /* NGX_HTTP_PANCAKE_E_INPUT */
    { NGX_HTTP_BAD_REQUEST, NGX_HTTP_PANCAKE_INVALID,
      NGX_LOG_INFO, NGX_HTTP_PANCAKE_REASON_SYNTAX,
      "request is not valid" },

    /* NGX_HTTP_PANCAKE_E_SHOP */
    { NGX_HTTP_INTERNAL_SERVER_ERROR, NGX_HTTP_PANCAKE_ERROR,
      NGX_LOG_ERR, NGX_HTTP_PANCAKE_REASON_SET,
      "checkout is not available" },

    /* NGX_HTTP_PANCAKE_E_QUOTE */
    { NGX_HTTP_BAD_GATEWAY, NGX_HTTP_PANCAKE_ERROR,
      NGX_LOG_ERR, NGX_HTTP_PANCAKE_REASON_QUOTE,
      "checkout is not available" },

    /* NGX_HTTP_PANCAKE_E_QUOTE_FAILED */
    { NGX_HTTP_BAD_GATEWAY, NGX_HTTP_PANCAKE_UNAVAILABLE,
      NGX_LOG_ERR, NGX_HTTP_PANCAKE_NO_REASON,
      "the shop is not available, try again later" },

    /* NGX_HTTP_PANCAKE_E_QUOTE_TIMEOUT */
    { NGX_HTTP_GATEWAY_TIME_OUT, NGX_HTTP_PANCAKE_UNAVAILABLE,
      NGX_LOG_ERR, NGX_HTTP_PANCAKE_NO_REASON,
      "the shop did not answer in time, try again later" },

    /* NGX_HTTP_PANCAKE_E_API_INVALID */
    { NGX_HTTP_BAD_REQUEST, NGX_HTTP_PANCAKE_REJECTED,
      NGX_LOG_INFO, NGX_HTTP_PANCAKE_NO_REASON,
      "the payment service does not accept this request" },

    /* NGX_HTTP_PANCAKE_E_API_NOT_FOUND */
    { NGX_HTTP_NOT_FOUND, NGX_HTTP_PANCAKE_REJECTED,
      NGX_LOG_INFO, NGX_HTTP_PANCAKE_NO_REASON,
      "the payment service does not know what was asked for" },

    /* NGX_HTTP_PANCAKE_E_API_TOKEN */
    { NGX_HTTP_UNAUTHORIZED, NGX_HTTP_PANCAKE_REJECTED,
      NGX_LOG_INFO, NGX_HTTP_PANCAKE_NO_REASON,
      "the session token is not valid or has expired" },

    /* NGX_HTTP_PANCAKE_E_API_FORBIDDEN */
    { NGX_HTTP_FORBIDDEN, NGX_HTTP_PANCAKE_REJECTED,
      NGX_LOG_INFO, NGX_HTTP_PANCAKE_NO_REASON,
      "the payment service does not allow this" },

    /* NGX_HTTP_PANCAKE_E_API_CONFLICT */
    { NGX_HTTP_CONFLICT, NGX_HTTP_PANCAKE_REJECTED,
      NGX_LOG_INFO, NGX_HTTP_PANCAKE_NO_REASON,
      "the same checkout is being made already, try again in a moment" },

    /* NGX_HTTP_PANCAKE_E_API_LIMITED */
    { NGX_HTTP_TOO_MANY_REQUESTS, NGX_HTTP_PANCAKE_REJECTED,
      NGX_LOG_WARN, NGX_HTTP_PANCAKE_NO_REASON,
      "too many checkouts at once, try again later" },

    /* NGX_HTTP_PANCAKE_E_API_DENIED */
    { NGX_HTTP_BAD_GATEWAY, NGX_HTTP_PANCAKE_ERROR,
      NGX_LOG_ERR, NGX_HTTP_PANCAKE_NO_REASON,
      "checkout is not available" },

    /* NGX_HTTP_PANCAKE_E_API_BROKEN */
    { NGX_HTTP_BAD_GATEWAY, NGX_HTTP_PANCAKE_ERROR,
      NGX_LOG_ERR, NGX_HTTP_PANCAKE_NO_REASON,
      "checkout is not available" },

    /* NGX_HTTP_PANCAKE_E_API_FAILED */
    { NGX_HTTP_BAD_GATEWAY, NGX_HTTP_PANCAKE_UNAVAILABLE,
      NGX_LOG_ERR, NGX_HTTP_PANCAKE_NO_REASON,
      "the payment service is not available, try again later" },

    /* NGX_HTTP_PANCAKE_E_API_BUSY */
    { NGX_HTTP_SERVICE_UNAVAILABLE, NGX_HTTP_PANCAKE_UNAVAILABLE,
      NGX_LOG_ERR, NGX_HTTP_PANCAKE_NO_REASON,
      "the payment service is not available, try again later" },

    /* NGX_HTTP_PANCAKE_E_API_TIMEOUT */
    { NGX_HTTP_GATEWAY_TIME_OUT, NGX_HTTP_PANCAKE_UNAVAILABLE,
      NGX_LOG_ERR, NGX_HTTP_PANCAKE_NO_REASON,
      "the payment service did not answer in time, try again later" },

    /* NGX_HTTP_PANCAKE_E_BUSY */
    { NGX_HTTP_SERVICE_UNAVAILABLE, NGX_HTTP_PANCAKE_UNAVAILABLE,
      NGX_LOG_ERR, NGX_HTTP_PANCAKE_NO_REASON,
      "checkout is busy, try again in a moment" },

    /* NGX_HTTP_PANCAKE_E_INTERNAL */
    { NGX_HTTP_INTERNAL_SERVER_ERROR, NGX_HTTP_PANCAKE_ERROR,
      NGX_LOG_ERR, NGX_HTTP_PANCAKE_NO_REASON,
      "checkout is not available" }
};

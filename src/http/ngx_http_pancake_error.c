
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_count.h"
#include "ngx_http_pancake_ctx.h"
#include "ngx_http_pancake_error.h"
#include "ngx_http_pancake_headers.h"
#include "ngx_http_pancake_kinds.h"
#include "ngx_http_pancake_notice.h"
#include "ngx_http_pancake_reply.h"
#include "pancake_body.h"


/* seconds */
#define NGX_HTTP_PANCAKE_SOON   1
#define NGX_HTTP_PANCAKE_RETRY_AFTER      5
#define NGX_HTTP_PANCAKE_MAX_LOGGED       64


static void ngx_http_pancake_error_remember(ngx_http_request_t *r,
    ngx_str_t *field, const ngx_str_t *message);
static ngx_int_t ngx_http_pancake_error_failure(ngx_http_request_t *r,
    ngx_http_pancake_error_e kind, pancake_value_t *errors);
static ngx_int_t ngx_http_pancake_error_headers(ngx_http_request_t *r,
    ngx_http_pancake_error_e kind);
static ngx_int_t ngx_http_pancake_error_allow(ngx_http_request_t *r);
static ngx_int_t ngx_http_pancake_error_authenticate(ngx_http_request_t *r);
static ngx_int_t ngx_http_pancake_error_retry_after(ngx_http_request_t *r,
    ngx_http_pancake_error_e kind);
static ngx_http_pancake_error_e ngx_http_pancake_error_source(
    ngx_array_t *violations);
static ngx_uint_t ngx_http_pancake_error_level(ngx_http_pancake_error_e kind);


static const ngx_str_t  ngx_http_pancake_edge = ngx_string("edge");


ngx_int_t
ngx_http_pancake_error(ngx_http_request_t *r,
    ngx_http_pancake_error_e kind, const ngx_str_t *field,
    const char *message, const char *detail)
{
    ngx_str_t                        text, name;
    ngx_uint_t                       level;
    pancake_value_t                 *errors;
    const ngx_http_pancake_kind_t   *error;

    error = &ngx_http_pancake_kinds[kind];

    ngx_http_pancake_count_reason(ngx_http_pancake_ctx(r), error->reason);

    ngx_str_null(&name);

    if (field) {
        name = *field;
    }

    if (message == NULL) {
        message = error->message;
    }

    text.data = (u_char *) message;
    text.len = ngx_strlen(message);

    errors = pancake_body_value(r->pool, NULL, PANCAKE_ARRAY);

    if (errors == NULL
        || ngx_http_pancake_notice(r->pool, errors, &name, &text,
                                   &ngx_http_pancake_edge)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (name.len) {
        ngx_log_error(error->level, r->connection->log, 0,
                      "pancake checkout: %ui, field \"%V\" %s",
                      error->status, ngx_http_pancake_error_loggable(&name),
                      message);

    } else {
        level = ngx_http_pancake_error_level(kind);

        ngx_log_error(level, r->connection->log, 0,
                      "pancake checkout: %ui, %s%s%s", error->status,
                      message, detail ? ": " : "", detail ? detail : "");
    }

    ngx_http_pancake_error_remember(r, &name, &text);

    return ngx_http_pancake_error_failure(r, kind, errors);
}


/* of a flood one line a second is enough, the others are for "info" */

static ngx_uint_t
ngx_http_pancake_error_level(ngx_http_pancake_error_e kind)
{
    static time_t  last;

    if (kind == NGX_HTTP_PANCAKE_E_BUSY) {

        if (last == ngx_time()) {
            return NGX_LOG_INFO;
        }

        last = ngx_time();
    }

    return ngx_http_pancake_kinds[kind].level;
}


ngx_http_pancake_result_e
ngx_http_pancake_error_result(ngx_http_pancake_error_e kind)
{
    return ngx_http_pancake_kinds[kind].result;
}


ngx_int_t
ngx_http_pancake_error_violations(ngx_http_request_t *r,
    ngx_array_t *violations)
{
    ngx_uint_t                 i, level;
    pancake_value_t           *errors;
    pancake_violation_t       *v;
    ngx_http_pancake_error_e   kind;

    /* in the order of pancake_source_e */

    static const char  *sources[] = {
        "", " as set by \"pancake_set\"", " as the shop quotes it"
    };

    kind = ngx_http_pancake_error_source(violations);
    v = violations->elts;

    errors = pancake_body_value(r->pool, NULL, PANCAKE_ARRAY);
    if (errors == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < violations->nelts; i++) {

        if (ngx_http_pancake_notice(r->pool, errors, &v[i].field,
                                    &v[i].message,
                                    &ngx_http_pancake_edge)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_pancake_count_violation(ngx_http_pancake_ctx(r), &v[i]);

        level = (v[i].source == PANCAKE_SOURCE_BUYER) ? NGX_LOG_INFO
                                                      : NGX_LOG_ERR;

        ngx_log_error(level, r->connection->log, 0,
                      "pancake checkout: %ui, field \"%V\"%s %V",
                      ngx_http_pancake_kinds[kind].status,
                      ngx_http_pancake_error_loggable(&v[i].field),
                      sources[v[i].source],
                      &v[i].message);
    }

    ngx_http_pancake_error_remember(r, &v->field, &v->message);

    return ngx_http_pancake_error_failure(r, kind, errors);
}


/* what the buyer can mend comes before what the shop must */

static ngx_http_pancake_error_e
ngx_http_pancake_error_source(ngx_array_t *violations)
{
    ngx_uint_t                 i;
    pancake_violation_t       *v;
    ngx_http_pancake_error_e   kind;

    kind = NGX_HTTP_PANCAKE_E_SHOP;
    v = violations->elts;

    for (i = 0; i < violations->nelts; i++) {

        if (v[i].source == PANCAKE_SOURCE_BUYER) {
            return NGX_HTTP_PANCAKE_E_INPUT;
        }

        if (v[i].source == PANCAKE_SOURCE_QUOTE) {
            kind = NGX_HTTP_PANCAKE_E_QUOTE;
        }
    }

    return kind;
}


ngx_int_t
ngx_http_pancake_error_rejected(ngx_http_request_t *r,
    ngx_http_pancake_error_e kind, ngx_array_t *notices)
{
    ngx_str_t                none, message, *layer;
    ngx_uint_t               level;
    pancake_value_t         *errors;
    pancake_notice_t        *notice;
    ngx_http_pancake_ctx_t  *ctx;

    errors = ngx_http_pancake_notices(r->pool, notices);
    if (errors == NULL) {
        return NGX_ERROR;
    }

    ngx_str_null(&none);

    message.data = (u_char *) ngx_http_pancake_kinds[kind].message;
    message.len = ngx_strlen(ngx_http_pancake_kinds[kind].message);

    notice = notices->elts;
    layer = notices->nelts ? &notice[0].layer : &none;

    if (notices->nelts == 0
        && ngx_http_pancake_notice(r->pool, errors, &none, &message,
                                   &ngx_http_pancake_edge)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    /*
     * The API's words may quote the buyer's: they are not for the log.  Where
     * the body names no session or order of the buyer's, what is wrong is the
     * shop's, and every buyer will meet it.
     */

    ctx = ngx_http_pancake_ctx(r);

    level = (ctx->call->action->flags & PANCAKE_ACTION_UNIQUE)
            || ctx->identity.len
            ? NGX_LOG_ERR : NGX_LOG_INFO;

    ngx_log_error(level, r->connection->log, 0,
                  "pancake checkout: %ui, the API's layer \"%V\" rejected "
                  "the request: check the product and the \"pancake_set\" "
                  "values of this location",
                  ngx_http_pancake_kinds[kind].status, layer);

    ngx_http_pancake_error_remember(r, &none, &message);

    return ngx_http_pancake_error_failure(r, kind, errors);
}


/* for the variables, which end in logs */

static void
ngx_http_pancake_error_remember(ngx_http_request_t *r, ngx_str_t *field,
    const ngx_str_t *message)
{
    ngx_http_pancake_ctx_t  *ctx;

    ctx = ngx_http_pancake_ctx(r);

    ctx->error = *message;
    ctx->error_field = *ngx_http_pancake_error_loggable(field);
}


static ngx_int_t
ngx_http_pancake_error_failure(ngx_http_request_t *r,
    ngx_http_pancake_error_e kind, pancake_value_t *errors)
{
    pancake_value_t                 *envelope, *data;
    ngx_http_pancake_ctx_t          *ctx;
    const ngx_http_pancake_kind_t  *error;
    static const ngx_str_t           data_name = ngx_string("data");
    static const ngx_str_t           errors_name = ngx_string("errors");

    error = &ngx_http_pancake_kinds[kind];

    ctx = ngx_http_pancake_ctx(r);
    ctx->result = error->result;

    if (ngx_http_pancake_error_headers(r, kind) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_pancake_reply_has_page(r, error->status)) {
        return error->status;
    }

    envelope = pancake_body_value(r->pool, NULL, PANCAKE_OBJECT);
    data = pancake_body_value(r->pool, &data_name, PANCAKE_NULL);

    if (envelope == NULL || data == NULL) {
        return NGX_ERROR;
    }

    errors->name = errors_name;

    pancake_body_link(envelope, data);
    pancake_body_link(envelope, errors);

    return ngx_http_pancake_reply_json(r, error->status, envelope);
}


static ngx_int_t
ngx_http_pancake_error_headers(ngx_http_request_t *r,
    ngx_http_pancake_error_e kind)
{
    if (ngx_http_pancake_reply_no_store(r) != NGX_OK) {
        return NGX_ERROR;
    }

    switch (kind) {

    case NGX_HTTP_PANCAKE_E_METHOD:
        return ngx_http_pancake_error_allow(r);

    case NGX_HTTP_PANCAKE_E_TOKEN:
    case NGX_HTTP_PANCAKE_E_API_TOKEN:
        return ngx_http_pancake_error_authenticate(r);

    case NGX_HTTP_PANCAKE_E_API_CONFLICT:
    case NGX_HTTP_PANCAKE_E_API_LIMITED:
    case NGX_HTTP_PANCAKE_E_API_BUSY:
    case NGX_HTTP_PANCAKE_E_BUSY:
        return ngx_http_pancake_error_retry_after(r, kind);

    default:
        return NGX_OK;
    }
}


static ngx_int_t
ngx_http_pancake_error_allow(ngx_http_request_t *r)
{
    ngx_str_t                     value;
    ngx_http_pancake_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    switch (plcf->input & (NGX_HTTP_PANCAKE_INPUT_JSON
                           |NGX_HTTP_PANCAKE_INPUT_FORM
                           |NGX_HTTP_PANCAKE_INPUT_ARGS))
    {
    case NGX_HTTP_PANCAKE_INPUT_ARGS:
        ngx_str_set(&value, "GET");
        break;

    case NGX_HTTP_PANCAKE_INPUT_JSON:
    case NGX_HTTP_PANCAKE_INPUT_FORM:
    case NGX_HTTP_PANCAKE_INPUT_JSON|NGX_HTTP_PANCAKE_INPUT_FORM:
        ngx_str_set(&value, "POST");
        break;

    default:
        ngx_str_set(&value, "GET, POST");
    }

    return ngx_http_pancake_header_add(&r->headers_out.headers, "Allow",
                                       &value)
           ? NGX_OK : NGX_ERROR;
}


/* RFC 9110, section 11.6.1 */

static ngx_int_t
ngx_http_pancake_error_authenticate(ngx_http_request_t *r)
{
    static ngx_str_t  bearer = ngx_string("Bearer");

    r->headers_out.www_authenticate = ngx_http_pancake_header_add(
                                          &r->headers_out.headers,
                                          "WWW-Authenticate", &bearer);

    return r->headers_out.www_authenticate ? NGX_OK : NGX_ERROR;
}


/* the API's own word when it is a sane number of seconds */

static ngx_int_t
ngx_http_pancake_error_retry_after(ngx_http_request_t *r,
    ngx_http_pancake_error_e kind)
{
    ngx_str_t                    value;
    ngx_uint_t                   n;
    ngx_http_pancake_attempt_t  *attempt;

    if (kind == NGX_HTTP_PANCAKE_E_API_CONFLICT
        || kind == NGX_HTTP_PANCAKE_E_BUSY)
    {
        n = NGX_HTTP_PANCAKE_SOON;

    } else {
        attempt = ngx_http_pancake_ctx(r)->call->attempt;
        n = attempt->retry_after;

        if (n == 0) {
            n = NGX_HTTP_PANCAKE_RETRY_AFTER;
        }
    }

    value.data = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "%ui", n) - value.data;

    return ngx_http_pancake_header_add(&r->headers_out.headers,
                                       "Retry-After", &value)
           ? NGX_OK : NGX_ERROR;
}


/*
 * A name that the buyer chose goes to a log only when it looks like one: it
 * may as well be an address or a number in the wrong place.
 */

ngx_str_t *
ngx_http_pancake_error_loggable(ngx_str_t *name)
{
    static ngx_str_t  unprintable = ngx_string("(unprintable)");

    if (name->len == 0
        || pancake_check_name(name, "._-", NGX_HTTP_PANCAKE_MAX_LOGGED))
    {
        return name;
    }

    return &unprintable;
}

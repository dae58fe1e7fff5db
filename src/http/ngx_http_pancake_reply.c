
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_flow.h"
#include "ngx_http_pancake_headers.h"
#include "ngx_http_pancake_reply.h"
#include "pancake_body.h"
#include "pancake_json.h"


#define NGX_HTTP_PANCAKE_RETRY_AFTER      "5"
#define NGX_HTTP_PANCAKE_MAX_RETRY_AFTER  3600
#define NGX_HTTP_PANCAKE_MAX_LOGGED       64


typedef struct {
    ngx_uint_t                   status;
    ngx_http_pancake_result_e    result;
    ngx_uint_t                   level;
    const char                  *message;
} ngx_http_pancake_error_t;


static ngx_int_t ngx_http_pancake_reply_failure(ngx_http_request_t *r,
    ngx_http_pancake_error_e kind, pancake_value_t *errors);
static void ngx_http_pancake_reply_remember(ngx_http_request_t *r,
    ngx_str_t *field, const ngx_str_t *message);
static ngx_int_t ngx_http_pancake_reply_notice(ngx_pool_t *pool,
    pancake_value_t *errors, const ngx_str_t *field,
    const ngx_str_t *message, const ngx_str_t *layer);
static ngx_int_t ngx_http_pancake_reply_headers(ngx_http_request_t *r,
    ngx_http_pancake_error_e kind);
static ngx_int_t ngx_http_pancake_reply_allow(ngx_http_request_t *r);
static ngx_int_t ngx_http_pancake_reply_retry_after(ngx_http_request_t *r,
    ngx_http_pancake_error_e kind);
static ngx_uint_t ngx_http_pancake_reply_has_page(ngx_http_request_t *r,
    ngx_uint_t status);
static ngx_int_t ngx_http_pancake_reply_redirect(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_reply_json(ngx_http_request_t *r,
    ngx_uint_t status, pancake_value_t *envelope);
static ngx_int_t ngx_http_pancake_reply_no_store(ngx_http_request_t *r);
static ngx_str_t *ngx_http_pancake_reply_loggable(ngx_str_t *name);


/* design.md section 5, "What the buyer gets"; in the order of the enum */

static const ngx_http_pancake_error_t  ngx_http_pancake_errors[] = {

    /* NGX_HTTP_PANCAKE_E_METHOD */
    { NGX_HTTP_NOT_ALLOWED, NGX_HTTP_PANCAKE_INVALID, NGX_LOG_INFO,
      "method is not allowed here" },

    /* NGX_HTTP_PANCAKE_E_PREVIEW */
    { NGX_HTTP_FORBIDDEN, NGX_HTTP_PANCAKE_FORBIDDEN, NGX_LOG_INFO,
      "a prefetch or preview does not start a checkout" },

    /* NGX_HTTP_PANCAKE_E_ORIGIN */
    { NGX_HTTP_FORBIDDEN, NGX_HTTP_PANCAKE_FORBIDDEN, NGX_LOG_INFO,
      "the form was sent from another site" },

    /* NGX_HTTP_PANCAKE_E_REQUIRE */
    { NGX_HTTP_FORBIDDEN, NGX_HTTP_PANCAKE_FORBIDDEN, NGX_LOG_INFO,
      "access is not granted" },

    /* NGX_HTTP_PANCAKE_E_MEDIA_TYPE */
    { NGX_HTTP_UNSUPPORTED_MEDIA_TYPE, NGX_HTTP_PANCAKE_INVALID,
      NGX_LOG_INFO, "Content-Type is not one that this checkout reads" },

    /* NGX_HTTP_PANCAKE_E_TOO_LARGE */
    { NGX_HTTP_REQUEST_ENTITY_TOO_LARGE, NGX_HTTP_PANCAKE_INVALID,
      NGX_LOG_INFO, "body has more than 65536 bytes" },

    /* NGX_HTTP_PANCAKE_E_INPUT */
    { NGX_HTTP_BAD_REQUEST, NGX_HTTP_PANCAKE_INVALID, NGX_LOG_INFO,
      "request is not valid" },

    /* NGX_HTTP_PANCAKE_E_SHOP */
    { NGX_HTTP_BAD_REQUEST, NGX_HTTP_PANCAKE_INVALID, NGX_LOG_ERR,
      "request is not valid" },

    /* NGX_HTTP_PANCAKE_E_API_INVALID */
    { NGX_HTTP_BAD_REQUEST, NGX_HTTP_PANCAKE_REJECTED, NGX_LOG_INFO,
      "the payment service does not accept this request" },

    /* NGX_HTTP_PANCAKE_E_API_NOT_FOUND */
    { NGX_HTTP_NOT_FOUND, NGX_HTTP_PANCAKE_REJECTED, NGX_LOG_INFO,
      "the payment service does not know what was asked for" },

    /* NGX_HTTP_PANCAKE_E_API_CONFLICT */
    { NGX_HTTP_CONFLICT, NGX_HTTP_PANCAKE_REJECTED, NGX_LOG_INFO,
      "the same checkout is being made already, try again in a moment" },

    /* NGX_HTTP_PANCAKE_E_API_LIMITED */
    { NGX_HTTP_TOO_MANY_REQUESTS, NGX_HTTP_PANCAKE_REJECTED, NGX_LOG_WARN,
      "too many checkouts at once, try again later" },

    /* NGX_HTTP_PANCAKE_E_API_DENIED */
    { NGX_HTTP_BAD_GATEWAY, NGX_HTTP_PANCAKE_ERROR, NGX_LOG_ERR,
      "checkout is not available" },

    /* NGX_HTTP_PANCAKE_E_API_BROKEN */
    { NGX_HTTP_BAD_GATEWAY, NGX_HTTP_PANCAKE_ERROR, NGX_LOG_ERR,
      "checkout is not available" },

    /* NGX_HTTP_PANCAKE_E_API_FAILED */
    { NGX_HTTP_BAD_GATEWAY, NGX_HTTP_PANCAKE_UNAVAILABLE, NGX_LOG_ERR,
      "the payment service is not available, try again later" },

    /* NGX_HTTP_PANCAKE_E_API_BUSY */
    { NGX_HTTP_SERVICE_UNAVAILABLE, NGX_HTTP_PANCAKE_UNAVAILABLE,
      NGX_LOG_ERR, "the payment service is not available, try again later" },

    /* NGX_HTTP_PANCAKE_E_API_TIMEOUT */
    { NGX_HTTP_GATEWAY_TIME_OUT, NGX_HTTP_PANCAKE_UNAVAILABLE, NGX_LOG_ERR,
      "the payment service did not answer in time, try again later" },

    /* NGX_HTTP_PANCAKE_E_INTERNAL */
    { NGX_HTTP_INTERNAL_SERVER_ERROR, NGX_HTTP_PANCAKE_ERROR, NGX_LOG_ERR,
      "checkout is not available" }
};


static const ngx_str_t  ngx_http_pancake_edge = ngx_string("edge");


ngx_int_t
ngx_http_pancake_reply_error(ngx_http_request_t *r,
    ngx_http_pancake_error_e kind, const ngx_str_t *field,
    const char *message, const char *detail)
{
    ngx_str_t                        text, name;
    pancake_value_t                 *errors;
    const ngx_http_pancake_error_t  *error;

    error = &ngx_http_pancake_errors[kind];

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
        || ngx_http_pancake_reply_notice(r->pool, errors, &name, &text,
                                         &ngx_http_pancake_edge)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_log_error(error->level, r->connection->log, 0,
                  "pancake checkout: %ui, field \"%V\": %s%s%s",
                  error->status, ngx_http_pancake_reply_loggable(&name),
                  message, detail ? ": " : "", detail ? detail : "");

    ngx_http_pancake_reply_remember(r, &name, &text);

    return ngx_http_pancake_reply_failure(r, kind, errors);
}


ngx_int_t
ngx_http_pancake_reply_violations(ngx_http_request_t *r,
    ngx_array_t *violations)
{
    ngx_uint_t                 i, level;
    pancake_value_t           *errors;
    pancake_violation_t       *v;
    ngx_http_pancake_error_e   kind;

    kind = NGX_HTTP_PANCAKE_E_INPUT;
    v = violations->elts;

    errors = pancake_body_value(r->pool, NULL, PANCAKE_ARRAY);
    if (errors == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < violations->nelts; i++) {

        if (ngx_http_pancake_reply_notice(r->pool, errors, &v[i].field,
                                          &v[i].message,
                                          &ngx_http_pancake_edge)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        level = NGX_LOG_INFO;

        if (v[i].merchant) {
            kind = NGX_HTTP_PANCAKE_E_SHOP;
            level = NGX_LOG_ERR;
        }

        ngx_log_error(level, r->connection->log, 0,
                      "pancake checkout: 400, field \"%V\"%s: %V",
                      ngx_http_pancake_reply_loggable(&v[i].field),
                      v[i].merchant ? " as set by \"pancake_set\"" : "",
                      &v[i].message);
    }

    ngx_http_pancake_reply_remember(r, &v->field, &v->message);

    return ngx_http_pancake_reply_failure(r, kind, errors);
}


ngx_int_t
ngx_http_pancake_reply_rejected(ngx_http_request_t *r,
    ngx_http_pancake_error_e kind, ngx_array_t *notices)
{
    ngx_str_t          none, message;
    ngx_uint_t         i;
    pancake_value_t   *errors;
    pancake_notice_t  *notice;

    if (notices->nelts == 0) {
        return ngx_http_pancake_reply_error(r, kind, NULL, NULL, NULL);
    }

    errors = pancake_body_value(r->pool, NULL, PANCAKE_ARRAY);
    if (errors == NULL) {
        return NGX_ERROR;
    }

    ngx_str_null(&none);
    notice = notices->elts;

    for (i = 0; i < notices->nelts; i++) {
        if (ngx_http_pancake_reply_notice(r->pool, errors, &none,
                                          &notice[i].message,
                                          &notice[i].layer)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    /* the API's words may quote the buyer's: they are not for the log */

    ngx_log_error(ngx_http_pancake_errors[kind].level, r->connection->log, 0,
                  "pancake checkout: %ui, the API's layer \"%V\" rejected "
                  "the request", ngx_http_pancake_errors[kind].status,
                  &notice[0].layer);

    message.data = (u_char *) ngx_http_pancake_errors[kind].message;
    message.len = ngx_strlen(ngx_http_pancake_errors[kind].message);

    ngx_http_pancake_reply_remember(r, &none, &message);

    return ngx_http_pancake_reply_failure(r, kind, errors);
}


/* appends one entry to "errors", in the API's own form */

static ngx_int_t
ngx_http_pancake_reply_notice(ngx_pool_t *pool, pancake_value_t *errors,
    const ngx_str_t *field, const ngx_str_t *message, const ngx_str_t *layer)
{
    u_char                  *p;
    pancake_value_t         *notice, *value;
    static const ngx_str_t   message_name = ngx_string("message");
    static const ngx_str_t   layer_name = ngx_string("layer");
    static const ngx_str_t   field_name = ngx_string("field");

    notice = pancake_body_value(pool, NULL, PANCAKE_OBJECT);
    if (notice == NULL) {
        return NGX_ERROR;
    }

    pancake_body_link(errors, notice);

    value = pancake_body_value(pool, &message_name, PANCAKE_STRING);
    if (value == NULL) {
        return NGX_ERROR;
    }

    value->text = *message;
    pancake_body_link(notice, value);

    if (field->len) {

        /* a reader who shows only the message shall know the field too */

        p = ngx_pnalloc(pool, field->len + 1 + message->len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        value->text.data = p;
        value->text.len = field->len + 1 + message->len;

        p = ngx_cpymem(p, field->data, field->len);
        *p++ = ' ';
        ngx_memcpy(p, message->data, message->len);
    }

    value = pancake_body_value(pool, &layer_name, PANCAKE_STRING);
    if (value == NULL) {
        return NGX_ERROR;
    }

    value->text = *layer;
    pancake_body_link(notice, value);

    if (field->len == 0) {
        return NGX_OK;
    }

    value = pancake_body_value(pool, &field_name, PANCAKE_STRING);
    if (value == NULL) {
        return NGX_ERROR;
    }

    value->text = *field;
    pancake_body_link(notice, value);

    return NGX_OK;
}


/* for the variables, which end in logs */

static void
ngx_http_pancake_reply_remember(ngx_http_request_t *r, ngx_str_t *field,
    const ngx_str_t *message)
{
    ngx_http_pancake_ctx_t  *ctx;

    ctx = ngx_http_pancake_flow_ctx(r);

    ctx->error = *message;
    ctx->error_field = *ngx_http_pancake_reply_loggable(field);
}


static ngx_int_t
ngx_http_pancake_reply_failure(ngx_http_request_t *r,
    ngx_http_pancake_error_e kind, pancake_value_t *errors)
{
    pancake_value_t                 *envelope, *data;
    ngx_http_pancake_ctx_t          *ctx;
    const ngx_http_pancake_error_t  *error;
    static const ngx_str_t           data_name = ngx_string("data");
    static const ngx_str_t           errors_name = ngx_string("errors");

    error = &ngx_http_pancake_errors[kind];

    ctx = ngx_http_pancake_flow_ctx(r);
    ctx->result = error->result;

    if (ngx_http_pancake_reply_headers(r, kind) != NGX_OK) {
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
ngx_http_pancake_reply_headers(ngx_http_request_t *r,
    ngx_http_pancake_error_e kind)
{
    if (ngx_http_pancake_reply_no_store(r) != NGX_OK) {
        return NGX_ERROR;
    }

    switch (kind) {

    case NGX_HTTP_PANCAKE_E_METHOD:
        return ngx_http_pancake_reply_allow(r);

    case NGX_HTTP_PANCAKE_E_API_CONFLICT:
    case NGX_HTTP_PANCAKE_E_API_LIMITED:
    case NGX_HTTP_PANCAKE_E_API_BUSY:
        return ngx_http_pancake_reply_retry_after(r, kind);

    default:
        return NGX_OK;
    }
}


static ngx_int_t
ngx_http_pancake_reply_allow(ngx_http_request_t *r)
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


/* the API's own word when it is a sane number of seconds */

static ngx_int_t
ngx_http_pancake_reply_retry_after(ngx_http_request_t *r,
    ngx_http_pancake_error_e kind)
{
    ngx_int_t                n;
    ngx_str_t                value;
    ngx_http_pancake_ctx_t  *ctx;

    ctx = ngx_http_pancake_flow_ctx(r);

    value = ctx->call->retry_after;
    n = ngx_atoi(value.data, value.len);

    if (kind == NGX_HTTP_PANCAKE_E_API_CONFLICT) {
        ngx_str_set(&value, "1");

    } else if (n < 1 || n > NGX_HTTP_PANCAKE_MAX_RETRY_AFTER) {
        ngx_str_set(&value, NGX_HTTP_PANCAKE_RETRY_AFTER);
    }

    return ngx_http_pancake_header_add(&r->headers_out.headers,
                                       "Retry-After", &value)
           ? NGX_OK : NGX_ERROR;
}


/* the same question as in ngx_http_special_response_handler() */

static ngx_uint_t
ngx_http_pancake_reply_has_page(ngx_http_request_t *r, ngx_uint_t status)
{
    ngx_uint_t                 i;
    ngx_http_err_page_t       *page;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (r->error_page || clcf->error_pages == NULL || r->uri_changes == 0) {
        return 0;
    }

    page = clcf->error_pages->elts;

    for (i = 0; i < clcf->error_pages->nelts; i++) {
        if (page[i].status == (ngx_int_t) status) {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_pancake_reply_checkout(ngx_http_request_t *r)
{
    pancake_value_t              *envelope;
    ngx_http_pancake_ctx_t       *ctx;
    ngx_http_pancake_loc_conf_t  *plcf;

    ctx = ngx_http_pancake_flow_ctx(r);
    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    if (ngx_http_pancake_reply_no_store(r) != NGX_OK) {
        return NGX_ERROR;
    }

    if (plcf->reply == NGX_HTTP_PANCAKE_REPLY_REDIRECT
        || (plcf->reply == NGX_HTTP_PANCAKE_REPLY_AUTO
            && !ngx_http_pancake_accepts_json(r)))
    {
        return ngx_http_pancake_reply_redirect(r, ctx);
    }

    envelope = pancake_body_value(r->pool, NULL, PANCAKE_OBJECT);
    if (envelope == NULL) {
        return NGX_ERROR;
    }

    pancake_body_link(envelope, ctx->answer.data);

    ctx->result = NGX_HTTP_PANCAKE_REPLIED;

    return ngx_http_pancake_reply_json(r, NGX_HTTP_OK, envelope);
}


/*
 * Not through ngx_http_special_response_handler(): an "error_page 302" of
 * the shop would send the buyer somewhere else.
 */

static ngx_int_t
ngx_http_pancake_reply_redirect(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx)
{
    ngx_http_pancake_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    ngx_http_clear_location(r);

    r->headers_out.location = ngx_http_pancake_header_add(
                                  &r->headers_out.headers, "Location",
                                  &ctx->answer.checkout_url);
    if (r->headers_out.location == NULL) {
        return NGX_ERROR;
    }

    ctx->result = NGX_HTTP_PANCAKE_REDIRECTED;

    r->headers_out.status = plcf->redirect_status;
    r->headers_out.content_length_n = 0;
    r->header_only = 1;

    return ngx_http_send_header(r);
}


static ngx_int_t
ngx_http_pancake_reply_json(ngx_http_request_t *r, ngx_uint_t status,
    pancake_value_t *envelope)
{
    ngx_buf_t    *b;
    ngx_int_t     rc;
    ngx_str_t     body;
    ngx_chain_t   out;

    /* whoever is refused before the body was read need not send it */

    r->expect_tested = 1;

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        r->keepalive = 0;
    }

    if (pancake_json_render(r->pool, envelope, &body) != NGX_OK) {
        return NGX_ERROR;
    }

    r->headers_out.status = status;
    r->headers_out.content_length_n = body.len;

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = body.data;
    b->last = body.data + body.len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_int_t
ngx_http_pancake_reply_no_store(ngx_http_request_t *r)
{
    static ngx_str_t  no_store = ngx_string("no-store");

    return ngx_http_pancake_header_add(&r->headers_out.headers,
                                       "Cache-Control", &no_store)
           ? NGX_OK : NGX_ERROR;
}


/*
 * A name that the buyer chose goes to a log only when it looks like one: it
 * may as well be an address or a number in the wrong place.
 */

static ngx_str_t *
ngx_http_pancake_reply_loggable(ngx_str_t *name)
{
    u_char            c;
    size_t            i;
    static ngx_str_t  unprintable = ngx_string("(unprintable)");

    if (name->len > NGX_HTTP_PANCAKE_MAX_LOGGED) {
        return &unprintable;
    }

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if ((c < '0' || c > '9') && (c < 'A' || c > 'Z')
            && (c < 'a' || c > 'z') && c != '.' && c != '_' && c != '-')
        {
            return &unprintable;
        }
    }

    return name;
}


/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_ctx.h"
#include "ngx_http_pancake_headers.h"
#include "ngx_http_pancake_notice.h"
#include "ngx_http_pancake_reply.h"
#include "pancake_body.h"
#include "pancake_json.h"


static ngx_int_t ngx_http_pancake_reply_token(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);
static pancake_value_t *ngx_http_pancake_reply_url(
    ngx_http_pancake_ctx_t *ctx);
static ngx_int_t ngx_http_pancake_reply_redirect(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx);


ngx_int_t
ngx_http_pancake_reply_checkout(ngx_http_request_t *r)
{
    ngx_http_pancake_ctx_t       *ctx;
    ngx_http_pancake_loc_conf_t  *plcf;

    ctx = ngx_http_pancake_ctx(r);
    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    if (ctx->token.len && ngx_http_pancake_reply_token(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    if (plcf->reply == NGX_HTTP_PANCAKE_REPLY_REDIRECT
        || (plcf->reply == NGX_HTTP_PANCAKE_REPLY_AUTO
            && !ngx_http_pancake_accepts_json(r)))
    {
        return ngx_http_pancake_reply_redirect(r, ctx);
    }

    return ngx_http_pancake_reply_data(r);
}


ngx_int_t
ngx_http_pancake_reply_data(ngx_http_request_t *r)
{
    pancake_value_t         *envelope, *errors;
    ngx_http_pancake_ctx_t  *ctx;

    ctx = ngx_http_pancake_ctx(r);

    if (ngx_http_pancake_reply_no_store(r) != NGX_OK) {
        return NGX_ERROR;
    }

    envelope = pancake_body_value(r->pool, NULL, PANCAKE_OBJECT);
    if (envelope == NULL) {
        return NGX_ERROR;
    }

    pancake_body_link(envelope, ctx->answer.data);

    if (ctx->answer.errors.nelts) {

        errors = ngx_http_pancake_notices(r->pool, &ctx->answer.errors);
        if (errors == NULL) {
            return NGX_ERROR;
        }

        pancake_body_link(envelope, errors);
    }

    ctx->result = NGX_HTTP_PANCAKE_REPLIED;

    return ngx_http_pancake_reply_json(r, NGX_HTTP_OK, envelope);
}


/* contract.md section 7: the page itself takes the token from the fragment */

static ngx_int_t
ngx_http_pancake_reply_token(ngx_http_request_t *r,
    ngx_http_pancake_ctx_t *ctx)
{
    u_char           *p;
    pancake_value_t  *url;

    url = ngx_http_pancake_reply_url(ctx);

    p = ngx_pnalloc(r->pool, url->text.len + sizeof("#token=") - 1
                             + ctx->token.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    url->text.len = ngx_sprintf(p, "%V#token=%V", &url->text, &ctx->token) - p;
    url->text.data = p;

    return NGX_OK;
}


static pancake_value_t *
ngx_http_pancake_reply_url(ngx_http_pancake_ctx_t *ctx)
{
    static const ngx_str_t  name = ngx_string("checkoutUrl");

    return pancake_value_member(ctx->answer.data, &name);
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

    if (ngx_http_pancake_reply_no_store(r) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_clear_location(r);

    r->headers_out.location = ngx_http_pancake_header_add(
                                  &r->headers_out.headers, "Location",
                                  &ngx_http_pancake_reply_url(ctx)->text);
    if (r->headers_out.location == NULL) {
        return NGX_ERROR;
    }

    ctx->result = NGX_HTTP_PANCAKE_REDIRECTED;

    /* an error_page may have led here, whose status is not this one's */

    r->err_status = 0;

    r->headers_out.status = plcf->redirect_status;
    r->headers_out.content_length_n = 0;
    r->header_only = 1;

    return ngx_http_send_header(r);
}


ngx_int_t
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

    /* the answer to a POST is no stored representation to compare with */

    r->disable_not_modified = 1;

    if (status == NGX_HTTP_OK) {
        r->err_status = 0;
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


/* the same question as in ngx_http_special_response_handler() */

ngx_uint_t
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
ngx_http_pancake_reply_no_store(ngx_http_request_t *r)
{
    static ngx_str_t  no_store = ngx_string("no-store");

    /* what a checkout before an error_page has said is not true of this one */

    ngx_http_pancake_header_hide(&r->headers_out.headers, "Allow");
    ngx_http_pancake_header_hide(&r->headers_out.headers, "WWW-Authenticate");
    ngx_http_pancake_header_hide(&r->headers_out.headers, "Retry-After");
    ngx_http_pancake_header_hide(&r->headers_out.headers, "Cache-Control");

    return ngx_http_pancake_header_add(&r->headers_out.headers,
                                       "Cache-Control", &no_store)
           ? NGX_OK : NGX_ERROR;
}

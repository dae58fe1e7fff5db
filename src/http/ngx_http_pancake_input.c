
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_input.h"
#include "pancake_form.h"
#include "pancake_json.h"


static ngx_int_t ngx_http_pancake_input_body(ngx_http_request_t *r,
    ngx_str_t *text);
static ngx_int_t ngx_http_pancake_input_copy(ngx_http_request_t *r,
    ngx_buf_t *b, u_char *p, size_t size);


ngx_int_t
ngx_http_pancake_input(ngx_http_request_t *r, ngx_uint_t form,
    ngx_str_t *text, ngx_http_pancake_refusal_t *refusal)
{
    ngx_int_t  rc;

    if (form == NGX_HTTP_PANCAKE_INPUT_ARGS) {
        *text = r->args;
        rc = NGX_OK;

    } else {
        rc = ngx_http_pancake_input_body(r, text);
    }

    if (rc == NGX_DECLINED || text->len > NGX_HTTP_PANCAKE_MAX_INPUT) {
        ngx_memzero(refusal, sizeof(ngx_http_pancake_refusal_t));
        refusal->error = NGX_HTTP_PANCAKE_E_TOO_LARGE;
        return NGX_DECLINED;
    }

    return rc;
}


ngx_int_t
ngx_http_pancake_input_parse(ngx_http_request_t *r, ngx_uint_t form,
    ngx_str_t *text, pancake_value_t **root,
    ngx_http_pancake_refusal_t *refusal)
{
    ngx_int_t                      rc;
    pancake_tree_t                 tree;
    static const pancake_limits_t  limits = PANCAKE_BUYER_LIMITS;

    if (pancake_tree_init(&tree, r->pool, &limits) != NGX_OK) {
        return NGX_ERROR;
    }

    if (form == NGX_HTTP_PANCAKE_INPUT_JSON) {
        rc = pancake_json_parse(&tree, text);

    } else {
        rc = pancake_form_parse(&tree, text);
    }

    if (rc == NGX_OK) {
        *root = tree.root;

    } else if (rc == NGX_DECLINED) {
        refusal->error = NGX_HTTP_PANCAKE_E_INPUT;
        refusal->field = tree.field;
        refusal->message = tree.error;
    }

    return rc;
}


/* the body as one piece of memory; it may be in buffers, a file, or both */

static ngx_int_t
ngx_http_pancake_input_body(ngx_http_request_t *r, ngx_str_t *text)
{
    off_t         size;
    u_char       *p;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    ngx_str_null(text);

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_OK;
    }

    size = 0;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        size += ngx_buf_size(cl->buf);
    }

    if (size > NGX_HTTP_PANCAKE_MAX_INPUT) {
        return NGX_DECLINED;
    }

    cl = r->request_body->bufs;

    if (cl->next == NULL && ngx_buf_in_memory(cl->buf)) {
        text->data = cl->buf->pos;
        text->len = (size_t) size;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, (size_t) size + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;
    text->len = (size_t) size;

    for ( /* void */ ; cl; cl = cl->next) {

        b = cl->buf;
        size = ngx_buf_size(b);

        if (ngx_http_pancake_input_copy(r, b, p, (size_t) size) != NGX_OK) {
            return NGX_ERROR;
        }

        p += size;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_input_copy(ngx_http_request_t *r, ngx_buf_t *b, u_char *p,
    size_t size)
{
    ssize_t  n;

    if (size == 0) {
        return NGX_OK;
    }

    if (ngx_buf_in_memory(b)) {
        ngx_memcpy(p, b->pos, size);
        return NGX_OK;
    }

    n = ngx_read_file(b->file, p, size, b->file_pos);

    if (n != (ssize_t) size) {
        ngx_log_error(NGX_LOG_CRIT, r->connection->log, 0,
                      "pancake checkout: " ngx_read_file_n " returned %z "
                      "bytes of %uz of the request body", n, size);
        return NGX_ERROR;
    }

    return NGX_OK;
}

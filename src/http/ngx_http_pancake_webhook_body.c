
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_webhook_body.h"


/* bytes that are read at once of a file */
#define NGX_HTTP_PANCAKE_WEBHOOK_BUFFER   4096


typedef ngx_int_t (*ngx_http_pancake_webhook_piece_pt)(void *data,
    const u_char *p, size_t len);


static ngx_chain_t *ngx_http_pancake_webhook_bufs(ngx_http_request_t *r);
static ngx_int_t ngx_http_pancake_webhook_hash_piece(void *data,
    const u_char *p, size_t len);
static ngx_int_t ngx_http_pancake_webhook_read_piece(void *data,
    const u_char *p, size_t len);
static ngx_int_t ngx_http_pancake_webhook_walk(ngx_http_request_t *r,
    ngx_http_pancake_webhook_piece_pt piece, void *data);
static ngx_int_t ngx_http_pancake_webhook_walk_file(ngx_buf_t *b,
    ngx_http_pancake_webhook_piece_pt piece, void *data);


off_t
ngx_http_pancake_webhook_size(ngx_http_request_t *r)
{
    off_t         size;
    ngx_chain_t  *cl;

    size = 0;

    for (cl = ngx_http_pancake_webhook_bufs(r); cl; cl = cl->next) {
        size += ngx_buf_size(cl->buf);
    }

    return size;
}


/*
 * There is no body at all when nginx has thrown it away before the request
 * was led here, as a "return 302" with an "error_page" for that does.
 */

static ngx_chain_t *
ngx_http_pancake_webhook_bufs(ngx_http_request_t *r)
{
    return r->request_body ? r->request_body->bufs : NULL;
}


ngx_int_t
ngx_http_pancake_webhook_verify(ngx_http_request_t *r,
    const pancake_webhook_keys_t *keys,
    const pancake_webhook_header_t *header, const char **fault)
{
    ngx_int_t    rc;
    EVP_MD_CTX  *md;

    md = pancake_webhook_hash(header);
    if (md == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_pancake_webhook_walk(r, ngx_http_pancake_webhook_hash_piece,
                                       md);

    if (rc == NGX_OK) {
        rc = pancake_webhook_verify(keys, header, md, fault);
    }

    EVP_MD_CTX_free(md);

    return rc;
}


static ngx_int_t
ngx_http_pancake_webhook_hash_piece(void *data, const u_char *p, size_t len)
{
    return (EVP_DigestUpdate(data, p, len) == 1) ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_pancake_webhook_read(ngx_http_request_t *r,
    pancake_webhook_environment_e environment, pancake_webhook_event_t *event,
    const char **fault)
{
    ngx_int_t                  rc, walked;
    pancake_webhook_payload_t  payload;

    if (pancake_webhook_payload_begin(&payload, r->pool, event) != NGX_OK) {
        return NGX_ERROR;
    }

    walked = ngx_http_pancake_webhook_walk(r,
                                           ngx_http_pancake_webhook_read_piece,
                                           &payload);

    rc = pancake_webhook_payload_end(&payload, environment, fault);

    return (walked == NGX_ERROR) ? NGX_ERROR : rc;
}


static ngx_int_t
ngx_http_pancake_webhook_read_piece(void *data, const u_char *p, size_t len)
{
    return pancake_webhook_payload_feed(data, p, len);
}


/* NGX_OK, NGX_ERROR, or what a piece was answered with if not NGX_OK */

static ngx_int_t
ngx_http_pancake_webhook_walk(ngx_http_request_t *r,
    ngx_http_pancake_webhook_piece_pt piece, void *data)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    for (cl = ngx_http_pancake_webhook_bufs(r); cl; cl = cl->next) {

        b = cl->buf;

        if (ngx_buf_in_memory(b)) {
            rc = piece(data, b->pos, b->last - b->pos);

        } else {
            rc = ngx_http_pancake_webhook_walk_file(b, piece, data);
        }

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_webhook_walk_file(ngx_buf_t *b,
    ngx_http_pancake_webhook_piece_pt piece, void *data)
{
    off_t      offset;
    size_t     size;
    ssize_t    n;
    ngx_int_t  rc;
    u_char     buf[NGX_HTTP_PANCAKE_WEBHOOK_BUFFER];

    for (offset = b->file_pos; offset < b->file_last; offset += n) {

        size = (size_t) ngx_min(b->file_last - offset,
                                NGX_HTTP_PANCAKE_WEBHOOK_BUFFER);

        n = ngx_read_file(b->file, buf, size, offset);

        if (n != (ssize_t) size) {
            return NGX_ERROR;
        }

        rc = piece(data, buf, size);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_upstream.h"


ngx_int_t
ngx_http_pancake_upstream_states(ngx_http_request_t *r, ngx_http_request_t *sr)
{
    ngx_str_t                  *peer;
    ngx_uint_t                  i;
    ngx_http_upstream_state_t  *state, *from;

    if (sr->upstream_states == NULL) {
        return NGX_OK;
    }

    if (r->upstream_states == NULL) {

        r->upstream_states = ngx_array_create(r->pool, 2,
                                          sizeof(ngx_http_upstream_state_t));
        if (r->upstream_states == NULL) {
            return NGX_ERROR;
        }
    }

    from = sr->upstream_states->elts;

    for (i = 0; i < sr->upstream_states->nelts; i++) {

        state = ngx_array_push(r->upstream_states);
        if (state == NULL) {
            return NGX_ERROR;
        }

        *state = from[i];

        if (from[i].peer == NULL) {
            continue;
        }

        state->peer = NULL;

        peer = ngx_palloc(r->pool, sizeof(ngx_str_t));
        if (peer == NULL) {
            return NGX_ERROR;
        }

        peer->len = from[i].peer->len;
        peer->data = ngx_pstrdup(r->pool, from[i].peer);

        if (peer->data == NULL) {
            return NGX_ERROR;
        }

        state->peer = peer;
    }

    return NGX_OK;
}

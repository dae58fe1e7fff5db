
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_walk.h"


size_t
pancake_walk_enter(pancake_walk_t *w, const ngx_str_t *name)
{
    size_t  len, before;

    before = w->path.len;

    if (before && before < PANCAKE_MAX_PATH) {
        w->buf[w->path.len++] = '.';
    }

    len = ngx_min(name->len, PANCAKE_MAX_PATH - w->path.len);
    ngx_memcpy(w->buf + w->path.len, name->data, len);
    w->path.len += len;

    return before;
}


ngx_uint_t
pancake_walk_accepted(pancake_walk_t *w, ngx_uint_t below)
{
    size_t       len;
    ngx_str_t   *path;
    ngx_uint_t   i;

    if (w->rs->accept == NULL) {
        return 0;
    }

    path = w->rs->accept->elts;

    for (i = 0; i < w->rs->accept->nelts; i++) {

        len = ngx_min(path[i].len, w->path.len);

        if (ngx_memcmp(path[i].data, w->buf, len) != 0) {
            continue;
        }

        if (path[i].len == w->path.len
            || (path[i].len < w->path.len && w->buf[len] == '.')
            || (below && path[i].len > w->path.len
                && path[i].data[len] == '.'))
        {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
pancake_walk_read(pancake_walk_t *w, ngx_uint_t below)
{
    u_char       c;
    size_t       n;
    ngx_str_t   *name;
    ngx_uint_t   i;

    if (w->rs->inputs == NULL) {
        return 0;
    }

    name = w->rs->inputs->elts;

    for (i = 0; i < w->rs->inputs->nelts; i++) {

        for (n = 0; n < name[i].len && n < w->path.len; n++) {

            c = ngx_tolower(w->buf[n]);

            if (name[i].data[n] != (c == '.' ? '_' : c)) {
                break;
            }
        }

        if (n < w->path.len) {
            continue;
        }

        if (below ? (n < name[i].len && name[i].data[n] == '_')
                  : n == name[i].len)
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
pancake_violate_as(pancake_resolve_t *rs, const ngx_str_t *path,
    pancake_reason_e reason, const char *message, pancake_source_e source)
{
    pancake_violation_t  *v;

    if (rs->violations.nelts == PANCAKE_MAX_VIOLATIONS
        || pancake_violated(rs, path))
    {
        return NGX_OK;
    }

    v = ngx_array_push(&rs->violations);
    if (v == NULL) {
        return NGX_ERROR;
    }

    v->field.len = path->len;
    v->field.data = ngx_pstrdup(rs->pool, (ngx_str_t *) path);
    if (v->field.data == NULL) {
        return NGX_ERROR;
    }

    v->message.data = (u_char *) message;
    v->message.len = ngx_strlen(message);
    v->source = source;
    v->reason = reason;

    return NGX_OK;
}


ngx_uint_t
pancake_violated(pancake_resolve_t *rs, const ngx_str_t *path)
{
    ngx_uint_t            i;
    pancake_violation_t  *v;

    v = rs->violations.elts;

    for (i = 0; i < rs->violations.nelts; i++) {
        if (v[i].field.len == path->len
            && ngx_memcmp(v[i].field.data, path->data, path->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}

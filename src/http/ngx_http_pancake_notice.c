
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_notice.h"
#include "pancake_body.h"


pancake_value_t *
ngx_http_pancake_notices(ngx_pool_t *pool, ngx_array_t *notices)
{
    ngx_uint_t               i;
    pancake_value_t         *errors;
    pancake_notice_t        *notice;
    static const ngx_str_t   none = ngx_null_string;
    static const ngx_str_t   name = ngx_string("errors");

    errors = pancake_body_value(pool, &name, PANCAKE_ARRAY);
    if (errors == NULL) {
        return NULL;
    }

    notice = notices->elts;

    for (i = 0; i < notices->nelts; i++) {
        if (ngx_http_pancake_notice(pool, errors, &none,
                                    &notice[i].message,
                                    &notice[i].layer)
            != NGX_OK)
        {
            return NULL;
        }
    }

    return errors;
}


ngx_int_t
ngx_http_pancake_notice(ngx_pool_t *pool, pancake_value_t *errors,
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

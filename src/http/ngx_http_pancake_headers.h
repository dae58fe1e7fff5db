
/*
 * Copyright (C) pancake checkout contributors
 *
 * Reading a request's header fields and writing those of an answer.
 */


#ifndef _NGX_HTTP_PANCAKE_HEADERS_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_HEADERS_H_INCLUDED_


#include "ngx_http_pancake.h"


/*
 * How many lines of the field "name" (any case) a header list has; *value is
 * the first one's value, empty without any.
 */
ngx_uint_t ngx_http_pancake_header(ngx_list_t *headers, const char *name,
    ngx_str_t *value);

/*
 * Appends a line to a header list; name and value are referenced.  Returns
 * the line or NULL (no memory).
 */
ngx_table_elt_t *ngx_http_pancake_header_add(ngx_list_t *headers,
    const char *name, ngx_str_t *value);

/* Keeps nginx from sending the lines of the field "name". */
void ngx_http_pancake_header_hide(ngx_list_t *headers, const char *name);

/*
 * 1 when the client asks for JSON: a media range of the Accept field names
 * application/json, not with q=0, and text/html has no higher quality (RFC
 * 9110, section 12.5.1).  Otherwise 0, also for "*" ranges and no field.
 */
ngx_uint_t ngx_http_pancake_accepts_json(ngx_http_request_t *r);

/*
 * A Retry-After value in seconds, when it is a number of them from 1 to 3600;
 * 0 for anything else, also a date.
 */
ngx_uint_t ngx_http_pancake_retry_after(const ngx_str_t *value);

/* 1 when a Content-Type value is this media type, whatever its parameters */
ngx_uint_t ngx_http_pancake_media_type(const ngx_str_t *value,
    const char *type);


#endif /* _NGX_HTTP_PANCAKE_HEADERS_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * The body of a webhook as nginx has read it: in memory, in a file, or partly
 * in each, and never copied as a whole.
 */


#ifndef _NGX_HTTP_PANCAKE_WEBHOOK_BODY_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_WEBHOOK_BODY_H_INCLUDED_


#include "ngx_http_pancake.h"
#include "pancake_webhook.h"


/* Bytes of the body. */
off_t ngx_http_pancake_webhook_size(ngx_http_request_t *r);

/*
 * Whether one of the keys signed the body and the time in the header field.
 * Returns NGX_OK, NGX_DECLINED with *fault as of pancake_webhook_verify(), or
 * NGX_ERROR (no memory, or the file cannot be read).
 */
ngx_int_t ngx_http_pancake_webhook_verify(ngx_http_request_t *r,
    const pancake_webhook_keys_t *keys,
    const pancake_webhook_header_t *header, const char **fault);

/*
 * Reads what the body tells into *event, in memory of the request.  Returns
 * NGX_OK, NGX_DECLINED with *fault as of pancake_webhook_payload_end() and
 * *event empty, or NGX_ERROR as above.
 */
ngx_int_t ngx_http_pancake_webhook_read(ngx_http_request_t *r,
    pancake_webhook_environment_e environment, pancake_webhook_event_t *event,
    const char **fault);


#endif /* _NGX_HTTP_PANCAKE_WEBHOOK_BODY_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * Asking the shop: the directive, and a subrequest with the buyer's own
 * method, header and body.
 */


#ifndef _NGX_HTTP_PANCAKE_QUOTE_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_QUOTE_H_INCLUDED_


#include "ngx_http_pancake.h"


/* lives in the pool of the buyer's request */

struct ngx_http_pancake_quote_s {
    ngx_http_request_t          *request;   /* the buyer's */
    ngx_http_event_handler_pt    resume;    /* of it */
    ngx_http_request_t          *subrequest;

    ngx_int_t                    rc;        /* 502 or 504 when it failed */
    ngx_http_headers_out_t       header;    /* of the answer */
    ngx_str_t                    answer;    /* its body, when it was kept */
    size_t                       size;      /* of the answer's memory */

    unsigned                     direct:1;      /* nothing is kept */
    unsigned                     redirects:1;   /* redirects are kept, too */
    unsigned                     quiet:1;       /* what is not kept is not
                                                   sent either */

    unsigned                     done:1;
    unsigned                     failed:1;  /* there is no answer, see rc */
    unsigned                     kept:1;
    unsigned                     passed:1;  /* it has gone to the buyer */
    unsigned                     silent:1;  /* without its body */
    unsigned                     whole:1;   /* its end was seen */
};


/* a handler of a directive, with nginx's contract for those */
char *ngx_http_pancake_quote_conf(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Merges what that directive sets. */
void ngx_http_pancake_quote_merge(ngx_http_pancake_loc_conf_t *prev,
    ngx_http_pancake_loc_conf_t *conf);

/*
 * Asks quote->request's shop at "uri" with "args" (NULL: none).  The method is
 * the buyer's, or GET without a body when "get" is 1.  A 2xx answer of JSON,
 * and with quote->redirects a redirect, is kept up to PANCAKE_ANSWER_MAX_SIZE
 * bytes; any other is sent to the buyer while it comes in.  When that is over
 * the request's write_event_handler is set to quote->resume and called through
 * a posted request.  Returns NGX_OK, NGX_DECLINED (nothing was begun) or
 * NGX_ERROR (only NGX_ERROR to ngx_http_finalize_request() ends the request).
 */
ngx_int_t ngx_http_pancake_quote(ngx_http_pancake_quote_t *quote,
    ngx_str_t *uri, ngx_str_t *args, ngx_uint_t get);

/* The quote that a subrequest asks for; NULL for every other request. */
ngx_http_pancake_quote_t *ngx_http_pancake_quote_of(ngx_http_request_t *r);


#endif /* _NGX_HTTP_PANCAKE_QUOTE_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_verdict.h"


typedef struct {
    ngx_uint_t                   first;     /* statuses */
    ngx_uint_t                   last;
    ngx_http_pancake_error_e     error;
    ngx_http_pancake_again_e     again;
    const char                  *text;      /* NULL: no detail */
} ngx_http_pancake_verdict_row_t;


static void ngx_http_pancake_verdict_no_status(
    ngx_http_pancake_attempt_t *attempt,
    ngx_http_pancake_verdict_t *verdict);
static void ngx_http_pancake_verdict_status(
    ngx_http_pancake_attempt_t *attempt,
    ngx_http_pancake_verdict_t *verdict);
static void ngx_http_pancake_verdict_body(ngx_http_pancake_attempt_t *attempt,
    ngx_http_pancake_verdict_t *verdict);
static const char *ngx_http_pancake_verdict_detail(
    ngx_http_pancake_attempt_t *attempt, const char *text);


/* every status but 2xx; the first row that fits */

static const ngx_http_pancake_verdict_row_t
    ngx_http_pancake_verdict_rows[] =
{
    /* the answer itself comes after it, but nginx has taken it for that */

    { 100, 199, NGX_HTTP_PANCAKE_E_API_BROKEN,
      NGX_HTTP_PANCAKE_AGAIN_BACKOFF,
      "an interim status that this nginx does not know" },

    { 400, 400, NGX_HTTP_PANCAKE_E_API_INVALID,
      NGX_HTTP_PANCAKE_AGAIN_NEVER, NULL },

    { 401, 401, NGX_HTTP_PANCAKE_E_API_DENIED,
      NGX_HTTP_PANCAKE_AGAIN_NEVER, "" },

    { 403, 403, NGX_HTTP_PANCAKE_E_API_DENIED,
      NGX_HTTP_PANCAKE_AGAIN_NEVER, "" },

    { 404, 404, NGX_HTTP_PANCAKE_E_API_NOT_FOUND,
      NGX_HTTP_PANCAKE_AGAIN_NEVER, NULL },

    { 409, 409, NGX_HTTP_PANCAKE_E_API_CONFLICT,
      NGX_HTTP_PANCAKE_AGAIN_CONFLICT,
      "the same idempotency key is in flight" },

    { 429, 429, NGX_HTTP_PANCAKE_E_API_LIMITED,
      NGX_HTTP_PANCAKE_AGAIN_NEVER, "its rate limit is reached" },

    { 501, 501, NGX_HTTP_PANCAKE_E_API_FAILED,
      NGX_HTTP_PANCAKE_AGAIN_NEVER, "it does not have this action" },

    { 503, 503, NGX_HTTP_PANCAKE_E_API_BUSY,
      NGX_HTTP_PANCAKE_AGAIN_BACKOFF, "it is overloaded" },

    { 504, 504, NGX_HTTP_PANCAKE_E_API_TIMEOUT,
      NGX_HTTP_PANCAKE_AGAIN_BACKOFF, "behind its gateway" },

    { 500, 999, NGX_HTTP_PANCAKE_E_API_FAILED,
      NGX_HTTP_PANCAKE_AGAIN_BACKOFF, "it failed" },

    { 0, 999, NGX_HTTP_PANCAKE_E_API_BROKEN,
      NGX_HTTP_PANCAKE_AGAIN_NEVER, "a status it is not known for" }
};


void
ngx_http_pancake_verdict(ngx_http_pancake_attempt_t *attempt,
    ngx_http_pancake_verdict_t *verdict)
{
    ngx_memzero(verdict, sizeof(ngx_http_pancake_verdict_t));

    if (attempt->cut) {
        verdict->error = NGX_HTTP_PANCAKE_E_API_TIMEOUT;
        verdict->detail = "the deadline of \"pancake_retry\" has passed";

    } else if (!attempt->placed) {
        verdict->error = NGX_HTTP_PANCAKE_E_INTERNAL;
        verdict->detail = "\"pancake_api\" leads to no internal location, "
                          "include pancake-location.conf in this server";

    } else if (attempt->strayed) {
        verdict->error = NGX_HTTP_PANCAKE_E_API_BROKEN;
        verdict->detail = "the API's answer would lead to another location, "
                          "add \"proxy_ignore_headers X-Accel-Redirect\"";

    } else if (attempt->status == 0) {
        ngx_http_pancake_verdict_no_status(attempt, verdict);

    } else if (attempt->status < 200 || attempt->status >= 300) {
        ngx_http_pancake_verdict_status(attempt, verdict);

    } else {
        ngx_http_pancake_verdict_body(attempt, verdict);
    }
}


static void
ngx_http_pancake_verdict_no_status(ngx_http_pancake_attempt_t *attempt,
    ngx_http_pancake_verdict_t *verdict)
{
    verdict->again = NGX_HTTP_PANCAKE_AGAIN_BACKOFF;

    if (attempt->rc == NGX_HTTP_GATEWAY_TIME_OUT) {
        verdict->error = NGX_HTTP_PANCAKE_E_API_TIMEOUT;
        verdict->detail = "the API did not answer in time";
        return;
    }

    verdict->error = NGX_HTTP_PANCAKE_E_API_FAILED;
    verdict->detail = "the API gave no answer";
}


static void
ngx_http_pancake_verdict_status(ngx_http_pancake_attempt_t *attempt,
    ngx_http_pancake_verdict_t *verdict)
{
    const char                            *text;
    ngx_http_pancake_loc_conf_t           *plcf;
    const ngx_http_pancake_verdict_row_t  *row;

    row = ngx_http_pancake_verdict_rows;

    while (attempt->status < row->first || attempt->status > row->last) {
        row++;
    }

    verdict->error = row->error;
    verdict->again = row->again;

    text = row->text;

    if (text == NULL) {
        return;
    }

    if (row->error == NGX_HTTP_PANCAKE_E_API_DENIED) {

        plcf = ngx_http_get_module_loc_conf(attempt->call->request,
                                            ngx_http_pancake_checkout_module);

        /* that a customer may not is no fault of the shop's */

        if (plcf->credential->bearer) {
            verdict->error = (attempt->status == NGX_HTTP_UNAUTHORIZED)
                             ? NGX_HTTP_PANCAKE_E_API_TOKEN
                             : NGX_HTTP_PANCAKE_E_API_FORBIDDEN;
            return;
        }

        text = plcf->credential->key
               ? "check the merchant id, that its key is this one, and this "
                 "machine's clock"
               : "check the store slug and its environment";
    }

    verdict->detail = ngx_http_pancake_verdict_detail(attempt, text);
}


/*
 * An answer that did not come whole may come whole the next time.  A whole
 * one would be the same: the API repeats a 2xx for the same key.
 */

static void
ngx_http_pancake_verdict_body(ngx_http_pancake_attempt_t *attempt,
    ngx_http_pancake_verdict_t *verdict)
{
    verdict->error = NGX_HTTP_PANCAKE_E_API_BROKEN;

    if (attempt->too_big) {
        verdict->detail = "the API's answer is too large";

    } else if (!attempt->complete) {
        verdict->detail = "the API's answer was cut off";
        verdict->again = NGX_HTTP_PANCAKE_AGAIN_BACKOFF;

    } else if (attempt->encoded) {
        verdict->detail = "the API's answer is compressed";

    } else if (!attempt->json) {
        verdict->detail = "the API's answer is not application/json";

    } else {
        verdict->good = 1;
    }
}


static const char *
ngx_http_pancake_verdict_detail(ngx_http_pancake_attempt_t *attempt,
    const char *text)
{
    size_t   len;
    u_char  *p;

    len = sizeof("the API answered : ") + NGX_INT_T_LEN + ngx_strlen(text);

    p = ngx_pnalloc(attempt->call->request->pool, len);
    if (p == NULL) {
        return text;
    }

    ngx_sprintf(p, "the API answered %ui: %s%Z", attempt->status, text);

    return (const char *) p;
}

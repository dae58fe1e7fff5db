
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_labels.h"


const ngx_str_t  ngx_http_pancake_results[] = {
    ngx_string("none"),
    ngx_string("redirected"),
    ngx_string("replied"),
    ngx_string("passed"),
    ngx_string("invalid"),
    ngx_string("forbidden"),
    ngx_string("rejected"),
    ngx_string("unavailable"),
    ngx_string("error")
};


const ngx_str_t  ngx_http_pancake_signatures[] = {
    ngx_string("none"),
    ngx_string("cached"),
    ngx_string("inline"),
    ngx_string("thread")
};


const ngx_str_t  ngx_http_pancake_reasons[] = {
    ngx_string("method"),
    ngx_string("preview"),
    ngx_string("origin"),
    ngx_string("require"),
    ngx_string("token"),
    ngx_string("media_type"),
    ngx_string("too_large"),
    ngx_string("syntax"),
    ngx_string("value"),
    ngx_string("required"),
    ngx_string("owner"),
    ngx_string("unknown"),
    ngx_string("set"),
    ngx_string("quote")
};


const ngx_str_t  ngx_http_pancake_replays[] = {
    ngx_string("conflict"),
    ngx_string("expired")
};


const ngx_str_t  ngx_http_pancake_webhook_outcomes[] = {
    ngx_string("refused"),
    ngx_string("duplicate"),
    ngx_string("in_flight"),
    ngx_string("failed"),
    ngx_string("accepted")
};


const ngx_str_t  ngx_http_pancake_classes[] = {
    ngx_string("none"),
    ngx_string("1xx"),
    ngx_string("2xx"),
    ngx_string("3xx"),
    ngx_string("4xx"),
    ngx_string("5xx")
};


/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_answer.h"
#include "pancake_json.h"
#include "pancake_rules.h"


#define PANCAKE_ANSWER_LIMITS     { 16, 2048 }
#define PANCAKE_ANSWER_MAX_HOST   128
#define PANCAKE_ANSWER_MAX_ID     128


static ngx_int_t pancake_answer_refused(pancake_answer_t *answer,
    pancake_tree_t *tree);
static ngx_int_t pancake_answer_errors(pancake_answer_t *answer,
    pancake_value_t *errors);
static ngx_int_t pancake_answer_clean(ngx_pool_t *pool,
    const pancake_value_t *message, ngx_str_t *out);
static ngx_uint_t pancake_answer_plain(const pancake_value_t *layer);
static const char *pancake_answer_url_fault(ngx_pool_t *pool,
    const ngx_str_t *url);
static time_t pancake_time_days(u_char *p);
static ngx_int_t pancake_time_offset(u_char *p, u_char *last,
    time_t *offset);
static ngx_int_t pancake_time_number(u_char *p, size_t len, ngx_int_t min,
    ngx_int_t max);


static const ngx_str_t  pancake_data = ngx_string("data");
static const ngx_str_t  pancake_errors = ngx_string("errors");
static const ngx_str_t  pancake_message = ngx_string("message");
static const ngx_str_t  pancake_layer = ngx_string("layer");
static const ngx_str_t  pancake_checkout_url = ngx_string("checkoutUrl");
static const ngx_str_t  pancake_session_id = ngx_string("sessionId");
static const ngx_str_t  pancake_expires_at = ngx_string("expiresAt");


ngx_int_t
pancake_answer_read(pancake_answer_t *answer, ngx_pool_t *pool,
    const ngx_str_t *text)
{
    ngx_int_t                      rc;
    pancake_tree_t                 tree;
    pancake_value_t               *value;
    static const pancake_limits_t  limits = PANCAKE_ANSWER_LIMITS;

    ngx_memzero(answer, sizeof(pancake_answer_t));
    answer->pool = pool;

    if (ngx_array_init(&answer->errors, pool, 2, sizeof(pancake_notice_t))
        != NGX_OK
        || pancake_tree_init(&tree, pool, &limits) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (text->len == 0) {
        answer->fault = "is empty";
        return NGX_DECLINED;
    }

    if (text->len > PANCAKE_ANSWER_MAX_SIZE) {
        answer->fault = "is too large";
        return NGX_DECLINED;
    }

    rc = pancake_json_parse(&tree, text);

    if (rc == NGX_DECLINED) {
        return pancake_answer_refused(answer, &tree);
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    value = pancake_value_member(tree.root, &pancake_data);

    if (value && value->type == PANCAKE_OBJECT) {
        answer->data = value;
    }

    value = pancake_value_member(tree.root, &pancake_errors);

    if (value == NULL || value->type == PANCAKE_NULL) {
        return NGX_OK;
    }

    if (value->type != PANCAKE_ARRAY) {
        answer->fault = "has \"errors\" that are not an array";
        return NGX_DECLINED;
    }

    return pancake_answer_errors(answer, value);
}


static ngx_int_t
pancake_answer_refused(pancake_answer_t *answer, pancake_tree_t *tree)
{
    u_char  *p;

    answer->fault = tree->error;

    if (tree->field.len) {

        p = ngx_pnalloc(answer->pool, sizeof("has \"\", which ")
                                      + tree->field.len
                                      + ngx_strlen(tree->error));
        if (p == NULL) {
            return NGX_ERROR;
        }

        ngx_sprintf(p, "has \"%V\", which %s%Z", &tree->field, tree->error);

        answer->fault = (const char *) p;
    }

    return NGX_DECLINED;
}


static ngx_int_t
pancake_answer_errors(pancake_answer_t *answer, pancake_value_t *errors)
{
    pancake_value_t   *value, *message, *layer;
    pancake_notice_t  *notice;

    for (value = errors->first; value; value = value->next) {

        if (answer->errors.nelts == PANCAKE_ANSWER_MAX_ERRORS) {
            break;
        }

        notice = ngx_array_push(&answer->errors);
        if (notice == NULL) {
            return NGX_ERROR;
        }

        ngx_str_set(&notice->message, "no message");
        ngx_str_set(&notice->layer, "api");

        message = pancake_value_member(value, &pancake_message);
        layer = pancake_value_member(value, &pancake_layer);

        if (message && message->type == PANCAKE_STRING
            && pancake_answer_clean(answer->pool, message, &notice->message)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (pancake_answer_plain(layer)) {
            notice->layer = layer->text;
        }
    }

    return NGX_OK;
}


static ngx_int_t
pancake_answer_clean(ngx_pool_t *pool, const pancake_value_t *message,
    ngx_str_t *out)
{
    size_t   i, len;
    u_char  *p;

    len = message->text.len;

    if (len == 0) {
        return NGX_OK;
    }

    if (len > PANCAKE_ANSWER_MAX_MESSAGE) {
        len = PANCAKE_ANSWER_MAX_MESSAGE;

        /* not in the middle of a character */

        while (len && (message->text.data[len] & 0xc0) == 0x80) {
            len--;
        }
    }

    p = ngx_pnalloc(pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < len; i++) {
        p[i] = message->text.data[i];

        if (p[i] < 0x20 || p[i] == 0x7f) {
            p[i] = ' ';
        }
    }

    out->data = p;
    out->len = len;

    return NGX_OK;
}


static ngx_uint_t
pancake_answer_plain(const pancake_value_t *layer)
{
    size_t  i;

    if (layer == NULL || layer->type != PANCAKE_STRING
        || layer->text.len == 0 || layer->text.len > 32)
    {
        return 0;
    }

    for (i = 0; i < layer->text.len; i++) {
        if ((layer->text.data[i] < 'a' || layer->text.data[i] > 'z')
            && layer->text.data[i] != '-' && layer->text.data[i] != '_')
        {
            return 0;
        }
    }

    return 1;
}


ngx_int_t
pancake_answer_data(pancake_answer_t *answer, const ngx_str_t *name,
    ngx_uint_t query)
{
    u_char           *p;
    pancake_value_t  *value;

    if (answer->errors.nelts && !(query && answer->data)) {
        answer->fault = "has a success status and errors";
        return NGX_DECLINED;
    }

    if (answer->data == NULL) {
        answer->fault = "has no object \"data\"";
        return NGX_DECLINED;
    }

    value = pancake_value_member(answer->data, name);

    if (name->len == 0 || (value && value->type != PANCAKE_NULL)) {
        return NGX_OK;
    }

    answer->fault = "has no object \"data\"";

    p = ngx_pnalloc(answer->pool, sizeof("has no \"\"") + name->len);

    if (p) {
        ngx_sprintf(p, "has no \"%V\"%Z", name);
        answer->fault = (const char *) p;
    }

    return NGX_DECLINED;
}


ngx_int_t
pancake_answer_checkout(pancake_answer_t *answer,
    const pancake_redirect_t *redirect, time_t now)
{
    time_t                  time;
    pancake_value_t        *url, *session, *expires;
    static const ngx_str_t  any = ngx_null_string;

    if (pancake_answer_data(answer, &any, 0) != NGX_OK) {
        return NGX_DECLINED;
    }

    url = pancake_value_member(answer->data, &pancake_checkout_url);
    session = pancake_value_member(answer->data, &pancake_session_id);
    expires = pancake_value_member(answer->data, &pancake_expires_at);

    if (url == NULL || url->type != PANCAKE_STRING) {
        answer->fault = "has no string \"checkoutUrl\"";
        return NGX_DECLINED;
    }

    if (!pancake_url_allowed(&url->text, redirect)) {
        answer->fault = pancake_answer_url_fault(answer->pool, &url->text);
        return NGX_DECLINED;
    }

    if (expires && expires->type != PANCAKE_NULL) {

        time = (expires->type == PANCAKE_STRING)
               ? pancake_time(&expires->text) : -1;

        if (time <= now) {
            answer->expired = ngx_max(time, 0);
            answer->fault = "has an \"expiresAt\" that is past or not a time";
            return NGX_DECLINED;
        }
    }

    answer->checkout_url = url->text;

    /* it goes into variables and so, perhaps, into headers */

    if (session && session->type == PANCAKE_STRING
        && pancake_check_printable(&session->text, NULL,
                                   PANCAKE_ANSWER_MAX_ID))
    {
        answer->session_id = session->text;
    }

    return NGX_OK;
}


/* names the host, which may be missing in the list, when it looks like one */

static const char *
pancake_answer_url_fault(ngx_pool_t *pool, const ngx_str_t *url)
{
    size_t     i;
    u_char     c, *p;
    ngx_str_t  scheme, host, rest;

    static const char  fault[] = "has a \"checkoutUrl\" that is not a plain "
                                 "https URL";

    if (pancake_url_split(url, &scheme, &host, &rest) != NGX_OK
        || !pancake_word_listed("https", &scheme)
        || host.len > PANCAKE_ANSWER_MAX_HOST
        || ngx_strlchr(rest.data, rest.data + rest.len, '#'))
    {
        return fault;
    }

    for (i = 0; i < host.len; i++) {
        c = host.data[i];

        if ((c < '0' || c > '9') && (c < 'a' || c > 'z') && c != '-'
            && c != '.')
        {
            return fault;
        }
    }

    p = ngx_pnalloc(pool, sizeof("has a \"checkoutUrl\" to \"\", which is not "
                                 "one of \"pancake_redirect_hosts\"")
                          + host.len);
    if (p == NULL) {
        return fault;
    }

    ngx_sprintf(p, "has a \"checkoutUrl\" to \"%V\", which is not one of "
                "\"pancake_redirect_hosts\"%Z", &host);

    return (const char *) p;
}


ngx_uint_t
pancake_url_allowed(const ngx_str_t *url, const pancake_redirect_t *redirect)
{
    ngx_str_t    scheme, authority, rest, *host;
    ngx_uint_t   i;

    if (url->len > PANCAKE_URL_MAX_LEN
        || pancake_url_split(url, &scheme, &authority, &rest) != NGX_OK
        || ngx_strlchr(rest.data, rest.data + rest.len, '#'))
    {
        return 0;
    }

    if (pancake_word_listed("http", &scheme)) {
        return redirect->insecure && pancake_authority_loopback(&authority);
    }

    if (!pancake_word_listed("https", &scheme)) {
        return 0;
    }

    host = redirect->hosts->elts;

    for (i = 0; i < redirect->hosts->nelts; i++) {
        if (host[i].len == authority.len
            && ngx_memcmp(host[i].data, authority.data, authority.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


time_t
pancake_time(const ngx_str_t *text)
{
    u_char     *p, *last;
    time_t      days, offset;
    int64_t     time;
    ngx_int_t   hour, minute, second;

    p = text->data;
    last = p + text->len;

    /* 2026-01-22T10:30:00Z is the shortest form */

    if (text->len < 20 || p[4] != '-' || p[7] != '-'
        || (p[10] != 'T' && p[10] != 't') || p[13] != ':' || p[16] != ':')
    {
        return -1;
    }

    days = pancake_time_days(p);

    hour = pancake_time_number(p + 11, 2, 0, 23);
    minute = pancake_time_number(p + 14, 2, 0, 59);
    second = pancake_time_number(p + 17, 2, 0, 60);

    if (days < 0 || hour < 0 || minute < 0 || second < 0) {
        return -1;
    }

    p += 19;

    if (*p == '.') {
        for (p++; p < last && *p >= '0' && *p <= '9'; p++) { /* void */ }

        if (p[-1] == '.') {
            return -1;
        }
    }

    if (pancake_time_offset(p, last, &offset) != NGX_OK) {
        return -1;
    }

    /* a leap second is the second before it here */

    time = (((int64_t) days * 24 + hour) * 60 + minute) * 60
           + ngx_min(second, 59) - offset;

    return (time < 0 || time > NGX_MAX_TIME_T_VALUE) ? -1 : (time_t) time;
}


/* days from 1970-01-01 to the date YYYY-MM-DD at p, or -1 */

static time_t
pancake_time_days(u_char *p)
{
    ngx_int_t                year, month, day, leap;

    static const ngx_int_t   months[] = {
        0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365
    };

    year = pancake_time_number(p, 4, 1970, 9999);
    month = pancake_time_number(p + 5, 2, 1, 12);
    day = pancake_time_number(p + 8, 2, 1, 31);

    if (year < 0 || month < 0 || day < 0) {
        return -1;
    }

    leap = (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));

    if (day > months[month] - months[month - 1] + (month == 2 ? leap : 0)) {
        return -1;
    }

    /* whole years before this one, and the leap days in them */

    day += months[month - 1] + (month > 2 ? leap : 0) - 1;
    year--;

    return day + (year - 1969) * 365
           + (year / 4 - year / 100 + year / 400)
           - (1969 / 4 - 1969 / 100 + 1969 / 400);
}


/* "Z" or "+HH:MM", to the end of the text */

static ngx_int_t
pancake_time_offset(u_char *p, u_char *last, time_t *offset)
{
    ngx_int_t  hours, minutes;

    *offset = 0;

    if (last - p == 1 && (*p == 'Z' || *p == 'z')) {
        return NGX_OK;
    }

    if (last - p != 6 || (*p != '+' && *p != '-') || p[3] != ':') {
        return NGX_ERROR;
    }

    hours = pancake_time_number(p + 1, 2, 0, 23);
    minutes = pancake_time_number(p + 4, 2, 0, 59);

    if (hours < 0 || minutes < 0) {
        return NGX_ERROR;
    }

    *offset = (hours * 60 + minutes) * 60;

    if (*p == '-') {
        *offset = -*offset;
    }

    return NGX_OK;
}


/* a decimal number of "len" digits between min and max, or -1 */

static ngx_int_t
pancake_time_number(u_char *p, size_t len, ngx_int_t min, ngx_int_t max)
{
    ngx_int_t  n;

    n = ngx_atoi(p, len);

    return (n < min || n > max) ? -1 : n;
}

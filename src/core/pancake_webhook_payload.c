
/*
 * Copyright (C) pancake checkout contributors
 *
 * What a webhook tells: the four texts that the edge needs, out of a payload
 * whose rest is the shop's own business.
 */


#include "pancake_webhook.h"

#include <yajl/yajl_parse.h>


/* objects and lists inside one another */
#define PANCAKE_WEBHOOK_MAX_DEPTH   64


static const char  pancake_webhook_no_json[] = "its payload is not one whole "
    "JSON object";

static const char  pancake_webhook_deep[] = "its payload has more than 64 "
    "objects inside one another";

static const char  pancake_webhook_fields[] = "its payload has not \"id\", "
    "\"eventType\" and \"mode\" once each, \"storeId\" at most once, in 1 to "
    "128 characters without blanks";

static const char  pancake_webhook_mode[] = "\"mode\" of its payload is not "
    "the environment of this location";


static int pancake_webhook_scalar(pancake_webhook_payload_t *payload);
static int pancake_webhook_null(void *data);
static int pancake_webhook_boolean(void *data, int boolean);
static int pancake_webhook_number(void *data, const char *p, size_t len);
static int pancake_webhook_string(void *data, const unsigned char *p,
    size_t len);
static int pancake_webhook_start(pancake_webhook_payload_t *payload);
static int pancake_webhook_start_map(void *data);
static int pancake_webhook_map_key(void *data, const unsigned char *p,
    size_t len);
static int pancake_webhook_start_array(void *data);
static int pancake_webhook_end(void *data);


static yajl_callbacks  pancake_webhook_callbacks = {
    pancake_webhook_null,
    pancake_webhook_boolean,
    NULL,                            /* yajl_number takes any number */
    NULL,
    pancake_webhook_number,
    pancake_webhook_string,
    pancake_webhook_start_map,
    pancake_webhook_map_key,
    pancake_webhook_end,
    pancake_webhook_start_array,
    pancake_webhook_end
};


ngx_int_t
pancake_webhook_payload_begin(pancake_webhook_payload_t *payload,
    ngx_pool_t *pool, pancake_webhook_event_t *event)
{
    ngx_memzero(payload, sizeof(pancake_webhook_payload_t));
    ngx_memzero(event, sizeof(pancake_webhook_event_t));

    payload->event = event;
    payload->pool = pool;

    payload->handle = yajl_alloc(&pancake_webhook_callbacks, NULL, payload);

    return payload->handle ? NGX_OK : NGX_ERROR;
}


ngx_int_t
pancake_webhook_payload_feed(pancake_webhook_payload_t *payload,
    const u_char *p, size_t len)
{
    if (payload->fault == NULL
        && yajl_parse(payload->handle, p, len) != yajl_status_ok
        && payload->fault == NULL)
    {
        payload->fault = pancake_webhook_no_json;
    }

    return payload->fault ? NGX_DECLINED : NGX_OK;
}


ngx_int_t
pancake_webhook_payload_end(pancake_webhook_payload_t *payload,
    pancake_webhook_environment_e environment, const char **fault)
{
    ngx_str_t                *mode;
    const char               *expected;
    pancake_webhook_event_t  *event;

    event = payload->event;
    expected = (environment == PANCAKE_WEBHOOK_PROD) ? "prod" : "test";

    if (payload->fault == NULL
        && yajl_complete_parse(payload->handle) != yajl_status_ok
        && payload->fault == NULL)
    {
        payload->fault = pancake_webhook_no_json;
    }

    yajl_free(payload->handle);

    if (payload->fault == NULL
        && (event->id.len == 0 || event->event.len == 0
            || event->mode.len == 0))
    {
        payload->fault = pancake_webhook_fields;
    }

    mode = &event->mode;

    if (payload->fault == NULL
        && (mode->len != 4 || ngx_strncmp(mode->data, expected, 4) != 0))
    {
        payload->fault = pancake_webhook_mode;
    }

    *fault = payload->fault;

    if (*fault) {
        ngx_memzero(event, sizeof(pancake_webhook_event_t));
        return payload->pool ? NGX_DECLINED : NGX_ERROR;
    }

    return NGX_OK;
}


/* a value that is no string: none of the four may be one */

static int
pancake_webhook_scalar(pancake_webhook_payload_t *payload)
{
    if (payload->depth == 0) {
        payload->fault = pancake_webhook_no_json;
        return 0;
    }

    if (payload->value) {
        payload->fault = pancake_webhook_fields;
        return 0;
    }

    return 1;
}


static int
pancake_webhook_null(void *data)
{
    return pancake_webhook_scalar(data);
}


static int
pancake_webhook_boolean(void *data, int boolean)
{
    return pancake_webhook_scalar(data);
}


static int
pancake_webhook_number(void *data, const char *p, size_t len)
{
    return pancake_webhook_scalar(data);
}


static int
pancake_webhook_string(void *data, const unsigned char *p, size_t len)
{
    pancake_webhook_payload_t *payload = data;

    size_t      i;
    ngx_str_t  *value;

    value = payload->value;

    if (value == NULL) {
        return pancake_webhook_scalar(payload);
    }

    payload->value = NULL;

    for (i = 0; i < len; i++) {
        if (p[i] <= 0x20 || p[i] >= 0x7f || p[i] == '"') {
            break;
        }
    }

    if (i < len || len == 0 || len > PANCAKE_WEBHOOK_MAX_NAME) {
        payload->fault = pancake_webhook_fields;
        return 0;
    }

    value->data = ngx_pnalloc(payload->pool, len);

    if (value->data == NULL) {
        payload->fault = pancake_webhook_fields;
        payload->pool = NULL;
        return 0;
    }

    ngx_memcpy(value->data, p, len);
    value->len = len;

    return 1;
}


static int
pancake_webhook_start(pancake_webhook_payload_t *payload)
{
    if (payload->value) {
        payload->fault = pancake_webhook_fields;
        return 0;
    }

    if (payload->depth == PANCAKE_WEBHOOK_MAX_DEPTH) {
        payload->fault = pancake_webhook_deep;
        return 0;
    }

    payload->depth++;

    return 1;
}


static int
pancake_webhook_start_map(void *data)
{
    return pancake_webhook_start(data);
}


static int
pancake_webhook_start_array(void *data)
{
    pancake_webhook_payload_t *payload = data;

    if (payload->depth == 0) {
        payload->fault = pancake_webhook_no_json;
        return 0;
    }

    return pancake_webhook_start(payload);
}


/* yajl has resolved escapes: "\u0069d" is "id", too */

static int
pancake_webhook_map_key(void *data, const unsigned char *p, size_t len)
{
    pancake_webhook_payload_t *payload = data;

    ngx_str_t  *value;

    if (payload->depth != 1) {
        return 1;
    }

    if (len == 2 && ngx_memcmp(p, "id", 2) == 0) {
        value = &payload->event->id;

    } else if (len == 9 && ngx_memcmp(p, "eventType", 9) == 0) {
        value = &payload->event->event;

    } else if (len == 4 && ngx_memcmp(p, "mode", 4) == 0) {
        value = &payload->event->mode;

    } else if (len == 7 && ngx_memcmp(p, "storeId", 7) == 0) {
        value = &payload->event->store;

    } else {
        return 1;
    }

    if (value->len) {
        payload->fault = pancake_webhook_fields;
        return 0;
    }

    payload->value = value;

    return 1;
}


static int
pancake_webhook_end(void *data)
{
    pancake_webhook_payload_t *payload = data;

    payload->depth--;

    return 1;
}

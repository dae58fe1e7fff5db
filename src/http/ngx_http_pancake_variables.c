
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_ctx.h"
#include "ngx_http_pancake_input.h"
#include "ngx_http_pancake_labels.h"
#include "ngx_http_pancake_variables.h"
#include "ngx_http_pancake_webhook.h"


#define NGX_HTTP_PANCAKE_INPUT_PREFIX   "pancake_input_"
#define NGX_HTTP_PANCAKE_QUOTE_PREFIX   "pancake_quote_"


static ngx_int_t ngx_http_pancake_variable_result(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_pancake_variable_str(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_pancake_variable_signature(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_pancake_variable_attempts(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_pancake_variable_list(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static u_char *ngx_http_pancake_variable_entry(u_char *p,
    ngx_http_pancake_attempt_t *attempt, uintptr_t what);
static ngx_int_t ngx_http_pancake_variable_input(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_pancake_variable_quote(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static void ngx_http_pancake_variable_scalar(ngx_http_variable_value_t *v,
    pancake_value_t *root, ngx_str_t *name);
static ngx_uint_t ngx_http_pancake_variable_find(pancake_value_t *object,
    ngx_str_t *name, pancake_value_t **found);
static void ngx_http_pancake_variable_set(ngx_http_variable_value_t *v,
    const ngx_str_t *text);


#define NGX_HTTP_PANCAKE_LIST_STATUS  0
#define NGX_HTTP_PANCAKE_LIST_TIME    1
#define NGX_HTTP_PANCAKE_LIST_KEY     2

/* bytes; seconds and milliseconds are shorter than a key, too */
#define NGX_HTTP_PANCAKE_LIST_ENTRY   PANCAKE_IDEMPOTENCY_KEY_LEN


static ngx_http_variable_t  ngx_http_pancake_variables[] = {

    { ngx_string("pancake_result"), NULL,
      ngx_http_pancake_variable_result,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("pancake_error"), NULL,
      ngx_http_pancake_variable_str,
      offsetof(ngx_http_pancake_ctx_t, error),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("pancake_error_field"), NULL,
      ngx_http_pancake_variable_str,
      offsetof(ngx_http_pancake_ctx_t, error_field),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("pancake_checkout_url"), NULL,
      ngx_http_pancake_variable_str,
      offsetof(ngx_http_pancake_ctx_t, answer.checkout_url),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("pancake_session_id"), NULL,
      ngx_http_pancake_variable_str,
      offsetof(ngx_http_pancake_ctx_t, session_id),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("pancake_idempotency_key"), NULL,
      ngx_http_pancake_variable_list,
      NGX_HTTP_PANCAKE_LIST_KEY,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("pancake_signature"), NULL,
      ngx_http_pancake_variable_signature,
      0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("pancake_attempts"), NULL,
      ngx_http_pancake_variable_attempts,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("pancake_upstream_status"), NULL,
      ngx_http_pancake_variable_list,
      NGX_HTTP_PANCAKE_LIST_STATUS,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("pancake_upstream_time"), NULL,
      ngx_http_pancake_variable_list,
      NGX_HTTP_PANCAKE_LIST_TIME,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string(NGX_HTTP_PANCAKE_INPUT_PREFIX), NULL,
      ngx_http_pancake_variable_input,
      0, NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX, 0 },

    { ngx_string(NGX_HTTP_PANCAKE_QUOTE_PREFIX), NULL,
      ngx_http_pancake_variable_quote,
      0, NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX, 0 },

    { ngx_string("pancake_webhook_id"), NULL,
      ngx_http_pancake_webhook_variable,
      offsetof(pancake_webhook_event_t, id),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("pancake_webhook_event"), NULL,
      ngx_http_pancake_webhook_variable,
      offsetof(pancake_webhook_event_t, event),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("pancake_webhook_mode"), NULL,
      ngx_http_pancake_webhook_variable,
      offsetof(pancake_webhook_event_t, mode),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("pancake_webhook_store"), NULL,
      ngx_http_pancake_webhook_variable,
      offsetof(pancake_webhook_event_t, store),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_pancake_variables_add(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_pancake_variables; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_pancake_variables_inputs(ngx_cycle_t *cycle, ngx_array_t *inputs)
{
    size_t                      len;
    ngx_str_t                  *name;
    ngx_uint_t                  i;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_core_module);

    len = sizeof(NGX_HTTP_PANCAKE_INPUT_PREFIX) - 1;
    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {

        if (v[i].name.len <= len
            || ngx_strncmp(v[i].name.data, NGX_HTTP_PANCAKE_INPUT_PREFIX, len)
               != 0)
        {
            continue;
        }

        name = ngx_array_push(inputs);
        if (name == NULL) {
            return NGX_ERROR;
        }

        name->data = v[i].name.data + len;
        name->len = v[i].name.len - len;
    }

    return NGX_OK;
}


static void
ngx_http_pancake_variable_set(ngx_http_variable_value_t *v,
    const ngx_str_t *text)
{
    if (text == NULL || text->len == 0) {
        v->not_found = 1;
        return;
    }

    v->len = text->len;
    v->data = text->data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
}


static ngx_int_t
ngx_http_pancake_variable_result(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_pancake_ctx_t  *ctx;

    ctx = ngx_http_pancake_ctx(r);

    ngx_http_pancake_variable_set(v, ctx
                                     && ctx->result != NGX_HTTP_PANCAKE_NONE
                                     ? &ngx_http_pancake_results[ctx->result]
                                     : NULL);

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_variable_str(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_pancake_ctx_t  *ctx;

    ctx = ngx_http_pancake_ctx(r);

    ngx_http_pancake_variable_set(v, ctx ? (ngx_str_t *) ((char *) ctx + data)
                                         : NULL);

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_variable_signature(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_pancake_ctx_t  *ctx;

    ctx = ngx_http_pancake_ctx(r);

    ngx_http_pancake_variable_set(v, (ctx && ctx->call && ctx->call->attempt)
                                     ? &ngx_http_pancake_signatures[
                                           ctx->call->attempt->signature]
                                     : NULL);

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_variable_attempts(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                  *p;
    ngx_str_t                text;
    ngx_http_pancake_ctx_t  *ctx;

    ctx = ngx_http_pancake_ctx(r);

    if (ctx == NULL || ctx->attempts.nelts == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text.data = p;
    text.len = ngx_sprintf(p, "%ui", ctx->attempts.nelts) - p;

    ngx_http_pancake_variable_set(v, &text);

    return NGX_OK;
}


/* one entry an attempt, as nginx lists its own */

static ngx_int_t
ngx_http_pancake_variable_list(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                       *p;
    ngx_str_t                     text;
    ngx_uint_t                    i, known;
    ngx_http_pancake_ctx_t       *ctx;
    ngx_http_pancake_attempt_t  **attempt;

    ctx = ngx_http_pancake_ctx(r);

    if (ctx == NULL || ctx->attempts.nelts == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    attempt = ctx->attempts.elts;
    known = (data != NGX_HTTP_PANCAKE_LIST_KEY);

    for (i = 0; i < ctx->attempts.nelts; i++) {
        known |= (attempt[i]->call->key.len != 0);
    }

    if (!known) {
        v->not_found = 1;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, ctx->attempts.nelts
                             * (NGX_HTTP_PANCAKE_LIST_ENTRY + 2));
    if (p == NULL) {
        return NGX_ERROR;
    }

    text.data = p;

    for (i = 0; i < ctx->attempts.nelts; i++) {

        if (i) {
            *p++ = ',';
            *p++ = ' ';
        }

        p = ngx_http_pancake_variable_entry(p, attempt[i], data);
    }

    text.len = p - text.data;

    ngx_http_pancake_variable_set(v, &text);

    return NGX_OK;
}


/* at most NGX_HTTP_PANCAKE_LIST_ENTRY bytes; "-" for what is not known */

static u_char *
ngx_http_pancake_variable_entry(u_char *p,
    ngx_http_pancake_attempt_t *attempt, uintptr_t what)
{
    if (what == NGX_HTTP_PANCAKE_LIST_KEY) {

        if (attempt->call->key.len) {
            return ngx_cpymem(p, attempt->call->key.data,
                              attempt->call->key.len);
        }

    } else if (!attempt->done || attempt->stopped) {

        /* void */

    } else if (what == NGX_HTTP_PANCAKE_LIST_TIME) {
        return ngx_sprintf(p, "%T.%03M", (time_t) attempt->time / 1000,
                           attempt->time % 1000);

    } else if (attempt->status) {
        return ngx_sprintf(p, "%ui", attempt->status);

    } else if (attempt->placed) {

        /*
         * As nginx's own: 502 for no answer, 504 for none in time.  Of an
         * answer that is no HTTP nginx says nothing.
         */

        return ngx_sprintf(p, "%i",
                           attempt->rc >= NGX_HTTP_SPECIAL_RESPONSE
                           ? attempt->rc : NGX_HTTP_BAD_GATEWAY);
    }

    *p++ = '-';

    return p;
}


/*
 * $pancake_input_NAME: a scalar of the buyer's input.  nginx knows names of
 * variables in lower case only, so case is passed over, and "_" may stand for
 * the dot of a nested name.  A name that could mean two values means none.
 */

static ngx_int_t
ngx_http_pancake_variable_input(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_int_t                    rc;
    ngx_str_t                   *full, name;
    ngx_http_pancake_ctx_t      *ctx;
    ngx_http_pancake_refusal_t   refusal;

    full = (ngx_str_t *) data;

    name.len = full->len - (sizeof(NGX_HTTP_PANCAKE_INPUT_PREFIX) - 1);
    name.data = full->data + sizeof(NGX_HTTP_PANCAKE_INPUT_PREFIX) - 1;

    ctx = ngx_http_pancake_ctx(r);

    if (ctx == NULL || !ctx->read) {
        v->not_found = 1;
        return ngx_http_pancake_ctx_too_early(r);
    }

    if (ctx->input == NULL) {
        rc = ngx_http_pancake_input_parse(r, ctx->form, &ctx->text,
                                          &ctx->input, &refusal);
        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED) {
            v->not_found = 1;
            return NGX_OK;
        }
    }

    ngx_http_pancake_variable_scalar(v, ctx->input, &name);

    return NGX_OK;
}


/* $pancake_quote_NAME: the same for what the shop answered */

static ngx_int_t
ngx_http_pancake_variable_quote(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t               *full, name;
    ngx_http_pancake_ctx_t  *ctx;

    full = (ngx_str_t *) data;

    name.len = full->len - (sizeof(NGX_HTTP_PANCAKE_QUOTE_PREFIX) - 1);
    name.data = full->data + sizeof(NGX_HTTP_PANCAKE_QUOTE_PREFIX) - 1;

    ctx = ngx_http_pancake_ctx(r);

    if (ctx == NULL || !ctx->read) {
        v->not_found = 1;
        return ngx_http_pancake_ctx_too_early(r);
    }

    if (ctx->quote == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_http_pancake_variable_scalar(v, ctx->quote, &name);

    return NGX_OK;
}


static void
ngx_http_pancake_variable_scalar(ngx_http_variable_value_t *v,
    pancake_value_t *root, ngx_str_t *name)
{
    pancake_value_t         *value;

    static const ngx_str_t   yes = ngx_string("true");
    static const ngx_str_t   no = ngx_string("false");

    value = NULL;

    /*
     * nginx's own variables of a request hold no line ends either: this one
     * may be part of a header, too.
     */

    if (ngx_http_pancake_variable_find(root, name, &value) != 1
        || (value->text.len
            && !pancake_check_line(&value->text, NULL,
                                   NGX_HTTP_PANCAKE_MAX_INPUT)))
    {
        v->not_found = 1;
        return;
    }

    if (value->type == PANCAKE_BOOLEAN) {
        ngx_http_pancake_variable_set(v, value->boolean ? &yes : &no);

    } else {
        ngx_http_pancake_variable_set(v, &value->text);
    }
}


/* how many scalars the name could mean; *found is one of them */

static ngx_uint_t
ngx_http_pancake_variable_find(pancake_value_t *object, ngx_str_t *name,
    pancake_value_t **found)
{
    ngx_str_t         rest;
    ngx_uint_t        n;
    pancake_value_t  *value;

    n = 0;

    for (value = object->first; value; value = value->next) {

        if (value->name.len > name->len
            || ngx_strncasecmp(value->name.data, name->data, value->name.len)
               != 0)
        {
            continue;
        }

        if (value->name.len == name->len) {

            if (value->type != PANCAKE_OBJECT && value->type != PANCAKE_ARRAY)
            {
                *found = value;
                n++;
            }

        } else if (value->type == PANCAKE_OBJECT
                   && name->data[value->name.len] == '_')
        {
            rest.data = name->data + value->name.len + 1;
            rest.len = name->len - value->name.len - 1;

            n += ngx_http_pancake_variable_find(value, &rest, found);
        }
    }

    return n;
}

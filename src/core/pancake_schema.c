
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_table.h"


const ngx_str_t  pancake_session_field = PANCAKE_SESSION_FIELD;
const ngx_str_t  pancake_identity_field = ngx_string("buyerIdentity");
const ngx_str_t  pancake_identity_action = ngx_string("issue-session-token");


const pancake_action_t  pancake_actions[] = {

    { ngx_string("create-session"),
      ngx_string("/v1/actions/checkout/create-session"),
      pancake_create_session_fields, pancake_create_session_rules,
      ngx_null_string,
      PANCAKE_ACTION_SLUG|PANCAKE_ACTION_TOKEN|PANCAKE_ACTION_CHECKOUT
      |PANCAKE_ACTION_UNIQUE|PANCAKE_ACTION_SESSION },

    { ngx_string("create-order"),
      ngx_string("/v1/actions/onetime-order/create-order"),
      pancake_create_order_fields, pancake_create_order_rules,
      ngx_null_string, PANCAKE_ACTION_TOKEN|PANCAKE_ACTION_CHECKOUT },

    { ngx_string("create-subscription"),
      ngx_string("/v1/actions/subscription-order/create-order"),
      pancake_create_order_fields, pancake_create_order_rules,
      ngx_null_string, PANCAKE_ACTION_TOKEN|PANCAKE_ACTION_CHECKOUT },

    { ngx_string("preview-tax"),
      ngx_string("/v1/actions/checkout/preview-tax"),
      pancake_preview_tax_fields, pancake_preview_tax_rules,
      ngx_string("total"), PANCAKE_ACTION_SLUG|PANCAKE_ACTION_READ
                           |PANCAKE_ACTION_KEY_UNSURE },

    { ngx_string("cancel-order"),
      ngx_string("/v1/actions/onetime-order/cancel-order"),
      pancake_cancel_order_fields, pancake_no_rules,
      ngx_string("status"), PANCAKE_ACTION_TOKEN|PANCAKE_ACTION_OFFICE },

    { ngx_string("cancel-subscription"),
      ngx_string("/v1/actions/subscription-order/cancel-order"),
      pancake_cancel_order_fields, pancake_no_rules,
      ngx_string("status"), PANCAKE_ACTION_TOKEN|PANCAKE_ACTION_OFFICE },

    { ngx_string("create-product"),
      ngx_string("/v1/actions/onetime-product/create-product"),
      pancake_create_product_fields, pancake_create_product_rules,
      ngx_string("product"), PANCAKE_ACTION_UNIQUE|PANCAKE_ACTION_OFFICE },

    { ngx_string("issue-session-token"),
      ngx_string("/v1/actions/auth/issue-session-token"),
      pancake_session_token_fields, pancake_session_token_rules,
      ngx_string("token"), PANCAKE_ACTION_READ|PANCAKE_ACTION_OFFICE },

    { ngx_string("graphql"),
      ngx_string("/v1/graphql"),
      pancake_graphql_fields, pancake_no_rules,
      ngx_null_string, PANCAKE_ACTION_SLUG|PANCAKE_ACTION_TOKEN
                       |PANCAKE_ACTION_READ|PANCAKE_ACTION_QUERY },

    { ngx_null_string, ngx_null_string, NULL, NULL, ngx_null_string, 0 }
};


const pancake_action_t *
pancake_action(const ngx_str_t *name)
{
    const pancake_action_t  *action;

    for (action = pancake_actions; action->name.len; action++) {
        if (action->name.len == name->len
            && ngx_memcmp(action->name.data, name->data, name->len) == 0)
        {
            return action;
        }
    }

    return NULL;
}


void
pancake_path_top(const ngx_str_t *path, ngx_str_t *top)
{
    u_char  *dot;

    *top = *path;
    dot = ngx_strlchr(path->data, path->data + path->len, '.');

    if (dot) {
        top->len = dot - path->data;
    }
}


const pancake_field_t *
pancake_field(const pancake_field_t *fields, const ngx_str_t *name)
{
    const pancake_field_t  *field;

    for (field = fields; field && field->name.len; field++) {
        if (field->name.len == name->len
            && ngx_memcmp(field->name.data, name->data, name->len) == 0)
        {
            return field;
        }
    }

    return NULL;
}


const pancake_field_t *
pancake_field_find(const pancake_action_t *action, const ngx_str_t *path)
{
    u_char                 *p, *dot, *last;
    ngx_str_t               name;
    const pancake_field_t  *field, *fields;

    fields = action->fields;
    last = path->data + path->len;

    for (p = path->data; /* void */ ; p = dot + 1) {

        dot = ngx_strlchr(p, last, '.');

        name.data = p;
        name.len = (dot ? dot : last) - p;

        field = pancake_field(fields, &name);

        if (field == NULL || dot == NULL) {
            return field;
        }

        if (field->kind != PANCAKE_KIND_OBJECT) {

            /* of a map or a list the next name is a key or a number */

            if (dot + 1 == last
                || (field->kind != PANCAKE_KIND_MAP && !field->members))
            {
                return NULL;
            }

            dot = ngx_strlchr(dot + 1, last, '.');

            if (dot == NULL) {
                return field;
            }
        }

        if (field->members == NULL) {
            return NULL;
        }

        fields = field->members;
    }
}

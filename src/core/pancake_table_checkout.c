
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_table.h"


#define PANCAKE_METHODS     "card applepay googlepay wechat"
#define PANCAKE_METHODS_HINT                                                  \
    "must be a list of different methods: card, applepay, googlepay, wechat"


/* contract.md section 6.1 */

static const pancake_field_t  pancake_billing_fields[] = {

    { ngx_string("country"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_BUYER, PANCAKE_REQUIRED,
      pancake_check_country, NULL, 2,
      "must be an ISO 3166-1 alpha-2 country code in capitals, such as DE",
      NULL, NULL },

    { ngx_string("isBusiness"),
      PANCAKE_KIND_BOOLEAN, PANCAKE_OWNER_BUYER, PANCAKE_REQUIRED,
      NULL, NULL, 0, "must be true or false", NULL, NULL },

    { ngx_string("state"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_BUYER, 0,
      pancake_check_line, NULL, 64,
      "must have 1 to 64 characters, no control characters", NULL, NULL },

    { ngx_string("postcode"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_BUYER, 0,
      pancake_check_line, NULL, 16,
      "must have 1 to 16 characters, no control characters", NULL, NULL },

    { ngx_string("businessName"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_BUYER, 0,
      pancake_check_line, NULL, 128,
      "must have 1 to 128 characters, no control characters", NULL, NULL },

    { ngx_string("taxId"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_BUYER, 0,
      pancake_check_line, NULL, 32,
      "must have 1 to 32 characters, no control characters", NULL, NULL },

    PANCAKE_FIELDS_END
};


/* contract.md section 6.2, priceSnapshot */

static const pancake_field_t  pancake_price_fields[] = {

    { ngx_string("amount"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, PANCAKE_REQUIRED,
      pancake_check_amount, NULL, 20,
      "must be a positive decimal amount as a string, such as 29.00",
      "the price", NULL },

    { ngx_string("taxCategory"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, PANCAKE_REQUIRED,
      pancake_check_word, PANCAKE_TAX_CATEGORIES, 0,
      PANCAKE_TAX_CATEGORIES_HINT, "the tax rate", NULL },

    { ngx_string("taxIncluded"),
      PANCAKE_KIND_BOOLEAN, PANCAKE_OWNER_NOBODY, 0, NULL, NULL, 0,
      "was removed from the API, which ignores it", NULL, NULL },

    { ngx_string("trialAmount"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_NOBODY, 0, NULL, NULL, 0,
      "is ignored by the API inside priceSnapshot", NULL, NULL },

    PANCAKE_FIELDS_END
};


/* contract.md section 6.2, the plan change included */

const pancake_field_t  pancake_create_session_fields[] = {

    { ngx_string("productId"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_CHOICE, PANCAKE_REQUIRED,
      pancake_check_short_id, "PROD_", 0,
      "must be PROD_ and 22 letters or digits", NULL, NULL },

    { ngx_string("currency"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_CHOICE, PANCAKE_REQUIRED,
      pancake_check_word, "USD EUR GBP HKD JPY CNY", 0,
      "must be one of USD, EUR, GBP, HKD, JPY, CNY", NULL, NULL },

    { ngx_string("storeId"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, PANCAKE_KEY_ONLY,
      pancake_check_short_id, "STO_", 0,
      "must be STO_ and 22 letters or digits", "the store", NULL },

    { ngx_string("productType"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, 0,
      pancake_check_word, "onetime subscription", 0,
      "must be onetime or subscription", "the kind of sale", NULL },

    { ngx_string("priceSnapshot"),
      PANCAKE_KIND_OBJECT, PANCAKE_OWNER_MERCHANT, PANCAKE_KEY_ONLY,
      NULL, NULL, 0, "must be an object", "the price", pancake_price_fields },

    { ngx_string("withTrial"),
      PANCAKE_KIND_BOOLEAN, PANCAKE_OWNER_MERCHANT, PANCAKE_KEY_ONLY,
      NULL, NULL, 0, "must be true or false",
      "free trials without end", NULL },

    { ngx_string("buyerEmail"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_BUYER, 0,
      pancake_check_email, NULL, 254,
      "must be an e-mail address", NULL, NULL },

    { ngx_string("billingDetail"),
      PANCAKE_KIND_OBJECT, PANCAKE_OWNER_BUYER, 0,
      NULL, NULL, 0, "must be an object", NULL, pancake_billing_fields },

    { ngx_string("successUrl"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, PANCAKE_FIELD_OWN_SITE,
      pancake_check_url, NULL, 512,
      "must be an https URL of at most 512 characters",
      "the page, on this site, where buyers land", NULL },

    { ngx_string("expiresInSeconds"),
      PANCAKE_KIND_INTEGER, PANCAKE_OWNER_MERCHANT, PANCAKE_KEY_ONLY,
      pancake_check_count, NULL, 604800,
      "must be a whole number from 1 to 604800",
      "how long a price stays valid", NULL },

    { ngx_string("darkMode"),
      PANCAKE_KIND_BOOLEAN, PANCAKE_OWNER_BUYER, 0,
      NULL, NULL, 0, "must be true or false", NULL, NULL },

    { ngx_string("metadata"),
      PANCAKE_KIND_MAP, PANCAKE_OWNER_MERCHANT, PANCAKE_KEY_ONLY,
      pancake_check_text, NULL, 1024,
      "must be an object of at most 50 strings of at most 1024 bytes",
      "what the shop is told about its own order", NULL },

    { ngx_string("orderMerchantExternalId"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, PANCAKE_KEY_ONLY,
      pancake_check_printable, NULL, 128,
      "must have 1 to 128 printable ASCII characters",
      "the order number, also one of another buyer", NULL },

    { ngx_string("language"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_BUYER, 0,
      pancake_check_word,
      "en pt-BR es-MX id-ID vi-VN ru-RU en-KE es-PE es-CO es-CL zh-Hant-TW "
      "zh-Hant-HK th-TH ja-JP en-NG ko-KR en-HK zh-Hans-HK pl-PL tr-TR "
      "zh-Hans ms-MY", 0,
      "must be a language of the checkout page, such as en or ja-JP",
      NULL, NULL },

    { ngx_string("includePaymentMethods"),
      PANCAKE_KIND_LIST, PANCAKE_OWNER_MERCHANT, PANCAKE_KEY_ONLY,
      pancake_check_word, PANCAKE_METHODS, 0, PANCAKE_METHODS_HINT,
      "the payment methods", NULL },

    { ngx_string("excludePaymentMethods"),
      PANCAKE_KIND_LIST, PANCAKE_OWNER_MERCHANT, PANCAKE_KEY_ONLY,
      pancake_check_word, PANCAKE_METHODS, 0, PANCAKE_METHODS_HINT,
      "the payment methods", NULL },

    { ngx_string("originOrderId"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT,
      PANCAKE_KEY_ONLY|PANCAKE_OWN_ORDER|PANCAKE_FIELD_PLAN,
      pancake_check_short_id, "ORD_", 0,
      "must be ORD_ and 22 letters or digits",
      "the subscriptions of other buyers", NULL },

    { ngx_string("changeTiming"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT,
      PANCAKE_KEY_ONLY|PANCAKE_OWN_ORDER,
      pancake_check_word, "immediate next_period", 0,
      "must be immediate or next_period", "the time of a plan change", NULL },

    { ngx_string("changeAmount"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, PANCAKE_KEY_ONLY,
      pancake_check_amount, NULL, 20,
      "must be a positive decimal amount as a string, such as 29.00",
      "the price of a plan change", NULL },

    { ngx_string("changeCreditAmount"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, PANCAKE_KEY_ONLY,
      pancake_check_amount, NULL, 20,
      "must be a positive decimal amount as a string, such as 29.00",
      "the credit for a plan change", NULL },

    { ngx_string("buyerIdentity"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_NOBODY, 0, NULL, NULL, 0,
      "is not a field of this action", NULL, NULL },

    { ngx_string("buyerIp"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_NOBODY, 0, NULL, NULL, 0,
      "is not a field of this action", NULL, NULL },

    PANCAKE_FIELDS_END
};


const pancake_rule_t  pancake_create_session_rules[] = {

    { PANCAKE_RULE_EXCLUDES, ngx_string("excludePaymentMethods"),
      ngx_string("includePaymentMethods"),
      "must not stand beside includePaymentMethods" },

    { PANCAKE_RULE_METHODS, ngx_string("includePaymentMethods"),
      ngx_string("currency"),
      "has a method that the currency does not offer" },

    { PANCAKE_RULE_SUBSCRIPTION, ngx_string("withTrial"),
      ngx_string("productType"), "needs a subscription product" },

    { PANCAKE_RULE_SUBSCRIPTION, ngx_string("currency"),
      ngx_string("productType"), "cannot be charged for a subscription" },

    { PANCAKE_RULE_DIGITS, ngx_string("priceSnapshot.amount"),
      ngx_string("currency"),
      "has more digits after the point than the currency" },

    { PANCAKE_RULE_NEEDS, ngx_string("changeTiming"),
      ngx_string("originOrderId"), "needs originOrderId" },

    { PANCAKE_RULE_NEEDS, ngx_string("changeAmount"),
      ngx_string("originOrderId"), "needs originOrderId" },

    { PANCAKE_RULE_NEEDS, ngx_string("changeCreditAmount"),
      ngx_string("originOrderId"), "needs originOrderId" },

    { PANCAKE_RULE_EXCLUDES, ngx_string("changeCreditAmount"),
      ngx_string("changeAmount"), "must not stand beside changeAmount" },

    { PANCAKE_RULE_DIGITS, ngx_string("changeAmount"),
      ngx_string("currency"),
      "has more digits after the point than the currency" },

    { PANCAKE_RULE_DIGITS, ngx_string("changeCreditAmount"),
      ngx_string("currency"),
      "has more digits after the point than the currency" },

    { PANCAKE_RULE_EXCLUDES, ngx_string("buyerEmail"),
      ngx_string("originOrderId"),
      "is taken from the original subscription and must not be sent" },

    { PANCAKE_RULE_EXCLUDES, ngx_string("billingDetail"),
      ngx_string("originOrderId"),
      "is taken from the original subscription and must not be sent" },

    { PANCAKE_RULE_STATE_FORM, ngx_string("billingDetail.state"),
      ngx_string("billingDetail.country"),
      "must be two capital letters in US and CA, such as NY" },

    PANCAKE_RULES_END
};


/* contract.md section 6.4; seeds 000 and 001 */

const pancake_field_t  pancake_create_order_fields[] = {

    { PANCAKE_SESSION_FIELD,
      PANCAKE_KIND_STRING, PANCAKE_OWNER_BUYER, PANCAKE_REQUIRED,
      pancake_check_session_id, NULL, 0,
      "must be a checkout session id: cs_ and a UUID", NULL, NULL },

    { ngx_string("billingDetail"),
      PANCAKE_KIND_OBJECT, PANCAKE_OWNER_BUYER, PANCAKE_REQUIRED,
      NULL, NULL, 0, "must be an object", NULL, pancake_billing_fields },

    { ngx_string("buyerEmail"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_BUYER, 0,
      pancake_check_email, NULL, 254,
      "must be an e-mail address", NULL, NULL },

    { ngx_string("buyerIp"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_EDGE, 0,
      pancake_check_ip, NULL, 0, "must be an IP address",
      "is the client address and set by nginx", NULL },

    { ngx_string("successUrl"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, PANCAKE_FIELD_OWN_SITE,
      pancake_check_url, NULL, 512,
      "must be an https URL of at most 512 characters",
      "the page, on this site, where buyers land", NULL },

    { ngx_string("storeId"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_NOBODY, 0, NULL, NULL, 0,
      "is locked by the checkout session and must not be sent", NULL, NULL },

    { ngx_string("productId"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_NOBODY, 0, NULL, NULL, 0,
      "is locked by the checkout session and must not be sent", NULL, NULL },

    { ngx_string("currency"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_NOBODY, 0, NULL, NULL, 0,
      "is locked by the checkout session and must not be sent", NULL, NULL },

    { ngx_string("priceSnapshot"),
      PANCAKE_KIND_OBJECT, PANCAKE_OWNER_NOBODY, 0, NULL, NULL, 0,
      "is locked by the checkout session and must not be sent", NULL, NULL },

    PANCAKE_FIELDS_END
};


const pancake_rule_t  pancake_create_order_rules[] = {

    { PANCAKE_RULE_STATE, ngx_string("billingDetail.state"),
      ngx_string("billingDetail.country"),
      "is required in US and CA: two capital letters, such as NY" },

    { PANCAKE_RULE_BUSINESS, ngx_string("billingDetail.businessName"),
      ngx_string("billingDetail.isBusiness"),
      "is required when isBusiness is true" },

    { PANCAKE_RULE_VAT, ngx_string("billingDetail.taxId"),
      ngx_string("billingDetail"),
      "is required for a business in the European Union" },

    PANCAKE_RULES_END
};


/* contract.md section 6.3; seed 001 */

const pancake_field_t  pancake_preview_tax_fields[] = {

    { PANCAKE_SESSION_FIELD,
      PANCAKE_KIND_STRING, PANCAKE_OWNER_BUYER, PANCAKE_REQUIRED,
      pancake_check_session_id, NULL, 0,
      "must be a checkout session id: cs_ and a UUID", NULL, NULL },

    { ngx_string("billingDetail"),
      PANCAKE_KIND_OBJECT, PANCAKE_OWNER_BUYER, PANCAKE_REQUIRED,
      NULL, NULL, 0, "must be an object", NULL, pancake_billing_fields },

    PANCAKE_FIELDS_END
};


const pancake_rule_t  pancake_preview_tax_rules[] = {

    { PANCAKE_RULE_STATE, ngx_string("billingDetail.state"),
      ngx_string("billingDetail.country"),
      "is required in US and CA: two capital letters, such as NY" },

    PANCAKE_RULES_END
};

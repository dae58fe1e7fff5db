
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_table.h"


const pancake_rule_t  pancake_no_rules[] = { PANCAKE_RULES_END };


/* contract.md section 6.5; seed 001 */

const pancake_field_t  pancake_cancel_order_fields[] = {

    { ngx_string("orderId"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT,
      PANCAKE_REQUIRED|PANCAKE_OWN_ORDER,
      pancake_check_short_id, "ORD_", 0,
      "must be ORD_ and 22 letters or digits",
      "the orders of other buyers", NULL },

    PANCAKE_FIELDS_END
};


/*
 * contract.md section 6.6; seed 002.  Whoever gets here is the merchant's own
 * staff ("pancake_require"), so that nothing is given away.
 */

static const pancake_field_t  pancake_product_price_fields[] = {

    { ngx_string("amount"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, PANCAKE_REQUIRED,
      pancake_check_amount, NULL, 20,
      "must be a positive decimal amount as a string, such as 29.00",
      NULL, NULL },

    { ngx_string("taxIncluded"),
      PANCAKE_KIND_BOOLEAN, PANCAKE_OWNER_MERCHANT, 0,
      NULL, NULL, 0, "must be true or false", NULL, NULL },

    { ngx_string("taxCategory"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, PANCAKE_REQUIRED,
      pancake_check_word, PANCAKE_TAX_CATEGORIES, 0,
      PANCAKE_TAX_CATEGORIES_HINT, NULL, NULL },

    { ngx_string("trialAmount"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_NOBODY, 0, NULL, NULL, 0,
      "is for subscriptions only", NULL, NULL },

    PANCAKE_FIELDS_END
};


static const pancake_field_t  pancake_product_media_fields[] = {

    { ngx_string("type"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, PANCAKE_REQUIRED,
      pancake_check_word, "image video", 0, "must be image or video",
      NULL, NULL },

    { ngx_string("url"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, PANCAKE_REQUIRED,
      pancake_check_url, "http", 2048,
      "must be a URL of at most 2048 characters", NULL, NULL },

    { ngx_string("alt"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, 0,
      pancake_check_text, NULL, 1024,
      "must be a string of at most 1024 bytes", NULL, NULL },

    { ngx_string("thumbnail"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, 0,
      pancake_check_url, "http", 2048,
      "must be a URL of at most 2048 characters", NULL, NULL },

    PANCAKE_FIELDS_END
};


const pancake_field_t  pancake_create_product_fields[] = {

    { ngx_string("storeId"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, PANCAKE_REQUIRED,
      pancake_check_short_id, "STO_", 0,
      "must be STO_ and 22 letters or digits", NULL, NULL },

    { ngx_string("name"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, PANCAKE_REQUIRED,
      pancake_check_line, NULL, 64,
      "must have 1 to 64 characters, no control characters", NULL, NULL },

    { ngx_string("description"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, PANCAKE_CLEARS,
      pancake_check_text, NULL, 32768,
      "must be a string of at most 32768 bytes", NULL, NULL },

    { ngx_string("prices"),
      PANCAKE_KIND_MAP, PANCAKE_OWNER_MERCHANT, PANCAKE_REQUIRED,
      pancake_check_currency, NULL, 0,
      "must be three capital letters, such as USD", NULL,
      pancake_product_price_fields },

    { ngx_string("media"),
      PANCAKE_KIND_LIST, PANCAKE_OWNER_MERCHANT, 0,
      NULL, NULL, 50, "must be a list of at most 50 objects", NULL,
      pancake_product_media_fields },

    { ngx_string("successUrl"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, PANCAKE_CLEARS,
      pancake_check_url, "http", 512,
      "must be a URL of at most 512 characters", NULL, NULL },

    { ngx_string("metadata"),
      PANCAKE_KIND_MAP, PANCAKE_OWNER_MERCHANT, 0,
      pancake_check_text, NULL, 1024,
      "must be an object of at most 50 strings of at most 1024 bytes",
      NULL, NULL },

    PANCAKE_FIELDS_END
};


const pancake_rule_t  pancake_create_product_rules[] = {

    { PANCAKE_RULE_PRICES, ngx_string("prices"), ngx_string("prices"),
      "has an amount with more digits after the point than its currency" },

    PANCAKE_RULES_END
};


/* contract.md section 6.7 */

const pancake_field_t  pancake_session_token_fields[] = {

    { ngx_string("buyerIdentity"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT,
      PANCAKE_REQUIRED|PANCAKE_KEY_ONLY,
      pancake_check_line, NULL, 256,
      "must have 1 to 256 characters, no control characters",
      "who they are, also somebody else", NULL },

    { ngx_string("productId"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_CHOICE, 0,
      pancake_check_short_id, "PROD_", 0,
      "must be PROD_ and 22 letters or digits", NULL, NULL },

    { ngx_string("storeId"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_MERCHANT, 0,
      pancake_check_short_id, "STO_", 0,
      "must be STO_ and 22 letters or digits", "the store", NULL },

    PANCAKE_FIELDS_END
};


const pancake_rule_t  pancake_session_token_rules[] = {

    { PANCAKE_RULE_UNLESS, ngx_string("productId"), ngx_string("storeId"),
      "is required, or storeId" },

    PANCAKE_RULES_END
};


/*
 * contract.md section 6.8.  Whoever writes the query reads the whole shop, so
 * it is the configuration's.
 */

const pancake_field_t  pancake_graphql_fields[] = {

    { ngx_string("query"),
      PANCAKE_KIND_STRING, PANCAKE_OWNER_EDGE, PANCAKE_REQUIRED,
      pancake_check_text, NULL, 65536, "must be a string",
      "is what \"pancake_graphql_query\" says", NULL },

    { ngx_string("variables"),
      PANCAKE_KIND_MAP, PANCAKE_OWNER_MERCHANT, PANCAKE_FIELD_SCALARS,
      pancake_check_text, NULL, 1024,
      "must be an object of at most 50 strings of at most 1024 bytes, "
      "numbers or booleans", "every variable of the query", NULL },

    PANCAKE_FIELDS_END
};

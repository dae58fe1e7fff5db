
/*
 * Copyright (C) pancake checkout contributors
 *
 * What the files of tables have in common; pancake_schema.c puts their
 * tables together.
 */


#ifndef _PANCAKE_TABLE_H_INCLUDED_
#define _PANCAKE_TABLE_H_INCLUDED_


#include "pancake_schema.h"


#define PANCAKE_FIELDS_END                                                    \
    { ngx_null_string, PANCAKE_KIND_STRING, PANCAKE_OWNER_NOBODY, 0,          \
      NULL, NULL, 0, NULL, NULL, NULL }

#define PANCAKE_RULES_END                                                     \
    { PANCAKE_RULE_END, ngx_null_string, ngx_null_string, NULL }

#define PANCAKE_REQUIRED    PANCAKE_FIELD_REQUIRED
#define PANCAKE_KEY_ONLY    PANCAKE_FIELD_KEY_ONLY
#define PANCAKE_CLEARS      PANCAKE_FIELD_CLEARS
#define PANCAKE_OWN_ORDER   PANCAKE_FIELD_OWN_ORDER

#define PANCAKE_TAX_CATEGORIES                                                \
    "digital_goods saas software ebook online_course consulting "             \
    "professional_service"
#define PANCAKE_TAX_CATEGORIES_HINT                                           \
    "must be one of digital_goods, saas, software, ebook, online_course, "    \
    "consulting, professional_service"

#define PANCAKE_SESSION_FIELD   ngx_string("checkoutSessionId")


/* what happens at a buyer's checkout; contract.md sections 6.1 to 6.4 */

extern const pancake_field_t  pancake_create_session_fields[];
extern const pancake_rule_t   pancake_create_session_rules[];
extern const pancake_field_t  pancake_create_order_fields[];
extern const pancake_rule_t   pancake_create_order_rules[];
extern const pancake_field_t  pancake_preview_tax_fields[];
extern const pancake_rule_t   pancake_preview_tax_rules[];

/* what a merchant does before and after; contract.md sections 6.5 to 6.8 */

extern const pancake_field_t  pancake_cancel_order_fields[];
extern const pancake_field_t  pancake_create_product_fields[];
extern const pancake_rule_t   pancake_create_product_rules[];
extern const pancake_field_t  pancake_session_token_fields[];
extern const pancake_rule_t   pancake_session_token_rules[];
extern const pancake_field_t  pancake_graphql_fields[];

extern const pancake_rule_t   pancake_no_rules[];


#endif /* _PANCAKE_TABLE_H_INCLUDED_ */

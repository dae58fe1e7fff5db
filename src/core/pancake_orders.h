
/*
 * Copyright (C) pancake checkout contributors
 *
 * The order API of another shop (contract.md section 9): what its requests
 * look like, and how its addresses become those of the payment API.
 */


#ifndef _PANCAKE_ORDERS_H_INCLUDED_
#define _PANCAKE_ORDERS_H_INCLUDED_


#include "pancake_resolve.h"


/* its one request, as an action for pancake_resolve() that nobody calls */
extern const pancake_action_t  pancake_orders_action;


/*
 * 1 when a request, as pancake_resolve() made its body, asks for a checkout;
 * 0 when it only saves an order.
 */
ngx_uint_t pancake_orders_checkout(pancake_value_t *body);

/*
 * Maps the "billing_address" of a request or order to a tree whose member is
 * "billingDetail": the country's name to its code, names of states in US and
 * CA to theirs, a postal code that is a number to text; isBusiness is false.
 * *root is NULL when there is no address or it names no country.  Returns
 * NGX_OK; NGX_DECLINED with *field, a path, and *error, which completes
 * "field NAME ..."; or NGX_ERROR (no memory).
 */
ngx_int_t pancake_orders_billing(ngx_pool_t *pool, pancake_value_t *object,
    pancake_value_t **root, ngx_str_t *field, const char **error);


#endif /* _PANCAKE_ORDERS_H_INCLUDED_ */

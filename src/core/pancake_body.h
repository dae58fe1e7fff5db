
/*
 * Copyright (C) pancake checkout contributors
 *
 * The values of a body that is being put together for the API: typed as the
 * schema says, linked in schema order.
 */


#ifndef _PANCAKE_BODY_H_INCLUDED_
#define _PANCAKE_BODY_H_INCLUDED_


#include "pancake_schema.h"
#include "pancake_value.h"


/*
 * A new value without a parent, from the pool; "name" is referenced and may
 * be NULL.  Returns NULL when there is no memory.
 */
pancake_value_t *pancake_body_value(ngx_pool_t *pool, const ngx_str_t *name,
    pancake_type_e type);

/* Makes "value" the last child of "parent". */
void pancake_body_link(pancake_value_t *parent, pancake_value_t *value);

/*
 * 1 when nothing was said: NULL, an empty input of a form, a pancake_set
 * whose variable is empty, or an object of nothing but those.
 */
ngx_uint_t pancake_body_absent(const pancake_value_t *value);

/* 1 when type, text and children in their order are the same */
ngx_uint_t pancake_body_equal(const pancake_value_t *a,
    const pancake_value_t *b);

/*
 * Fills "out" (made by pancake_body_value()) with what "in" says, in the
 * type of the field and checked by its row.  Text that still has no type is
 * turned by fixed rules: booleans are true, on, 1 or false, off, 0; whole
 * numbers are digits; items of a list are separated by commas or spaces.  A
 * value that has a type must have the right one.  Returns NGX_OK with
 * *refused NULL, or the reason, a static text that completes "field NAME
 * ..."; NGX_ERROR when there is no memory.  Bytes of "in" are referenced.
 */
ngx_int_t pancake_body_typed(ngx_pool_t *pool, const pancake_field_t *field,
    const pancake_value_t *in, pancake_value_t *out, const char **refused);


#endif /* _PANCAKE_BODY_H_INCLUDED_ */

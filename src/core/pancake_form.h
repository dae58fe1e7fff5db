
/*
 * Copyright (C) pancake checkout contributors
 *
 * application/x-www-form-urlencoded text (WHATWG URL, section 5) into the
 * value tree; forms and query arguments.
 */


#ifndef _PANCAKE_FORM_H_INCLUDED_
#define _PANCAKE_FORM_H_INCLUDED_


#include "pancake_value.h"


/*
 * Reads name=value pairs into a tree that pancake_tree_init() has started;
 * every value becomes PANCAKE_TEXT.  "a.b=" and "a[b]=" both mean member b
 * of the object a; "a[]=" appends to the array a.  Pairs without any bytes
 * ("&&") are passed over.  Refused, with tree->error and tree->field: a
 * malformed percent escape, a malformed bracket, an empty name or an empty
 * part of one, a name given twice (also once as a value and once as an
 * object), bad UTF-8, NUL, more depth or nodes than the limits.
 * Decoded bytes are in the tree's pool; "text" is not changed and is not
 * referenced afterwards.
 * Returns NGX_OK, NGX_DECLINED (refused) or NGX_ERROR (no memory).
 */
ngx_int_t pancake_form_parse(pancake_tree_t *tree, const ngx_str_t *text);


#endif /* _PANCAKE_FORM_H_INCLUDED_ */

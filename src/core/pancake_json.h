
/*
 * Copyright (C) pancake checkout contributors
 *
 * JSON text in and out (RFC 8259) through yajl.
 */


#ifndef _PANCAKE_JSON_H_INCLUDED_
#define _PANCAKE_JSON_H_INCLUDED_


#include "pancake_value.h"


/*
 * Reads one JSON object into a tree that pancake_tree_init() has started.
 * Refused, with tree->error and tree->field: anything but an object at the
 * root, syntax errors, text after the object, truncated text, duplicate
 * names after unescaping, lone surrogates, NUL, malformed UTF-8, more depth
 * or nodes than the limits.  Strings without escapes point into "text",
 * which must live as long as the tree; the rest is in the tree's pool.
 * Returns NGX_OK, NGX_DECLINED (refused) or NGX_ERROR (no memory).
 */
ngx_int_t pancake_json_parse(pancake_tree_t *tree, const ngx_str_t *text);

/*
 * Writes a value as compact JSON, members in tree order, into memory of the
 * pool.  PANCAKE_TEXT is written as a string.  Characters above 0x1f other
 * than the quote and the backslash stay as they are, as the official SDK
 * serialises them (contract.md section 2, vector "escapes").  Returns NGX_OK
 * or NGX_ERROR (no memory, or text that is not UTF-8).
 */
ngx_int_t pancake_json_render(ngx_pool_t *pool, const pancake_value_t *value,
    ngx_str_t *out);


#endif /* _PANCAKE_JSON_H_INCLUDED_ */

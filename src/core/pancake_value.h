
/*
 * Copyright (C) pancake checkout contributors
 *
 * A typed value tree: what a buyer, the merchant or the API said, before
 * anybody believes it.  Every tree is built through the functions below, so
 * the limits hold for JSON, forms and query arguments alike.
 */


#ifndef _PANCAKE_VALUE_H_INCLUDED_
#define _PANCAKE_VALUE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


typedef enum {
    PANCAKE_NULL = 0,
    PANCAKE_BOOLEAN,
    PANCAKE_NUMBER,         /* text: the decimal text exactly as it was sent */
    PANCAKE_STRING,         /* text: valid UTF-8 without NUL */
    PANCAKE_TEXT,           /* a string whose type the schema still decides:
                               form input, query argument, pancake_set */
    PANCAKE_ARRAY,
    PANCAKE_OBJECT
} pancake_type_e;


typedef struct pancake_value_s  pancake_value_t;

struct pancake_value_s {
    ngx_str_t          name;        /* member name, empty in arrays */
    ngx_str_t          text;        /* PANCAKE_NUMBER, _STRING, _TEXT */
    pancake_value_t   *first;       /* children, in the order they came */
    pancake_value_t   *last;
    pancake_value_t   *next;
    pancake_value_t   *parent;
    pancake_type_e     type;
    ngx_uint_t         boolean;     /* PANCAKE_BOOLEAN: 0 or 1 */
};


typedef struct {
    ngx_uint_t         depth;       /* containers inside one another */
    ngx_uint_t         nodes;       /* values of any type, the root included */
} pancake_limits_t;


/*
 * A tree under construction.  When a function below refuses something it
 * sets "error" to a text without a full stop (static or in the pool) and
 * "field" to the dotted path of the culprit, both for the buyer's eyes.  The
 * field is printable UTF-8 of at most 128 bytes: a longer path ends in "...",
 * a name that cannot be shown is reported as the object it is in.  It is
 * empty when no single field is to blame; the text then reads after "body".
 */

typedef struct {
    ngx_pool_t        *pool;
    pancake_value_t   *root;
    pancake_limits_t   limits;
    ngx_uint_t         nodes;
    const char        *error;
    ngx_str_t          field;
} pancake_tree_t;


/* what is accepted from a buyer (design: depth 8, 256 nodes) */
#define PANCAKE_BUYER_LIMITS   { 8, 256 }


/* what is accepted from the shop */
#define PANCAKE_QUOTE_LIMITS   { 16, 2048 }


/*
 * Starts a tree whose root is an empty object.  Memory comes from the pool
 * and lives as long as the pool.  Returns NGX_OK or NGX_ERROR (no memory).
 */
ngx_int_t pancake_tree_init(pancake_tree_t *tree, ngx_pool_t *pool,
    const pancake_limits_t *limits);

/*
 * Appends a new value of the type to the container "parent".  "name" is
 * referenced, not copied; NULL for array elements.  Refused: a name that the
 * object already has, a name that is empty, holds NUL or is not UTF-8, more
 * than the tree's limits.  Returns NGX_OK with *value set, NGX_DECLINED
 * (refused; tree->error and tree->field say why) or NGX_ERROR (no memory).
 */
ngx_int_t pancake_tree_add(pancake_tree_t *tree, pancake_value_t *parent,
    ngx_str_t *name, pancake_type_e type, pancake_value_t **value);

/*
 * Sets a scalar's text after checking that it is UTF-8 without NUL; the
 * bytes are referenced, not copied.  Returns NGX_OK or NGX_DECLINED.
 */
ngx_int_t pancake_tree_set_text(pancake_tree_t *tree, pancake_value_t *value,
    ngx_str_t *text);

/*
 * Notes a refusal at "at" (NULL: at the root), optionally at the member
 * "name" below it (NULL: none).  Always returns NGX_DECLINED, or NGX_ERROR
 * when there is no memory for the path.
 */
ngx_int_t pancake_tree_refuse(pancake_tree_t *tree, pancake_value_t *at,
    ngx_str_t *name, const char *error);

/* The member with exactly this name, or NULL; "object" may be NULL. */
pancake_value_t *pancake_value_member(pancake_value_t *object,
    const ngx_str_t *name);

/*
 * The value at a dotted path ("billingDetail.country"), or NULL.  A member
 * whose own name has a dot cannot be reached this way.
 */
pancake_value_t *pancake_value_find(pancake_value_t *root,
    const ngx_str_t *path);

/* 1 when the bytes are well-formed UTF-8 (RFC 3629: no overlong forms, no
   surrogates, nothing above U+10FFFF) without NUL, otherwise 0 */
ngx_uint_t pancake_utf8_valid(const u_char *p, size_t len);


#endif /* _PANCAKE_VALUE_H_INCLUDED_ */

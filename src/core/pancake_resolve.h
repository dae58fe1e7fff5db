
/*
 * Copyright (C) pancake checkout contributors
 *
 * From three voices to one body: the buyer's values, the merchant's and the
 * edge's own become the fields of an action, each from the one who owns it,
 * typed, checked and in schema order (design.md section 5, merge and
 * validate).
 */


#ifndef _PANCAKE_RESOLVE_H_INCLUDED_
#define _PANCAKE_RESOLVE_H_INCLUDED_


#include "pancake_schema.h"
#include "pancake_value.h"


#define PANCAKE_MAX_ACTIONS      2
#define PANCAKE_MAX_VIOLATIONS   16
#define PANCAKE_MAX_MAP_KEYS     50


typedef struct {
    ngx_str_t                field;     /* dotted path */
    ngx_str_t                message;   /* completes "field NAME ..." */
    ngx_uint_t               merchant;  /* 1: the value was the merchant's */
} pancake_violation_t;


typedef struct {
    ngx_pool_t              *pool;

    const pancake_action_t  *actions[PANCAKE_MAX_ACTIONS];
    ngx_uint_t               nactions;

    /* the voices; roots of trees, each may be NULL */

    pancake_value_t         *buyer;
    pancake_value_t         *merchant;
    pancake_value_t         *edge;

    /* what the merchant allows; arrays of ngx_str_t, each may be NULL */

    ngx_array_t             *accept;    /* dotted paths that the buyer may
                                           send besides its own fields */
    ngx_array_t             *inputs;    /* lower-case names, "_" for ".", that
                                           the configuration reads from the
                                           input and the API never sees */
    ngx_str_t                origin;    /* scheme://host[:port] of the shop;
                                           empty: unknown */

    unsigned                 drop_unknown:1;
    unsigned                 slug:1;    /* store-slug authentication */
    unsigned                 partial:1; /* constants at configuration time:
                                           nothing is required yet */

    /* the outcome */

    pancake_value_t         *bodies[PANCAKE_MAX_ACTIONS];
    ngx_array_t              violations;    /* pancake_violation_t */
} pancake_resolve_t;


/*
 * Fills bodies[] (objects whose members stand in schema order, ready for
 * pancake_json_render()) and violations.  A value of the edge goes before
 * one of the merchant, and that before one of the buyer; a buyer's value for
 * a field that somebody else owns is a violation unless it is equal to the
 * owner's.  Several actions share the voices: each takes the fields it has.
 * Returns NGX_OK (no violations), NGX_DECLINED (violations; bodies must not
 * be used) or NGX_ERROR (no memory).  Values of the bodies may point into
 * the voices' trees.
 */
ngx_int_t pancake_resolve(pancake_resolve_t *rs);

/*
 * Notes a violation at a path, which is copied; "message" is static.  At
 * most one a field and PANCAKE_MAX_VIOLATIONS in all are kept.  Returns
 * NGX_OK or NGX_ERROR (no memory).
 */
ngx_int_t pancake_violate(pancake_resolve_t *rs, const ngx_str_t *path,
    const char *message, ngx_uint_t merchant);

/* 1 when a violation of exactly this path is noted, otherwise 0 */
ngx_uint_t pancake_violated(pancake_resolve_t *rs, const ngx_str_t *path);

/*
 * Holds the rules between the fields of an action (contract.md sections 6.1
 * to 6.4) against its finished body and notes violations.  With rs->partial
 * only rules that no further value could satisfy.  Returns NGX_OK or
 * NGX_ERROR (no memory).
 */
ngx_int_t pancake_relations(pancake_resolve_t *rs,
    const pancake_rule_t *rules, pancake_value_t *body);


#endif /* _PANCAKE_RESOLVE_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * What pancake_resolve() works on: the voices and what the merchant allows,
 * where in the tables the walk stands, the violations found, and the parts of
 * the walk that have rooms of their own.
 */


#ifndef _PANCAKE_WALK_H_INCLUDED_
#define _PANCAKE_WALK_H_INCLUDED_


#include "pancake_body.h"


#define PANCAKE_MAX_ACTIONS      2
#define PANCAKE_MAX_VIOLATIONS   16
#define PANCAKE_MAX_MAP_KEYS     50
#define PANCAKE_MAX_PATH         512
#define PANCAKE_MAX_MAP_KEY      128


typedef enum {
    PANCAKE_SOURCE_BUYER = 0,
    PANCAKE_SOURCE_SET,         /* pancake_set */
    PANCAKE_SOURCE_QUOTE        /* the shop's answer, or what it lacks */
} pancake_source_e;


/* the kinds of violations, as statistics tell them apart */

typedef enum {
    PANCAKE_REASON_VALUE = 0,
    PANCAKE_REASON_REQUIRED,
    PANCAKE_REASON_OWNER,       /* whoever said it may not */
    PANCAKE_REASON_UNKNOWN      /* no such field */
} pancake_reason_e;


typedef struct {
    ngx_str_t                field;     /* dotted path */
    ngx_str_t                message;   /* completes "field NAME ..." */
    pancake_source_e         source;    /* whose value it was */
    pancake_reason_e         reason;
} pancake_violation_t;


typedef struct {
    ngx_pool_t              *pool;

    const pancake_action_t  *actions[PANCAKE_MAX_ACTIONS];
    ngx_uint_t               nactions;

    /* the voices; roots of trees, each may be NULL */

    pancake_value_t         *buyer;
    pancake_value_t         *quote;
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
    unsigned                 token:1;   /* a customer's session token */
    unsigned                 partial:1; /* constants at configuration time:
                                           nothing is required yet */

    /* the outcome */

    pancake_value_t         *bodies[PANCAKE_MAX_ACTIONS];
    ngx_array_t              violations;    /* pancake_violation_t */
} pancake_resolve_t;


/* one field's voices; NULL: silent */

typedef struct {
    pancake_value_t    *buyer;
    pancake_value_t    *quote;
    pancake_value_t    *merchant;
    pancake_value_t    *edge;
    ngx_uint_t          claimed;    /* 1: the merchant's value is empty, and
                                       still no buyer's may take its place */
} pancake_voices_t;


typedef struct {
    pancake_resolve_t  *rs;
    ngx_str_t           path;       /* in buf, cut off at its end */
    u_char              buf[PANCAKE_MAX_PATH];
} pancake_walk_t;


/*
 * Notes a violation at a path, which is copied; "message" is static.  At
 * most one a field and PANCAKE_MAX_VIOLATIONS in all are kept.  Returns
 * NGX_OK or NGX_ERROR (no memory).
 */
ngx_int_t pancake_violate_as(pancake_resolve_t *rs, const ngx_str_t *path,
    pancake_reason_e reason, const char *message, pancake_source_e source);

/* a violation for the value itself */
#define pancake_violate(rs, path, message, source)                            \
    pancake_violate_as(rs, path, PANCAKE_REASON_VALUE, message, source)

/* 1 when a violation of exactly this path is noted, otherwise 0 */
ngx_uint_t pancake_violated(pancake_resolve_t *rs, const ngx_str_t *path);

/* notes a violation of the buyer's where the walk stands */
#define pancake_refuse(w, message)                                            \
    pancake_violate((w)->rs, &(w)->path, message, PANCAKE_SOURCE_BUYER)

/* the same of a field that the buyer may not send */
#define pancake_refuse_owned(w, message)                                      \
    pancake_violate_as((w)->rs, &(w)->path, PANCAKE_REASON_OWNER, message,    \
                       PANCAKE_SOURCE_BUYER)


/*
 * Goes down to a member.  Returns the length of the path before, to which
 * the caller sets it back.
 */
size_t pancake_walk_enter(pancake_walk_t *w, const ngx_str_t *name);

/*
 * 1 when an entry of pancake_accept allows the buyer this path: it is the
 * path or leads to it; with "below" also one that the path leads to.
 */
ngx_uint_t pancake_walk_accepted(pancake_walk_t *w, ngx_uint_t below);

/*
 * 1 when the configuration reads this path as $pancake_input_NAME; with
 * "below" when it reads something under it.
 */
ngx_uint_t pancake_walk_read(pancake_walk_t *w, ngx_uint_t below);

/*
 * Appends a map of strings to "out": the merchant's keys in the order of the
 * configuration, then the quote's and the buyer's in the order of names, so
 * that the order in which these come does not change the bytes.  Returns
 * NGX_OK (violations are noted) or NGX_ERROR (no memory).
 */
ngx_int_t pancake_walk_map(pancake_walk_t *w, const pancake_field_t *field,
    pancake_voices_t *in, pancake_value_t *out);

/*
 * The same for a map or a list of objects, of which each is walked by
 * pancake_walk_fields().
 */
ngx_int_t pancake_walk_objects(pancake_walk_t *w,
    const pancake_field_t *field, pancake_voices_t *in, pancake_value_t *out);

/*
 * Appends to "out" each field of the table that somebody speaks of.  Returns
 * NGX_OK (violations are noted) or NGX_ERROR (no memory).
 */
ngx_int_t pancake_walk_fields(pancake_walk_t *w,
    const pancake_field_t *fields, pancake_voices_t *in,
    pancake_value_t *out);

/*
 * Links "value" into a map, in the order of names, behind the member "fixed"
 * (NULL: at the beginning).
 */
void pancake_walk_insert(pancake_value_t *map, pancake_value_t *value,
    pancake_value_t *fixed);

/*
 * Notes what the buyer sent and no action's table has.  Returns NGX_OK or
 * NGX_ERROR (no memory).
 */
ngx_int_t pancake_walk_unknown(pancake_walk_t *w, pancake_value_t *object);

/*
 * Holds the rules between the fields of an action (contract.md sections 6.1
 * to 6.4) against its finished body and notes violations.  With rs->partial
 * only rules that no further value could satisfy.  Returns NGX_OK or
 * NGX_ERROR (no memory).
 */
ngx_int_t pancake_relations(pancake_resolve_t *rs,
    const pancake_rule_t *rules, pancake_value_t *body);


#endif /* _PANCAKE_WALK_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * Inside pancake_resolve(): where in the tables the walk stands, what the
 * merchant allows there, and the two parts of the walk that have rooms of
 * their own.
 */


#ifndef _PANCAKE_WALK_H_INCLUDED_
#define _PANCAKE_WALK_H_INCLUDED_


#include "pancake_body.h"
#include "pancake_resolve.h"


#define PANCAKE_MAX_PATH      512
#define PANCAKE_MAX_MAP_KEY   128


/* one field's three voices; NULL: silent */

typedef struct {
    pancake_value_t    *buyer;
    pancake_value_t    *merchant;
    pancake_value_t    *edge;
} pancake_voices_t;


typedef struct {
    pancake_resolve_t  *rs;
    ngx_str_t           path;       /* in buf, cut off at its end */
    u_char              buf[PANCAKE_MAX_PATH];
} pancake_walk_t;


/* notes a violation of the buyer's where the walk stands */
#define pancake_refuse(w, message)                                            \
    pancake_violate((w)->rs, &(w)->path, message, 0)


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
 * Appends a PANCAKE_KIND_MAP field to "out": the merchant's keys in the order
 * of the configuration, then the buyer's in the order of names, so that the
 * order in which a buyer sends them does not change the bytes.  Returns
 * NGX_OK (violations are noted) or NGX_ERROR (no memory).
 */
ngx_int_t pancake_walk_map(pancake_walk_t *w, const pancake_field_t *field,
    pancake_voices_t *in, pancake_value_t *out);

/*
 * Notes what the buyer sent and no action's table has.  Returns NGX_OK or
 * NGX_ERROR (no memory).
 */
ngx_int_t pancake_walk_unknown(pancake_walk_t *w, pancake_value_t *object);


#endif /* _PANCAKE_WALK_H_INCLUDED_ */

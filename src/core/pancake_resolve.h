
/*
 * Copyright (C) pancake checkout contributors
 *
 * From four voices to one body: the buyer's values, the quote's, those of the
 * merchant and the edge's own become the fields of an action, each from the
 * one who owns it,
 * typed, checked and in schema order (design.md section 5, merge and
 * validate).
 */


#ifndef _PANCAKE_RESOLVE_H_INCLUDED_
#define _PANCAKE_RESOLVE_H_INCLUDED_


#include "pancake_walk.h"


/*
 * Fills bodies[] (objects whose members stand in schema order, ready for
 * pancake_json_render()) and violations.  A value of the edge goes before
 * one of the merchant, that before the quote's and that before one of the
 * buyer; what the quote has and no table knows is passed over; a buyer's for
 * a field that somebody else owns is a violation unless it is equal to the
 * owner's.  Several actions share the voices: each takes the fields it has.
 * Returns NGX_OK (no violations), NGX_DECLINED (violations; bodies must not
 * be used) or NGX_ERROR (no memory).  Values of the bodies may point into
 * the voices' trees.
 */
ngx_int_t pancake_resolve(pancake_resolve_t *rs);


#endif /* _PANCAKE_RESOLVE_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * The tables behind pancake_country_names.h.
 */


#ifndef _PANCAKE_COUNTRY_TABLE_H_INCLUDED_
#define _PANCAKE_COUNTRY_TABLE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * "name" is text as it is shown, in UTF-8.  "others" are further names, "|"
 * between, as they are once pancake_country_names.c has folded them: small
 * letters without marks, one blank between words, no "the", no apostrophes,
 * "saint" for "st", each dot a blank.
 */

typedef struct {
    char                   code[3];
    const char            *name;
    const char            *others;
} pancake_name_t;

/* sorted by code */

typedef struct {
    const pancake_name_t  *rows;
    size_t                 n;
} pancake_names_t;


extern const pancake_names_t  pancake_country_names;
extern const pancake_names_t  pancake_us_states;
extern const pancake_names_t  pancake_ca_provinces;


#endif /* _PANCAKE_COUNTRY_TABLE_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * Names of the countries of ISO 3166-1, and of the states of the United
 * States and the provinces of Canada, as shops and buyers write them: case,
 * diacritics, apostrophes, dots, commas, hyphens, "the", "&" and "St." make
 * no difference.  A name that could mean two countries is none.
 */


#ifndef _PANCAKE_COUNTRY_NAMES_H_INCLUDED_
#define _PANCAKE_COUNTRY_NAMES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * NGX_OK with the alpha-2 code (two capitals in static memory), or
 * NGX_DECLINED: no such country, "code" is as it was.  A code is no name:
 * "US" is declined.  The name may be any bytes.
 */
ngx_int_t pancake_country_code(const ngx_str_t *name, ngx_str_t *code);

/* the short English name of an assigned code in static memory, or NULL */
const char *pancake_country_name(const ngx_str_t *code);

/*
 * The postal code of a state of "country", US or CA, by its name or by that
 * code in any case; returns as pancake_country_code() does.
 */
ngx_int_t pancake_state_code(const ngx_str_t *country, const ngx_str_t *name,
    ngx_str_t *code);


#endif /* _PANCAKE_COUNTRY_NAMES_H_INCLUDED_ */

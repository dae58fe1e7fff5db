
/*
 * Copyright (C) pancake checkout contributors
 *
 * ISO 3166-1 alpha-2 country codes and the members of the European Union.
 */


#ifndef _PANCAKE_COUNTRY_H_INCLUDED_
#define _PANCAKE_COUNTRY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* 1 when "code" is an assigned alpha-2 code in capitals, otherwise 0 */
ngx_uint_t pancake_country_known(const ngx_str_t *code);

/*
 * 1 when "code" is a member of the European Union, whose business buyers
 * must name a VAT number (contract.md section 6.1), otherwise 0.  Greece is
 * GR here, although its VAT numbers begin with EL.
 */
ngx_uint_t pancake_country_in_eu(const ngx_str_t *code);


#endif /* _PANCAKE_COUNTRY_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * $pancake_... variables (design.md section 4).
 */


#ifndef _NGX_HTTP_PANCAKE_VARIABLES_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_VARIABLES_H_INCLUDED_


#include "ngx_http_pancake.h"


/* Adds the variables; preconfiguration.  Returns NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_pancake_variables_add(ngx_conf_t *cf);

/*
 * Appends to "inputs" the NAME of every $pancake_input_NAME that the
 * finished configuration uses, in lower case (ngx_str_t, referenced).
 * Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_pancake_variables_inputs(ngx_cycle_t *cycle,
    ngx_array_t *inputs);


#endif /* _NGX_HTTP_PANCAKE_VARIABLES_H_INCLUDED_ */

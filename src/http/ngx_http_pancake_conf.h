
/*
 * Copyright (C) pancake checkout contributors
 *
 * Reading the directives: one function for each that no slot of nginx fits.
 * All have nginx's signature for directive handlers and return NGX_CONF_OK
 * or an error as those do.
 */


#ifndef _NGX_HTTP_PANCAKE_CONF_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_CONF_H_INCLUDED_


#include "ngx_http_pancake.h"


char *ngx_http_pancake_conf_checkout(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_pancake_conf_api(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_pancake_conf_redirect_hosts(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
char *ngx_http_pancake_conf_require(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* for directives whose "post" is a table of words */
char *ngx_http_pancake_conf_enum(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_pancake_conf_bitmask(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Compiles a text with variables into *value; logs what is wrong with it.
 * Returns NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_pancake_conf_compile(ngx_conf_t *cf, ngx_str_t *text,
    ngx_http_complex_value_t *value);

/*
 * Reads a file that is no secret, named from the folder of nginx.conf, into
 * memory of the configuration: at most max + 1 bytes, so that more than "max"
 * of them say that it is too large.  Logs what is wrong.  Returns NGX_OK or
 * NGX_ERROR.
 */
ngx_int_t ngx_http_pancake_conf_file(ngx_conf_t *cf, ngx_str_t *name,
    size_t max, ngx_str_t *text);

/*
 * The shared memory zone that the present directive names: "name size ...".
 * "min" is the least it can do with, bytes; "tag" tells it from zones of the
 * same name for something else.  NULL: refused, with the reason logged.
 */
ngx_shm_zone_t *ngx_http_pancake_conf_zone(ngx_conf_t *cf,
    ngx_command_t *cmd, size_t min, void *tag);

/* Notes where the directive stands that is being read. */
void ngx_http_pancake_conf_place(ngx_conf_t *cf,
    ngx_http_pancake_place_t *place);

/*
 * Logs what is wrong with the directive at "place", in the form of nginx's own
 * complaints about a configuration.
 */
void ngx_cdecl ngx_http_pancake_conf_log(ngx_uint_t level, ngx_conf_t *cf,
    ngx_http_pancake_place_t *place, const char *fmt, ...);


#endif /* _NGX_HTTP_PANCAKE_CONF_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * What the unit tests share: TAP output and a pool whose allocations can be
 * made to fail.  nginx's objects are built with NGX_DEBUG_PALLOC, so each
 * piece of a pool is a heap block of its own.
 */


#ifndef _PANCAKE_UNIT_H_INCLUDED_
#define _PANCAKE_UNIT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* prints one TAP line; returns "ok" */
int pancake_ok(int ok, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* 1 when the bytes are those of the text */
int pancake_equal(const ngx_str_t *got, const char *expected);

/* compares bytes with a text in a TAP line; says what was wrong */
int pancake_is(const ngx_str_t *got, const char *expected, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* prints the plan; returns main()'s status */
int pancake_done(void);

/* stops the program when there is no memory */
ngx_pool_t *pancake_pool(void);

/* a heap copy of exactly len bytes, so that sanitizers see an overrun */
ngx_str_t pancake_copy(const ngx_str_t *text);
void pancake_copy_free(ngx_str_t *text);

/* the file's bytes, in the pool */
ngx_str_t pancake_file(ngx_pool_t *pool, const char *dir, const char *name);

/* decodes hexadecimal text in place; "-" is no bytes */
ngx_str_t pancake_unhex(char *text);

/* a line from stdin without its end; NGX_OK or NGX_DONE */
ngx_int_t pancake_line(char *line, size_t size);

/* splits a line at tabs, in place; returns the number of columns */
ngx_uint_t pancake_columns(char *line, char **column, ngx_uint_t max);

/* the n-th allocation from now fails, once; 0: none.  Returns how many
   allocations were left when it was called */
ngx_uint_t pancake_fail_at(ngx_uint_t n);


#endif /* _PANCAKE_UNIT_H_INCLUDED_ */


/*
 * Copyright (C) pancake checkout contributors
 *
 * What differs between versions and builds of nginx, and is used by several
 * of the rooms of src/http: nowhere else stands nginx_version.
 */


#ifndef _NGX_HTTP_PANCAKE_COMPAT_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_COMPAT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * Ends the list that a ngx_table_elt_t is part of: since nginx 1.23.0 lines
 * of the same name are linked by "next", which ngx_list_push() leaves as it
 * was.  Nothing before.
 */

#if (nginx_version >= 1023000)
#define ngx_http_pancake_single(h)    (h)->next = NULL
#else
#define ngx_http_pancake_single(h)
#endif


/* 1: the request is a stream of HTTP/2, whose connection is not its own */

#if (NGX_HTTP_V2)
#define ngx_http_pancake_stream(r)    ((r)->stream != NULL)
#else
#define ngx_http_pancake_stream(r)    0
#endif


/* the name of what an nginx without threads does not have */

#if !(NGX_THREADS) && !(NGX_COMPAT)
typedef struct ngx_thread_pool_s  ngx_thread_pool_t;
#endif


#endif /* _NGX_HTTP_PANCAKE_COMPAT_H_INCLUDED_ */

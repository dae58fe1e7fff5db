
/*
 * Copyright (C) pancake checkout contributors
 *
 * Stands in for the parts of nginx that the objects under test refer to.
 */


#include "unit.h"


static ngx_int_t pancake_may_allocate(void);


ngx_uint_t               ngx_pagesize = 4096;
ngx_pid_t                ngx_pid;
volatile ngx_cycle_t    *ngx_cycle;

static ngx_uint_t        pancake_allocations_left;


ngx_uint_t
pancake_fail_at(ngx_uint_t n)
{
    ngx_uint_t  left;

    left = pancake_allocations_left;
    pancake_allocations_left = n;

    return left;
}


static ngx_int_t
pancake_may_allocate(void)
{
    return (pancake_allocations_left == 0 || --pancake_allocations_left > 0);
}


void *
ngx_alloc(size_t size, ngx_log_t *log)
{
    return pancake_may_allocate() ? malloc(size) : NULL;
}


void *
ngx_calloc(size_t size, ngx_log_t *log)
{
    return pancake_may_allocate() ? calloc(1, size) : NULL;
}


#if (NGX_HAVE_POSIX_MEMALIGN)

void *
ngx_memalign(size_t alignment, size_t size, ngx_log_t *log)
{
    void  *p;

    if (!pancake_may_allocate() || posix_memalign(&p, alignment, size) != 0) {
        return NULL;
    }

    return p;
}

#endif


void
ngx_log_error_core(ngx_uint_t level, ngx_log_t *log, ngx_err_t err,
    const char *fmt, ...)
{
    printf("# log: %s\n", fmt);
}


/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_job.h"

#include <sys/resource.h>


#if (NGX_THREADS)


typedef struct {
    ngx_http_pancake_job_t       job;       /* the first, others know it */
    ngx_thread_task_t            task;
    ngx_thread_pool_t           *pool;
    ngx_queue_t                  waiters;
    volatile ngx_uint_t          nwaiters;

    pancake_signer_t            *signer;
    const ngx_str_t             *path;
    u_char                       hash[PANCAKE_BODY_HASH_LEN];

    ngx_int_t                    rc;        /* of the thread */
} ngx_http_pancake_task_t;


static void ngx_http_pancake_job_run(void *data, ngx_log_t *log);
static void ngx_http_pancake_job_step_back(void);
static void ngx_http_pancake_job_event(ngx_event_t *ev);


ngx_http_pancake_job_t *
ngx_http_pancake_job(ngx_thread_pool_t *pool, pancake_signer_t *signer,
    const ngx_str_t *path, const u_char *hash,
    ngx_http_pancake_waiter_t *waiter)
{
    ngx_http_pancake_task_t  *t;

    t = ngx_calloc(sizeof(ngx_http_pancake_task_t)
                   + pancake_signed_size(signer), ngx_cycle->log);
    if (t == NULL) {
        return NULL;
    }

    t->pool = pool;
    t->signer = signer;
    t->path = path;
    ngx_memcpy(t->hash, hash, PANCAKE_BODY_HASH_LEN);

    ngx_queue_init(&t->waiters);
    pancake_signed_init(&t->job.sig, (u_char *) (t + 1));

    t->task.ctx = t;
    t->task.handler = ngx_http_pancake_job_run;
    t->task.event.data = t;
    t->task.event.handler = ngx_http_pancake_job_event;
    t->task.event.log = ngx_cycle->log;

    ngx_http_pancake_job_wait(&t->job, waiter);

    if (ngx_thread_task_post(pool, &t->task) != NGX_OK) {
        ngx_http_pancake_job_leave(waiter);
        ngx_free(t);
        return NULL;
    }

    return &t->job;
}


void
ngx_http_pancake_job_wait(ngx_http_pancake_job_t *job,
    ngx_http_pancake_waiter_t *waiter)
{
    ngx_http_pancake_task_t  *t = (ngx_http_pancake_task_t *) job;

    ngx_queue_insert_tail(&t->waiters, &waiter->queue);

    waiter->job = job;
    t->nwaiters++;
}


void
ngx_http_pancake_job_leave(ngx_http_pancake_waiter_t *waiter)
{
    ngx_http_pancake_task_t  *t = (ngx_http_pancake_task_t *) waiter->job;

    if (t == NULL) {
        return;
    }

    ngx_queue_remove(&waiter->queue);

    waiter->job = NULL;
    t->nwaiters--;
}


/* in the thread: touches nothing but the task and the signer */

static void
ngx_http_pancake_job_run(void *data, ngx_log_t *log)
{
    ngx_http_pancake_task_t *t = data;

    ngx_http_pancake_job_step_back();

    /* those who came and left again shall not keep others waiting */

    if (t->nwaiters == 0) {
        t->rc = NGX_DECLINED;
        return;
    }

    t->rc = pancake_sign_at(t->signer, time(NULL), t->path, t->hash,
                            &t->job.sig);
}


/*
 * On Linux priority is a thread's own.  At the lowest one signing takes what
 * the event loops leave, and no other page of the shop waits for it.
 */

static void
ngx_http_pancake_job_step_back(void)
{
#if (NGX_LINUX)

    static __thread ngx_uint_t  done;

    if (!done) {
        (void) setpriority(PRIO_PROCESS, 0, 19);
        done = 1;
    }

#endif
}


static void
ngx_http_pancake_job_event(ngx_event_t *ev)
{
    ngx_http_pancake_task_t *t = ev->data;

    ngx_queue_t                *q;
    ngx_http_pancake_waiter_t  *waiter;

    /* some may have come when the thread had already looked */

    if (t->rc == NGX_DECLINED && t->nwaiters
        && ngx_thread_task_post(t->pool, &t->task) == NGX_OK)
    {
        return;
    }

    if (t->job.done) {
        t->job.done(&t->job);
    }

    /* a handler may end its request, and others of the same connection */

    while (!ngx_queue_empty(&t->waiters)) {

        q = ngx_queue_head(&t->waiters);
        waiter = ngx_queue_data(q, ngx_http_pancake_waiter_t, queue);

        ngx_http_pancake_job_leave(waiter);

        waiter->handler(waiter->data, &t->job);
    }

    ngx_free(t);
}


#else


ngx_http_pancake_job_t *
ngx_http_pancake_job(ngx_thread_pool_t *pool, pancake_signer_t *signer,
    const ngx_str_t *path, const u_char *hash,
    ngx_http_pancake_waiter_t *waiter)
{
    return NULL;
}


void
ngx_http_pancake_job_wait(ngx_http_pancake_job_t *job,
    ngx_http_pancake_waiter_t *waiter)
{
    /* void */
}


void
ngx_http_pancake_job_leave(ngx_http_pancake_waiter_t *waiter)
{
    /* void */
}


#endif

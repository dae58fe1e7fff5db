
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_job.h"


#if (NGX_THREADS)

#include <sys/resource.h>


/*
 * Jobs that wait.  A thousandth of a second each, and a buyer waits seconds:
 * more would only wait longer.
 */
#define NGX_HTTP_PANCAKE_MAX_JOBS  4096

/*
 * A thread hands over what it has signed after so many microseconds at the
 * latest: to wake the event loop for each signature costs a tenth of it.
 */
#define NGX_HTTP_PANCAKE_BATCH     4000


/*
 * On a machine that is busy with other things threads of the lowest priority
 * hardly run: when one has got less than a quarter of the time and a job waits
 * for longer than this, the event loop signs for a tenth of its own; ms.
 */
#define NGX_HTTP_PANCAKE_STARVED   250
#define NGX_HTTP_PANCAKE_HELP      100
#define NGX_HTTP_PANCAKE_HELPING   10


/* a task of the pool: signs what waits, one after the other */

typedef struct ngx_http_pancake_runner_s  ngx_http_pancake_runner_t;

struct ngx_http_pancake_runner_s {
    ngx_thread_task_t            task;
    ngx_http_pancake_queue_t    *queue;
    ngx_http_pancake_runner_t   *next;      /* idle one */
    ngx_uint_t                   starved;   /* 1: waited for the processor */
    ngx_queue_t                  done;      /* jobs */
};


struct ngx_http_pancake_queue_s {
    ngx_thread_pool_t           *pool;
    ngx_http_pancake_runner_t   *runners;
    ngx_uint_t                   nrunners;
    ngx_http_pancake_runner_t   *idle;
    ngx_uint_t                   running;
    ngx_uint_t                   starved;
    ngx_event_t                  again;
    ngx_event_t                  help;

    /* the following, and nwaiters of jobs, by turns */

    ngx_thread_mutex_t           mutex;
    ngx_queue_t                  jobs;
    ngx_uint_t                   waiting;
};


typedef struct {
    ngx_http_pancake_job_t       job;       /* the first, others know it */
    ngx_queue_t                  link;
    ngx_http_pancake_queue_t    *queue;
    ngx_queue_t                  waiters;
    ngx_uint_t                   nwaiters;
    ngx_msec_t                   start;

    pancake_signer_t            *signer;
    const ngx_str_t             *path;
    u_char                       hash[PANCAKE_BODY_HASH_LEN];
    ngx_uint_t                   known;
} ngx_http_pancake_task_t;


static void ngx_http_pancake_job_cleanup(void *data);
static void ngx_http_pancake_job_drain(ngx_queue_t *jobs);
static ngx_int_t ngx_http_pancake_job_enqueue(ngx_http_pancake_task_t *t);
static ngx_int_t ngx_http_pancake_job_dispatch(
    ngx_http_pancake_queue_t *queue, ngx_uint_t waiting);
static void ngx_http_pancake_job_run(void *data, ngx_log_t *log);
static ngx_http_pancake_task_t *ngx_http_pancake_job_next(
    ngx_http_pancake_queue_t *queue, ngx_msec_t waited, ngx_uint_t *wanted);
static void ngx_http_pancake_job_step_back(void);
static uint64_t ngx_http_pancake_job_clock(clockid_t clock);
static void ngx_http_pancake_job_event(ngx_event_t *ev);
static void ngx_http_pancake_job_again(ngx_event_t *ev);
static void ngx_http_pancake_job_help(ngx_event_t *ev);
static void ngx_http_pancake_job_finish(ngx_http_pancake_task_t *t);


ngx_http_pancake_queue_t *
ngx_http_pancake_job_queue(ngx_conf_t *cf, ngx_thread_pool_t *pool,
    ngx_uint_t threads)
{
    ngx_uint_t                      i;
    ngx_pool_cleanup_t             *cln;
    ngx_http_pancake_queue_t       *queue, **q;
    ngx_http_pancake_runner_t      *runner;
    ngx_http_pancake_main_conf_t   *pmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf,
                                            ngx_http_pancake_checkout_module);
    q = pmcf->queues.elts;

    for (i = 0; i < pmcf->queues.nelts; i++) {
        if (q[i]->pool == pool) {
            return q[i];
        }
    }

    /* one more, which a thread finds when it comes back from another */

    threads++;

    q = ngx_array_push(&pmcf->queues);
    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_http_pancake_queue_t));
    runner = ngx_pcalloc(cf->pool,
                         threads * sizeof(ngx_http_pancake_runner_t));

    if (q == NULL || cln == NULL || runner == NULL) {
        return NULL;
    }

    queue = cln->data;
    *q = queue;

    ngx_memzero(queue, sizeof(ngx_http_pancake_queue_t));

    queue->pool = pool;
    queue->runners = runner;
    ngx_queue_init(&queue->jobs);

    if (ngx_thread_mutex_create(&queue->mutex, &cf->cycle->new_log)
        != NGX_OK)
    {
        return NULL;
    }

    cln->handler = ngx_http_pancake_job_cleanup;

    queue->nrunners = threads;

    queue->again.data = queue;
    queue->again.handler = ngx_http_pancake_job_again;
    queue->again.log = &cf->cycle->new_log;
    queue->again.cancelable = 1;

    queue->help.data = queue;
    queue->help.handler = ngx_http_pancake_job_help;
    queue->help.log = &cf->cycle->new_log;
    queue->help.cancelable = 1;

    for (i = 0; i < threads; i++) {
        runner[i].queue = queue;
        runner[i].next = queue->idle;
        queue->idle = &runner[i];

        ngx_queue_init(&runner[i].done);

        runner[i].task.ctx = &runner[i];
        runner[i].task.handler = ngx_http_pancake_job_run;
        runner[i].task.event.data = &runner[i];
        runner[i].task.event.handler = ngx_http_pancake_job_event;
        runner[i].task.event.log = &cf->cycle->new_log;
    }

    return queue;
}


/* no thread signs any more, and whoever has waited is gone */

static void
ngx_http_pancake_job_cleanup(void *data)
{
    ngx_http_pancake_queue_t *queue = data;

    ngx_uint_t  i;

    ngx_http_pancake_job_drain(&queue->jobs);

    for (i = 0; i < queue->nrunners; i++) {
        ngx_http_pancake_job_drain(&queue->runners[i].done);
    }

    (void) ngx_thread_mutex_destroy(&queue->mutex, ngx_cycle->log);
}


static void
ngx_http_pancake_job_drain(ngx_queue_t *jobs)
{
    ngx_queue_t              *q;
    ngx_http_pancake_task_t  *t;

    while (!ngx_queue_empty(jobs)) {
        q = ngx_queue_head(jobs);
        t = ngx_queue_data(q, ngx_http_pancake_task_t, link);

        ngx_queue_remove(q);

        /* the cache may still point to it */

        if (t->job.done) {
            t->job.done(&t->job);
        }

        ngx_free(t);
    }
}


ngx_http_pancake_job_t *
ngx_http_pancake_job(ngx_http_pancake_queue_t *queue,
    pancake_signer_t *signer, const ngx_str_t *path, const u_char *hash,
    ngx_uint_t known, ngx_http_pancake_waiter_t *waiter)
{
    ngx_http_pancake_task_t  *t;

    t = ngx_calloc(sizeof(ngx_http_pancake_task_t)
                   + pancake_signed_size(signer), ngx_cycle->log);
    if (t == NULL) {
        return NULL;
    }

    t->queue = queue;
    t->signer = signer;
    t->path = path;
    t->known = known;
    t->start = ngx_current_msec;
    ngx_memcpy(t->hash, hash, PANCAKE_BODY_HASH_LEN);

    ngx_queue_init(&t->waiters);
    pancake_signed_init(&t->job.sig, (u_char *) (t + 1));

    ngx_http_pancake_job_wait(&t->job, waiter);

    if (ngx_http_pancake_job_enqueue(t) != NGX_OK) {
        ngx_http_pancake_job_leave(waiter);
        ngx_free(t);
        return NULL;
    }

    return &t->job;
}


static ngx_int_t
ngx_http_pancake_job_enqueue(ngx_http_pancake_task_t *t)
{
    ngx_uint_t                 full;
    ngx_http_pancake_queue_t  *queue;

    queue = t->queue;

    (void) ngx_thread_mutex_lock(&queue->mutex, ngx_cycle->log);

    full = (queue->waiting >= NGX_HTTP_PANCAKE_MAX_JOBS);

    /* who floods a checkout with new bodies shall not close its buttons */

    if (t->known) {
        ngx_queue_insert_head(&queue->jobs, &t->link);
        queue->waiting++;

    } else if (!full) {
        ngx_queue_insert_tail(&queue->jobs, &t->link);
        queue->waiting++;
    }

    (void) ngx_thread_mutex_unlock(&queue->mutex, ngx_cycle->log);

    if (full && !t->known) {
        return NGX_BUSY;
    }

    ngx_http_pancake_job_again(&queue->again);

    if (!queue->help.timer_set) {
        ngx_add_timer(&queue->help, NGX_HTTP_PANCAKE_HELP);
    }

    return NGX_OK;
}


/* NGX_OK: some thread will look into the queue, where so many wait */

static ngx_int_t
ngx_http_pancake_job_dispatch(ngx_http_pancake_queue_t *queue,
    ngx_uint_t waiting)
{
    ngx_http_pancake_runner_t  *runner;

    runner = queue->idle;

    if (runner == NULL || queue->running >= waiting) {
        return NGX_OK;
    }

    if (ngx_thread_task_post(queue->pool, &runner->task) != NGX_OK) {
        return queue->running ? NGX_OK : NGX_ERROR;
    }

    queue->idle = runner->next;
    queue->running++;

    return NGX_OK;
}


void
ngx_http_pancake_job_wait(ngx_http_pancake_job_t *job,
    ngx_http_pancake_waiter_t *waiter)
{
    ngx_http_pancake_task_t  *t = (ngx_http_pancake_task_t *) job;

    ngx_queue_insert_tail(&t->waiters, &waiter->queue);
    waiter->job = job;

    (void) ngx_thread_mutex_lock(&t->queue->mutex, ngx_cycle->log);

    t->nwaiters++;

    (void) ngx_thread_mutex_unlock(&t->queue->mutex, ngx_cycle->log);
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

    (void) ngx_thread_mutex_lock(&t->queue->mutex, ngx_cycle->log);

    t->nwaiters--;

    (void) ngx_thread_mutex_unlock(&t->queue->mutex, ngx_cycle->log);
}


/* in a thread */

static void
ngx_http_pancake_job_run(void *data, ngx_log_t *log)
{
    ngx_http_pancake_runner_t *runner = data;

    uint64_t                  start, now, cpu;
    ngx_uint_t                wanted;
    ngx_http_pancake_task_t  *t;

    ngx_http_pancake_job_step_back();

    start = ngx_http_pancake_job_clock(CLOCK_MONOTONIC);
    cpu = ngx_http_pancake_job_clock(CLOCK_THREAD_CPUTIME_ID);

    do {
        t = ngx_http_pancake_job_next(runner->queue, 0, &wanted);

        if (t == NULL) {
            return;
        }

        /* those who came and left again do not keep others waiting */

        if (wanted) {
            (void) pancake_sign_at(t->signer, time(NULL), t->path, t->hash,
                                   &t->job.sig);
        }

        ngx_queue_insert_tail(&runner->done, &t->link);

        now = ngx_http_pancake_job_clock(CLOCK_MONOTONIC);

    } while (now < start + NGX_HTTP_PANCAKE_BATCH);

    cpu = ngx_http_pancake_job_clock(CLOCK_THREAD_CPUTIME_ID) - cpu;

    runner->starved = (now - start > 4 * cpu);
}


/* the first job, out of the queue, if it has waited for so many ms; or NULL */

static ngx_http_pancake_task_t *
ngx_http_pancake_job_next(ngx_http_pancake_queue_t *queue, ngx_msec_t waited,
    ngx_uint_t *wanted)
{
    ngx_queue_t              *q;
    ngx_http_pancake_task_t  *t;

    t = NULL;

    (void) ngx_thread_mutex_lock(&queue->mutex, ngx_cycle->log);

    if (!ngx_queue_empty(&queue->jobs)) {
        q = ngx_queue_head(&queue->jobs);
        t = ngx_queue_data(q, ngx_http_pancake_task_t, link);

        if (waited && ngx_current_msec - t->start < waited) {
            t = NULL;

        } else {
            ngx_queue_remove(q);
            queue->waiting--;

            *wanted = t->nwaiters;
        }
    }

    (void) ngx_thread_mutex_unlock(&queue->mutex, ngx_cycle->log);

    return t;
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


/* microseconds; nginx's own time stands still while nobody updates it */

static uint64_t
ngx_http_pancake_job_clock(clockid_t clock)
{
    struct timespec  ts;

    (void) clock_gettime(clock, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


static void
ngx_http_pancake_job_event(ngx_event_t *ev)
{
    ngx_http_pancake_runner_t *runner = ev->data;

    ngx_queue_t                done, *q;
    ngx_http_pancake_queue_t  *queue;

    queue = runner->queue;

    ngx_queue_init(&done);

    if (!ngx_queue_empty(&runner->done)) {
        ngx_queue_add(&done, &runner->done);
        ngx_queue_init(&runner->done);
    }

    runner->next = queue->idle;
    queue->idle = runner;
    queue->running--;
    queue->starved = runner->starved;
    runner->starved = 0;

    /* first of all, so that no thread is idle meanwhile */

    ngx_http_pancake_job_again(&queue->again);

    while (!ngx_queue_empty(&done)) {
        q = ngx_queue_head(&done);

        ngx_queue_remove(q);
        ngx_http_pancake_job_finish(ngx_queue_data(q, ngx_http_pancake_task_t,
                                                   link));
    }
}


/*
 * A pool with a short queue of its own takes nothing while its thread is on
 * the way back: it is asked again.
 */

static void
ngx_http_pancake_job_again(ngx_event_t *ev)
{
    ngx_http_pancake_queue_t *queue = ev->data;

    ngx_uint_t  waiting;

    (void) ngx_thread_mutex_lock(&queue->mutex, ngx_cycle->log);

    waiting = queue->waiting;

    (void) ngx_thread_mutex_unlock(&queue->mutex, ngx_cycle->log);

    if (ngx_http_pancake_job_dispatch(queue, waiting) != NGX_OK) {
        ngx_add_timer(ev, 1);
    }
}


static void
ngx_http_pancake_job_help(ngx_event_t *ev)
{
    ngx_http_pancake_queue_t *queue = ev->data;

    uint64_t                  end;
    ngx_uint_t                wanted, waiting;
    ngx_http_pancake_task_t  *t;

    end = ngx_http_pancake_job_clock(CLOCK_MONOTONIC)
          + 1000 * NGX_HTTP_PANCAKE_HELPING;

    while (queue->starved && ngx_http_pancake_job_clock(CLOCK_MONOTONIC) < end)
    {
        t = ngx_http_pancake_job_next(queue, NGX_HTTP_PANCAKE_STARVED,
                                      &wanted);
        if (t == NULL) {
            break;
        }

        if (wanted) {
            (void) pancake_sign_at(t->signer, ngx_time(), t->path, t->hash,
                                   &t->job.sig);
        }

        ngx_http_pancake_job_finish(t);
    }

    (void) ngx_thread_mutex_lock(&queue->mutex, ngx_cycle->log);

    waiting = queue->waiting;

    (void) ngx_thread_mutex_unlock(&queue->mutex, ngx_cycle->log);

    if (waiting && !ev->timer_set) {
        ngx_add_timer(ev, NGX_HTTP_PANCAKE_HELP);
    }
}


static void
ngx_http_pancake_job_finish(ngx_http_pancake_task_t *t)
{
    ngx_queue_t                *q;
    ngx_http_pancake_waiter_t  *waiter;

    /* nobody was waiting when the thread looked, and somebody is now */

    if (t->job.sig.timestamp.len == 0 && !ngx_queue_empty(&t->waiters)
        && ngx_http_pancake_job_enqueue(t) == NGX_OK)
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


ngx_http_pancake_queue_t *
ngx_http_pancake_job_queue(ngx_conf_t *cf, ngx_thread_pool_t *pool,
    ngx_uint_t threads)
{
    return NULL;
}


ngx_http_pancake_job_t *
ngx_http_pancake_job(ngx_http_pancake_queue_t *queue,
    pancake_signer_t *signer, const ngx_str_t *path, const u_char *hash,
    ngx_uint_t known, ngx_http_pancake_waiter_t *waiter)
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

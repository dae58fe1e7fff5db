
/*
 * Copyright (C) pancake checkout contributors
 *
 * Signatures made in threads, beside the event loop: an RSA operation takes
 * as long as dozens of other requests.
 */


#ifndef _NGX_HTTP_PANCAKE_JOB_H_INCLUDED_
#define _NGX_HTTP_PANCAKE_JOB_H_INCLUDED_


#include "ngx_http_pancake.h"


/*
 * A job is no part of any request, since a thread may still be at it when the
 * last of those who wait has left.  It frees itself.
 */

struct ngx_http_pancake_job_s {
    pancake_signed_t             sig;
    void                       (*done)(ngx_http_pancake_job_t *job);
    void                        *data;      /* of "done" */
};


/*
 * The queue in front of a thread pool, one for each, wherever it is named.
 * "threads" is how many of the pool's may sign at once, or more than it has.
 * Returns NULL when there is no memory.
 */
ngx_http_pancake_queue_t *ngx_http_pancake_job_queue(ngx_conf_t *cf,
    ngx_thread_pool_t *pool, ngx_uint_t threads);

/*
 * Has a thread sign for a waiter: the arguments of pancake_sign_at(), but for
 * the time, which is when the thread gets to it; "path" must last as long as
 * the worker.  What is "known" goes before all others, and into a full queue,
 * too.  job->done, if the caller sets it, is called once, before those who
 * wait are.  Returns NULL, and nobody waits, when the queue is full or
 * there is no memory.
 */
ngx_http_pancake_job_t *ngx_http_pancake_job(ngx_http_pancake_queue_t *queue,
    pancake_signer_t *signer, const ngx_str_t *path, const u_char *hash,
    ngx_uint_t known, ngx_http_pancake_waiter_t *waiter);

/*
 * Waits for a job, too.  waiter->handler gets waiter->data and the job, whose
 * sig has a signature or none (its time is 0): then signing failed or, when
 * there is no timestamp either, no thread has come to it.  It runs in the
 * event loop outside of any request: whoever resumes one also runs the
 * posted requests of its connection.
 */
void ngx_http_pancake_job_wait(ngx_http_pancake_job_t *job,
    ngx_http_pancake_waiter_t *waiter);

/* Waits no more; harmless for who does not wait. */
void ngx_http_pancake_job_leave(ngx_http_pancake_waiter_t *waiter);


#endif /* _NGX_HTTP_PANCAKE_JOB_H_INCLUDED_ */

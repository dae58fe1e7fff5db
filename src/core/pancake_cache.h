
/*
 * Copyright (C) pancake checkout contributors
 *
 * What one process keeps for later: at most so many entries, and when there
 * are more the one that was not used for the longest time goes.
 */


#ifndef _PANCAKE_CACHE_H_INCLUDED_
#define _PANCAKE_CACHE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* the beginning of every entry; what follows is its owner's */

typedef struct {
    ngx_rbtree_node_t           node;       /* key: the hash */
    ngx_queue_t                 queue;
    size_t                      size;       /* bytes, of all of it */
} pancake_cache_entry_t;


typedef struct {
    ngx_rbtree_t                tree;
    ngx_rbtree_node_t           sentinel;
    ngx_queue_t                 queue;      /* the youngest first */
    ngx_uint_t                  entries;
    ngx_uint_t                  max;
    ngx_log_t                  *log;

    /* 1: this is what "key" asks for; the hash alone proves nothing */
    ngx_uint_t                (*equal)(pancake_cache_entry_t *entry,
                                       const void *key);

    /* an entry is about to go; NULL: nothing is to be done then */
    void                      (*forget)(pancake_cache_entry_t *entry);
} pancake_cache_t;


/*
 * An empty cache of at most "max" entries; its owner sets equal and forget.
 * Entries are taken when they are needed, not from the pool, and wiped when
 * they go, at the latest with the pool.  Returns NULL when there is no memory.
 */
pancake_cache_t *pancake_cache_create(ngx_pool_t *pool, ngx_log_t *log,
    ngx_uint_t max);

/* The entry, now the youngest, or NULL. */
pancake_cache_entry_t *pancake_cache_find(pancake_cache_t *cache,
    ngx_rbtree_key_t hash, const void *key);

/*
 * A new entry of "size" bytes, zeroed behind its beginning, for the owner to
 * fill at once.  Takes the place of one with the same hash, or of the oldest
 * when the cache is full.  Returns NULL when there is no memory.
 */
pancake_cache_entry_t *pancake_cache_add(pancake_cache_t *cache,
    ngx_rbtree_key_t hash, size_t size);


#endif /* _PANCAKE_CACHE_H_INCLUDED_ */

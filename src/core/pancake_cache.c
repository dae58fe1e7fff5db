
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_cache.h"


static void pancake_cache_cleanup(void *data);
static pancake_cache_entry_t *pancake_cache_lookup(pancake_cache_t *cache,
    ngx_rbtree_key_t hash);
static void pancake_cache_remove(pancake_cache_t *cache,
    pancake_cache_entry_t *entry);


pancake_cache_t *
pancake_cache_create(ngx_pool_t *pool, ngx_log_t *log, ngx_uint_t max)
{
    pancake_cache_t     *cache;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(pool, sizeof(pancake_cache_t));
    if (cln == NULL) {
        return NULL;
    }

    cache = cln->data;

    ngx_memzero(cache, sizeof(pancake_cache_t));

    ngx_rbtree_init(&cache->tree, &cache->sentinel, ngx_rbtree_insert_value);
    ngx_queue_init(&cache->queue);

    cache->max = max;
    cache->log = log;

    cln->handler = pancake_cache_cleanup;

    return cache;
}


static void
pancake_cache_cleanup(void *data)
{
    pancake_cache_t *cache = data;

    ngx_queue_t  *q;

    while (!ngx_queue_empty(&cache->queue)) {
        q = ngx_queue_head(&cache->queue);

        pancake_cache_remove(cache, ngx_queue_data(q, pancake_cache_entry_t,
                                                   queue));
    }
}


pancake_cache_entry_t *
pancake_cache_find(pancake_cache_t *cache, ngx_rbtree_key_t hash,
    const void *key)
{
    pancake_cache_entry_t  *entry;

    entry = pancake_cache_lookup(cache, hash);

    if (entry == NULL || !cache->equal(entry, key)) {
        return NULL;
    }

    if (ngx_queue_head(&cache->queue) != &entry->queue) {
        ngx_queue_remove(&entry->queue);
        ngx_queue_insert_head(&cache->queue, &entry->queue);
    }

    return entry;
}


/* there is one entry of a hash at most, so no second one is looked for */

static pancake_cache_entry_t *
pancake_cache_lookup(pancake_cache_t *cache, ngx_rbtree_key_t hash)
{
    ngx_rbtree_node_t  *node;

    node = cache->tree.root;

    while (node != &cache->sentinel) {

        if (hash == node->key) {
            return (pancake_cache_entry_t *) node;
        }

        node = (hash < node->key) ? node->left : node->right;
    }

    return NULL;
}


pancake_cache_entry_t *
pancake_cache_add(pancake_cache_t *cache, ngx_rbtree_key_t hash, size_t size)
{
    ngx_queue_t            *q;
    pancake_cache_entry_t  *entry;

    entry = pancake_cache_lookup(cache, hash);

    if (entry == NULL && cache->entries == cache->max) {
        q = ngx_queue_last(&cache->queue);
        entry = ngx_queue_data(q, pancake_cache_entry_t, queue);
    }

    if (entry) {
        pancake_cache_remove(cache, entry);
    }

    entry = ngx_calloc(size, cache->log);
    if (entry == NULL) {
        return NULL;
    }

    entry->size = size;
    entry->node.key = hash;

    ngx_rbtree_insert(&cache->tree, &entry->node);
    ngx_queue_insert_head(&cache->queue, &entry->queue);

    cache->entries++;

    return entry;
}


static void
pancake_cache_remove(pancake_cache_t *cache, pancake_cache_entry_t *entry)
{
    if (cache->forget) {
        cache->forget(entry);
    }

    ngx_rbtree_delete(&cache->tree, &entry->node);
    ngx_queue_remove(&entry->queue);

    cache->entries--;

    ngx_explicit_memzero(entry, entry->size);
    ngx_free(entry);
}

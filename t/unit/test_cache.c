
/*
 * Copyright (C) pancake checkout contributors
 */


#include "unit.h"
#include "pancake_cache.h"


typedef struct {
    pancake_cache_entry_t  entry;
    int                    key;
    int                    value;
} pancake_number_t;


static ngx_log_t  pancake_log;
static int        pancake_forgotten[16];
static int        pancake_nforgotten;


static ngx_uint_t
pancake_same(pancake_cache_entry_t *entry, const void *key)
{
    return ((pancake_number_t *) entry)->key == *(const int *) key;
}


static void
pancake_gone(pancake_cache_entry_t *entry)
{
    pancake_forgotten[pancake_nforgotten++ % 16]
        = ((pancake_number_t *) entry)->key;
}


static pancake_cache_t *
pancake_numbers(ngx_pool_t *pool, ngx_uint_t max)
{
    pancake_cache_t  *cache;

    cache = pancake_cache_create(pool, &pancake_log, max);

    cache->equal = pancake_same;
    cache->forget = pancake_gone;
    pancake_nforgotten = 0;

    return cache;
}


static pancake_number_t *
pancake_put(pancake_cache_t *cache, ngx_rbtree_key_t hash, int key)
{
    pancake_number_t  *n;

    n = (pancake_number_t *) pancake_cache_add(cache, hash,
                                               sizeof(pancake_number_t));
    if (n) {
        n->key = key;
    }

    return n;
}


static int
pancake_has(pancake_cache_t *cache, ngx_rbtree_key_t hash, int key)
{
    return pancake_cache_find(cache, hash, &key) != NULL;
}


static void
pancake_test_order(void)
{
    ngx_pool_t        *pool;
    pancake_cache_t   *cache;
    pancake_number_t  *n;

    pool = pancake_pool();
    cache = pancake_numbers(pool, 3);

    pancake_ok(!pancake_has(cache, 1, 1), "empty at first");

    n = pancake_put(cache, 1, 1);
    pancake_ok(n && n->value == 0, "a new entry is zero");
    pancake_put(cache, 2, 2);
    pancake_put(cache, 3, 3);

    pancake_ok(pancake_has(cache, 1, 1) && cache->entries == 3,
               "three are there");

    pancake_put(cache, 4, 4);

    pancake_ok(cache->entries == 3 && pancake_nforgotten == 1
               && pancake_forgotten[0] == 2,
               "the one that was not used for the longest time goes");
    pancake_ok(pancake_has(cache, 1, 1) && pancake_has(cache, 3, 3)
               && pancake_has(cache, 4, 4), "the others are there");

    pancake_ok(!pancake_has(cache, 4, 5), "the hash alone is not enough");

    pancake_put(cache, 4, 5);
    pancake_ok(pancake_has(cache, 4, 5) && !pancake_has(cache, 4, 4)
               && cache->entries == 3, "one entry of a hash");

    ngx_destroy_pool(pool);
    pancake_ok(pancake_nforgotten == 5, "the pool takes all with it");
}


/* against a list that does the same slowly */

static void
pancake_test_many(void)
{
    int               list[50], i, j, key, step, bad, found;
    ngx_uint_t        n;
    ngx_pool_t       *pool;
    pancake_cache_t  *cache;

    pool = pancake_pool();
    cache = pancake_numbers(pool, 50);

    n = 0;
    bad = 0;
    srandom(7);
    ngx_memzero(list, sizeof(list));

    for (step = 0; step < 50000; step++) {
        key = random() % 80;
        found = -1;

        for (i = 0; i < (int) n; i++) {
            if (list[i] == key) {
                found = i;
            }
        }

        bad += (pancake_has(cache, key * 7919, key) != (found >= 0));

        if (found < 0) {
            pancake_put(cache, key * 7919, key);

            if (n < 50) {
                n++;
            }

            found = n - 1;
        }

        for (j = found; j > 0; j--) {
            list[j] = list[j - 1];
        }

        list[0] = key;
        bad += (cache->entries != n);
    }

    pancake_ok(bad == 0, "50000 steps as a list would do them");

    ngx_destroy_pool(pool);
}


static void
pancake_test_memory(void)
{
    ngx_pool_t       *pool;
    pancake_cache_t  *cache;

    pool = pancake_pool();
    cache = pancake_numbers(pool, 2);

    pancake_put(cache, 1, 1);

    (void) pancake_fail_at(1);
    pancake_ok(pancake_put(cache, 2, 2) == NULL, "no memory for an entry");
    (void) pancake_fail_at(0);

    pancake_ok(pancake_has(cache, 1, 1) && cache->entries == 1,
               "the others are still there");

    (void) pancake_fail_at(1);
    pancake_ok(pancake_cache_create(pool, &pancake_log, 1) == NULL,
               "no memory for a cache");
    (void) pancake_fail_at(0);

    ngx_destroy_pool(pool);
}


int
main(void)
{
    pancake_test_order();
    pancake_test_many();
    pancake_test_memory();

    return pancake_done();
}


/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_memo.h"


/* bytes; a button's input has a few hundred */
#define NGX_HTTP_PANCAKE_MEMO_SIZE  4096


typedef struct {
    pancake_cache_entry_t        entry;
    ngx_http_pancake_loc_conf_t *plcf;
    ngx_uint_t                   form;
    u_char                       hash[PANCAKE_BODY_HASH_LEN];
    ngx_str_t                    body;
    size_t                       len;       /* of the key's parts, which
                                               follow, and then the body */
} ngx_http_pancake_memo_t;


static ngx_rbtree_key_t ngx_http_pancake_memo_hash(
    ngx_http_pancake_memo_key_t *key);
static uint64_t ngx_http_pancake_memo_mix(uint64_t hash,
    const ngx_str_t *part);
static ngx_uint_t ngx_http_pancake_memo_equal(pancake_cache_entry_t *entry,
    const void *data);
static size_t ngx_http_pancake_memo_len(
    const ngx_http_pancake_memo_key_t *key);
static u_char *ngx_http_pancake_memo_write(u_char *p, const ngx_str_t *part);
static u_char *ngx_http_pancake_memo_same(u_char *p, const ngx_str_t *part);


pancake_cache_t *
ngx_http_pancake_memo_cache(ngx_conf_t *cf, ngx_uint_t max)
{
    pancake_cache_t  *cache;

    cache = pancake_cache_create(cf->pool, &cf->cycle->new_log, max);

    if (cache) {
        cache->equal = ngx_http_pancake_memo_equal;
    }

    return cache;
}


ngx_int_t
ngx_http_pancake_memo_find(ngx_http_pancake_memo_key_t *key, ngx_pool_t *pool,
    ngx_str_t *body, u_char hash[PANCAKE_BODY_HASH_LEN])
{
    ngx_http_pancake_memo_t  *memo;

    memo = (ngx_http_pancake_memo_t *)
               pancake_cache_find(key->plcf->cache->bodies,
                                  ngx_http_pancake_memo_hash(key), key);
    if (memo == NULL) {
        return NGX_DECLINED;
    }

    body->len = memo->body.len;
    body->data = ngx_pnalloc(pool, memo->body.len);

    if (body->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(body->data, memo->body.data, memo->body.len);

    if (memo->hash[0]) {
        ngx_memcpy(hash, memo->hash, PANCAKE_BODY_HASH_LEN);
    }

    return NGX_OK;
}


void
ngx_http_pancake_memo_add(ngx_http_pancake_memo_key_t *key,
    const ngx_str_t *body, const u_char hash[PANCAKE_BODY_HASH_LEN])
{
    size_t                    len;
    u_char                   *p;
    uint32_t                 *seen;
    ngx_str_t                *value;
    ngx_uint_t                i;
    pancake_cache_t          *cache;
    ngx_rbtree_key_t          id;
    ngx_http_pancake_memo_t  *memo;

    cache = key->plcf->cache->bodies;
    len = ngx_http_pancake_memo_len(key);

    if (len + body->len > NGX_HTTP_PANCAKE_MEMO_SIZE) {
        return;
    }

    /* what nobody asks for again shall not drive out what many ask for */

    id = ngx_http_pancake_memo_hash(key);
    seen = &key->plcf->cache->seen[id % cache->max];

    if (*seen != (uint32_t) id) {
        *seen = (uint32_t) id;
        return;
    }

    memo = (ngx_http_pancake_memo_t *)
               pancake_cache_add(cache, id,
                                 sizeof(ngx_http_pancake_memo_t) + len
                                 + body->len);
    if (memo == NULL) {
        return;
    }

    memo->plcf = key->plcf;
    memo->form = key->form;
    memo->len = len;
    ngx_memcpy(memo->hash, hash, PANCAKE_BODY_HASH_LEN);

    p = (u_char *) (memo + 1);

    p = ngx_http_pancake_memo_write(p, &key->text);
    p = ngx_http_pancake_memo_write(p, &key->origin);

    value = key->values->elts;

    for (i = 0; i < key->values->nelts; i++) {
        p = ngx_http_pancake_memo_write(p, &value[i]);
    }

    memo->body.len = body->len;
    memo->body.data = p;
    ngx_memcpy(p, body->data, body->len);
}


/* cheap: what it leads to is compared byte by byte */

static ngx_rbtree_key_t
ngx_http_pancake_memo_hash(ngx_http_pancake_memo_key_t *key)
{
    uint64_t     hash;
    ngx_str_t   *value;
    ngx_uint_t   i;

    hash = (uintptr_t) key->plcf + key->form;
    hash = ngx_http_pancake_memo_mix(hash, &key->text);

    value = key->values->elts;

    for (i = 0; i < key->values->nelts; i++) {
        hash = ngx_http_pancake_memo_mix(hash, &value[i]);
    }

    return (ngx_rbtree_key_t) hash;
}


/* eight bytes at once, with the multiplier of Fibonacci hashing */

static uint64_t
ngx_http_pancake_memo_mix(uint64_t hash, const ngx_str_t *part)
{
    size_t    n, len;
    u_char   *p;
    uint64_t  word;

    p = part->data;

    for (len = part->len; len; len -= n, p += n) {

        n = ngx_min(len, sizeof(uint64_t));

        word = 0;
        ngx_memcpy(&word, p, n);

        hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
        hash ^= hash >> 32;
    }

    return hash + part->len;
}


static ngx_uint_t
ngx_http_pancake_memo_equal(pancake_cache_entry_t *entry, const void *data)
{
    const ngx_http_pancake_memo_key_t *key = data;

    u_char                   *p;
    ngx_str_t                *value;
    ngx_uint_t                i;
    ngx_http_pancake_memo_t  *memo;

    memo = (ngx_http_pancake_memo_t *) entry;

    if (memo->plcf != key->plcf || memo->form != key->form
        || memo->len != ngx_http_pancake_memo_len(key))
    {
        return 0;
    }

    p = (u_char *) (memo + 1);

    p = ngx_http_pancake_memo_same(p, &key->text);
    p = ngx_http_pancake_memo_same(p, &key->origin);

    value = key->values->elts;

    for (i = 0; p && i < key->values->nelts; i++) {
        p = ngx_http_pancake_memo_same(p, &value[i]);
    }

    return (p != NULL);
}


static size_t
ngx_http_pancake_memo_len(const ngx_http_pancake_memo_key_t *key)
{
    size_t       len;
    ngx_str_t   *value;
    ngx_uint_t   i;

    len = 2 * sizeof(size_t) + key->text.len + key->origin.len;

    value = key->values->elts;

    for (i = 0; i < key->values->nelts; i++) {
        len += sizeof(size_t) + value[i].len;
    }

    return len;
}


/* a part with its length, so that two lists of parts never look the same */

static u_char *
ngx_http_pancake_memo_write(u_char *p, const ngx_str_t *part)
{
    p = ngx_cpymem(p, &part->len, sizeof(size_t));

    return part->len ? ngx_cpymem(p, part->data, part->len) : p;
}


/* behind the part, or NULL when there is another one */

static u_char *
ngx_http_pancake_memo_same(u_char *p, const ngx_str_t *part)
{
    if (p == NULL || ngx_memcmp(p, &part->len, sizeof(size_t)) != 0) {
        return NULL;
    }

    p += sizeof(size_t);

    if (part->len && ngx_memcmp(p, part->data, part->len) != 0) {
        return NULL;
    }

    return p + part->len;
}

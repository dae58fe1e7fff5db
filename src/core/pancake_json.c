
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_json.h"

#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>


#define PANCAKE_JSON_NONE    ((size_t) -1)

/* words; yajl needs about 80 for a text without escapes */
#define PANCAKE_JSON_ARENA   128


typedef struct {
    yajl_handle         handle;
    pancake_tree_t     *tree;
    pancake_value_t    *current;     /* the open container, NULL outside */
    const ngx_str_t    *text;
    ngx_str_t           name;        /* of the member that comes next */
    size_t              surrogate;   /* offset of the first lone one */
    ngx_int_t           rc;          /* why a callback has stopped yajl */
} pancake_json_ctx_t;


typedef struct {
    size_t              used;
    size_t              words[PANCAKE_JSON_ARENA];
} pancake_json_arena_t;


static void *pancake_json_malloc(void *ctx, size_t size);
static void *pancake_json_realloc(void *ctx, void *ptr, size_t size);
static void pancake_json_free(void *ctx, void *ptr);
static size_t pancake_json_lone_surrogate(const ngx_str_t *text);
static ngx_int_t pancake_json_code_unit(u_char *p, u_char *last);
static int pancake_json_null(void *data);
static int pancake_json_boolean(void *data, int boolean);
static int pancake_json_number(void *data, const char *p, size_t len);
static int pancake_json_string(void *data, const unsigned char *p, size_t len);
static int pancake_json_start_map(void *data);
static int pancake_json_map_key(void *data, const unsigned char *p,
    size_t len);
static int pancake_json_start_array(void *data);
static int pancake_json_end(void *data);
static int pancake_json_text(pancake_json_ctx_t *ctx, pancake_value_t *value,
    const u_char *p, size_t len);
static int pancake_json_add(pancake_json_ctx_t *ctx, pancake_type_e type,
    pancake_value_t **value);
static int pancake_json_keep(pancake_json_ctx_t *ctx, const u_char *p,
    size_t len, ngx_str_t *out);
static int pancake_json_return(pancake_json_ctx_t *ctx, ngx_int_t rc);
static ngx_int_t pancake_json_write(yajl_gen gen,
    const pancake_value_t *value);
static ngx_int_t pancake_json_write_container(yajl_gen gen,
    const pancake_value_t *value);
static ngx_int_t pancake_json_write_string(yajl_gen gen,
    const ngx_str_t *text);
static ngx_uint_t pancake_json_is_number(const ngx_str_t *text);
static u_char *pancake_json_digits(u_char *p, u_char *last);


static yajl_callbacks  pancake_json_callbacks = {
    pancake_json_null,
    pancake_json_boolean,
    NULL,                            /* yajl_number keeps every digit */
    NULL,
    pancake_json_number,
    pancake_json_string,
    pancake_json_start_map,
    pancake_json_map_key,
    pancake_json_end,
    pancake_json_start_array,
    pancake_json_end
};


ngx_int_t
pancake_json_parse(pancake_tree_t *tree, const ngx_str_t *text)
{
    yajl_status           status;
    yajl_alloc_funcs      alloc;
    pancake_json_ctx_t    ctx;
    pancake_json_arena_t  arena;

    if (text->len == 0) {
        return pancake_tree_refuse(tree, NULL, NULL, "is empty");
    }

    ngx_memzero(&ctx, sizeof(pancake_json_ctx_t));

    ctx.tree = tree;
    ctx.text = text;
    ctx.surrogate = pancake_json_lone_surrogate(text);

    alloc.malloc = pancake_json_malloc;
    alloc.realloc = pancake_json_realloc;
    alloc.free = pancake_json_free;
    alloc.ctx = &arena;

    arena.used = 0;

    ctx.handle = yajl_alloc(&pancake_json_callbacks, &alloc, &ctx);
    if (ctx.handle == NULL) {
        return NGX_ERROR;
    }

    /* our own check is stricter and can name the field */

    yajl_config(ctx.handle, yajl_dont_validate_strings, 1);

    status = yajl_parse(ctx.handle, text->data, text->len);

    if (status == yajl_status_ok) {
        status = yajl_complete_parse(ctx.handle);
    }

    yajl_free(ctx.handle);

    if (status == yajl_status_ok) {
        return NGX_OK;
    }

    if (status == yajl_status_client_canceled) {
        return ctx.rc;
    }

    return pancake_tree_refuse(tree, NULL, NULL, "is not valid JSON");
}


/*
 * yajl takes half a dozen small pieces for a text and gives them back at its
 * end: they come from the stack while they fit.  In front of each stands its
 * size.
 */

static void *
pancake_json_malloc(void *ctx, size_t size)
{
    pancake_json_arena_t *arena = ctx;

    size_t  *p, n;

    n = 1 + (size + sizeof(size_t) - 1) / sizeof(size_t);

    if (n > PANCAKE_JSON_ARENA - arena->used) {

        p = malloc(n * sizeof(size_t));
        if (p == NULL) {
            return NULL;
        }

    } else {
        p = arena->words + arena->used;
        arena->used += n;
    }

    *p = size;

    return p + 1;
}


static void *
pancake_json_realloc(void *ctx, void *ptr, size_t size)
{
    void    *new;
    size_t   old;

    old = ptr ? ((size_t *) ptr)[-1] : 0;

    if (ptr && size <= old) {
        return ptr;
    }

    new = pancake_json_malloc(ctx, size);

    if (new && ptr) {
        ngx_memcpy(new, ptr, old);
        pancake_json_free(ctx, ptr);
    }

    return new;
}


static void
pancake_json_free(void *ctx, void *ptr)
{
    pancake_json_arena_t *arena = ctx;

    size_t  *p = ptr;

    if (p && (p < arena->words || p >= arena->words + PANCAKE_JSON_ARENA)) {
        free(p - 1);
    }
}


/*
 * yajl decodes an escaped surrogate without its other half to "?" or to
 * another character, so it is looked for in the raw text.  Backslashes are
 * allowed in strings only; anywhere else the parser stops before it gets to
 * the offset.
 */

static size_t
pancake_json_lone_surrogate(const ngx_str_t *text)
{
    u_char     *p, *last;
    ngx_int_t   unit, low;

    p = text->data;
    last = p + text->len;

    for ( ;; ) {
        p = memchr(p, '\\', last - p);

        if (p == NULL || last - p < 2) {
            return PANCAKE_JSON_NONE;
        }

        unit = pancake_json_code_unit(p, last);

        if (unit == NGX_ERROR) {
            p += 2;
            continue;
        }

        if (unit >= 0xd800 && unit <= 0xdbff) {
            low = pancake_json_code_unit(p + 6, last);

            if (low < 0xdc00 || low > 0xdfff) {
                return p - text->data;
            }

            p += 6;

        } else if (unit >= 0xdc00 && unit <= 0xdfff) {
            return p - text->data;
        }

        p += 6;
    }
}


/* the code unit of an escape "\uXXXX" at p, or NGX_ERROR */

static ngx_int_t
pancake_json_code_unit(u_char *p, u_char *last)
{
    if (last - p < 6 || p[0] != '\\' || p[1] != 'u') {
        return NGX_ERROR;
    }

    return ngx_hextoi(p + 2, 4);
}


static int
pancake_json_null(void *data)
{
    pancake_json_ctx_t *ctx = data;

    pancake_value_t  *value;

    return pancake_json_add(ctx, PANCAKE_NULL, &value);
}


static int
pancake_json_boolean(void *data, int boolean)
{
    pancake_json_ctx_t *ctx = data;

    pancake_value_t  *value;

    if (!pancake_json_add(ctx, PANCAKE_BOOLEAN, &value)) {
        return 0;
    }

    value->boolean = boolean ? 1 : 0;

    return 1;
}


static int
pancake_json_number(void *data, const char *p, size_t len)
{
    pancake_json_ctx_t *ctx = data;

    pancake_value_t  *value;

    if (!pancake_json_add(ctx, PANCAKE_NUMBER, &value)) {
        return 0;
    }

    return pancake_json_text(ctx, value, (const u_char *) p, len);
}


static int
pancake_json_string(void *data, const unsigned char *p, size_t len)
{
    pancake_json_ctx_t *ctx = data;

    ngx_int_t         rc;
    pancake_value_t  *value;

    if (!pancake_json_add(ctx, PANCAKE_STRING, &value)) {
        return 0;
    }

    if (yajl_get_bytes_consumed(ctx->handle) > ctx->surrogate) {
        rc = pancake_tree_refuse(ctx->tree, value, NULL,
                                 "contains a lone surrogate");
        return pancake_json_return(ctx, rc);
    }

    return pancake_json_text(ctx, value, p, len);
}


static int
pancake_json_start_map(void *data)
{
    pancake_json_ctx_t *ctx = data;

    pancake_value_t  *value;

    if (ctx->current == NULL) {
        ctx->current = ctx->tree->root;
        return 1;
    }

    if (!pancake_json_add(ctx, PANCAKE_OBJECT, &value)) {
        return 0;
    }

    ctx->current = value;

    return 1;
}


static int
pancake_json_map_key(void *data, const unsigned char *p, size_t len)
{
    pancake_json_ctx_t *ctx = data;

    ngx_int_t  rc;

    if (yajl_get_bytes_consumed(ctx->handle) > ctx->surrogate) {
        rc = pancake_tree_refuse(ctx->tree, ctx->current, NULL,
                                 "has a name that contains a lone surrogate");
        return pancake_json_return(ctx, rc);
    }

    return pancake_json_keep(ctx, p, len, &ctx->name);
}


static int
pancake_json_start_array(void *data)
{
    pancake_json_ctx_t *ctx = data;

    pancake_value_t  *value;

    if (!pancake_json_add(ctx, PANCAKE_ARRAY, &value)) {
        return 0;
    }

    ctx->current = value;

    return 1;
}


static int
pancake_json_end(void *data)
{
    pancake_json_ctx_t *ctx = data;

    ctx->current = ctx->current->parent;

    return 1;
}


static int
pancake_json_text(pancake_json_ctx_t *ctx, pancake_value_t *value,
    const u_char *p, size_t len)
{
    ngx_int_t  rc;
    ngx_str_t  text;

    if (!pancake_json_keep(ctx, p, len, &text)) {
        return 0;
    }

    rc = pancake_tree_set_text(ctx->tree, value, &text);

    return pancake_json_return(ctx, rc);
}


static int
pancake_json_add(pancake_json_ctx_t *ctx, pancake_type_e type,
    pancake_value_t **value)
{
    ngx_int_t  rc;

    if (ctx->current == NULL) {
        rc = pancake_tree_refuse(ctx->tree, NULL, NULL,
                                 "must be a JSON object");
        return pancake_json_return(ctx, rc);
    }

    rc = pancake_tree_add(ctx->tree, ctx->current, &ctx->name, type, value);

    return pancake_json_return(ctx, rc);
}


/* text without escapes is referenced; yajl reuses its buffer for the rest */

static int
pancake_json_keep(pancake_json_ctx_t *ctx, const u_char *p, size_t len,
    ngx_str_t *out)
{
    uintptr_t  start;

    start = (uintptr_t) ctx->text->data;

    out->len = len;
    out->data = (u_char *) p;

    if ((uintptr_t) p >= start && (uintptr_t) p < start + ctx->text->len) {
        return 1;
    }

    out->data = ngx_pnalloc(ctx->tree->pool, len);
    if (out->data == NULL) {
        return pancake_json_return(ctx, NGX_ERROR);
    }

    ngx_memcpy(out->data, p, len);

    return 1;
}


/* yajl goes on for 1 and stops for 0 */

static int
pancake_json_return(pancake_json_ctx_t *ctx, ngx_int_t rc)
{
    ctx->rc = rc;

    return (rc == NGX_OK);
}


static ngx_int_t
pancake_json_copy(ngx_pool_t *pool, const unsigned char *buf, size_t len,
    ngx_str_t *out)
{
    out->data = ngx_pnalloc(pool, len);
    if (out->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(out->data, buf, len);
    out->len = len;

    return NGX_OK;
}


ngx_int_t
pancake_json_render(ngx_pool_t *pool, const pancake_value_t *value,
    ngx_str_t *out)
{
    size_t                len;
    yajl_gen              gen;
    ngx_int_t             rc;
    const unsigned char  *buf;

    gen = yajl_gen_alloc(NULL);
    if (gen == NULL) {
        return NGX_ERROR;
    }

    rc = pancake_json_write(gen, value);

    if (rc == NGX_OK) {

        if (yajl_gen_get_buf(gen, &buf, &len) == yajl_gen_status_ok) {
            rc = pancake_json_copy(pool, buf, len, out);

        } else {
            rc = NGX_ERROR;
        }
    }

    yajl_gen_free(gen);

    return rc;
}


static ngx_int_t
pancake_json_write(yajl_gen gen, const pancake_value_t *value)
{
    yajl_gen_status  status;

    switch (value->type) {

    case PANCAKE_NULL:
        status = yajl_gen_null(gen);
        break;

    case PANCAKE_BOOLEAN:
        status = yajl_gen_bool(gen, value->boolean ? 1 : 0);
        break;

    case PANCAKE_NUMBER:

        /* yajl writes the text as it is */

        if (!pancake_json_is_number(&value->text)) {
            return NGX_ERROR;
        }

        status = yajl_gen_number(gen, (const char *) value->text.data,
                                 value->text.len);
        break;

    case PANCAKE_STRING:
    case PANCAKE_TEXT:
        return pancake_json_write_string(gen, &value->text);

    case PANCAKE_ARRAY:
    case PANCAKE_OBJECT:
        return pancake_json_write_container(gen, value);

    default:
        return NGX_ERROR;
    }

    return (status == yajl_gen_status_ok) ? NGX_OK : NGX_ERROR;
}


/* recursion ends at yajl's own limit of 128 levels */

static ngx_int_t
pancake_json_write_container(yajl_gen gen, const pancake_value_t *value)
{
    ngx_uint_t              object;
    yajl_gen_status         status;
    const pancake_value_t  *child;

    object = (value->type == PANCAKE_OBJECT);

    status = object ? yajl_gen_map_open(gen) : yajl_gen_array_open(gen);

    if (status != yajl_gen_status_ok) {
        return NGX_ERROR;
    }

    for (child = value->first; child; child = child->next) {

        if (object && pancake_json_write_string(gen, &child->name) != NGX_OK) {
            return NGX_ERROR;
        }

        if (pancake_json_write(gen, child) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    status = object ? yajl_gen_map_close(gen) : yajl_gen_array_close(gen);

    return (status == yajl_gen_status_ok) ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
pancake_json_write_string(yajl_gen gen, const ngx_str_t *text)
{
    yajl_gen_status  status;

    if (!pancake_utf8_valid(text->data, text->len)) {
        return NGX_ERROR;
    }

    status = yajl_gen_string(gen, text->data, text->len);

    return (status == yajl_gen_status_ok) ? NGX_OK : NGX_ERROR;
}


/* the grammar of RFC 8259, section 6 */

static ngx_uint_t
pancake_json_is_number(const ngx_str_t *text)
{
    u_char  *p, *last, *digits;

    if (text->len == 0) {
        return 0;
    }

    p = text->data;
    last = p + text->len;

    if (*p == '-') {
        p++;
    }

    digits = p;
    p = pancake_json_digits(p, last);

    if (p == digits || (*digits == '0' && p - digits > 1)) {
        return 0;
    }

    if (p < last && *p == '.') {
        digits = ++p;
        p = pancake_json_digits(p, last);

        if (p == digits) {
            return 0;
        }
    }

    if (p < last && (*p == 'e' || *p == 'E')) {
        p++;

        if (p < last && (*p == '+' || *p == '-')) {
            p++;
        }

        digits = p;
        p = pancake_json_digits(p, last);

        if (p == digits) {
            return 0;
        }
    }

    return (p == last);
}


static u_char *
pancake_json_digits(u_char *p, u_char *last)
{
    while (p < last && *p >= '0' && *p <= '9') {
        p++;
    }

    return p;
}

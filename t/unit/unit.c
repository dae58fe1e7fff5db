
/*
 * Copyright (C) pancake checkout contributors
 */


#include "unit.h"


static ngx_log_t   pancake_log;
static ngx_uint_t  pancake_tests;
static ngx_uint_t  pancake_failures;


int
pancake_ok(int ok, const char *fmt, ...)
{
    va_list  args;

    pancake_tests++;

    if (!ok) {
        pancake_failures++;
    }

    printf("%sok %lu - ", ok ? "" : "not ", (unsigned long) pancake_tests);

    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);

    printf("\n");
    fflush(stdout);

    return ok;
}


int
pancake_equal(const ngx_str_t *got, const char *expected)
{
    if (got->len != strlen(expected)) {
        return 0;
    }

    return (got->len == 0
            || ngx_memcmp(got->data, expected, got->len) == 0);
}


int
pancake_is(const ngx_str_t *got, const char *expected, const char *fmt, ...)
{
    int      ok;
    char     name[512];
    va_list  args;

    va_start(args, fmt);
    vsnprintf(name, sizeof(name), fmt, args);
    va_end(args);

    ok = pancake_equal(got, expected);

    pancake_ok(ok, "%s", name);

    if (!ok) {
        printf("# got \"%.*s\"\n# not \"%s\"\n", (int) got->len, got->data,
               expected);
    }

    return ok;
}


int
pancake_done(void)
{
    printf("1..%lu\n", (unsigned long) pancake_tests);

    return pancake_failures ? 1 : 0;
}


ngx_pool_t *
pancake_pool(void)
{
    ngx_pool_t  *pool;

    pool = ngx_create_pool(1024, &pancake_log);

    if (pool == NULL) {
        printf("Bail out! no memory\n");
        exit(2);
    }

    return pool;
}


ngx_str_t
pancake_copy(const ngx_str_t *text)
{
    ngx_str_t  copy;

    copy.len = text->len;
    copy.data = malloc(text->len ? text->len : 1);

    if (copy.data == NULL) {
        printf("Bail out! no memory\n");
        exit(2);
    }

    ngx_memcpy(copy.data, text->data, text->len);

    return copy;
}


void
pancake_copy_free(ngx_str_t *text)
{
    free(text->data);
    ngx_str_null(text);
}


ngx_str_t
pancake_file(ngx_pool_t *pool, const char *dir, const char *name)
{
    FILE       *f;
    ngx_str_t   text;
    char        path[1024];

    snprintf(path, sizeof(path), "%s/%s", dir, name);

    text.data = ngx_pnalloc(pool, 65536);
    f = fopen(path, "rb");

    if (text.data == NULL || f == NULL) {
        printf("Bail out! cannot read %s\n", path);
        exit(2);
    }

    text.len = fread(text.data, 1, 65536, f);

    fclose(f);

    return text;
}


ngx_str_t
pancake_unhex(char *text)
{
    size_t     i, len;
    ngx_int_t  ch;
    ngx_str_t  out;

    len = strlen(text);

    out.data = (u_char *) text;
    out.len = 0;

    if (strcmp(text, "-") == 0) {
        return out;
    }

    for (i = 0; i + 1 < len; i += 2) {
        ch = ngx_hextoi((u_char *) &text[i], 2);

        if (ch == NGX_ERROR) {
            printf("Bail out! not hexadecimal\n");
            exit(2);
        }

        out.data[out.len++] = (u_char) ch;
    }

    return out;
}


ngx_uint_t
pancake_columns(char *line, char **column, ngx_uint_t max)
{
    ngx_uint_t  n;

    n = 0;

    while (line && n < max) {
        column[n++] = line;
        line = strchr(line, '\t');

        if (line) {
            *line++ = '\0';
        }
    }

    return n;
}


ngx_int_t
pancake_line(char *line, size_t size)
{
    if (fgets(line, (int) size, stdin) == NULL) {
        return NGX_DONE;
    }

    line[strcspn(line, "\n")] = '\0';

    return NGX_OK;
}


/*
 * Copyright (C) pancake checkout contributors
 *
 * stdin: secret, merchant, path, kind, scope[0], scope[1], window, body in
 * hexadecimal (kind and window decimal) and the expected key.
 */


#include "unit.h"
#include "pancake_idempotency.h"

#include <sys/wait.h>


static void
pancake_sample(pancake_idempotency_t *in)
{
    ngx_memzero(in, sizeof(pancake_idempotency_t));

    ngx_str_set(&in->secret, "secret");
    ngx_str_set(&in->merchant, "MER_2aUyqjCzEIiEcYMKj7TZtw");
    ngx_str_set(&in->path, "/v1/actions/checkout/create-session");
    in->scope_kind = PANCAKE_SCOPE_CLIENT;
    ngx_str_set(&in->scope[0], "key");
    ngx_str_set(&in->scope[1], "192.0.2.1");
    in->window = 170531220;
    ngx_str_set(&in->body, "{\"currency\":\"USD\"}");
}


static void
pancake_test_pinned(void)
{
    ngx_str_t              key;
    pancake_idempotency_t  in;
    u_char                 out[PANCAKE_IDEMPOTENCY_KEY_LEN];

    pancake_sample(&in);

    key.data = out;
    key.len = sizeof(out);

    pancake_ok(pancake_idempotency_key(&in, out) == NGX_OK, "a key");

    /* computed by other means; a change would let a retry that crosses an
       update make a second order */

    pancake_is(&key, "O5kx7lWgVTKMKoRk4DmcULN8X5S-Faa_ZKJI88QVS3c",
               "has not changed between versions");
}


/* what replaces an expired answer: the numbers were computed by other means */

static void
pancake_test_expired(void)
{
    ngx_uint_t             i;
    ngx_str_t              key;
    pancake_idempotency_t  in;
    u_char                 out[PANCAKE_IDEMPOTENCY_KEY_LEN];

    static struct {
        time_t       expired;
        const char  *key;
    } cases[] = {
        { 0, "O5kx7lWgVTKMKoRk4DmcULN8X5S-Faa_ZKJI88QVS3c" },
        { 1769077800, "6csHJygPuXkyff_Lgp_f90-tIYxUeCpyzQJ0K5WnojM" },
        { 1769077801, "JbRFL8YVBKild4FaH6XT3alIVk68lD9sWlBTUSFtY8o" },
        { 8589934597, "q1zLYYZTp8soZfqJMGcpnCQJ0bv5Hw5cdq-ZiaDkgBM" }
    };

    key.data = out;
    key.len = sizeof(out);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pancake_sample(&in);
        in.expired = cases[i].expired;

        pancake_ok(pancake_idempotency_key(&in, out) == NGX_OK,
                   "a key for what expired at %ld", (long) in.expired);
        pancake_is(&key, cases[i].key, "is as defined");
    }

    /* the merchant's value, and an order, which has no window */

    pancake_sample(&in);
    in.scope_kind = PANCAKE_SCOPE_MERCHANT;
    ngx_str_set(&in.scope[0], "sid");
    ngx_str_null(&in.scope[1]);
    in.window = 42;
    in.expired = 1769077800;

    pancake_ok(pancake_idempotency_key(&in, out) == NGX_OK,
               "a merchant's key for what has expired");
    pancake_is(&key, "mlVSpKUY88ZSvT02wFr7bhMg1VKOhZIOsI4WnNIU-6s",
               "is as defined");

    pancake_sample(&in);
    ngx_str_set(&in.path, "/v1/actions/onetime-order/create-order");
    in.scope_kind = PANCAKE_SCOPE_BODY;
    ngx_str_null(&in.scope[0]);
    ngx_str_null(&in.scope[1]);
    in.window = 0;
    in.expired = 1769077800;
    ngx_str_set(&in.body, "{\"checkoutSessionId\":\"cs_1\"}");

    pancake_ok(pancake_idempotency_key(&in, out) == NGX_OK,
               "an order's key for what has expired");
    pancake_is(&key, "IFWv68sP6Khnu4RAYs9RFZteCId7kCuwDfCP_icleAA",
               "is as defined");
}


static void
pancake_change(pancake_idempotency_t *in, ngx_uint_t n)
{
    pancake_sample(in);

    switch (n) {

    case 0:
        break;

    case 1:
        ngx_str_set(&in->secret, "secres");
        break;

    case 2:
        in->merchant.len--;
        break;

    case 3:
        in->path.len--;
        break;

    case 4:
        in->scope_kind = PANCAKE_SCOPE_MERCHANT;
        break;

    case 5:
        ngx_str_set(&in->scope[0], "keys");
        break;

    case 6:
        ngx_str_set(&in->scope[1], "192.0.2.2");
        break;

    case 7:
        in->window++;
        break;

    case 8:
        in->body.len--;
        break;

    case 9:         /* the same bytes, split elsewhere */
        ngx_str_set(&in->scope[0], "key1");
        ngx_str_set(&in->scope[1], "92.0.2.1");
        break;

    case 10:
        ngx_str_set(&in->scope[0], "key192.0.2.1");
        ngx_str_null(&in->scope[1]);
        break;

    case 11:
        ngx_str_set(&in->merchant, "MER_2aUyqjCzEIiEcYMKj7TZtw/v1");
        ngx_str_set(&in->path, "/actions/checkout/create-session");
        break;

    case 12:
        in->scope_kind = PANCAKE_SCOPE_MERCHANT;
        ngx_str_null(&in->scope[0]);
        break;

    case 13:
        in->scope_kind = PANCAKE_SCOPE_BODY;
        break;

    case 14:
        in->window = 0;
        break;

    case 15:
        in->window += (time_t) 1 << 40;
        break;

    case 16:
        ngx_str_null(&in->body);
        break;
    }
}


#define PANCAKE_CHANGES  17

/* all of them without, with one and with another time of expiry */

#define PANCAKE_CHANGED  (3 * PANCAKE_CHANGES)


static void
pancake_test_changes(void)
{
    ngx_uint_t             i, j;
    pancake_idempotency_t  in;
    u_char                 out[PANCAKE_CHANGED][PANCAKE_IDEMPOTENCY_KEY_LEN];
    u_char                 again[PANCAKE_IDEMPOTENCY_KEY_LEN];

    static time_t          expired[] = { 0, 1769077800, 170531220 };

    for (i = 0; i < PANCAKE_CHANGED; i++) {
        pancake_change(&in, i % PANCAKE_CHANGES);
        in.expired = expired[i / PANCAKE_CHANGES];

        pancake_ok(pancake_idempotency_key(&in, out[i]) == NGX_OK
                   && pancake_idempotency_key(&in, again) == NGX_OK
                   && ngx_memcmp(out[i], again, sizeof(again)) == 0,
                   "change %d: the same twice", (int) i);

        for (j = 0; j < i; j++) {
            if (ngx_memcmp(out[i], out[j], sizeof(again)) == 0) {
                pancake_ok(0, "changes %d and %d differ", (int) i, (int) j);
            }
        }
    }

    /* the two numbers have places of their own */

    pancake_sample(&in);
    in.window = 1769077800;
    in.expired = 170531220;
    pancake_ok(pancake_idempotency_key(&in, again) == NGX_OK
               && ngx_memcmp(out[PANCAKE_CHANGES], again, sizeof(again)) != 0,
               "window and expiry do not change places");

    /* a time of expiry cannot be put into the body */

    pancake_sample(&in);
    in.scope_kind = PANCAKE_SCOPE_CLIENT | 0x80;
    pancake_ok(pancake_idempotency_key(&in, again) == NGX_OK
               && ngx_memcmp(out[PANCAKE_CHANGES], again, sizeof(again)) != 0,
               "the kind alone is not enough");

    pancake_sample(&in);
    ngx_str_null(&in.secret);
    pancake_ok(pancake_idempotency_key(&in, again) == NGX_ERROR,
               "no key without a secret");
}


static void
pancake_test_client_key(void)
{
    char        text[300];
    size_t      len;
    ngx_str_t   value, key;
    ngx_uint_t  ch, bad;

    static char  *refused[] = {
        "", "\"", "\"\"", "\"a", "a\"", "a b", " a", "a ", "a,b", "a/b",
        "\"a\"b\"", "\"\"a\"\"", "\"a\";x=1", "a.b", "a=", "\xc3\xa9",
        "a\r\nX: y", "'a'", NULL
    };

    for (ch = 0; refused[ch]; ch++) {
        value.data = (u_char *) refused[ch];
        value.len = strlen(refused[ch]);
        pancake_ok(pancake_client_key(&value, &key) == NGX_DECLINED,
                   "client key refused: case %d", (int) ch);
    }

    ngx_str_set(&value, "8e03978e-40d5-43dd-bc93-6894a57f9324");
    pancake_ok(pancake_client_key(&value, &key) == NGX_OK, "a UUID");
    pancake_is(&key, "8e03978e-40d5-43dd-bc93-6894a57f9324", "as it is");

    ngx_str_set(&value, "\"Az_09-\"");
    pancake_ok(pancake_client_key(&value, &key) == NGX_OK, "quoted");
    pancake_is(&key, "Az_09-", "without the quotes");

    memset(text, 'a', sizeof(text));
    value.data = (u_char *) text;
    bad = 0;

    for (len = 0; len < sizeof(text); len++) {
        value.len = len;
        bad += ((pancake_client_key(&value, &key) == NGX_OK)
                != (len >= 1 && len <= 256));
    }

    text[0] = '"';

    for (len = 2; len < sizeof(text); len++) {
        text[len - 1] = '"';
        value.len = len;
        bad += ((pancake_client_key(&value, &key) == NGX_OK)
                != (len >= 3 && len <= 258));
        text[len - 1] = 'a';
    }

    pancake_ok(bad == 0, "1 to 256 characters");

    bad = 0;
    value.len = 1;

    for (ch = 0; ch < 256; ch++) {
        text[0] = (char) ch;
        bad += ((pancake_client_key(&value, &key) == NGX_OK)
                != (ch && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz"
                                 "0123456789-_", (int) ch) != NULL));
    }

    pancake_ok(bad == 0, "each character");
}


static void
pancake_test_unique(void)
{
    ngx_uint_t  i, j, bad;
    u_char      out[200][16], large[2049];

    bad = 0;

    for (i = 0; i < 200; i++) {
        ngx_memzero(out[i], 16);
        bad += (pancake_unique(out[i], 16) != NGX_OK);

        for (j = 0; j < i; j++) {
            bad += (ngx_memcmp(out[i], out[j], 16) == 0);
        }
    }

    pancake_ok(bad == 0, "200 unique values differ");

    pancake_ok(pancake_unique(large, 2048) == NGX_OK
               && pancake_unique(large, 2049) == NGX_ERROR,
               "2048 at most");
}


/* a process that was forked gets others than its parent */

static void
pancake_test_unique_fork(void)
{
    int     fd[2];
    u_char  mine[16], its[16];
    pid_t   pid;

    bzero(its, 16);

    pancake_ok(pancake_unique(mine, 16) == NGX_OK && pipe(fd) == 0,
               "a stock is there");
    fflush(stdout);

    pid = fork();

    if (pid == 0) {
        ngx_pid = getpid();

        if (pancake_unique(its, 16) != NGX_OK
            || write(fd[1], its, 16) != 16)
        {
            _exit(1);
        }

        _exit(0);
    }

    pancake_ok(read(fd[0], its, 16) == 16
               && pancake_unique(mine, 16) == NGX_OK
               && memcmp(mine, its, 16) != 0,
               "the child does not use the same");

    close(fd[0]);
    close(fd[1]);
    waitpid(pid, NULL, 0);
}


static void
pancake_test_request(void)
{
    u_char                 one[PANCAKE_IDEMPOTENCY_KEY_LEN];
    u_char                 two[PANCAKE_IDEMPOTENCY_KEY_LEN];
    ngx_str_t              key;
    pancake_idempotency_t  in;

    pancake_sample(&in);
    in.scope_kind = PANCAKE_SCOPE_REQUEST;

    pancake_ok(pancake_idempotency_key(&in, one) == NGX_OK
               && pancake_idempotency_key(&in, two) == NGX_OK
               && ngx_memcmp(one, two, sizeof(one)) != 0,
               "what nothing tells apart has another key each time");

    key.data = one;
    key.len = sizeof(one);

    pancake_ok(pancake_client_key(&key, &key) == NGX_OK, "a usual one");
}


static ngx_int_t
pancake_vectors(void)
{
    char                   *column[9];
    ngx_int_t               n;
    ngx_str_t               key;
    pancake_idempotency_t   in;
    u_char                  out[PANCAKE_IDEMPOTENCY_KEY_LEN];

    static char             line[65536];

    n = 0;

    ngx_memzero(&in, sizeof(pancake_idempotency_t));

    key.data = out;
    key.len = sizeof(out);

    while (pancake_line(line, sizeof(line)) == NGX_OK
           && pancake_columns(line, column, 9) == 9)
    {
        in.secret = pancake_unhex(column[0]);
        in.merchant = pancake_unhex(column[1]);
        in.path = pancake_unhex(column[2]);
        in.scope_kind = (pancake_scope_e) atoi(column[3]);
        in.scope[0] = pancake_unhex(column[4]);
        in.scope[1] = pancake_unhex(column[5]);
        in.window = (time_t) atoll(column[6]);
        in.body = pancake_unhex(column[7]);

        pancake_ok(pancake_idempotency_key(&in, out) == NGX_OK,
                   "vector %d", (int) n);
        pancake_is(&key, column[8], "is what Digest::SHA computes");

        n++;
    }

    return n;
}


int
main(void)
{
    pancake_test_pinned();
    pancake_test_expired();
    pancake_test_changes();
    pancake_test_client_key();
    pancake_test_unique();
    pancake_test_unique_fork();
    pancake_test_request();

    pancake_ok(pancake_vectors() > 0, "vectors were given");

    return pancake_done();
}

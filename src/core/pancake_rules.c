
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_rules.h"
#include "pancake_country.h"


typedef struct {
    const char  *currency;
    const char  *onetime;
    const char  *subscription;
    ngx_uint_t   digits;
} pancake_currency_t;


static ngx_uint_t pancake_visible(const u_char *p, size_t len);


/* contract.md section 6, "Chargeable currencies at session creation" */

static const pancake_currency_t  pancake_currencies[] = {
    { "USD", "card applepay googlepay wechat", "card applepay googlepay", 2 },
    { "EUR", "card applepay googlepay", "card applepay googlepay", 2 },
    { "GBP", "card applepay googlepay", "card applepay googlepay", 2 },
    { "HKD", "card applepay googlepay", "card applepay googlepay", 2 },
    { "JPY", "card applepay googlepay", "card applepay googlepay", 0 },
    { "CNY", "wechat", "", 2 },
    { NULL, NULL, NULL, 0 }
};


static const pancake_currency_t *
pancake_currency(const ngx_str_t *currency)
{
    const pancake_currency_t  *c;

    for (c = pancake_currencies; c->currency; c++) {
        if (currency->len == 3
            && ngx_memcmp(currency->data, c->currency, 3) == 0)
        {
            return c;
        }
    }

    return NULL;
}


ngx_uint_t
pancake_currency_digits(const ngx_str_t *currency)
{
    const pancake_currency_t  *c;

    c = pancake_currency(currency);

    return c ? c->digits : 2;
}


const char *
pancake_currency_methods(const ngx_str_t *currency, ngx_uint_t subscription)
{
    const pancake_currency_t  *c;

    c = pancake_currency(currency);

    if (c == NULL) {
        return "";
    }

    return subscription ? c->subscription : c->onetime;
}


ngx_uint_t
pancake_word_listed(const char *words, const ngx_str_t *word)
{
    size_t       len;
    const char  *p;

    for (p = words; *p; p += len + (p[len] == ' ')) {
        len = ngx_strlen(p);

        if (ngx_strchr(p, ' ')) {
            len = (const char *) ngx_strchr(p, ' ') - p;
        }

        if (len == word->len && ngx_memcmp(p, word->data, len) == 0) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
pancake_is_base62(u_char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
           || (c >= 'a' && c <= 'z');
}


static ngx_uint_t
pancake_is_hex(u_char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F')
           || (c >= 'a' && c <= 'f');
}


ngx_uint_t
pancake_check_word(const ngx_str_t *text, const char *param, ngx_uint_t max)
{
    return pancake_word_listed(param, text);
}


ngx_uint_t
pancake_check_short_id(const ngx_str_t *text, const char *param,
    ngx_uint_t max)
{
    size_t  i, prefix;

    prefix = ngx_strlen(param);

    if (text->len != prefix + 22
        || ngx_memcmp(text->data, param, prefix) != 0)
    {
        return 0;
    }

    for (i = prefix; i < text->len; i++) {
        if (!pancake_is_base62(text->data[i])) {
            return 0;
        }
    }

    return 1;
}


ngx_uint_t
pancake_check_name(const ngx_str_t *text, const char *param, ngx_uint_t max)
{
    size_t  i;

    if (text->len == 0 || text->len > max) {
        return 0;
    }

    for (i = 0; i < text->len; i++) {
        if (!pancake_is_base62(text->data[i])
            && (text->data[i] == '\0'
                || ngx_strchr(param, text->data[i]) == NULL))
        {
            return 0;
        }
    }

    return 1;
}


ngx_uint_t
pancake_check_session_id(const ngx_str_t *text, const char *param,
    ngx_uint_t max)
{
    u_char  *p;
    size_t   i, len;

    p = text->data;
    len = text->len;

    if (len > 3 && ngx_memcmp(p, "cs_", 3) == 0) {
        p += 3;
        len -= 3;
    }

    if (len != 36) {
        return 0;
    }

    for (i = 0; i < len; i++) {

        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (p[i] != '-') {
                return 0;
            }

        } else if (!pancake_is_hex(p[i])) {
            return 0;
        }
    }

    return 1;
}


ngx_uint_t
pancake_check_amount(const ngx_str_t *text, const char *param, ngx_uint_t max)
{
    size_t      i;
    ngx_uint_t  digits, point, positive;

    digits = 0;
    point = 0;
    positive = 0;

    if (text->len > max) {
        return 0;
    }

    for (i = 0; i < text->len; i++) {

        if (text->data[i] == '.' && !point && digits) {
            point = 1;
            digits = 0;
            continue;
        }

        if (text->data[i] < '0' || text->data[i] > '9') {
            return 0;
        }

        digits++;
        positive |= (text->data[i] != '0');
    }

    if (text->len > 1 && text->data[0] == '0' && text->data[1] != '.') {
        return 0;
    }

    return digits && positive;
}


ngx_uint_t
pancake_check_count(const ngx_str_t *text, const char *param, ngx_uint_t max)
{
    ngx_int_t  n;

    if (text->len > 1 && text->data[0] == '0') {
        return 0;
    }

    n = ngx_atoi(text->data, text->len);

    return n > 0 && (ngx_uint_t) n <= max;
}


ngx_uint_t
pancake_check_line(const ngx_str_t *text, const char *param, ngx_uint_t max)
{
    size_t      i;
    ngx_uint_t  n;

    n = 0;

    for (i = 0; i < text->len; i++) {

        if (text->data[i] < 0x20 || text->data[i] == 0x7f) {
            return 0;
        }

        /* bytes that go on with a character do not count */

        n += ((text->data[i] & 0xc0) != 0x80);
    }

    return (n > 0 || param) && n <= max;
}


ngx_uint_t
pancake_check_text(const ngx_str_t *text, const char *param, ngx_uint_t max)
{
    return text->len <= max;
}


ngx_uint_t
pancake_check_printable(const ngx_str_t *text, const char *param,
    ngx_uint_t max)
{
    return text->len != 0 && text->len <= max
           && pancake_visible(text->data, text->len);
}


/* ASCII from the blank to the tilde */

static ngx_uint_t
pancake_visible(const u_char *p, size_t len)
{
    uint64_t  word;

    /* of eight bytes at once; a byte below the blank borrows, DEL carries */

    while (len >= sizeof(uint64_t)) {

        ngx_memcpy(&word, p, sizeof(uint64_t));

        if ((word | (word - 0x2020202020202020ULL)
             | (word + 0x0101010101010101ULL))
            & 0x8080808080808080ULL)
        {
            return 0;
        }

        p += sizeof(uint64_t);
        len -= sizeof(uint64_t);
    }

    for ( /* void */ ; len; len--, p++) {
        if (*p < 0x20 || *p > 0x7e) {
            return 0;
        }
    }

    return 1;
}


ngx_uint_t
pancake_check_country(const ngx_str_t *text, const char *param,
    ngx_uint_t max)
{
    return pancake_country_known(text);
}


ngx_uint_t
pancake_check_country_name(const ngx_str_t *text, const char *param,
    ngx_uint_t max)
{
    return pancake_check_line(text, param, max)
           && !(text->len == 2
                && text->data[0] >= 'A' && text->data[0] <= 'Z'
                && text->data[1] >= 'A' && text->data[1] <= 'Z');
}


ngx_uint_t
pancake_check_currency(const ngx_str_t *text, const char *param,
    ngx_uint_t max)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] < 'A' || text->data[i] > 'Z') {
            return 0;
        }
    }

    return text->len == 3;
}


ngx_uint_t
pancake_check_email(const ngx_str_t *text, const char *param, ngx_uint_t max)
{
    u_char  *p, *at, *last;

    at = NULL;
    last = text->data + text->len;

    if (text->len > max) {
        return 0;
    }

    for (p = text->data; p < last; p++) {

        if (*p <= 0x20 || *p == 0x7f || *p == '<' || *p == '>' || *p == ','
            || *p == ';')
        {
            return 0;
        }

        if (*p == '@') {
            if (at) {
                return 0;
            }

            at = p;
        }
    }

    /* 64 bytes are the longest local part of RFC 5321, section 4.5.3.1.1 */

    return at && at > text->data && at - text->data <= 64 && at + 1 < last
           && at[1] != '.' && last[-1] != '.';
}


ngx_int_t
pancake_url_split(const ngx_str_t *url, ngx_str_t *scheme,
    ngx_str_t *authority, ngx_str_t *rest)
{
    u_char            *p, *last;
    const char        *c;

    static const char  unsafe[] = " \"'\\<>";

    last = url->data + url->len;

    if (!pancake_visible(url->data, url->len)) {
        return NGX_DECLINED;
    }

    for (c = unsafe; *c; c++) {
        if (memchr(url->data, *c, url->len)) {
            return NGX_DECLINED;
        }
    }

    for (p = url->data; p < last && *p >= 'a' && *p <= 'z'; p++) {
        /* void */
    }

    if (p == url->data || last - p < 3 || ngx_memcmp(p, "://", 3) != 0) {
        return NGX_DECLINED;
    }

    scheme->data = url->data;
    scheme->len = p - url->data;

    p += 3;
    authority->data = p;

    while (p < last && *p != '/' && *p != '?' && *p != '#') {
        p++;
    }

    authority->len = p - authority->data;

    rest->data = p;
    rest->len = last - p;

    return authority->len ? NGX_OK : NGX_DECLINED;
}


ngx_uint_t
pancake_authority_loopback(const ngx_str_t *authority)
{
    size_t      len;
    u_char     *p;
    ngx_str_t   host;

    host = *authority;

    for (len = host.len; len && host.data[len - 1] != ']'; len--) {
        if (host.data[len - 1] == ':') {

            for (p = host.data + len; p < host.data + host.len; p++) {
                if (*p < '0' || *p > '9') {
                    return 0;
                }
            }

            host.len = len - 1;
            break;
        }
    }

    return pancake_word_listed("localhost 127.0.0.1 [::1]", &host);
}


ngx_uint_t
pancake_check_url(const ngx_str_t *text, const char *param, ngx_uint_t max)
{
    ngx_str_t  scheme, authority, rest;

    if (text->len > max
        || pancake_url_split(text, &scheme, &authority, &rest) != NGX_OK
        || ngx_strlchr(authority.data, authority.data + authority.len, '@')
        || authority.data[0] == ':')
    {
        return 0;
    }

    if (pancake_word_listed("https", &scheme)) {
        return 1;
    }

    return pancake_word_listed("http", &scheme)
           && (param || pancake_authority_loopback(&authority));
}


ngx_uint_t
pancake_check_ip(const ngx_str_t *text, const char *param, ngx_uint_t max)
{
#if (NGX_HAVE_INET6)
    u_char  addr[16];
#endif

    if (ngx_inet_addr(text->data, text->len) != INADDR_NONE) {
        return 1;
    }

#if (NGX_HAVE_INET6)
    return ngx_inet6_addr(text->data, text->len, addr) == NGX_OK;
#else
    return 0;
#endif
}

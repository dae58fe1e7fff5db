
/*
 * Copyright (C) pancake checkout contributors
 *
 * What one value may look like: the constraints of contract.md section 6,
 * one function each.  The schema's tables name them.
 */


#ifndef _PANCAKE_RULES_H_INCLUDED_
#define _PANCAKE_RULES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * A check is given the value's text (valid UTF-8 without NUL), a parameter
 * and the greatest length, all from the schema's row.  It returns 1
 * when the text is allowed, otherwise 0; it neither allocates nor logs.
 */

typedef ngx_uint_t (*pancake_check_pt)(const ngx_str_t *text,
    const char *param, ngx_uint_t max);


/* one of the words in "param", which are separated by single spaces */
ngx_uint_t pancake_check_word(const ngx_str_t *text, const char *param,
    ngx_uint_t max);

/* PREFIX_ and 22 base62 characters; "param" is the prefix with its "_" */
ngx_uint_t pancake_check_short_id(const ngx_str_t *text, const char *param,
    ngx_uint_t max);

/* 1 to "max" letters, digits, or characters of "param" */
ngx_uint_t pancake_check_name(const ngx_str_t *text, const char *param,
    ngx_uint_t max);

/* cs_ and a UUID, or a bare UUID as the oldest documents have it */
ngx_uint_t pancake_check_session_id(const ngx_str_t *text, const char *param,
    ngx_uint_t max);

/* a positive decimal number without sign, exponent or leading zeros */
ngx_uint_t pancake_check_amount(const ngx_str_t *text, const char *param,
    ngx_uint_t max);

/* a whole number from 1 to "max", digits only */
ngx_uint_t pancake_check_count(const ngx_str_t *text, const char *param,
    ngx_uint_t max);

/*
 * 1 to "max" characters, no control characters; with "param" also none at all
 */
ngx_uint_t pancake_check_line(const ngx_str_t *text, const char *param,
    ngx_uint_t max);

/* at most "max" bytes of any text, also empty or with line breaks */
ngx_uint_t pancake_check_text(const ngx_str_t *text, const char *param,
    ngx_uint_t max);

/* 1 to "max" characters, ASCII 0x20 to 0x7e */
ngx_uint_t pancake_check_printable(const ngx_str_t *text, const char *param,
    ngx_uint_t max);

/* an alpha-2 country code */
ngx_uint_t pancake_check_country(const ngx_str_t *text, const char *param,
    ngx_uint_t max);

/* a line that is not two capital letters, as a country's code would be */
ngx_uint_t pancake_check_country_name(const ngx_str_t *text,
    const char *param, ngx_uint_t max);

/* three capital letters */
ngx_uint_t pancake_check_currency(const ngx_str_t *text, const char *param,
    ngx_uint_t max);

/* local part, one "@", domain; no spaces or control characters */
ngx_uint_t pancake_check_email(const ngx_str_t *text, const char *param,
    ngx_uint_t max);

/*
 * an absolute https URL; plain http only towards this very machine, or where
 * "param" is "http"
 */
ngx_uint_t pancake_check_url(const ngx_str_t *text, const char *param,
    ngx_uint_t max);

/* an IPv4 or IPv6 address as text */
ngx_uint_t pancake_check_ip(const ngx_str_t *text, const char *param,
    ngx_uint_t max);


/*
 * The word list "words" (as in pancake_check_word) has this word: 1 or 0.
 */
ngx_uint_t pancake_word_listed(const char *words, const ngx_str_t *word);

/*
 * How many digits an amount in this currency may have after the point.
 */
ngx_uint_t pancake_currency_digits(const ngx_str_t *currency);

/*
 * The payment methods that a currency offers, as a word list; an empty list
 * when the API cannot charge it.  "subscription": the product is one.
 */
const char *pancake_currency_methods(const ngx_str_t *currency,
    ngx_uint_t subscription);

/*
 * Splits an absolute URL: scheme in lower case without "://", authority
 * (user information, host and port as they stand) and the rest.  Returns
 * NGX_OK, or NGX_DECLINED when there is no scheme or authority, or when a
 * byte outside printable ASCII, a space, quote, backslash or angle bracket
 * occurs anywhere.
 */
ngx_int_t pancake_url_split(const ngx_str_t *url, ngx_str_t *scheme,
    ngx_str_t *authority, ngx_str_t *rest);

/*
 * 1 when an authority without user information names this machine itself:
 * localhost, 127.0.0.1 or [::1], with or without a port.
 */
ngx_uint_t pancake_authority_loopback(const ngx_str_t *authority);


#endif /* _PANCAKE_RULES_H_INCLUDED_ */

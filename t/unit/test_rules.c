
/*
 * Copyright (C) pancake checkout contributors
 *
 * What one value may look like (contract.md section 6), and the countries.
 */


#include "unit.h"
#include "pancake_country.h"
#include "pancake_rules.h"


typedef struct {
    pancake_check_pt   check;
    const char        *param;
    ngx_uint_t         max;
    ngx_str_t          text;
    ngx_uint_t         allowed;
} pancake_rules_case_t;


/* ISO 3166-1 alpha-2: 249 codes */

static const char  pancake_iso[] =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG "
    "BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI "
    "CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH "
    "ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ "
    "GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT "
    "JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS "
    "LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU "
    "MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG "
    "PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG "
    "SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK "
    "TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU "
    "WF WS YE YT ZA ZM ZW";

/* contract.md section 6.1: 27 members */

static const char  pancake_eu[] =
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO "
    "SK SI ES SE";


#define WORDS   pancake_check_word, "card applepay googlepay", 0
#define PROD    pancake_check_short_id, "PROD_", 0
#define SESSION pancake_check_session_id, NULL, 0
#define AMOUNT  pancake_check_amount, NULL, 20
#define COUNT   pancake_check_count, NULL, 604800
#define LINE    pancake_check_line, NULL, 8
#define TEXT    pancake_check_text, NULL, 8
#define PRINT   pancake_check_printable, NULL, 8
#define COUNTRY pancake_check_country, NULL, 2
#define EMAIL   pancake_check_email, NULL, 254
#define URL     pancake_check_url, NULL, 64
#define WEB     pancake_check_url, "http", 64
#define BLANK   pancake_check_line, "", 8
#define MONEY   pancake_check_currency, NULL, 0
#define NAMED   pancake_check_country_name, NULL, 8
#define IP      pancake_check_ip, NULL, 0

#define L64     "01234567890123456789012345678901"                            \
                "23456789012345678901234567890123"
#define D63     "0123456789012345678901234567890"                             \
                "12345678901234567890123456789.de"


static pancake_rules_case_t  pancake_cases[] = {

    { WORDS, ngx_string("card"), 1 },
    { WORDS, ngx_string("applepay"), 1 },
    { WORDS, ngx_string("googlepay"), 1 },
    { WORDS, ngx_string(""), 0 },
    { WORDS, ngx_string(" "), 0 },
    { WORDS, ngx_string("car"), 0 },
    { WORDS, ngx_string("cards"), 0 },
    { WORDS, ngx_string("Card"), 0 },
    { WORDS, ngx_string("card "), 0 },
    { WORDS, ngx_string(" card"), 0 },
    { WORDS, ngx_string("card applepay"), 0 },
    { WORDS, ngx_string("pay"), 0 },
    { WORDS, ngx_string("card\0"), 0 },

    { PROD, ngx_string("PROD_0123456789ABCDEFGHIJKL"), 1 },
    { PROD, ngx_string("PROD_abcdefghijklmnopqrstuv"), 1 },
    { PROD, ngx_string("PROD_wxyzMNOPQRSTUVWXYZ0000"), 1 },
    { PROD, ngx_string("PROD_0123456789ABCDEFGHIJK"), 0 },
    { PROD, ngx_string("PROD_0123456789ABCDEFGHIJKLM"), 0 },
    { PROD, ngx_string("PROD_0123456789ABCDEFGHIJK_"), 0 },
    { PROD, ngx_string("PROD_0123456789ABCDEFGHIJK-"), 0 },
    { PROD, ngx_string("PROD_0123456789ABCDEFGHIJK\n"), 0 },
    { PROD, ngx_string("PROD_0123456789ABCDEFGHI\xc3\xa9K"), 0 },
    { PROD, ngx_string("PROD-0123456789ABCDEFGHIJKL"), 0 },
    { PROD, ngx_string("prod_0123456789ABCDEFGHIJKL"), 0 },
    { PROD, ngx_string("STOR_0123456789ABCDEFGHIJKL"), 0 },
    { PROD, ngx_string(" PROD_0123456789ABCDEFGHIJK"), 0 },
    { PROD, ngx_string("PROD_"), 0 },
    { PROD, ngx_string("PROD"), 0 },
    { PROD, ngx_string(""), 0 },

    { SESSION, ngx_string("cs_550e8400-e29b-41d4-a716-446655440000"), 1 },
    { SESSION, ngx_string("cs_550E8400-E29B-41D4-A716-44665544ABCF"), 1 },
    { SESSION, ngx_string("cs_550e8400-e29b-e1d4-5716-446655440000"), 1 },
    { SESSION, ngx_string("550e8400-e29b-41d4-a716-446655440000"), 1 },
    { SESSION, ngx_string("cs_550e8400-e29b-41d4-a716-44665544000"), 0 },
    { SESSION, ngx_string("cs_550e8400-e29b-41d4-a716-4466554400000"), 0 },
    { SESSION, ngx_string("cs_550e8400-e29b-41d4-a716-44665544000g"), 0 },
    { SESSION, ngx_string("cs_550e8400-e29b-41d4-a716-44665544000/"), 0 },
    { SESSION, ngx_string("cs_550e8400-e29b-41d4-a716-44665544000:"), 0 },
    { SESSION, ngx_string("cs_550e8400-e29b-41d4-a716-44665544000@"), 0 },
    { SESSION, ngx_string("cs_550e8400-e29b-41d4-a716-44665544000`"), 0 },
    { SESSION, ngx_string("cs_550e8400+e29b-41d4-a716-446655440000"), 0 },
    { SESSION, ngx_string("cs_550e84000e29b041d40a7160446655440000"), 0 },
    { SESSION, ngx_string("cs_-50e8400-e29b-41d4-a716-446655440000"), 0 },
    { SESSION, ngx_string("cs_cs_550e8400-e29b-41d4-a716-446655440000"), 0 },
    { SESSION, ngx_string("CS_550e8400-e29b-41d4-a716-446655440000"), 0 },
    { SESSION, ngx_string("cs_"), 0 },
    { SESSION, ngx_string("cs"), 0 },
    { SESSION, ngx_string(""), 0 },

    { AMOUNT, ngx_string("29.00"), 1 },
    { AMOUNT, ngx_string("4500"), 1 },
    { AMOUNT, ngx_string("0.01"), 1 },
    { AMOUNT, ngx_string("0.10"), 1 },
    { AMOUNT, ngx_string("0.000001"), 1 },
    { AMOUNT, ngx_string("1"), 1 },
    { AMOUNT, ngx_string("9"), 1 },
    { AMOUNT, ngx_string("10"), 1 },
    { AMOUNT, ngx_string("12345678901234567890"), 1 },
    { AMOUNT, ngx_string("123456789012345678901"), 0 },
    { AMOUNT, ngx_string("0"), 0 },
    { AMOUNT, ngx_string("00"), 0 },
    { AMOUNT, ngx_string("0.00"), 0 },
    { AMOUNT, ngx_string("01"), 0 },
    { AMOUNT, ngx_string("01.00"), 0 },
    { AMOUNT, ngx_string("00.01"), 0 },
    { AMOUNT, ngx_string("."), 0 },
    { AMOUNT, ngx_string(".5"), 0 },
    { AMOUNT, ngx_string("5."), 0 },
    { AMOUNT, ngx_string("0."), 0 },
    { AMOUNT, ngx_string("1..0"), 0 },
    { AMOUNT, ngx_string("1.0.0"), 0 },
    { AMOUNT, ngx_string("-1"), 0 },
    { AMOUNT, ngx_string("+1"), 0 },
    { AMOUNT, ngx_string("1e3"), 0 },
    { AMOUNT, ngx_string("1,00"), 0 },
    { AMOUNT, ngx_string("1/2"), 0 },
    { AMOUNT, ngx_string("1:2"), 0 },
    { AMOUNT, ngx_string(" 1"), 0 },
    { AMOUNT, ngx_string("1 "), 0 },
    { AMOUNT, ngx_string("1\n"), 0 },
    { AMOUNT, ngx_string("NaN"), 0 },
    { AMOUNT, ngx_string(""), 0 },

    { COUNT, ngx_string("1"), 1 },
    { COUNT, ngx_string("2700"), 1 },
    { COUNT, ngx_string("604800"), 1 },
    { COUNT, ngx_string("604801"), 0 },
    { COUNT, ngx_string("0"), 0 },
    { COUNT, ngx_string("00"), 0 },
    { COUNT, ngx_string("01"), 0 },
    { COUNT, ngx_string("-1"), 0 },
    { COUNT, ngx_string("+1"), 0 },
    { COUNT, ngx_string("1.0"), 0 },
    { COUNT, ngx_string("1e3"), 0 },
    { COUNT, ngx_string(" 1"), 0 },
    { COUNT, ngx_string("9223372036854775807"), 0 },
    { COUNT, ngx_string("9223372036854775808"), 0 },
    { COUNT, ngx_string("18446744073709551617"), 0 },
    { COUNT, ngx_string("99999999999999999999999999"), 0 },
    { COUNT, ngx_string(""), 0 },

    { LINE, ngx_string("a"), 1 },
    { LINE, ngx_string(" "), 1 },
    { LINE, ngx_string("12345678"), 1 },
    { LINE, ngx_string("\xc3\xa9~!<>&"), 1 },
    { LINE, ngx_string("123456789"), 0 },
    { LINE, ngx_string(""), 0 },
    { LINE, ngx_string("a\nb"), 0 },
    { LINE, ngx_string("a\tb"), 0 },
    { LINE, ngx_string("a\x1f"), 0 },
    { LINE, ngx_string("\x7f"), 0 },

    { TEXT, ngx_string(""), 1 },
    { TEXT, ngx_string("a\nb\x01\x7f"), 1 },
    { TEXT, ngx_string("12345678"), 1 },
    { TEXT, ngx_string("123456789"), 0 },

    { PRINT, ngx_string("a"), 1 },
    { PRINT, ngx_string(" !\"#~ "), 1 },
    { PRINT, ngx_string("12345678"), 1 },
    { PRINT, ngx_string("123456789"), 0 },
    { PRINT, ngx_string(""), 0 },
    { PRINT, ngx_string("a\n"), 0 },
    { PRINT, ngx_string("a\x1f"), 0 },
    { PRINT, ngx_string("a\x7f"), 0 },
    { PRINT, ngx_string("a\xc3\xa9"), 0 },

    { COUNTRY, ngx_string("DE"), 1 },
    { COUNTRY, ngx_string("GR"), 1 },
    { COUNTRY, ngx_string("EL"), 0 },
    { COUNTRY, ngx_string("UK"), 0 },
    { COUNTRY, ngx_string("de"), 0 },
    { COUNTRY, ngx_string("D"), 0 },
    { COUNTRY, ngx_string("DEU"), 0 },
    { COUNTRY, ngx_string("EA"), 0 },
    { COUNTRY, ngx_string(""), 0 },

    { EMAIL, ngx_string("a@b"), 1 },
    { EMAIL, ngx_string("jane.doe+tag@mail.example.com"), 1 },
    { EMAIL, ngx_string("j\xc3\xa9@\xc3\xa9.example"), 1 },
    { EMAIL, ngx_string(L64 "@example.com"), 1 },
    { EMAIL, ngx_string(L64 "5@example.com"), 0 },
    { EMAIL, ngx_string(L64 "@" D63 D63 D63), 1 },
    { EMAIL, ngx_string(L64 "@" D63 D63 D63 "e"), 0 },
    { EMAIL, ngx_string(""), 0 },
    { EMAIL, ngx_string("@"), 0 },
    { EMAIL, ngx_string("a"), 0 },
    { EMAIL, ngx_string("a@"), 0 },
    { EMAIL, ngx_string("@b"), 0 },
    { EMAIL, ngx_string("a@b@c"), 0 },
    { EMAIL, ngx_string("a@@b"), 0 },
    { EMAIL, ngx_string("a b@c"), 0 },
    { EMAIL, ngx_string("a@b c"), 0 },
    { EMAIL, ngx_string(" a@b"), 0 },
    { EMAIL, ngx_string("a@b "), 0 },
    { EMAIL, ngx_string("a@b\n"), 0 },
    { EMAIL, ngx_string("a@b\r\nBcc: x"), 0 },
    { EMAIL, ngx_string("a\t@b"), 0 },
    { EMAIL, ngx_string("a\x7f@b"), 0 },
    { EMAIL, ngx_string("<a@b>"), 0 },
    { EMAIL, ngx_string("a@b,c"), 0 },
    { EMAIL, ngx_string("a@b;c"), 0 },
    { EMAIL, ngx_string("a@.b"), 0 },
    { EMAIL, ngx_string("a@b."), 0 },

    { BLANK, ngx_string(""), 1 },
    { BLANK, ngx_string("12345678"), 1 },
    { BLANK, ngx_string("123456789"), 0 },
    { BLANK, ngx_string("\n"), 0 },

    { MONEY, ngx_string("USD"), 1 },
    { MONEY, ngx_string("AAA"), 1 },
    { MONEY, ngx_string("ZZZ"), 1 },
    { MONEY, ngx_string("usd"), 0 },
    { MONEY, ngx_string("USd"), 0 },
    { MONEY, ngx_string("US"), 0 },
    { MONEY, ngx_string("USDT"), 0 },
    { MONEY, ngx_string("US1"), 0 },
    { MONEY, ngx_string("US@"), 0 },
    { MONEY, ngx_string("[SD"), 0 },
    { MONEY, ngx_string("US\n"), 0 },
    { MONEY, ngx_string("US\0"), 0 },
    { MONEY, ngx_string("U\xc3\x84"), 0 },
    { MONEY, ngx_string(""), 0 },

    { NAMED, ngx_string("Canada"), 1 },
    { NAMED, ngx_string("C"), 1 },
    { NAMED, ngx_string("Ca"), 1 },
    { NAMED, ngx_string("cA"), 1 },
    { NAMED, ngx_string("CAN"), 1 },
    { NAMED, ngx_string("CA"), 0 },
    { NAMED, ngx_string("ZZ"), 0 },
    { NAMED, ngx_string(""), 0 },
    { NAMED, ngx_string("A\nB"), 0 },
    { NAMED, ngx_string("123456789"), 0 },

    { WEB, ngx_string("https://a.example/"), 1 },
    { WEB, ngx_string("http://a.example/"), 1 },
    { WEB, ngx_string("http://localhost/"), 1 },
    { WEB, ngx_string("http://a@b/"), 0 },
    { WEB, ngx_string("http://:80/"), 0 },
    { WEB, ngx_string("HTTP://a/"), 0 },
    { WEB, ngx_string("httpx://a/"), 0 },
    { WEB, ngx_string("ftp://a/"), 0 },
    { WEB, ngx_string("http://a/ b"), 0 },
    { WEB, ngx_string("http://a/" L64), 0 },
    { WEB, ngx_string("http:/a"), 0 },
    { WEB, ngx_string(""), 0 },

    { URL, ngx_string("https://a"), 1 },
    { URL, ngx_string("https://a.example/b?c=d&e#f"), 1 },
    { URL, ngx_string("https://a.example:8443/"), 1 },
    { URL, ngx_string("https://[2001:db8::1]/"), 1 },
    { URL, ngx_string("https://a/" L64), 0 },
    { URL, ngx_string("http://localhost/"), 1 },
    { URL, ngx_string("http://localhost:8080/x"), 1 },
    { URL, ngx_string("http://127.0.0.1/"), 1 },
    { URL, ngx_string("http://[::1]:80/"), 1 },
    { URL, ngx_string("http://a.example/"), 0 },
    { URL, ngx_string("http://localhost.evil.example/"), 0 },
    { URL, ngx_string("http://localhost@evil.example/"), 0 },
    { URL, ngx_string("http://localhost:80@evil.example/"), 0 },
    { URL, ngx_string("http://127.0.0.11/"), 0 },
    { URL, ngx_string("http://localhost:80:80/"), 0 },
    { URL, ngx_string("https://a@b/"), 0 },
    { URL, ngx_string("https://a:b@c/"), 0 },
    { URL, ngx_string("https://:443/"), 0 },
    { URL, ngx_string("https:///a"), 0 },
    { URL, ngx_string("https://?a"), 0 },
    { URL, ngx_string("https://"), 0 },
    { URL, ngx_string("https:/a"), 0 },
    { URL, ngx_string("https:a"), 0 },
    { URL, ngx_string("HTTPS://a/"), 0 },
    { URL, ngx_string("httpss://a/"), 0 },
    { URL, ngx_string("ftp://a/"), 0 },
    { URL, ngx_string("javascript:alert(1)"), 0 },
    { URL, ngx_string("javascript://a/%0aalert(1)"), 0 },
    { URL, ngx_string("data:text/html,a"), 0 },
    { URL, ngx_string("//a.example/"), 0 },
    { URL, ngx_string("/a"), 0 },
    { URL, ngx_string("a"), 0 },
    { URL, ngx_string("://a"), 0 },
    { URL, ngx_string(""), 0 },
    { URL, ngx_string(" https://a/"), 0 },
    { URL, ngx_string("https://a/ b"), 0 },
    { URL, ngx_string("https://a/\n"), 0 },
    { URL, ngx_string("https://a/\r\nX: y"), 0 },
    { URL, ngx_string("https://a/\x7f"), 0 },
    { URL, ngx_string("https://a/\xc3\xa9"), 0 },
    { URL, ngx_string("https://a\\@b/"), 0 },
    { URL, ngx_string("https://a/\""), 0 },
    { URL, ngx_string("https://a/'"), 0 },
    { URL, ngx_string("https://a/<b>"), 0 },

    { IP, ngx_string("192.0.2.1"), 1 },
    { IP, ngx_string("0.0.0.0"), 1 },
    { IP, ngx_string("2001:db8::1"), 1 },
    { IP, ngx_string("::"), 1 },
    { IP, ngx_string("::1"), 1 },
    { IP, ngx_string("::ffff:192.0.2.1"), 1 },
    { IP, ngx_string("1:2:3:4:5:6:7:8"), 1 },
    { IP, ngx_string("192.0.2"), 0 },
    { IP, ngx_string("192.0.2.256"), 0 },
    { IP, ngx_string("192.0.2.1.1"), 0 },
    { IP, ngx_string("192.0.2.1:80"), 0 },
    { IP, ngx_string("[::1]"), 0 },
    { IP, ngx_string("1:2:3:4:5:6:7:8:9"), 0 },
    { IP, ngx_string("1::2::3"), 0 },
    { IP, ngx_string("fe80::1%eth0"), 0 },
    { IP, ngx_string("unix:"), 0 },
    { IP, ngx_string("localhost"), 0 },
    { IP, ngx_string(" 192.0.2.1"), 0 },
    { IP, ngx_string("192.0.2.1\n"), 0 },
    { IP, ngx_string(""), 0 },

    { NULL, NULL, 0, ngx_null_string, 0 }
};


static void
pancake_test_cases(void)
{
    ngx_str_t              text;
    ngx_uint_t             allowed;
    pancake_rules_case_t  *c;

    for (c = pancake_cases; c->check; c++) {

        text = pancake_copy(&c->text);
        allowed = c->check(&text, c->param, c->max);
        pancake_copy_free(&text);

        pancake_ok(allowed == c->allowed, "case %d is %s",
                   (int) (c - pancake_cases),
                   c->allowed ? "allowed" : "refused");
    }
}


/* all pairs of bytes: allowed are those of the list and no others */

static void
pancake_test_countries(void)
{
    u_char       code[2];
    ngx_str_t    text;
    ngx_uint_t   i, known, members, wrong;

    known = 0;
    members = 0;
    wrong = 0;

    text.data = code;
    text.len = 2;

    for (i = 0; i < 65536; i++) {

        code[0] = (u_char) (i >> 8);
        code[1] = (u_char) i;

        known += pancake_country_known(&text);
        members += pancake_country_in_eu(&text);

        wrong += pancake_country_known(&text)
                 != pancake_word_listed(pancake_iso, &text);
        wrong += pancake_country_in_eu(&text)
                 != pancake_word_listed(pancake_eu, &text);
    }

    pancake_ok(known == 249, "249 countries");
    pancake_ok(members == 27, "27 members of the European Union");
    pancake_ok(wrong == 0, "the right ones");

    text.data = (u_char *) "DEDE";

    for (i = 0; i <= 4; i++) {
        text.len = i;
        pancake_ok(pancake_country_known(&text) == (i == 2)
                   && pancake_country_in_eu(&text) == (i == 2),
                   "a code has 2 bytes, not %d", (int) i);
    }
}


/* contract.md section 6: chargeable currencies and their methods */

static void
pancake_test_currencies(void)
{
    ngx_str_t    text;
    ngx_uint_t   i;

    static const struct {
        const char  *currency;
        const char  *onetime;
        const char  *subscription;
        ngx_uint_t   digits;
    } c[] = {
        { "USD", "card applepay googlepay wechat", "card applepay googlepay",
          2 },
        { "EUR", "card applepay googlepay", "card applepay googlepay", 2 },
        { "GBP", "card applepay googlepay", "card applepay googlepay", 2 },
        { "HKD", "card applepay googlepay", "card applepay googlepay", 2 },
        { "JPY", "card applepay googlepay", "card applepay googlepay", 0 },
        { "CNY", "wechat", "", 2 },
        { "AUD", "", "", 2 },
        { "usd", "", "", 2 },
        { "US", "", "", 2 },
        { "USDT", "", "", 2 },
        { "", "", "", 2 }
    };

    for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {

        text.data = (u_char *) c[i].currency;
        text.len = strlen(c[i].currency);

        pancake_ok(strcmp(pancake_currency_methods(&text, 0), c[i].onetime)
                   == 0, "methods in \"%s\"", c[i].currency);
        pancake_ok(strcmp(pancake_currency_methods(&text, 1),
                          c[i].subscription)
                   == 0, "methods of a subscription in \"%s\"",
                   c[i].currency);
        pancake_ok(pancake_currency_digits(&text) == c[i].digits,
                   "digits of \"%s\"", c[i].currency);
    }
}


static void
pancake_test_split(void)
{
    ngx_int_t    rc;
    ngx_str_t    url, scheme, authority, rest;
    ngx_uint_t   i;

    static const struct {
        ngx_str_t    url;
        const char  *scheme;        /* NULL: refused */
        const char  *authority;
        const char  *rest;
    } c[] = {
        { ngx_string("https://a.b/c?d#e"), "https", "a.b", "/c?d#e" },
        { ngx_string("https://a.b"), "https", "a.b", "" },
        { ngx_string("https://a?b/c"), "https", "a", "?b/c" },
        { ngx_string("https://a#b/c"), "https", "a", "#b/c" },
        { ngx_string("x://u:p@h:1/://"), "x", "u:p@h:1", "/://" },
        { ngx_string("https://"), NULL, NULL, NULL },
        { ngx_string("https:///"), NULL, NULL, NULL },
        { ngx_string("https:/"), NULL, NULL, NULL },
        { ngx_string("https"), NULL, NULL, NULL },
        { ngx_string("Https://a"), NULL, NULL, NULL },
        { ngx_string("h2://a"), NULL, NULL, NULL },
        { ngx_string("https://a\tb"), NULL, NULL, NULL },
        { ngx_string("https://a\0b"), NULL, NULL, NULL },
        { ngx_string("https://a\x80"), NULL, NULL, NULL },
        { ngx_string(""), NULL, NULL, NULL }
    };

    for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {

        url = pancake_copy(&c[i].url);
        rc = pancake_url_split(&url, &scheme, &authority, &rest);

        if (c[i].scheme == NULL) {
            pancake_ok(rc == NGX_DECLINED, "split: case %d", (int) i);

        } else {
            pancake_ok(rc == NGX_OK && pancake_equal(&scheme, c[i].scheme)
                       && pancake_equal(&authority, c[i].authority)
                       && pancake_equal(&rest, c[i].rest),
                       "split: %s", c[i].url.data);
        }

        pancake_copy_free(&url);
    }
}


static void
pancake_test_loopback(void)
{
    ngx_str_t    text;
    ngx_uint_t   i;

    static const struct {
        ngx_str_t    text;
        ngx_uint_t   loopback;
    } c[] = {
        { ngx_string("localhost"), 1 },
        { ngx_string("localhost:8080"), 1 },
        { ngx_string("localhost:"), 1 },
        { ngx_string("127.0.0.1"), 1 },
        { ngx_string("127.0.0.1:1"), 1 },
        { ngx_string("[::1]"), 1 },
        { ngx_string("[::1]:80"), 1 },
        { ngx_string("localhost:8a"), 0 },
        { ngx_string("localhost:80:80"), 0 },
        { ngx_string("localhost."), 0 },
        { ngx_string("LOCALHOST"), 0 },
        { ngx_string("alocalhost"), 0 },
        { ngx_string("localhost.example"), 0 },
        { ngx_string("127.0.0.2"), 0 },
        { ngx_string("127.1"), 0 },
        { ngx_string("::1"), 0 },
        { ngx_string("[::1"), 0 },
        { ngx_string("[::1]]"), 0 },
        { ngx_string("[::2]"), 0 },
        { ngx_string(":80"), 0 },
        { ngx_string(""), 0 }
    };

    for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {

        text = pancake_copy(&c[i].text);

        pancake_ok(pancake_authority_loopback(&text) == c[i].loopback,
                   "\"%s\" is %sthis machine", c[i].text.data,
                   c[i].loopback ? "" : "not ");

        pancake_copy_free(&text);
    }
}


int
main(void)
{
    pancake_test_cases();
    pancake_test_countries();
    pancake_test_currencies();
    pancake_test_split();
    pancake_test_loopback();

    return pancake_done();
}

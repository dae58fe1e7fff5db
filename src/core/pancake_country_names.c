
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_country_names.h"
#include "pancake_country_table.h"


/* longer than every name, so that what does not fit is not one */

#define PANCAKE_NAME_MAX  128


typedef struct {
    size_t         len;
    size_t         word;
    u_char         text[PANCAKE_NAME_MAX];
} pancake_fold_t;

typedef struct {
    const char    *from;
    const char    *to;
} pancake_word_t;

typedef struct {
    uint32_t       last;
    u_char         letter;
} pancake_letters_t;


static const pancake_name_t *pancake_name_by_code(const pancake_names_t *names,
    const u_char *code);
static const pancake_name_t *pancake_name_find(const pancake_names_t *names,
    const u_char *text, size_t len);
static ngx_uint_t pancake_name_listed(const char *list, const u_char *text,
    size_t len);
static ngx_int_t pancake_name_fold(const ngx_str_t *name, pancake_fold_t *f);
static ngx_int_t pancake_fold_char(pancake_fold_t *f, uint32_t ch);
static ngx_int_t pancake_fold_letter(pancake_fold_t *f, uint32_t ch);
static ngx_int_t pancake_fold_add(pancake_fold_t *f, const char *text,
    size_t len);
static ngx_int_t pancake_fold_word(pancake_fold_t *f);
static void pancake_fold_initials(pancake_fold_t *f);


/* words that names are written with and without, or in short */

static const pancake_word_t  pancake_words[] = {
    { "the", "" },
    { "st", "saint" },
    { "rep", "republic" },
    { "dem", "democratic" },
    { NULL, NULL }
};

/* may stand before any name; what else it could mean is a row of its own */

static const char  *pancake_prefixes[] = {
    "republic of ",
    "kingdom of ",
    "principality of ",
    NULL
};

/*
 * The letters from U+00C0 to U+017F without their marks, "." where there is
 * none; a capital stands for the two letters of pancake_ligatures.
 */

static const char  pancake_latin[] =
    "aaaaaaAceeeeiiii" "dnooooo.ouuuuyTS"
    "aaaaaaAceeeeiiii" "dnooooo.ouuuuyTy"
    "aaaaaaccccccccdd" "ddeeeeeeeeeegggg"
    "gggghhhhiiiiiiii" "iiIIjjkkklllllll"
    "lllnnnnnnnnnoooo" "ooOOrrrrrrssssss"
    "ssttttttuuuuuuuu" "uuuuwwyyyzzzzzzs";

static const pancake_word_t  pancake_ligatures[] = {
    { "A", "ae" },
    { "I", "ij" },
    { "O", "oe" },
    { "S", "ss" },
    { "T", "th" },
    { NULL, NULL }
};

/* the Vietnamese letters from U+1EA0, each up to "last" */

static const pancake_letters_t  pancake_vietnamese[] = {
    { 0x1eb7, 'a' },
    { 0x1ec7, 'e' },
    { 0x1ecb, 'i' },
    { 0x1ee3, 'o' },
    { 0x1ef1, 'u' },
    { 0x1ef9, 'y' },
    { 0, 0 }
};


ngx_int_t
pancake_country_code(const ngx_str_t *name, ngx_str_t *code)
{
    size_t                 len;
    pancake_fold_t         f;
    const char           **prefix;
    const pancake_name_t  *row;

    if (pancake_name_fold(name, &f) != NGX_OK) {
        return NGX_DECLINED;
    }

    row = pancake_name_find(&pancake_country_names, f.text, f.len);

    for (prefix = pancake_prefixes; row == NULL && *prefix != NULL; prefix++) {
        len = ngx_strlen(*prefix);

        if (f.len > len && ngx_memcmp(f.text, *prefix, len) == 0) {
            row = pancake_name_find(&pancake_country_names, f.text + len,
                                    f.len - len);
        }
    }

    if (row == NULL) {
        return NGX_DECLINED;
    }

    code->len = 2;
    code->data = (u_char *) row->code;

    return NGX_OK;
}


const char *
pancake_country_name(const ngx_str_t *code)
{
    const pancake_name_t  *row;

    if (code->len != 2) {
        return NULL;
    }

    row = pancake_name_by_code(&pancake_country_names, code->data);

    return (row != NULL) ? row->name : NULL;
}


ngx_int_t
pancake_state_code(const ngx_str_t *country, const ngx_str_t *name,
    ngx_str_t *code)
{
    u_char                  letters[2];
    pancake_fold_t          f;
    const pancake_name_t   *row;
    const pancake_names_t  *states;

    if (country->len != 2) {
        return NGX_DECLINED;
    }

    if (ngx_memcmp(country->data, "US", 2) == 0) {
        states = &pancake_us_states;

    } else if (ngx_memcmp(country->data, "CA", 2) == 0) {
        states = &pancake_ca_provinces;

    } else {
        return NGX_DECLINED;
    }

    if (pancake_name_fold(name, &f) != NGX_OK) {
        return NGX_DECLINED;
    }

    pancake_fold_initials(&f);

    if (f.len == 2) {
        letters[0] = ngx_toupper(f.text[0]);
        letters[1] = ngx_toupper(f.text[1]);

        row = pancake_name_by_code(states, letters);

    } else {
        row = pancake_name_find(states, f.text, f.len);
    }

    if (row == NULL) {
        return NGX_DECLINED;
    }

    code->len = 2;
    code->data = (u_char *) row->code;

    return NGX_OK;
}


static const pancake_name_t *
pancake_name_by_code(const pancake_names_t *names, const u_char *code)
{
    int     rc;
    size_t  low, high, middle;

    low = 0;
    high = names->n;

    while (low < high) {
        middle = (low + high) / 2;

        rc = ngx_memcmp(code, names->rows[middle].code, 2);

        if (rc == 0) {
            return &names->rows[middle];
        }

        if (rc < 0) {
            high = middle;

        } else {
            low = middle + 1;
        }
    }

    return NULL;
}


static const pancake_name_t *
pancake_name_find(const pancake_names_t *names, const u_char *text,
    size_t len)
{
    size_t                 i;
    ngx_str_t              name;
    pancake_fold_t         f;
    const pancake_name_t  *row;

    for (i = 0; i < names->n; i++) {
        row = &names->rows[i];

        if (row->others != NULL
            && pancake_name_listed(row->others, text, len))
        {
            return row;
        }

        name.data = (u_char *) row->name;
        name.len = ngx_strlen(row->name);

        if (pancake_name_fold(&name, &f) == NGX_OK
            && f.len == len && ngx_memcmp(f.text, text, len) == 0)
        {
            return row;
        }
    }

    return NULL;
}


static ngx_uint_t
pancake_name_listed(const char *list, const u_char *text, size_t len)
{
    size_t  n;

    while (*list != '\0') {
        n = strcspn(list, "|");

        if (n == len && ngx_memcmp(list, text, len) == 0) {
            return 1;
        }

        list += n;

        if (*list == '|') {
            list++;
        }
    }

    return 0;
}


/*
 * The normal form: lower-case letters, one blank between words, the words of
 * pancake_words replaced.  NGX_DECLINED: no name is written like this.
 */

static ngx_int_t
pancake_name_fold(const ngx_str_t *name, pancake_fold_t *f)
{
    u_char    *p, *last;
    uint32_t   ch;

    if (name->len == 0 || name->len > PANCAKE_NAME_MAX) {
        return NGX_DECLINED;
    }

    f->len = 0;
    f->word = 0;

    p = name->data;
    last = p + name->len;

    while (p < last) {

        if (*p < 0x80) {
            ch = *p++;

        } else {
            /* for broken text a number above all letters */
            ch = ngx_utf8_decode(&p, last - p);
        }

        if (pancake_fold_char(f, ch) != NGX_OK) {
            return NGX_DECLINED;
        }
    }

    if (pancake_fold_word(f) != NGX_OK || f->len == 0) {
        return NGX_DECLINED;
    }

    /* the blank after the last word */

    f->len--;

    return NGX_OK;
}


static ngx_int_t
pancake_fold_char(pancake_fold_t *f, uint32_t ch)
{
    switch (ch) {

    case '\'':
    case '`':
    case 0xb4:
    case 0x2bb:
    case 0x2bc:
    case 0x2018:
    case 0x2019:
    case 0x201b:
    case 0x2032:
        return NGX_OK;

    case ' ':
    case '\t':
    case '-':
    case '.':
    case ',':
    case '/':
    case '(':
    case ')':
    case '[':
    case ']':
    case 0xa0:
    case 0x202f:
    case 0x3000:
        return pancake_fold_word(f);

    case '&':
        if (pancake_fold_word(f) != NGX_OK
            || pancake_fold_add(f, "and", 3) != NGX_OK)
        {
            return NGX_DECLINED;
        }

        return pancake_fold_word(f);
    }

    /* marks of their own: a decomposed letter is the letter */

    if (ch >= 0x300 && ch <= 0x36f) {
        return NGX_OK;
    }

    /* blanks of many widths, hyphens and dashes */

    if ((ch >= 0x2000 && ch <= 0x200a) || (ch >= 0x2010 && ch <= 0x2015)) {
        return pancake_fold_word(f);
    }

    return pancake_fold_letter(f, ch);
}


static ngx_int_t
pancake_fold_letter(pancake_fold_t *f, uint32_t ch)
{
    char                      letter;
    const pancake_word_t     *pair;
    const pancake_letters_t  *range;

    letter = '.';

    if (ch < 0x80) {
        letter = ngx_tolower(ch);

    } else if (ch >= 0xc0 && ch <= 0x17f) {
        letter = pancake_latin[ch - 0xc0];

        for (pair = pancake_ligatures; pair->from != NULL; pair++) {
            if (letter == *pair->from) {
                return pancake_fold_add(f, pair->to, 2);
            }
        }

    } else if (ch >= 0x1ea0) {

        for (range = pancake_vietnamese; range->last != 0; range++) {
            if (ch <= range->last) {
                letter = range->letter;
                break;
            }
        }
    }

    if (letter < 'a' || letter > 'z') {
        return NGX_DECLINED;
    }

    return pancake_fold_add(f, &letter, 1);
}


static ngx_int_t
pancake_fold_add(pancake_fold_t *f, const char *text, size_t len)
{
    if (len > sizeof(f->text) - f->len) {
        return NGX_DECLINED;
    }

    ngx_memcpy(f->text + f->len, text, len);
    f->len += len;

    return NGX_OK;
}


/* ends a word, if one has begun */

static ngx_int_t
pancake_fold_word(pancake_fold_t *f)
{
    size_t                 len;
    u_char                *word;
    const pancake_word_t  *pair;

    word = f->text + f->word;
    len = f->len - f->word;

    for (pair = pancake_words; pair->from != NULL; pair++) {

        if (len == ngx_strlen(pair->from)
            && ngx_memcmp(word, pair->from, len) == 0)
        {
            f->len = f->word;
            len = ngx_strlen(pair->to);

            if (pancake_fold_add(f, pair->to, len) != NGX_OK) {
                return NGX_DECLINED;
            }

            break;
        }
    }

    if (len == 0) {
        return NGX_OK;
    }

    if (pancake_fold_add(f, " ", 1) != NGX_OK) {
        return NGX_DECLINED;
    }

    f->word = f->len;

    return NGX_OK;
}


/* "n y" is "ny"; not for countries, where "UK" is no name but "U.K." is */

static void
pancake_fold_initials(pancake_fold_t *f)
{
    size_t  i;

    for (i = 1; i < f->len; i += 2) {
        if (f->text[i] != ' ') {
            return;
        }
    }

    for (i = 0; 2 * i < f->len; i++) {
        f->text[i] = f->text[2 * i];
    }

    f->len = i;
}

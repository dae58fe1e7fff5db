
/*
 * Copyright (C) pancake checkout contributors
 *
 * What the API can be asked: a table of actions, each with a table of
 * fields (contract.md section 6).  A new action or field is a new row.
 */


#ifndef _PANCAKE_SCHEMA_H_INCLUDED_
#define _PANCAKE_SCHEMA_H_INCLUDED_


#include "pancake_rules.h"


typedef enum {
    PANCAKE_KIND_STRING = 0,
    PANCAKE_KIND_BOOLEAN,
    PANCAKE_KIND_INTEGER,
    PANCAKE_KIND_OBJECT,        /* members are a table */
    PANCAKE_KIND_MAP,           /* members have any names; "check" is for
                                   their values, which are strings, or, where
                                   they are objects (of "members"), for the
                                   names */
    PANCAKE_KIND_LIST           /* of different strings, each one checked, or
                                   of objects (of "members") */
} pancake_kind_e;


/* who may set a field; the trust column of contract.md section 6 */

typedef enum {
    PANCAKE_OWNER_BUYER = 0,
    PANCAKE_OWNER_CHOICE,       /* the buyer's where the merchant says so */
    PANCAKE_OWNER_MERCHANT,
    PANCAKE_OWNER_EDGE,         /* nginx itself */
    PANCAKE_OWNER_NOBODY        /* known, but the API ignores or refuses it */
} pancake_owner_e;


#define PANCAKE_FIELD_REQUIRED   0x01
#define PANCAKE_FIELD_KEY_ONLY   0x02   /* lost under store-slug auth */
#define PANCAKE_FIELD_OWN_SITE   0x04   /* from a buyer only the shop's own
                                           origin, no open redirect */
#define PANCAKE_FIELD_CLEARS     0x08   /* null or "" empties it at the API */
#define PANCAKE_FIELD_OWN_ORDER  0x10   /* of a customer's token the API knows
                                           whether it may name this */
#define PANCAKE_FIELD_PLAN       0x80   /* required with such a token, which
                                           may change plans only */
#define PANCAKE_FIELD_SCALARS    0x20   /* a map's values may be numbers and
                                           booleans, too */
#define PANCAKE_FIELD_DIGITS     0x40   /* a whole number is taken as text */


typedef struct pancake_field_s  pancake_field_t;

struct pancake_field_s {
    ngx_str_t               name;
    pancake_kind_e          kind;
    pancake_owner_e         owner;
    ngx_uint_t              flags;
    pancake_check_pt        check;
    const char             *param;
    ngx_uint_t              max;        /* length, or the count itself */
    const char             *hint;       /* completes "field NAME ..." */
    const char             *risk;       /* what a merchant who lets buyers
                                           set it gives away, or NULL; of
                                           PANCAKE_OWNER_EDGE what it is */
    const pancake_field_t  *members;    /* of an object, or of the objects in
                                           a map or list; or NULL */
};


/* rules between the fields of an action; paths are dotted */

typedef enum {
    PANCAKE_RULE_END = 0,
    PANCAKE_RULE_EXCLUDES,      /* "field" must be absent beside "other" */
    PANCAKE_RULE_NEEDS,         /* "field" must not stand without "other" */
    PANCAKE_RULE_STATE,         /* required in US and CA, two capitals there;
                                   "other" is the country */
    PANCAKE_RULE_STATE_FORM,    /* only the two capitals */
    PANCAKE_RULE_BUSINESS,      /* required when "other" is true */
    PANCAKE_RULE_VAT,           /* required when "other", an object with
                                   country and isBusiness, is an EU business */
    PANCAKE_RULE_DIGITS,        /* digits after the point as the currency in
                                   "other" has */
    PANCAKE_RULE_METHODS,       /* methods as the currency in "other" has */
    PANCAKE_RULE_SUBSCRIPTION,  /* a trial, or a currency, that the product
                                   type in "other" does not allow */
    PANCAKE_RULE_PRICES,        /* digits after the point, in a map from
                                   currency to price */
    PANCAKE_RULE_UNLESS         /* required where "other" is absent */
} pancake_rule_e;


typedef struct {
    pancake_rule_e          kind;
    ngx_str_t               field;
    ngx_str_t               other;
    const char             *message;
} pancake_rule_t;


#define PANCAKE_ACTION_SLUG       0x01  /* a store slug may call it */
#define PANCAKE_ACTION_TOKEN      0x08  /* a customer's session token may */
#define PANCAKE_ACTION_CHECKOUT   0x10  /* answers a checkoutUrl */
#define PANCAKE_ACTION_READ       0x20  /* changes nothing: has no idempotency
                                           key and may be repeated without */
#define PANCAKE_ACTION_OFFICE     0x40  /* for the merchant's own staff */
#define PANCAKE_ACTION_KEY_UNSURE 0x100 /* with an API key nobody documents
                                           it */
#define PANCAKE_ACTION_QUERY      0x80  /* GraphQL: its answer may have data
                                           and errors */
#define PANCAKE_ACTION_UNIQUE     0x02  /* its body does not name one session
                                           or order: equal bodies of two
                                           buyers are two sales */
#define PANCAKE_ACTION_SESSION    0x04  /* answers a sessionId, which another
                                           action may follow up */


typedef struct {
    ngx_str_t               name;
    ngx_str_t               path;       /* the signed path */
    const pancake_field_t  *fields;     /* ended by an empty name */
    const pancake_rule_t   *rules;      /* ended by PANCAKE_RULE_END */
    ngx_str_t               answer;     /* what the answer's data has; empty:
                                           nothing in particular */
    ngx_uint_t              flags;
} pancake_action_t;


extern const pancake_action_t  pancake_actions[];   /* ended by empty name */

/* where the chain puts the session's id of the first action's answer */
extern const ngx_str_t  pancake_session_field;

/*
 * Who has an identity gets, in parallel to a session, a token; both take
 * their fields from the same voices (contract.md section 7).
 */
extern const ngx_str_t  pancake_identity_field;
extern const ngx_str_t  pancake_identity_action;


/* The action of this name, or NULL. */
const pancake_action_t *pancake_action(const ngx_str_t *name);

/* The first name of a dotted path, in the path's own memory. */
void pancake_path_top(const ngx_str_t *path, ngx_str_t *top);

/* The row of this name in a table of fields, or NULL. */
const pancake_field_t *pancake_field(const pancake_field_t *fields,
    const ngx_str_t *name);

/*
 * The row that a dotted path leads to: a field, a member of an object, or
 * for a key of a map ("metadata.cart") or the number of an item the row of
 * the map or list; beyond that a member ("prices.USD.amount").  NULL: no such
 * field.
 */
const pancake_field_t *pancake_field_find(const pancake_action_t *action,
    const ngx_str_t *path);


#endif /* _PANCAKE_SCHEMA_H_INCLUDED_ */

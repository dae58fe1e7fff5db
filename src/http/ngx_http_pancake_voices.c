
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_voices.h"


static ngx_int_t ngx_http_pancake_voices_place(pancake_tree_t *tree,
    ngx_str_t *path, pancake_value_t **value);


static ngx_int_t ngx_http_pancake_voices_add(pancake_tree_t *tree,
    ngx_str_t *name, ngx_str_t *text);


static ngx_str_t  ngx_http_pancake_buyer_ip = ngx_string("buyerIp");
static ngx_str_t  ngx_http_pancake_query_field = ngx_string("query");
static ngx_str_t  ngx_http_pancake_no_session =
    ngx_string("cs_00000000-0000-0000-0000-000000000000");


ngx_int_t
ngx_http_pancake_voices_values(ngx_http_request_t *r, ngx_pool_t *pool,
    ngx_array_t *sets, ngx_array_t *values)
{
    ngx_str_t               *text;
    ngx_uint_t               i;
    ngx_http_pancake_set_t  *set;

    if (sets == NULL) {
        ngx_memzero(values, sizeof(ngx_array_t));
        return NGX_OK;
    }

    if (ngx_array_init(values, pool, sets->nelts, sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    set = sets->elts;
    text = values->elts;
    values->nelts = sets->nelts;

    for (i = 0; i < sets->nelts; i++) {

        if (set[i].value.lengths == NULL) {
            text[i] = set[i].value.value;

        } else if (r == NULL) {
            ngx_str_null(&text[i]);

        } else if (ngx_http_complex_value(r, &set[i].value, &text[i])
                   != NGX_OK)
        {
            return NGX_ERROR;

        } else if (text[i].len == 0) {
            ngx_str_set(&text[i], "");
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_pancake_voices_merchant(ngx_pool_t *pool, ngx_array_t *sets,
    ngx_array_t *values, pancake_value_t **root, ngx_str_t *field,
    const char **error)
{
    ngx_int_t                      rc;
    ngx_str_t                     *text;
    ngx_uint_t                     i;
    pancake_tree_t                 tree;
    pancake_value_t               *value;
    ngx_http_pancake_set_t        *set;
    static const pancake_limits_t  limits = PANCAKE_BUYER_LIMITS;

    *root = NULL;

    if (sets == NULL) {
        return NGX_OK;
    }

    if (pancake_tree_init(&tree, pool, &limits) != NGX_OK) {
        return NGX_ERROR;
    }

    set = sets->elts;
    text = values->elts;

    for (i = 0; i < values->nelts; i++) {

        if (text[i].data == NULL) {
            continue;
        }

        rc = ngx_http_pancake_voices_place(&tree, &set[i].field, &value);

        if (rc == NGX_OK) {
            rc = pancake_tree_set_text(&tree, value, &text[i]);
        }

        if (rc != NGX_OK) {
            *field = set[i].field;
            *error = tree.error;
            return rc;
        }
    }

    *root = tree.root;

    return NGX_OK;
}


/* the value at a dotted path, objects on the way are made when missing */

static ngx_int_t
ngx_http_pancake_voices_place(pancake_tree_t *tree, ngx_str_t *path,
    pancake_value_t **value)
{
    u_char           *p, *dot, *last;
    ngx_int_t         rc;
    ngx_str_t         name;
    pancake_value_t  *object, *member;

    object = tree->root;
    last = path->data + path->len;

    for (p = path->data; /* void */ ; p = dot + 1) {

        dot = ngx_strlchr(p, last, '.');

        name.data = p;
        name.len = (dot ? dot : last) - p;

        if (dot == NULL) {
            return pancake_tree_add(tree, object, &name, PANCAKE_TEXT, value);
        }

        member = pancake_value_member(object, &name);

        if (member == NULL) {
            rc = pancake_tree_add(tree, object, &name, PANCAKE_OBJECT,
                                  &member);
            if (rc != NGX_OK) {
                return rc;
            }
        }

        object = member;
    }
}


ngx_int_t
ngx_http_pancake_voices_edge(ngx_http_request_t *r, pancake_value_t **root)
{
    pancake_tree_t                 tree;
    ngx_connection_t              *c;
    ngx_http_pancake_loc_conf_t   *plcf;
    static const pancake_limits_t  limits = PANCAKE_BUYER_LIMITS;

    c = r->connection;
    plcf = ngx_http_get_module_loc_conf(r, ngx_http_pancake_checkout_module);

    if (pancake_tree_init(&tree, r->pool, &limits) != NGX_OK) {
        return NGX_ERROR;
    }

    /* a client behind a UNIX-domain socket has no address */

    if (c->sockaddr->sa_family == AF_INET
#if (NGX_HAVE_INET6)
        || c->sockaddr->sa_family == AF_INET6
#endif
       )
    {
        if (ngx_http_pancake_voices_add(&tree, &ngx_http_pancake_buyer_ip,
                                        &c->addr_text)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (plcf->nactions > 1
        && ngx_http_pancake_voices_add(&tree,
                                       (ngx_str_t *) &pancake_session_field,
                                       &ngx_http_pancake_no_session)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (plcf->query.len
        && ngx_http_pancake_voices_add(&tree, &ngx_http_pancake_query_field,
                                       &plcf->query)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    *root = tree.root;

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_voices_add(pancake_tree_t *tree, ngx_str_t *name,
    ngx_str_t *text)
{
    pancake_value_t  *value;

    if (pancake_tree_add(tree, tree->root, name, PANCAKE_STRING, &value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    value->text = *text;

    return NGX_OK;
}

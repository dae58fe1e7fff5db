
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_api_headers.h"
#include "ngx_http_pancake_ctx.h"


/* fields whose value each attempt has anew: they come last, in this order */

#define NGX_HTTP_PANCAKE_TIMESTAMP  0
#define NGX_HTTP_PANCAKE_SIGNATURE  1
#define NGX_HTTP_PANCAKE_SIGNED     2       /* of a slug there are none, of a
                                               customer there is one token */


typedef struct {
    ngx_str_t                    key;
    ngx_str_t                    lowcase_key;
    ngx_str_t                    value;
} ngx_http_pancake_api_header_t;


static ngx_int_t ngx_http_pancake_api_headers_uris(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf);
static ngx_int_t ngx_http_pancake_api_headers_uri(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf, const pancake_action_t *action,
    ngx_str_t *uri);
static ngx_int_t ngx_http_pancake_api_headers_push(
    ngx_http_pancake_loc_conf_t *plcf, ngx_http_pancake_api_header_t *header,
    const ngx_str_t *value);


static ngx_http_pancake_api_header_t  ngx_http_pancake_api_fixed[] = {

    { ngx_string("Content-Type"), ngx_string("content-type"),
      ngx_string("application/json") },

    { ngx_string("Accept"), ngx_string("accept"),
      ngx_string("application/json") },

    { ngx_string("Accept-Encoding"), ngx_string("accept-encoding"),
      ngx_string("identity") },

    { ngx_string("User-Agent"), ngx_string("user-agent"),
      ngx_string("pancake-checkout/" NGX_HTTP_PANCAKE_VERSION) },

    { ngx_null_string, ngx_null_string, ngx_null_string }
};


static ngx_http_pancake_api_header_t  ngx_http_pancake_api_merchant =
    { ngx_string("X-Merchant-Id"), ngx_string("x-merchant-id"),
      ngx_null_string };

static ngx_http_pancake_api_header_t  ngx_http_pancake_api_timestamp =
    { ngx_string("X-Timestamp"), ngx_string("x-timestamp"),
      ngx_null_string };

static ngx_http_pancake_api_header_t  ngx_http_pancake_api_signature =
    { ngx_string("X-Signature"), ngx_string("x-signature"),
      ngx_null_string };

static ngx_http_pancake_api_header_t  ngx_http_pancake_api_slug =
    { ngx_string("X-Store-Slug"), ngx_string("x-store-slug"),
      ngx_null_string };

static ngx_http_pancake_api_header_t  ngx_http_pancake_api_environment =
    { ngx_string("X-Environment"), ngx_string("x-environment"),
      ngx_null_string };

static ngx_http_pancake_api_header_t  ngx_http_pancake_api_authorization =
    { ngx_string("Authorization"), ngx_string("authorization"),
      ngx_null_string };

static ngx_http_pancake_api_header_t  ngx_http_pancake_api_key =
    { ngx_string("X-Idempotency-Key"), ngx_string("x-idempotency-key"),
      ngx_null_string };


ngx_int_t
ngx_http_pancake_api_headers_prepare(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf)
{
    ngx_uint_t                       i;
    ngx_str_t                        value;
    ngx_http_pancake_api_header_t   *h, **of;
    ngx_http_pancake_credential_t   *cred;

    /* exactly one credential */

    static ngx_http_pancake_api_header_t  *signed_by[] = {
        &ngx_http_pancake_api_merchant, &ngx_http_pancake_api_timestamp,
        &ngx_http_pancake_api_signature, &ngx_http_pancake_api_key, NULL
    };

    static ngx_http_pancake_api_header_t  *of_slug[] = {
        &ngx_http_pancake_api_slug, &ngx_http_pancake_api_environment,
        &ngx_http_pancake_api_key, NULL
    };

    static ngx_http_pancake_api_header_t  *of_customer[] = {
        &ngx_http_pancake_api_environment,
        &ngx_http_pancake_api_authorization, &ngx_http_pancake_api_key, NULL
    };

    if (ngx_http_pancake_api_headers_uris(cf, plcf) != NGX_OK) {
        return NGX_ERROR;
    }

    plcf->headers = ngx_array_create(cf->pool, 8, sizeof(ngx_table_elt_t));
    if (plcf->headers == NULL) {
        return NGX_ERROR;
    }

    for (h = ngx_http_pancake_api_fixed; h->key.len; h++) {

        if (ngx_http_pancake_api_headers_push(plcf, h, &h->value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    cred = plcf->credential;

    of = cred->key ? signed_by : cred->bearer ? of_customer : of_slug;

    for (i = 0; of[i]; i++) {

        ngx_str_null(&value);

        if (of[i] == &ngx_http_pancake_api_merchant) {
            value = plcf->merchant_id;

        } else if (of[i] == &ngx_http_pancake_api_slug) {
            value = cred->slug;

        } else if (of[i] == &ngx_http_pancake_api_environment) {
            value = cred->environment;
        }

        if (ngx_http_pancake_api_headers_push(plcf, of[i], &value) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_api_headers_uris(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf)
{
    ngx_uint_t  i;

    for (i = 0; i < plcf->nactions; i++) {

        if (ngx_http_pancake_api_headers_uri(cf, plcf, plcf->actions[i],
                                             &plcf->uris[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (plcf->beside == NULL) {
        return NGX_OK;
    }

    return ngx_http_pancake_api_headers_uri(cf, plcf, plcf->beside,
                                            &plcf->beside_uri);
}


static ngx_int_t
ngx_http_pancake_api_headers_uri(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf, const pancake_action_t *action,
    ngx_str_t *uri)
{
    u_char  *p;

    uri->len = plcf->api.len + action->path.len;
    uri->data = ngx_pnalloc(cf->pool, uri->len);

    if (uri->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(uri->data, plcf->api.data, plcf->api.len);
    ngx_memcpy(p, action->path.data, action->path.len);

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_api_headers_push(ngx_http_pancake_loc_conf_t *plcf,
    ngx_http_pancake_api_header_t *header, const ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_array_push(plcf->headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->key = header->key;
    h->lowcase_key = header->lowcase_key.data;
    h->hash = ngx_hash_key(header->lowcase_key.data, header->lowcase_key.len);
    h->value = *value;

    return NGX_OK;
}


ngx_int_t
ngx_http_pancake_api_headers(ngx_http_pancake_call_t *call, ngx_pool_t *pool,
    ngx_list_t *headers)
{
    ngx_uint_t                    n;
    ngx_table_elt_t              *h;
    ngx_http_pancake_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(call->request,
                                        ngx_http_pancake_checkout_module);
    n = plcf->headers->nelts;

    if (ngx_list_init(headers, pool, n, sizeof(ngx_table_elt_t)) != NGX_OK) {
        return NGX_ERROR;
    }

    h = headers->part.elts;
    headers->part.nelts = n;

    ngx_memcpy(h, plcf->headers->elts, n * sizeof(ngx_table_elt_t));

    h += n - 1;

    if (call->key.len) {
        h->value = call->key;

    } else {
        headers->part.nelts--;
    }

    if (plcf->credential->bearer) {
        h[-1].value = ngx_http_pancake_ctx(call->request)->bearer;

    } else if (plcf->credential->key) {
        h -= NGX_HTTP_PANCAKE_SIGNED;

        h[NGX_HTTP_PANCAKE_TIMESTAMP].value = call->sig.timestamp;
        h[NGX_HTTP_PANCAKE_SIGNATURE].value = call->sig.text;
    }

    return NGX_OK;
}


/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_check_fields.h"
#include "ngx_http_pancake_conf.h"
#include "ngx_http_pancake_voices.h"


static ngx_int_t ngx_http_pancake_check_sets(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf, ngx_array_t *own_sets);
static ngx_uint_t ngx_http_pancake_check_key_only(
    ngx_http_pancake_loc_conf_t *plcf, ngx_str_t *path);
static const pancake_field_t *ngx_http_pancake_check_settable(
    ngx_http_pancake_loc_conf_t *plcf, ngx_str_t *path);
static ngx_int_t ngx_http_pancake_check_accept(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf, ngx_uint_t own);
static ngx_int_t ngx_http_pancake_check_choices(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf);
static ngx_int_t ngx_http_pancake_check_own_site(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf);
static ngx_int_t ngx_http_pancake_check_constants(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf);
static const pancake_field_t *ngx_http_pancake_check_field(
    ngx_http_pancake_loc_conf_t *plcf, ngx_str_t *path);


ngx_int_t
ngx_http_pancake_check_fields(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf, ngx_array_t *own_sets,
    ngx_uint_t own_accept)
{
    if (ngx_http_pancake_check_sets(cf, plcf, own_sets) != NGX_OK
        || ngx_http_pancake_check_accept(cf, plcf, own_accept) != NGX_OK
        || ngx_http_pancake_check_choices(cf, plcf) != NGX_OK
        || ngx_http_pancake_check_own_site(cf, plcf) != NGX_OK
        || ngx_http_pancake_check_constants(cf, plcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_check_sets(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf, ngx_array_t *own_sets)
{
    ngx_uint_t               i;
    const pancake_field_t   *field;
    ngx_http_pancake_set_t  *set;

    if (plcf->sets == NULL) {
        return NGX_OK;
    }

    set = plcf->sets->elts;

    for (i = 0; i < plcf->sets->nelts; i++) {

        field = ngx_http_pancake_check_settable(plcf, &set[i].field);

        /* what came from an outer level may be for other locations */

        if (field == NULL) {

            if (plcf->sets != own_sets) {
                continue;
            }

            ngx_http_pancake_conf_log(NGX_LOG_EMERG, cf, &set[i].place,
                "action \"%V\" has no field \"%V\", remove its "
                "\"pancake_set\"", &plcf->actions[0]->name, &set[i].field);
            return NGX_ERROR;
        }

        if (plcf->credential->key == NULL
            && ngx_http_pancake_check_key_only(plcf, &set[i].field))
        {
            ngx_http_pancake_conf_log(NGX_LOG_EMERG, cf, &set[i].place,
                "the API ignores field \"%V\" with \"%s\", remove its "
                "\"pancake_set\" or use \"pancake_private_key\"",
                &set[i].field, plcf->credential->bearer
                               ? "pancake_bearer" : "pancake_store_slug");
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* what API keys alone may send is marked at the top of a path */

static ngx_uint_t
ngx_http_pancake_check_key_only(ngx_http_pancake_loc_conf_t *plcf,
    ngx_str_t *path)
{
    ngx_str_t               top;
    const pancake_field_t  *field;

    pancake_path_top(path, &top);

    field = ngx_http_pancake_check_settable(plcf, &top);

    return field && (field->flags & PANCAKE_FIELD_KEY_ONLY)
           && !(plcf->credential->bearer
                && (field->flags & PANCAKE_FIELD_OWN_ORDER));
}


/* that of the call beside counts for the merchant, but for no buyer */

static const pancake_field_t *
ngx_http_pancake_check_settable(ngx_http_pancake_loc_conf_t *plcf,
    ngx_str_t *path)
{
    const pancake_field_t  *field;

    field = ngx_http_pancake_check_field(plcf, path);

    if (field == NULL && plcf->beside) {
        field = pancake_field_find(plcf->beside, path);
    }

    return field;
}


/* what a buyer may set here that is somebody else's to set */

static ngx_int_t
ngx_http_pancake_check_accept(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf, ngx_uint_t own)
{
    ngx_str_t                 *path;
    ngx_uint_t                 i;
    const pancake_field_t     *field;
    ngx_http_pancake_place_t  *place;

    if (plcf->accept == NULL) {
        return NGX_OK;
    }

    path = plcf->accept->elts;
    place = plcf->accept_places->elts;

    for (i = 0; i < plcf->accept->nelts; i++) {

        field = ngx_http_pancake_check_field(plcf, &path[i]);

        if (field == NULL) {

            if (!own) {
                continue;
            }

            ngx_http_pancake_conf_log(NGX_LOG_EMERG, cf, &place[i],
                "action \"%V\" has no field \"%V\", remove it from "
                "\"pancake_accept\"", &plcf->actions[0]->name, &path[i]);
            return NGX_ERROR;
        }

        if (field->risk == NULL || place[i].line == 0
            || ((field->flags & PANCAKE_FIELD_SCALARS)
                && ngx_strlchr(path[i].data, path[i].data + path[i].len, '.'))
            || (plcf->credential->bearer
                && (field->flags & PANCAKE_FIELD_OWN_ORDER)))
        {
            continue;
        }

        ngx_http_pancake_conf_log(NGX_LOG_WARN, cf, &place[i],
            "\"pancake_accept\" lets every buyer set \"%V\": %s",
            &path[i], field->risk);

        /* once, not for every location that inherits it */

        place[i].line = 0;
    }

    return NGX_OK;
}


/* a choice that nobody can make would refuse every buyer */

static ngx_int_t
ngx_http_pancake_check_choices(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf)
{
    ngx_str_t              *path;
    ngx_uint_t              i, n;
    const pancake_field_t  *field;

    /* the shop's quote may name it */

    if (plcf->quote.len) {
        return NGX_OK;
    }

    for (i = 0; i < plcf->nactions; i++) {

        for (field = plcf->actions[i]->fields; field->name.len; field++) {

            if (field->owner != PANCAKE_OWNER_CHOICE
                || !(field->flags & PANCAKE_FIELD_REQUIRED)
                || ngx_http_pancake_check_set(plcf->sets,
                                              (ngx_str_t *) &field->name))
            {
                continue;
            }

            path = plcf->accept ? plcf->accept->elts : NULL;
            n = plcf->accept ? plcf->accept->nelts : 0;

            while (n && (path[n - 1].len != field->name.len
                         || ngx_strncmp(path[n - 1].data, field->name.data,
                                        field->name.len)
                            != 0))
            {
                n--;
            }

            if (n == 0) {
                ngx_http_pancake_conf_log(NGX_LOG_EMERG, cf, &plcf->place,
                    "action \"%V\" needs field \"%V\", add \"pancake_set %V\" "
                    "or let buyers choose with \"pancake_accept %V\"",
                    &plcf->actions[i]->name, &field->name, &field->name,
                    &field->name);
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/*
 * Where buyers may name pages of the shop, the names of its server are kept:
 * nginx's own list does not outlive the configuration phase.  A server without
 * a name takes any Host and is no site of its own.
 */

static ngx_int_t
ngx_http_pancake_check_own_site(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf)
{
    ngx_str_t                 *path, *host;
    ngx_uint_t                 i, n;
    const pancake_field_t     *field;
    ngx_http_server_name_t    *name;
    ngx_http_core_srv_conf_t  *cscf;

    path = plcf->accept ? plcf->accept->elts : NULL;
    n = plcf->accept ? plcf->accept->nelts : 0;

    for (i = 0; i < n; i++) {
        field = ngx_http_pancake_check_field(plcf, &path[i]);

        if (field && (field->flags & PANCAKE_FIELD_OWN_SITE)) {
            break;
        }
    }

    if (i == n) {
        return NGX_OK;
    }

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    name = cscf->server_names.elts;

    plcf->own_hosts = ngx_array_create(cf->pool,
                                       ngx_max(cscf->server_names.nelts, 1),
                                       sizeof(ngx_str_t));
    if (plcf->own_hosts == NULL) {
        return NGX_ERROR;
    }

    for (n = 0; n < cscf->server_names.nelts; n++) {

        if (name[n].name.len == 0) {
            continue;
        }

        host = ngx_array_push(plcf->own_hosts);
        if (host == NULL) {
            return NGX_ERROR;
        }

        *host = name[n].name;
    }

    if (plcf->own_hosts->nelts == 0) {
        ngx_http_pancake_conf_log(NGX_LOG_EMERG, cf, &plcf->place,
            "\"pancake_accept %V\" needs a \"server_name\", buyers may name "
            "pages of that host only", &path[i]);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_pancake_check_constants(ngx_conf_t *cf,
    ngx_http_pancake_loc_conf_t *plcf)
{
    ngx_int_t                rc;
    ngx_str_t                field;
    ngx_uint_t               i;
    const char              *error;
    ngx_array_t              values;
    pancake_resolve_t        rs;
    pancake_violation_t     *violation;
    ngx_http_pancake_set_t  *set;

    ngx_memzero(&rs, sizeof(pancake_resolve_t));

    rs.pool = cf->temp_pool;
    rs.nactions = plcf->nactions;
    rs.partial = 1;

    for (i = 0; i < plcf->nactions; i++) {
        rs.actions[i] = plcf->actions[i];
    }

    if (plcf->beside) {
        rs.actions[rs.nactions++] = plcf->beside;
    }

    if (ngx_http_pancake_voices_values(NULL, cf->temp_pool, plcf->sets,
                                       &values)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = ngx_http_pancake_voices_merchant(cf->temp_pool, plcf->sets, &values,
                                          &rs.merchant, &field, &error);

    if (rc == NGX_DECLINED) {
        set = ngx_http_pancake_check_set(plcf->sets, &field);

        ngx_http_pancake_conf_log(NGX_LOG_EMERG, cf,
            set ? &set->place : &plcf->place,
            "field \"%V\" in \"pancake_set\" %s", &field, error);
        return NGX_ERROR;
    }

    if (rc == NGX_OK) {
        rc = pancake_resolve(&rs);
    }

    if (rc == NGX_DECLINED) {
        violation = rs.violations.elts;
        set = ngx_http_pancake_check_set(plcf->sets, &violation->field);

        ngx_http_pancake_conf_log(NGX_LOG_EMERG, cf,
            set ? &set->place : &plcf->place,
            "field \"%V\" in \"pancake_set\" %V", &violation->field,
            &violation->message);
        return NGX_ERROR;
    }

    return rc;
}


/* the row of a field in the location's actions that can be sent, or NULL */

static const pancake_field_t *
ngx_http_pancake_check_field(ngx_http_pancake_loc_conf_t *plcf,
    ngx_str_t *path)
{
    ngx_uint_t              i;
    const pancake_field_t  *field;

    for (i = 0; i < plcf->nactions; i++) {

        field = pancake_field_find(plcf->actions[i], path);

        if (field && field->owner != PANCAKE_OWNER_NOBODY) {
            return field;
        }
    }

    return NULL;
}


ngx_http_pancake_set_t *
ngx_http_pancake_check_set(ngx_array_t *sets, ngx_str_t *path)
{
    ngx_uint_t               i;
    ngx_http_pancake_set_t  *set;

    if (sets == NULL) {
        return NULL;
    }

    set = sets->elts;

    for (i = 0; i < sets->nelts; i++) {
        if (set[i].field.len >= path->len
            && !(set[i].value.lengths == NULL && set[i].value.value.len == 0)
            && ngx_strncmp(set[i].field.data, path->data, path->len) == 0
            && (set[i].field.len == path->len
                || set[i].field.data[path->len] == '.'))
        {
            return &set[i];
        }
    }

    return NULL;
}

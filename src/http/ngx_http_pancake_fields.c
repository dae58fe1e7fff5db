
/*
 * Copyright (C) pancake checkout contributors
 */


#include "ngx_http_pancake_conf.h"
#include "ngx_http_pancake_fields.h"


static ngx_int_t ngx_http_pancake_fields_settable(ngx_conf_t *cf,
    ngx_command_t *cmd, const pancake_field_t *field);
static const pancake_field_t *ngx_http_pancake_fields_row(ngx_str_t *path);
static ngx_uint_t ngx_http_pancake_fields_listed(ngx_str_t *path);
static ngx_uint_t ngx_http_pancake_fields_capture(ngx_str_t *value);


char *
ngx_http_pancake_fields_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    ngx_str_t               *value;
    ngx_uint_t               i;
    const pancake_field_t   *field;
    ngx_http_pancake_set_t  *set;

    value = cf->args->elts;

    field = ngx_http_pancake_fields_row(&value[1]);

    if (field == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown field \"%V\" in \"%V\" directive",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_pancake_fields_settable(cf, cmd, field) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (plcf->sets == NULL) {
        plcf->sets = ngx_array_create(cf->pool, 4,
                                      sizeof(ngx_http_pancake_set_t));
        if (plcf->sets == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    set = plcf->sets->elts;

    for (i = 0; i < plcf->sets->nelts; i++) {
        if (set[i].field.len == value[1].len
            && ngx_strncmp(set[i].field.data, value[1].data, value[1].len)
               == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "field \"%V\" in \"%V\" directive is duplicate",
                               &value[1], &cmd->name);
            return NGX_CONF_ERROR;
        }
    }

    set = ngx_array_push(plcf->sets);
    if (set == NULL) {
        return NGX_CONF_ERROR;
    }

    set->field = value[1];
    ngx_http_pancake_conf_place(cf, &set->place);

    if (ngx_http_pancake_conf_compile(cf, &value[2], &set->value)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* whether a merchant may give this field this value at all */

static ngx_int_t
ngx_http_pancake_fields_settable(ngx_conf_t *cf, ngx_command_t *cmd,
    const pancake_field_t *field)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (field->owner == PANCAKE_OWNER_EDGE
        || field->owner == PANCAKE_OWNER_NOBODY)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "field \"%V\" cannot be set by \"%V\" directive, "
                           "it %s", &value[1], &cmd->name,
                           field->owner == PANCAKE_OWNER_EDGE
                               ? field->risk : field->hint);
        return NGX_ERROR;
    }

    if (ngx_http_pancake_fields_listed(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "field \"%V\" in \"%V\" directive is a list of "
                           "objects, which only a quote or an accepted "
                           "request can give", &value[1], &cmd->name);
        return NGX_ERROR;
    }

    if (field->kind == PANCAKE_KIND_OBJECT
        || (field->kind == PANCAKE_KIND_MAP && field->members)
        || (field->kind == PANCAKE_KIND_MAP
            && ngx_strlchr(value[1].data, value[1].data + value[1].len, '.')
               == NULL))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "field \"%V\" in \"%V\" directive is an object, "
                           "set its members one by one as \"%V.NAME\"",
                           &value[1], &cmd->name, &value[1]);
        return NGX_ERROR;
    }

    if (ngx_http_pancake_fields_capture(&value[2])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "value \"%V\" of field \"%V\" in \"%V\" directive "
                           "has a numbered capture, write amounts without "
                           "\"$\" and captures with a name",
                           &value[2], &value[1], &cmd->name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


char *
ngx_http_pancake_fields_accept(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_pancake_loc_conf_t *plcf = conf;

    ngx_str_t                 *value, *path;
    ngx_uint_t                 i;
    const pancake_field_t     *field;
    ngx_http_pancake_place_t  *place;

    value = cf->args->elts;

    if (plcf->accept == NULL) {
        plcf->accept = ngx_array_create(cf->pool, 4, sizeof(ngx_str_t));
        plcf->accept_places = ngx_array_create(cf->pool, 4,
                                          sizeof(ngx_http_pancake_place_t));

        if (plcf->accept == NULL || plcf->accept_places == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    for (i = 1; i < cf->args->nelts; i++) {

        field = ngx_http_pancake_fields_row(&value[i]);

        if (field == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown field \"%V\" in \"%V\" directive",
                               &value[i], &cmd->name);
            return NGX_CONF_ERROR;
        }

        if (field->owner == PANCAKE_OWNER_EDGE
            || field->owner == PANCAKE_OWNER_NOBODY)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "field \"%V\" in \"%V\" directive cannot be "
                               "taken from a buyer, it %s", &value[i],
                               &cmd->name,
                               field->owner == PANCAKE_OWNER_EDGE
                                   ? field->risk : field->hint);
            return NGX_CONF_ERROR;
        }

        path = ngx_array_push(plcf->accept);
        place = ngx_array_push(plcf->accept_places);

        if (path == NULL || place == NULL) {
            return NGX_CONF_ERROR;
        }

        *path = value[i];
        ngx_http_pancake_conf_place(cf, place);
    }

    return NGX_CONF_OK;
}


/*
 * The row of a path that somebody may set, from any action: a directive at
 * http level does not know yet which actions it will serve.
 */

static const pancake_field_t *
ngx_http_pancake_fields_row(ngx_str_t *path)
{
    const pancake_field_t   *field, *found;
    const pancake_action_t  *action;

    found = NULL;

    for (action = pancake_actions; action->name.len; action++) {

        field = pancake_field_find(action, path);

        if (field && (found == NULL || found->owner == PANCAKE_OWNER_NOBODY))
        {
            found = field;
        }
    }

    return found;
}


/* a list of objects, or something in one */

static ngx_uint_t
ngx_http_pancake_fields_listed(ngx_str_t *path)
{
    ngx_str_t               top;
    const pancake_field_t  *field;

    pancake_path_top(path, &top);

    field = ngx_http_pancake_fields_row(&top);

    return field && field->kind == PANCAKE_KIND_LIST && field->members;
}


/* "$29.00" is the second capture and "9.00", and nobody means that */

static ngx_uint_t
ngx_http_pancake_fields_capture(ngx_str_t *value)
{
    size_t  i;

    for (i = 0; i + 1 < value->len; i++) {
        if (value->data[i] == '$' && value->data[i + 1] >= '1'
            && value->data[i + 1] <= '9')
        {
            return 1;
        }
    }

    return 0;
}

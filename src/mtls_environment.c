/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_request.h"
#include "apr_lib.h"
#include "apr_strings.h"

#include "mtls_dn.h"
#include "mtls_environment.h"
#include "mtls_request.h"
#include "mtls_vary.h"

#define PREFIX "MTLS_"
#define FEW 64

static const char *add_variable(mtls_generation_t *generation, const char *name)
{
    const mtls_field_t *field;
    const char *error = mtls_fieldset_add(generation->fields, name, &field);

    if (!error)
        APR_ARRAY_PUSH(generation->variables, const mtls_field_t *) = field;
    return error;
}

const char *mtls_environment_add(mtls_generation_t *generation, const char *name)
{
    return generation->variables ? add_variable(generation, name) : NULL;
}

/* Every field with a name of its own, and of the families the attributes that have one; whole
 * certificates are for headers. */
const char *mtls_environment_prepare(mtls_generation_t *generation)
{
    const char *error = NULL;
    int i, k;

    if (generation->variables)
        return NULL;
    generation->variables = apr_array_make(generation->pool, 64, sizeof(mtls_field_t *));
    for (i = 0; !error && i < MTLS_FIELD_COUNT; i++) {
        const mtls_field_row_t *row = &mtls_fields[i];

        if (row->type == MTLS_T_DER)
            continue;
        if (!(row->flags & MTLS_FIELD_FAMILY))
            error = add_variable(generation, row->name);
        for (k = 0; !error && k < mtls_attribute_names_len
                    && (row->id == MTLS_F_SUBJECT_ATTR || row->id == MTLS_F_ISSUER_ATTR); k++)
            error = add_variable(generation, apr_pstrcat(generation->pool, row->name,
                                                         mtls_attribute_names[k].suffix, NULL));
    }
    return error;
}

/* MTLS_REASON is set by whoever denies, not here. */
static int is_reserved(const mtls_field_t *field)
{
    return field->row->id == MTLS_F_REASON;
}

static char *variable_name(apr_pool_t *p, const char *field)
{
    char *name = apr_pstrcat(p, PREFIX, field, NULL), *c;

    for (c = name; *c; c++)
        *c = apr_isalnum(*c) ? (char)apr_toupper(*c) : '_';
    return name;
}

static void keep_variable(request_rec *r, apr_table_t *several, const char *name, const char *text)
{
    mtls_request_t *request = mtls_request_of(r);

    if (!request->variables)
        request->variables = apr_array_make(r->pool, 64, sizeof(const char *));
    APR_ARRAY_PUSH(request->variables, const char *) = name;
    if (several)
        apr_table_addn(several, name, text);
    else
        apr_table_setn(r->subprocess_env, name, text);
}

static int add_to(void *table, const char *name, const char *value)
{
    apr_table_addn(table, name, value);
    return 1;
}

static void set_variable(request_rec *r, const mtls_field_t *field, mtls_values_t values)
{
    mtls_type_id_t type = (mtls_type_id_t)(field->type - mtls_types);
    const mtls_format_t *format = mtls_format_default(type);
    const char *name = variable_name(r->pool, field->name);
    /* A table looks through all of its names for each that is set: a certificate may have tens of thousands. */
    apr_table_t *several = values.n > FEW ? apr_table_make(r->pool, values.n) : NULL;
    int i;

    if (r->main && field->row->id == MTLS_F_USER)     /* the main request's may be another */
        apr_table_unset(r->subprocess_env, name);
    for (i = 0; i < values.n; i++) {
        const char *text = format->encode(r->pool, type, &values.v[i], 1);

        if (text)
            keep_variable(r, several, values.n > 1 ? apr_psprintf(r->pool, "%s_%d", name, i + 1) : name, text);
    }
    if (several) {
        mtls_request_unset(r, several);
        apr_table_do(add_to, r->subprocess_env, several, NULL);
    }
}

static int is_wanted(request_rec *r)
{
    const mtls_generation_t *generation = mtls_generation();

    return generation && generation->variables && mtls_dir_of(r)->env == 1 && !mtls_request_refused(r);
}

static int set_variables(request_rec *r)
{
    const mtls_generation_t *generation = mtls_generation();
    const mtls_view_t *view;
    int i;

    if (!is_wanted(r))
        return DECLINED;
    view = mtls_request_view(r);
    for (i = 0; i < generation->variables->nelts; i++) {
        const mtls_field_t *field = APR_ARRAY_IDX(generation->variables, i, const mtls_field_t *);
        mtls_value_t scratch;

        if (is_reserved(field) || (view->standing != MTLS_GRANTED && field->row->id != MTLS_F_VERIFY))
            continue;
        set_variable(r, field, mtls_view_get(r->pool, view, field, &scratch));
    }
    mtls_vary_told(r);
    mtls_request_of(r)->variables_for = r->per_dir_config;
    return OK;
}

/* Again where an index file has brought a section of its own. */
static int set_variables_again(request_rec *r)
{
    const mtls_request_t *request = mtls_request_known(r);

    return request && request->variables_for == r->per_dir_config ? DECLINED : set_variables(r);
}

void mtls_environment_register(void)
{
    static const char *const before[] = { "mod_rewrite.c", "mod_headers.c", NULL };
    static const char *const after[] = { "mod_dir.c", NULL };

    if (!mtls_generation()->variables)
        return;
    ap_hook_fixups(set_variables, NULL, before, APR_HOOK_FIRST - 1);     /* behind MTLSUser */
    ap_hook_fixups(set_variables_again, after, NULL, APR_HOOK_LAST + 1);
}

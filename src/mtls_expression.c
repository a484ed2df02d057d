/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "ap_expr.h"
#include "apr_strings.h"

#include "mtls_expression.h"
#include "mtls_request.h"
#include "mtls_vary.h"

#define FUNCTION "mtls"

/* No page that answers a refused request is told whose it was. In conditions, too, he is somebody without a certificate
 * there: what is true of him then is true of every stranger. A text that answers him tells him of himself. */
static int may_be_told(request_rec *r, const mtls_field_t *field)
{
    int answers = r->prev || r->main;

    return !answers || !mtls_request_refused(r) || field->row->id == MTLS_F_VERIFY || field->row->id == MTLS_F_REASON;
}

/* A certificate that is not to be believed has no values here; live status fields have. */
static mtls_values_t values_of(request_rec *r, const mtls_field_t *field, mtls_value_t *scratch)
{
    const mtls_view_t *view = mtls_request_view(r);
    unsigned needed = MTLS_FIELD_EXPORT | MTLS_FIELD_LIVE;

    if (!may_be_told(r, field) || (view->standing != MTLS_GRANTED && (field->row->flags & needed) != needed))
        return (mtls_values_t){ MTLS_ABSENT, 0, NULL };
    return mtls_view_get(r->pool, view, field, scratch);
}

static apr_array_header_t *evaluate_list(ap_expr_eval_ctx_t *ctx, const void *data, const char *arg)
{
    const mtls_field_t *field = data;
    mtls_type_id_t type = (mtls_type_id_t)(field->type - mtls_types);
    apr_array_header_t *list = apr_array_make(ctx->p, 4, sizeof(const char *));
    mtls_value_t scratch;
    mtls_values_t values;
    int i;

    (void)arg;
    if (!ctx->r)
        return list;
    mtls_vary_told(ctx->r);
    values = values_of(ctx->r, field, &scratch);
    for (i = 0; i < values.n; i++) {
        const char *text = mtls_format_default(type)->encode(ctx->p, type, &values.v[i], 1);

        if (text)
            APR_ARRAY_PUSH(list, const char *) = text;
    }
    return list;
}

static const char *evaluate_text(ap_expr_eval_ctx_t *ctx, const void *data, const char *arg)
{
    apr_array_header_t *list = evaluate_list(ctx, data, arg);
    int i;

    /* Joined by commas, where that can be told apart again; never one of several. */
    for (i = 0; list->nelts > 1 && i < list->nelts; i++) {
        if (strchr(APR_ARRAY_IDX(list, i, const char *), ','))
            return "";
    }
    return apr_array_pstrcat(ctx->p, list, ',');
}

static const char *refuse(ap_expr_lookup_parms *parms)
{
    const mtls_field_t *field;
    mtls_generation_t *generation = mtls_generation();
    const char *error;

    if (!parms->arg || !*parms->arg)
        return "mtls() takes the name of a field, as a constant: mtls('subject.cn')";
    if (!generation || generation->closed)
        return "mtls() is for the server's configuration, not for .htaccess or pages";
    error = mtls_fieldset_add(generation->fields, parms->arg, &field);
    if (error)
        return apr_pstrcat(parms->pool, "mtls(): ", error, NULL);
    generation->used = 1;
    *parms->data = field;
    return NULL;
}

static int lookup(ap_expr_lookup_parms *parms)
{
    const char *error;

    if ((parms->type != AP_EXPR_FUNC_STRING && parms->type != AP_EXPR_FUNC_LIST) || strcasecmp(parms->name, FUNCTION))
        return DECLINED;
    error = refuse(parms);
    if (error) {
        *parms->err = error;
        return !OK;
    }
    if (parms->type == AP_EXPR_FUNC_LIST)
        *parms->func = (const void *)evaluate_list;
    else
        *parms->func = (const void *)evaluate_text;
    return OK;
}

void mtls_expression_register(void)
{
    ap_hook_expr_lookup(lookup, NULL, NULL, APR_HOOK_MIDDLE);
}

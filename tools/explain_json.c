/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* For programs: nothing is cut, and octets that are no clean text are given in hexadecimal only. */
#include <string.h>
#include <apr_strings.h>
#include "explain.h"

/* A string member; text that JSON cannot carry is escaped as in the tables. */
static void set_text(apr_pool_t *p, json_t *object, const char *name, const char *text)
{
    mtls_str_t octets = mtls_str(text);

    json_object_set_new(object, name, json_string(mtls_text_clean(octets) ? text : mtls_text_escape(p, octets)));
}

static void set_hex(apr_pool_t *p, json_t *object, mtls_str_t octets)
{
    json_object_set_new(object, "hex", json_string(mtls_text_hex(p, octets, 0, 0)));
}

static int is_number(const mtls_type_t *type)
{
    return type == &mtls_types[MTLS_T_NUMBER] || type == &mtls_types[MTLS_T_TIME]
        || type == &mtls_types[MTLS_T_DURATION];
}

/* Text is what rules compare; the default format where the value is not text itself. */
static const char *text_of(apr_pool_t *p, const mtls_field_t *field, const mtls_value_t *value)
{
    if (field->type == &mtls_types[MTLS_T_DER])
        return NULL;
    if (strcmp(field->type->format, "text") || field->type == &mtls_types[MTLS_T_IP])
        return explain_value(p, field, value);
    return mtls_text_clean(value->text) ? mtls_str_copy(p, value->text).ptr : NULL;
}

static json_t *value_of(apr_pool_t *p, const mtls_field_t *field, const mtls_value_t *value)
{
    json_t *object = json_object();
    const char *text = text_of(p, field, value);

    if (text)
        set_text(p, object, "text", text);
    if (is_number(field->type))
        json_object_set_new(object, "number", json_integer(value->number));
    else
        set_hex(p, object, value->text);
    return object;
}

static json_t *malformed_values(const explain_t *explain, const mtls_field_t *field)
{
    apr_array_header_t *raw = explain_raw(explain->pool, explain->leaf, field);
    json_t *values = json_array();
    int i;

    for (i = 0; i < raw->nelts; i++) {
        json_t *object = json_object();

        set_hex(explain->pool, object, APR_ARRAY_IDX(raw, i, mtls_str_t));
        json_array_append_new(values, object);
    }
    return values;
}

static json_t *field_of(const explain_t *explain, const mtls_field_t *field)
{
    mtls_value_t scratch;
    mtls_values_t found = mtls_view_get(explain->pool, &explain->view, field, &scratch);
    json_t *object = json_object(), *values;
    int i;

    values = found.known == MTLS_UNREADABLE ? malformed_values(explain, field) : json_array();
    for (i = 0; i < found.n; i++)
        json_array_append_new(values, value_of(explain->pool, field, &found.v[i]));
    set_text(explain->pool, object, "type", field->type->name);
    set_text(explain->pool, object, "known", explain_known(found.known));
    json_object_set_new(object, "values", values);
    return object;
}

static json_t *fields_of(const explain_t *explain)
{
    json_t *fields = json_object();
    int slot;

    for (slot = 0; slot < explain->shown; slot++) {
        const mtls_field_t *field = mtls_fieldset_at(explain->set, slot);

        json_object_set_new(fields, field->name, field_of(explain, field));
    }
    return fields;
}

static json_t *reason_of(const explain_t *explain, mtls_reason_t reason)
{
    json_t *object = json_object();

    set_text(explain->pool, object, "reason", mtls_reason_slug(reason));
    set_text(explain->pool, object, "text", mtls_reason_text(reason));
    return object;
}

static json_t *rules_of(const explain_t *explain)
{
    json_t *rules = json_array();
    int i;

    for (i = 0; i < explain->rules->nelts; i++) {
        const explain_rule_t *rule = &APR_ARRAY_IDX(explain->rules, i, explain_rule_t);
        mtls_answer_t answer = mtls_rule_ask(explain->pool, rule->rule, &explain->view);
        json_t *object = reason_of(explain, answer.reason);

        set_text(explain->pool, object, "rule", rule->text);
        set_text(explain->pool, object, "answer", explain_truth(answer.truth));
        json_object_set_new(object, "limited", json_boolean(answer.limited));
        json_array_append_new(rules, object);
    }
    return rules;
}

static json_t *headers_of(const explain_t *explain)
{
    json_t *headers = json_array();
    int i;

    for (i = 0; i < explain->headers->nelts; i++) {
        const mtls_header_t *header = APR_ARRAY_IDX(explain->headers, i, const mtls_header_t *);
        const char *value;
        mtls_reason_t reason = mtls_header_render(explain->pool, header, &explain->view, &value);
        json_t *object = reason_of(explain, reason);

        set_text(explain->pool, object, "profile", mtls_header_profile(header));
        set_text(explain->pool, object, "name", mtls_header_name(header));
        json_object_set_new(object, "value", value ? json_string(value) : json_null());
        json_array_append_new(headers, object);
    }
    return headers;
}

static json_t *require_of(const explain_t *explain)
{
    apr_array_header_t *lines = explain_require(explain);
    json_t *array = json_array();
    int i;

    for (i = 0; i < lines->nelts; i++)
        json_array_append_new(array, json_string(APR_ARRAY_IDX(lines, i, const char *)));
    return array;
}

json_t *explain_json(const explain_t *explain)
{
    json_t *object = json_object();

    if (!object)
        return NULL;
    set_text(explain->pool, object, "file", explain->file);
    set_text(explain->pool, object, "verified", "assumed");
    set_text(explain->pool, object, "at", explain_time(explain->pool, explain->view.now));
    json_object_set_new(object, "standing", reason_of(explain, explain->view.standing));
    set_text(explain->pool, object, "explanation", explain_standing(explain));
    json_object_set_new(object, "fields", fields_of(explain));
    json_object_set_new(object, "require", require_of(explain));
    if (explain->rules->nelts)
        json_object_set_new(object, "rules", rules_of(explain));
    if (explain->headers->nelts)
        json_object_set_new(object, "headers", headers_of(explain));
    return object;
}

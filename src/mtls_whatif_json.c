/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_protocol.h"
#include "apr_strings.h"

#include <stdlib.h>
#include <jansson.h>

#include "mtls_whatif_page.h"

static json_t *text_of(apr_pool_t *p, const char *text)
{
    if (!text)
        return json_null();
    return json_string(mtls_text_clean(mtls_str(text)) ? text : mtls_text_escape(p, mtls_str(text)));
}

static json_t *certificate_of(apr_pool_t *p, const mtls_whatif_t *what)
{
    json_t *object = json_object();
    int i;

    for (i = 0; i < MTLS_TRAIT_COUNT; i++)
        json_object_set_new(object, what->traits[i].label, text_of(p, what->traits[i].text));
    return object;
}

static json_t *rules_of(apr_pool_t *p, const mtls_whatif_t *what)
{
    json_t *rules = json_array();
    int i;

    for (i = 0; i < what->rules->nelts; i++) {
        const mtls_whatif_rule_t *one = &APR_ARRAY_IDX(what->rules, i, mtls_whatif_rule_t);
        mtls_tried_t tried = { one->line, one->answer };
        json_t *rule = json_object();

        json_object_set_new(rule, "line", text_of(p, apr_psprintf(p, "%s:%d", one->line->place.file,
                                                                  one->line->place.line)));
        json_object_set_new(rule, "rule", text_of(p, apr_pstrcat(p, "Require ", one->line->negated ? "not " : "",
                                                                 one->line->text, NULL)));
        json_object_set_new(rule, "result", json_string(mtls_describe_answer(&tried)));
        json_object_set_new(rule, "asked", json_boolean(one->asked));
        json_array_append_new(rules, rule);
    }
    return rules;
}

static json_t *headers_of(apr_pool_t *p, const mtls_whatif_t *what)
{
    const apr_array_header_t *array = apr_table_elts(what->headers);
    const apr_table_entry_t *entries = (const apr_table_entry_t *)array->elts;
    json_t *headers = json_array();
    int i;

    for (i = 0; i < array->nelts; i++) {
        json_t *header = json_object();

        json_object_set_new(header, "name", text_of(p, entries[i].key));
        json_object_set_new(header, "value", text_of(p, entries[i].val));
        json_array_append_new(headers, header);
    }
    return headers;
}

static json_t *answer_of(apr_pool_t *p, const mtls_whatif_t *what)
{
    json_t *object = json_object();

    json_object_set_new(object, "url", text_of(p, what->url));
    json_object_set_new(object, "method", text_of(p, what->method));
    json_object_set_new(object, "sent_on", text_of(p, what->sent_on));
    json_object_set_new(object, "certificate", certificate_of(p, what));
    json_object_set_new(object, "verified", json_boolean(!what->trouble));
    json_object_set_new(object, "trouble", text_of(p, what->trouble));
    json_object_set_new(object, "note", text_of(p, what->note));
    json_object_set_new(object, "standing", json_string(mtls_reason_slug(what->standing)));
    json_object_set_new(object, "outcome", json_string(mtls_whatif_outcome(what)));
    json_object_set_new(object, "status", json_integer(what->status));
    json_object_set_new(object, "reason", what->reason == MTLS_GRANTED ? json_null()
                                                                       : json_string(mtls_reason_slug(what->reason)));
    json_object_set_new(object, "detail", text_of(p, what->detail));
    json_object_set_new(object, "user", text_of(p, what->user));
    json_object_set_new(object, "rules", rules_of(p, what));
    json_object_set_new(object, "headers", headers_of(p, what));
    return object;
}

static json_t *trouble_of(apr_pool_t *p, const char *trouble)
{
    json_t *object = json_object();

    json_object_set_new(object, "error", text_of(p, trouble ? trouble : "cert and url are needed"));
    return object;
}

void mtls_whatif_json(request_rec *r, const mtls_whatif_view_t *view)
{
    json_t *json = view->what ? answer_of(r->pool, view->what) : trouble_of(r->pool, view->trouble);
    char *text = json_dumps(json, JSON_INDENT(2) | JSON_ENSURE_ASCII);

    ap_set_content_type(r, "application/json");
    if (text)
        ap_rvputs(r, text, "\n", NULL);
    free(text);
    json_decref(json);
}

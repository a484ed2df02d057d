/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* For people: tables and sentences. Everything from the certificate is escaped. */
#include <string.h>
#include <apr_strings.h>
#include "explain.h"
#include "mtls_dn.h"

#define NAME_WIDTH 28
/* Longer values are cut with their length behind them: a screen is no archive. --json is. */
#define MOST_SHOWN 400

static const char *escape(apr_pool_t *p, const char *text)
{
    return mtls_text_escape(p, mtls_str(text));
}

const char *explain_value(apr_pool_t *p, const mtls_field_t *field, const mtls_value_t *value)
{
    mtls_type_id_t type = (mtls_type_id_t)(field->type - mtls_types);

    return mtls_format_default(type)->encode(p, type, value, 1);
}

const char *explain_known(mtls_known_t known)
{
    static const char *const words[] = { "absent", "present", "malformed", "unavailable" };

    return words[known];
}

const char *explain_truth(mtls_truth_t truth)
{
    static const char *const words[] = { "false", "true", "unknown" };

    return words[truth];
}

const char *explain_time(apr_pool_t *p, apr_int64_t seconds)
{
    mtls_value_t value = mtls_value_number(p, seconds);
    const char *text = mtls_format_find("rfc3339")->encode(p, MTLS_T_TIME, &value, 1);

    return text ? text : value.text.ptr;
}

/* ---- fields ---- */

static const char *shorten(apr_pool_t *p, const char *text)
{
    apr_size_t len = strlen(text);

    if (len <= MOST_SHOWN)
        return text;
    return apr_psprintf(p, "%.*s... (%" APR_SIZE_T_FMT " characters)", MOST_SHOWN, text, len);
}

static const char *print_value(apr_pool_t *p, const mtls_field_t *field, const mtls_value_t *value)
{
    const char *text;

    if (field->type == &mtls_types[MTLS_T_DER])
        return apr_psprintf(p, "(%" APR_SIZE_T_FMT " octets of DER)", value->text.len);
    text = explain_value(p, field, value);
    if (text)
        return shorten(p, text);
    return value->text.len ? shorten(p, apr_psprintf(p, "\"%s\"", mtls_text_escape(p, value->text))) : "(empty)";
}

static void print_line(FILE *out, const char *name, const char *text)
{
    fprintf(out, "  %-*s %s\n", NAME_WIDTH, name, text);
}

/* What nobody can read as alternative names is the same for all fields that are read from them. */
static int is_repeated(const explain_t *explain, const mtls_field_t *field, const apr_array_header_t *raw)
{
    const apr_array_header_t *before;
    int i;

    if (!field->slot || !raw->nelts)
        return 0;
    before = explain_raw(explain->pool, explain->leaf, mtls_fieldset_at(explain->set, field->slot - 1));
    if (before->nelts != raw->nelts)
        return 0;
    for (i = 0; i < raw->nelts; i++) {
        if (!mtls_str_eq(APR_ARRAY_IDX(before, i, mtls_str_t), APR_ARRAY_IDX(raw, i, mtls_str_t)))
            return 0;
    }
    return 1;
}

static void print_malformed(const explain_t *explain, const mtls_field_t *field, FILE *out)
{
    apr_array_header_t *raw = explain_raw(explain->pool, explain->leaf, field);
    int i;

    if (!raw->nelts || is_repeated(explain, field, raw)) {
        print_line(out, field->name, "malformed");
        return;
    }
    for (i = 0; i < raw->nelts; i++) {
        const char *text = mtls_text_escape(explain->pool, APR_ARRAY_IDX(raw, i, mtls_str_t));

        print_line(out, i ? "" : field->name,
                   apr_psprintf(explain->pool, "malformed: \"%s\"", shorten(explain->pool, text)));
    }
}

static void print_field(const explain_t *explain, const mtls_field_t *field, FILE *out)
{
    mtls_value_t scratch;
    mtls_values_t values = mtls_view_get(explain->pool, &explain->view, field, &scratch);
    int i;

    if (values.known == MTLS_UNREADABLE)
        print_malformed(explain, field, out);
    for (i = 0; i < values.n; i++)
        print_line(out, i ? "" : field->name, print_value(explain->pool, field, &values.v[i]));
}

static void print_fields(const explain_t *explain, FILE *out)
{
    int slot;

    for (slot = 0; slot < explain->shown; slot++)
        print_field(explain, mtls_fieldset_at(explain->set, slot), out);
}

static void print_standing(const explain_t *explain, FILE *out)
{
    mtls_reason_t standing = explain->view.standing;

    if (standing != MTLS_GRANTED)
        fprintf(out, "It is refused by itself, whatever the rules say: %s (%s).\n", mtls_reason_slug(standing),
                mtls_reason_text(standing));
    fprintf(out, "%s\n", explain_standing(explain));
}

static void print_require(const explain_t *explain, FILE *out)
{
    apr_array_header_t *lines = explain_require(explain);
    int i;

    if (!lines->nelts) {
        fputs("No Require mtls line lets it in.\n", out);
        return;
    }
    fputs("Each of these lets it in; take the one that says what you mean:\n\n", out);
    for (i = 0; i < lines->nelts; i++)
        fprintf(out, "%s\n", APR_ARRAY_IDX(lines, i, const char *));
}

/* ---- rules and headers ---- */

/* The user's own words, unless they would disturb the terminal. */
static const char *as_given(apr_pool_t *p, const char *text)
{
    return mtls_text_clean(mtls_str(text)) ? text : escape(p, text);
}

/* What a server may know and this program does not. */
static const char *why_unknown(mtls_reason_t reason)
{
    if (reason == MTLS_CHAIN_UNAVAILABLE)
        return "; here, because --chain was not given";
    if (reason == MTLS_LIST_UNAVAILABLE)
        return "; here, because lists are the server's: mtls-list find says what a certificate finds in one";
    return "";
}

static void print_rules(const explain_t *explain, FILE *out)
{
    int i;

    for (i = 0; i < explain->rules->nelts; i++) {
        const explain_rule_t *rule = &APR_ARRAY_IDX(explain->rules, i, explain_rule_t);
        mtls_answer_t answer = mtls_rule_ask(explain->pool, rule->rule, &explain->view);

        fprintf(out, "%-7s  %s\n         reason: %s (%s%s%s)\n", explain_truth(answer.truth),
                as_given(explain->pool, rule->text), mtls_reason_slug(answer.reason), mtls_reason_text(answer.reason),
                answer.limited ? "; the regular expression ran into its limit" : "",
                why_unknown(answer.reason));
    }
}

static void print_headers(const explain_t *explain, FILE *out)
{
    int i;

    for (i = 0; i < explain->headers->nelts; i++) {
        const mtls_header_t *header = APR_ARRAY_IDX(explain->headers, i, const mtls_header_t *);
        const char *value;
        mtls_reason_t reason = mtls_header_render(explain->pool, header, &explain->view, &value);

        if (reason != MTLS_GRANTED)
            fprintf(out, "# %s: the request is denied, reason: %s (%s)\n", mtls_header_name(header),
                    mtls_reason_slug(reason), mtls_reason_text(reason));
        else if (!value)
            fprintf(out, "# %s is not sent: there is nothing that it could carry\n", mtls_header_name(header));
        else
            fprintf(out, "%s: %s\n", mtls_header_name(header), value);
    }
}

void explain_print(const explain_t *explain, FILE *out)
{
    fprintf(out, "%s: taken as verified (that is the server's question), judged at %s\n\n",
            escape(explain->pool, explain->file), explain_time(explain->pool, explain->view.now));
    if (!explain->rules->nelts && !explain->headers->nelts) {
        print_fields(explain, out);
        fputc('\n', out);
        print_standing(explain, out);
        fputc('\n', out);
        print_require(explain, out);
    }
    print_rules(explain, out);
    if (explain->rules->nelts && explain->headers->nelts)
        fputc('\n', out);
    print_headers(explain, out);
}

/* ---- the registry ---- */

static const char *list_operators(apr_pool_t *p, unsigned ops)
{
    const char *list = "";
    int i;

    for (i = 0; i < mtls_operators_len; i++) {
        if (ops & mtls_operators[i].bit)
            list = apr_pstrcat(p, list, *list ? " " : "", mtls_operators[i].name, NULL);
    }
    return list;
}

/* What mtls-explain needs to know a field, or why it cannot. */
static const char *where_from(unsigned flags)
{
    if (flags & MTLS_FIELD_CHAIN)
        return "; needs --chain here";
    return flags & MTLS_FIELD_TLS ? "; known to the server only" : "";
}

static void print_registry_line(apr_pool_t *p, FILE *out, const char *name, const mtls_type_t *type, unsigned flags,
                                const char *doc)
{
    fprintf(out, "%-32s %-20s %-38s %-5s %s%s\n", name, type->name,
            flags & MTLS_FIELD_EXPORT ? "(export only)" : list_operators(p, type->ops),
            flags & MTLS_FIELD_MANY ? "many" : "one", doc, where_from(flags));
}

void explain_print_fields(apr_pool_t *p, FILE *out)
{
    int i, member;

    fprintf(out, "%-32s %-20s %-38s %-5s %s\n", "FIELD", "TYPE", "OPERATORS", "HAS", "MEANING");
    for (i = 0; i < MTLS_FIELD_COUNT; i++) {
        const mtls_field_row_t *row = &mtls_fields[i];
        int named = row->id == MTLS_F_SUBJECT_ATTR || row->id == MTLS_F_ISSUER_ATTR;

        for (member = 0; named && member < mtls_attribute_names_len; member++) {
            const mtls_attribute_name_t *attribute = &mtls_attribute_names[member];

            print_registry_line(p, out, apr_pstrcat(p, row->name, attribute->suffix, NULL),
                                &mtls_types[attribute->type], row->flags, attribute->doc);
        }
        print_registry_line(p, out, apr_pstrcat(p, row->name, mtls_field_members(row), NULL), &mtls_types[row->type], row->flags, row->doc);
    }
}

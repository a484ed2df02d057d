/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* mtls-doc TABLE: one table of the reference documentation, in Markdown, from the registries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <apr_general.h>
#include <apr_strings.h>
#include "mtls_dn.h"
#include "mtls_header.h"
#include "mtls_match.h"
#include "mtls_pem.h"

/* Text inside a cell: '|' would end it, '<' begin HTML, '*' and '_' emphasis. */
static const char *cell(apr_pool_t *p, const char *text)
{
    char *out = apr_palloc(p, 2 * strlen(text) + 1), *to = out;

    for (; *text; text++) {
        if (strchr("|<*_\\", *text))
            *to++ = '\\';
        *to++ = *text;
    }
    *to = '\0';
    return out;
}

/* Inside `code` only '|' is special. */
static const char *code(apr_pool_t *p, const char *text)
{
    char *out = apr_palloc(p, 2 * strlen(text) + 3), *to = out;

    if (!*text)
        return "";
    *to++ = '`';
    for (; *text; text++) {
        if (*text == '|')
            *to++ = '\\';
        *to++ = *text;
    }
    *to++ = '`';
    *to = '\0';
    return out;
}

/* ---- rules ---- */

static const char *operators_of(apr_pool_t *p, unsigned ops)
{
    const char *list = "";
    int i;

    for (i = 0; i < mtls_operators_len; i++) {
        if (ops & mtls_operators[i].bit)
            list = apr_pstrcat(p, list, *list ? " " : "", code(p, mtls_operators[i].name), NULL);
    }
    return list;
}

/* A host without paths: whoever asks it for one would have read a file. */
static const char *no_path(apr_pool_t *p, const char *name)
{
    (void)p, (void)name;
    return NULL;
}

/* True if the field's operand can be taken from a file: the refusal is the path's then, not the type's. */
static int takes_files(apr_pool_t *p, const mtls_field_row_t *row)
{
    static const mtls_host_t host = { NULL, NULL, no_path };
    apr_array_header_t *values = apr_array_make(p, 1, sizeof(mtls_value_t));
    const mtls_field_t *field;
    const char *error;

    if (row->flags & (MTLS_FIELD_FAMILY | MTLS_FIELD_EXPORT)
        || mtls_fieldset_add(mtls_fieldset_make(p), row->name, &field))
        return 0;
    error = mtls_pem_operand(p, &host, field, "pem:x", values);
    return error && strstr(error, "path") != NULL;
}

static int has_named_members(const mtls_field_row_t *row)
{
    return row->id == MTLS_F_SUBJECT_ATTR || row->id == MTLS_F_ISSUER_ATTR;
}

static const char *written_name(apr_pool_t *p, const mtls_field_row_t *row)
{
    return apr_pstrcat(p, row->name, has_named_members(row) ? "NAME" : mtls_field_members(row), NULL);
}

static void print_fields(apr_pool_t *p)
{
    int i;

    puts("| field | meaning | type | values | operators | from a file | example |\n|---|---|---|---|---|---|---|");
    for (i = 0; i < MTLS_FIELD_COUNT; i++) {
        const mtls_field_row_t *row = &mtls_fields[i];
        int exported = row->flags & MTLS_FIELD_EXPORT;

        printf("| %s | %s%s | %s | %s | %s | %s | %s |\n",
               code(p, written_name(p, row)), cell(p, row->doc),
               row->flags & MTLS_FIELD_LIVE ? "; can differ from request to request" : "",
               mtls_types[row->type].name, row->flags & MTLS_FIELD_MANY ? "many" : "one",
               exported ? "export only" : operators_of(p, mtls_types[row->type].ops),
               takes_files(p, row) ? "`pem:PATH`" : "",
               code(p, apr_pstrcat(p, exported ? "MTLSHeader " : "Require mtls ", row->example, NULL)));
    }
}

static void print_attributes(apr_pool_t *p)
{
    int i;

    puts("| member | meaning | in a name | OID | type |\n|---|---|---|---|---|");
    for (i = 0; i < mtls_attribute_names_len; i++) {
        const mtls_attribute_name_t *row = &mtls_attribute_names[i];

        printf("| %s | %s | %s | %s | %s |\n", code(p, apr_pstrcat(p, ".", row->suffix, NULL)), cell(p, row->doc),
               code(p, row->label), code(p, row->dotted), mtls_types[row->type].name);
    }
}

static void print_types(apr_pool_t *p)
{
    int i;

    puts("| type | meaning | operators | `*` of `like` stops at | default format | written as |\n"
         "|---|---|---|---|---|---|");
    for (i = 0; i < MTLS_TYPE_COUNT; i++) {
        const mtls_type_t *row = &mtls_types[i];
        char separator[2] = { row->separator, '\0' };

        printf("| %s | %s | %s | %s | %s | %s |\n", row->name, cell(p, row->doc),
               *row->example ? operators_of(p, row->ops) : "", code(p, separator), code(p, row->format),
               code(p, row->example));
    }
}

static void print_operators(apr_pool_t *p)
{
    int i;

    puts("| operator | meaning |\n|---|---|");
    for (i = 0; i < mtls_operators_len; i++)
        printf("| %s | %s |\n", code(p, mtls_operators[i].name), cell(p, mtls_operators[i].doc));
}

/* ---- headers ---- */

static const char *types_of(apr_pool_t *p, unsigned long types)
{
    const char *list = "";
    int i;

    for (i = 0; i < MTLS_TYPE_COUNT; i++) {
        if (types & 1ul << i)
            list = apr_pstrcat(p, list, *list ? ", " : "", mtls_types[i].name, NULL);
    }
    return list;
}

static void print_formats_with(apr_pool_t *p, unsigned internal)
{
    int i;

    puts("| format | the value becomes | several values | of types |\n|---|---|---|---|");
    for (i = 0; i < mtls_formats_len; i++) {
        const mtls_format_t *row = &mtls_formats[i];

        if ((row->flags & MTLS_FORMAT_INTERNAL) == internal)
            printf("| %s | %s | %s | %s |\n", code(p, row->name), cell(p, row->doc),
                   row->flags & MTLS_FORMAT_LIST ? "joined by the format" : "joined by commas",
                   types_of(p, row->types));
    }
}

static void print_formats(apr_pool_t *p)
{
    print_formats_with(p, 0);
}

static void print_profile_formats(apr_pool_t *p)
{
    print_formats_with(p, MTLS_FORMAT_INTERNAL);
}

static void print_profiles(apr_pool_t *p)
{
    int i;

    puts("| profile | read by | what it sends | options where none are written |\n|---|---|---|---|");
    for (i = 0; i < mtls_profiles_len; i++) {
        const mtls_profile_t *row = &mtls_profiles[i];

        printf("| %s | %s | %s | %s |\n", code(p, row->name), cell(p, row->products), cell(p, row->doc),
               row->defaults ? code(p, row->defaults) : "");
    }
}

/* What stands in a header's place, in the words of its row. */
static const char *content_of(apr_pool_t *p, const mtls_profile_part_t *part)
{
    const char *text;

    if (!part->fields)
        return "never sent, removed from requests only";
    if (*part->fields == '=')
        return apr_psprintf(p, "the text %s", code(p, part->fields + 1));
    text = apr_psprintf(p, "%s as %s", code(p, part->fields), code(p, part->format));
    if (part->label)
        text = apr_psprintf(p, "%s %s", code(p, apr_pstrcat(p, part->label, "=", NULL)), text);
    if (part->flags >> 8)
        text = apr_psprintf(p, "%s, certificate %u of it", text, part->flags >> 8);
    if (part->flags & MTLS_PART_SINGLE)
        text = apr_pstrcat(p, text, ", one value only", NULL);
    return text;
}

static const char *condition_of(apr_pool_t *p, const mtls_profile_part_t *part)
{
    if (part->flags & MTLS_PART_NAMED)
        return "the option is another name for it";
    return part->option ? apr_psprintf(p, "with %s", code(p, part->option)) : "";
}

static void print_profile_headers(apr_pool_t *p)
{
    int i;

    puts("| profile | header | holds | when |\n|---|---|---|---|");
    for (i = 0; i < mtls_profile_parts_len; i++) {
        const mtls_profile_part_t *part = &mtls_profile_parts[i];

        printf("| %s | %s | %s | %s |\n", code(p, part->profile), code(p, part->header), content_of(p, part),
               condition_of(p, part));
    }
}

/* ---- reasons ---- */

static void print_reasons(apr_pool_t *p)
{
    int i;

    puts("| reason | the client sees | what happened | likely cause | what to check | cure | in the error log |\n"
         "|---|---|---|---|---|---|---|");
    for (i = 0; i < MTLS_REASON_COUNT; i++) {
        mtls_reason_t reason = (mtls_reason_t)i;
        const char *slug = mtls_reason_slug(reason), *text = mtls_reason_text(reason);

        printf("| %s | %d | %s | %s | %s | %s | %s |\n", code(p, slug), mtls_reason_status(reason), cell(p, text),
               cell(p, mtls_reason_cause(reason)), cell(p, mtls_reason_check(reason)),
               cell(p, mtls_reason_cure(reason)),
               reason == MTLS_GRANTED ? "nothing"
               : code(p, apr_psprintf(p, "access denied, reason: %s (%s); GET /orders/", slug, text)));
    }
}

/* ---- metrics ---- */

static void print_metrics(apr_pool_t *p)
{
    static const struct { const char *name, *type, *labels, *help; } metrics[] = {
#define MTLS_METRIC(id, name, type, labels, title, help) { name, type, labels, help },
#include "tbl/metrics.h"
    };
    apr_size_t i;

    puts("| metric | type | labels | meaning |\n|---|---|---|---|");
    for (i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
        printf("| %s | %s | %s | %s |\n", code(p, metrics[i].name), metrics[i].type, code(p, metrics[i].labels),
               cell(p, metrics[i].help));
}

static const struct {
    const char *name;
    void (*print)(apr_pool_t *p);
} tables[] = {
    { "fields", print_fields },
    { "attributes", print_attributes },
    { "types", print_types },
    { "operators", print_operators },
    { "formats", print_formats },
    { "profile-formats", print_profile_formats },
    { "profiles", print_profiles },
    { "profile-headers", print_profile_headers },
    { "reasons", print_reasons },
    { "metrics", print_metrics }
};

int main(int argc, const char *const *argv)
{
    apr_pool_t *p;
    size_t i;

    if (apr_app_initialize(&argc, &argv, NULL) != APR_SUCCESS)
        return 2;
    atexit(apr_terminate);
    apr_pool_create(&p, NULL);
    for (i = 0; argc == 2 && i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (strcmp(tables[i].name, argv[1]))
            continue;
        tables[i].print(p);
        return fflush(stdout) || ferror(stdout) ? 2 : 0;
    }
    fputs("mtls-doc: the table is missing or unknown; known are", stderr);
    for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        fprintf(stderr, " %s", tables[i].name);
    fputc('\n', stderr);
    return 2;
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Rules as they are written on the command line, and lines for the server's configuration that a certificate satisfies. */
#include <string.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include "explain.h"
#include "mtls_dn.h"
#include "mtls_words.h"

/* ---- lines ---- */

const char *explain_rule_line(apr_pool_t *p, const char *line)
{
    const char *behind;

    while (apr_isspace(*line))
        line++;
    behind = line;
    if (strcasecmp(mtls_words_next(p, &behind), "Require") || strcasecmp(mtls_words_next(p, &behind), "mtls"))
        return line;
    return behind;
}

/* Characters that are not seen, or turn the order of what is: nobody can tell what such a line says. In UTF-8,
 * the last octet from first to last. */
static const struct {
    const char *begin;
    unsigned char first, last;
} unseen[] = {
    { "\xc2", 0x80, 0x9f }, { "\xc2", 0xad, 0xad }, { "\xd8", 0x9c, 0x9c }, { "\xe2\x80", 0x8b, 0x8f },
    { "\xe2\x80", 0xa8, 0xae }, { "\xe2\x81", 0xa0, 0xaf }, { "\xef\xbb", 0xbf, 0xbf }, { "\xf3\xa0", 0x80, 0xbf }
};

static int has_unseen(const char *word)
{
    size_t i;

    for (i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++) {
        const char *at = word;

        while ((at = strstr(at, unseen[i].begin)) != NULL) {
            at += strlen(unseen[i].begin);
            if ((unsigned char)*at >= unseen[i].first && (unsigned char)*at <= unseen[i].last)
                return 1;
        }
    }
    return 0;
}

/* A word so that httpd reads it back unchanged; NULL if that is not possible: httpd replaces ${...}. */
static const char *quote_word(apr_pool_t *p, const char *word)
{
    char *quoted, *to;

    if (strstr(word, "${") || has_unseen(word))
        return NULL;
    if (*word && !strpbrk(word, " \t\"'\\<>#") && !mtls_words_meant(word, 0))
        return word;
    to = quoted = apr_palloc(p, 2 * strlen(word) + 3);
    *to++ = '"';
    for (; *word; word++) {
        if (*word == '"' || *word == '\\')
            *to++ = '\\';
        *to++ = *word;
    }
    *to++ = '"';
    *to = '\0';
    return quoted;
}

/* ---- what to propose ---- */

/* More values of one field than this are no help to anybody. */
#define MOST_VALUES 5

/** A way to name this certificate: each of the fields must have the value it has. */
static const struct {
    const char *fields;      /* joined by blanks */
    const char *comment;
} proposals[] = {
    { "spiffe", "this workload" },
    { "san.uri", "whoever has this URI" },
    { "san.dns", "whoever has this DNS name" },
    { "san.email", "whoever has this mail address" },
    { "san.upn", "whoever has this user principal name" },
    { "san.ip", "whoever has this IP address" },
    { "san.dirname", "whoever has this directory name" },
    { "san.rid", "whoever has this registered identifier" },
    { "issuer subject", "this subject, as this issuer names it" },
    { "issuer subject.cn", "this common name, from this issuer" },
    { "issuer subject.uid", "this user identifier, from this issuer" },
    { "issuer subject.ou", "members of this organizational unit, from this issuer" },
    { "issuer serial", "this certificate and no other, by issuer and serial number" },
    { "sha256", "this certificate and no other, until it is renewed" },
    { "spki.sha256", "this key, in this certificate and in its renewals with the same key" },
    { "ca.spki.sha256", "whoever this CA, by its key, vouches for" },
    { "policy", "whoever was issued a certificate under this policy" },
    { "eku", "whoever was issued a certificate for this purpose" }
};

/* Values as a rule writes them. Formats of headers percent-encode text; rules take it as it is. */
static const char *operand(apr_pool_t *p, const mtls_field_t *field, const mtls_value_t *value)
{
    const char *text;

    if (strcmp(field->type->format, "text") || field->type == &mtls_types[MTLS_T_IP])
        text = explain_value(p, field, value);
    else if (value->text.len && mtls_text_clean(value->text))
        text = mtls_str_copy(p, value->text).ptr;
    else
        text = NULL;
    return text ? quote_word(p, text) : NULL;
}

/* A word that would be taken for an operator, and those that the start warns of without one. */
static int is_odd(apr_pool_t *p, const char *word, const mtls_value_t *value)
{
    int i;

    for (i = 0; i < mtls_operators_len; i++) {
        if (!strcasecmp(mtls_operators[i].name, word))
            return 1;
    }
    return value->dn ? mtls_dn_turned(p, value->dn) != NULL : strchr(word, '*') != NULL;
}

/* The proof of a line: it is read back and asked. */
static int holds(const explain_t *explain, const char *line)
{
    const mtls_rule_t *rule;

    if (mtls_rule_read(explain->pool, explain->set, &explain_host, explain_rule_line(explain->pool, line), &rule))
        return 0;
    return mtls_rule_ask(explain->pool, rule, &explain->view).truth == MTLS_TRUE;
}

/* "Require mtls FIELD VALUE" for one value, or NULL. */
static const char *require_line(const explain_t *explain, const mtls_field_t *field, const mtls_value_t *value)
{
    const char *word = operand(explain->pool, field, value), *line;

    if (!word)
        return NULL;
    line = apr_pstrcat(explain->pool, "Require mtls ", field->name, is_odd(explain->pool, word, value) ? " is " : " ", word, NULL);
    return holds(explain, line) ? line : NULL;
}

static const mtls_field_t *shown_field(const explain_t *explain, const char *name)
{
    int slot;

    for (slot = 0; slot < explain->shown; slot++) {
        const mtls_field_t *field = mtls_fieldset_at(explain->set, slot);

        if (!strcmp(field->name, name))
            return field;
    }
    return NULL;
}

/* The lines for the values of a field; *more is how many were left out. */
static apr_array_header_t *field_lines(const explain_t *explain, const char *name, int *more)
{
    apr_array_header_t *lines = apr_array_make(explain->pool, MOST_VALUES, sizeof(const char *));
    const mtls_field_t *field = shown_field(explain, name);
    mtls_values_t values;
    mtls_value_t scratch;
    int i;

    *more = 0;
    if (!field)
        return lines;
    values = mtls_view_get(explain->pool, &explain->view, field, &scratch);
    for (i = 0; i < values.n; i++) {
        const char *line = i < MOST_VALUES ? require_line(explain, field, &values.v[i]) : NULL;

        if (line)
            APR_ARRAY_PUSH(lines, const char *) = line;
        *more += i >= MOST_VALUES;
    }
    return lines;
}

static void add(apr_array_header_t *to, const char *line)
{
    APR_ARRAY_PUSH(to, const char *) = line;
}

/* A proposal of one field: a line for each value, alternatives. */
static void propose_single(const explain_t *explain, const char *name, const char *comment, apr_array_header_t *to)
{
    int more, i;
    apr_array_header_t *lines = field_lines(explain, name, &more);

    if (!lines->nelts)
        return;
    add(to, apr_psprintf(explain->pool, "# %s%s", comment, lines->nelts > 1 ? "; each line alone" : ""));
    for (i = 0; i < lines->nelts; i++)
        add(to, APR_ARRAY_IDX(lines, i, const char *));
    if (more)
        add(to, apr_psprintf(explain->pool, "# %d more values of %s are not shown", more, name));
}

/* Two fields: the first has one value, and it must hold together with one of the second. */
static void propose_pair(const explain_t *explain, const char *first, const char *second, const char *comment,
                         apr_array_header_t *to)
{
    int more, i;
    apr_array_header_t *outer = field_lines(explain, first, &more);
    apr_array_header_t *inner = field_lines(explain, second, &more);

    for (i = 0; outer->nelts && i < inner->nelts; i++) {
        add(to, apr_psprintf(explain->pool, "# %s", comment));
        add(to, "<RequireAll>");
        add(to, apr_psprintf(explain->pool, "    %s", APR_ARRAY_IDX(outer, 0, const char *)));
        add(to, apr_psprintf(explain->pool, "    %s", APR_ARRAY_IDX(inner, i, const char *)));
        add(to, "</RequireAll>");
    }
}

apr_array_header_t *explain_require(const explain_t *explain)
{
    apr_array_header_t *to = apr_array_make(explain->pool, 32, sizeof(const char *));
    apr_size_t i;

    if (explain->view.standing != MTLS_GRANTED)
        return to;
    for (i = 0; i < sizeof(proposals) / sizeof(proposals[0]); i++) {
        const char *second = strchr(proposals[i].fields, ' ');

        if (second)
            propose_pair(explain, apr_pstrmemdup(explain->pool, proposals[i].fields,
                                                 (apr_size_t)(second - proposals[i].fields)),
                         second + 1, proposals[i].comment, to);
        else
            propose_single(explain, proposals[i].fields, proposals[i].comment, to);
    }
    return to;
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* List files and kill lists: one entry a line. */
#include <string.h>
#include <apr_strings.h>

#include "mtls_dn.h"
#include "mtls_list_read.h"
#include "mtls_match.h"

#define LINE_MAX_OCTETS 8192
#define WORDS_MAX (MTLS_INDEX_LABELS_MAX + 1)      /* the key and its labels */
#define GLOB_PREFIX "like:"
#define CLAIM "# entries:"
#define CLAIM_MOST 100000000
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

/** One line, taken apart. */
typedef struct line_t {
    apr_pool_t *p;
    apr_uint32_t number;
    int n;
    char *words[WORDS_MAX];
    int quoted[WORDS_MAX];           /* the word began with a quote: it is no comment and no label */
} line_t;

/* ---- words ---- */

/* Up to the blank behind a word, without its quotes; within them a backslash stands before a quote or a backslash. */
static const char *take_word(char **at, char **word)
{
    char *from = *at, *to = *at;
    int within = 0;

    *word = *at;
    for (; *from && (within || *from != ' '); from++) {
        if (*from == '"')
            within = !within;
        else if (within && *from == '\\' && (from[1] == '"' || from[1] == '\\'))
            *to++ = *++from;
        else
            *to++ = *from;
    }
    *at = *from ? from + 1 : from;
    *to = '\0';
    return within ? "has a quote that is not closed" : NULL;
}

static const char *split(line_t *line, char *text)
{
    const char *error = NULL;

    while (!error) {
        while (*text == ' ')
            text++;
        if (!*text || *text == '#')
            return NULL;
        if (line->n == WORDS_MAX)
            return apr_psprintf(line->p, "has more than %d labels", MTLS_INDEX_LABELS_MAX);
        line->quoted[line->n] = *text == '"';
        error = take_word(&text, &line->words[line->n]);
        line->n++;
    }
    return error;
}

/* ---- entries ---- */

static const char *quote(const line_t *line, const char *word)
{
    return mtls_text_escape(line->p, mtls_str(word));
}

static const char *refuse_word(const line_t *line, const char *word, const char *why)
{
    return apr_psprintf(line->p, "'%s' %s", quote(line, word), why);
}

static const char *read_glob(const line_t *line, const mtls_type_t *type, const char *word, mtls_entry_t *entry)
{
    const char *glob = word + sizeof(GLOB_PREFIX) - 1, *error = mtls_glob_refused(glob);

    if (error)
        return refuse_word(line, word, error);
    if (!(type->ops & MTLS_OP_LIKE))
        return refuse_word(line, word, apr_psprintf(line->p, "is a pattern, which a field of type %s does not take",
                                                    type->name));
    entry->mode = MTLS_ENTRY_GLOB;
    entry->key = mtls_str(glob);
    return NULL;
}

static const char *read_network(const line_t *line, const mtls_value_t *value, mtls_entry_t *entry)
{
    char *room = apr_palloc(line->p, MTLS_NETWORK_KEY_MAX);

    entry->mode = MTLS_ENTRY_NETWORK;
    entry->key = mtls_ip_network_key(room, value->key, value->number);
    return NULL;
}

static int is_glob(const line_t *line, int i)
{
    return !line->quoted[i] && !strncmp(line->words[i], GLOB_PREFIX, sizeof(GLOB_PREFIX) - 1);
}

/* The key as the field's type reads it. */
static const char *read_key(const line_t *line, const mtls_field_t *field, int i, mtls_entry_t *entry)
{
    const char *word = line->words[i], *error;
    mtls_value_t value;

    if (is_glob(line, i))
        return read_glob(line, field->type, word, entry);
    error = field->type->parse(line->p, word, &value);
    if (error)
        return refuse_word(line, word, error);
    entry->mode = MTLS_ENTRY_KEY;
    entry->key = value.key;
    return field->type == &mtls_types[MTLS_T_IP] ? read_network(line, &value, entry) : NULL;
}

static const char *add_label(mtls_loading_t *loading, const line_t *line, const char *word, mtls_entry_t *entry)
{
    const char *equals = strchr(word, '='), *error;
    mtls_entry_label_t *label = &entry->labels[entry->n];
    mtls_str_t name;
    int i;

    if (!equals)
        return refuse_word(line, word, "is no label: NAME=VALUE is meant behind the key (a key with blanks needs quotes)");
    name = mtls_str_lower(line->p, (mtls_str_t){ word, (apr_size_t)(equals - word) });
    error = mtls_field_name_refused(name);
    if (error)
        return refuse_word(line, name.ptr, error);
    label->value = mtls_str(equals + 1);
    if (!label->value.len)
        return refuse_word(line, word, "has no value: leave the label out, or write one behind the '='");
    label->name = mtls_index_label(loading->maker, name);
    if (label->name < 0)
        return refuse_word(line, name.ptr, apr_psprintf(line->p, "is one label too many: a list has at most %d different "
                                                        "ones", MTLS_INDEX_LABELS_MAX));
    for (i = 0; i < entry->n; i++) {
        if (entry->labels[i].name == label->name)
            return refuse_word(line, name.ptr, "stands twice on this line");
    }
    entry->n++;
    return NULL;
}

/* KEY [NAME=VALUE...] */
static const char *read_listed(mtls_loading_t *loading, const line_t *line, mtls_entry_t *entry)
{
    const char *error = read_key(line, loading->columns[0].field, 0, entry);
    int i;

    for (i = 1; !error && i < line->n; i++)
        error = add_label(loading, line, line->words[i], entry);
    return error;
}

static const char *list_columns(const mtls_loading_t *loading, apr_pool_t *p)
{
    const char *list = "";
    int i;

    for (i = 0; i < loading->n; i++)
        list = apr_pstrcat(p, list, *list ? ", " : "", loading->columns[i].field->name, NULL);
    return list;
}

static const char *read_issuer(const mtls_key_column_t *column, const line_t *line, mtls_entry_t *entry)
{
    mtls_value_t issuer = mtls_value_text(mtls_str(""));
    const char *error;

    if (line->n != 4 || strcasecmp(line->words[2], column->issuer->name))
        return "needs the issuer: serial HEX issuer \"DN\" (another CA may have issued the same serial number)";
    error = column->issuer->type->parse(line->p, line->words[3], &issuer);
    if (error)
        return refuse_word(line, line->words[3], error);
    issuer.key = mtls_dn_folded_key(line->p, issuer.dn);
    entry->key = mtls_column_key(line->p, entry->key, &issuer.key);
    return NULL;
}

/* FIELD VALUE, or serial HEX issuer "DN" */
static const char *read_killed(mtls_loading_t *loading, const line_t *line, mtls_entry_t *entry)
{
    const mtls_key_column_t *column;
    const char *error;

    for (entry->kind = 0; entry->kind < loading->n; entry->kind++) {
        if (!strcasecmp(loading->columns[entry->kind].field->name, line->words[0]))
            break;
    }
    if (entry->kind == loading->n)
        return refuse_word(line, line->words[0], apr_psprintf(line->p, "is no field of a kill list: FIELD VALUE is "
                                                              "meant, with one of %s", list_columns(loading, line->p)));
    column = &loading->columns[entry->kind];
    if (line->n < 2)
        return refuse_word(line, line->words[0], "needs a value behind it");
    if (is_glob(line, 1))
        return refuse_word(line, line->words[1], "is a pattern, and a kill list has none: write the whole value (in quotes "
                           "if it begins so)");
    error = read_key(line, column->field, 1, entry);
    if (!error && column->issuer)
        return read_issuer(column, line, entry);
    if (!error && line->n > 2)
        return refuse_word(line, line->words[2], "is one word too many: FIELD VALUE is meant");
    return error;
}

/* Tabs are blanks; no other control character is anything. */
static char *copy_text(apr_pool_t *p, mtls_str_t text)
{
    char *copy = apr_pstrmemdup(p, text.ptr, text.len);
    apr_size_t i;

    for (i = 0; i < text.len; i++) {
        if (copy[i] == '\t')
            copy[i] = ' ';
    }
    return mtls_text_clean((mtls_str_t){ copy, text.len }) ? copy : NULL;
}

static const char *read_line(mtls_loading_t *loading, line_t *line, mtls_str_t text)
{
    mtls_entry_t entry;
    const char *error;
    char *words;

    if (text.len > LINE_MAX_OCTETS)
        return apr_psprintf(line->p, "is longer than %d octets", LINE_MAX_OCTETS);
    words = copy_text(line->p, text);
    if (!words)
        return "is not UTF-8 text, or has a control character in it; save the file as UTF-8";
    error = split(line, words);
    if (error || !line->n)
        return error;
    entry.kind = entry.n = 0;
    entry.line = line->number;
    error = loading->n > 1 ? read_killed(loading, line, &entry) : read_listed(loading, line, &entry);
    return error ? error : mtls_index_add(loading->maker, line->p, &entry);
}

/* ---- the file ---- */

static const char *locate(mtls_loading_t *loading, const line_t *line, const char *error)
{
    return apr_psprintf(loading->pool, "%s:%u: %s", loading->file, line->number, error);
}

/* "# entries: N" says how many there are: who writes it can be sure that half of a file is never taken for all of it. */
static apr_int64_t read_claim(mtls_str_t text, apr_int64_t before)
{
    apr_int64_t n = 0;
    apr_size_t i = sizeof(CLAIM) - 1;

    if (text.len <= i || memcmp(text.ptr, CLAIM, i))
        return before;
    while (i < text.len && text.ptr[i] == ' ')
        i++;
    if (i == text.len)
        return before;
    for (; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || n > CLAIM_MOST)
            return before;                     /* a comment like any other */
        n = n * 10 + text.ptr[i] - '0';
    }
    return n;
}

static const char *check_claim(const mtls_loading_t *loading, apr_int64_t claimed, apr_int64_t found)
{
    if (claimed < 0 || claimed == found)
        return NULL;
    return apr_psprintf(loading->pool, "%s: says '# entries: %d', and has %d: it is cut off, or the number is an old one",
                        loading->file, (int)claimed, (int)found);
}

const char *mtls_list_read_lines(mtls_loading_t *loading, mtls_str_t octets)
{
    line_t line = { .p = loading->line_pool };
    apr_int64_t claimed = -1, found = 0;

    if (octets.len >= sizeof(BYTE_ORDER_MARK) - 1 && !memcmp(octets.ptr, BYTE_ORDER_MARK, sizeof(BYTE_ORDER_MARK) - 1))
        octets = (mtls_str_t){ octets.ptr + sizeof(BYTE_ORDER_MARK) - 1, octets.len - (sizeof(BYTE_ORDER_MARK) - 1) };
    while (octets.len) {
        const char *end = memchr(octets.ptr, '\n', octets.len), *error;
        mtls_str_t text = { octets.ptr, end ? (apr_size_t)(end - octets.ptr) : octets.len };

        line.number++;
        line.n = 0;
        if (!end)
            return locate(loading, &line, "the last line has no end, so the file may be cut off; end it with a newline");
        octets = (mtls_str_t){ end + 1, octets.len - text.len - 1 };
        if (text.len && text.ptr[text.len - 1] == '\r')
            text.len--;
        if (!text.len)
            continue;
        loading->said = 1;
        claimed = read_claim(text, claimed);
        error = read_line(loading, &line, text);
        if (error)
            return locate(loading, &line, error);
        found += line.n > 0;
        if (line.number % 256 == 0)
            apr_pool_clear(loading->line_pool);
    }
    return check_claim(loading, claimed, found);
}

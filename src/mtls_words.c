/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <string.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "mtls_text.h"
#include "mtls_words.h"

static char quote_at(const char *at)
{
    return *at == '"' || *at == '\'' ? *at : '\0';
}

/* Behind the last character of a word that begins at at: at its quote, at a blank, or at the line's end. */
static const char *find_end(const char *at, char quote)
{
    for (; *at && (quote ? *at != quote : !apr_isspace(*at)); at++) {
        if (quote && *at == '\\' && (at[1] == '\\' || at[1] == quote))
            at++;
    }
    return at;
}

/* What stands between at and end, without the backslashes that protect a quote or a backslash. */
static const char *unescape(apr_pool_t *p, const char *at, const char *end, char quote)
{
    char *word = apr_palloc(p, (apr_size_t)(end - at) + 1), *to = word;

    for (; at < end; at++) {
        if (*at == '\\' && at + 1 < end && (at[1] == '\\' || (quote && at[1] == quote)))
            at++;
        *to++ = *at;
    }
    *to = '\0';
    return word;
}

static const char *skip_blanks(const char *at)
{
    while (apr_isspace(*at))
        at++;
    return at;
}

const char *mtls_words_next(apr_pool_t *p, const char **line)
{
    const char *begin = skip_blanks(*line), *end, *word;
    char quote = quote_at(begin);

    begin += quote != '\0';
    end = find_end(begin, quote);
    word = unescape(p, begin, end, quote);
    *line = skip_blanks(end + (quote && *end == quote));
    return word;
}

/** A word that is no value. */
typedef struct other_t {
    const char *word, *meaning;
} other_t;

static const other_t conjunctions[] = {
    { "and", "lines hold together within <RequireAll>" },
    { "&&", "lines hold together within <RequireAll>" },
    { "or", "values side by side are alternatives without it" },
    { "||", "values side by side are alternatives without it" },
    { NULL, NULL }
};

/* With a word behind them, where an operator has been before. "in" and "is" are countries. */
static const other_t operators[] = {
    { "not", "a line is negated as a whole, by Require not mtls" },
    { "!", "a line is negated as a whole, by Require not mtls" },
    { "!=", "a line is negated as a whole, by Require not mtls" },
    { "=", "one operator stands behind the field" },
    { "==", "one operator stands behind the field" },
    { "like", "one operator stands behind the field" },
    { "matches", "one operator stands behind the field" },
    { NULL, NULL }
};

static const char *find_meaning(const other_t *others, const char *word)
{
    for (; others->word; others++) {
        if (!strcasecmp(word, others->word))
            return others->meaning;
    }
    return NULL;
}

const char *mtls_words_meant(const char *word, int operates)
{
    apr_size_t len = strlen(word);
    const char *meaning;

    if (*word == '#')
        return "there are no comments behind a line";
    if (len && (*word == ',' || word[len - 1] == ','))
        return "values are parted by blanks, without commas";
    meaning = find_meaning(conjunctions, word);
    return meaning || !operates ? meaning : find_meaning(operators, word);
}

static const char *escape(apr_pool_t *p, const char *word)
{
    return mtls_text_escape(p, mtls_str(word));
}

const char *mtls_words_refused(apr_pool_t *p, const char *line)
{
    int place;

    for (line = skip_blanks(line), place = 0; *line; place++) {
        char quote = quote_at(line);
        int is_open = quote && !*find_end(line + 1, quote);
        const char *word = mtls_words_next(p, &line);
        const char *meaning = quote || !place ? NULL : mtls_words_meant(word, place > 1 && *line);

        if (is_open)
            return apr_psprintf(p, "the quote before '%s' is never closed", escape(p, word));
        if (meaning)
            return apr_psprintf(p, "'%s' would be read as a value: %s; put it in quotes if it is meant as a value",
                                escape(p, word), meaning);
    }
    return NULL;
}

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

static const struct {
    const char *word, *meaning;
} conjunctions[] = {
    { "and", "lines hold together within <RequireAll>" },
    { "&&", "lines hold together within <RequireAll>" },
    { "or", "values side by side are alternatives without it" },
    { "||", "values side by side are alternatives without it" }
};

const char *mtls_words_meant(const char *word)
{
    apr_size_t i, len = strlen(word);

    if (*word == '#')
        return "there are no comments behind a line";
    if (len && (*word == ',' || word[len - 1] == ','))
        return "values are parted by blanks, without commas";
    for (i = 0; i < sizeof(conjunctions) / sizeof(conjunctions[0]); i++) {
        if (!strcasecmp(word, conjunctions[i].word))
            return conjunctions[i].meaning;
    }
    return NULL;
}

static const char *escape(apr_pool_t *p, const char *word)
{
    return mtls_text_escape(p, mtls_str(word));
}

const char *mtls_words_refused(apr_pool_t *p, const char *line)
{
    const char *field = NULL;

    for (line = skip_blanks(line); *line; field = field ? field : "") {
        char quote = quote_at(line);
        int is_open = quote && !*find_end(line + 1, quote);
        const char *word = mtls_words_next(p, &line), *meaning = quote || !field ? NULL : mtls_words_meant(word);

        if (is_open)
            return apr_psprintf(p, "the quote before '%s' is never closed", escape(p, word));
        if (meaning)
            return apr_psprintf(p, "'%s' would be read as a value: %s; put it in quotes if it is meant as a value",
                                escape(p, word), meaning);
    }
    return NULL;
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "mtls_header.h"

#include <string.h>
#include <apr_strings.h>

#include "mtls_parts.h"

const mtls_profile_t mtls_profiles[] = {
#define MTLS_PROFILE(name, defaults, products, doc) { name, defaults, products, doc },
#include "tbl/profiles.h"
};
const int mtls_profiles_len = sizeof(mtls_profiles) / sizeof(mtls_profiles[0]);

const mtls_profile_part_t mtls_profile_parts[] = {
#define MTLS_PART(profile, header, label, fields, format, option, flags) \
    { profile, header, label, fields, format, option, flags },
#include "tbl/profiles.h"
};
const int mtls_profile_parts_len = sizeof(mtls_profile_parts) / sizeof(mtls_profile_parts[0]);

static const mtls_profile_t *find_profile(const char *word, apr_size_t *len)
{
    int i;

    *len = strcspn(word, ":");
    for (i = 0; i < mtls_profiles_len; i++) {
        if (strlen(mtls_profiles[i].name) == *len && !strncmp(mtls_profiles[i].name, word, *len))
            return &mtls_profiles[i];
    }
    return NULL;
}

int mtls_profile_known(const char *word, apr_size_t *len)
{
    return find_profile(word, len) != NULL;
}

static int row_of(const mtls_profile_part_t *row, const mtls_profile_t *profile)
{
    return !strcmp(row->profile, profile->name);
}

/* True if a list of words joined by commas has this one. */
static int listed(const char *list, const char *word)
{
    apr_size_t len = strlen(word), part;

    for (; list && *list; list += part + (list[part] == ',')) {
        part = strcspn(list, ",");
        if (part == len && !strncmp(list, word, len))
            return 1;
    }
    return 0;
}

/* The options that a profile's rows know, in their order. NULL if there are none. */
static const char *known_options(apr_pool_t *p, const mtls_profile_t *profile)
{
    const char *options = NULL;
    int i;

    for (i = 0; i < mtls_profile_parts_len; i++) {
        const mtls_profile_part_t *row = &mtls_profile_parts[i];

        if (row_of(row, profile) && row->option && !listed(options, row->option))
            options = options ? apr_pstrcat(p, options, ",", row->option, NULL) : row->option;
    }
    return options;
}

static const char *spaced(apr_pool_t *p, const char *list)
{
    apr_array_header_t *words = apr_array_make(p, 8, sizeof(const char *));
    char *state = NULL, *word = apr_strtok(apr_pstrdup(p, list), ",", &state);

    for (; word; word = apr_strtok(NULL, ",", &state))
        APR_ARRAY_PUSH(words, const char *) = apr_pstrcat(p, words->nelts ? " " : "", word, NULL);
    return apr_array_pstrcat(p, words, ',');
}

static const char *unknown_profile(apr_pool_t *p, const char *word, apr_size_t len)
{
    const char *list = "";
    mtls_str_t name = { word, len };
    int i;

    for (i = 0; i < mtls_profiles_len; i++)
        list = apr_pstrcat(p, list, i ? ", " : "", mtls_profiles[i].name, NULL);
    return apr_psprintf(p, "unknown profile '%s'; known are %s", mtls_text_escape(p, name), list);
}

/* Every word must be an option, none may stand twice. */
static const char *check_options(apr_pool_t *p, const mtls_profile_t *profile, const char *options)
{
    const char *known = known_options(p, profile), *seen = NULL;

    if (!known)
        return apr_psprintf(p, "profile '%s' takes no options", profile->name);
    for (;;) {
        apr_size_t len = strcspn(options, ",");
        const char *word = apr_pstrmemdup(p, options, len);

        if (!len)
            return apr_psprintf(p, "profile '%s': an option is missing beside a comma, where no blank is allowed; it takes "
                                "%s", profile->name, spaced(p, known));
        if (!listed(known, word))
            return apr_psprintf(p, "profile '%s' has no option '%s'; it takes %s", profile->name,
                                mtls_text_escape(p, mtls_str(word)), spaced(p, known));
        if (listed(seen, word))
            return apr_psprintf(p, "profile '%s' has option '%s' twice", profile->name, word);
        seen = seen ? apr_pstrcat(p, seen, ",", word, NULL) : word;
        if (!options[len])
            return NULL;
        options += len + 1;
    }
}

/* The row whose header an option renames, or NULL. */
static const mtls_profile_part_t *named_row(const mtls_profile_t *profile)
{
    int i;

    for (i = 0; i < mtls_profile_parts_len; i++) {
        if (row_of(&mtls_profile_parts[i], profile) && (mtls_profile_parts[i].flags & MTLS_PART_NAMED))
            return &mtls_profile_parts[i];
    }
    return NULL;
}

static const char *check_name(apr_pool_t *p, const mtls_profile_t *profile, const char *name)
{
    const char *why = mtls_header_name_refused(p, name);

    if (!why)
        return NULL;
    return apr_psprintf(p, "profile '%s' cannot use the header name '%s': %s", profile->name,
                        mtls_text_escape(p, mtls_str(name)), why);
}

/* The parts of one header that the options ask for; rows first to last have its name. */
static const char *compile_header(mtls_headerset_t *set, int first, int last, const char *options, const char *name,
                                  apr_array_header_t *headers)
{
    apr_array_header_t *parts = apr_array_make(set->p, 8, sizeof(mtls_part_t));
    const char *profile = mtls_profile_parts[first].profile;
    const mtls_header_t *header;
    int i;

    for (i = first; i <= last; i++) {
        const mtls_profile_part_t *row = &mtls_profile_parts[i];
        mtls_part_t part = { row->label, NULL, NULL, row->flags & ~(unsigned)MTLS_PART_NAMED, 0, NULL };
        const char *error = NULL;

        if (!row->fields || (row->option && !listed(options, row->option)))
            continue;
        if (*row->fields == '=')
            part.literal = row->fields + 1;
        else
            error = mtls_part_compile(set, row->fields, row->format, &part);
        if (error)
            return error;
        APR_ARRAY_PUSH(parts, mtls_part_t) = part;
    }
    if (parts->nelts) {
        header = mtls_headerset_intern(set, name, profile, (const mtls_part_t *)parts->elts, parts->nelts);
        APR_ARRAY_PUSH(headers, const mtls_header_t *) = header;
    }
    return NULL;
}

static const char *compile_rows(mtls_headerset_t *set, const mtls_profile_t *profile, const char *options,
                                const char *renamed, apr_array_header_t *headers)
{
    int i, last;

    for (i = 0; i < mtls_profile_parts_len; i = last + 1) {
        const mtls_profile_part_t *row = &mtls_profile_parts[i];
        const char *error = NULL;

        for (last = i; last + 1 < mtls_profile_parts_len; last++) {
            if (strcmp(row[last + 1 - i].header, row->header) || strcmp(row[last + 1 - i].profile, row->profile))
                break;
        }
        if (row_of(row, profile))
            error = compile_header(set, i, last, options, renamed ? renamed : row->header, headers);
        if (error)
            return error;
    }
    return NULL;
}

const char *mtls_profile_compile(mtls_headerset_t *set, const char *word, apr_array_header_t *headers)
{
    apr_size_t len;
    const mtls_profile_t *profile = find_profile(word, &len);
    const char *option, *error;

    if (!profile)
        return unknown_profile(set->p, word, len);
    if (!word[len])
        return compile_rows(set, profile, profile->defaults, NULL, headers);
    option = word + len + 1;
    if (!*option)
        return apr_psprintf(set->p, "profile '%s': nothing stands behind the colon", profile->name);
    if (named_row(profile)) {
        error = check_name(set->p, profile, option);
        return error ? error : compile_rows(set, profile, NULL, option, headers);
    }
    error = check_options(set->p, profile, option);
    return error ? error : compile_rows(set, profile, option, NULL, headers);
}

void mtls_guard_add_profiles(mtls_guard_t *guard)
{
    int i;

    for (i = 0; i < mtls_profile_parts_len; i++)
        mtls_guard_add(guard, mtls_profile_parts[i].header);
}

int mtls_guard_add_profile(mtls_guard_t *guard, const char *word)
{
    apr_size_t len;
    const mtls_profile_t *profile = find_profile(word, &len);
    int i;

    if (!profile)
        return 0;
    if (word[len] && named_row(profile)) {
        mtls_guard_add(guard, word + len + 1);
        return 1;
    }
    for (i = 0; i < mtls_profile_parts_len; i++) {
        if (row_of(&mtls_profile_parts[i], profile))
            mtls_guard_add(guard, mtls_profile_parts[i].header);
    }
    return 1;
}

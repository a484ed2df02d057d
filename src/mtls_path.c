/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <strings.h>
#include <string.h>

#include "mtls_path.h"

/** What a backend may take for something else, and its name in the log. */
static const struct {
    const char *text, *name;
} doubts[] = {
    { ";", "a path parameter (;)" },
    { "%3b", "an encoded semicolon (%3b)" },     /* mod_proxy sends it on as a plain one */
    { "\\", "a backslash" },
    { "%2f", "an encoded slash (%2f)" },
    { "%5c", "an encoded backslash (%5c)" },
    { "%25", "an encoded percent sign (%25)" },
    { "%00", "an encoded NUL (%00)" }
};

static int begins_with(mtls_str_t text, const char *prefix)
{
    apr_size_t len = strlen(prefix);

    return text.len >= len && !strncasecmp(text.ptr, prefix, len);
}

static const char *doubt_at(mtls_str_t rest)
{
    apr_size_t i;

    for (i = 0; i < sizeof(doubts) / sizeof(doubts[0]); i++) {
        if (begins_with(rest, doubts[i].text))
            return doubts[i].name;
    }
    return NULL;
}

/* "." and ".." in every mix of plain and encoded dots. */
static int is_dot_segment(mtls_str_t segment)
{
    int dots = 0;

    while (segment.len) {
        apr_size_t step = *segment.ptr == '.' ? 1 : begins_with(segment, "%2e") ? 3 : 0;

        if (!step)
            return 0;
        dots++;
        segment.ptr += step;
        segment.len -= step;
    }
    return dots == 1 || dots == 2;
}

static const char *doubt_in_segment(mtls_str_t segment, int last)
{
    if (!segment.len)
        return last ? NULL : "an empty segment (//)";
    return is_dot_segment(segment) ? "a dot segment" : NULL;
}

const char *mtls_path_doubt(mtls_str_t path)
{
    apr_size_t i, begin = 1;
    const char *doubt = NULL;

    for (i = 0; !doubt && i < path.len; i++)
        doubt = doubt_at((mtls_str_t){ path.ptr + i, path.len - i });
    for (i = 1; !doubt && i <= path.len; i++) {
        if (i < path.len && path.ptr[i] != '/')
            continue;
        doubt = doubt_in_segment((mtls_str_t){ path.ptr + begin, i - begin }, i == path.len);
        begin = i + 1;
    }
    return doubt;
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Regular expressions with the options that httpd gives PCRE2 by default. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <apr_strings.h>
#include "explain.h"

static apr_status_t free_code(void *code)
{
    pcre2_code_free(code);
    return APR_SUCCESS;
}

static const char *compile_regex(apr_pool_t *p, const char *pattern, void **regex)
{
    pcre2_code *code;
    PCRE2_UCHAR message[128];
    PCRE2_SIZE offset;
    int error;

    code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                         PCRE2_DUPNAMES | PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY, &error, &offset, NULL);
    if (!code) {
        pcre2_get_error_message(error, message, sizeof(message));
        return apr_pstrdup(p, (const char *)message);
    }
    apr_pool_cleanup_register(p, code, free_code, apr_pool_cleanup_null);
    *regex = code;
    return NULL;
}

static void copy_group(pcre2_match_data *found, int groups, mtls_str_t text, mtls_str_t *group)
{
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(found);

    *group = (mtls_str_t){ NULL, 0 };
    if (groups > 1 && offsets[2] != PCRE2_UNSET)
        *group = (mtls_str_t){ text.ptr + offsets[2], offsets[3] - offsets[2] };
}

static int match_regex(const void *regex, mtls_str_t text, mtls_str_t *group)
{
    pcre2_match_data *found = pcre2_match_data_create_from_pattern(regex, NULL);
    int rc = PCRE2_ERROR_NOMEMORY;

    if (found)
        rc = pcre2_match(regex, (PCRE2_SPTR)text.ptr, text.len, 0, 0, found, NULL);
    if (rc > 0 && group)
        copy_group(found, rc, text, group);
    pcre2_match_data_free(found);
    return rc > 0 ? 1 : rc == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

static const char *keep_path(apr_pool_t *p, const char *name)
{
    return apr_pstrdup(p, name);
}

const mtls_host_t explain_host = { compile_regex, match_regex, keep_path };

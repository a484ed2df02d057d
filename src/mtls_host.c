/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* What the core borrows from httpd. */
#include "httpd.h"
#include "http_config.h"
#include "ap_regex.h"
#include "apr_strings.h"

#include "mtls_conf.h"

static apr_status_t free_regex(void *regex)
{
    ap_regfree(regex);
    return APR_SUCCESS;
}

static apr_size_t measure_trimmed(const char *text)
{
    apr_size_t len = strlen(text);

    while (len && text[len - 1] == ' ')
        len--;
    return len;
}

/* "bad argument at offset 3" is what httpd says of all that PCRE refuses. */
static const char *explain_error(apr_pool_t *p, const char *error)
{
    static const char vague[] = "bad argument";

    if (strncmp(error, vague, sizeof(vague) - 1))
        return error;
    return apr_pstrcat(p, "it cannot be understood", error + sizeof(vague) - 1, NULL);
}

static const char *regex_compile(apr_pool_t *p, const char *pattern, void **regex)
{
    ap_regex_t *made = apr_palloc(p, sizeof(*made));
    char error[128];
    /* RegexDefaultOptions is for other directives: what a rule says does not depend on a line elsewhere. */
    int rc = ap_regcomp(made, pattern, AP_REG_EXTENDED | AP_REG_NO_DEFAULT | AP_REG_DEFAULT);

    if (rc) {
        ap_regerror(rc, made, error, sizeof(error));
        /* httpd fills its number up with blanks. */
        return explain_error(p, apr_pstrmemdup(p, error, measure_trimmed(error)));
    }
    apr_pool_cleanup_register(p, made, free_regex, apr_pool_cleanup_null);
    *regex = made;
    return NULL;
}

static int regex_match(const void *regex, mtls_str_t text, mtls_str_t *group)
{
    ap_regmatch_t found[2];
    int rc = ap_regexec_len(regex, text.ptr, text.len, 2, found, 0);

    if (rc)
        return rc == AP_REG_NOMATCH ? 0 : -1;
    if (group) {
        group->ptr = NULL;
        group->len = 0;
        if (found[1].rm_so >= 0) {
            group->ptr = text.ptr + found[1].rm_so;
            group->len = (apr_size_t)(found[1].rm_eo - found[1].rm_so);
        }
    }
    return 1;
}

static const char *full_path(apr_pool_t *p, const char *name)
{
    return ap_server_root_relative(p, name);
}

const mtls_host_t mtls_httpd_host = { regex_compile, regex_match, full_path };

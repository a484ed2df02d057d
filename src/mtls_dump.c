/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_core.h"
#include "apr_strings.h"

#include "mtls_dump.h"
#include "mtls_zone.h"

/* Rows of one line each, for grep and for eyes; the words as they were written, as httpd -S does. */
static const char *print_line(apr_pool_t *p, const mtls_line_t *line)
{
    if (line->zone)
        return apr_psprintf(p, "%s:%d: %s %s: Require %s%s\n", line->place.file, line->place.line,
                            mtls_zone_host(p, line->zone->server), line->zone->name, line->text,
                            line->negated ? " (negated)" : "");
    return apr_psprintf(p, "%s:%d: <AuthzProviderAlias>: %s\n", line->place.file, line->place.line, line->text);
}

static void dump(apr_pool_t *pconf, server_rec *main_server)
{
    const apr_array_header_t *lines = mtls_generation()->lines;
    apr_file_t *out;
    int i;

    (void)main_server;
    if (!ap_exists_config_define("DUMP_MTLS") || apr_file_open_stdout(&out, pconf) != APR_SUCCESS)
        return;
    for (i = 0; i < lines->nelts; i++)
        apr_file_puts(print_line(pconf, APR_ARRAY_IDX(lines, i, const mtls_line_t *)), out);
    apr_file_puts(apr_psprintf(pconf, "mtls_authz: %d rules\n", lines->nelts), out);
}

void mtls_dump_register(void)
{
    ap_hook_test_config(dump, NULL, NULL, APR_HOOK_MIDDLE);
}

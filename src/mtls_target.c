/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_protocol.h"
#include "apr_strings.h"
#include "apr_uri.h"

#include "mtls_audit.h"
#include "mtls_describe.h"
#include "mtls_path.h"
#include "mtls_target.h"

/* httpd decodes its own copy in place; only unparsed_uri is still what the client sent. */
static mtls_str_t path_as_sent(request_rec *r)
{
    const char *target = r->unparsed_uri ? r->unparsed_uri : "";
    apr_uri_t uri;

    if (*target != '/' && apr_uri_parse(r->pool, target, &uri) == APR_SUCCESS)     /* absolute form */
        target = uri.path ? uri.path : "";
    return (mtls_str_t){ target, strcspn(target, "?") };
}

static int is_strict(const mtls_dir_t *dir)
{
    return dir->path_check == MTLS_UNSET ? dir->backstop == 1 : dir->path_check;
}

int mtls_target_check(request_rec *r)
{
    const char *doubt;
    mtls_str_t path;

    if (!is_strict(mtls_dir_of(r)))
        return DECLINED;
    path = path_as_sent(r);
    doubt = mtls_path_doubt(path);
    return doubt ? mtls_audit_deny(r, MTLS_AMBIGUOUS_PATH, apr_pstrcat(r->pool, "it has ", doubt, ": ",
               mtls_describe_text(r->pool, apr_pstrmemdup(r->pool, path.ptr, path.len)), NULL)) : DECLINED;
}

static int check_target(request_rec *r)
{
    return mtls_generation() && mtls_generation()->used && !r->main && !r->prev ? mtls_target_check(r) : DECLINED;
}

void mtls_target_register(void)
{
    if (!mtls_generation()->path_checks && !mtls_generation()->backstop)
        return;
    ap_hook_header_parser(check_target, NULL, NULL, APR_HOOK_REALLY_FIRST);
}

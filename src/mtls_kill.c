/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_protocol.h"
#include "apr_strings.h"

#include "mtls_audit.h"
#include "mtls_kill.h"

/* A page that tells of a denial is part of the same request; whoever was let in before his entry came is let finish. */
static int is_first(const request_rec *r)
{
    return !r->prev && !r->main;
}

static const char *describe(request_rec *r, const mtls_membership_t *membership)
{
    const char *path = mtls_list_path(mtls_generation()->kill_list);

    if (membership->reason == MTLS_GRANTED)
        return apr_psprintf(r->pool, "kill list %s:%u", path, membership->line);
    return apr_psprintf(r->pool, "kill list %s: whether the certificate is on it cannot be known", path);
}

static int deny(request_rec *r, const mtls_membership_t *membership)
{
    int killed = membership->reason == MTLS_GRANTED;

    if (killed) {
        r->connection->keepalive = AP_CONN_CLOSE;
        mtls_peer_hang_up(r);
    }
    return mtls_audit_deny(r, killed ? MTLS_KILLED : membership->reason, describe(r, membership));
}

static int judge(request_rec *r)
{
    const mtls_membership_t *membership;

    if (!mtls_generation() || !mtls_generation()->kill_list || !is_first(r) || !mtls_request_view(r)->facts)
        return DECLINED;
    membership = mtls_request_killed(r);
    return membership->reason == MTLS_NO_MATCH ? DECLINED : deny(r, membership);
}

void mtls_kill_register(void)
{
    static const char *const after[] = { "mod_remoteip.c", NULL };

    ap_hook_post_read_request(judge, after, NULL, APR_HOOK_FIRST);
}

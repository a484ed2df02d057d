/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_protocol.h"
#include "http_request.h"
#include "apr_strings.h"

#include "mtls_audit.h"
#include "mtls_kill.h"

static const char *describe(request_rec *r, const mtls_membership_t *membership)
{
    const char *path = mtls_list_path(mtls_generation()->kill_list);

    if (membership->reason == MTLS_GRANTED)
        return apr_psprintf(r->pool, "kill list %s:%u", path, membership->line);
    return apr_psprintf(r->pool, "kill list %s: whether the certificate is on it cannot be known", path);
}

mtls_reason_t mtls_kill_ask(request_rec *r, const char **detail)
{
    const mtls_membership_t *membership;

    if (!mtls_generation() || !mtls_generation()->kill_list || !mtls_request_view(r)->facts)
        return MTLS_GRANTED;
    membership = mtls_request_killed(r);
    if (membership->reason == MTLS_NO_MATCH)
        return MTLS_GRANTED;
    *detail = describe(r, membership);
    return membership->reason == MTLS_GRANTED ? MTLS_KILLED : membership->reason;
}

/* Once for each certificate: whoever was let in before his entry came is let finish. */
static int judge(request_rec *r)
{
    mtls_request_t *request = mtls_request_of(r), *root;
    const char *detail = NULL;
    mtls_reason_t reason;

    /* Whoever supposes a certificate asks himself; his own connection is not to suffer for it. */
    if (request->supposed || !mtls_request_view(r)->facts)
        return DECLINED;
    root = mtls_request_of(mtls_request_root(r));
    if (root->kill_asked == request->peer)
        return DECLINED;
    root->kill_asked = request->peer;
    reason = mtls_kill_ask(r, &detail);
    if (reason == MTLS_GRANTED)
        return DECLINED;
    if (reason == MTLS_KILLED) {
        r->connection->keepalive = AP_CONN_CLOSE;
        mtls_peer_hang_up(r);
    }
    return mtls_audit_deny(r, reason, detail);
}

static int is_needed(void)
{
    return mtls_generation() && mtls_generation()->kill_list;
}

static int judge_request(request_rec *r)
{
    return is_needed() ? judge(r) : DECLINED;
}

/* Renegotiation and post-handshake authentication bring the certificate only when the location is known. Where "Satisfy Any"
 * is content with less, the server passes over the access hook: the fixups are for all. */
static int judge_access(request_rec *r)
{
    return is_needed() ? judge(r) : DECLINED;
}

void mtls_kill_register(void)
{
    static const char *const after[] = { "mod_remoteip.c", NULL };

    if (!mtls_generation()->kill_list)
        return;
    ap_hook_post_read_request(judge_request, after, NULL, APR_HOOK_FIRST);
    ap_hook_fixups(judge_access, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_check_access_ex(judge_access, NULL, NULL, APR_HOOK_REALLY_FIRST, AP_AUTH_INTERNAL_PER_URI);
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mod_mtls_authz.c
 * @brief The front door: module record and hook list, nothing else.
 *
 * A certificate comes in through mtls_peer, is judged in mtls_require, and
 * leaves as headers through mtls_export; mtls_strip keeps everybody else from
 * speaking in our names, mtls_audit says why, mtls_check warns beforehand.
 */
#include "httpd.h"
#include "http_config.h"
#include "ap_mmn.h"

#include "mtls_auditlog.h"
#include "mtls_backstop.h"
#include "mtls_check.h"
#include "mtls_conf.h"
#include "mtls_digest.h"
#include "mtls_dump.h"
#include "mtls_environment.h"
#include "mtls_export.h"
#include "mtls_expression.h"
#include "mtls_identity.h"
#include "mtls_keeper.h"
#include "mtls_kill.h"
#include "mtls_require.h"
#include "mtls_ruling.h"
#include "mtls_status.h"
#include "mtls_strip.h"
#include "mtls_tally.h"
#include "mtls_target.h"
#include "mtls_vary.h"
#include "mtls_whatif_page.h"
#include "mtls_trial.h"

#if !AP_MODULE_MAGIC_AT_LEAST(20120211, 127)
#error mod_mtls_authz needs Apache httpd 2.4.57 or later
#endif

static int hook_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)plog, (void)ptemp;
    mtls_generation_begin(pconf);
    return OK;
}

static void register_all(apr_pool_t *pconf)
{
    mtls_generation()->hooked = 1;
    mtls_digest_prepare(pconf);
    mtls_peer_register();
    mtls_strip_register();
    mtls_kill_register();
    mtls_keeper_register();
    mtls_target_register();
    mtls_require_register();
    mtls_identity_register();
    mtls_backstop_register();
    mtls_environment_register();
    mtls_export_register();
    mtls_vary_register();
    mtls_auditlog_register();
    mtls_tally_register();
    mtls_whatif_register();
}

/* Where nothing of ours is written, no request comes here: httpd sorts its hooks again when the configuration has been
 * read, because modules may have brought some with it, and so do we. */
static void register_request_hooks(apr_pool_t *pconf)
{
    const char *outer = apr_hook_debug_current;

    if (mtls_generation()->hooked)
        return;
    apr_hook_debug_current = mtls_authz_module.name;      /* whose they are: others may want to be before or behind us */
    mtls_status_register_page();
    if (mtls_generation()->used)
        register_all(pconf);
    apr_hook_sort_all();
    apr_hook_debug_current = outer;
}

static int hook_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server)
{
    int status = mtls_check(pconf, main_server);

    (void)plog, (void)ptemp;
    if (status == OK)
        register_request_hooks(pconf);
    return status;
}

static int hook_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server)
{
    (void)plog;
    mtls_generation()->closed = 1;
    if (!mtls_generation()->used) {
        mtls_ruling_forget(mtls_generation());
        return DECLINED;
    }
    register_request_hooks(pconf);      /* another module's check may have read an expression with mtls() in it */
    mtls_peer_prepare(pconf);
    mtls_tally_prepare(main_server);
    mtls_check_announce(main_server);
    return mtls_trial_prepare(pconf, ptemp, main_server);
}

static void register_hooks(apr_pool_t *p)
{
    ap_hook_pre_config(hook_pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(hook_check_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(hook_post_config, NULL, NULL, APR_HOOK_MIDDLE);
    mtls_require_provide(p);
    mtls_expression_register();
    mtls_status_register();      /* its page may be all that is wanted */
    mtls_whatif_page_register();
    mtls_dump_register();
}

AP_DECLARE_MODULE(mtls_authz) = {
    STANDARD20_MODULE_STUFF,
    mtls_conf_create_dir,
    mtls_conf_merge_dir,
    mtls_conf_create_server,
    mtls_conf_merge_server,
    mtls_directives,
    register_hooks,
    AP_MODULE_FLAG_NONE
};

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Stands for a module that speaks TLS and is not mod_ssl, and answers through httpd's own hooks: each connection is TLS, and
 * its client is verified, whoever asks. */
#include <httpd.h>
#include <http_config.h>
#include <http_ssl.h>
#include <string.h>

extern module AP_MODULE_DECLARE_DATA other_tls_module;

static const char *const variables[][2] = {
    { "HTTPS", "on" }, { "SSL_PROTOCOL", "TLSv1.3" }, { "SSL_CLIENT_VERIFY", "SUCCESS" }, { "SSL_CLIENT_S_DN", "CN=Anne Example" },
    { "SSL_CLIENT_S_DN_CN", "Anne Example" }, { "SSL_CLIENT_M_SERIAL", "01" },
};

static int say_tls(conn_rec *c)
{
    (void)c;
    return OK;
}

static const char *say(apr_pool_t *p, server_rec *s, conn_rec *c, request_rec *r, const char *name)
{
    size_t i;

    (void)p, (void)s, (void)c, (void)r;
    for (i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        if (!strcmp(name, variables[i][0]))
            return variables[i][1];
    }
    return NULL;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_ssl_conn_is_ssl(say_tls, NULL, NULL, APR_HOOK_LAST);
    ap_hook_ssl_var_lookup(say, NULL, NULL, APR_HOOK_REALLY_FIRST);
}

module AP_MODULE_DECLARE_DATA other_tls_module = { STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, 0 };

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_ssl.h"
#include "apr_optional_hooks.h"
#include "apr_strings.h"

#include <stdlib.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "mtls_conf.h"
#include "mtls_ssl.h"
#include "mtls_suppose.h"

/* ---- the virtual host ---- */

static apr_status_t free_context(void *data)
{
    mtls_server_t *server = data;

    SSL_CTX_free(server->tls);
    server->tls = NULL;
    return APR_SUCCESS;
}

static int keep_context(server_rec *s, apr_pool_t *p, int is_proxy, SSL_CTX *context)
{
    mtls_server_t *server = mtls_server_of(s);

    if (is_proxy || !mtls_generation() || !mtls_generation()->what_if || server->what_if != 1)
        return OK;
    SSL_CTX_up_ref(context);
    server->tls = context;
    apr_pool_cleanup_register(p, server, free_context, apr_pool_cleanup_null);
    return OK;
}

void mtls_suppose_register(void)
{
    APR_OPTIONAL_HOOK(ssl, init_server, keep_context, NULL, NULL, APR_HOOK_MIDDLE);
}

/* ---- verification ---- */

#define DEFAULT_DEPTH 1             /* mod_ssl's */

static apr_status_t free_verification(void *data)
{
    X509_STORE_CTX_free(data);
    return APR_SUCCESS;
}

static apr_status_t free_stack(void *data)
{
    sk_X509_free(data);
    return APR_SUCCESS;
}

static STACK_OF(X509) *stack_of(apr_pool_t *p, const apr_array_header_t *certificates)
{
    STACK_OF(X509) *stack = sk_X509_new_null();
    int i;

    apr_pool_cleanup_register(p, stack, free_stack, apr_pool_cleanup_null);
    for (i = 1; stack && i < certificates->nelts; i++)
        sk_X509_push(stack, APR_ARRAY_IDX(certificates, i, X509 *));
    return stack;
}

/* As libssl sets up the verification of a client's certificate. */
static int begin(X509_STORE_CTX *verification, SSL_CTX *context, X509 *leaf, STACK_OF(X509) *others)
{
    X509_VERIFY_PARAM *settings;

    if (!verification || !X509_STORE_CTX_init(verification, SSL_CTX_get_cert_store(context), leaf, others))
        return 0;
    settings = X509_STORE_CTX_get0_param(verification);
    X509_VERIFY_PARAM_set_auth_level(settings, SSL_CTX_get_security_level(context));
    return X509_STORE_CTX_set_default(verification, "ssl_client")
        && X509_VERIFY_PARAM_set1(settings, SSL_CTX_get0_param(context));
}

/* The verified chain, the certificate first; lives as long as p. NULL and trouble if there is none. */
static STACK_OF(X509) *verify(apr_pool_t *p, const mtls_server_t *server, const apr_array_header_t *certificates,
                              const char **trouble)
{
    X509_STORE_CTX *verification = X509_STORE_CTX_new();
    STACK_OF(X509) *chain;
    int depth = server->verify_depth == MTLS_UNSET ? DEFAULT_DEPTH : server->verify_depth;

    apr_pool_cleanup_register(p, verification, free_verification, apr_pool_cleanup_null);
    if (!begin(verification, server->tls, APR_ARRAY_IDX(certificates, 0, X509 *), stack_of(p, certificates))) {
        *trouble = "out of memory";
        return NULL;
    }
    if (X509_verify_cert(verification) <= 0 || X509_STORE_CTX_get_error(verification) != X509_V_OK) {
        *trouble = apr_pstrdup(p, X509_verify_cert_error_string(X509_STORE_CTX_get_error(verification)));
        return NULL;
    }
    chain = X509_STORE_CTX_get0_chain(verification);
    if (sk_X509_num(chain) - 1 > depth) {
        *trouble = apr_psprintf(p, "its chain has %d certificates above it, and SSLVerifyDepth is %d",
                                sk_X509_num(chain) - 1, depth);
        return NULL;
    }
    return chain;
}

/* ---- facts ---- */

static const char *variable(request_rec *r, const char *name)
{
    const char *value = ap_ssl_conn_is_ssl(r->connection)
        ? ap_ssl_var_lookup(r->pool, r->server, r->connection, r, name) : NULL;

    return value && *value ? value : NULL;
}

/* What belongs to a connection is this one's, but for the session's id. */
static const mtls_facts_t *read_facts(request_rec *r, const mtls_server_t *server, X509 *leaf, STACK_OF(X509) *verified)
{
    int n = sk_X509_num(verified) - 1, i;
    X509 **chain = apr_palloc(r->pool, sizeof(*chain) * (apr_size_t)(n + 1));
    const char *bits = variable(r, "SSL_CIPHER_USEKEYSIZE");
    mtls_source_t source = {
        .leaf = leaf, .chain = chain, .chain_len = n, .tls_version = variable(r, "SSL_PROTOCOL"),
        .sni = variable(r, "SSL_TLS_SNI"), .cipher = variable(r, "SSL_CIPHER"), .cipher_bits = bits ? atoi(bits) : 0,
        .server = SSL_CTX_get0_certificate(server->tls)
    };

    for (i = 0; i < n; i++)
        chain[i] = sk_X509_value(verified, i + 1);
    return mtls_facts_read(r->pool, mtls_generation()->fields, &source);
}

const mtls_peer_t *mtls_suppose(request_rec *r, const apr_array_header_t *certificates, const char **trouble)
{
    const mtls_server_t *server = mtls_server_of(r->server);
    X509 *leaf = APR_ARRAY_IDX(certificates, 0, X509 *);
    const mtls_facts_t *facts = NULL;
    STACK_OF(X509) *chain;

    *trouble = NULL;
    if (!server->tls)
        return NULL;
    ERR_set_mark();
    chain = verify(r->pool, server, certificates, trouble);
    if (chain)
        facts = read_facts(r, server, leaf, chain);
    ERR_pop_to_mark();
    return mtls_peer_make(r->pool, leaf, chain ? MTLS_GRANTED : MTLS_UNVERIFIED, facts);
}

int mtls_suppose_is_asked(server_rec *s)
{
    const mtls_server_t *server = mtls_server_of(s);

    return server->tls && SSL_CTX_get_verify_mode(server->tls) & SSL_VERIFY_PEER;
}

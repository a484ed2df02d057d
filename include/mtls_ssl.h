/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_ssl.h
 * @brief mod_ssl's optional hooks, where the distribution ships no mod_ssl_openssl.h.
 */
#ifndef MTLS_SSL_H
#define MTLS_SSL_H

#include "httpd.h"
#include "apr_optional_hooks.h"

#include <openssl/opensslv.h>
#include <openssl/ssl.h>

#if OPENSSL_VERSION_NUMBER < 0x30000000L
#error mod_mtls_authz needs OpenSSL 3.0 or later
#endif

#if defined(__has_include)
#if __has_include("mod_ssl_openssl.h")
#define MTLS_HAVE_MOD_SSL_OPENSSL_H 1
#endif
#endif

#ifdef MTLS_HAVE_MOD_SSL_OPENSSL_H
#include "mod_ssl_openssl.h"
#else
/* As mod_ssl_openssl.h declares them through APR_DECLARE_EXTERNAL_HOOK. */
typedef int ssl_HOOK_init_server_t(server_rec *s, apr_pool_t *p, int is_proxy, SSL_CTX *ctx);
typedef int ssl_HOOK_pre_handshake_t(conn_rec *c, SSL *ssl, int is_proxy);
#endif

#endif

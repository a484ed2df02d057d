/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Ticket keys for tests: the same in all virtual hosts, children, generations and servers. SSLSessionTicketKeyFile is to do
 * that, but with httpd 2.4.71 a ticket of one child, or of before a restart, is taken by chance only. */
#include <httpd.h>
#include <http_config.h>
#include <apr_optional_hooks.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/ssl.h>

#include "mtls_ssl.h"

extern module AP_MODULE_DECLARE_DATA ticket_module;

static const unsigned char name[16] = "one for everyone";
static unsigned char key[16] = "tests, no secret";

static int give_keys(SSL *ssl, unsigned char *key_name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int making)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key, sizeof(key)),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"sha256", 0),
        OSSL_PARAM_construct_end()
    };

    (void)ssl;
    if (making) {
        memcpy(key_name, name, sizeof(name));
        memset(iv, 7, 16);
    }
    else if (memcmp(key_name, name, sizeof(name))) {
        return 0;
    }
    return EVP_CipherInit_ex(cipher, EVP_aes_128_cbc(), NULL, key, iv, making) && EVP_MAC_CTX_set_params(mac, params) ? 1 : -1;
}

static int set_keys(server_rec *s, apr_pool_t *p, int is_proxy, SSL_CTX *ctx)
{
    (void)s, (void)p;
    if (!is_proxy)
        SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, give_keys);
    return OK;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    APR_OPTIONAL_HOOK(ssl, init_server, set_keys, NULL, NULL, APR_HOOK_LAST);
}

module AP_MODULE_DECLARE_DATA ticket_module = { STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, 0 };

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "identity.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

static void must(int ok)
{
    if (!ok)
        abort();
}

static apr_status_t free_certificate(void *certificate)
{
    X509_free(certificate);
    return APR_SUCCESS;
}

static void add_name(X509_NAME *name, const char *const *pairs)
{
    for (; *pairs; pairs += 2)
        must(X509_NAME_add_entry_by_txt(name, pairs[0], MBSTRING_UTF8, (const unsigned char *)pairs[1], -1, -1, 0));
}

static void add_string(GENERAL_NAME *name, int kind, const char *value)
{
    ASN1_STRING *text = ASN1_STRING_type_new(V_ASN1_IA5STRING);

    must(text && ASN1_STRING_set(text, value, (int)strlen(value)));
    GENERAL_NAME_set0_value(name, kind, text);
}

static int san_kind(const char *kind)
{
    if (!strcmp(kind, "DNS"))
        return GEN_DNS;
    return !strcmp(kind, "URI") ? GEN_URI : GEN_EMAIL;
}

static void add_san(X509 *certificate, const char *const *pairs)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();

    for (; *pairs; pairs += 2) {
        GENERAL_NAME *name = GENERAL_NAME_new();

        if (!strcmp(pairs[0], "IP"))
            GENERAL_NAME_set0_value(name, GEN_IPADD, a2i_IPADDRESS(pairs[1]));
        else
            add_string(name, san_kind(pairs[0]), pairs[1]);
        must(sk_GENERAL_NAME_push(names, name));
    }
    if (sk_GENERAL_NAME_num(names))
        must(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) == 1);
    GENERAL_NAMES_free(names);
}

static void set_serial(X509 *certificate, const char *hex)
{
    BIGNUM *serial = NULL;

    must(BN_hex2bn(&serial, hex) && BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)));
    BN_free(serial);
}

static X509 *make_certificate(apr_pool_t *p, EVP_PKEY *key, const char *const *subject, const char *const *issuer,
                              const char *const *san, const char *serial)
{
    X509 *certificate = X509_new();

    must(certificate && X509_set_version(certificate, X509_VERSION_3));
    apr_pool_cleanup_register(p, certificate, free_certificate, apr_pool_cleanup_null);
    set_serial(certificate, serial);
    add_name(X509_get_subject_name(certificate), subject);
    add_name(X509_get_issuer_name(certificate), issuer);
    must(ASN1_TIME_set(X509_getm_notBefore(certificate), IDENTITY_NOT_BEFORE) != NULL);
    must(ASN1_TIME_set(X509_getm_notAfter(certificate), IDENTITY_NOT_AFTER) != NULL);
    add_san(certificate, san);
    must(X509_set_pubkey(certificate, key) && X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

/* One key serves all: who signed what is not what these tests ask. */
const identity_t *identity_make(apr_pool_t *p, const char *const *subject, const char *const *san)
{
    static const char *const ca[] = { "C", "DE", "O", "Example Corp", "CN", "Example Issuing CA 1", NULL };
    static const char *const root[] = { "C", "DE", "O", "Example Corp", "CN", "Example Root CA", NULL };
    static const char *const gateway[] = { "CN", "gateway", NULL };
    static const char *const gateway_san[] = { "URI", "spiffe://example.com/gw", NULL };
    static const char *const none[] = { NULL };
    identity_t *identity = apr_palloc(p, sizeof(*identity));
    EVP_PKEY *key = EVP_EC_gen("P-256");

    must(key != NULL);
    identity->leaf = make_certificate(p, key, subject, ca, san, "0A1B2C3D4E5F60718293");
    identity->chain[0] = make_certificate(p, key, ca, root, none, "01");
    identity->chain[1] = make_certificate(p, key, root, root, none, "02");
    identity->server = make_certificate(p, key, gateway, root, gateway_san, "03");
    EVP_PKEY_free(key);
    return identity;
}

mtls_source_t identity_source(const identity_t *identity)
{
    mtls_source_t source;

    memset(&source, 0, sizeof(source));
    source.leaf = identity->leaf;
    source.chain = identity->chain;
    source.chain_len = 2;
    source.tls_version = "TLSv1.3";
    source.cipher = "TLS_AES_256_GCM_SHA384";
    source.cipher_bits = 256;
    source.session_id = mtls_str("\x01\xab\xff");
    source.server = identity->server;
    return source;
}

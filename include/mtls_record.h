/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_record.h
 * @brief What a TLS session remembers of the verification that began it.
 *
 * A resumed session has neither a verdict that can be trusted nor a verified
 * chain. So both are put into the session (and with it into its ticket, which
 * only servers with the ticket key can make) at the moment of verification:
 * the verdict, the fingerprint of the certificate that it is about, a digest of the
 * place where that was (its virtual host, what that host trusts and demands), and the SHA-256 of
 * each certificate of the verified chain above it. OpenSSL and mod_ssl resume a session at
 * any virtual host of the same name, whatever that one trusts.
 *
 * Which certificate is believed is not the record's word: the session holds the certificate
 * itself, and whoever could replace either could replace both. The fingerprint finds out
 * a record that is left of another verification; two certificates with the same
 * SHA-1 would have to come one after the other on one session, past its removal before
 * each verification. So SHA-1, which OpenSSL has made anyway, will do here, as nowhere else.
 *
 * Layout, version 3: octets 'M' 'A' 3, flags, verification error as 4 octets in network order,
 * 20 octets of the leaf, 32 of the place, then 32 octets for each certificate of the chain. At
 * most MTLS_RECORD_MAX octets: tickets travel in the handshake's messages. Of any other version
 * nothing is believed.
 */
#ifndef MTLS_RECORD_H
#define MTLS_RECORD_H

#include <apr.h>

#include "mtls_castore.h"

#define MTLS_RECORD_CHAIN_MAX 14
#define MTLS_RECORD_MAX (8 + MTLS_FINGERPRINT_LEN + MTLS_DIGEST_LEN * (1 + MTLS_RECORD_CHAIN_MAX))

typedef struct mtls_record_t {
    int ok;                      /**< the verification returned success */
    int error;                   /**< and this X509_V_ code; decides together with ok */
    int decodes;                 /**< OpenSSL could decode every extension of the leaf that it knows */
    unsigned char leaf[MTLS_FINGERPRINT_LEN];
    unsigned char place[MTLS_DIGEST_LEN];
    int chain_len;               /**< -1: there was one, but it did not fit */
    unsigned char chain[MTLS_RECORD_CHAIN_MAX][MTLS_DIGEST_LEN];
} mtls_record_t;

/** Fill a record from a finished verification: leaf first, trust anchor last, as
 *  X509_STORE_CTX_get0_chain gives it. Digests of CA certificates that store (NULL: none) has are taken from there.
 *  @param place MTLS_DIGEST_LEN octets
 *  @return 0, or -1 if a digest cannot be made */
int mtls_record_make(mtls_record_t *record, const unsigned char *place, int ok, int error, STACK_OF(X509) *chain,
                     const X509 *leaf, mtls_castore_t *store);

/** @param room MTLS_RECORD_MAX octets. @return the octets used */
apr_size_t mtls_record_encode(const mtls_record_t *record, unsigned char *room);

/** @return 0, or -1 if these octets are no record of this version, whole and nothing behind it */
int mtls_record_decode(mtls_record_t *record, const unsigned char *octets, apr_size_t len);

/** True if the record was made at this place (NULL: nowhere). */
int mtls_record_is_of(const mtls_record_t *record, const unsigned char *place);

/** True if the record is about this certificate and says that it was verified at this place without any error. */
int mtls_record_verified(const mtls_record_t *record, const unsigned char *place, const X509 *leaf);

#endif

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_cert.h
 * @brief A certificate becomes facts, once; a request looks at them through a view.
 *
 * Facts are immutable and may be read by any number of threads. What is dear
 * (MTLS_FIELD_LATE) is made when somebody asks for it first, from a reference
 * of the certificate, and is the same for all from then on. Nothing else of
 * OpenSSL is kept, and its error queue is left as it was found.
 */
#ifndef MTLS_CERT_H
#define MTLS_CERT_H

#include <openssl/x509.h>
#include "mtls_digest.h"
#include "mtls_field.h"
#include "mtls_reason.h"

/** What facts are read from. Borrowed for the call only. */
typedef struct mtls_source_t {
    X509 *leaf;                  /**< the client's certificate; never NULL */
    int decodes;                 /**< it is known that OpenSSL can decode its extensions; 0: they are tried */
    X509 *const *chain;          /**< the verified chain above it, issuer first, trust anchor last */
    int chain_len;               /**< -1: not known on this connection */
    const unsigned char (*chain_digests)[MTLS_DIGEST_LEN];   /**< SHA-256 of each of them; NULL: not at hand */
    const char *tls_version;     /**< "TLSv1.3"; NULL outside a connection, as all below */
    const char *sni;             /**< as the client sent it */
    const char *cipher;
    int cipher_bits;
    mtls_str_t session_id;
    X509 *server;                /**< this server's own certificate */
} mtls_source_t;

/** The facts of one certificate on one connection. */
typedef struct mtls_facts_t mtls_facts_t;

/**
 * Read the fields of a set. One pass; every field is filled, whatever state it
 * ends in, but for those that are made late. Memory from p, which the facts live
 * as long as.
 */
const mtls_facts_t *mtls_facts_read(apr_pool_t *p, const mtls_fieldset_t *set, const mtls_source_t *source);

/** The values of a field of the set that the facts were read with. Not for live fields. */
mtls_values_t mtls_facts_get(const mtls_facts_t *facts, const mtls_field_t *field);

/**
 * How the certificate stands by itself: MTLS_MALFORMED if it cannot be read
 * safely (an extension that is doubled or does not decode, no readable
 * validity), MTLS_NOT_YET_VALID or MTLS_EXPIRED by its validity at now
 * (seconds since 1970; both ends included, RFC 5280 section 4.1.2.5), else
 * MTLS_GRANTED. Says nothing of trust.
 */
mtls_reason_t mtls_facts_standing(const mtls_facts_t *facts, apr_int64_t now);

/** The end of its validity in seconds since 1970; 0 if it cannot be read safely. */
apr_int64_t mtls_facts_not_after(const mtls_facts_t *facts);

/** Why a field is not known, as a reason: MTLS_GRANTED for a field that is (with values or without). */
mtls_reason_t mtls_known_reason(mtls_known_t known);

/** A label of the entries that a certificate has found in a list. */
typedef struct mtls_label_t {
    mtls_str_t name;
    mtls_str_t value;
    int differing;               /**< the entries say different things: there is no value */
} mtls_label_t;

/** What a list says of a certificate: one version of the list, all of it. */
typedef struct mtls_membership_t {
    mtls_reason_t reason;        /**< MTLS_GRANTED: it is a member; MTLS_NO_MATCH: it is not; else why nobody knows */
    int n;
    const mtls_label_t *labels;  /**< n of them */
    apr_uint32_t line;           /**< where the first entry stands in its file; 0 where files have no lines */
    apr_uint32_t version;        /**< the list's version that was asked; 0: none */
} mtls_membership_t;

/** Look the certificate of a request up in a list, by its number in the fieldset. The same answer all through the
 *  request; never NULL. */
typedef const mtls_membership_t *mtls_lookup_fn(void *of, int list);

/** What one request sees: facts, the time, and what is known of the request. */
typedef struct mtls_view_t {
    const mtls_facts_t *facts;   /**< NULL where there is no certificate */
    mtls_reason_t standing;      /**< MTLS_GRANTED: verified, readable and valid at now; else why not */
    apr_int64_t now;             /**< seconds since 1970 */
    mtls_values_t user;          /**< what MTLSUser made: one value, or several where it is ambiguous */
    const char *reason;          /**< slug or NULL */
    mtls_lookup_fn *lookup;      /**< NULL: there are no lists here, so that nothing is known of them */
    void *lookup_of;             /**< passed to lookup */
} mtls_view_t;

/** What a list says of the certificate of this view. */
mtls_membership_t mtls_view_list(const mtls_view_t *view, int list);

/**
 * The values of any field as this request sees them, live ones included.
 * Whether the certificate is to be believed is the caller's question
 * (standing); "verify" answers it as text: SUCCESS, NONE without a
 * certificate, FAILED:slug, and nothing without TLS.
 *
 * @param scratch filled and pointed to for live fields; must live as long as the result
 * @param p for the text of live fields
 */
mtls_values_t mtls_view_get(apr_pool_t *p, const mtls_view_t *view, const mtls_field_t *field, mtls_value_t *scratch);

#endif

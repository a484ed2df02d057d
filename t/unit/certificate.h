/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Certificates put together octet by octet, so that they can be as wrong as an attacker likes. */
#ifndef CERTIFICATE_H
#define CERTIFICATE_H

#include <openssl/x509.h>
#include "mtls_cert.h"
#include "unit.h"

/* DER of each part; what is not set by certificate_parts() may be changed before it is put together. */
typedef struct certificate_t {
    mtls_str_t version;       /* with its [0]; empty: version 1 */
    mtls_str_t serial;        /* INTEGER */
    mtls_str_t algorithm;     /* AlgorithmIdentifier of the signature, used twice */
    mtls_str_t issuer, not_before, not_after, subject, key;
    mtls_str_t extensions;    /* one behind the other; empty: none */
} certificate_t;

/* A certificate with nothing wrong and nothing special. */
certificate_t certificate_parts(void);
/* The whole DER. The signature is none. */
mtls_str_t certificate_der(const certificate_t *parts);
/* False where OpenSSL itself refuses it: 3.5 is stricter than 3.0. */
int certificate_is_read(const certificate_t *parts);
/* Decoded by OpenSSL; the caller frees it. */
X509 *certificate_decode(const certificate_t *parts);

/* An attribute in an RDN of its own; tag is the string type. */
mtls_str_t certificate_rdn(const char *oid, int tag, mtls_str_t text);
/* A name of one common name. */
mtls_str_t certificate_name(const char *cn);
/* An extension; value is what goes into the OCTET STRING. */
mtls_str_t certificate_extension(const char *oid, mtls_str_t value);
/* subjectAltName of these GeneralNames. */
mtls_str_t certificate_san(mtls_str_t names);
/* otherName with the given type and the DER of its value. */
mtls_str_t certificate_other_name(const char *oid, mtls_str_t value);

/* All values of a field with '|' between them, or what is known instead. */
const char *facts_show(const mtls_field_t *field, mtls_values_t values);
/* One field of one source. */
const char *facts_ask_source(const mtls_source_t *source, const char *name);
/* Facts of parts; the certificate is gone before anybody looks at them. */
const mtls_facts_t *facts_of(const certificate_t *parts, const mtls_fieldset_t *set);
/* One field of parts. */
const char *facts_ask(const certificate_t *parts, const char *name);
/* The standing of parts at a time. */
mtls_reason_t facts_stand(const certificate_t *parts, apr_int64_t now);

#endif

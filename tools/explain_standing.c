/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Why a certificate is refused by itself, in more words than a log line has. */
#include <apr_strings.h>
#include <openssl/x509v3.h>
#include "explain.h"
#include "mtls_reading.h"

static mtls_str_t extension_type(X509 *certificate, int i)
{
    return mtls_read_object(X509_EXTENSION_get_object(X509_get_ext(certificate, i)));
}

/* The OID of an extension that occurs again behind its first place, or NULL. */
static const char *find_doubled(apr_pool_t *p, X509 *certificate)
{
    int n = X509_get_ext_count(certificate), i, earlier;
    mtls_value_t oid;

    for (i = 1; i < n; i++) {
        for (earlier = 0; earlier < i; earlier++) {
            if (mtls_str_eq(extension_type(certificate, earlier), extension_type(certificate, i)))
                return mtls_value_oid(p, extension_type(certificate, i), &oid) ? "of an unreadable type" : oid.text.ptr;
        }
    }
    return NULL;
}

static const char *describe_malformed(const explain_t *explain)
{
    const char *doubled = find_doubled(explain->pool, explain->leaf);
    mtls_reading_t reading;
    mtls_source_t source = { .leaf = explain->leaf, .chain_len = -1 };

    if (doubled)
        return apr_psprintf(explain->pool, "It has extension %s more than once: two programs may read different ones.",
                            doubled);
    mtls_reading_begin(&reading, explain->pool, &source);
    if (!reading.valid_times)
        return "Its validity is not written as RFC 5280 section 4.1.2.5 asks for.";
    if (reading.san.known == MTLS_UNREADABLE)
        return "Its subject alternative names (extension 2.5.29.17) are not well-formed DER.";
    return "One of its extensions does not decode, or its X.509 version does not allow extensions.";
}

const char *explain_standing(const explain_t *explain)
{
    const mtls_field_t *field;
    int ends = explain->view.standing == MTLS_EXPIRED;
    mtls_values_t values;
    mtls_value_t scratch;

    if (explain->view.standing == MTLS_GRANTED)
        return "Nothing speaks against it by itself: it can be read safely and is valid at that time.";
    if (explain->view.standing == MTLS_MALFORMED)
        return describe_malformed(explain);
    mtls_fieldset_add(explain->set, ends ? "not-after" : "not-before", &field);
    values = mtls_view_get(explain->pool, &explain->view, field, &scratch);
    if (!values.n)
        return "Its validity cannot be read.";
    return apr_psprintf(explain->pool, ends ? "It was valid until %s." : "It will be valid from %s on.",
                        explain_value(explain->pool, field, values.v));
}

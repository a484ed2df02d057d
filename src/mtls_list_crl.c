/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Certificate revocation lists (RFC 5280 section 5). */
#include <limits.h>
#include <string.h>
#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "mtls_dn.h"
#include "mtls_list_read.h"
#include "mtls_pem.h"
#include "mtls_reading.h"

/** A list of one issuer. */
typedef struct crl_t {
    mtls_loading_t *loading;
    X509_CRL *crl;
    const char *issuer;              /* for sentences */
    mtls_str_t issuer_key;
    int authority;                   /* who has signed it */
    apr_int64_t until;               /* its nextUpdate; 0: it has none */
} crl_t;

/** What one or more lists are about: the newest of them counts for what is due. */
struct mtls_crl_scope_t {
    mtls_str_t issuer, part;         /* part: which certificates of the issuer, as the list puts it */
    int authority;
    apr_int64_t until;
};

static const char *say(const crl_t *crl, const char *what)
{
    return apr_psprintf(crl->loading->pool, "%s: the revocation list of \"%s\" %s", crl->loading->file,
                        mtls_text_escape(crl->loading->pool, mtls_str(crl->issuer)), what);
}

/* ---- who made it ---- */

/* Whether this CA's key has signed it; where the certificate says what the key is for, it must say this. */
static int is_signed_by(X509_CRL *crl, X509 *authority)
{
    EVP_PKEY *key = X509_get0_pubkey(authority);

    return key && !X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(authority))
        && (X509_get_key_usage(authority) & KU_CRL_SIGN) && X509_CRL_verify(crl, key) == 1;
}

static const char *check_signature(crl_t *crl)
{
    const apr_array_header_t *authorities = crl->loading->authorities;
    int i, named = 0;

    for (i = 0; authorities && i < authorities->nelts; i++) {
        X509 *authority = APR_ARRAY_IDX(authorities, i, X509 *);

        if (is_signed_by(crl->crl, authority)) {
            crl->authority = i;
            return NULL;
        }
        named |= !X509_NAME_cmp(X509_CRL_get_issuer(crl->crl), X509_get_subject_name(authority));
    }
    return say(crl, named ? "is not signed by the CA of that name, or that CA may not sign revocation lists (its key usage)"
                          : "is of a CA that this server does not know: SSLCACertificateFile and SSLCACertificatePath have "
                            "no certificate of that name");
}

/* ---- what it is ---- */

static int has_extension(X509_CRL *crl, int nid)
{
    return X509_CRL_get_ext_by_NID(crl, nid, -1) >= 0;
}

/* An extension that says the list means something else than it seems to, and that we would overlook. */
static const char *find_critical(const X509_CRL *crl)
{
    int n = X509_CRL_get_ext_count(crl), i;

    for (i = 0; i < n; i++) {
        X509_EXTENSION *extension = X509_CRL_get_ext(crl, i);
        int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));

        if (X509_EXTENSION_get_critical(extension) && nid != NID_issuing_distribution_point && nid != NID_crl_number
            && nid != NID_authority_key_identifier)
            return "has a critical extension that is not known here";
    }
    return NULL;
}

/* Only for some certificates, or for those of other CAs? */
static const char *check_scope(X509_CRL *crl)
{
    int critical;
    ISSUING_DIST_POINT *point = X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, &critical, NULL);
    const char *error = NULL;

    if (!point)
        return critical == -1 ? NULL : "has an issuing distribution point that cannot be read";
    if (point->indirectCRL > 0)
        error = "is an indirect one, which is for other CAs' certificates, too; give the list of each CA itself";
    else if (point->onlyattr > 0)
        error = "is for attribute certificates only";
    ISSUING_DIST_POINT_free(point);
    return error;
}

static const char *check_kind(const crl_t *crl)
{
    const char *error = find_critical(crl->crl);

    if (has_extension(crl->crl, NID_delta_crl))
        error = "is a delta list, which only says what has changed; give the complete one";
    if (!error)
        error = check_scope(crl->crl);
    return error ? say(crl, error) : NULL;
}

/* ---- when ---- */

static const char *read_times(crl_t *crl)
{
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl->crl);
    apr_int64_t since;

    if (!mtls_read_time(X509_CRL_get0_lastUpdate(crl->crl), &since))
        return say(crl, "has a time that cannot be read");
    if (since > crl->loading->now)
        return say(crl, "is not valid yet: its thisUpdate lies in the future (or this machine's clock is behind)");
    if (next && !mtls_read_time(next, &crl->until))
        return say(crl, "has a time that cannot be read");
    return NULL;
}

/* ---- what it is about ---- */

/* The distribution point of a list that is for some certificates only; empty: it is for all. */
static mtls_str_t part_of(const crl_t *crl)
{
    int at = X509_CRL_get_ext_by_NID(crl->crl, NID_issuing_distribution_point, -1);
    const ASN1_OCTET_STRING *point = at < 0 ? NULL : X509_EXTENSION_get_data(X509_CRL_get_ext(crl->crl, at));

    if (!point)
        return (mtls_str_t){ "", 0 };
    return mtls_str_copy(crl->loading->pool, (mtls_str_t){ (const char *)ASN1_STRING_get0_data(point),
                                                           (apr_size_t)ASN1_STRING_length(point) });
}

static mtls_crl_scope_t *find_scope(const crl_t *crl, mtls_str_t part)
{
    apr_array_header_t *scopes = crl->loading->scopes;
    mtls_crl_scope_t *scope;
    int i;

    for (i = 0; i < scopes->nelts; i++) {
        scope = &APR_ARRAY_IDX(scopes, i, mtls_crl_scope_t);
        if (scope->authority == crl->authority && mtls_str_eq(scope->issuer, crl->issuer_key)
            && mtls_str_eq(scope->part, part))
            return scope;
    }
    scope = apr_array_push(scopes);
    *scope = (mtls_crl_scope_t){ crl->issuer_key, part, crl->authority, -1 };
    return scope;
}

/* A newer list may lie beside the one before, which is taken away later: neither is a list more or less, or due. */
static void note_scope(const crl_t *crl)
{
    mtls_loading_t *loading = crl->loading;
    mtls_crl_scope_t *scope;
    int i;

    if (!loading->scopes)
        loading->scopes = apr_array_make(loading->pool, 4, sizeof(mtls_crl_scope_t));
    scope = find_scope(crl, part_of(crl));
    if (scope->until < 0 || (scope->until && (!crl->until || crl->until > scope->until)))
        scope->until = crl->until;
    loading->issuers = loading->scopes->nelts;
    loading->next_update = 0;
    for (i = 0; i < loading->scopes->nelts; i++) {
        scope = &APR_ARRAY_IDX(loading->scopes, i, mtls_crl_scope_t);
        if (scope->until && (!loading->next_update || scope->until < loading->next_update))
            loading->next_update = scope->until;
    }
}

/* ---- entries ---- */

/* Critical extensions of an entry change what it says, certificateIssuer above all. */
static int has_critical(const X509_REVOKED *revoked)
{
    int n = X509_REVOKED_get_ext_count(revoked), i;

    for (i = 0; i < n; i++) {
        if (X509_EXTENSION_get_critical(X509_REVOKED_get_ext(revoked, i)))
            return 1;
    }
    return 0;
}

static const char *add_entries(const crl_t *crl)
{
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl->crl);
    mtls_loading_t *loading = crl->loading;
    int n = sk_X509_REVOKED_num(entries), i;

    for (i = 0; i < n; i++) {
        const X509_REVOKED *revoked = sk_X509_REVOKED_value(entries, i);
        mtls_str_t serial = mtls_read_integer(loading->line_pool, X509_REVOKED_get0_serialNumber(revoked));
        mtls_entry_t entry = { .kind = 0, .mode = MTLS_ENTRY_KEY };
        const char *error;

        if (has_critical(revoked))
            return say(crl, "has an entry with a critical extension, which is not known here");
        entry.key = mtls_column_key(loading->line_pool, mtls_value_serial(loading->line_pool, serial).key, &crl->issuer_key);
        error = mtls_index_add(loading->maker, loading->line_pool, &entry);
        if (error)
            return say(crl, error);
        if (i % 256 == 255)
            apr_pool_clear(loading->line_pool);
    }
    return NULL;
}

static const char *read_crl(mtls_loading_t *loading, X509_CRL *revocations)
{
    const mtls_dn_t *dn = mtls_dn_read(loading->pool, X509_CRL_get_issuer(revocations));
    crl_t crl = { loading, revocations, "", { "", 0 }, -1, 0 };
    const char *error;

    crl.issuer = dn->readable ? mtls_dn_print(loading->pool, dn) : "(a name that cannot be read)";
    if (!dn->readable || !dn->n)
        return say(&crl, "has an issuer that cannot be compared with that of a certificate");
    crl.issuer_key = mtls_dn_folded_key(loading->pool, dn);
    error = check_kind(&crl);
    error = error ? error : check_signature(&crl);
    error = error ? error : read_times(&crl);
    error = error ? error : add_entries(&crl);
    if (!error)
        note_scope(&crl);
    return error;
}

/* ---- the file ---- */

/* PEM readers pass over what they do not know, a list behind a mistyped BEGIN line, too; its END line is still there. */
static int count_ends(mtls_str_t octets)
{
    static const char end[] = "END X509 CRL-";
    apr_size_t len = sizeof(end) - 1;
    int n = 0;

    for (; octets.len >= len; octets.ptr++, octets.len--) {
        const char *at = memchr(octets.ptr, *end, octets.len - len + 1);

        if (!at)
            break;
        octets.len -= (apr_size_t)(at - octets.ptr);
        octets.ptr = at;
        n += !memcmp(at, end, len);
    }
    return n;
}

static const char *read_pem(mtls_loading_t *loading, mtls_str_t octets)
{
    BIO *bio = BIO_new_mem_buf(octets.ptr, (int)octets.len);
    const char *error = NULL;
    X509_CRL *crl;
    int n = 0;

    while (!error && bio && (crl = PEM_read_bio_X509_CRL(bio, NULL, mtls_pem_no_password, NULL)) != NULL) {
        error = read_crl(loading, crl);
        X509_CRL_free(crl);
        n++;
    }
    BIO_free(bio);
    if (error)
        return error;
    /* The end of a good file is "no start line"; anything else is a damaged one. */
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return apr_psprintf(loading->pool, "%s: revocation list %d is cut off or damaged", loading->file, n + 1);
    if (n && count_ends(octets) > n)
        return apr_psprintf(loading->pool, "%s: has more END lines of revocation lists than lists that can be read: look at "
                            "the BEGIN lines", loading->file);
    return n ? NULL : apr_psprintf(loading->pool, "%s: holds no revocation list (X509 CRL) in PEM form", loading->file);
}

static const char *read_der(mtls_loading_t *loading, mtls_str_t octets)
{
    const unsigned char *at = (const unsigned char *)octets.ptr;
    X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)octets.len);
    const char *error;

    if (!crl)
        return apr_psprintf(loading->pool, "%s: is no revocation list, neither in PEM nor in DER form, or is cut off",
                            loading->file);
    error = at == (const unsigned char *)octets.ptr + octets.len ? read_crl(loading, crl)
          : apr_psprintf(loading->pool, "%s: has something behind the revocation list", loading->file);
    X509_CRL_free(crl);
    return error;
}

const char *mtls_list_read_crl(mtls_loading_t *loading, mtls_str_t octets)
{
    const char *error;

    if (octets.len > INT_MAX)
        return apr_psprintf(loading->pool, "%s: is too large", loading->file);
    loading->said |= octets.len > 0;
    ERR_set_mark();
    error = octets.len && octets.ptr[0] == 0x30 ? read_der(loading, octets) : read_pem(loading, octets);
    ERR_pop_to_mark();
    return error;
}

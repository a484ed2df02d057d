/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Distinguished names. They are printed by OpenSSL from their DER, so that readers of a convention see
 * exactly what the servers they were written for send. */
#include <limits.h>
#include <string.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "mtls_encode.h"

static X509_NAME *read_name(const mtls_value_t *v)
{
    const unsigned char *at = (const unsigned char *)v->text.ptr;
    X509_NAME *name;

    if (!v->text.len || v->text.len > INT_MAX / 2)
        return NULL;
    name = d2i_X509_NAME(NULL, &at, (long)v->text.len);
    if (name && at != (const unsigned char *)v->text.ptr + v->text.len) {
        X509_NAME_free(name);
        return NULL;
    }
    return name;
}

static const char *print_name(apr_pool_t *p, const mtls_value_t *v, unsigned long flags)
{
    X509_NAME *name;
    BIO *bio = NULL;
    const char *out = NULL;
    char *data;
    long len;

    ERR_set_mark();
    name = read_name(v);
    if (name && (bio = BIO_new(BIO_s_mem())) && X509_NAME_print_ex(bio, name, 0, flags) >= 0
        && (len = BIO_get_mem_data(bio, &data)) > 0 && !memchr(data, '\0', (size_t)len))
        out = apr_pstrmemdup(p, data, (apr_size_t)len);
    BIO_free(bio);
    X509_NAME_free(name);
    ERR_pop_to_mark();
    return out;
}

/* OpenSSL does not escape a value that is a "#" and nothing more, which would begin hexadecimal digits. */
static const char *escape_lone_sign(apr_pool_t *p, const char *dn)
{
    char *out = apr_palloc(p, 2 * strlen(dn) + 1), *to = out;
    int in_label = 1, begins = 0;    /* a '=' inside a value begins nothing */

    for (; *dn; dn++) {
        if (begins && dn[0] == '#' && !apr_isxdigit(dn[1]))
            *to++ = '\\';
        begins = in_label && *dn == '=';
        in_label = *dn == ',' || *dn == '+' || (in_label && !begins);
        if (dn[0] == '\\' && dn[1])
            *to++ = *dn++;
        *to++ = *dn;
    }
    *to = '\0';
    return out;
}

/* A blank at the very end would be lost on the way: RFC 4514 lets "\ " be written "\20". */
static const char *keep_last_blank(apr_pool_t *p, const char *dn)
{
    apr_size_t len = strlen(dn);

    if (len < 2 || dn[len - 1] != ' ' || dn[len - 2] != '\\')
        return dn;
    return apr_pstrcat(p, apr_pstrmemdup(p, dn, len - 1), "20", NULL);
}

/* What OpenSSL prints, made to be read back. */
static const char *print_rfc4514(apr_pool_t *p, const mtls_value_t *v, unsigned long flags, unsigned sendable)
{
    const char *dn = print_name(p, v, flags);

    return dn ? mtls_sendable(keep_last_blank(p, escape_lone_sign(p, dn)), sendable) : NULL;
}

const char *mtls_encode_rfc4514(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)type, (void)n;
    return print_rfc4514(p, v, XN_FLAG_RFC2253, 0);
}

const char *mtls_encode_rfc4514_utf8(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)type, (void)n;
    return print_rfc4514(p, v, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB, MTLS_FORMAT_UTF8);
}

const char *mtls_encode_rfc4514_spaced(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)type, (void)n;
    return print_rfc4514(p, v, (XN_FLAG_RFC2253 & ~(unsigned long)XN_FLAG_SEP_MASK) | XN_FLAG_SEP_CPLUS_SPC, 0);
}

/* Inside a quoted string, readers differ on "\\" and on a backslash before a quote: spell both in hex. */
const char *mtls_encode_rfc4514_quotable(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    const char *dn = mtls_encode_rfc4514(p, type, v, n);
    char *out, *to;

    if (!dn)
        return NULL;
    out = to = apr_palloc(p, 2 * strlen(dn) + 1);
    while (*dn) {
        if (*dn != '\\') {
            *to++ = *dn++;
            continue;
        }
        *to++ = *dn++;
        if (*dn == '"' || *dn == '\\') {
            memcpy(to, *dn == '"' ? "22" : "5C", 2);
            to += 2;
            dn++;
        }
        else if (*dn) {
            *to++ = *dn++;
        }
    }
    *to = '\0';
    return out;
}

/* The type as the slash convention writes it: OpenSSL's short name, else dotted decimal. */
static const char *attribute_label(apr_pool_t *p, const ASN1_OBJECT *type)
{
    int nid = OBJ_obj2nid(type);
    char dotted[256];
    int len;

    if (nid != NID_undef)
        return OBJ_nid2sn(nid);
    len = OBJ_obj2txt(dotted, sizeof(dotted), type, 1);
    return len > 0 && len < (int)sizeof(dotted) ? apr_pstrdup(p, dotted) : NULL;
}

/* NULL for a value with "/", which begins the next attribute, with "\", which some readers take for the
 * begin of an octet in hexadecimal, or that is no clean text. */
static const char *attribute_text(apr_pool_t *p, const ASN1_STRING *value)
{
    unsigned char *utf8 = NULL;
    mtls_str_t text;
    const char *out = NULL;
    int len = ASN1_STRING_to_UTF8(&utf8, value);

    if (len < 0)
        return NULL;
    text.ptr = (const char *)utf8;
    text.len = (apr_size_t)len;
    if (mtls_text_clean(text) && !memchr(utf8, '/', text.len) && !memchr(utf8, '\\', text.len))
        out = apr_pstrmemdup(p, text.ptr, text.len);
    OPENSSL_free(utf8);
    return out;
}

/* The form has no sign for several attributes in one RDN: such a name would be read as another. */
static const char *print_slash(apr_pool_t *p, const X509_NAME *name)
{
    apr_array_header_t *parts = apr_array_make(p, 8, sizeof(const char *));
    int i, last_rdn = -1;

    for (i = 0; i < X509_NAME_entry_count(name); i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        const char *label = attribute_label(p, X509_NAME_ENTRY_get_object(entry));
        const char *text = attribute_text(p, X509_NAME_ENTRY_get_data(entry));

        if (!label || !text || X509_NAME_ENTRY_set(entry) == last_rdn)
            return NULL;
        last_rdn = X509_NAME_ENTRY_set(entry);
        APR_ARRAY_PUSH(parts, const char *) = apr_pstrcat(p, "/", label, "=", text, NULL);
    }
    return apr_array_pstrcat(p, parts, 0);
}

const char *mtls_encode_slash(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    X509_NAME *name;
    const char *out;

    (void)type, (void)n;
    ERR_set_mark();
    name = read_name(v);
    out = name ? print_slash(p, name) : NULL;
    X509_NAME_free(name);
    ERR_pop_to_mark();
    return mtls_sendable(out, MTLS_FORMAT_UTF8);
}

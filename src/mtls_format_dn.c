/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Distinguished names. Readers of a convention see exactly what the servers they were written for send, which is what
 * OpenSSL prints. Of names as nearly all are, made of frequent types and readable text, the same octets are printed
 * here, from what was decoded when the facts were read; OpenSSL prints all others from their DER. */
#include <limits.h>
#include <string.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "mtls_dn.h"
#include "mtls_encode.h"

/** How RFC 4514 text is written, here and by OpenSSL. */
typedef struct style_t {
    const char *next, *joined;    /* between RDNs, and between attributes of one */
    int utf8;                     /* octets outside ASCII as they are */
    unsigned long flags;          /* OpenSSL's word for all this */
} style_t;

static const style_t plain_style = { ",", "+", 0, XN_FLAG_RFC2253 };
static const style_t utf8_style = { ",", "+", 1, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB };
static const style_t spaced_style = {
    ", ", " + ", 0, (XN_FLAG_RFC2253 & ~(unsigned long)XN_FLAG_SEP_MASK) | XN_FLAG_SEP_CPLUS_SPC
};

/* What OpenSSL calls the types that names are made of. None is longer than LABEL_MAX. */
#define LABEL_MAX 24
#define TYPE(octets, label) { { octets, sizeof(octets) - 1 }, label }
static const struct { mtls_str_t oid; const char *label; } frequent[] = {
    TYPE("\x55\x04\x03", "CN"), TYPE("\x55\x04\x0a", "O"), TYPE("\x55\x04\x06", "C"), TYPE("\x55\x04\x0b", "OU"),
    TYPE("\x55\x04\x07", "L"), TYPE("\x55\x04\x08", "ST"), TYPE("\x55\x04\x04", "SN"),
    TYPE("\x55\x04\x05", "serialNumber"), TYPE("\x55\x04\x09", "street"), TYPE("\x55\x04\x0c", "title"),
    TYPE("\x55\x04\x2a", "GN"), TYPE("\x55\x04\x61", "organizationIdentifier"),
    TYPE("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", "DC"), TYPE("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", "UID"),
    TYPE("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "emailAddress")
};

static const char *frequent_label(mtls_str_t oid)
{
    apr_size_t i;

    for (i = 0; i < sizeof(frequent) / sizeof(frequent[0]); i++) {
        if (mtls_str_eq(frequent[i].oid, oid))
            return frequent[i].label;
    }
    return NULL;
}

/* The name in OpenSSL's order, the last one first, within an RDN, too. NULL: OpenSSL is to print it. */
static const char *print_frequent(apr_pool_t *p, const mtls_dn_t *dn, const style_t *style)
{
    apr_size_t room = 1;
    char *out, *to;
    int i;

    for (i = 0; i < dn->n; i++)
        room += LABEL_MAX + 4 + 3 * dn->attributes[i].text.len;
    to = out = apr_palloc(p, room);
    for (i = dn->n - 1; i >= 0; i--) {
        const mtls_attribute_t *attribute = &dn->attributes[i];
        const char *label = frequent_label(attribute->oid);

        if (!label)
            return NULL;
        to = mtls_put(to, label);
        *to++ = '=';
        to = mtls_dn_put_value(to, attribute->text, style->utf8);
        if (i)
            to = mtls_put(to, attribute[-1].rdn == attribute->rdn ? style->joined : style->next);
    }
    *to = '\0';
    return to == out ? NULL : out;
}

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

static const char *print_rfc4514(apr_pool_t *p, const mtls_value_t *v, const style_t *style)
{
    const char *dn = v->dn && v->dn->readable ? print_frequent(p, v->dn, style) : NULL;

    if (!dn) {
        dn = print_name(p, v, style->flags);
        dn = dn ? escape_lone_sign(p, dn) : NULL;
    }
    return dn ? mtls_sendable(keep_last_blank(p, dn), style->utf8 ? MTLS_FORMAT_UTF8 : 0) : NULL;
}

const char *mtls_encode_rfc4514(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)type, (void)n;
    return print_rfc4514(p, v, &plain_style);
}

const char *mtls_encode_rfc4514_utf8(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)type, (void)n;
    return print_rfc4514(p, v, &utf8_style);
}

const char *mtls_encode_rfc4514_spaced(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)type, (void)n;
    return print_rfc4514(p, v, &spaced_style);
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

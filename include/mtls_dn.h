/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_dn.h
 * @brief Distinguished names (X.501, RFC 5280 section 4.1.2.4) as data.
 *
 * Names are compared and searched as decoded attributes, never as printed text.
 */
#ifndef MTLS_DN_H
#define MTLS_DN_H

#include <openssl/x509.h>
#include "mtls_type.h"

/** One attribute type and value. */
typedef struct mtls_attribute_t {
    mtls_str_t oid;      /**< content octets of the type's OBJECT IDENTIFIER */
    mtls_str_t text;     /**< the value, decoded to UTF-8; len 0 and ptr NULL if it cannot be */
    int rdn;             /**< index of the RDN it belongs to; equal within a multi-valued RDN */
    int readable;        /**< false: undecodable, or NUL or a control character in it */
} mtls_attribute_t;

/** A name in encoded order, most general first as a rule. */
struct mtls_dn_t {
    int n;
    const mtls_attribute_t *attributes;
    int readable;        /**< false if one of its attributes is not */
};

/** A row of tbl/attributes.h: names for attribute types. */
typedef struct mtls_attribute_name_t {
    const char *suffix;  /**< as in subject.SUFFIX */
    const char *label;   /**< as in RFC 4514 text: CN, O, ...; compared ignoring case */
    const char *dotted;  /**< its OID */
    mtls_type_id_t type;
    const char *doc;
} mtls_attribute_name_t;

extern const mtls_attribute_name_t mtls_attribute_names[];
extern const int mtls_attribute_names_len;

/** Decode a name. Never fails: what cannot be read is marked so. All memory from p. */
const mtls_dn_t *mtls_dn_read(apr_pool_t *p, const X509_NAME *name);

/** The same for the DER of a Name. The result points into der, which must live as long. */
const mtls_dn_t *mtls_dn_read_der(apr_pool_t *p, mtls_str_t der);

/** The canonical key: equal for two names whose RDNs are equal in order, each an
 *  unordered set of (type, decoded text); string types do not matter. In p. */
mtls_str_t mtls_dn_key(apr_pool_t *p, const mtls_dn_t *dn);

/** The same for issuers, as they are compared where a path is built (RFC 5280 section 7.1,
 *  OpenSSL's X509_NAME_cmp): equal also if they differ in the case of ASCII letters, or in
 *  blanks at the ends of a text or several for one. For readable names. In p. */
mtls_str_t mtls_dn_folded_key(apr_pool_t *p, const mtls_dn_t *dn);

/**
 * Parse a name as a user writes it: RFC 4514, most specific RDN first; or slash
 * form in encoded order if it begins with '/'. Anything else is refused, and
 * where openssl's "C = DE, O = Example" print is recognised the fragment shows
 * the same name in RFC 4514 form. An unknown attribute label is refused with
 * the list of known ones; dotted OIDs are accepted as labels; "#" hex values
 * are decoded (a string type of ASN.1 is needed). In slash form OpenSSL's names
 * for attributes are labels, too, '+' parts the attributes of one RDN, and what
 * openssl prints for more than one name is refused.
 *
 * @return NULL, or a sentence fragment in p; *dn is in p
 */
const char *mtls_dn_parse(apr_pool_t *p, const char *text, const mtls_dn_t **dn);

/** A readable name in RFC 4514 form, for sentences: most specific RDN first, attributes within an RDN in
 *  their order, octets outside ASCII as \HH. */
const char *mtls_dn_print(apr_pool_t *p, const mtls_dn_t *dn);

/** For a name that has its common name where most have the country, the organization or a domain, and the other way
 *  round: what mtls_dn_print prints of the name turned round. Else NULL. */
const char *mtls_dn_turned(apr_pool_t *p, const mtls_dn_t *dn);

/** Write a readable value as RFC 4514 section 2.4 does, without a NUL behind it: special characters, and a blank or '#'
 *  that would be lost, behind a backslash; octets outside ASCII as \HH, or with utf8 as they are.
 *  @param to room for 3 * text.len octets. @return the end of what was written */
char *mtls_dn_put_value(char *to, mtls_str_t text, int utf8);

/** Decode an ASN.1 string of any character type to UTF-8 in p: UTF8String, PrintableString,
 *  NumericString, IA5String, VisibleString, BMPString, UniversalString; TeletexString only if all ASCII.
 *  @return 1 if it is readable (well-formed, no control characters), else 0 and *text is empty */
int mtls_asn1_text(apr_pool_t *p, const ASN1_STRING *s, mtls_str_t *text);

#endif

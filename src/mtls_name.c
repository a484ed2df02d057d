/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <string.h>
#include <apr_cstr.h>
#include <apr_strings.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include "mtls_name.h"
#include "mtls_operand.h"

static const char empty[] = "is empty";

/* A name, and what it stands for in the certificate. */
typedef struct name_t {
    const char *name;
    const char *dotted;    /* its OID */
    int number;            /* NID, bit or order */
} name_t;

static const name_t purposes[] = {
#define MTLS_PURPOSE(name, dotted) { name, dotted, 0 },
#include "tbl/purposes.h"
    { NULL, NULL, 0 }
};

static const name_t policies[] = {
    { "anyPolicy", "2.5.29.32.0", 0 },
    { NULL, NULL, 0 }
};

static const name_t key_usages[] = {
    { "digitalSignature", NULL, 0 }, { "nonRepudiation", NULL, 1 }, { "keyEncipherment", NULL, 2 },
    { "dataEncipherment", NULL, 3 }, { "keyAgreement", NULL, 4 }, { "keyCertSign", NULL, 5 },
    { "cRLSign", NULL, 6 }, { "encipherOnly", NULL, 7 }, { "decipherOnly", NULL, 8 },
    { "contentCommitment", NULL, 1 },   /* the newer name of the same bit */
    { NULL, NULL, 0 }
};

static const name_t key_types[] = {
    { "rsa", NULL, NID_rsaEncryption }, { "rsa-pss", NULL, NID_rsassaPss }, { "ec", NULL, NID_X9_62_id_ecPublicKey },
    { "ed25519", NULL, NID_ED25519 }, { "ed448", NULL, NID_ED448 },
    { NULL, NULL, 0 }
};

static const name_t tls_versions[] = {
    { "TLSv1", NULL, 10 }, { "TLSv1.1", NULL, 11 }, { "TLSv1.2", NULL, 12 }, { "TLSv1.3", NULL, 13 },
    { NULL, NULL, 0 }
};

static const name_t *find_name(const name_t *names, const char *word)
{
    for (; names->name; names++) {
        if (apr_cstr_casecmp(names->name, word) == 0)
            return names;
    }
    return NULL;
}

static const name_t *find_number(const name_t *names, int number)
{
    for (; names->name; names++) {
        if (names->number == number)
            return names;
    }
    return NULL;
}

static const char *list_names(apr_pool_t *p, const name_t *names)
{
    const char *list = names->name;

    for (names++; names->name; names++)
        list = apr_pstrcat(p, list, ", ", names->name, NULL);
    return list;
}

/* An OID value whose text is its name, where it has one. */
static int value_named_oid(apr_pool_t *p, const name_t *names, mtls_str_t oid, mtls_value_t *value)
{
    if (mtls_value_oid(p, oid, value) < 0)
        return -1;
    for (; names->name; names++) {
        if (strcmp(names->dotted, value->text.ptr) == 0)
            value->text = mtls_str(names->name);
    }
    return 0;
}

int mtls_value_purpose(apr_pool_t *p, mtls_str_t oid, mtls_value_t *value)
{
    return value_named_oid(p, purposes, oid, value);
}

int mtls_value_policy(apr_pool_t *p, mtls_str_t oid, mtls_value_t *value)
{
    return value_named_oid(p, policies, oid, value);
}

/* A name or an object identifier; what is the sort of thing for the complaint. */
static const char *parse_named_oid(apr_pool_t *p, const name_t *names, const char *what, const char *word,
                                   mtls_value_t *value)
{
    const name_t *named = find_name(names, word);
    const char *error;

    if (!named && (*word < '0' || *word > '9')) {
        return *word ? apr_psprintf(p, "is not the name of %s; known are %s, or write its object identifier",
                                    what, list_names(p, names)) : empty;
    }
    error = mtls_oid_parse(p, named ? named->dotted : word, value);
    if (!error)
        value_named_oid(p, names, value->key, value);
    return error;
}

const char *mtls_parse_purpose(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    return parse_named_oid(p, purposes, "an extended key usage", word, value);
}

const char *mtls_parse_policy(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    return parse_named_oid(p, policies, "a certificate policy", word, value);
}

/* One word of a closed list. */
static const char *parse_name(apr_pool_t *p, const name_t *names, const char *what, const char *word,
                              mtls_value_t *value)
{
    const name_t *named = find_name(names, word);

    if (*word == '\0')
        return empty;
    if (!named)
        return apr_psprintf(p, "is not %s; known are %s", what, list_names(p, names));
    named = find_number(names, named->number);
    *value = mtls_value_text(mtls_str(named->name));
    value->number = named->number;
    return NULL;
}

const char *mtls_parse_key_usage(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    return parse_name(p, key_usages, "the name of a key usage", word, value);
}

const char *mtls_parse_key_type(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    return parse_name(p, key_types, "the name of a key type", word, value);
}

const char *mtls_parse_tls_version(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    return parse_name(p, tls_versions, "a TLS version", word, value);
}

const char *mtls_key_usage_name(int bit)
{
    const name_t *named = find_number(key_usages, bit);

    return named ? named->name : NULL;
}

const char *mtls_key_type_name(int nid)
{
    const name_t *named = find_number(key_types, nid);

    return named ? named->name : NULL;
}

int mtls_value_tls_version(const char *name, mtls_value_t *value)
{
    const name_t *named = find_name(tls_versions, name);

    if (!named)
        return -1;
    *value = mtls_value_text(mtls_str(named->name));
    value->number = named->number;
    return 0;
}

const char *mtls_curve_name(int nid)
{
    const char *nist = EC_curve_nid2nist(nid);

    return nist ? nist : OBJ_nid2sn(nid);
}

/* SEC 2 has names of its own for the two curves that OpenSSL calls by those of ANSI X9.62. */
static int is_curve(int nid, const char *word)
{
    const char *nist = EC_curve_nid2nist(nid);

    return apr_cstr_casecmp(OBJ_nid2sn(nid), word) == 0 || (nist && apr_cstr_casecmp(nist, word) == 0)
        || (nid == NID_X9_62_prime256v1 && apr_cstr_casecmp("secp256r1", word) == 0)
        || (nid == NID_X9_62_prime192v1 && apr_cstr_casecmp("secp192r1", word) == 0);
}

const char *mtls_parse_curve(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    size_t n = EC_get_builtin_curves(NULL, 0), i;
    EC_builtin_curve *curves = apr_palloc(p, (n + 1) * sizeof(*curves));

    if (*word == '\0')
        return empty;
    EC_get_builtin_curves(curves, n);
    for (i = 0; i < n; i++) {
        if (is_curve(curves[i].nid, word)) {
            *value = mtls_value_text(mtls_str_copy(p, mtls_str(mtls_curve_name(curves[i].nid))));
            return NULL;
        }
    }
    return "is not the name of an elliptic curve that OpenSSL knows, such as P-256, secp256k1 or brainpoolP256r1";
}

const char *mtls_parse_sigalg(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    int nid = OBJ_ln2nid(word);

    if (*word == '\0')
        return empty;
    if (nid == NID_undef)
        nid = OBJ_sn2nid(word);
    if (nid == NID_undef || !OBJ_find_sigid_algs(nid, NULL, NULL)) {
        return "is not the name of a signature algorithm that OpenSSL knows, such as sha256WithRSAEncryption, "
               "ecdsa-with-SHA256 or ED25519";
    }
    *value = mtls_value_text(mtls_str_copy(p, mtls_str(OBJ_nid2ln(nid))));
    return NULL;
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_type.h
 * @brief What kinds of values there are, and what equal means for each.
 *
 * A type knows how a word of the configuration becomes a value (parse) and how
 * a value becomes its canonical key (so that "is" is a comparison of octets).
 * Everything is pure; values live in the pool that was passed.
 */
#ifndef MTLS_TYPE_H
#define MTLS_TYPE_H

#include <apr_pools.h>
#include "mtls_text.h"

/** A distinguished name: see mtls_dn.h. */
typedef struct mtls_dn_t mtls_dn_t;

/** One value of a field, or one operand of a rule. */
typedef struct mtls_value_t {
    mtls_str_t text;     /**< what formats print: UTF-8 text; or octets (hash, IP, DER of a certificate,
                              two's complement content octets of a serial); a DN: DER of the Name;
                              an OID: dotted decimal */
    mtls_str_t key;      /**< canonical octets: two values are equal if their keys are */
    apr_int64_t number;  /**< numbers; times in seconds since 1970-01-01T00:00:00Z; durations in
                              seconds; the prefix length of an IP operand (-1 in a certificate) */
    const mtls_dn_t *dn; /**< DN type only */
} mtls_value_t;

/** How much is known of a field. */
typedef enum mtls_known_t {
    MTLS_ABSENT,         /**< the certificate does not have it */
    MTLS_PRESENT,        /**< n values, n > 0 */
    MTLS_UNREADABLE,     /**< at least one value cannot be read safely: reason malformed */
    MTLS_UNAVAILABLE,    /**< could not be found out on this connection: reason chain-unavailable */
    MTLS_DIFFERING,      /**< several values where there can be one only: reason ambiguous */
    MTLS_LISTLESS        /**< a list that has no good version would say: reason list-unavailable */
} mtls_known_t;

/** The values of one field in certificate order. n is 0 unless known is MTLS_PRESENT. */
typedef struct mtls_values_t {
    mtls_known_t known;
    int n;
    const mtls_value_t *v;
} mtls_values_t;

/** The operators; each type has a set of them. */
enum {
    MTLS_OP_IS = 1, MTLS_OP_PRESENT = 2, MTLS_OP_COVERS = 4, MTLS_OP_LIKE = 8, MTLS_OP_MATCHES = 16,
    MTLS_OP_LT = 32, MTLS_OP_LE = 64, MTLS_OP_GT = 128, MTLS_OP_GE = 256
};

/** One constant per row of tbl/types.h. */
typedef enum mtls_type_id_t {
#define MTLS_TYPE(id, name, ops, separator, format, parse, example, doc) MTLS_T_##id,
#include "tbl/types.h"
    MTLS_TYPE_COUNT
} mtls_type_id_t;

/** One row. */
typedef struct mtls_type_t {
    const char *name;     /**< as documents call it */
    unsigned ops;         /**< set of MTLS_OP_ */
    char separator;       /**< what a single * of "like" stops at; 0: nothing */
    const char *format;   /**< name of the default export format */
    /** A word of the configuration as a value in p. @return NULL, or a sentence fragment
     *  ("is not a SHA-256 digest: 64 hexadecimal digits are needed") in p. */
    const char *(*parse)(apr_pool_t *p, const char *word, mtls_value_t *value);
    const char *example;  /**< an operand as a user writes it */
    const char *doc;      /**< one line */
} mtls_type_t;

extern const mtls_type_t mtls_types[MTLS_TYPE_COUNT];

/** True if an operand's network (key and number) holds the address. Same family only. */
int mtls_ip_in_network(const mtls_value_t *network, const mtls_value_t *address);

#define MTLS_NETWORK_KEY_MAX 17

/** The network of this prefix length that an address is in, as octets that are the same for each of its addresses and
 *  for no other network. A key of the address alone is not unique: 10.0.0.0/8 and 10.0.0.0/16 have the same.
 *  @param room MTLS_NETWORK_KEY_MAX octets, which the result points to */
mtls_str_t mtls_ip_network_key(char *room, mtls_str_t address, apr_int64_t prefix);

/* Canonical values, used by the readers of certificates and by parse alike. */

/** Text compared octet by octet. */
mtls_value_t mtls_value_text(mtls_str_t text);
/** ASCII case ignored: DNS names. Copies into p. */
mtls_value_t mtls_value_dns(apr_pool_t *p, mtls_str_t text);
/** ASCII case of what follows the last '@' ignored (mail, UPN is plain text). Copies into p. */
mtls_value_t mtls_value_mail(apr_pool_t *p, mtls_str_t text);
/** 4 or 16 octets in network order. */
mtls_value_t mtls_value_ip(mtls_str_t octets);
/** An INTEGER's value: content octets, two's complement; the key is minimal. */
mtls_value_t mtls_value_serial(apr_pool_t *p, mtls_str_t content);
/** A number, time or duration; the key is its decimal text in p. */
mtls_value_t mtls_value_number(apr_pool_t *p, apr_int64_t number);
/** An OBJECT IDENTIFIER's content octets; text is dotted decimal in p, key the octets.
 *  @return 0, or -1 if the octets are no OID (padded or unterminated arcs, none at all) */
int mtls_value_oid(apr_pool_t *p, mtls_str_t content, mtls_value_t *value);
/** Dotted decimal (and nothing else) as an OID value in p. @return NULL or a sentence fragment. */
const char *mtls_oid_parse(apr_pool_t *p, const char *dotted, mtls_value_t *value);

#endif

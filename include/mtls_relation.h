/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_relation.h
 * @brief How a value stands to operands: one row per family of operators. Private to the rules' rooms.
 */
#ifndef MTLS_RELATION_H
#define MTLS_RELATION_H

#include <apr_hash.h>
#include "mtls_match.h"

typedef struct mtls_relation_t mtls_relation_t;

struct mtls_rule_t {
    const mtls_field_t *field;           /**< NULL: the bare rule, or one on lists */
    apr_array_header_t *lists;           /**< of int: "in LIST", numbers of the fieldset; NULL: no such rule */
    const mtls_operator_t *op;
    const mtls_relation_t *relation;
    apr_array_header_t *operands;        /**< of mtls_value_t, or of const mtls_regex_t * */
    apr_hash_t *keys;                    /**< is: canonical keys of the operands */
    apr_array_header_t *prefixes;        /**< is, IP networks: the distinct prefix lengths, mtls_value_t */
};

struct mtls_relation_t {
    unsigned ops;                        /**< MTLS_OP_ */
    /** One word behind the operator. @return NULL or a sentence fragment that follows the quoted word. */
    const char *(*operand)(apr_pool_t *p, const mtls_host_t *host, mtls_rule_t *rule, const char *word);
    /** 1 yes, 0 no, -1 no, because a limit was reached. */
    int (*relate)(const mtls_rule_t *rule, const mtls_value_t *value);
};

/** The row of an operator; never NULL. */
const mtls_relation_t *mtls_relation_of(const mtls_operator_t *op);

#endif

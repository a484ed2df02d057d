/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Operators: what they make of a word, and how a value stands to it. */
#include <arpa/inet.h>
#include <string.h>
#include <apr_strings.h>

#include "mtls_pem.h"
#include "mtls_relation.h"

struct mtls_regex_t {
    const mtls_host_t *host;
    void *compiled;
};

/* ---- regular expressions ---- */

/* Enough for any sane expression over a certificate's text; a hostile pair gives up in well under 50 ms. */
#define REGEX_LIMITS "(*UTF)(*LIMIT_MATCH=100000)"

const char *mtls_regex_make(apr_pool_t *p, const mtls_host_t *host, const char *pattern, const mtls_regex_t **regex)
{
    mtls_regex_t *made = apr_palloc(p, sizeof(*made));
    const char *error, *plain;
    void *alone;

    if (strstr(pattern, "(*ACCEPT"))
        return "has (*ACCEPT), with which the beginning of a value would pass for all of it";
    /* By itself first, so that no pattern can close the group that anchors it. */
    error = host->regex_compile(p, apr_pstrcat(p, REGEX_LIMITS, pattern, NULL), &alone);
    if (error) {
        plain = host->regex_compile(p, pattern, &alone);     /* its offsets are those the operator can count */
        error = plain ? plain : error;
    }
    else
        error = host->regex_compile(p, apr_pstrcat(p, REGEX_LIMITS, "\\A(?:", pattern, ")\\z", NULL), &made->compiled);
    if (error)
        return apr_psprintf(p, "is not a regular expression: %s", error);
    made->host = host;
    *regex = made;
    return NULL;
}

int mtls_regex_match(const mtls_regex_t *regex, mtls_str_t text, mtls_str_t *group)
{
    return regex->host->regex_match(regex->compiled, text, group);
}

/* ---- is ---- */

static void keep_network(apr_pool_t *p, mtls_rule_t *rule, const mtls_value_t *network)
{
    char *room = apr_palloc(p, network->key.len + 1);
    mtls_str_t key = mtls_ip_network_key(room, network->key, network->number);
    int i;

    apr_hash_set(rule->keys, key.ptr, (apr_ssize_t)key.len, "");
    for (i = 0; i < rule->prefixes->nelts; i++) {
        const mtls_value_t *seen = &APR_ARRAY_IDX(rule->prefixes, i, mtls_value_t);

        if (seen->number == network->number && seen->key.len == network->key.len)
            return;
    }
    APR_ARRAY_PUSH(rule->prefixes, mtls_value_t) = *network;
}

static int in_networks(const mtls_rule_t *rule, const mtls_value_t *value)
{
    char room[MTLS_NETWORK_KEY_MAX];
    int i;

    for (i = 0; i < rule->prefixes->nelts; i++) {
        const mtls_value_t *network = &APR_ARRAY_IDX(rule->prefixes, i, mtls_value_t);
        mtls_str_t key;

        if (network->key.len != value->key.len)
            continue;
        key = mtls_ip_network_key(room, value->key, network->number);
        if (apr_hash_get(rule->keys, key.ptr, (apr_ssize_t)key.len))
            return 1;
    }
    return 0;
}

static int is_network_type(const mtls_rule_t *rule)
{
    return rule->field->type == &mtls_types[MTLS_T_IP];
}

static void keep_key(apr_pool_t *p, mtls_rule_t *rule, const mtls_value_t *value)
{
    if (is_network_type(rule))
        keep_network(p, rule, value);
    else
        apr_hash_set(rule->keys, value->key.ptr, (apr_ssize_t)value->key.len, "");
}

static const char *operand_is(apr_pool_t *p, const mtls_host_t *host, mtls_rule_t *rule, const char *word)
{
    const char *error;
    int i;

    if (!rule->keys) {
        rule->keys = apr_hash_make(p);
        rule->prefixes = apr_array_make(p, 2, sizeof(mtls_value_t));
    }
    error = mtls_pem_operand(p, host, rule->field, word, rule->operands);
    if (error)
        return error;
    for (i = 0; i < rule->operands->nelts; i++)
        keep_key(p, rule, &APR_ARRAY_IDX(rule->operands, i, mtls_value_t));
    rule->operands->nelts = 0;
    return NULL;
}

static int relate_is(const mtls_rule_t *rule, const mtls_value_t *value)
{
    if (is_network_type(rule))
        return in_networks(rule, value);
    return apr_hash_get(rule->keys, value->key.ptr, (apr_ssize_t)value->key.len) != NULL;
}

/* ---- like, covers, matches ---- */

static const char *operand_like(apr_pool_t *p, const mtls_host_t *host, mtls_rule_t *rule, const char *word)
{
    const char *error = mtls_glob_refused(word);

    (void)host;
    if (!error)
        APR_ARRAY_PUSH(rule->operands, mtls_value_t) = mtls_value_text(mtls_str_copy(p, mtls_str(word)));
    return error;
}

static int relate_like(const mtls_rule_t *rule, const mtls_value_t *value)
{
    int i;

    for (i = 0; i < rule->operands->nelts; i++) {
        if (mtls_glob_like(rule->field->type, APR_ARRAY_IDX(rule->operands, i, mtls_value_t).text, value->text))
            return 1;
    }
    return 0;
}

static const char *operand_covers(apr_pool_t *p, const mtls_host_t *host, mtls_rule_t *rule, const char *word)
{
    mtls_value_t *value = apr_array_push(rule->operands);
    unsigned char address[4];

    (void)host;
    if (inet_pton(AF_INET, word, address) == 1)
        return "is an IP address, which no DNS name covers: 'san.ip' is for addresses";
    if (strchr(word, '*'))
        return "is a pattern: 'covers' takes the host name that a certificate's name shall cover";
    return rule->field->type->parse(p, word, value);
}

static int relate_covers(const mtls_rule_t *rule, const mtls_value_t *value)
{
    int i;

    for (i = 0; i < rule->operands->nelts; i++) {
        if (mtls_dns_covers(value->text, APR_ARRAY_IDX(rule->operands, i, mtls_value_t).text))
            return 1;
    }
    return 0;
}

static const char *operand_matches(apr_pool_t *p, const mtls_host_t *host, mtls_rule_t *rule, const char *word)
{
    if (!*word)
        return "is empty";
    return mtls_regex_make(p, host, word, (const mtls_regex_t **)apr_array_push(rule->operands));
}

static int relate_matches(const mtls_rule_t *rule, const mtls_value_t *value)
{
    int i, result = 0;

    for (i = 0; i < rule->operands->nelts; i++) {
        int matched = mtls_regex_match(APR_ARRAY_IDX(rule->operands, i, const mtls_regex_t *), value->text, NULL);

        if (matched == 1)
            return 1;
        if (matched < 0)
            result = -1;
    }
    return result;
}

/* ---- order ---- */

static const char *operand_order(apr_pool_t *p, const mtls_host_t *host, mtls_rule_t *rule, const char *word)
{
    (void)host;
    return rule->field->type->parse(p, word, apr_array_push(rule->operands));
}

static int in_order(unsigned op, apr_int64_t value, apr_int64_t operand)
{
    switch (op) {
    case MTLS_OP_LT: return value < operand;
    case MTLS_OP_LE: return value <= operand;
    case MTLS_OP_GT: return value > operand;
    default:         return value >= operand;
    }
}

static int relate_order(const mtls_rule_t *rule, const mtls_value_t *value)
{
    int i;

    for (i = 0; i < rule->operands->nelts; i++) {
        if (in_order(rule->op->bit, value->number, APR_ARRAY_IDX(rule->operands, i, mtls_value_t).number))
            return 1;
    }
    return 0;
}

/* ---- present ---- */

static const char *operand_present(apr_pool_t *p, const mtls_host_t *host, mtls_rule_t *rule, const char *word)
{
    (void)p, (void)host, (void)rule, (void)word;
    return "is too much: 'present' takes no value";
}

static int relate_present(const mtls_rule_t *rule, const mtls_value_t *value)
{
    (void)rule, (void)value;
    return 1;
}

static const mtls_relation_t relations[] = {
    { MTLS_OP_IS, operand_is, relate_is },
    { MTLS_OP_COVERS, operand_covers, relate_covers },
    { MTLS_OP_LIKE, operand_like, relate_like },
    { MTLS_OP_MATCHES, operand_matches, relate_matches },
    { MTLS_OP_LT | MTLS_OP_LE | MTLS_OP_GT | MTLS_OP_GE, operand_order, relate_order },
    { MTLS_OP_PRESENT, operand_present, relate_present }
};

const mtls_relation_t *mtls_relation_of(const mtls_operator_t *op)
{
    const mtls_relation_t *relation = relations;

    while (!(relation->ops & op->bit))
        relation++;
    return relation;
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_match.h
 * @brief Rules: a field, an operator and operands, compiled once, pure afterwards.
 */
#ifndef MTLS_MATCH_H
#define MTLS_MATCH_H

#include <apr_tables.h>
#include "mtls_cert.h"

/** What the core borrows from its host (a server, a tool, a test). */
typedef struct mtls_host_t {
    /** Compile a regular expression. @return NULL and *regex, or a sentence fragment in p. */
    const char *(*regex_compile)(apr_pool_t *p, const char *pattern, void **regex);
    /** Does it match? @return 1 yes, 0 no, -1 it ran into a limit. group (may be NULL) gets the
     *  first parenthesised group, as a part of text. */
    int (*regex_match)(const void *regex, mtls_str_t text, mtls_str_t *group);
    /** The full path in p of a path as the configuration writes it. NULL if it cannot be. */
    const char *(*path)(apr_pool_t *p, const char *name);
} mtls_host_t;

/** An anchored regular expression over one value (UTF-8, bounded in its steps). */
typedef struct mtls_regex_t mtls_regex_t;

/** @return NULL and *regex in p, or a sentence fragment that says what is wrong with the pattern */
const char *mtls_regex_make(apr_pool_t *p, const mtls_host_t *host, const char *pattern, const mtls_regex_t **regex);

/** 1 match, 0 none, -1 ran into its limit: nobody knows, which is no match, and none to be negated; say so in the log.
 *  Any thread. group (may be NULL) as in mtls_host_t. */
int mtls_regex_match(const mtls_regex_t *regex, mtls_str_t text, mtls_str_t *group);

/**
 * True if the glob matches all of text: '*' stands for any run without sep, '**' for any run;
 * nothing else is special. Costs no more than a multiple of text's length that depends on the glob alone.
 *
 * @param sep 0: a single '*' stops at nothing
 * @param fold_from ASCII case is ignored in text from this offset on
 */
int mtls_glob(mtls_str_t glob, mtls_str_t text, char sep, apr_size_t fold_from);

/** True if the glob matches all of a value of this type: what "like" says. */
int mtls_glob_like(const mtls_type_t *type, mtls_str_t glob, mtls_str_t text);

/** NULL, or a sentence fragment why a word can be no glob. */
const char *mtls_glob_refused(const char *word);

/** True if a certificate's DNS name covers a host name (RFC 9525 section 6.3): equal ignoring ASCII
 *  case, or a whole left-most label '*' standing for exactly one label. */
int mtls_dns_covers(mtls_str_t presented, mtls_str_t reference);

/** The rows of tbl/operators.h: names and meanings. */
typedef struct mtls_operator_t {
    const char *name;
    unsigned bit;                /**< MTLS_OP_ */
    const char *doc;
} mtls_operator_t;

extern const mtls_operator_t mtls_operators[];
extern const int mtls_operators_len;

typedef enum mtls_truth_t { MTLS_FALSE, MTLS_TRUE, MTLS_UNKNOWN } mtls_truth_t;

/** What a rule says of a view. reason is MTLS_GRANTED for true, MTLS_NO_MATCH for false, else why
 *  it cannot be known. limited: a regular expression ran into its limit; unknown then, with MTLS_NO_MATCH. With a
 *  few values it did so, and no others are looked at. */
typedef struct mtls_answer_t {
    mtls_truth_t truth;
    mtls_reason_t reason;
    int limited;
} mtls_answer_t;

/** A compiled line. Immutable. */
typedef struct mtls_rule_t mtls_rule_t;

/**
 * Compile the words behind "Require mtls". No words: the bare rule.
 *
 * @param set  the fields of this configuration; grows
 * @param p    owns the rule
 * @return NULL and *rule, or a sentence in p that names the word and lists what would be accepted
 */
const char *mtls_rule_compile(apr_pool_t *p, mtls_fieldset_t *set, const mtls_host_t *host,
                              int argc, const char *const *argv, const mtls_rule_t **rule);

/**
 * The same for a line as it is written, in words as httpd reads them. Refuses also what is no value without quotes.
 *
 * @param line  what stands behind "Require mtls", without blanks in front
 */
const char *mtls_rule_read(apr_pool_t *p, mtls_fieldset_t *set, const mtls_host_t *host, const char *line,
                           const mtls_rule_t **rule);

/** True if the rule says the same of the same facts for ever, as long as they are believed: it asks neither the
 *  clock nor a list. */
int mtls_rule_lasts(const mtls_rule_t *rule);

/** Ask. Pure but for p, which takes what live fields need. */
mtls_answer_t mtls_rule_ask(apr_pool_t *p, const mtls_rule_t *rule, const mtls_view_t *view);

/** True if the rule asks the list with this number: "in LIST". */
int mtls_rule_asks_list(const mtls_rule_t *rule, int list);

/** True for "Require mtls" without any words. */
int mtls_rule_is_bare(const mtls_rule_t *rule);

#endif

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file explain.h
 * @brief What the parts of mtls-explain share.
 *
 * One certificate is looked at as the module would look at it in a request
 * whose certificate was verified: the same facts, rules and profiles.
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <stdio.h>
#include <apr_tables.h>
#include <jansson.h>
#include "cert_file.h"
#include "mtls_header.h"
#include "mtls_match.h"

/** A rule as it was given, and compiled. */
typedef struct explain_rule_t {
    const char *text;
    const mtls_rule_t *rule;
} explain_rule_t;

/** What was asked for. */
typedef struct explain_options_t {
    apr_pool_t *pool;
    const char *chain_file;          /**< NULL: the chain is not known */
    apr_array_header_t *chain;       /**< of X509 *, issuer first */
    apr_array_header_t *rules;       /**< of const char * */
    apr_array_header_t *profiles;    /**< of const char * */
    apr_int64_t now;
    int json;
    int fetch_fields;
} explain_options_t;

/** One certificate, as a request would see it. */
typedef struct explain_t {
    apr_pool_t *pool;                /**< for this certificate alone */
    const explain_options_t *options;
    const char *file;
    X509 *leaf;
    mtls_fieldset_t *set;
    int shown;                       /**< slots from 0 on that are shown; the rest serves rules and headers */
    apr_array_header_t *rules;       /**< of explain_rule_t */
    mtls_headerset_t *headerset;
    apr_array_header_t *headers;     /**< of const mtls_header_t * */
    mtls_view_t view;
} explain_t;

/** PCRE2 as the server uses it, and paths as they are. */
extern const mtls_host_t explain_host;

/** Add every field of the registry to the set, and the members of families that the certificate has. */
void explain_add_fields(explain_t *explain);

/** The octets that a malformed field was read from, one mtls_str_t for each value; none where they are not single. */
apr_array_header_t *explain_raw(apr_pool_t *p, X509 *certificate, const mtls_field_t *field);

/** A rule as mtls_rule_read takes it: "Require mtls" in front is taken off. */
const char *explain_rule_line(apr_pool_t *p, const char *line);

/** Lines for the server's configuration, each of them true for this certificate; none unless it stands.
 *  @return array of const char *: comments, containers and Require lines, indented */
apr_array_header_t *explain_require(const explain_t *explain);

/** How the certificate stands by itself: one sentence. */
const char *explain_standing(const explain_t *explain);

/** A value in its type's default format. NULL if that cannot print it. */
const char *explain_value(apr_pool_t *p, const mtls_field_t *field, const mtls_value_t *value);

/** "present", "absent", "malformed", "unavailable". */
const char *explain_known(mtls_known_t known);

/** "true", "false", "unknown". */
const char *explain_truth(mtls_truth_t truth);

/** Seconds since 1970 in RFC 3339 form. */
const char *explain_time(apr_pool_t *p, apr_int64_t seconds);

/** Print what was asked for about one certificate, for people. */
void explain_print(const explain_t *explain, FILE *out);

/** The registry as a table. */
void explain_print_fields(apr_pool_t *p, FILE *out);

/** The same as explain_print as a value of a JSON document. NULL: out of memory. */
json_t *explain_json(const explain_t *explain);

#endif

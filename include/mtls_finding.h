/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_finding.h
 * @brief What the warnings at the start share: a survey of the configuration, and how to warn.
 *
 * Everything here reads httpd's tree of directives, which is what the operator wrote.
 */
#ifndef MTLS_FINDING_H
#define MTLS_FINDING_H

#include "mtls_conf.h"

/** What is written in a virtual host at any level, or in the main server (outside of all). */
typedef struct mtls_site_t {
    const ap_directive_t *host;      /**< <VirtualHost>; NULL: the main server */
    server_rec *server;
    const ap_directive_t *use;       /**< the first line for which clients need certificates, or NULL */
    int engine;                      /**< SSLEngine: 1 on, 0 off, MTLS_UNSET */
    int verifies;                    /**< SSLVerifyClient is there and not always none */
    int backstop;                    /**< MTLSBackstop is on somewhere */
} mtls_site_t;

typedef struct mtls_survey_t {
    apr_pool_t *p;
    server_rec *main_server;
    mtls_fieldset_t *fields;         /**< of its own: looking at a line brings nothing into use */
    apr_array_header_t *aliases;     /**< of const char *: names of <AuthzProviderAlias mtls ...> */
    apr_array_header_t *sites;       /**< of mtls_site_t, the main server first */
    apr_array_header_t *listens;     /**< of const ap_directive_t *: Listen and Protocol lines */
} mtls_survey_t;

mtls_survey_t *mtls_survey_make(apr_pool_t *p, server_rec *main_server);

/** The site a directive stands in. */
const mtls_site_t *mtls_survey_site(const mtls_survey_t *survey, const ap_directive_t *directive);

/** True if what is written in the site, or inherited from or by it, uses certificates. */
int mtls_survey_uses(const mtls_survey_t *survey, const mtls_site_t *site);

/** One warning: file, line and sentence. */
void mtls_finding_warn(const mtls_survey_t *survey, const ap_directive_t *at, const char *sentence);

/** True for a Require line of ours, negated or not, by our name or by an alias. */
int mtls_finding_is_rule(const mtls_survey_t *survey, const ap_directive_t *directive);

/** The words of our own Require line behind "mtls", negated or not; NULL for other directives. */
const apr_array_header_t *mtls_finding_words(const mtls_survey_t *survey, const ap_directive_t *directive);

/** True for <RequireAll>, <RequireAny> and <RequireNone>. */
int mtls_finding_is_container(const ap_directive_t *directive);

/** The section whose Require tree a line belongs to: containers and <Limit> are within it. NULL: none. */
const ap_directive_t *mtls_finding_section(const ap_directive_t *directive);

/** The directives beside this one, itself among them. */
const ap_directive_t *mtls_finding_siblings(const ap_directive_t *directive);

/** The MTLSBackstop that is written nearest around a directive: 1, 0 or MTLS_UNSET. */
int mtls_finding_backstop(const mtls_survey_t *survey, const ap_directive_t *directive);

/** The path of a section's plain form, <Location "/a"> or <Directory "/a">; NULL where it is a pattern, or has none. */
const char *mtls_finding_path(const mtls_survey_t *survey, const ap_directive_t *section);

/** True if whatever is below path is below prefix, too. */
int mtls_finding_covers(const char *prefix, const char *path);

/* The findings: each looks at one directive. */
typedef void mtls_finding_fn(const mtls_survey_t *survey, const ap_directive_t *directive);

mtls_finding_fn mtls_find_section_verify, mtls_find_optional_no_ca, mtls_find_opt_renegotiate, mtls_find_sni_policy;
mtls_finding_fn mtls_find_lone_serial, mtls_find_lone_serial_list, mtls_find_unused_list;
mtls_finding_fn mtls_find_impossible, mtls_find_odd_value, mtls_find_pem_text;
mtls_finding_fn mtls_find_satisfy_any, mtls_find_other_provider, mtls_find_limited_rule;
mtls_finding_fn mtls_find_exempt_prefix;
mtls_finding_fn mtls_find_open_status;
mtls_finding_fn mtls_find_only_revoked;

/* And those that look at all of it. */
void mtls_find_no_certificates(const mtls_survey_t *survey);
void mtls_find_dropped_rules(const mtls_survey_t *survey);
void mtls_find_quick_cache(const mtls_survey_t *survey);
void mtls_find_report_only(const mtls_survey_t *survey);

#endif

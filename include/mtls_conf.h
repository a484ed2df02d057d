/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_conf.h
 * @brief What the operator wrote: settings, their merging, and what one configuration is made of.
 *
 * Everything here is written while the configuration is read, by one thread,
 * and constant afterwards.
 */
#ifndef MTLS_CONF_H
#define MTLS_CONF_H

#include "httpd.h"
#include "apr_hash.h"
#include "http_config.h"

#include "mtls_castore.h"
#include "mtls_header.h"
#include "mtls_list.h"
#include "mtls_match.h"

extern module AP_MODULE_DECLARE_DATA mtls_authz_module;

/** Where something was written. */
typedef struct mtls_place_t {
    const char *file;
    int line;
} mtls_place_t;

/** A section of a virtual host (or the virtual host itself) in which something of ours, or a Require line,
 *  is written: what decisions are counted by. */
typedef struct mtls_zone_t {
    server_rec *server;
    const char *name;            /**< "<Location /orders/>", with the sections around it; "" for the virtual host itself */
    mtls_place_t place;          /**< of the section */
    int number;                  /**< of its counters; set by mtls_zone_prepare */
    int rules;                   /**< Require mtls lines, by our name or by an alias */
    int others;                  /**< Require lines of other providers */
    int granted;                 /**< "Require all granted" is one of them */
    const struct mtls_dir_t *own;    /**< settings written there; NULL: none */
    const ap_directive_t *around;    /**< the section that it is written in, while the configuration is read; NULL: none */
    const struct mtls_zone_t *outer; /**< the next zone around it; set by mtls_zone_separate; NULL: none */
} mtls_zone_t;

/** Who decides about the requests of a section: the Require lines that are written there; see mtls_ruling.h. */
typedef struct mtls_ruling_t mtls_ruling_t;

/** One "Require mtls" line. */
typedef struct mtls_line_t {
    const mtls_rule_t *rule;
    const char *text;            /**< the words behind Require, as written */
    mtls_place_t place;
    int number;                  /**< its place among all lines */
    int negated;                 /**< an odd number of "not" and <RequireNone> above it */
    int enforced;                /**< MTLSMode enforce is written in its section: merging does not change that */
    const mtls_zone_t *zone;     /**< the section it stands in; NULL: an alias */
    const mtls_ruling_t *ruling; /**< likewise */
} mtls_line_t;

/** One word of an MTLSExport line. */
typedef struct mtls_export_t {
    const char *word;            /**< with its options */
    apr_size_t name_len;         /**< the profile's name are its first octets */
    apr_array_header_t *headers; /**< of const mtls_header_t *; NULL: this one is taken out (-PROFILE) */
    mtls_place_t place;
} mtls_export_t;

/** The profiles exported in a section. */
typedef struct mtls_exports_t {
    int relative;                /**< words with + and -: changes the outer section's list */
    apr_array_header_t *list;    /**< of const mtls_export_t * */
} mtls_exports_t;

/** One MTLSHeader line. */
typedef struct mtls_single_t {
    const char *name;
    const mtls_header_t *header; /**< NULL: "none" */
    mtls_place_t place;
} mtls_single_t;

/** How r->user is made: MTLSUser. */
typedef struct mtls_user_t {
    const mtls_field_t *field;
    const mtls_format_t *format;
    const mtls_regex_t *regex;   /**< NULL: the whole value */
    mtls_place_t place;
    const char *text;            /**< the words behind MTLSUser, as written */
} mtls_user_t;

#define MTLS_UNSET (-1)
#define MTLS_MAX_HEADERS_DEFAULT 32768

/** The settings of a section: type, member, value when unset, how an inner one is laid over an outer one. */
#define MTLS_DIR_SETTINGS(X)                                              \
    X(const mtls_exports_t *, exports, NULL, merge_exports)               \
    X(apr_array_header_t *, singles, NULL, merge_singles)                 \
    X(apr_int64_t, max_headers, MTLS_UNSET, pick_number)                  \
    X(const mtls_user_t *, user, NULL, pick_user)                         \
    X(int, env, MTLS_UNSET, pick_flag)                                    \
    X(int, backstop, MTLS_UNSET, pick_flag)                               \
    X(int, path_check, MTLS_UNSET, pick_flag)                             \
    X(int, report, MTLS_UNSET, pick_flag)                                 \
    X(int, subjects, MTLS_UNSET, pick_flag)                               \
    X(int, rules, MTLS_UNSET, pick_flag)                                  \
    X(const mtls_zone_t *, zone, NULL, pick_zone)                         \
    X(const mtls_ruling_t *, ruling, NULL, pick_ruling)

typedef struct mtls_dir_t {
#define X(type, name, unset, merge) type name;
    MTLS_DIR_SETTINGS(X)
#undef X
    int silent;                  /**< no setting is written there, but for the two last ones; 0: not known */
    int lasts;                   /**< it is the configuration's, not a request's: its address stands for it */
} mtls_dir_t;

/** MTLSGuard. */
typedef enum mtls_guard_mode_t { MTLS_GUARD_UNSET, MTLS_GUARD_ALL, MTLS_GUARD_USED, MTLS_GUARD_OFF } mtls_guard_mode_t;

/** A log of decisions: see mtls_auditlog.h. */
typedef struct mtls_auditlog_t mtls_auditlog_t;

/** The settings of a virtual host. */
typedef struct mtls_server_t {
    mtls_guard_mode_t mode;
    int on_spoof_reject;             /**< MTLS_UNSET, 0 strip, 1 reject */
    apr_array_header_t *pass;        /**< of const char *: MTLSPass words */
    mtls_auditlog_t *auditlog;       /**< MTLSAuditLog; NULL: none */
    int audit_all;                   /**< granted decisions, too */
    int what_if;                     /**< MTLSWhatIf */
    int verify_depth;                /**< what if: SSLVerifyDepth or MTLS_UNSET; set by mtls_check */
    void *tls;                       /**< what if: the SSL_CTX, a reference; see mtls_suppose.h. NULL: no TLS here */
    int touched;                     /**< a directive or rule of ours stands in this virtual host */
    const mtls_zone_t *zone;         /**< for what is in no section's; set by mtls_check */
    apr_int64_t expiry_warning;      /**< MTLSExpiryWarning in seconds; 0: off, MTLS_UNSET */
    const mtls_guard_t *guard;       /**< names removed from what clients send; set by mtls_check, NULL: none */
} mtls_server_t;

/** A list as it was written: MTLSList, MTLSKillList. */
typedef struct mtls_listed_t {
    mtls_list_t *list;
    mtls_place_t place;
} mtls_listed_t;

#define MTLS_LIST_INTERVAL_DEFAULT (5 * APR_USEC_PER_SEC)

/** A change is in force within the interval: it is seen after one part, still for three, and taken up in the last. */
#define MTLS_LIST_PARTS 5
#define MTLS_LIST_STILL 3

/** An <AuthzProviderAlias> of a line of ours. */
typedef struct mtls_alias_t {
    const char *name;
    mtls_place_t place;
} mtls_alias_t;

/** All that one reading of the configuration has brought. */
typedef struct mtls_generation_t {
    apr_pool_t *pool;
    int used;                        /**< anything of ours was written: else the module does nothing */
    mtls_fieldset_t *fields;
    mtls_headerset_t *headers;
    const mtls_guard_t *exported;    /**< the names of all headers that are exported anywhere; set by mtls_check */
    apr_array_header_t *lines;       /**< of mtls_line_t *: every Require mtls line */
    const mtls_guard_t *guarded;     /**< every name that any virtual host may guard; set by mtls_check */
    mtls_castore_t *castore;         /**< NULL: no shared memory for it */
    int fastcgi_pools;               /**< a balancer has members that speak FastCGI; set by mtls_export */
    apr_hash_t *places;              /**< by SSL_CTX *: MTLS_DIGEST_LEN octets; see mtls_session.h */
    int direct;                      /**< H2Direct is on somewhere */
    apr_array_header_t *variables;   /**< of const mtls_field_t *: MTLSEnv; NULL: nowhere on */
    int backstop;                    /**< MTLSBackstop is on somewhere */
    apr_array_header_t *auditlogs;   /**< of mtls_auditlog_t *; NULL: none */
    apr_array_header_t *audited;     /**< of const mtls_field_t *: what they tell of a certificate; NULL: nothing */
    int report;                      /**< MTLSMode is report somewhere */
    ap_conf_vector_t *granted;       /**< a section that grants what all others let it; see mtls_trial.h; NULL: not needed */
    apr_array_header_t *lists;       /**< of mtls_listed_t: every list, the kill list, too */
    mtls_list_t **list_of;           /**< by number in fields; set by mtls_check, which also opens the lists */
    mtls_list_t *kill_list;          /**< NULL: there is none */
    const apr_array_header_t *authorities;   /**< of X509 *: CAs that clients are verified with; NULL: no lists */
    apr_interval_time_t list_interval;   /**< how long a change of a list may take */
    int subjects;                    /**< MTLSStatusSubjects is on somewhere */
    apr_array_header_t *zones;       /**< of mtls_zone_t *, as they were written; see mtls_zone.h */
    const int *removal_numbers;      /**< counters of the names in guarded; NULL: not counted */
    int what_if;                     /**< MTLSWhatIf is on somewhere */
    int users;                       /**< MTLSUser stands somewhere */
    int path_checks;                 /**< likewise MTLSPathCheck */
    apr_array_header_t *aliases;     /**< of mtls_alias_t; NULL: none. Any section may have a line behind them */
    apr_array_header_t *ruled;       /**< of ap_conf_vector_t *: sections with Require lines, whoever's */
    const module *in_front;          /**< mod_authz_core, if in this child nobody is asked between it and mtls_grant.h */
    int answering;                   /**< the status page is */
    int hooked;                      /**< hooks of requests and connections are registered */
    int closed;                      /**< the configuration has been read: nothing grows any more */
} mtls_generation_t;

/** Written by pre_config, in one thread; what it points to is constant once requests run. See mtls_generation. */
extern mtls_generation_t *mtls_generation_now __attribute__((visibility("hidden")));

/** The current generation; NULL before the first configuration. */
static inline mtls_generation_t *mtls_generation(void)
{
    return mtls_generation_now;
}

/** Begin a new one: pre_config. */
void mtls_generation_begin(apr_pool_t *pconf);

/** Note that something of ours was written in the virtual host of cmd. */
mtls_generation_t *mtls_conf_touch(cmd_parms *cmd);

/** The same for lists, logs and the status page, which are the whole server's: a line outside of virtual hosts does not
 *  say that their clients show certificates. */
mtls_generation_t *mtls_conf_use(cmd_parms *cmd);

static inline mtls_server_t *mtls_server_of(const server_rec *s)
{
    return (mtls_server_t *)ap_get_module_config(s->module_config, &mtls_authz_module);
}

/** Give each virtual host settings of its own: httpd lets those without a directive of ours share the
 *  main server's. Once, when the configuration has been merged. */
void mtls_conf_separate(apr_pool_t *p, server_rec *main_server);

static inline const mtls_dir_t *mtls_dir_of(const request_rec *r)
{
    return (const mtls_dir_t *)ap_get_module_config(r->per_dir_config, &mtls_authz_module);
}

void *mtls_conf_create_dir(apr_pool_t *p, char *path);
void *mtls_conf_merge_dir(apr_pool_t *p, void *base, void *add);
void *mtls_conf_create_server(apr_pool_t *p, server_rec *s);
void *mtls_conf_merge_server(apr_pool_t *p, void *base, void *add);

/** The directives. */
extern const command_rec mtls_directives[];

/** What the core borrows from httpd: regular expressions, ServerRoot. */
extern const mtls_host_t mtls_httpd_host;

/** Call visit for each header that a section exports, profiles first; stops at and returns the first non-zero. */
int mtls_conf_each_header(const mtls_dir_t *dir, int (*visit)(void *ctx, const mtls_header_t *header, mtls_place_t place),
                          void *ctx);

#endif

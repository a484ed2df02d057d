/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_request.h
 * @brief What this module knows of one request.
 *
 * One per request_rec, subrequests and redirected requests have their own; it
 * lives in the request's pool and is touched by the request's thread only.
 */
#ifndef MTLS_REQUEST_H
#define MTLS_REQUEST_H

#include "httpd.h"

#include "mtls_conf.h"
#include "mtls_peer.h"

/** A Require mtls line that was asked, and what it said last. */
typedef struct mtls_tried_t {
    const mtls_line_t *line;
    mtls_answer_t answer;
} mtls_tried_t;

/** A rehearsal of the Require tree in a section that only reports; see mtls_trial.h. */
typedef enum mtls_trial_t {
    MTLS_TRIAL_NONE,
    MTLS_TRIAL_AS_WRITTEN,         /**< a denial is kept for later */
    MTLS_TRIAL_WITHOUT             /**< lines of ours that only report say nothing */
} mtls_trial_t;

/** What was told of the client in a way that no Vary can name; see mtls_vary.h. */
enum {
    MTLS_TOLD_HERE = 1,            /**< in the request itself, */
    MTLS_TOLD_INSIDE = 2           /**< in a subrequest of it */
};

/** A grant that was kept; see mtls_grant.h. */
typedef struct mtls_grant_t mtls_grant_t;

typedef struct mtls_request_t {
    const mtls_peer_t *peer;
    const mtls_peer_t *supposed;   /**< what if: the peer that this subrequest sees in the place of the connection's; NULL:
                                        a request like all others. See mtls_whatif.h */
    const mtls_peer_t *supposing;  /**< while the status page asks: what the subrequests of this request are to see */
    mtls_view_t view;
    apr_array_header_t *tried;     /**< of mtls_tried_t; NULL: none */
    apr_array_header_t lent;       /**< tried is this one: what it holds is another's, not to be written to */
    const mtls_grant_t *grant;     /**< what will be given in its turn */
    const mtls_ruling_t *walked;   /**< mod_authz_core was asked with these lines, and none had been asked before */
    mtls_reason_t denied;          /**< MTLS_GRANTED: not denied by us */
    int logged;                    /**< the denial was written to the log */
    mtls_reason_t would;           /**< in report mode: why it would have been denied; MTLS_GRANTED: it would not */
    const void *would_for;         /**< the per-directory configuration under which that was found */
    mtls_trial_t trial;
    mtls_reason_t kept;            /**< what a rehearsal would deny for, */
    const char *kept_detail;       /**< and its detail */
    int judging;                   /**< inside a hook run of our own */
    int passed;                    /**< lines were asked, and no access check refused it; kept for audit logs only */
    int audited;                   /**< its denial was written to an audit log */
    int cleaned;                   /**< the client's headers in our names were removed */
    int satisfied;                 /**< a line that is not negated was true */
    const void *identified_by;     /**< the MTLSUser that was asked for a user */
    const char *user;              /**< the user that it made, or NULL */
    mtls_reason_t user_reason;     /**< why MTLSUser made no user; MTLS_GRANTED: it did, or none was asked for */
    apr_array_header_t *judged;    /**< of const void *: configurations under which a line was true; see mtls_backstop.h */
    apr_array_header_t *variables; /**< of const char *: names we have put into subprocess_env; NULL: none */
    const void *variables_for;     /**< the configuration that asked for them */
    const char *const *exported;   /**< names we have put into headers_in, */
    int exports;                   /**< so many of them */
    unsigned told;                 /**< MTLS_TOLD_...; nothing is noted without mod_cache */
    const mtls_membership_t **memberships;   /**< by number of the list: what it has said, in the client's own request */
    const mtls_facts_t *memberships_of;      /**< the facts that were looked up */
    const mtls_peer_t *kill_asked;           /**< for whom the kill list was asked, in the client's own request, */
    const mtls_membership_t *killed;         /**< and what it has said; NULL: it was not asked */
} mtls_request_t;

/** The request's own state, made when first asked for. */
mtls_request_t *mtls_request_of(request_rec *r);

/** Stands for the state of requests of which nothing else is known, which most are: they need no memory. */
extern const mtls_request_t mtls_request_only_cleaned;

/** The request's state if there is one, else NULL. */
static inline mtls_request_t *mtls_request_known(const request_rec *r)
{
    mtls_request_t *request = (mtls_request_t *)ap_get_module_config(r->request_config, &mtls_authz_module);

    return request == &mtls_request_only_cleaned ? NULL : request;
}

/** The client's headers in our names are removed; true if that was said. */
static inline void mtls_request_note_cleaned(request_rec *r)
{
    mtls_request_t *request = mtls_request_known(r);

    if (request)
        request->cleaned = 1;
    else
        ap_set_module_config(r->request_config, &mtls_authz_module, (void *)&mtls_request_only_cleaned);
}
int mtls_request_is_cleaned(const request_rec *r);

/** What this request sees of the certificate, now. */
const mtls_view_t *mtls_request_view(request_rec *r);

/** The same for who has the request's own state at hand. */
const mtls_view_t *mtls_request_look(request_rec *r, mtls_request_t *request);

/** What the kill list says of the client's certificate. There must be one. */
const mtls_membership_t *mtls_request_killed(request_rec *r);

/** The environment variable with the names of lists that were asked and are stale. */
#define MTLS_STALE_VARIABLE "MTLS_STALE_LISTS"

/** The request that the client sent: no subrequest of it, no redirected one. Of a supposed request: the outermost one
 *  that sees what is supposed. */
request_rec *mtls_request_root(request_rec *r);

/** True if this request, or one it was redirected from, was refused: by us, or with a status that
 *  means so (400, 401, 403, 421). Nobody is told then who the client is. */
int mtls_request_refused(const request_rec *r);

/** Take these names out of the request's variables, all at once: there may be tens of thousands, and a table looks through
 *  all that it has for each that is unset. The others stay as they are. */
void mtls_request_unset(request_rec *r, const apr_table_t *names);

#endif

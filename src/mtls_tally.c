/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_core.h"
#include "http_log.h"
#include "http_protocol.h"
#include "apr_strings.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "mtls_apart.h"
#include "mtls_audit.h"
#include "mtls_counters.h"
#include "mtls_describe.h"
#include "mtls_radar.h"
#include "mtls_recent.h"
#include "mtls_tally.h"
#include "mtls_zone.h"

APLOG_USE_MODULE(mtls_authz);

/* How often a certificate on a connection that stays open is looked at again. */
#define LOOK_SECONDS 600
#define DIGEST_DIGITS 16

static const mtls_trait_t *trait_of(request_rec *r, int which)
{
    mtls_trait_t *traits = apr_pcalloc(r->pool, sizeof(*traits) * MTLS_TRAIT_COUNT);

    mtls_describe_traits(r, traits);
    return &traits[which];
}

/* ---- decisions ----
 *
 * A request of a client is counted once, when it is over: redirects and error pages belong to it. */

/** What was decided about one of them. */
typedef struct verdict_t {
    mtls_outcome_t outcome;
    unsigned reason;
} verdict_t;

static verdict_t verdict_of(const request_rec *r, const mtls_request_t *request)
{
    int reports = mtls_dir_of(r)->report == 1;
    verdict_t verdict = { reports ? MTLS_WOULD : MTLS_ENFORCED, MTLS_NOT_ASKED };

    if (request && request->denied != MTLS_GRANTED)
        verdict = (verdict_t){ reports ? MTLS_ENFORCED_IN_REPORT : MTLS_ENFORCED, request->denied };
    else if (request && request->would != MTLS_GRANTED)
        verdict = (verdict_t){ MTLS_WOULD, request->would };
    else if (request && request->tried)
        verdict.reason = MTLS_GRANTED;
    return verdict;
}

static const mtls_zone_t *zone_around(const request_rec *r)
{
    const mtls_zone_t *zone = mtls_dir_of(r)->zone;

    return zone ? zone : mtls_server_of(r->server)->zone;
}

/* The section of the line that was asked last, else that of the request. */
static const mtls_zone_t *zone_of(const request_rec *r, const mtls_request_t *request)
{
    const apr_array_header_t *tried = request ? request->tried : NULL;
    const mtls_zone_t *zone = NULL;

    if (tried && tried->nelts)
        zone = APR_ARRAY_IDX(tried, tried->nelts - 1, mtls_tried_t).line->zone;
    return zone ? zone : zone_around(r);
}

/* The first that says anything: the request itself, or one that it was redirected to. */
static void count_request(const request_rec *r, const mtls_request_t *request)
{
    verdict_t verdict = verdict_of(r, request);
    const request_rec *next;

    for (next = r->next; next && verdict.reason == MTLS_NOT_ASKED; next = next->next) {
        const mtls_request_t *later = mtls_request_known(next);
        verdict_t other = verdict_of(next, later);

        if (other.reason != MTLS_NOT_ASKED) {
            verdict = other;
            request = later;
            r = next;
        }
    }
    mtls_count_decision(zone_of(r, request)->number, verdict.outcome, verdict.reason);
}

/* ---- the last denials ---- */

/* The first line that stands against it. */
static const char *rule_of(request_rec *r)
{
    const mtls_request_t *request = mtls_request_known(r);
    int i;

    for (i = 0; request && request->tried && i < request->tried->nelts; i++) {
        const mtls_tried_t *tried = &APR_ARRAY_IDX(request->tried, i, mtls_tried_t);

        if (mtls_audit_stands_against(tried))
            return apr_psprintf(r->pool, "%s:%d", tried->line->place.file, tried->line->place.line);
    }
    return "";
}

static void put(char *to, apr_size_t size, const char *text)
{
    apr_cpystrn(to, text ? text : "", size);
}

#define PUT(member, text) put(member, sizeof(member), text)

static void note_denial(request_rec *r, const mtls_decision_t *decision)
{
    mtls_recent_t entry = { .time = r->request_time, .would = decision->would, .reason = decision->reason };
    mtls_trait_t traits[MTLS_TRAIT_COUNT];

    if (!mtls_counters_since())
        return;
    PUT(entry.host, mtls_zone_host(r->pool, r->server));
    PUT(entry.method, mtls_describe_text(r->pool, r->method));
    PUT(entry.path, mtls_describe_text(r->pool, r->uri ? r->uri : "-"));
    PUT(entry.rule, rule_of(r));
    PUT(entry.id, decision->request_id);
    if (mtls_describe_traits(r, traits)) {
        apr_cpystrn(entry.digest, traits[MTLS_TRAIT_SHA256].text ? traits[MTLS_TRAIT_SHA256].text : "",
                    DIGEST_DIGITS + 1);
        if (mtls_generation()->subjects)
            PUT(entry.subject, traits[MTLS_TRAIT_SUBJECT].text);
    }
    mtls_recent_add(&entry, apr_time_sec(apr_time_now()));
}

/* ---- certificates that run out ---- */

/* Workloads may all have one subject, or none, and be told apart by this. */
static int digest_alternatives(EVP_MD_CTX *context, const X509 *certificate)
{
    int i = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1);
    const ASN1_OCTET_STRING *der = i < 0 ? NULL : X509_EXTENSION_get_data(X509_get_ext(certificate, i));

    return !der || EVP_DigestUpdate(context, ASN1_STRING_get0_data(der), (size_t)ASN1_STRING_length(der));
}

/* The same for a certificate and the one that replaces it: its issuer's name, and all of its own. */
static int digest_holder(X509 *certificate, unsigned char *digest)
{
    X509_NAME *names[2] = { X509_get_issuer_name(certificate), X509_get_subject_name(certificate) };
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const unsigned char *der;
    int ok = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL), i;
    size_t len;

    for (i = 0; i < 2; i++)
        ok = ok && X509_NAME_get0_der(names[i], &der, &len) && EVP_DigestUpdate(context, der, len);
    ok = ok && digest_alternatives(context, certificate) && EVP_DigestFinal_ex(context, digest, NULL);
    EVP_MD_CTX_free(context);
    return ok;
}

static int add_certificate(request_rec *r, const mtls_peer_t *peer, apr_int64_t now)
{
    mtls_radar_t entry = { .first_seen = now, .not_after = mtls_facts_not_after(mtls_peer_facts(peer)) };

    if (!entry.not_after || !digest_holder(mtls_peer_certificate(peer), entry.holder)
        || mtls_digest_get(mtls_peer_certificate(peer), entry.digest) < 0)
        return -1;
    memcpy(entry.key, mtls_peer_fingerprint(peer), MTLS_RADAR_KEY);
    PUT(entry.host, mtls_zone_host(r->pool, r->server));
    if (mtls_generation()->subjects)
        PUT(entry.subject, trait_of(r, MTLS_TRAIT_SUBJECT)->text);
    return mtls_radar_add(&entry);
}

static void warn_of_expiry(request_rec *r, apr_int64_t not_after, apr_int64_t left)
{
    char date[APR_RFC822_DATE_LEN];

    apr_rfc822_date(date, apr_time_from_sec(not_after));
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                  "a client's certificate runs out in %s, at %s%s (said once a day for each; MTLSExpiryWarning)",
                  left >= 2 * 86400 ? apr_psprintf(r->pool, "%d days", (int)(left / 86400))
                  : apr_psprintf(r->pool, "%d hours", (int)(left / 3600)), date, mtls_describe_certificate(r));
}

static MTLS_APART void look_at(request_rec *r, const mtls_peer_t *peer, apr_int64_t now)
{
    apr_int64_t warning = mtls_server_of(r->server)->expiry_warning, left;
    int place;

    if (!mtls_peer_fingerprint(peer))
        return;
    place = mtls_radar_see(mtls_peer_fingerprint(peer), now);
    if (place < 0)
        place = add_certificate(r, peer, now);
    left = mtls_facts_not_after(mtls_peer_facts(peer)) - now;
    if (place >= 0 && warning > 0 && left >= 0 && left <= warning && mtls_radar_is_due(place, now))
        warn_of_expiry(r, left + now, left);
}

/* Every request comes by; once in a while it looks, by the clock: a request may have begun hours ago. */
static void note_certificate(request_rec *r, const mtls_request_t *request)
{
    if (mtls_memo_is_due(mtls_peer_memo(request->peer), (apr_uint32_t)request->view.now / LOOK_SECONDS))
        look_at(r, request->peer, apr_time_sec(apr_time_now()));
}

/* ---- hooks ---- */

static MTLS_APART int note_decision(request_rec *r, const mtls_request_t *request)
{
    count_request(r, request);
    if (request && request->peer)
        note_certificate(r, request);
    return DECLINED;
}

/* Most requests are of nobody's concern. */
static int note_request(request_rec *r)
{
    const mtls_request_t *request = mtls_request_known(r);

    if (!request && !r->next) {
        mtls_count_decision(zone_around(r)->number, mtls_dir_of(r)->report == 1 ? MTLS_WOULD : MTLS_ENFORCED,
                            MTLS_NOT_ASKED);
        return DECLINED;
    }
    return note_decision(r, request);
}

static void begin_child(apr_pool_t *p, server_rec *s)
{
    (void)p, (void)s;
    mtls_counters_begin_child();
}

void mtls_tally_prepare(server_rec *main_server)
{
    apr_pool_t *process = main_server->process->pool;

    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return;                          /* a trial run: the configuration will be read again */
    mtls_zone_prepare(mtls_generation(), main_server);
    mtls_recent_open(process);
    mtls_radar_open(process);
}

void mtls_tally_register(void)
{
    mtls_audit_watch(note_denial);
    ap_hook_child_init(begin_child, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_log_transaction(note_request, NULL, NULL, APR_HOOK_MIDDLE);
}

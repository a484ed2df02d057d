/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_log.h"
#include "http_protocol.h"
#include "apr_strings.h"

#include <openssl/err.h>

#include "mtls_audit.h"

APLOG_USE_MODULE(mtls_authz);

#define LINES_SHOWN 5
#define DIGEST_DIGITS 16
#define TEXT_SHOWN 1000

/* httpd cuts a line at 8 KB: no client may push out what stands behind its own words. */
static const char *shorten(apr_pool_t *p, const char *text, apr_size_t most)
{
    return strlen(text) <= most ? text : apr_psprintf(p, "%.*s...", (int)most, text);
}

/* What a client chose: visible ASCII stays, all else becomes %HH, blanks and quotes, too, so that nothing
 * in it can look like the line's next part. httpd's log doubles backslashes: ours would be hard to read. */
static const char *safe(apr_pool_t *p, const char *text)
{
    char *encoded = apr_palloc(p, 3 * strlen(text) + 1), *to = encoded;
    const char *c;

    for (c = text; *c; c++) {
        if (*c > ' ' && *c < 0x7f && *c != '"' && *c != '%')
            *to++ = *c;
        else
            to += apr_snprintf(to, 4, "%%%02X", (unsigned char)*c);
    }
    *to = '\0';
    return shorten(p, encoded, TEXT_SHOWN);
}

/* ---- who ---- */

/** What a log line says of a certificate: label, field, format, how many characters at most. */
static const struct {
    const char *label, *field, *format;
    apr_size_t most;
} identity[] = {
    { "subject", "subject", "rfc4514", TEXT_SHOWN },
    { "issuer", "issuer", "rfc4514", TEXT_SHOWN },
    { "serial", "serial", "hex-upper", TEXT_SHOWN },
    { "sha256", "sha256", "hex", DIGEST_DIGITS }
};

static const char *printed(apr_pool_t *p, mtls_values_t values, const mtls_field_t *field, const char *format,
                           apr_size_t most)
{
    const char *text;

    if (values.known != MTLS_PRESENT)
        return values.known == MTLS_ABSENT ? "-" : "malformed";
    text = mtls_format_find(format)->encode(p, (mtls_type_id_t)(field->type - mtls_types), values.v, 1);
    if (!text)
        return "-";
    return most == DIGEST_DIGITS ? apr_pstrndup(p, text, most) : shorten(p, text, most);
}

/* Read for this line alone: denials are rare, and a certificate that nobody verified has no facts. */
static const char *describe_certificate(request_rec *r)
{
    X509 *certificate = mtls_peer_certificate(mtls_peer_of(r));
    mtls_source_t source = { .leaf = certificate, .chain_len = -1 };
    mtls_fieldset_t *set = mtls_fieldset_make(r->pool);
    const mtls_field_t *fields[sizeof(identity) / sizeof(identity[0])];
    const mtls_facts_t *facts;
    const char *text = "";
    apr_size_t i, n = sizeof(identity) / sizeof(identity[0]);

    if (!certificate)
        return "";
    for (i = 0; i < n; i++)
        mtls_fieldset_add(set, identity[i].field, &fields[i]);
    facts = mtls_facts_read(r->pool, set, &source);
    for (i = 0; i < n; i++)
        text = apr_psprintf(r->pool, "%s; %s \"%s\"", text, identity[i].label,
                            printed(r->pool, mtls_facts_get(facts, fields[i]), fields[i], identity[i].format,
                                    identity[i].most));
    return text;
}

/* ---- what was tried ---- */

static const char *describe_lines(apr_pool_t *p, const apr_array_header_t *tried)
{
    const char *text = "";
    int i;

    for (i = 0; tried && i < tried->nelts && i < LINES_SHOWN; i++) {
        const mtls_tried_t *one = &APR_ARRAY_IDX(tried, i, mtls_tried_t);

        text = apr_psprintf(p, "%s; %s:%d (%sRequire %s): %s%s", text, one->line->place.file, one->line->place.line,
                            one->line->negated ? "negated: " : "", one->line->text,
                            one->answer.truth == MTLS_TRUE ? "true" : mtls_reason_slug(one->answer.reason),
                            one->answer.limited ? " (the regular expression ran into its limit)" : "");
    }
    if (tried && tried->nelts > LINES_SHOWN)
        text = apr_psprintf(p, "%s; and %d more", text, tried->nelts - LINES_SHOWN);
    return text;
}

/* httpd gives a request its id with its first error line; we need it inside that line. */
static const char *request_id(request_rec *r)
{
    request_rec *top = r;

    while (top->main)
        top = top->main;
    if (!top->log_id) {
        const char *id = NULL;

        if (ap_run_generate_log_id(r->connection, top, &id) != OK || !id)
            id = apr_psprintf(top->pool, "%" APR_UINT64_T_HEX_FMT "-%lx-%x", (apr_uint64_t)top->request_time,
                              r->connection->id, (unsigned)((apr_uintptr_t)top >> 6 & 0xffffff));
        top->log_id = id;
    }
    return top->log_id;
}

static int log_level(mtls_reason_t reason)
{
    return reason == MTLS_NO_TLS || reason == MTLS_NO_CERTIFICATE ? APLOG_INFO : APLOG_ERR;
}

static void write_line(request_rec *r, const mtls_request_t *request, mtls_reason_t reason, const char *detail)
{
    ap_log_rerror(APLOG_MARK, log_level(reason), 0, r, "access denied, reason: %s (%s); %s %s%s%s%s%s; id %s",
                  mtls_reason_slug(reason), mtls_reason_text(reason), safe(r->pool, r->method),
                  safe(r->pool, r->uri ? r->uri : "-"), detail ? "; " : "", detail ? detail : "",
                  describe_lines(r->pool, request->tried), describe_certificate(r), request_id(r));
}

static void publish_reason(request_rec *r, mtls_request_t *request, mtls_reason_t reason)
{
    request->view.reason = mtls_reason_slug(reason);
    for (; r; r = r->main)
        apr_table_setn(r->subprocess_env, MTLS_REASON_VARIABLE, mtls_reason_slug(reason));
}

/* What an error page or the access log could still read of who the client is. */
static void unset_variables(request_rec *r, mtls_request_t *request)
{
    int i;

    for (i = 0; request->variables && i < request->variables->nelts; i++)
        apr_table_unset(r->subprocess_env, APR_ARRAY_IDX(request->variables, i, const char *));
    request->variables = NULL;
}

/* An error page that is refused, too, says nothing new of the request that the client sent. */
static int is_logged(const request_rec *r)
{
    for (; r; r = r->prev) {
        const mtls_request_t *request = mtls_request_known(r);

        if (request && request->logged)
            return 1;
    }
    return 0;
}

int mtls_audit_deny(request_rec *r, mtls_reason_t reason, const char *detail)
{
    mtls_request_t *request = mtls_request_of(r);

    request->denied = reason;
    unset_variables(r, request);
    publish_reason(r, request, reason);
    if (!is_logged(r))
        write_line(r, request, reason, detail);
    request->logged = 1;
    return mtls_reason_status(reason);
}

/* A line stands against a request if it did not hold, or, negated, if it did or might have. */
static int stands_against(const mtls_tried_t *tried)
{
    return tried->line->negated ? tried->answer.truth != MTLS_FALSE : tried->answer.truth != MTLS_TRUE;
}

void mtls_audit_refusal(request_rec *r)
{
    const mtls_request_t *request = mtls_request_known(r);
    mtls_reason_t reason = MTLS_GRANTED;
    int i;

    for (i = 0; request && request->tried && i < request->tried->nelts; i++) {
        const mtls_tried_t *tried = &APR_ARRAY_IDX(request->tried, i, mtls_tried_t);

        if (!stands_against(tried))
            continue;
        /* Anything says more than "no match". */
        if (reason == MTLS_GRANTED || reason == MTLS_NO_MATCH)
            reason = tried->answer.truth == MTLS_UNKNOWN ? tried->answer.reason : MTLS_NO_MATCH;
    }
    if (reason != MTLS_GRANTED)
        mtls_audit_deny(r, reason, NULL);
}

void mtls_audit_inherit(request_rec *r)
{
    const mtls_request_t *before = r->prev ? mtls_request_known(r->prev) : NULL;
    const char *slug = r->prev ? apr_table_get(r->prev->subprocess_env, MTLS_REASON_VARIABLE) : NULL;

    if (slug && before)
        apr_table_setn(r->subprocess_env, MTLS_REASON_VARIABLE, slug);
}

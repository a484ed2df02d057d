/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_log.h"
#include "http_protocol.h"
#include "apr_strings.h"

#include "mtls_describe.h"

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
const char *mtls_describe_text(apr_pool_t *p, const char *text)
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

/** What is said of a certificate: label and field, format, how many characters a log line shows at most. */
static const struct {
    const char *label, *format;
    apr_size_t most;
} identity[MTLS_TRAIT_COUNT] = {
    [MTLS_TRAIT_SUBJECT] = { "subject", "rfc4514", TEXT_SHOWN },
    [MTLS_TRAIT_ISSUER] = { "issuer", "rfc4514", TEXT_SHOWN },
    [MTLS_TRAIT_SERIAL] = { "serial", "hex-upper", TEXT_SHOWN },
    [MTLS_TRAIT_SHA256] = { "sha256", "hex", DIGEST_DIGITS }
};

static mtls_trait_t trait_of(apr_pool_t *p, int i, const mtls_field_t *field, mtls_values_t values)
{
    mtls_trait_t trait = { identity[i].label, values.known, NULL };

    if (values.known == MTLS_PRESENT)
        trait.text = mtls_format_find(identity[i].format)->encode(p, (mtls_type_id_t)(field->type - mtls_types),
                                                                  values.v, 1);
    return trait;
}

int mtls_describe_peer(apr_pool_t *p, const mtls_peer_t *peer, mtls_trait_t *traits)
{
    X509 *certificate = mtls_peer_certificate(peer);
    mtls_source_t source = { .leaf = certificate, .chain_len = -1 };
    mtls_fieldset_t *set = mtls_fieldset_make(p);
    const mtls_field_t *fields[MTLS_TRAIT_COUNT];
    const mtls_facts_t *facts;
    int i;

    if (!certificate)
        return 0;
    for (i = 0; i < MTLS_TRAIT_COUNT; i++)
        mtls_fieldset_add(set, identity[i].label, &fields[i]);
    facts = mtls_facts_read(p, set, &source);
    for (i = 0; i < MTLS_TRAIT_COUNT; i++)
        traits[i] = trait_of(p, i, fields[i], mtls_facts_get(facts, fields[i]));
    return 1;
}

int mtls_describe_traits(request_rec *r, mtls_trait_t *traits)
{
    return mtls_describe_peer(r->pool, mtls_peer_of(r), traits);
}

static const char *printed(apr_pool_t *p, const mtls_trait_t *trait, apr_size_t most)
{
    if (trait->known != MTLS_PRESENT)
        return trait->known == MTLS_ABSENT ? "-" : "malformed";
    if (!trait->text)
        return "-";
    return most == DIGEST_DIGITS ? apr_pstrndup(p, trait->text, most) : shorten(p, trait->text, most);
}

const char *mtls_describe_certificate(request_rec *r)
{
    mtls_trait_t traits[MTLS_TRAIT_COUNT];
    const char *text = "";
    int i;

    if (!mtls_describe_traits(r, traits))
        return "";
    for (i = 0; i < MTLS_TRAIT_COUNT; i++)
        text = apr_psprintf(r->pool, "%s; %s \"%s\"", text, traits[i].label,
                            printed(r->pool, &traits[i], identity[i].most));
    return text;
}

/* ---- what was tried ---- */

const char *mtls_describe_answer(const mtls_tried_t *tried)
{
    return tried->answer.truth == MTLS_TRUE ? "true" : mtls_reason_slug(tried->answer.reason);
}

const char *mtls_describe_lines(apr_pool_t *p, const apr_array_header_t *tried)
{
    const char *text = "";
    int i;

    for (i = 0; tried && i < tried->nelts && i < LINES_SHOWN; i++) {
        const mtls_tried_t *one = &APR_ARRAY_IDX(tried, i, mtls_tried_t);

        text = apr_psprintf(p, "%s; %s:%d (%sRequire %s): %s%s", text, one->line->place.file, one->line->place.line,
                            one->line->negated ? "negated: " : "", one->line->text,
                            mtls_describe_answer(one),
                            one->answer.limited ? " (the regular expression ran into its limit)" : "");
    }
    if (tried && tried->nelts > LINES_SHOWN)
        text = apr_psprintf(p, "%s; and %d more", text, tried->nelts - LINES_SHOWN);
    return text;
}

/* httpd gives a request its id with its first error line; we need it inside that line. */
const char *mtls_describe_id(request_rec *r)
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

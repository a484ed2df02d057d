/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* What mod_ssl was told, and what rules make of it. */
#include "httpd.h"
#include "http_config.h"
#include "apr_strings.h"

#include "mtls_finding.h"
#include "mtls_tree.h"

/* ---- a virtual host in which no client can show a certificate ---- */

/* "443", "127.0.0.1:443", "[::1]:8443 https": TLS by default where the port is 443 or https is written. */
static int listens_https(const mtls_survey_t *survey, const ap_directive_t *directive, apr_port_t *port)
{
    const char *address = mtls_tree_word(survey->p, directive, 0), *colon = strrchr(address, ':');
    const char *protocol = mtls_tree_word(survey->p, directive, 1);

    *port = (apr_port_t)atoi(colon ? colon + 1 : address);
    return *protocol ? !strcasecmp(protocol, "https") : *port == 443;
}

static int is_at_port(const mtls_site_t *site, apr_port_t port)
{
    const server_addr_rec *address;

    for (address = site->server->addrs; site->host && address; address = address->next) {
        if (address->host_port == port || !address->host_port)
            return 1;
    }
    return !site->host;
}

/* mod_ssl turns the engine on by itself behind such a Listen: what nobody wrote is not known to be off. */
static int may_speak_tls(const mtls_survey_t *survey, const mtls_site_t *site)
{
    const mtls_site_t *main_site = &APR_ARRAY_IDX(survey->sites, 0, mtls_site_t);
    int engine = site->engine == MTLS_UNSET ? main_site->engine : site->engine, i;
    apr_port_t port;

    if (engine != MTLS_UNSET)
        return engine;
    for (i = 0; i < survey->listens->nelts; i++) {
        const ap_directive_t *line = APR_ARRAY_IDX(survey->listens, i, const ap_directive_t *);

        if (mtls_tree_is(line, "Protocol") ? mtls_survey_site(survey, line) == site
                                           : listens_https(survey, line, &port) && is_at_port(site, port))
            return 1;
    }
    return 0;
}

static int may_ask(const mtls_survey_t *survey, const mtls_site_t *site)
{
    return site->verifies || APR_ARRAY_IDX(survey->sites, 0, mtls_site_t).verifies;
}

/* What is written outside of virtual hosts holds in all of them: one that can is enough. */
static void check_site(const mtls_survey_t *survey, const mtls_site_t *site)
{
    int i, tls = 0, asked = 0;

    for (i = 0; i < survey->sites->nelts; i++) {
        const mtls_site_t *other = &APR_ARRAY_IDX(survey->sites, i, mtls_site_t);

        if ((site->host && site != other) || !may_speak_tls(survey, other))
            continue;
        tls = 1;
        asked |= may_ask(survey, other);
    }
    if (!tls)
        mtls_finding_warn(survey, site->use, "no client can show a certificate here, because SSLEngine is not on in "
                          "this virtual host: no rule will hold and no identity be exported; write this line into a "
                          "virtual host with SSLEngine on");
    else if (!asked)
        mtls_finding_warn(survey, site->use, "no client is asked for a certificate here: no rule will hold and no "
                          "identity be exported; write SSLVerifyClient optional into this virtual host");
}

void mtls_find_no_certificates(const mtls_survey_t *survey)
{
    int i;

    for (i = 0; i < survey->sites->nelts; i++) {
        const mtls_site_t *site = &APR_ARRAY_IDX(survey->sites, i, mtls_site_t);

        if (site->use)
            check_site(survey, site);
    }
}

/* ---- how clients are asked ---- */

static int is_used_here(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    return mtls_survey_uses(survey, mtls_survey_site(survey, directive));
}

void mtls_find_section_verify(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    const char *word = mtls_tree_word(survey->p, directive, 0);

    if (!mtls_tree_is(directive, "SSLVerifyClient") || !directive->parent
        || mtls_tree_is(directive->parent, "<VirtualHost") || !strcasecmp(word, "none")
        || !is_used_here(survey, directive))
        return;
    mtls_finding_warn(survey, directive, apr_psprintf(survey->p,
                      "SSLVerifyClient %s within %s> asks for the certificate in the middle of a connection, which "
                      "HTTP/2 forbids and most clients refuse in TLS 1.3; write SSLVerifyClient optional into the "
                      "virtual host, and only Require mtls here", word, directive->parent->directive));
}

/* All of this virtual host: who nobody has verified is to be seen there, and is let in by no rule later. */
static int only_reports(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    const server_rec *s = mtls_tree_server(directive, survey->main_server);
    const mtls_dir_t *dir = ap_get_module_config(s->lookup_defaults, &mtls_authz_module);

    return dir->report == 1;
}

void mtls_find_optional_no_ca(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    if (mtls_tree_is(directive, "SSLVerifyClient")
        && !strcasecmp(mtls_tree_word(survey->p, directive, 0), "optional_no_ca") && is_used_here(survey, directive)
        && !only_reports(survey, directive))
        mtls_finding_warn(survey, directive, "SSLVerifyClient optional_no_ca accepts certificates that nobody has "
                          "verified, which no Require mtls line lets in; write SSLVerifyClient optional");
}

void mtls_find_opt_renegotiate(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    const char *word;
    int i;

    if (!mtls_tree_is(directive, "SSLOptions") || !is_used_here(survey, directive))
        return;
    for (i = 0; *(word = mtls_tree_word(survey->p, directive, i)); i++) {
        if (!strcasecmp(word + (*word == '+'), "OptRenegotiate"))
            mtls_finding_warn(survey, directive, "SSLOptions OptRenegotiate verifies certificates again without a "
                              "handshake, where its outcome cannot be seen: such clients count as not verified; "
                              "leave OptRenegotiate out, and write SSLVerifyClient optional into the virtual host");
    }
}

/* A request may then name a virtual host that asks for other CAs than the one its connection was verified for. */
void mtls_find_sni_policy(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    if (mtls_tree_is(directive, "SSLVHostSNIPolicy")
        && !strcasecmp(mtls_tree_word(survey->p, directive, 0), "insecure"))
        mtls_finding_warn(survey, directive, "SSLVHostSNIPolicy insecure lets a certificate that one virtual host has "
                          "verified into another one that trusts other CAs; write secure, or name the CA in each rule "
                          "(ca.spki.sha256)");
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_protocol.h"
#include "apr_strings.h"

#include "mtls_html.h"
#include "mtls_panel.h"
#include "mtls_status.h"
#include "mtls_whatif_page.h"

static void write_text(request_rec *r, const char *text)
{
    if (text)
        mtls_html_text(r, text);
}

/* ---- the question ---- */

static void write_form(request_rec *r, const char *url, const char *pem)
{
    ap_rputs("<form method=\"post\" action=\"?show=" MTLS_WHATIF_ID "\">\n"
             "<p><label for=\"url\">Path, or URL of this host</label><br>\n"
             "<input id=\"url\" name=\"url\" size=\"60\" required value=\"", r);
    write_text(r, url ? url : "/");
    ap_rputs("\"></p>\n<p><label for=\"cert\">Certificate in PEM form, and what its owner sends above it. Never a private "
             "key.</label><br>\n<textarea id=\"cert\" name=\"cert\" rows=\"10\" cols=\"66\" spellcheck=\"false\" "
             "autocomplete=\"off\" required placeholder=\"-----BEGIN CERTIFICATE-----\">", r);
    write_text(r, pem);
    ap_rputs("</textarea></p>\n<p><button>What if?</button></p>\n</form>\n", r);
}

/* ---- the answer ---- */

static const char *sentence_of(request_rec *r, const mtls_whatif_t *what)
{
    const char *outcome = mtls_whatif_outcome(what);

    if (!strcmp(outcome, "allow"))
        return "It would be let in.";
    if (!strcmp(outcome, "would-deny"))
        return "It would be let in, because this section only reports. Enforced, it would be refused.";
    if (!strcmp(outcome, "redirect"))
        return apr_psprintf(r->pool, "It would be sent elsewhere, with status %d.", what->status);
    return apr_psprintf(r->pool, "It would be refused, with status %d.", what->status);
}

static void write_paragraph(request_rec *r, const char *class, const char *text)
{
    ap_rvputs(r, "<p class=\"", class, "\">", NULL);
    mtls_html_text(r, text);
    ap_rputs("</p>\n", r);
}

static void write_outcome(request_rec *r, const mtls_whatif_t *what)
{
    const char *outcome = mtls_whatif_outcome(what);

    mtls_html_heading(r, "outcome", apr_psprintf(r->pool, "%s %s", what->method, what->url));
    write_paragraph(r, !strcmp(outcome, "allow") ? "good" : !strcmp(outcome, "deny") ? "bad" : "warn", sentence_of(r, what));
    if (what->reason != MTLS_GRANTED)
        write_paragraph(r, "", apr_psprintf(r->pool, "Reason: %s (%s)%s%s", mtls_reason_slug(what->reason),
                                            mtls_reason_text(what->reason), what->detail ? "; " : "",
                                            what->detail ? what->detail : ""));
    else if (what->status != HTTP_OK)
        write_paragraph(r, "", "No line of Require mtls is the reason: the other lines of the section are.");
    if (what->trouble)
        write_paragraph(r, "warn", apr_psprintf(r->pool, "This certificate would not be verified: %s. With SSLVerifyClient "
                                                "optional or require the handshake would end there; this is what a client "
                                                "gets whom optional_no_ca lets in without being verified.", what->trouble));
    if (what->sent_on)
        write_paragraph(r, "", apr_pstrcat(r->pool, "Within the server it is sent on, to ", what->sent_on,
                                           ", and judged there, too.", NULL));
    if (what->note)
        write_paragraph(r, "warn", apr_pstrcat(r->pool, "Supposed that he is asked for his certificate: ", what->note,
                                               ".", NULL));
    if (what->user)
        write_paragraph(r, "", apr_pstrcat(r->pool, "User: ", what->user, NULL));
}

static void write_certificate(request_rec *r, const mtls_whatif_t *what)
{
    static const mtls_column_t columns[] = { { "what", "", MTLS_CELL_TEXT }, { "text", "", MTLS_CELL_TEXT } };
    mtls_sheet_t *sheet = mtls_sheet_make(r->pool, "certificate", "The certificate", columns, 2);
    int i;

    for (i = 0; i < MTLS_TRAIT_COUNT; i++) {
        const mtls_trait_t *trait = &what->traits[i];

        mtls_sheet_text(sheet, trait->label);
        mtls_sheet_text(sheet, trait->text ? trait->text : trait->known == MTLS_UNREADABLE ? "malformed" : "-");
    }
    mtls_html_sheet(r, sheet);
}

static void write_rules(request_rec *r, const mtls_whatif_t *what)
{
    static const mtls_column_t columns[] = {
        { "line", "line", MTLS_CELL_TEXT }, { "rule", "rule", MTLS_CELL_TEXT }, { "result", "it says", MTLS_CELL_TEXT },
        { "asked", "was it asked?", MTLS_CELL_TEXT }
    };
    mtls_sheet_t *sheet = mtls_sheet_make(r->pool, "rules", "Require mtls lines", columns, 4);
    int i;

    sheet->note = "A container asks no further than it must. A line with \"not\" stands against whom it says true for.";
    for (i = 0; i < what->rules->nelts; i++) {
        const mtls_whatif_rule_t *rule = &APR_ARRAY_IDX(what->rules, i, mtls_whatif_rule_t);
        mtls_tried_t tried = { rule->line, rule->answer };

        mtls_sheet_text(sheet, apr_psprintf(r->pool, "%s:%d", mtls_panel_place(rule->line->place.file),
                                            rule->line->place.line));
        mtls_sheet_text(sheet, apr_pstrcat(r->pool, "Require ", rule->line->negated ? "not " : "", rule->line->text, NULL));
        mtls_sheet_text(sheet, mtls_describe_answer(&tried));
        mtls_sheet_text(sheet, rule->asked ? "yes" : "no");
    }
    mtls_html_sheet(r, sheet);
}

static void write_headers(request_rec *r, const mtls_whatif_t *what)
{
    static const mtls_column_t columns[] = { { "name", "name", MTLS_CELL_TEXT }, { "value", "value", MTLS_CELL_TEXT } };
    mtls_sheet_t *sheet = mtls_sheet_make(r->pool, "headers", "Identity headers", columns, 2);
    const apr_array_header_t *array = apr_table_elts(what->headers);
    const apr_table_entry_t *entries = (const apr_table_entry_t *)array->elts;
    int i;

    sheet->note = "What the backend would be told; nothing has been sent.";
    for (i = 0; i < array->nelts; i++) {
        mtls_sheet_text(sheet, entries[i].key);
        mtls_sheet_text(sheet, entries[i].val);
    }
    mtls_html_sheet(r, sheet);
}

static void write_answer(request_rec *r, const mtls_whatif_t *what)
{
    write_outcome(r, what);
    write_rules(r, what);
    write_headers(r, what);
    write_certificate(r, what);
    write_paragraph(r, "quiet", "Asked of the configuration as it is in force, for a request with nothing but this "
                    "certificate, on a connection like yours: lines about addresses and the like see yours. Nothing was "
                    "run, sent or counted.");
}

void mtls_whatif_html(request_rec *r, const mtls_whatif_view_t *view)
{
    mtls_html_begin(r, "What if?");
    if (r->header_only)
        return;
    if (view->trouble)
        write_paragraph(r, "bad", apr_pstrcat(r->pool, "No answer: ", view->trouble, ".", NULL));
    if (view->what)
        write_answer(r, view->what);
    mtls_html_heading(r, "ask", view->what ? "Another question" : "The question");
    write_form(r, view->url, view->pem);
    mtls_html_end(r);
}

void mtls_whatif_invite(request_rec *r)
{
    if (mtls_server_of(r->server)->what_if != 1)
        return;
    mtls_html_heading(r, MTLS_WHATIF_ID, "What if?");
    ap_rputs("<p class=\"quiet\">Who has this certificate and asks for this path: would he be let in, and what would "
             "be said of him?</p>\n", r);
    write_form(r, NULL, NULL);
}

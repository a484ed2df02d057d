/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_protocol.h"
#include "apr_strings.h"

#include "mtls_html.h"

/* Text of so many octets stands on one line. */
#define SHORT_TEXT 32

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1b1f24;--quiet:#5b6470;--paper:#fff;--line:#d5dae0;--band:#f3f5f8;"
    "--bad:#b3261e;--warn:#8a5a00;--good:#146c2e}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e7eb;--quiet:#9aa4b0;--paper:#14181d;--line:#343b44;"
    "--band:#1d232a;--bad:#ff8a80;--warn:#f2c14e;--good:#7fd694}}"
    "*{box-sizing:border-box}"
    "body{margin:0 auto;max-width:90rem;padding:1rem;background:var(--paper);color:var(--ink);"
    "font:1rem/1.45 system-ui,-apple-system,\"Segoe UI\",\"DejaVu Sans\",sans-serif}"
    "h1{font-size:1.4rem;margin:.2rem 0}h2{font-size:1.1rem;margin:1.6rem 0 .3rem}"
    "p{margin:.2rem 0 .5rem}.quiet{color:var(--quiet)}"
    ".tiles{display:flex;flex-wrap:wrap;gap:.6rem;padding:0;margin:1rem 0;list-style:none}"
    ".tiles li{flex:1 1 8rem;border:1px solid var(--line);border-radius:.4rem;padding:.5rem .8rem;background:var(--band)}"
    ".tiles b{display:block;font-size:1.4rem}"
    ".wide{overflow-x:auto;border:1px solid var(--line);border-radius:.4rem}"
    "table{border-collapse:collapse;width:100%;font-size:.9rem}"
    "th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}"
    "td.w{overflow-wrap:anywhere;min-width:22rem}tr:last-child td{border-bottom:0}th{background:var(--band);font-weight:600;"
    "white-space:nowrap}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}td.t{white-space:nowrap}"
    "textarea,input,button{font:inherit;max-width:100%;padding:.3rem;color:var(--ink);background:var(--band);"
    "border:1px solid var(--line);border-radius:.3rem}textarea{font-family:monospace;font-size:.85rem}"
    ".bad{color:var(--bad)}.warn{color:var(--warn)}.good{color:var(--good)}";

void mtls_html_text(request_rec *r, const char *text)
{
    ap_rputs(ap_escape_html(r->pool, mtls_sheet_safe(r->pool, text)), r);
}

void mtls_html_begin(request_rec *r, const char *title)
{
    ap_set_content_type(r, "text/html; charset=utf-8");
    apr_table_setn(r->headers_out, "Content-Security-Policy",
                   "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; "
                   "base-uri 'none'");
    apr_table_setn(r->headers_out, "Referrer-Policy", "no-referrer");
    ap_rputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
             "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>", r);
    mtls_html_text(r, title);
    ap_rvputs(r, "</title>\n<style>", style, "</style></head>\n<body>\n<h1>", NULL);
    mtls_html_text(r, title);
    ap_rputs("</h1>\n", r);
}

void mtls_html_end(request_rec *r)
{
    ap_rputs("</body></html>\n", r);
}

void mtls_html_heading(request_rec *r, const char *id, const char *title)
{
    ap_rputs("<h2 id=\"", r);
    mtls_html_text(r, id);
    ap_rputs("\">", r);
    mtls_html_text(r, title);
    ap_rputs("</h2>\n", r);
}

/* Words that are seen at a glance. */
static const char *colour_of(const char *word)
{
    static const struct { const char *word, *colour; } colours[] = {
        { "denied", "bad" }, { "has run out", "bad" }, { "failed", "bad" }, { "would-deny", "warn" },
        { "report-only", "warn" }, { "open", "warn" }, { "stale", "warn" }, { "rules", "good" }, { "granted", "good" }
    };
    apr_size_t i;

    for (i = 0; i < sizeof(colours) / sizeof(colours[0]); i++) {
        if (!strcmp(colours[i].word, word))
            return colours[i].colour;
    }
    return NULL;
}

static void write_text(request_rec *r, const char *text)
{
    const char *colour = text ? colour_of(text) : NULL;

    int is_short = text && strlen(text) <= SHORT_TEXT;

    ap_rvputs(r, "<td class=\"", is_short ? "t " : text ? "w " : "", colour ? colour : "", "\">", NULL);
    if (text)
        mtls_html_text(r, text);
    ap_rputs("</td>", r);
}

/* 2026-11-21 11:04:27Z */
static const char *readable_time(apr_pool_t *p, apr_int64_t seconds)
{
    char *text = apr_pstrdup(p, mtls_sheet_time(p, seconds));

    text[10] = ' ';
    return text;
}

static void write_cell(request_rec *r, const mtls_cell_t *cell, mtls_cell_kind_t kind)
{
    if (kind == MTLS_CELL_NUMBER)
        ap_rprintf(r, "<td class=\"n\">%" APR_INT64_T_FMT "</td>", cell->number);
    else if (kind == MTLS_CELL_TIME)
        ap_rvputs(r, "<td class=\"t\">", cell->number ? readable_time(r->pool, cell->number) : "", "</td>", NULL);
    else
        write_text(r, cell->text);
}

static int is_skipped(const mtls_sheet_t *sheet, int row)
{
    return sheet->skip_zeros && !mtls_sheet_at(sheet, row, sheet->width - 1)->number;
}

void mtls_html_table(request_rec *r, const mtls_sheet_t *sheet)
{
    int row, column, shown = 0;

    ap_rputs("<div class=\"wide\"><table><thead><tr>", r);
    for (column = 0; column < sheet->width; column++) {
        ap_rputs(sheet->columns[column].kind == MTLS_CELL_NUMBER ? "<th class=\"n\">" : "<th>", r);
        mtls_html_text(r, sheet->columns[column].head);
        ap_rputs("</th>", r);
    }
    ap_rputs("</tr></thead><tbody>\n", r);
    for (row = 0; row < mtls_sheet_rows(sheet); row++) {
        if (is_skipped(sheet, row))
            continue;
        ap_rputs("<tr>", r);
        for (column = 0; column < sheet->width; column++)
            write_cell(r, mtls_sheet_at(sheet, row, column), sheet->columns[column].kind);
        ap_rputs("</tr>\n", r);
        shown++;
    }
    if (!shown)
        ap_rprintf(r, "<tr><td colspan=\"%d\" class=\"quiet\">none</td></tr>\n", sheet->width);
    ap_rputs("</tbody></table></div>\n", r);
}

void mtls_html_sheet(request_rec *r, const mtls_sheet_t *sheet)
{
    mtls_html_heading(r, sheet->id, sheet->title);
    if (sheet->note) {
        ap_rputs("<p class=\"quiet\">", r);
        mtls_html_text(r, sheet->note);
        ap_rputs("</p>\n", r);
    }
    mtls_html_table(r, sheet);
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_html.h
 * @brief Pages for people: one encoder for all text, one frame, tables.
 *
 * A page has no script and nothing from elsewhere, follows the reader's choice of dark or light, and can be read
 * on a phone.
 */
#ifndef MTLS_HTML_H
#define MTLS_HTML_H

#include "httpd.h"
#include "mtls_sheet.h"

/** Any octets as the text of an element, or of an attribute in double quotes. */
void mtls_html_text(request_rec *r, const char *text);

/** The beginning of a page, with the response's headers for it; and its end. */
void mtls_html_begin(request_rec *r, const char *title);
void mtls_html_end(request_rec *r);

/** A heading of second order, with an id for links. */
void mtls_html_heading(request_rec *r, const char *id, const char *title);

/** A table with its heading and note. */
void mtls_html_sheet(request_rec *r, const mtls_sheet_t *sheet);

/** The table alone. */
void mtls_html_table(request_rec *r, const mtls_sheet_t *sheet);

#endif

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_status.h
 * @brief "SetHandler mtls-status": what was counted, for people, as JSON and for Prometheus.
 *
 * The page is made of panels (mtls_panel.h) and of what other rooms add to it.
 */
#ifndef MTLS_STATUS_H
#define MTLS_STATUS_H

#include "httpd.h"

/** The word behind SetHandler. */
#define MTLS_STATUS_HANDLER "mtls-status"

struct json_t;

/** What another room adds to the status page. Any of the functions may be NULL. */
typedef struct mtls_addition_t {
    const char *id;                              /**< its member in JSON; what ?show=ID asks for */
    /** Write to the page, behind its own heading (mtls_html.h). */
    void (*html)(request_rec *r);
    /** What JSON shows under its id: a new reference, or NULL for nothing. */
    struct json_t *(*json)(request_rec *r);
    /** Answer a request with ?show=ID, of any method: an HTTP status or OK. */
    int (*answer)(request_rec *r, const apr_table_t *arguments);
} mtls_addition_t;

/** Add it: while hooks are registered. */
void mtls_status_add(const mtls_addition_t *addition);

/** Hooks mod_status' page. */
void mtls_status_register(void);

/** Hooks the handler, once the configuration is known. Again is nothing new. */
void mtls_status_register_page(void);

#endif

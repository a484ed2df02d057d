/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_sent.h
 * @brief What a section sends for one peer: made once, kept with the peer, sent again.
 */
#ifndef MTLS_SENT_H
#define MTLS_SENT_H

#include "mtls_request.h"

/** All that a section sends for one peer. Constant once it is kept. */
typedef struct mtls_sent_t {
    mtls_kept_t kept;                /**< its key is the section's settings if they last, else NULL */
    int is_fastcgi;                  /**< to mod_proxy_fcgi, or perhaps: by a balancer */
    int plans;
    const mtls_header_t **planned;   /**< what the section exports, */
    int n;
    const char **names, **values;    /**< and the headers of it that have a value */
    apr_int64_t octets;              /**< of these, as they are sent */
    const apr_table_t *table;        /**< the same, to be added at once; NULL: it is not there */
} mtls_sent_t;

/** What these settings have sent before for the request's peer, NULL: nothing, or they do not last. The request must
 *  have looked at its peer. */
const mtls_sent_t *mtls_sent_by(const mtls_dir_t *dir, const mtls_request_t *request, int fastcgi);

/** What settings that do not last, but export the same as made does, have sent before; or NULL. */
const mtls_sent_t *mtls_sent_like(const mtls_request_t *request, const mtls_sent_t *made);

/** Keep what was made for later requests. All of its values must be lasting ones, made for somebody who is to be
 *  believed. */
void mtls_sent_keep(request_rec *r, const mtls_request_t *request, const mtls_dir_t *dir, const mtls_sent_t *made);

/** Add it to headers among which none of these names is. */
void mtls_sent_add(apr_table_t *headers, const mtls_sent_t *sent);

#endif

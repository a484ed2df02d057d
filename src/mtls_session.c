/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* What is put into TLS sessions when a certificate is verified, and read back when they are resumed. */
#include "httpd.h"
#include "http_log.h"

#include <openssl/err.h>

#include "mtls_conf.h"
#include "mtls_session.h"

APLOG_USE_MODULE(mtls_authz);

static void keep_chain(STACK_OF(X509) *chain, const mtls_record_t *record)
{
    mtls_castore_t *store = mtls_generation()->castore;
    int i;

    for (i = 0; store && i < record->chain_len; i++)
        mtls_castore_add(store, sk_X509_value(chain, i + 1), record->chain[i]);
}

static void record_verdict(X509_STORE_CTX *ctx, SSL_SESSION *session, int ok)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
    X509 *leaf = X509_STORE_CTX_get0_cert(ctx);
    unsigned char octets[MTLS_RECORD_MAX];
    mtls_record_t record;

    if (!leaf)
        return;
    if (mtls_record_make(&record, ok > 0, X509_STORE_CTX_get_error(ctx), chain, leaf, mtls_generation()->castore) < 0)
        return;
    keep_chain(chain, &record);
    SSL_SESSION_set1_ticket_appdata(session, octets, mtls_record_encode(&record, octets));
}

/* In the place of X509_verify_cert, which it calls: mod_ssl's own callback runs inside as ever. What
 * comes out is written down, because a resumed session will say "success" whatever the truth was: the
 * return value is 1 even where mod_ssl chose to overlook an error, so the error is what decides. */
static int verify_and_record(X509_STORE_CTX *ctx, void *unused)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    SSL_SESSION *session = ssl ? SSL_get_session(ssl) : NULL;
    int ok = X509_verify_cert(ctx);

    (void)unused;
    if (!session)
        return ok;
    ERR_set_mark();
    SSL_SESSION_set1_ticket_appdata(session, NULL, 0);   /* never another certificate's record */
    record_verdict(ctx, session, ok);
    ERR_pop_to_mark();
    return ok;
}

int mtls_session_record(SSL_SESSION *session, mtls_record_t *record)
{
    void *octets = NULL;
    size_t len = 0;

    if (!session || !SSL_SESSION_get0_ticket_appdata(session, &octets, &len) || !octets)
        return -1;
    return mtls_record_decode(record, octets, len);
}

int mtls_session_chain(const mtls_record_t *record, X509 **chain)
{
    mtls_castore_t *store = mtls_generation()->castore;
    int i;

    if (record->chain_len < 0 || (record->chain_len && !store))
        return -1;
    for (i = 0; i < record->chain_len; i++) {
        chain[i] = mtls_castore_find(store, record->chain[i]);
        if (!chain[i])
            return -1;
    }
    return record->chain_len;
}

/* Every CA of the chain has taken part in a verification since this configuration was read, so none has been
 * withdrawn with it. */
static int is_current(const mtls_record_t *record)
{
    mtls_castore_t *store = mtls_generation()->castore;
    int i;

    for (i = 0; store && i < record->chain_len; i++) {
        if (!mtls_castore_has(store, record->chain[i]))
            return 0;
    }
    return record->chain_len == 0 || (store && record->chain_len > 0);
}

/* A ticket with a certificate of which nothing is recorded was made by another server, one whose CAs are not
 * known here perhaps by another configuration: what it says need not be true any more. A full handshake
 * finds out. */
static int usable_ticket(SSL_SESSION *session)
{
    mtls_record_t record;

    if (!SSL_SESSION_get0_peer(session))
        return 1;
    if (mtls_session_record(session, &record) < 0)
        return 0;
    if (!record.ok || record.error != X509_V_OK)
        return 1;
    return is_current(&record);
}

static SSL_TICKET_RETURN judge_ticket(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                                      SSL_TICKET_STATUS status, void *unused)
{
    (void)ssl, (void)name, (void)name_len, (void)unused;
    switch (status) {
    case SSL_TICKET_SUCCESS:
        return usable_ticket(session) ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_IGNORE_RENEW;
    case SSL_TICKET_SUCCESS_RENEW:
        return usable_ticket(session) ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_IGNORE_RENEW;
    default:
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
}

int mtls_session_init_server(server_rec *s, apr_pool_t *p, int is_proxy, SSL_CTX *ctx)
{
    (void)p;
    if (is_proxy || !mtls_generation() || !mtls_generation()->used)
        return OK;
    SSL_CTX_set_cert_verify_callback(ctx, verify_and_record, NULL);
    if (!SSL_CTX_set_session_ticket_cb(ctx, NULL, judge_ticket, NULL))
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "session tickets of other servers cannot be told apart here; "
                     "their sessions will count as not verified");
    return OK;
}

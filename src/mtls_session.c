/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* What is put into TLS sessions when a certificate is verified, and read back when they are resumed. */
#include "httpd.h"
#include "http_log.h"
#include "apr_hash.h"
#include "apr_strings.h"

#include <openssl/err.h>

#include "mtls_conf.h"
#include "mtls_session.h"
#include "mtls_tree.h"

APLOG_USE_MODULE(mtls_authz);

static void keep_chain(STACK_OF(X509) *chain, const mtls_record_t *record)
{
    mtls_castore_t *store = mtls_generation()->castore;
    int i;

    for (i = 0; store && i < record->chain_len; i++)
        mtls_castore_add(store, sk_X509_value(chain, i + 1), record->chain[i]);
}

static void record_verdict(X509_STORE_CTX *ctx, SSL_SESSION *session, const unsigned char *place, int ok)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
    X509 *leaf = X509_STORE_CTX_get0_cert(ctx);
    mtls_castore_t *store = mtls_generation()->castore;
    unsigned char octets[MTLS_RECORD_MAX];
    mtls_record_t record;

    if (!leaf || !place)
        return;
    if (mtls_record_make(&record, place, ok > 0, X509_STORE_CTX_get_error(ctx), chain, leaf, store) < 0)
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
    record_verdict(ctx, session, mtls_session_place(ssl), ok);
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

/* Of a session with a certificate of which nothing is recorded nobody knows who made it; one from another place was made
 * for other CAs perhaps. What they say need not be true here. A full handshake finds out. */
static int is_from_here(SSL *ssl, SSL_SESSION *session)
{
    mtls_record_t record;

    return !SSL_SESSION_get0_peer(session)
        || (mtls_session_record(session, &record) == 0 && mtls_record_is_of(&record, mtls_session_place(ssl)));
}

/* Where CAs lie in a directory the place does not tell all about them: a session whose CAs are not known here was made by
 * another configuration perhaps, wherever it has been kept: by the client, or in a cache that outlives a restart. */
static int is_usable(SSL *ssl, SSL_SESSION *session)
{
    mtls_record_t record;

    if (!is_from_here(ssl, session))
        return 0;
    if (mtls_session_record(session, &record) < 0 || !record.ok || record.error != X509_V_OK)
        return 1;           /* nobody, or nobody who is believed */
    return is_current(&record);
}

static SSL_TICKET_RETURN judge_ticket(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                                      SSL_TICKET_STATUS status, void *unused)
{
    (void)name, (void)name_len, (void)unused;
    switch (status) {
    case SSL_TICKET_SUCCESS:
        return is_usable(ssl, session) ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_IGNORE_RENEW;
    case SSL_TICKET_SUCCESS_RENEW:
        return is_usable(ssl, session) ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_IGNORE_RENEW;
    default:
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
}

/* mod_ssl's, which asks its cache: the same for all virtual hosts. Written before there are threads. */
static SSL_SESSION *(*ask_cache)(SSL *, const unsigned char *, int, int *);

static SSL_SESSION *find_session(SSL *ssl, const unsigned char *id, int len, int *copy)
{
    SSL_SESSION *session = ask_cache(ssl, id, len, copy);

    if (!session || is_usable(ssl, session))
        return session;
    if (!*copy)
        SSL_SESSION_free(session);
    return NULL;
}

static void watch_cache(SSL_CTX *ctx)
{
    if (!SSL_CTX_sess_get_get_cb(ctx))
        return;
    ask_cache = SSL_CTX_sess_get_get_cb(ctx);
    SSL_CTX_sess_set_get_cb(ctx, find_session);
}

/* ---- where a connection is ---- */

static int add_objects(EVP_MD_CTX *md, const STACK_OF(X509_OBJECT) *objects)
{
    unsigned char digest[MTLS_DIGEST_LEN];
    int i;

    for (i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        X509_OBJECT *object = sk_X509_OBJECT_value(objects, i);
        X509 *ca = X509_OBJECT_get0_X509(object);
        X509_CRL *crl = X509_OBJECT_get0_X509_CRL(object);

        if (!(ca ? X509_digest(ca, mtls_digest_algorithm(), digest, NULL)
                 : crl && X509_CRL_digest(crl, mtls_digest_algorithm(), digest, NULL))
            || !EVP_DigestUpdate(md, digest, sizeof(digest)))
            return 0;
    }
    return 1;
}

static int add_trusted(EVP_MD_CTX *md, const SSL_CTX *ctx)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);
#if OPENSSL_VERSION_PREREQ(3, 3)
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get1_objects(store);
    int added = objects && add_objects(md, objects);

    sk_X509_OBJECT_pop_free(objects, X509_OBJECT_free);
    return added;
#else
    return add_objects(md, X509_STORE_get0_objects(store));      /* no threads yet */
#endif
}

/* Of CAs in a directory mod_ssl knows the names. */
static int add_names(EVP_MD_CTX *md, const SSL_CTX *ctx)
{
    const STACK_OF(X509_NAME) *names = SSL_CTX_get_client_CA_list(ctx);
    unsigned char digest[MTLS_DIGEST_LEN];
    int i;

    for (i = 0; i < sk_X509_NAME_num(names); i++) {
        if (!X509_NAME_digest(sk_X509_NAME_value(names, i), mtls_digest_algorithm(), digest, NULL)
            || !EVP_DigestUpdate(md, digest, sizeof(digest)))
            return 0;
    }
    return 1;
}

/* mod_ssl itself tells virtual hosts apart by their names alone. */
static int add_addresses(EVP_MD_CTX *md, apr_pool_t *p, const server_rec *s)
{
    const server_addr_rec *address;

    for (address = s->addrs; address; address = address->next) {
        const char *text = apr_psprintf(p, "%s:%u", address->virthost, (unsigned)address->host_port);

        if (!EVP_DigestUpdate(md, text, strlen(text) + 1))
            return 0;
    }
    return 1;
}

/** Whose demands are added to what. */
typedef struct demands_t {
    EVP_MD_CTX *md;
    apr_pool_t *p;
    const server_rec *server;
} demands_t;

/* What a whole virtual host asks of a certificate besides its chain: who asks for less does not vouch for its clients.
 * Where files lie and who answers is another matter, and another one on another machine. */
static int is_demand(const ap_directive_t *directive)
{
    return (mtls_tree_is(directive, "SSLCARevocationCheck") || mtls_tree_is(directive, "SSLOCSPEnable")
            || mtls_tree_is(directive, "SSLVerifyDepth"))
        && (!directive->parent || mtls_tree_is(directive->parent, "<VirtualHost"));
}

/* Those outside of virtual hosts hold in all; and what may be demanded by this one or by its twin counts for both. */
static int add_demand(void *ctx, const ap_directive_t *directive)
{
    const demands_t *demands = ctx;
    char *text;

    if (!is_demand(directive) || !mtls_tree_concerns(directive, demands->server))
        return 0;
    text = apr_pstrcat(demands->p, directive->directive, " ", directive->args, NULL);
    ap_str_tolower(text);
    return !EVP_DigestUpdate(demands->md, text, strlen(text) + 1);
}

static int add_demands(EVP_MD_CTX *md, apr_pool_t *p, const server_rec *s)
{
    demands_t demands = { md, p, s };

    return !mtls_tree_walk(ap_conftree, add_demand, &demands);
}

static void note_place(apr_pool_t *p, const server_rec *s, SSL_CTX *ctx)
{
    unsigned char *place = apr_palloc(p, MTLS_DIGEST_LEN);
    EVP_MD_CTX *md = EVP_MD_CTX_new();

    if (!mtls_generation()->places)
        mtls_generation()->places = apr_hash_make(p);
    ERR_set_mark();
    if (md && EVP_DigestInit_ex(md, mtls_digest_algorithm(), NULL) && add_addresses(md, p, s) && add_trusted(md, ctx)
        && add_names(md, ctx) && add_demands(md, p, s) && EVP_DigestFinal_ex(md, place, NULL))
        apr_hash_set(mtls_generation()->places, apr_pmemdup(p, &ctx, sizeof(ctx)), sizeof(ctx), place);
    else
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, s, "no memory to note which CAs this virtual host trusts; "
                     "each certificate will count as not verified here");
    ERR_pop_to_mark();
    EVP_MD_CTX_free(md);
}

const unsigned char *mtls_session_place(const SSL *ssl)
{
    const SSL_CTX *ctx = SSL_get_SSL_CTX(ssl);
    apr_hash_t *places = mtls_generation()->places;

    return places ? apr_hash_get(places, &ctx, sizeof(ctx)) : NULL;
}

int mtls_session_init_server(server_rec *s, apr_pool_t *p, int is_proxy, SSL_CTX *ctx)
{
    if (is_proxy || !mtls_generation() || !mtls_generation()->used)
        return OK;
    note_place(p, s, ctx);
    watch_cache(ctx);
    SSL_CTX_set_cert_verify_callback(ctx, verify_and_record, NULL);
    if (!SSL_CTX_set_session_ticket_cb(ctx, NULL, judge_ticket, NULL))
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "session tickets of other servers cannot be told apart here; "
                     "their sessions will count as not verified");
    return OK;
}

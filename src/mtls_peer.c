/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_connection.h"
#include "http_log.h"
#include "http_protocol.h"
#include "http_ssl.h"
#include "apr_optional_hooks.h"
#include "apr_strings.h"

#include <openssl/err.h>

#include "mtls_apart.h"
#include "mtls_conf.h"
#include "mtls_counters.h"
#include "mtls_hangup.h"
#include "mtls_peer.h"
#include "mtls_session.h"
#include "mtls_tree.h"

struct mtls_peer_t {
    X509 *certificate;            /* a reference of our own */
    long result;                  /* OpenSSL's verify result when trust was judged */
    mtls_reason_t trust;
    const mtls_facts_t *facts;
    unsigned char fingerprint[MTLS_FINGERPRINT_LEN];     /* if trust is MTLS_GRANTED */
    mtls_memo_t *memo;            /* NULL: nobody is at its end */
};

/** What hangs on a TLS connection, never on an HTTP/2 stream's. */
typedef struct tls_t {
    SSL *ssl;                     /* mod_ssl's: good as long as mod_ssl calls the connection TLS */
    int prepared;                 /* see prepare_streams */
    int counted;                  /* as a connection with or without a certificate */
    const mtls_peer_t *peer;      /* NULL until somebody asks */
    mtls_hangup_t *hangup;        /* NULL: no streams, or no kill list */
} tls_t;

static const mtls_peer_t no_tls = { .trust = MTLS_NO_TLS };
static const mtls_peer_t unknown_peer = { .trust = MTLS_UNVERIFIED };

static apr_status_t free_peer(void *data)
{
    mtls_peer_t *peer = data;

    X509_free(peer->certificate);
    return APR_SUCCESS;
}

/* What cannot be judged now is not worth resuming: the next connection makes a full handshake. Tickets like this were
 * refused before; what comes here is from the server's cache. */
static void forget_session(SSL *ssl)
{
    if (SSL_session_reused(ssl))
        SSL_CTX_remove_session(SSL_get_SSL_CTX(ssl), SSL_get_session(ssl));
}

/* mod_ssl's word, and the word of the verification itself: either may say no. */
static mtls_reason_t judge_trust(conn_rec *c, SSL *ssl, X509 *certificate, mtls_record_t *record)
{
    const char *verify = ap_ssl_var_lookup(c->pool, c->base_server, c, NULL, "SSL_CLIENT_VERIFY");

    if (!verify || strcmp(verify, "SUCCESS") || SSL_get_verify_result(ssl) != X509_V_OK)
        return MTLS_UNVERIFIED;
    if (mtls_session_record(SSL_get_session(ssl), record) < 0) {
        forget_session(ssl);
        return MTLS_UNVERIFIED;
    }
    return mtls_record_verified(record, mtls_session_place(ssl), certificate) ? MTLS_GRANTED : MTLS_UNVERIFIED;
}

static mtls_str_t session_id(SSL *ssl)
{
    unsigned int len = 0;
    const unsigned char *id = SSL_SESSION_get_id(SSL_get_session(ssl), &len);

    return (mtls_str_t){ (const char *)id, len };
}

/* Where the verification was this connection's own, its chain is at hand, however long it is. A resumed
 * session has none, and what an earlier handshake of the connection left does not begin with this certificate. */
static void find_chain(conn_rec *c, SSL *ssl, X509 *certificate, const mtls_record_t *record, mtls_source_t *source)
{
    STACK_OF(X509) *verified = SSL_get0_verified_chain(ssl);
    int n = sk_X509_num(verified) - 1, i;
    int room = n > MTLS_RECORD_CHAIN_MAX ? n : MTLS_RECORD_CHAIN_MAX;
    X509 **chain = apr_palloc(c->pool, sizeof(*chain) * (apr_size_t)room);

    source->chain = chain;
    if (n < 0 || sk_X509_value(verified, 0) != certificate) {
        source->chain_len = mtls_session_chain(record, chain);
        if (source->chain_len < 0)
            forget_session(ssl);
        return;
    }
    for (i = 0; i < n; i++)
        chain[i] = sk_X509_value(verified, i + 1);
    source->chain_len = n;
}

static const mtls_facts_t *read_facts(conn_rec *c, SSL *ssl, X509 *certificate, const mtls_record_t *record)
{
    mtls_source_t source = {
        .leaf = certificate, .decodes = record->decodes, .chain_len = -1,
        .tls_version = SSL_get_version(ssl), .sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name),
        .cipher = SSL_get_cipher_name(ssl), .cipher_bits = SSL_get_cipher_bits(ssl, NULL),
        .session_id = session_id(ssl), .server = SSL_get_certificate(ssl)
    };
    const mtls_fieldset_t *fields = mtls_generation()->fields;

    if (mtls_fieldset_flags(fields) & MTLS_FIELD_CHAIN) {
        find_chain(c, ssl, certificate, record, &source);
        source.chain_digests = source.chain_len == record->chain_len ? record->chain : NULL;
    }
    return mtls_facts_read(c->pool, fields, &source);
}

static const mtls_peer_t *make_peer(conn_rec *c, SSL *ssl, X509 *certificate)
{
    mtls_peer_t *peer = apr_pcalloc(c->pool, sizeof(*peer));
    mtls_record_t record;

    peer->trust = MTLS_NO_CERTIFICATE;
    peer->result = SSL_get_verify_result(ssl);
    if (!certificate)
        return peer;
    ERR_set_mark();
    peer->certificate = certificate;
    X509_up_ref(certificate);
    peer->memo = mtls_memo_make(c->pool, mtls_headerset_len(mtls_generation()->headers), mtls_generation()->lines->nelts);
    apr_pool_cleanup_register(c->pool, peer, free_peer, apr_pool_cleanup_null);
    peer->trust = judge_trust(c, ssl, certificate, &record);
    if (peer->trust == MTLS_GRANTED) {
        peer->facts = read_facts(c, ssl, certificate, &record);
        memcpy(peer->fingerprint, record.leaf, sizeof(peer->fingerprint));
        mtls_count(MTLS_TOTAL_FACTS);
    }
    ERR_pop_to_mark();
    return peer;
}

/* Once per connection, by what its client showed when it was looked at first. */
static void count_connection(tls_t *tls, mtls_reason_t trust)
{
    if (tls->counted || !SSL_is_init_finished(tls->ssl))
        return;
    tls->counted = 1;
    mtls_count(trust == MTLS_GRANTED ? MTLS_TOTAL_VERIFIED
               : trust == MTLS_NO_CERTIFICATE ? MTLS_TOTAL_NONE : MTLS_TOTAL_UNVERIFIED);
}

const mtls_peer_t *mtls_peer_make(apr_pool_t *p, X509 *certificate, mtls_reason_t trust, const mtls_facts_t *facts)
{
    mtls_peer_t *peer = apr_pcalloc(p, sizeof(*peer));

    peer->certificate = certificate;
    X509_up_ref(certificate);
    peer->trust = trust;
    peer->facts = facts;
    apr_pool_cleanup_register(p, peer, free_peer, apr_pool_cleanup_null);
    return peer;
}

static tls_t *tls_of(conn_rec *c)
{
    return ap_get_module_config(c->conn_config, &mtls_authz_module);
}

/* Made when first asked for, and again when another handshake has brought another certificate, or
 * mod_ssl has verified the same one again (SSLOptions +OptRenegotiate) with another result. */
static const mtls_peer_t *current_peer(conn_rec *c, tls_t *tls)
{
    X509 *certificate;

    if (!ap_ssl_conn_is_ssl(c))          /* mod_ssl gave up: plain HTTP was spoken to it */
        return &no_tls;
    certificate = SSL_get0_peer_certificate(tls->ssl);
    if (!tls->peer || tls->peer->certificate != certificate || tls->peer->result != SSL_get_verify_result(tls->ssl))
        tls->peer = make_peer(c, tls->ssl, certificate);
    count_connection(tls, tls->peer->trust);
    return tls->peer;
}

const mtls_peer_t *mtls_peer_of(request_rec *r)
{
    conn_rec *c = r->connection;
    tls_t *tls = tls_of(c->master ? c->master : c);

    if (!tls)
        return ap_ssl_conn_is_ssl(c) ? &unknown_peer : &no_tls;
    if (!c->master)
        return current_peer(c, tls);
    /* Many streams at once: what their connection's thread made, or nothing. */
    return tls->peer ? tls->peer : &unknown_peer;
}

mtls_reason_t mtls_peer_trust(const mtls_peer_t *peer)
{
    return peer->trust;
}

const mtls_facts_t *mtls_peer_facts(const mtls_peer_t *peer)
{
    return peer->facts;
}

X509 *mtls_peer_certificate(const mtls_peer_t *peer)
{
    return peer->certificate;
}

const unsigned char *mtls_peer_fingerprint(const mtls_peer_t *peer)
{
    return peer->trust == MTLS_GRANTED ? peer->fingerprint : NULL;
}

mtls_memo_t *mtls_peer_memo(const mtls_peer_t *peer)
{
    return peer->memo;
}

void mtls_peer_hang_up(request_rec *r)
{
    tls_t *tls = tls_of(r->connection->master ? r->connection->master : r->connection);

    if (tls && r->connection->master)
        mtls_hangup_now(tls->hangup);
}

static int note_connection(conn_rec *c, SSL *ssl, int is_proxy)
{
    tls_t *tls;

    if (is_proxy || c->master || !mtls_generation() || !mtls_generation()->used)
        return OK;
    tls = apr_pcalloc(c->pool, sizeof(*tls));
    tls->ssl = ssl;
    ap_set_module_config(c->conn_config, &mtls_authz_module, tls);
    return OK;
}

/* A client may also speak HTTP/2 without having announced it, where H2Direct is on. Whoever speaks HTTP/1.1 and nothing
 * else pays for facts when a request asks for them. */
static int may_have_streams(conn_rec *c)
{
    return strcmp(ap_get_protocol(c), "http/1.1")
        || (mtls_generation()->direct && ap_is_allowed_protocol(c, NULL, NULL, "h2"));
}

/* Nobody may ever ask about a connection without a certificate, but it is counted. */
static void count_empty(conn_rec *c, tls_t *tls)
{
    if (ap_ssl_conn_is_ssl(c) && !SSL_get0_peer_certificate(tls->ssl))
        count_connection(tls, MTLS_NO_CERTIFICATE);
}

/* Behind mod_ssl's handshake, before mod_http2 starts threads: their streams find the peer made. Where
 * there will be none it waits for the first request that asks. */
static MTLS_APART int prepare_streams(conn_rec *c, tls_t *tls)
{
    tls->prepared = ap_ssl_conn_is_ssl(c) && SSL_is_init_finished(tls->ssl);
    if (!tls->counted)
        count_empty(c, tls);
    if (!may_have_streams(c))
        return DECLINED;
    if (!tls->peer)
        current_peer(c, tls);
    if (!tls->hangup && mtls_generation()->kill_list)
        tls->hangup = mtls_hangup_watch(c);
    return DECLINED;
}

/* Once: event comes here for each request, and a protocol that is chosen later passes prepare_upgrade. */
static int prepare_connection(conn_rec *c)
{
    tls_t *tls = c->master ? NULL : tls_of(c);

    return tls && !tls->prepared ? prepare_streams(c, tls) : DECLINED;
}

static int note_stream(conn_rec *c)
{
    const tls_t *tls = c->master ? tls_of(c->master) : NULL;

    if (tls)
        mtls_hangup_stream(tls->hangup, c);
    return DECLINED;
}

/* In a request that is upgraded (H2Upgrade on) renegotiation may have changed the certificate before. Without
 * one it is the handshake that chooses, which is not at its end. */
static int prepare_upgrade(conn_rec *c, request_rec *r, server_rec *s, const char *protocol)
{
    tls_t *tls = r && !c->master ? tls_of(c) : NULL;

    (void)s, (void)protocol;
    if (tls)
        current_peer(c, tls);
    return DECLINED;
}

static int find_direct(void *pconf, const ap_directive_t *directive)
{
    return mtls_tree_is(directive, "H2Direct") && !strcasecmp(mtls_tree_word(pconf, directive, 0), "on");
}

void mtls_peer_prepare(apr_pool_t *pconf)
{
    mtls_generation()->castore = mtls_castore_make(pconf);
    mtls_generation()->direct = mtls_tree_walk(ap_conftree, find_direct, pconf);
}

void mtls_peer_register(void)
{
    static const char *const after[] = { "mod_ssl.c", NULL };
    static const char *const before[] = { "mod_http2.c", "http_core.c", NULL };

    mtls_hangup_register();
    APR_OPTIONAL_HOOK(ssl, init_server, mtls_session_init_server, NULL, NULL, APR_HOOK_MIDDLE);
    APR_OPTIONAL_HOOK(ssl, pre_handshake, note_connection, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_process_connection(prepare_connection, after, before, APR_HOOK_MIDDLE);
    if (mtls_generation()->kill_list)
        ap_hook_process_connection(note_stream, NULL, before, APR_HOOK_FIRST);
    ap_hook_protocol_switch(prepare_upgrade, NULL, NULL, APR_HOOK_FIRST);
}

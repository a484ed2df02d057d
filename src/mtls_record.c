/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "mtls_record.h"

#define RECORD_VERSION 3
#define RECORD_HEAD 8
#define RECORD_PLACE (RECORD_HEAD + MTLS_FINGERPRINT_LEN)
#define RECORD_LEAST (RECORD_PLACE + MTLS_DIGEST_LEN)

enum { FLAG_OK = 1, FLAG_CHAIN_CUT = 2, FLAG_DECODES = 4 };

static int digest_ca(X509 *certificate, unsigned char *digest, mtls_castore_t *store)
{
    if (store && mtls_castore_recall(store, certificate, digest))
        return 0;
    return mtls_digest_get(certificate, digest);
}

int mtls_record_make(mtls_record_t *record, const unsigned char *place, int ok, int error, STACK_OF(X509) *chain,
                     const X509 *leaf, mtls_castore_t *store)
{
    int i, above = sk_X509_num(chain) - 1;   /* -2 for no chain at all */

    memset(record, 0, sizeof(*record));
    record->ok = ok;
    record->error = error;
    record->decodes = !(X509_get_extension_flags((X509 *)leaf) & EXFLAG_INVALID);
    record->chain_len = -1;
    memcpy(record->place, place, sizeof(record->place));
    if (mtls_digest_fingerprint(leaf, record->leaf) < 0)
        return -1;
    if (!ok || error != X509_V_OK || above < 0 || above > MTLS_RECORD_CHAIN_MAX)
        return 0;
    for (i = 0; i < above; i++) {
        if (digest_ca(sk_X509_value(chain, i + 1), record->chain[i], store) < 0)
            return -1;
    }
    record->chain_len = above;
    return 0;
}

apr_size_t mtls_record_encode(const mtls_record_t *record, unsigned char *room)
{
    int n = record->chain_len < 0 ? 0 : record->chain_len;
    unsigned int error = (unsigned int)record->error;

    room[0] = 'M';
    room[1] = 'A';
    room[2] = RECORD_VERSION;
    room[3] = (unsigned char)((record->ok ? FLAG_OK : 0) | (record->chain_len < 0 ? FLAG_CHAIN_CUT : 0)
                              | (record->decodes ? FLAG_DECODES : 0));
    room[4] = (unsigned char)(error >> 24);
    room[5] = (unsigned char)(error >> 16);
    room[6] = (unsigned char)(error >> 8);
    room[7] = (unsigned char)error;
    memcpy(room + RECORD_HEAD, record->leaf, sizeof(record->leaf));
    memcpy(room + RECORD_PLACE, record->place, sizeof(record->place));
    memcpy(room + RECORD_LEAST, record->chain, (size_t)n * MTLS_DIGEST_LEN);
    return RECORD_LEAST + MTLS_DIGEST_LEN * (apr_size_t)n;
}

int mtls_record_decode(mtls_record_t *record, const unsigned char *octets, apr_size_t len)
{
    apr_size_t n;

    memset(record, 0, sizeof(*record));
    if (len < RECORD_LEAST || len > MTLS_RECORD_MAX || (len - RECORD_LEAST) % MTLS_DIGEST_LEN)
        return -1;
    if (octets[0] != 'M' || octets[1] != 'A' || octets[2] != RECORD_VERSION)
        return -1;
    n = (len - RECORD_LEAST) / MTLS_DIGEST_LEN;
    record->ok = octets[3] & FLAG_OK;
    record->decodes = (octets[3] & FLAG_DECODES) != 0;
    record->error = (int)((unsigned int)octets[4] << 24 | (unsigned int)octets[5] << 16
                          | (unsigned int)octets[6] << 8 | octets[7]);
    memcpy(record->leaf, octets + RECORD_HEAD, sizeof(record->leaf));
    memcpy(record->place, octets + RECORD_PLACE, sizeof(record->place));
    memcpy(record->chain, octets + RECORD_LEAST, n * MTLS_DIGEST_LEN);
    record->chain_len = octets[3] & FLAG_CHAIN_CUT ? -1 : (int)n;
    return 0;
}

int mtls_record_is_of(const mtls_record_t *record, const unsigned char *place)
{
    return place && !memcmp(record->place, place, sizeof(record->place));
}

int mtls_record_verified(const mtls_record_t *record, const unsigned char *place, const X509 *leaf)
{
    unsigned char fingerprint[MTLS_FINGERPRINT_LEN];
    int verified;

    if (!record->ok || record->error != X509_V_OK || !mtls_record_is_of(record, place))
        return 0;
    ERR_set_mark();
    verified = mtls_digest_fingerprint(leaf, fingerprint) == 0
            && !memcmp(fingerprint, record->leaf, sizeof(fingerprint));
    ERR_pop_to_mark();
    return verified;
}

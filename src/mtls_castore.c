/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <apr_atomic.h>
#include <apr_shm.h>
#include <apr_thread_proc.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "mtls_castore.h"

#define STORE_ENTRIES 256
#define STORE_OCTETS (512 * 1024)

/** One certificate: its digest, and where its DER lies. */
typedef struct entry_t {
    unsigned char digest[MTLS_DIGEST_LEN];
    apr_uint32_t head;                         /* see head_of */
    apr_uint32_t offset;
    apr_uint32_t len;
} entry_t;

/** The shared part. count is raised last, so that every entry below it is whole. */
typedef struct shared_t {
    volatile apr_uint32_t count;
    volatile apr_uint32_t writing;             /* who appends, of all children: a process, or 0 */
    apr_uint32_t used;
    entry_t entries[STORE_ENTRIES];
    unsigned char octets[STORE_OCTETS];
} shared_t;

struct mtls_castore_t {
    shared_t *shared;
    volatile void *decoded[STORE_ENTRIES];     /* X509 *, of this process; set once */
};

static apr_status_t free_decoded(void *data)
{
    mtls_castore_t *store = data;
    int i;

    for (i = 0; i < STORE_ENTRIES; i++) {
        X509_free((X509 *)store->decoded[i]);
        store->decoded[i] = NULL;
    }
    return APR_SUCCESS;
}

mtls_castore_t *mtls_castore_make(apr_pool_t *p)
{
    mtls_castore_t *store = apr_pcalloc(p, sizeof(*store));
    apr_shm_t *shm;

    if (apr_shm_create(&shm, sizeof(shared_t), NULL, p) != APR_SUCCESS)
        return NULL;
    store->shared = apr_shm_baseaddr_get(shm);
    memset(store->shared, 0, offsetof(shared_t, octets));
    apr_pool_cleanup_register(p, store, free_decoded, apr_pool_cleanup_null);
    return store;
}

static const ASN1_BIT_STRING *signature_of(const X509 *certificate)
{
    const ASN1_BIT_STRING *signature;

    X509_get0_signature(&signature, NULL, certificate);
    return signature;
}

/* The last octets of the signature: different for nearly all certificates that are different. */
static apr_uint32_t head_of(const X509 *certificate)
{
    const ASN1_BIT_STRING *signature = signature_of(certificate);
    int len = ASN1_STRING_length(signature);
    apr_uint32_t head = 0;

    if (len >= (int)sizeof(head))
        memcpy(&head, ASN1_STRING_get0_data(signature) + len - sizeof(head), sizeof(head));
    return head;
}

static int find_entry(const shared_t *shared, const unsigned char *digest, apr_uint32_t count)
{
    apr_uint32_t i;

    for (i = 0; i < count; i++) {
        if (!memcmp(shared->entries[i].digest, digest, MTLS_DIGEST_LEN))
            return (int)i;
    }
    return -1;
}

static apr_uint32_t entries_of(mtls_castore_t *store)
{
    return apr_atomic_read32(&store->shared->count);
}

int mtls_castore_has(mtls_castore_t *store, const unsigned char *digest)
{
    return find_entry(store->shared, digest, entries_of(store)) >= 0;
}

/* By one writer at a time. */
static void append_entry(shared_t *shared, const unsigned char *digest, X509 *certificate, int len)
{
    entry_t *entry = &shared->entries[shared->count];
    unsigned char *to = shared->octets + shared->used;

    if (shared->count >= STORE_ENTRIES || len <= 0 || (apr_uint32_t)len > STORE_OCTETS - shared->used)
        return;
    if (i2d_X509(certificate, &to) != len)
        return;
    memcpy(entry->digest, digest, MTLS_DIGEST_LEN);
    entry->head = head_of(certificate);
    entry->offset = shared->used;
    entry->len = (apr_uint32_t)len;
    shared->used += (apr_uint32_t)len;
    apr_atomic_inc32(&shared->count);
}

/* Nobody waits here: a handshake must not hang on another child. Who finds the door closed leaves; the certificate is
 * added the next time that it is seen. One that was killed while it was writing, and only that one, has left it open. */
static int take_door(shared_t *shared)
{
    apr_uint32_t holder = apr_atomic_read32(&shared->writing);
    apr_proc_t process = { .pid = (pid_t)holder };

    if (holder && apr_proc_kill(&process, 0) != ESRCH)
        return 0;
    return apr_atomic_cas32(&shared->writing, (apr_uint32_t)getpid(), holder) == holder;
}

void mtls_castore_add(mtls_castore_t *store, X509 *certificate, const unsigned char *digest)
{
    if (mtls_castore_has(store, digest))
        return;
    if (!take_door(store->shared))
        return;
    if (find_entry(store->shared, digest, entries_of(store)) < 0)
        append_entry(store->shared, digest, certificate, i2d_X509(certificate, NULL));
    apr_atomic_set32(&store->shared->writing, 0);
}

/* Two threads may decode at once; the first to publish wins, the other frees its own. What OpenSSL works out of the
 * extensions when it is first asked is there before any other thread sees the certificate. */
static X509 *decode_entry(mtls_castore_t *store, int i)
{
    const entry_t *entry = &store->shared->entries[i];
    const unsigned char *der = store->shared->octets + entry->offset;
    X509 *certificate, *other;

    ERR_set_mark();
    certificate = d2i_X509(NULL, &der, (long)entry->len);
    if (certificate)
        (void)X509_get_extension_flags(certificate);
    ERR_pop_to_mark();
    if (!certificate)
        return NULL;
    other = apr_atomic_casptr(&store->decoded[i], certificate, NULL);
    if (!other)
        return certificate;
    X509_free(certificate);
    return other;
}

static X509 *decoded(mtls_castore_t *store, int i)
{
    X509 *certificate = apr_atomic_casptr(&store->decoded[i], NULL, NULL);

    return certificate ? certificate : decode_entry(store, i);
}

X509 *mtls_castore_find(mtls_castore_t *store, const unsigned char *digest)
{
    int i = find_entry(store->shared, digest, entries_of(store));

    return i < 0 ? NULL : decoded(store, i);
}

/* X509_cmp looks at SHA-1 and then at all octets that are signed. What is left is the signature. */
static int is_same(const X509 *a, const X509 *b)
{
    return X509_cmp(a, b) == 0 && ASN1_STRING_cmp(signature_of(a), signature_of(b)) == 0;
}

int mtls_castore_recall(mtls_castore_t *store, X509 *certificate, unsigned char *digest)
{
    const shared_t *shared = store->shared;
    apr_uint32_t head = head_of(certificate), count = entries_of(store), i;

    for (i = 0; i < count; i++) {
        X509 *known = shared->entries[i].head == head ? decoded(store, (int)i) : NULL;

        if (!known || !is_same(known, certificate))
            continue;
        memcpy(digest, shared->entries[i].digest, MTLS_DIGEST_LEN);
        return 1;
    }
    return 0;
}

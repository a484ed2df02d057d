/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <stdatomic.h>
#include <string.h>

#include <apr_shm.h>
#include <apr_strings.h>

#include "mtls_shared.h"

static void *align(void *at)
{
    return (char *)at + (MTLS_CACHE_LINE - (apr_uintptr_t)at % MTLS_CACHE_LINE) % MTLS_CACHE_LINE;
}

#define HELD_SECONDS 10

/* The system hands anonymous memory out as zero; pages that nobody touches cost nothing. */
void *mtls_shared_keep(apr_pool_t *process, const char *name, apr_size_t size)
{
    void *kept = NULL;
    apr_shm_t *shm;
    char key[64];                /* what a restart asks for is not to stay with the process */

    apr_snprintf(key, sizeof(key), "mtls_authz:%s:%" APR_SIZE_T_FMT, name, size);
    apr_pool_userdata_get(&kept, key, process);
    if (kept)
        return kept;
    if (apr_shm_create(&shm, size + MTLS_CACHE_LINE, NULL, process) != APR_SUCCESS)
        return NULL;
    kept = align(apr_shm_baseaddr_get(shm));
    apr_pool_userdata_set(kept, key, NULL, process);      /* no cleanup of ours: the module may be unloaded before */
    return kept;
}

int mtls_shared_is_held(apr_uint32_t taken, apr_uint32_t now)
{
    apr_int32_t since = (apr_int32_t)(now - taken);

    return since > -HELD_SECONDS && since < HELD_SECONDS;
}

typedef _Atomic(apr_uint32_t) word_t;

/* What is read behind it is not read before it, and what is written before it is not written behind it. */
void mtls_shared_read(void *to, const void *shared, apr_size_t size)
{
    apr_uint32_t word;
    apr_size_t i;

    for (i = 0; i < size / sizeof(word); i++) {
        word = atomic_load_explicit((word_t *)shared + i, memory_order_acquire);
        memcpy((apr_uint32_t *)to + i, &word, sizeof(word));
    }
}

void mtls_shared_write(void *shared, const void *from, apr_size_t size)
{
    apr_uint32_t word;
    apr_size_t i;

    for (i = 0; i < size / sizeof(word); i++) {
        memcpy(&word, (const apr_uint32_t *)from + i, sizeof(word));
        atomic_store_explicit((word_t *)shared + i, word, memory_order_release);
    }
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* APR's atomics, as ThreadSanitizer can see them: it takes those of a library without instruments for nothing, and then
 * sees races wherever they keep two threads apart. Called instead of libapr's, by all that is in the process. */
#include <apr_atomic.h>

#define ORDER __ATOMIC_SEQ_CST

#define ATOMICS(bits, word) \
    word apr_atomic_read ## bits(volatile word *mem) { return __atomic_load_n(mem, ORDER); } \
    void apr_atomic_set ## bits(volatile word *mem, word value) { __atomic_store_n(mem, value, ORDER); } \
    word apr_atomic_add ## bits(volatile word *mem, word value) { return __atomic_fetch_add(mem, value, ORDER); } \
    void apr_atomic_sub ## bits(volatile word *mem, word value) { __atomic_fetch_sub(mem, value, ORDER); } \
    word apr_atomic_inc ## bits(volatile word *mem) { return __atomic_fetch_add(mem, 1, ORDER); } \
    int apr_atomic_dec ## bits(volatile word *mem) { return __atomic_sub_fetch(mem, 1, ORDER) != 0; } \
    word apr_atomic_xchg ## bits(volatile word *mem, word value) { return __atomic_exchange_n(mem, value, ORDER); } \
    word apr_atomic_cas ## bits(volatile word *mem, word with, word expected) \
    { \
        __atomic_compare_exchange_n(mem, &expected, with, 0, ORDER, ORDER); \
        return expected; \
    }

ATOMICS(32, apr_uint32_t)
ATOMICS(64, apr_uint64_t)

void *apr_atomic_casptr(volatile void **mem, void *with, const void *expected)
{
    volatile void *found = (volatile void *)(apr_uintptr_t)expected;

    __atomic_compare_exchange_n(mem, &found, with, 0, ORDER, ORDER);
    return (void *)(apr_uintptr_t)found;
}

void *apr_atomic_xchgptr(volatile void **mem, void *with)
{
    return (void *)(apr_uintptr_t)__atomic_exchange_n(mem, with, ORDER);
}

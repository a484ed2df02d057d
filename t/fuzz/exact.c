/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Pools that hand out pieces of the system's memory, one by one: only in programs with sanitizers, which see nothing of
 * what happens inside a pool's own blocks. Called instead of libapr's own, also by libapr. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "fuzz.h"

#include <dlfcn.h>
#include <stdlib.h>

#undef apr_palloc
#undef apr_pcalloc

/* Declared for Doxygen only. */
void *apr_pcalloc(apr_pool_t *p, apr_size_t size);

static int exact;
static void **pieces;
static size_t n, room;

void fuzz_exact(int on)
{
    while (!on && n)
        free(pieces[--n]);
    exact = on;
}

static void *take(size_t size)
{
    void **more;

    if (n == room) {
        room = room ? 2 * room : 1024;
        more = realloc(pieces, room * sizeof(*pieces));
        if (!more)
            abort();
        pieces = more;
    }
    return pieces[n++] = malloc(size);
}

void *apr_palloc(apr_pool_t *p, apr_size_t size)
{
    static void *(*real)(apr_pool_t *, apr_size_t);

    if (exact)
        return take(size);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "apr_palloc");
    return real(p, size);
}

void *apr_pcalloc(apr_pool_t *p, apr_size_t size)
{
    return memset(apr_palloc(p, size), 0, size);
}

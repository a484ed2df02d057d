/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Memory that is refused: the n-th time that somebody asks for some. */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_errno.h>
#include <apr_pools.h>

#include "faults.h"

#define MODULE "/mod_mtls_authz.so"
#define FRAMES 96
#define PLACES 65536

/* glibc's own, by the names that nobody puts himself in front of. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

/* While this thread looks at its stack it may ask for memory itself. */
static __thread int looking __attribute__((tls_model("initial-exec")));

/** Where the module lies. httpd unloads it and loads it again while it starts. */
static struct {
    unsigned long long changes;        /* how many libraries had been loaded and unloaded when it was looked for */
    char *from, *to;
} module;

static int find_module(struct dl_phdr_info *info, size_t size, void *data)
{
    unsigned long long changes = info->dlpi_adds + info->dlpi_subs;
    const char *name = strrchr(info->dlpi_name, '/');
    int *walking = data, i;

    (void)size;
    if (!*walking && module.changes == changes)
        return 1;
    if (!*walking)
        module.from = module.to = NULL;
    *walking = 1;
    module.changes = changes;
    if (!name || strcmp(name, MODULE))
        return 0;
    module.from = (char *)info->dlpi_addr;
    for (i = 0; i < info->dlpi_phnum; i++) {
        char *end = module.from + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;

        module.to = info->dlpi_phdr[i].p_type == PT_LOAD && end > module.to ? end : module.to;
    }
    return 1;
}

/** Callers as they are found, and what they were found to be. */
typedef struct callers_t {
    void *frames[FRAMES];
    int n, ours;                       /* ours: how many frames are the module's */
} callers_t;

static void look(const faults_t *page, callers_t *stack)
{
    int i, walking = 0;
    char *from, *to;

    stack->n = backtrace(stack->frames, FRAMES);
    stack->ours = 0;
    dl_iterate_phdr(find_module, &walking);
    from = module.from + page->from;
    to = module.from && page->to ? module.from + page->to : module.to;
    for (i = 0; i < stack->n; i++)
        stack->ours += (char *)stack->frames[i] >= from && (char *)stack->frames[i] < to;
}

/* The module's frames, for addr2line. */
static void note_frames(const callers_t *stack, char *text, size_t room)
{
    int i;

    *text = '\0';
    for (i = 0; i < stack->n && room > 16; i++) {
        char *at = stack->frames[i];
        int len = at < module.from || at >= module.to ? 0 : snprintf(text, room, "%#zx ", (size_t)(at - module.from));

        text += len;
        room -= (size_t)len;
    }
}

/* ---- places ---- */

/** Callers that were there before, since counting began. */
static struct {
    uint64_t armed;
    uint64_t seen[PLACES];
} places;

static int is_new(const faults_t *page, const callers_t *stack)
{
    uint64_t hash = 0xcbf29ce484222325u;
    size_t at;
    int i;

    if (places.armed != page->armed)
        memset(&places, 0, sizeof(places));
    places.armed = page->armed;
    for (i = 0; i < stack->n; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)stack->frames[i]) * 0x9e3779b97f4a7c15u;
    for (at = hash >> 40; places.seen[at % PLACES]; at++) {
        if (places.seen[at % PLACES] == hash)
            return 0;
    }
    places.seen[at % PLACES] = hash;
    return 1;
}

/* ---- the n-th ---- */

static int is_counted(const faults_t *page, callers_t *stack)
{
    if (!page->ours && !page->places)
        return 1;
    look(page, stack);
    return (!page->ours || stack->ours) && (!page->places || is_new(page, stack));
}

/* True if this one is to be refused. */
static int refused(uint64_t kind)
{
    faults_t *page = faults_page;
    int fails = 0;
    callers_t stack;

    if (!page || page->kind != kind || looking)
        return 0;
    looking = 1;
    if (is_counted(page, &stack)) {
        fails = __atomic_add_fetch(&page->counted, 1, __ATOMIC_RELAXED) == page->fail_at;
        if (fails) {
            page->failed++;
            look(page, &stack);
            note_frames(&stack, page->where, sizeof(page->where));
        }
    }
    looking = 0;
    if (fails)
        errno = ENOMEM;
    return fails;
}

void *malloc(size_t size)
{
    return refused(FAULTS_MALLOC) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return refused(FAULTS_MALLOC) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    return size && refused(FAULTS_MALLOC) ? NULL : __libc_realloc(old, size);
}

int posix_memalign(void **result, size_t alignment, size_t size)
{
    if (refused(FAULTS_MALLOC))
        return ENOMEM;
    *result = __libc_memalign(alignment, size);
    return *result ? 0 : ENOMEM;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return refused(FAULTS_MALLOC) ? NULL : __libc_memalign(alignment, size);
}

/* Pools take memory by the block and hand it out in pieces: here each piece can be the one that is not there. As APR
 * does, the pool's owner is told first, who usually ends the process. */
void *apr_palloc(apr_pool_t *pool, apr_size_t size)
{
    static void *(*real)(apr_pool_t *, apr_size_t);
    apr_abortfunc_t tell;

    if (!real)
        real = (void *(*)(apr_pool_t *, apr_size_t))dlsym(RTLD_NEXT, "apr_palloc");
    if (!refused(FAULTS_POOL))
        return real(pool, size);
    tell = apr_pool_abort_get(pool);
    if (tell)
        tell(APR_ENOMEM);
    return NULL;
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <string.h>
#include <sys/mman.h>

#include "mtls_pages.h"

void *mtls_pages_take(apr_size_t len)
{
    void *pages = mmap(NULL, len ? len : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return pages == MAP_FAILED ? NULL : pages;
}

void *mtls_pages_grow(void *old, apr_size_t old_len, apr_size_t len)
{
    void *pages = mtls_pages_take(len);

    if (!pages)
        return NULL;
    memcpy(pages, old, old_len);
    mtls_pages_give(old, old_len);
    return pages;
}

void mtls_pages_give(void *pages, apr_size_t len)
{
    if (pages)
        munmap(pages, len ? len : 1);
}

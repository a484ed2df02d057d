/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_shared.h
 * @brief Memory that all processes of one server share, and that survives its restarts.
 *
 * A graceful restart loads the module anew while children of the old generation still answer: both
 * find the same memory, by its name, as long as the main process lives.
 */
#ifndef MTLS_SHARED_H
#define MTLS_SHARED_H

#include <apr_pools.h>

/** What lies side by side in one line of a processor's cache is passed to and fro by those who write to it. */
#define MTLS_CACHE_LINE 64

/**
 * The memory with this name and size: made when first asked for, all zero, else found again. Memory of
 * another size is another memory: a module with another layout begins anew and never misreads. By the
 * main process only, before children are made.
 *
 * @param process the pool of the main process, which owns it
 * @return its beginning, on a cache line of its own; NULL if there is none
 */
void *mtls_shared_keep(apr_pool_t *process, const char *name, apr_size_t size);

/**
 * Whether somebody who began to write in the second taken may still be at it. A child may die at any moment: what it has
 * begun is another's to write after a few seconds. Clocks are read before they are compared, by several, and may be set
 * back: neither order of the two makes what is held free.
 */
int mtls_shared_is_held(apr_uint32_t taken, apr_uint32_t now);

/**
 * Copy from memory, or into it, that others write to or read from at the same time, four octets at once: size is a multiple
 * of that, and shared is aligned to it. Whether the whole belongs together is for a counter beside it to tell.
 */
void mtls_shared_read(void *to, const void *shared, apr_size_t size);
void mtls_shared_write(void *shared, const void *from, apr_size_t size);

#endif

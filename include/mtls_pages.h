/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_pages.h
 * @brief Large memory that goes back to the system at once.
 *
 * Every child reads a long list once in a while; what malloc keeps for the next time would be kept in each of them.
 */
#ifndef MTLS_PAGES_H
#define MTLS_PAGES_H

#include <apr.h>

/** len octets, all zero. @return NULL: out of memory */
void *mtls_pages_take(apr_size_t len);

/** The same octets with room for more; what is new is zero. @return NULL: out of memory, and old is as it was */
void *mtls_pages_grow(void *old, apr_size_t old_len, apr_size_t len);

/** Give them back; NULL is fine. */
void mtls_pages_give(void *pages, apr_size_t len);

#endif

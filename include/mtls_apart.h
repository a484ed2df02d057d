/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_apart.h
 * @brief For what is called for every request, and mostly has nothing to do.
 *
 * A compiler makes one function of it and of what it does seldom; then every call saves registers that only the
 * latter needs.
 */
#ifndef MTLS_APART_H
#define MTLS_APART_H

#define MTLS_APART __attribute__((noinline))

#endif

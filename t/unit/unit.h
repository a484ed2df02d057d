/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* What unit programs of the fact rooms share: a pool, octets with lengths, DER to read. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "mtls_text.h"

/* One pool for a whole program. */
extern apr_pool_t *unit_pool;

/* Run the tests with TAP output; returns the exit status. */
#define UNIT_RUN(tests) \
    (unit_begin(), cmocka_run_group_tests_name(__FILE__, (tests), NULL, NULL) | unit_end())
void unit_begin(void);
int unit_end(void);

/* Octets of a string constant, which may hold NUL. */
#define O(literal) ((mtls_str_t){ (literal), sizeof(literal) - 1 })

/* Fail with both texts unless they are equal; NULL is "nothing". */
void unit_same(const char *what, const char *got, const char *want);

/* One DER element of the given parts, in the pool. */
#define DER(tag, ...) unit_der((tag), (mtls_str_t[]){ __VA_ARGS__, { NULL, 0 } })
mtls_str_t unit_der(int tag, const mtls_str_t *parts);
/* The parts one behind the other. */
#define JOIN(...) unit_join((mtls_str_t[]){ __VA_ARGS__, { NULL, 0 } })
mtls_str_t unit_join(const mtls_str_t *parts);
/* count times the same octets. */
mtls_str_t unit_repeat(mtls_str_t octets, int count);
/* OBJECT IDENTIFIER of a dotted decimal, as OpenSSL encodes it. */
mtls_str_t unit_oid(const char *dotted);

#endif

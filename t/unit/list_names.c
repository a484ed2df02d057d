/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* The names that nobody but the server may speak in, one "PROFILE<TAB>NAME" per line: every name of every
 * profile, and under the profile "-" all of them as the server guards them. */
#include <stdio.h>
#include <apr_general.h>

#include "mtls_header.h"

static void print_names(const char *profile, const mtls_guard_t *guard)
{
    int i;

    for (i = 0; i < mtls_guard_len(guard); i++)
        printf("%s\t%s\n", profile, mtls_guard_name(guard, i));
}

int main(void)
{
    mtls_guard_t *guard;
    apr_pool_t *p;
    int i;

    apr_initialize();
    apr_pool_create(&p, NULL);
    guard = mtls_guard_make(p);
    mtls_guard_add_profiles(guard);
    print_names("-", guard);
    for (i = 0; i < mtls_profiles_len; i++) {
        guard = mtls_guard_make(p);
        if (!mtls_guard_add_profile(guard, mtls_profiles[i].name))
            return 1;
        print_names(mtls_profiles[i].name, guard);
    }
    apr_terminate();
    return 0;
}

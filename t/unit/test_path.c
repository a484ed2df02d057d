/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Which paths can be read in more than one way: dot segments by RFC 3986 section 5.2.4, the rest as backends are known
 * to read paths (parameters, backslashes, a second decoding, an end at NUL). */
#include "unit.h"
#include <stdlib.h>
#include "mtls_path.h"

#define FINE NULL
#define PARAMETER "a path parameter (;)"
#define PARAMETER_3B "an encoded semicolon (%3b)"
#define BACKSLASH "a backslash"
#define SLASH_2F "an encoded slash (%2f)"
#define BACKSLASH_5C "an encoded backslash (%5c)"
#define PERCENT_25 "an encoded percent sign (%25)"
#define NUL_00 "an encoded NUL (%00)"
#define EMPTY "an empty segment (//)"
#define DOTS "a dot segment"

static const struct { const char *path, *doubt; } paths[] = {
    { "/", FINE },
    { "", FINE },
    { "*", FINE },
    { "/orders", FINE },
    { "/orders/", FINE },
    { "/orders/2026/11/a.html", FINE },
    { "/index.tar.gz", FINE },
    { "/.well-known/acme", FINE },
    { "/.htaccess", FINE },
    { "/..data/x", FINE },
    { "/a..b/c", FINE },
    { "/a./b", FINE },
    { "/.../a", FINE },
    { "/a/...", FINE },
    { "/%2e%2e%2e/a", FINE },
    { "/%2e%2ea/b", FINE },
    { "/a%2eb", FINE },
    { "/~anne/:80/@me/a+b,c=d!$&'()", FINE },
    { "/Gr%C3%B6%C3%9Fe/%E6%97%A5", FINE },
    { "/a%20b", FINE },
    { "/a%3fb", FINE },
    { "/a%2", FINE },
    { "/a%", FINE },
    { "/%5", FINE },
    { "/-_.~", FINE },

    { "/a;b=c/d", PARAMETER },
    { "/open/..;/orders", PARAMETER },
    { "/;", PARAMETER },
    { "/a;", PARAMETER },
    { "/a%3bb", PARAMETER_3B },
    { "/open/..%3B/orders", PARAMETER_3B },
    { "/a\\b", BACKSLASH },
    { "\\a", BACKSLASH },
    { "/open/..\\orders", BACKSLASH },
    { "/a%2fb", SLASH_2F },
    { "/a%2Fb", SLASH_2F },
    { "/a%2f", SLASH_2F },
    { "%2f", SLASH_2F },
    { "/a%5cb", BACKSLASH_5C },
    { "/a%5C", BACKSLASH_5C },
    { "/a%252fb", PERCENT_25 },
    { "/%252e%252e/a", PERCENT_25 },
    { "/100%25", PERCENT_25 },
    { "/a%00", NUL_00 },
    { "/a%00.html", NUL_00 },
    { "//", EMPTY },
    { "//a", EMPTY },
    { "/a//b", EMPTY },
    { "/a///", EMPTY },
    { "/a//", EMPTY },
    { "/.", DOTS },
    { "/..", DOTS },
    { "/./a", DOTS },
    { "/a/./b", DOTS },
    { "/a/../b", DOTS },
    { "/a/..", DOTS },
    { "/a/.", DOTS },
    { "/a/../", DOTS },
    { "/%2e/a", DOTS },
    { "/%2E%2e/a", DOTS },
    { "/a/.%2e/b", DOTS },
    { "/a/%2e./b", DOTS },
    { "/a/%2E", DOTS },
};

static void test_paths(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        const char *doubt = mtls_path_doubt(mtls_str(paths[i].path)), *wanted = paths[i].doubt;

        if (!doubt != !wanted || (doubt && strcmp(doubt, wanted)))
            fail_msg("%s: %s instead of %s", paths[i].path, doubt ? doubt : "fine", wanted ? wanted : "fine");
    }
}

/* What stands behind the counted octets is somebody else's: every beginning of every path, in memory of its own. */
static void test_length(void **state)
{
    size_t i, len;

    (void)state;
    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        for (len = 0; len <= strlen(paths[i].path); len++) {
            char *copy = malloc(len + 1), *exact = malloc(len ? len : 1);

            assert_true(copy && exact);
            memcpy(copy, paths[i].path, len);
            copy[len] = '\0';
            memcpy(exact, paths[i].path, len);
            assert_ptr_equal(mtls_path_doubt((mtls_str_t){ exact, len }), mtls_path_doubt(mtls_str(copy)));
            free(copy);
            free(exact);
        }
    }
    assert_null(mtls_path_doubt((mtls_str_t){ "/a%2f", 4 }));
    assert_null(mtls_path_doubt((mtls_str_t){ "/a/;", 3 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_paths), cmocka_unit_test(test_length) };

    return UNIT_RUN(tests);
}

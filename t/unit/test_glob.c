/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Globs: every short one against every short text, as a table says, and long texts. */
#include "unit.h"
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "mtls_match.h"

#define GLOB_MOST 6
#define TEXT_MOST 6
#define SEP '/'

/* The meaning, as it is written down: does what is left of the glob match what is left of the text? */
static int means(const char *glob, const char *text)
{
    if (!*glob)
        return !*text;
    if (glob[0] == '*' && glob[1] == '*')
        return means(glob[2] == '*' ? glob + 1 : glob + 2, text) || (*text && means(glob, text + 1));
    if (*glob == '*')
        return means(glob + 1, text) || (*text && *text != SEP && means(glob, text + 1));
    return *glob == *text && means(glob + 1, text + 1);
}

/* The next word over these letters, shorter ones first. False behind the last one. */
static int advance(char *word, const char *letters, size_t most)
{
    size_t len = strlen(word), at;

    for (at = len; at > 0; at--) {
        const char *letter = strchr(letters, word[at - 1]) + 1;

        word[at - 1] = *letter ? *letter : *letters;
        if (*letter)
            return 1;
    }
    if (len == most)
        return 0;
    memset(word, *letters, len + 1);
    word[len + 1] = '\0';
    return 1;
}

static void test_meaning(void **state)
{
    char glob[GLOB_MOST + 1] = "", text[TEXT_MOST + 1];
    int matched = 0, not_matched = 0;

    (void)state;
    do {
        *text = '\0';
        do {
            int matches = mtls_glob(mtls_str(glob), mtls_str(text), SEP, TEXT_MOST);

            if (matches != means(glob, text))
                fail_msg("'%s' and '%s': %d", glob, text, matches);
            *(matches ? &matched : &not_matched) += 1;
        } while (advance(text, "ab/", TEXT_MOST));
    } while (advance(glob, "ab*/", GLOB_MOST));
    assert_true(matched > 50000 && not_matched > 50000);
}

/* So many letters, and a separator behind each so many. */
static mtls_str_t long_text(size_t len, size_t each)
{
    char *text = apr_palloc(unit_pool, len + 1);
    size_t i;

    memset(text, 'a', len);
    for (i = each; i < len; i += each + 1)
        text[i] = SEP;
    text[len] = '\0';
    return (mtls_str_t){ text, len };
}

/* A certificate may have text of a hundred thousand octets, and a client may show it on each of his connections. With the
 * square of this length no machine would be ready within a minute of its time; without, it takes a fraction of a second. */
static void test_long_texts(void **state)
{
    static const char *const globs[] = { "**a*b", "**a*a*a*b", "**/a*b", "**a*/a*/a*b", "**a*b**c", "x**a*b", "**a*b*" };
    const mtls_str_t texts[] = { long_text(4000000, 4000000), long_text(4000000, 1999999), long_text(4000000, 2000) };
    const struct rlimit minute = { 60, 60 };
    size_t i, k;

    (void)state;
    for (i = 0; i < sizeof(globs) / sizeof(globs[0]); i++) {
        for (k = 0; k < sizeof(texts) / sizeof(texts[0]); k++) {
            pid_t child = fork();
            int status = -1;

            assert_true(child >= 0);
            if (!child) {
                setrlimit(RLIMIT_CPU, &minute);
                _exit(mtls_glob(mtls_str(globs[i]), texts[k], SEP, 0));
            }
            assert_int_equal(waitpid(child, &status, 0), child);
            if (status)
                fail_msg("'%s' and text %d: status %d", globs[i], (int)k, status);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_meaning), cmocka_unit_test(test_long_texts) };

    return UNIT_RUN(tests);
}

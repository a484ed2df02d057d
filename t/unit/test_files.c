/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Files from outside and from inside: what was read is what was looked at, or it is known to be something else. */
#include "unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include "mtls_files.h"

static char dir[] = "/tmp/mtls-files-XXXXXX";

static const char *path_of(const char *name)
{
    return apr_pstrcat(unit_pool, dir, "/", name, NULL);
}

static const char *put(const char *name, const char *text)
{
    const char *path = path_of(name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

static mtls_files_t look(const char *pattern)
{
    mtls_files_t files;

    unit_same(pattern, mtls_files_look(unit_pool, pattern, 1, &files), NULL);
    return files;
}

/* Read all of them; true if they are those that were looked at. */
static int reads_the_same(const mtls_files_t *files)
{
    apr_uint64_t signature = MTLS_FILES_NONE;
    mtls_str_t octets;
    int i;

    for (i = 0; i < files->paths->nelts; i++) {
        unit_same("read", mtls_files_read(unit_pool, APR_ARRAY_IDX(files->paths, i, const char *), &octets, &signature), NULL);
        mtls_files_release(&octets);
    }
    return signature == files->signature;
}

static void test_exchanged_between_look_and_read(void **state)
{
    const char *a = put("a", "one\n"), *other = put("other", "two\n");
    mtls_files_t before = look(path_of("[ab]"));

    (void)state;
    assert_true(reads_the_same(&before));
    put("b", "three\n");
    assert_true(reads_the_same(&before));
    before = look(path_of("[ab]"));
    assert_int_equal(before.paths->nelts, 2);
    assert_true(reads_the_same(&before));
    /* There and back: whoever looks again sees nothing. */
    assert_int_equal(rename(a, path_of("away")), 0);
    assert_int_equal(symlink(other, a), 0);
    assert_false(reads_the_same(&before));
    unlink(a);
    assert_int_equal(rename(path_of("away"), a), 0);
}

static void test_hidden(void **state)
{
    (void)state;
    put("seen.pem", "x");
    put(".seen.pem", "x");
    assert_int_equal(look(path_of("*seen.pem")).paths->nelts, 1);
    assert_int_equal(look(path_of(".s*")).paths->nelts, 1);
    unlink(path_of("seen.pem"));
    assert_non_null(mtls_files_look(unit_pool, path_of("*seen.pem"), 1, &(mtls_files_t){ NULL, 0, 0 }));
}

/* It has been exchanged for a pipe that nobody writes into: opening that would wait for ever. */
static void test_pipe(void **state)
{
    apr_uint64_t signature = MTLS_FILES_NONE;
    mtls_str_t octets;
    const char *error;

    (void)state;
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    alarm(20);
    error = mtls_files_read(unit_pool, path_of("pipe"), &octets, &signature);
    alarm(0);
    assert_non_null(error);
    assert_non_null(strstr(error, "/pipe: cannot be read"));
}

/* Who renames or stamps a file has finished with it. */
static void test_written(void **state)
{
    apr_time_t begin = apr_time_now() - apr_time_from_sec(1);
    const char *path = put("written", "x");
    struct timeval long_ago[2] = { { 1000, 0 }, { 1000, 0 } };

    (void)state;
    assert_true(look(path).written >= begin);
    apr_sleep(50000);
    assert_int_equal(rename(path, path_of("renamed")), 0);
    assert_true(look(path_of("renamed")).written == 0);
    put("renamed", "y");
    assert_true(look(path_of("renamed")).written >= begin);
    assert_int_equal(utimes(path_of("renamed"), long_ago), 0);
    assert_true(look(path_of("renamed")).written == 0);
}

static int make_dir(void **state)
{
    (void)state;
    return !mkdtemp(dir);
}

static int remove_dir(void **state)
{
    static const char *const names[] = { "a", "b", "other", "away", ".seen.pem", "seen.pem", "pipe", "written", "renamed" };
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unlink(path_of(names[i]));
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exchanged_between_look_and_read),
        cmocka_unit_test(test_hidden),
        cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_written),
    };
    int status;

    unit_begin();
    status = cmocka_run_group_tests_name(__FILE__, tests, make_dir, remove_dir);
    return status | unit_end();
}

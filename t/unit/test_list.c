/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* A list that lives: what becomes of its file, what processes tell of it, who finds himself in it, and what it leaves behind. */
#include "certificate.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../src/mtls_list_state.h"

static char path[] = "/tmp/mtls-list-XXXXXX";

static const char *same_path(apr_pool_t *p, const char *word)
{
    return apr_pstrdup(p, word);
}

static const mtls_host_t host = { .path = same_path };

static void put(const char *text)
{
    char next[sizeof(path) + 2];
    FILE *file;

    apr_snprintf(next, sizeof(next), "%s~", path);
    file = fopen(next, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    fclose(file);
    assert_int_equal(rename(next, path), 0);
}

typedef struct world_t {
    mtls_list_t *list;
    const mtls_facts_t *web, *other;
    apr_pool_t *pool;
} world_t;

static const mtls_facts_t *facts_named(const char *cn, const mtls_fieldset_t *set)
{
    certificate_t parts = certificate_parts();

    parts.subject = certificate_name(cn);
    return facts_of(&parts, set);
}

static world_t open_list(const char *text)
{
    mtls_fieldset_t *set = mtls_fieldset_make(unit_pool);
    world_t world;

    put(text);
    apr_pool_create(&world.pool, unit_pool);
    unit_same("define", mtls_list_define(unit_pool, set, &host, "People", "subject.cn",
                                         apr_pstrcat(unit_pool, "file:", path, NULL), &world.list), NULL);
    unit_same("name", mtls_list_name(world.list), "people");
    unit_same("open", mtls_list_open(world.list, unit_pool, 0), NULL);
    world.web = facts_named("web", set);
    world.other = facts_named("other", set);
    return world;
}

/* What happens next; a change is seen by one look and read by another. */
static mtls_list_event_t keep(const world_t *world, const char *wanted)
{
    mtls_list_event_t event = MTLS_LIST_QUIET;
    const char *sentence = NULL;
    int look;

    for (look = 0; look < 3 && event == MTLS_LIST_QUIET; look++)
        event = mtls_list_keep(world->list, world->pool, 0, &sentence);
    if (event == MTLS_LIST_QUIET)
        sentence = NULL;
    if ((wanted != NULL) != (sentence != NULL) || (wanted && !strstr(sentence, wanted)))
        fail_msg("got %s, want %s", sentence ? sentence : "nothing", wanted ? wanted : "nothing");
    return event;
}

/* Version, reason and line. */
static const char *ask(const world_t *world, const mtls_facts_t *facts)
{
    const mtls_membership_t *membership = mtls_list_find(world->list, world->pool, facts);

    return apr_psprintf(unit_pool, "%u %s %u", membership->version, mtls_reason_slug(membership->reason), membership->line);
}

/* ---- one file, step by step ---- */

static void test_steps(void **state)
{
    static const struct {
        const char *text;            /* NULL: the file is removed; "": emptied */
        mtls_list_event_t event;
        const char *sentence;
        const char *web, *other;
    } steps[] = {
        { "web role=a\n", MTLS_LIST_RENEWED, "version 2 is in force, with 1 entries", "2 granted 1", "2 no-match 0" },
        { "# x\nother\nweb\n", MTLS_LIST_RENEWED, "version 3 is in force, with 2 entries", "3 granted 3", "3 granted 2" },
        { "other\nweb", MTLS_LIST_BAD, ":2: the last line has no end", "3 granted 3", "3 granted 2" },
        { "other\nweb", MTLS_LIST_QUIET, NULL, "3 granted 3", "3 granted 2" },
        { "other\nweb x\n", MTLS_LIST_BAD, ":2: 'x' is no label", "3 granted 3", "3 granted 2" },
        { "", MTLS_LIST_BAD, ": is empty, and had 2 entries before", "3 granted 3", "3 granted 2" },
        { NULL, MTLS_LIST_BAD, ": cannot be read", "3 granted 3", "3 granted 2" },
        { NULL, MTLS_LIST_QUIET, NULL, "3 granted 3", "3 granted 2" },
        { "# nobody\n", MTLS_LIST_RENEWED, "version 4 is in force, with 0 entries", "4 no-match 0", "4 no-match 0" },
        { "", MTLS_LIST_RENEWED, "version 5 is in force, with 0 entries", "5 no-match 0", "5 no-match 0" },
        { "like:w*\n", MTLS_LIST_RENEWED, "version 6 is in force, with 1 entries", "6 granted 1", "6 no-match 0" },
    };
    world_t world = open_list("other\n");
    apr_size_t i;

    (void)state;
    unit_same("before the keeper looks", ask(&world, world.other), "0 list-unavailable 0");
    assert_int_equal(keep(&world, NULL), MTLS_LIST_QUIET);
    unit_same("at the start", ask(&world, world.other), "1 granted 1");
    unit_same("nobody", ask(&world, NULL), "1 no-match 0");
    for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (steps[i].text)
            put(steps[i].text);
        else
            unlink(path);
        assert_int_equal(keep(&world, steps[i].sentence), steps[i].event);
        unit_same("web", ask(&world, world.web), steps[i].web);
        unit_same("other", ask(&world, world.other), steps[i].other);
    }
}

static void test_labels_differ(void **state)
{
    world_t world = open_list("web role=a team=x\nlike:w* role=b team=x\nother role=c\n");
    const mtls_membership_t *found;

    (void)state;
    keep(&world, NULL);
    found = mtls_list_find(world.list, world.pool, world.web);
    assert_int_equal(found->n, 2);
    assert_true(found->labels[0].differing);
    assert_false(found->labels[1].differing);
    assert_true(mtls_str_eq(found->labels[1].value, O("x")));
    assert_true(mtls_list_has_label(world.list, O("team")));
    assert_false(mtls_list_has_label(world.list, O("Team")));
    assert_false(mtls_list_has_label(world.list, O("tea")));
}

/* ---- processes ---- */

/* Of all processes that look, one tells of a change; all have it. */
static void test_one_tells(void **state)
{
    enum { PROCESSES = 4 };
    world_t world = open_list("other\n");
    int i, told = 0, told_bad = 0;

    (void)state;
    put("web\n");
    for (i = 0; i < PROCESSES; i++) {
        pid_t pid = fork();
        int status = -1;

        assert_true(pid >= 0);
        if (!pid) {
            const char *sentence;
            int look, renewed = 0;

            for (look = 0; look < 4; look++)
                renewed += mtls_list_keep(world.list, world.pool, 0, &sentence) == MTLS_LIST_RENEWED;
            _exit(strcmp(ask(&world, world.web), "2 granted 1") ? 100 : renewed);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
        told += WEXITSTATUS(status);
    }
    assert_int_equal(told, 1);
    put("web");
    for (i = 0; i < PROCESSES; i++) {
        pid_t pid = fork();
        int status = -1;

        assert_true(pid >= 0);
        if (!pid) {
            const char *sentence;
            int look, bad = 0;

            for (look = 0; look < 4; look++)
                bad += mtls_list_keep(world.list, world.pool, 0, &sentence) == MTLS_LIST_BAD;
            _exit(strcmp(ask(&world, world.web), "2 granted 1") ? 100 : bad);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        told_bad += WEXITSTATUS(status);
    }
    assert_int_equal(told_bad, 1);
}

/* Another process reads for ever. Whoever says that a list is good for as long as can be said does not find it stale. */
static void test_stuck(void **state)
{
    world_t world = open_list("other\n");
    const struct { apr_int64_t seconds; int stale; } cases[] = { { APR_INT64_MAX, 0 }, { APR_INT64_MAX / 100, 0 }, { -1, 1 } };
    const char *sentence;
    int ready[2], i;
    pid_t pid;
    char octet;

    (void)state;
    assert_int_equal(pipe(ready), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        octet = mtls_versions_enter(world.list->versions) ? 'y' : 'n';
        if (write(ready[1], &octet, 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &octet, 1), 1);
    assert_int_equal(octet, 'y');
    for (i = 0; i < (int)(sizeof(cases) / sizeof(cases[0])); i++) {
        mtls_list_set_stale(world.list, cases[i].seconds);
        assert_int_equal(mtls_list_keep(world.list, world.pool, 0, &sentence), MTLS_LIST_QUIET);
        assert_int_equal(mtls_list_stale(world.list), cases[i].stale);
    }
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(ready[0]);
    close(ready[1]);
}

/* ---- what is left behind ---- */

typedef struct cost_t {
    long rss;                        /* KB */
    int descriptors;
} cost_t;

static cost_t cost(void)
{
    cost_t found = { 0, 0 };
    FILE *file = fopen("/proc/self/status", "r");
    DIR *dir = opendir("/proc/self/fd");
    char line[200];

    assert_true(file && dir);
    while (fgets(line, sizeof(line), file)) {
        if (!strncmp(line, "VmRSS:", 6))
            found.rss = atol(line + 6);
    }
    while (readdir(dir))
        found.descriptors++;
    fclose(file);
    closedir(dir);
    return found;
}

/* A keeper's pool is cleared each time, and has an allocator of its own. */
static void test_reloads(void **state)
{
    const char *wanted = getenv("MTLS_RELOADS");
    int n = wanted ? atoi(wanted) : 200, i, k;
    char *texts[2];
    world_t world;
    cost_t begin = { 0, 0 }, end;

    (void)state;
    for (k = 0; k < 2; k++) {
        char *at = texts[k] = malloc(2000 * 64);

        for (i = 0; i < 2000; i++)
            at += sprintf(at, "%s%d role=r%d user=u%d\n", k ? "h" : "web", i * (k + 1), i % 7, i);
    }
    world = open_list(texts[0]);
    for (i = 0; i < n; i++) {
        put(i % 7 == 3 ? "broken \"\n" : texts[i % 2]);
        keep(&world, i % 7 == 3 ? "has a quote" : "is in force");
        mtls_list_find(world.list, world.pool, world.web);
        apr_pool_clear(world.pool);
        if (i == n / 10)
            begin = cost();
    }
    end = cost();
    print_message("# %d reloads: RSS %ld KB after %d, %ld KB at the end; descriptors %d and %d\n", n, begin.rss, n / 10, end.rss,
                  begin.descriptors, end.descriptors);
    free(texts[0]);
    free(texts[1]);
    assert_int_equal(end.descriptors, begin.descriptors);
    /* A program that watches each access has memory of its own, and finds what is lost itself. */
    assert_true(end.rss <= begin.rss + 512 || getenv("MTLS_UNIT_WRAPPER"));
}

static int setup_file(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 || close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_labels_differ),
        cmocka_unit_test(test_one_tells),
        cmocka_unit_test(test_stuck),
        cmocka_unit_test(test_reloads),
    };
    int status;

    unit_begin();
    status = cmocka_run_group_tests_name(__FILE__, tests, setup_file, remove_file);
    return status | unit_end();
}

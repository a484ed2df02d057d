/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Versions: one process writes, others read; whoever ends, however he ends, is in nobody's way. */
#include "unit.h"
#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <apr_thread_proc.h>
#include "mtls_versions.h"

enum { SLOTS = 4, THREADS = 3, LEN = 30000 };

static mtls_versions_t *make(apr_pool_t *p)
{
    mtls_versions_t *versions = NULL;

    unit_same("make", mtls_versions_make(p, sizeof(long), &versions), NULL);
    return versions;
}

static const char *write_text(mtls_versions_t *versions, const char *text)
{
    const char *error;

    assert_true(mtls_versions_enter(versions));
    error = mtls_versions_write(versions, text, strlen(text));
    mtls_versions_leave(versions);
    return error;
}

static const char *read_text(mtls_versions_t *versions)
{
    mtls_reader_t reader = mtls_versions_read(versions);
    const char *text = apr_psprintf(unit_pool, "%u %.*s", reader.number, (int)reader.octets.len, reader.octets.ptr);

    mtls_versions_done(versions, &reader);
    return text;
}

static void test_one_process(void **state)
{
    mtls_versions_t *versions = make(unit_pool);
    mtls_reader_t reader;
    int i;

    (void)state;
    assert_int_equal(mtls_versions_latest(versions), 0);
    assert_false(mtls_versions_follow(versions));
    unit_same("none", read_text(versions), "0 ");
    unit_same("write", write_text(versions, "one"), NULL);
    assert_int_equal(mtls_versions_latest(versions), 1);
    unit_same("not followed", read_text(versions), "0 ");
    assert_true(mtls_versions_follow(versions));
    assert_false(mtls_versions_follow(versions));
    unit_same("one", read_text(versions), "1 one");
    unit_same("write", write_text(versions, "two"), NULL);
    reader = mtls_versions_read(versions);
    for (i = 0; i < SLOTS - 2; i++)                  /* what is read here stays, whatever is written */
        unit_same("write", write_text(versions, "three"), NULL);
    assert_memory_equal(reader.octets.ptr, "one", 3);
    mtls_versions_done(versions, &reader);
    assert_true(mtls_versions_follow(versions));
    unit_same("the latest", read_text(versions), "4 three");
    for (i = 0; i < 1000; i++) {
        unit_same("again", write_text(versions, i % 2 ? "a longer one" : "x"), NULL);
        assert_true(mtls_versions_follow(versions));
    }
    unit_same("at last", read_text(versions), "1004 a longer one");
}

/* ---- other processes ---- */

typedef struct process_t {
    pid_t pid;
    int to, from;
} process_t;

/* A process that does what it is told, a letter at a time, and answers with one. */
static void obey(mtls_versions_t *versions, int in, int out)
{
    char letter;

    while (read(in, &letter, 1) == 1) {
        switch (letter) {
        case 'f': letter = mtls_versions_follow(versions) ? 'y' : 'n'; break;
        case 'e': letter = mtls_versions_enter(versions) ? 'y' : 'n'; break;
        case 'l': mtls_versions_leave(versions); letter = 'y'; break;
        case 'w': letter = mtls_versions_write(versions, "child", 5) ? 'n' : 'y'; break;
        case 'n': letter = (char)++*(long *)mtls_versions_note(versions); break;
        case 'r': letter = read_text(versions)[0]; break;
        default: _exit(1);
        }
        if (write(out, &letter, 1) != 1)
            break;
    }
    _exit(0);
}

static process_t begin(mtls_versions_t *versions)
{
    int to[2], from[2];
    process_t process;

    assert_int_equal(pipe(to) | pipe(from), 0);
    process.pid = fork();
    assert_true(process.pid >= 0);
    if (!process.pid) {
        close(to[1]);
        obey(versions, to[0], from[1]);
    }
    close(to[0]);
    close(from[1]);
    process.to = to[1];
    process.from = from[0];
    return process;
}

static char tell(const process_t *process, char letter)
{
    assert_int_equal(write(process->to, &letter, 1), 1);
    assert_int_equal(read(process->from, &letter, 1), 1);
    return letter;
}

static void end(const process_t *process)
{
    kill(process->pid, SIGKILL);
    close(process->to);
    close(process->from);
    assert_int_equal(waitpid(process->pid, NULL, 0), process->pid);
}

static void test_one_writes(void **state)
{
    mtls_versions_t *versions = make(unit_pool);
    process_t a = begin(versions), b = begin(versions);

    (void)state;
    assert_int_equal(tell(&a, 'e'), 'y');
    assert_int_equal(tell(&b, 'e'), 'n');
    assert_false(mtls_versions_enter(versions));
    assert_int_equal(tell(&a, 'w'), 'y');
    assert_int_equal(tell(&a, 'n'), 1);
    assert_int_equal(tell(&a, 'l'), 'y');
    assert_int_equal(tell(&b, 'e'), 'y');
    assert_int_equal(tell(&b, 'n'), 2);
    assert_int_equal(tell(&b, 'f'), 'y');
    assert_int_equal(tell(&b, 'r'), '1');
    assert_int_equal(tell(&a, 'r'), '0');                  /* the writer follows when it wants to, too */
    end(&b);
    assert_true(mtls_versions_enter(versions));            /* whoever is killed inside leaves no lock behind */
    assert_int_equal(*(long *)mtls_versions_note(versions), 2);
    assert_int_equal(tell(&a, 'e'), 'n');
    mtls_versions_leave(versions);
    assert_true(mtls_versions_follow(versions));
    unit_same("the child's", read_text(versions), "1 child");
    end(&a);
}

/* Processes that stand still keep what they read, until there is no room; each that ends makes some. */
static void test_slots_run_out(void **state)
{
    mtls_versions_t *versions = make(unit_pool);
    process_t slow[SLOTS - 1], fresh;
    int i;

    (void)state;
    for (i = 0; i < SLOTS - 1; i++) {
        slow[i] = begin(versions);
        unit_same("write", write_text(versions, "x"), NULL);
        assert_int_equal(tell(&slow[i], 'f'), 'y');
    }
    unit_same("the last slot", write_text(versions, "last"), NULL);
    assert_non_null(strstr(write_text(versions, "none"), "has to wait"));
    assert_int_equal(mtls_versions_latest(versions), SLOTS);
    fresh = begin(versions);
    assert_int_equal(tell(&fresh, 'f'), 'y');
    assert_int_equal(tell(&fresh, 'r'), '0' + SLOTS);
    for (i = 0; i < SLOTS - 1; i++)
        assert_int_equal(tell(&slow[i], 'r'), '1' + i);
    end(&slow[1]);
    unit_same("a killed one", write_text(versions, "next"), NULL);
    assert_non_null(write_text(versions, "none"));
    assert_int_equal(tell(&slow[0], 'f'), 'y');
    assert_int_equal(tell(&slow[0], 'r'), '1' + SLOTS);
    unit_same("one that went on", write_text(versions, "after"), NULL);
    assert_int_equal(tell(&slow[2], 'r'), '3');
    for (i = 0; i < SLOTS - 1; i++) {
        if (i != 1)
            end(&slow[i]);
    }
    end(&fresh);
    for (i = 0; i < 3 * SLOTS; i++)
        unit_same("all are gone", write_text(versions, "y"), NULL);
}

/* ---- what it costs ---- */

typedef struct cost_t {
    int descriptors;
    apr_off_t octets;                                      /* of memory without a name */
} cost_t;

static cost_t cost(void)
{
    DIR *dir = opendir("/proc/self/fd");
    cost_t found = { 0, 0 };
    struct dirent *entry;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        char path[300], target[300] = "";
        struct stat file;

        apr_snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
        if (readlink(path, target, sizeof(target) - 1) < 0)
            continue;
        found.descriptors++;
        if (strstr(target, "memfd:mtls") && stat(path, &file) == 0)
            found.octets += file.st_size;
    }
    closedir(dir);
    return found;
}

static void test_nothing_is_left(void **state)
{
    cost_t before = cost();
    apr_pool_t *pool;
    int round, i;

    (void)state;
    for (round = 0; round < 50; round++) {
        mtls_versions_t *versions;

        apr_pool_create(&pool, unit_pool);
        versions = make(pool);
        for (i = 0; i < 10; i++) {
            unit_same("write", write_text(versions, unit_repeat(O("0123456789"), 1000).ptr), NULL);
            mtls_versions_follow(versions);
        }
        mtls_versions_follow(versions);
        assert_int_equal(cost().octets - before.octets, 10000);      /* one version: those before are swept away */
        apr_pool_destroy(pool);
    }
    assert_int_equal(cost().descriptors, before.descriptors);
    assert_int_equal(cost().octets, before.octets);
}

/* ---- all at once ---- */

typedef struct crowd_t {
    mtls_versions_t *versions;
    atomic_int over, wrong;
    atomic_long reads;
} crowd_t;

/* A version is LEN times the same octet, which is the last of its number. */
static void *APR_THREAD_FUNC read_on(apr_thread_t *thread, void *data)
{
    crowd_t *crowd = data;
    apr_uint32_t before = 0;

    (void)thread;
    while (!atomic_load(&crowd->over)) {
        mtls_reader_t reader = mtls_versions_read(crowd->versions);
        apr_size_t i;

        if (reader.number < before || (reader.number && reader.octets.len != LEN))
            atomic_fetch_add(&crowd->wrong, 1);
        for (i = 0; i < reader.octets.len; i += 997) {
            if ((unsigned char)reader.octets.ptr[i] != (reader.number & 0xff))
                atomic_fetch_add(&crowd->wrong, 1);
        }
        before = reader.number;
        mtls_versions_done(crowd->versions, &reader);
        atomic_fetch_add(&crowd->reads, 1);
    }
    return NULL;
}

static apr_uint32_t number_read(mtls_versions_t *versions)
{
    mtls_reader_t reader = mtls_versions_read(versions);

    mtls_versions_done(versions, &reader);
    return reader.number;
}

/* Two processes, each with its readers, write by turns whenever they can. */
static void follow_on(crowd_t *crowd, apr_uint32_t last)
{
    static char octets[LEN];

    while (mtls_versions_latest(crowd->versions) < last) {
        if (mtls_versions_enter(crowd->versions)) {
            memset(octets, (int)((mtls_versions_latest(crowd->versions) + 1) & 0xff), LEN);
            mtls_versions_write(crowd->versions, octets, LEN);
            mtls_versions_leave(crowd->versions);
        }
        mtls_versions_follow(crowd->versions);
    }
    while (number_read(crowd->versions) < last)
        mtls_versions_follow(crowd->versions);
}

static int run_crowd(mtls_versions_t *versions, apr_uint32_t last)
{
    crowd_t *crowd = apr_pcalloc(unit_pool, sizeof(*crowd));
    apr_thread_t *threads[THREADS];
    apr_status_t status;
    int i;

    crowd->versions = versions;
    for (i = 0; i < THREADS; i++)
        assert_int_equal(apr_thread_create(&threads[i], NULL, read_on, crowd, unit_pool), APR_SUCCESS);
    follow_on(crowd, last);
    atomic_store(&crowd->over, 1);
    for (i = 0; i < THREADS; i++)
        apr_thread_join(&status, threads[i]);
    return atomic_load(&crowd->wrong) || !atomic_load(&crowd->reads);
}

static void test_crowd(void **state)
{
    mtls_versions_t *versions = make(unit_pool);
    const char *versions_wanted = getenv("MTLS_VERSIONS");
    apr_uint32_t last = versions_wanted ? (apr_uint32_t)atoi(versions_wanted) : 1000;
    int status = -1;
    pid_t pid = fork();

    (void)state;
    assert_true(pid >= 0);
    if (!pid)
        _exit(run_crowd(versions, last));
    assert_int_equal(run_crowd(versions, last), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(mtls_versions_latest(versions) >= last);
}

/* Whoever begins while another one writes has a version from the first time on. */
static void test_young_ones(void **state)
{
    mtls_versions_t *versions = make(unit_pool);
    pid_t writer, young;
    int i, status = -1, without = 0;

    (void)state;
    unit_same("write", write_text(versions, "first"), NULL);
    writer = fork();
    assert_true(writer >= 0);
    while (!writer) {
        write_text(versions, "next");
        mtls_versions_follow(versions);
    }
    for (i = 0; i < 500; i++) {
        young = fork();
        assert_true(young >= 0);
        if (!young)
            _exit(!mtls_versions_follow(versions));
        assert_int_equal(waitpid(young, &status, 0), young);
        without += status != 0;
    }
    kill(writer, SIGKILL);
    assert_int_equal(waitpid(writer, NULL, 0), writer);
    assert_int_equal(without, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_process),
        cmocka_unit_test(test_one_writes),
        cmocka_unit_test(test_slots_run_out),
        cmocka_unit_test(test_nothing_is_left),
        cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_young_ones),
    };

    return UNIT_RUN(tests);
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Shared counters, the last denials and the radar: over processes, when full, and found again after a restart. */
#include "unit.h"
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "mtls_counters.h"
#include "mtls_radar.h"
#include "mtls_recent.h"
#include "mtls_shared.h"

#define DAY 86400
#define NOW ((apr_int64_t)1800000000)

/* A main process of its own. */
static int setup(void **state)
{
    apr_pool_t *process;

    apr_pool_create(&process, unit_pool);
    *state = process;
    return !(mtls_counters_open(process) && mtls_recent_open(process) && mtls_radar_open(process));
}

static int teardown(void **state)
{
    apr_pool_destroy(*state);
    return 0;
}

/* ---- memory ---- */

static void test_kept(void **state)
{
    char *memory = mtls_shared_keep(*state, "test", 1000);

    assert_non_null(memory);
    assert_int_equal((apr_uintptr_t)memory % MTLS_CACHE_LINE, 0);
    assert_int_equal(memory[0] | memory[999], 0);
    memory[999] = 7;
    assert_ptr_equal(mtls_shared_keep(*state, "test", 1000), memory);
    assert_ptr_not_equal(mtls_shared_keep(*state, "test", 1001), memory);
    assert_ptr_not_equal(mtls_shared_keep(*state, "other", 1000), memory);
}

static void test_held(void **state)
{
    static const struct { apr_int64_t taken, now; int held; } cases[] = {
        { NOW, NOW, 1 }, { NOW, NOW + 9, 1 }, { NOW, NOW + 10, 0 }, { NOW, NOW + DAY, 0 },
        { NOW, NOW - 1, 1 },             /* who looks has read the clock before who took it */
        { NOW, NOW - DAY, 0 },           /* the clock was set back: nobody waits for it */
        { 0xffffffff, 0x100000003, 1 }, { 0xffffffff, 0x100000009, 0 }
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(mtls_shared_is_held((apr_uint32_t)cases[i].taken, (apr_uint32_t)cases[i].now), cases[i].held);
}

/* ---- a child that dies while it writes ---- */

/** Memory that this process shares. */
typedef struct region_t {
    char *begin, *end;
} region_t;

static int is_known(const region_t *known, int n, const region_t *region)
{
    while (n-- > 0) {
        if (known[n].begin == region->begin && known[n].end == region->end)
            return 1;
    }
    return 0;
}

#define REGIONS 64

/* What of it there is; with known, one that is not in there comes last. */
static int list_shared(region_t *regions, const region_t *known, int n_known)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512], mode[5];
    int n = 0;

    while (maps && n < REGIONS && fgets(line, sizeof(line), maps)) {
        region_t region;

        if (sscanf(line, "%p-%p %4s", (void **)&region.begin, (void **)&region.end, mode) == 3 && !strcmp(mode, "rw-s")
            && !is_known(known, n_known, &region))
            regions[n++] = region;
    }
    if (maps)
        fclose(maps);
    return n;
}

static void die(int signal_number)
{
    _exit(signal_number == SIGSEGV ? 77 : 1);
}

/* In a child of which all writing beyond so many octets of the memory kills it. */
static void write_until_dead(const region_t *region, apr_size_t octets, void (*write_one)(int i))
{
    int status, i;
    pid_t pid = fork();

    if (pid == 0) {
        signal(SIGSEGV, die);
        if (mprotect(region->begin + octets, (size_t)(region->end - region->begin) - octets, PROT_READ))
            _exit(1);
        for (i = 0; i < 1000; i++)
            write_one(i);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 77);
}

/* The memory that a room takes in a main process of its own. */
static region_t region_of(apr_pool_t *process, int (*open_room)(apr_pool_t *process))
{
    region_t before[REGIONS], after[REGIONS];
    int n = list_shared(before, NULL, 0);

    assert_true(open_room(process));
    assert_int_equal(list_shared(after, before, n), 1);
    return after[0];
}

/* ---- counters ---- */

static void test_numbers(void **state)
{
    const char *host, *section;
    int shop = mtls_counters_place("shop:443", "<Location /a>");

    assert_int_not_equal(shop, MTLS_COUNTERS_OTHER);
    assert_int_equal(mtls_counters_place("shop:443", "<Location /a>"), shop);
    assert_int_not_equal(mtls_counters_place("shop:444", "<Location /a>"), shop);
    assert_int_not_equal(mtls_counters_place("shop:443", "<Location /b>"), shop);
    mtls_counters_place_at(shop, &host, &section);
    assert_string_equal(host, "shop:443");
    assert_string_equal(section, "<Location /a>");
    mtls_count_decision(shop, MTLS_ENFORCED, MTLS_EXPIRED);
    /* A restart: everything is found again, also in another order. */
    assert_true(mtls_counters_open(*state));
    mtls_counters_place("shop:443", "<Location /new>");
    assert_int_equal(mtls_counters_place("shop:443", "<Location /a>"), shop);
    assert_int_equal(mtls_counted_decisions(shop, MTLS_ENFORCED, MTLS_EXPIRED), 1);
    assert_int_equal(mtls_counted_decisions(shop, MTLS_WOULD, MTLS_EXPIRED), 0);
    assert_int_equal(mtls_counted_decisions(shop, MTLS_ENFORCED, MTLS_KILLED), 0);
}

static void test_full(void **state)
{
    int i, last = -1, other = 0;

    (void)state;
    for (i = 0; i < 1000; i++) {
        int place = mtls_counters_place("host", apr_psprintf(unit_pool, "<Location /%d>", i));

        other += place == MTLS_COUNTERS_OTHER;
        assert_true(place == MTLS_COUNTERS_OTHER || place > last);
        last = place == MTLS_COUNTERS_OTHER ? last : place;
    }
    assert_true(other > 0 && other < 900);
    assert_int_equal(mtls_counters_places(), 1000 - other + 1);
    mtls_count_decision(MTLS_COUNTERS_OTHER, MTLS_ENFORCED, MTLS_NOT_ASKED);
    assert_int_equal(mtls_counted_decisions(MTLS_COUNTERS_OTHER, MTLS_ENFORCED, MTLS_NOT_ASKED), 1);
    for (i = 0; i < 1000; i++)
        mtls_counters_name(apr_psprintf(unit_pool, "X-Header-%d", i));
    assert_int_equal(mtls_counters_name("X-Another"), MTLS_COUNTERS_OTHER);
    assert_string_equal(mtls_counters_name_at(MTLS_COUNTERS_OTHER), "other");
    assert_string_equal(mtls_counters_name_at(mtls_counters_name("X-Header-1")), "X-Header-1");
}

static void test_long_names(void **state)
{
    const char *text = apr_psprintf(unit_pool, "<Location /%0500d>", 1);
    int place = mtls_counters_place("host", text);

    (void)state;
    assert_int_equal(mtls_counters_place("host", text), place);
    assert_int_not_equal(mtls_counters_place("host", "<Location /x>"), place);
}

#define CHILDREN 12
#define ROUNDS 500000

/* More children than stripes, all at once, and nothing is lost. */
static void test_processes(void **state)
{
    int place = mtls_counters_place("h", "s"), name = mtls_counters_name("X-Name"), i, k, status, start[2];
    char octet;
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(start), 0);
    for (i = 0; i < CHILDREN; i++) {
        if ((pid = fork()) == 0) {
            mtls_counters_begin_child();
            close(start[1]);
            if (read(start[0], &octet, 1) != 0)      /* all begin when the parent shuts the pipe */
                _exit(1);
            for (k = 0; k < ROUNDS; k++)
                mtls_count_decision(place, MTLS_WOULD, MTLS_NO_MATCH);
            for (k = 0; k < ROUNDS; k++)
                mtls_count_removal(name);
            for (k = 0; k < ROUNDS; k++)
                mtls_count(MTLS_TOTAL_FACTS);
            _exit(0);
        }
        assert_true(pid > 0);
    }
    close(start[0]);
    close(start[1]);
    for (i = 0; i < CHILDREN; i++)
        assert_true(wait(&status) > 0 && status == 0);
    assert_int_equal(mtls_counted(MTLS_TOTAL_FACTS), CHILDREN * ROUNDS);
    assert_int_equal(mtls_counted_decisions(place, MTLS_WOULD, MTLS_NO_MATCH), CHILDREN * ROUNDS);
    assert_int_equal(mtls_counted_removals(name), CHILDREN * ROUNDS);
    assert_int_equal(mtls_counted(MTLS_TOTAL_VERIFIED), 0);
}

/* ---- the last denials ---- */

static void add_denial(int i)
{
    mtls_recent_t entry = { .time = i, .reason = MTLS_NO_MATCH };

    apr_snprintf(entry.path, sizeof(entry.path), "/%d", i);
    mtls_recent_add(&entry, NOW);
}

static void test_recent(void **state)
{
    apr_array_header_t *list;
    int i;

    assert_int_equal(mtls_recent_list(*state)->nelts, 0);
    for (i = 0; i < 3; i++)
        add_denial(i);
    list = mtls_recent_list(*state);
    assert_int_equal(list->nelts, 3);
    assert_string_equal(APR_ARRAY_IDX(list, 0, mtls_recent_t).path, "/2");
    for (i = 0; i < 10 * MTLS_RECENT_MAX; i++)
        add_denial(i);
    list = mtls_recent_list(*state);
    assert_int_equal(list->nelts, MTLS_RECENT_MAX);
    for (i = 0; i < list->nelts; i++)
        assert_int_equal(APR_ARRAY_IDX(list, i, mtls_recent_t).time, 10 * MTLS_RECENT_MAX - 1 - i);
}

/* Many write while one reads: no entry is a mixture of two. */
static void test_recent_whole(void **state)
{
    int i, k, status, done = 0, seen = 0;
    mtls_recent_t entry;
    apr_pool_t *scratch;

    apr_pool_create(&scratch, *state);

    for (i = 0; i < 4; i++) {
        if (fork() == 0) {
            memset(&entry, 'a' + i, sizeof(entry));
            for (k = 0; k < 200000; k++)
                mtls_recent_add(&entry, NOW);
            _exit(0);
        }
    }
    while (done < 4) {
        apr_array_header_t *list = mtls_recent_list(scratch);

        for (i = 0; i < list->nelts; i++) {
            const char *octets = (const char *)&APR_ARRAY_IDX(list, i, mtls_recent_t);

            for (k = 1; k < (int)sizeof(entry); k++)
                assert_int_equal(octets[k], octets[0]);
            seen++;
        }
        apr_pool_clear(scratch);
        done += waitpid(-1, &status, WNOHANG) > 0;
    }
    assert_true(seen > 0);
}

static void test_recent_dead(void **state)
{
    apr_pool_t *process;
    region_t region;
    int i;

    apr_pool_create(&process, *state);
    region = region_of(process, mtls_recent_open);
    write_until_dead(&region, 4096, add_denial);
    for (i = 0; i < MTLS_RECENT_MAX; i++)
        add_denial(i);
    assert_int_equal(mtls_recent_list(process)->nelts, MTLS_RECENT_MAX - 1);      /* he may be alive */
    for (i = 0; i < MTLS_RECENT_MAX; i++) {
        mtls_recent_t entry = { .time = i };

        mtls_recent_add(&entry, NOW + 60);
    }
    assert_int_equal(mtls_recent_list(process)->nelts, MTLS_RECENT_MAX);
}

/* ---- the radar ---- */

/* number makes the certificate, holder whose it is, days when it runs out. */
static int see(int number, int holder, int days, apr_int64_t now)
{
    mtls_radar_t entry = { .first_seen = now, .not_after = NOW + (apr_int64_t)days * DAY };
    int place;

    memset(entry.digest, 0, sizeof(entry.digest));
    memset(entry.key, 1 + number % 251, sizeof(entry.key));
    memcpy(entry.key + 4, &number, sizeof(number));
    memset(entry.holder, 0, sizeof(entry.holder));
    memcpy(entry.holder, &holder, sizeof(holder));
    place = mtls_radar_see(entry.key, now);
    return place >= 0 ? place : mtls_radar_add(&entry);
}

static int count(apr_pool_t *p, int days, apr_int64_t now)
{
    return mtls_radar_within(mtls_radar_list(p, now), now, (apr_int64_t)days * DAY);
}

static void test_radar(void **state)
{
    const apr_array_header_t *list;
    int place = see(1, 1, 20, NOW);

    assert_true(place >= 0);
    assert_int_equal(see(1, 1, 20, NOW + 60), place);
    see(2, 2, 1, NOW);
    see(3, 3, 400, NOW);
    see(4, 4, -1, NOW);
    list = mtls_radar_list(*state, NOW);
    assert_int_equal(list->nelts, 4);
    assert_int_equal(APR_ARRAY_IDX(list, 0, mtls_radar_t).not_after, NOW - DAY);
    assert_int_equal(APR_ARRAY_IDX(list, 3, mtls_radar_t).not_after, NOW + 400 * DAY);
    assert_int_equal(APR_ARRAY_IDX(list, 2, mtls_radar_t).last_seen, NOW + 60);
    assert_int_equal(count(*state, 0, NOW), 1);
    assert_int_equal(count(*state, 1, NOW), 1);
    assert_int_equal(count(*state, 14, NOW), 1);
    assert_int_equal(count(*state, 30, NOW), 2);
    assert_int_equal(count(*state, 1, NOW + 1), 1);
    assert_int_equal(count(*state, 1, NOW + DAY + 1), 0);
    /* Long ago: what ran out, and what was not seen since. */
    assert_int_equal(mtls_radar_list(*state, NOW + 10 * DAY)->nelts, 2);
    assert_int_equal(mtls_radar_list(*state, NOW + 31 * DAY)->nelts, 0);
    assert_int_equal(see(3, 3, 400, NOW + 31 * DAY) >= 0, 1);
    assert_int_equal(mtls_radar_list(*state, NOW + 31 * DAY)->nelts, 1);
}

static void test_renewal(void **state)
{
    see(1, 1, 5, NOW);
    see(2, 2, 5, NOW);
    assert_int_equal(count(*state, 7, NOW), 2);
    see(3, 1, 90, NOW + 60);                   /* the first one's holder has a new one */
    assert_int_equal(count(*state, 7, NOW + 60), 1);
    see(1, 1, 5, NOW + 180);                   /* but goes on using the old one, too */
    assert_int_equal(count(*state, 7, NOW + 180), 2);
    see(4, 2, 4, NOW + 180);                   /* an older one replaces nothing */
    assert_int_equal(count(*state, 7, NOW + 180), 3);
}

static void test_due(void **state)
{
    int place = see(1, 1, 5, NOW), other = see(2, 2, 5, NOW);

    (void)state;
    assert_true(mtls_radar_is_due(place, NOW));
    assert_false(mtls_radar_is_due(place, NOW));
    assert_true(mtls_radar_is_due(other, NOW));
    assert_true(mtls_radar_is_due(place, NOW + DAY));
    assert_false(mtls_radar_is_due(place, NOW + DAY));
}

/* Full of certificates: those that run out first stay. */
static void test_radar_full(void **state)
{
    const apr_array_header_t *list;
    int i;

    for (i = 0; i < 3 * MTLS_RADAR_MAX; i++)
        see(i, i, 40 + (i * 7919) % (3 * MTLS_RADAR_MAX), NOW);
    list = mtls_radar_list(*state, NOW);
    assert_int_equal(list->nelts, MTLS_RADAR_MAX);
    for (i = 0; i < list->nelts; i++)
        assert_int_equal(APR_ARRAY_IDX(list, i, mtls_radar_t).not_after, NOW + (apr_int64_t)(40 + i) * DAY);
    assert_int_equal(see(9000, 9000, 5000, NOW), -1);          /* no room, and none is needed */
    assert_true(see(9001, 9001, 1, NOW) >= 0);
    assert_int_equal(count(*state, 1, NOW), 1);
    /* Nobody has been seen for a month: all of them make room. */
    assert_true(see(9002, 9002, 5000, NOW + 31 * DAY) >= 0);
}

static void see_one(int i)
{
    see(i, i, 40 + i, NOW);
}

static void test_radar_dead(void **state)
{
    apr_pool_t *process;
    region_t region;
    int i, alive;

    apr_pool_create(&process, *state);
    region = region_of(process, mtls_radar_open);
    write_until_dead(&region, 3 * 4096, see_one);
    alive = mtls_radar_list(process, NOW)->nelts;
    assert_true(alive > 1);
    assert_int_equal(see(9000, 9000, 5, NOW + 1), -1);         /* he may be at it still */
    for (i = 0; i < MTLS_RADAR_MAX; i++)
        see(i, i, 40 + i, NOW + 60);
    assert_int_equal(mtls_radar_list(process, NOW + 60)->nelts, MTLS_RADAR_MAX);
    assert_true(see(alive, alive, 40 + alive, NOW + 60) >= 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_kept), TEST(test_held), TEST(test_numbers), TEST(test_full), TEST(test_long_names), TEST(test_processes),
        TEST(test_recent), TEST(test_recent_whole), TEST(test_recent_dead), TEST(test_radar), TEST(test_renewal), TEST(test_due),
        TEST(test_radar_full), TEST(test_radar_dead)
    };

    return UNIT_RUN(tests);
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* What is kept for a certificate: found again as it was kept, once and for all, by any thread; and what is not kept. */
#include "unit.h"
#include <stdlib.h>
#include <apr_thread_proc.h>
#include "mtls_memo.h"

#define SLOTS 3
#define LINES 1024       /* so many answers have room */
#define BLOCKS 32        /* and so many blocks */
#define THREADS 8
#define ROUNDS 2000

static int setup(void **state)
{
    static apr_pool_t *pool;

    apr_pool_create(&pool, unit_pool);
    *state = mtls_memo_make(pool, SLOTS, LINES + 10);
    return *state ? 0 : -1;
}

static mtls_kept_t *block_for(const void *key)
{
    mtls_kept_t *block = calloc(1, sizeof(*block));

    assert_non_null(block);
    block->key = key;
    return block;
}

/* "": not kept, "-": kept as nothing to send. */
static void check_value(const mtls_memo_t *memo, int slot, const char *wanted)
{
    const char *value = "what stood here before";
    int found = mtls_memo_value(memo, slot, &value);

    unit_same("value", !found ? "" : value ? value : "-", wanted);
    if (!found)
        assert_null(value);
}

static void test_values(void **state)
{
    char text[] = "CN=a";

    check_value(*state, 0, "");
    mtls_memo_keep_value(*state, 0, text);
    text[3] = 'b';                           /* a copy was kept */
    check_value(*state, 0, "CN=a");
    mtls_memo_keep_value(*state, 0, text);
    check_value(*state, 0, "CN=a");
    mtls_memo_keep_value(*state, 0, NULL);
    check_value(*state, 0, "CN=a");
    check_value(*state, 1, "");
    mtls_memo_keep_value(*state, 1, NULL);
    mtls_memo_keep_value(*state, 1, "CN=a");
    check_value(*state, 1, "-");
    check_value(*state, 2, "");
    mtls_memo_keep_value(*state, 2, "");     /* empty is not nothing */
    mtls_memo_keep_value(*state, SLOTS, "CN=a");
    check_value(*state, 2, "");
    check_value(*state, SLOTS, "");
}

static void test_answers(void **state)
{
    int line;

    for (line = 0; line < LINES + 10; line++) {
        assert_int_equal(mtls_memo_answer(*state, line), MTLS_UNKNOWN);
        mtls_memo_keep_answer(*state, line, line % 3 ? MTLS_FALSE : MTLS_TRUE);
    }
    for (line = 0; line < LINES + 10; line++)
        assert_int_equal(mtls_memo_answer(*state, line), line >= LINES ? MTLS_UNKNOWN : line % 3 ? MTLS_FALSE : MTLS_TRUE);
}

static void test_blocks(void **state)
{
    static const char keys[BLOCKS + 1];
    mtls_kept_t *first = block_for(&keys[0]), *last = block_for(NULL);
    int i;

    assert_null(mtls_memo_blocks(*state));
    assert_null(mtls_memo_block(*state, &keys[0]));
    mtls_memo_keep_block(*state, first);
    for (i = 1; i < BLOCKS - 1; i++)
        mtls_memo_keep_block(*state, block_for(&keys[i]));
    assert_true(mtls_memo_has_room(*state));
    mtls_memo_keep_block(*state, last);
    assert_false(mtls_memo_has_room(*state));
    mtls_memo_keep_block(*state, block_for(&keys[BLOCKS]));      /* freed, or the leak is seen */
    assert_null(mtls_memo_block(*state, &keys[BLOCKS]));
    assert_ptr_equal(mtls_memo_blocks(*state), last);
    assert_ptr_equal(mtls_memo_block(*state, &keys[0]), first);
    assert_ptr_equal(mtls_memo_block(*state, NULL), last);
    for (i = 1; i < BLOCKS - 1; i++)
        assert_ptr_equal(mtls_memo_block(*state, &keys[i])->key, &keys[i]);
}

static void test_is_due(void **state)
{
    static const struct { apr_uint32_t stamp; int due; } steps[] = {
        { 7, 1 }, { 7, 0 }, { 7, 0 }, { 8, 1 }, { 8, 0 }, { 7, 1 }, { 0xffffffff, 1 }, { 0xffffffff, 0 }
    };
    size_t i;

    for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        assert_int_equal(mtls_memo_is_due(*state, steps[i].stamp), steps[i].due);
}

/* Somebody without a certificate has none. */
static void test_none(void **state)
{
    (void)state;
    mtls_memo_keep_value(NULL, 0, "CN=a");
    check_value(NULL, 0, "");
    mtls_memo_keep_answer(NULL, 0, MTLS_TRUE);
    assert_int_equal(mtls_memo_answer(NULL, 0), MTLS_UNKNOWN);
    assert_false(mtls_memo_has_room(NULL));
    mtls_memo_keep_block(NULL, block_for(NULL));
    assert_null(mtls_memo_blocks(NULL));
    assert_null(mtls_memo_block(NULL, NULL));
    assert_false(mtls_memo_is_due(NULL, 7));
}

/* ---- streams of one connection ---- */

typedef struct worker_t {
    mtls_memo_t *memo;
    int number;
    int due;                 /* how often this one was told to look */
    const char *value;       /* what it has found behind its own keeping */
} worker_t;

static void *APR_THREAD_FUNC work(apr_thread_t *thread, void *data)
{
    static const char keys[BLOCKS];
    worker_t *worker = data;
    char own[] = "CN=a";
    int i;

    (void)thread;
    own[3] = (char)('a' + worker->number);
    for (i = 0; i < ROUNDS; i++) {
        worker->due += mtls_memo_is_due(worker->memo, 7);
        mtls_memo_keep_value(worker->memo, 0, own);
        mtls_memo_value(worker->memo, 0, &worker->value);
        mtls_memo_keep_answer(worker->memo, i % LINES, MTLS_TRUE);
        if (mtls_memo_has_room(worker->memo))
            mtls_memo_keep_block(worker->memo, block_for(&keys[i % BLOCKS]));
    }
    return NULL;
}

/* One of them is told to look, all of them see the same value. */
static void test_threads(void **state)
{
    worker_t workers[THREADS];
    apr_thread_t *threads[THREADS];
    apr_status_t status;
    int i, due = 0;

    for (i = 0; i < THREADS; i++) {
        workers[i] = (worker_t){ .memo = *state, .number = i };
        assert_int_equal(apr_thread_create(&threads[i], NULL, work, &workers[i], unit_pool), APR_SUCCESS);
    }
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(apr_thread_join(&status, threads[i]), APR_SUCCESS);
        due += workers[i].due;
    }
    assert_int_equal(due, 1);
    for (i = 0; i < THREADS; i++)
        assert_ptr_equal(workers[i].value, workers[0].value);
    assert_int_equal(mtls_memo_answer(*state, LINES - 1), MTLS_TRUE);
    assert_false(mtls_memo_has_room(*state));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_values, setup),
        cmocka_unit_test_setup(test_answers, setup),
        cmocka_unit_test_setup(test_blocks, setup),
        cmocka_unit_test_setup(test_is_due, setup),
        cmocka_unit_test_setup(test_none, setup),
        cmocka_unit_test_setup(test_threads, setup),
    };

    return UNIT_RUN(tests);
}

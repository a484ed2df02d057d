/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Blocks: what is put in is found, nothing else is, and damaged ones are refused or do no harm. */
#include "unit.h"
#include <stdlib.h>
#include "mtls_dn.h"
#include "mtls_index.h"

/* ---- one block ---- */

static mtls_str_t finish(mtls_index_maker_t *maker)
{
    mtls_block_octets_t made;
    mtls_str_t block;

    unit_same("finish", mtls_index_finish(maker, &made), NULL);
    block = (mtls_str_t){ apr_pmemdup(unit_pool, made.ptr, made.len), made.len };
    mtls_index_release(&made);
    assert_true(mtls_index_valid(block));
    return block;
}

static mtls_entry_t entry_of(int kind, mtls_entry_mode_t mode, mtls_str_t key, apr_uint32_t line)
{
    return (mtls_entry_t){ .kind = kind, .mode = mode, .key = key, .line = line };
}

static const char *add(mtls_index_maker_t *maker, int kind, mtls_entry_mode_t mode, mtls_str_t key, apr_uint32_t line)
{
    mtls_entry_t entry = entry_of(kind, mode, key, line);

    return mtls_index_add(maker, unit_pool, &entry);
}

static void note_line(void *ctx, const mtls_entry_t *entry)
{
    const char **lines = ctx;

    *lines = apr_psprintf(unit_pool, "%s%s%u", *lines, **lines ? " " : "", entry->line);
}

/* The lines of all entries that this word of the type finds. */
static const char *find(mtls_str_t block, int kind, mtls_type_id_t type, const char *word)
{
    const char *lines = "";
    mtls_value_t value;

    unit_same(word, mtls_types[type].parse(unit_pool, word, &value), NULL);
    value.text = type == MTLS_T_IP ? value.text : mtls_str(word);
    mtls_index_find(block, kind, &mtls_types[type], &value, note_line, &lines);
    return lines;
}

static void test_nothing(void **state)
{
    mtls_str_t block = finish(mtls_index_begin());
    int kind;

    (void)state;
    for (kind = -1; kind < MTLS_INDEX_KINDS; kind++)
        assert_int_equal(mtls_index_len(block, kind), 0);
    for (kind = 0; kind < MTLS_INDEX_KINDS; kind++)
        unit_same("nothing", find(block, kind, MTLS_T_TEXT, "x"), "");
    assert_int_equal(mtls_index_label_name(block, 0).len, 0);
    mtls_index_abandon(NULL);
    mtls_index_abandon(mtls_index_begin());
}

static void test_kinds_and_modes(void **state)
{
    mtls_index_maker_t *maker = mtls_index_begin();
    mtls_str_t block;

    (void)state;
    unit_same("a", add(maker, 0, MTLS_ENTRY_KEY, O("a"), 1), NULL);
    unit_same("a, another kind", add(maker, 15, MTLS_ENTRY_KEY, O("a"), 2), NULL);
    unit_same("a as a pattern", add(maker, 0, MTLS_ENTRY_GLOB, O("a"), 3), NULL);
    unit_same("any", add(maker, 0, MTLS_ENTRY_GLOB, O("*"), 4), NULL);
    unit_same("star", add(maker, 0, MTLS_ENTRY_KEY, O("*"), 5), NULL);
    unit_same("empty", add(maker, 1, MTLS_ENTRY_KEY, O(""), 6), NULL);
    unit_same("NUL", add(maker, 2, MTLS_ENTRY_KEY, O("a\0b"), 7), NULL);
    unit_same("short", add(maker, 2, MTLS_ENTRY_KEY, O("a\0c"), 8), NULL);
    unit_same("again", add(maker, 2, MTLS_ENTRY_KEY, O("a\0c"), 9), NULL);
    block = finish(maker);
    unit_same("a", find(block, 0, MTLS_T_TEXT, "a"), "1 4 3");
    unit_same("b", find(block, 0, MTLS_T_TEXT, "b"), "4");
    unit_same("*", find(block, 0, MTLS_T_TEXT, "*"), "5 4");
    unit_same("a in 15", find(block, 15, MTLS_T_TEXT, "a"), "2");
    unit_same("a in 1", find(block, 1, MTLS_T_TEXT, "a"), "");
    unit_same("a in 2", find(block, 2, MTLS_T_TEXT, "a"), "");
    unit_same("a in 3", find(block, 3, MTLS_T_TEXT, "a"), "");
    assert_int_equal(mtls_index_len(block, -1), 8);
    assert_int_equal(mtls_index_len(block, 0), 4);
    assert_int_equal(mtls_index_len(block, 2), 2);
}

/* ---- labels ---- */

static void test_labels(void **state)
{
    mtls_index_maker_t *maker = mtls_index_begin();
    mtls_entry_t entry = entry_of(0, MTLS_ENTRY_KEY, O("k"), 7);
    mtls_str_t block;
    int i;

    (void)state;
    for (i = 0; i < MTLS_INDEX_LABELS_MAX; i++) {
        mtls_str_t name = mtls_str(apr_psprintf(unit_pool, "label%d", i));

        assert_int_equal(mtls_index_label(maker, name), i);
        assert_int_equal(mtls_index_label(maker, name), i);
        entry.labels[entry.n++] = (mtls_entry_label_t){ i, mtls_str(apr_psprintf(unit_pool, "v%d", i)) };
    }
    assert_int_equal(mtls_index_label(maker, O("more")), -1);
    assert_int_equal(mtls_index_label(maker, O("label")), -1);
    unit_same("full", mtls_index_add(maker, unit_pool, &entry), NULL);
    entry.line = 8;
    unit_same("the same", mtls_index_add(maker, unit_pool, &entry), NULL);
    entry.n--;
    unit_same("one less", mtls_index_add(maker, unit_pool, &entry), "stands on line 7 already, with other labels");
    entry.n++;
    entry.labels[0].value = O("V0");
    unit_same("another", mtls_index_add(maker, unit_pool, &entry), "stands on line 7 already, with other labels");
    block = finish(maker);
    unit_same("first", mtls_index_label_name(block, 0).ptr ? "" : NULL, "");
    assert_true(mtls_str_eq(mtls_index_label_name(block, 31), O("label31")));
    assert_int_equal(mtls_index_label_name(block, 32).len, 0);
    assert_int_equal(mtls_index_label_name(block, 65535).len, 0);
    unit_same("k", find(block, 0, MTLS_T_TEXT, "k"), "7");
    maker = mtls_index_begin();
    assert_int_equal(mtls_index_label(maker, unit_repeat(O("x"), 256)), -1);
    assert_int_equal(mtls_index_label(maker, unit_repeat(O("x"), 255)), 0);
    assert_int_equal(mtls_index_label(maker, unit_repeat(O("x"), 255)), 0);
    assert_int_equal(mtls_index_label(maker, unit_repeat(O("x"), 254)), 1);
    mtls_index_abandon(maker);
}

/* ---- networks ---- */

static const struct {
    const char *network;
    const char *in[3], *out[3];
} networks[] = {
    { "192.0.2.7", { "192.0.2.7" }, { "192.0.2.6", "::ffff:192.0.2.7", "193.0.2.7" } },
    { "10.0.0.0/8", { "10.0.0.0", "10.255.255.255" }, { "11.0.0.0", "9.255.255.255", "a00::" } },
    { "10.1.2.128/25", { "10.1.2.128", "10.1.2.255" }, { "10.1.2.127", "10.1.3.0" } },
    { "10.0.0.0/15", { "10.1.255.255" }, { "10.2.0.0" } },
    { "0.0.0.0/0", { "0.0.0.0", "255.255.255.255" }, { "::", "::1" } },
    { "::/0", { "::", "2001:db8::1" }, { "0.0.0.0" } },
    { "2001:db8::/33", { "2001:db8:7fff::" }, { "2001:db8:8000::", "2001:db9::", "32.1.13.184" } },
    { "2001:db8::1/128", { "2001:db8::1" }, { "2001:db8::", "2001:db8::2" } },
};

static void test_networks(void **state)
{
    apr_size_t i, k;

    (void)state;
    for (i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
        mtls_index_maker_t *maker = mtls_index_begin();
        char room[MTLS_NETWORK_KEY_MAX];
        mtls_value_t value;
        mtls_str_t block;

        unit_same("parse", mtls_types[MTLS_T_IP].parse(unit_pool, networks[i].network, &value), NULL);
        unit_same("add", add(maker, 0, MTLS_ENTRY_NETWORK, mtls_ip_network_key(room, value.key, value.number), 1), NULL);
        block = finish(maker);
        for (k = 0; k < 3 && networks[i].in[k]; k++)
            unit_same(networks[i].in[k], find(block, 0, MTLS_T_IP, networks[i].in[k]), "1");
        for (k = 0; k < 3 && networks[i].out[k]; k++)
            unit_same(networks[i].out[k], find(block, 0, MTLS_T_IP, networks[i].out[k]), "");
    }
}

/* ---- many ---- */

static const char *host(int i)
{
    return apr_psprintf(unit_pool, "%s%d.example.org", i % 3 ? "h" : "", i);
}

static void test_many(void **state)
{
    static const int sizes[] = { 1, 2, 41, 42, 43, 44, 85, 86, 1000, 30000 };
    apr_size_t s;
    int i;

    (void)state;
    for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        mtls_index_maker_t *maker = mtls_index_begin();
        mtls_str_t block;

        for (i = 0; i < sizes[s]; i++)
            unit_same("add", add(maker, i % 2, MTLS_ENTRY_KEY, mtls_str(host(i)), (apr_uint32_t)i + 1), NULL);
        block = finish(maker);
        assert_int_equal(mtls_index_len(block, -1), sizes[s]);
        for (i = 0; i < sizes[s]; i++) {
            unit_same(host(i), find(block, i % 2, MTLS_T_DNS, host(i)), apr_itoa(unit_pool, i + 1));
            unit_same("the other kind", find(block, !(i % 2), MTLS_T_DNS, host(i)), "");
            unit_same("no such", find(block, i % 2, MTLS_T_DNS, host(i + sizes[s] + i % 2)), "");
        }
    }
}

/* ---- damage ---- */

static void touch(void *ctx, const mtls_entry_t *entry)
{
    unsigned *sum = ctx;
    apr_size_t k;
    int i;

    for (k = 0; k < entry->key.len; k++)
        *sum += (unsigned char)entry->key.ptr[k];
    for (i = 0; i < entry->n; i++) {
        for (k = 0; k < entry->labels[i].value.len; k++)
            *sum += (unsigned char)entry->labels[i].value.ptr[k];
    }
}

/* All that can be asked of a block; it has no room behind it, so that a sanitizer sees each octet too many. */
static int ask_everything(mtls_str_t octets)
{
    static const struct { mtls_type_id_t type; const char *word; } asked[] = {
        { MTLS_T_DNS, "a.example.org" }, { MTLS_T_DNS, "none" }, { MTLS_T_DNS, "h7.example.org" }, { MTLS_T_IP, "10.1.2.3" },
        { MTLS_T_IP, "2001:db8::1" }
    };
    char *copy = malloc(octets.len ? octets.len : 1);
    mtls_str_t block = { copy, octets.len }, name;
    unsigned sum = 0;
    apr_size_t i;
    int k, valid;

    memcpy(copy, octets.ptr, octets.len);
    valid = mtls_index_valid(block);
    for (i = 0; valid && i < sizeof(asked) / sizeof(asked[0]); i++) {
        mtls_value_t value;

        mtls_types[asked[i].type].parse(unit_pool, asked[i].word, &value);
        for (k = 0; k < MTLS_INDEX_KINDS; k++)
            mtls_index_find(block, k, &mtls_types[asked[i].type], &value, touch, &sum);
    }
    for (k = 0; valid && k < MTLS_INDEX_LABELS_MAX + 2; k++) {
        name = mtls_index_label_name(block, k);
        for (i = 0; i < name.len; i++)
            sum += (unsigned char)name.ptr[i];
    }
    free(copy);
    return valid;
}

static mtls_str_t victim(void)
{
    mtls_index_maker_t *maker = mtls_index_begin();
    mtls_entry_t entry = entry_of(0, MTLS_ENTRY_KEY, O("a.example.org"), 1);
    char room[MTLS_NETWORK_KEY_MAX];
    mtls_value_t value;
    int i;

    for (i = 0; i < 3; i++)
        entry.labels[entry.n++] = (mtls_entry_label_t){ mtls_index_label(maker, mtls_str(host(i))), O("value") };
    unit_same("a", mtls_index_add(maker, unit_pool, &entry), NULL);
    for (i = 0; i < 20; i++)
        add(maker, i % 3, MTLS_ENTRY_KEY, mtls_str(host(i)), 5);
    add(maker, 0, MTLS_ENTRY_GLOB, O("*.example.org"), 6);
    add(maker, 1, MTLS_ENTRY_GLOB, O("**"), 7);
    mtls_types[MTLS_T_IP].parse(unit_pool, "10.0.0.0/8", &value);
    add(maker, 2, MTLS_ENTRY_NETWORK, mtls_ip_network_key(room, value.key, value.number), 8);
    return finish(maker);
}

/* Each word of the block in turn says each of these. */
static void test_damaged_words(void **state)
{
    mtls_str_t block = victim();
    apr_uint32_t len = (apr_uint32_t)block.len, i;
    const apr_uint32_t words[] = { 0, 1, 2, 3, 7, 63, 65, 255, 0xffff, 0x10000, 0x7fffffff, 0x80000000u, 0xfffffffeu, 0xffffffffu, len, len - 1,
                                   len + 1, len - 4, len - 8, len / 2, 0x20000000u, 0x40000000u };
    apr_size_t at;
    int refused = 0;

    (void)state;
    assert_true(ask_everything(block));
    for (at = 0; at + 4 <= block.len; at += 4) {
        apr_uint32_t before;

        memcpy(&before, block.ptr + at, 4);
        for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            memcpy((char *)block.ptr + at, &words[i], 4);
            refused += !ask_everything(block);
        }
        memcpy((char *)block.ptr + at, &before, 4);
    }
    assert_true(refused > 50);
    assert_true(ask_everything(block));
}

static void test_damaged_at_random(void **state)
{
    mtls_str_t block = victim();
    int round, i;

    (void)state;
    srand(1);
    for (round = 0; round < 3000; round++) {
        char *copy = apr_pmemdup(unit_pool, block.ptr, block.len);

        for (i = 0; i <= rand() % 8; i++)
            copy[(apr_size_t)rand() % block.len] = (char)rand();
        ask_everything((mtls_str_t){ copy, block.len });
    }
}

static void test_cut_off(void **state)
{
    mtls_str_t block = victim();
    apr_size_t len;

    (void)state;
    for (len = 0; len < block.len; len++)
        assert_false(ask_everything((mtls_str_t){ block.ptr, len }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_kinds_and_modes),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_damaged_words),
        cmocka_unit_test(test_damaged_at_random),
        cmocka_unit_test(test_cut_off),
    };

    return UNIT_RUN(tests);
}

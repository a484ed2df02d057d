/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Counted octets: what is clean, and what foreign text looks like when it is printed. */
#include "unit.h"
#include "mtls_reason.h"

/* Well-formed UTF-8 by the table in RFC 3629 section 4. */
static const struct { const char *what; mtls_str_t text; int clean; } texts[] = {
    { "nothing", { "", 0 }, 1 },
    { "ASCII", { "Payments ~", 10 }, 1 },
    { "two octets", { "\xc2\x80\xdf\xbf", 4 }, 1 },
    { "three octets", { "\xe0\xa0\x80\xef\xbf\xbd", 6 }, 1 },
    { "the last before the surrogates", { "\xed\x9f\xbf", 3 }, 1 },
    { "the first behind the surrogates", { "\xee\x80\x80", 3 }, 1 },
    { "four octets", { "\xf0\x90\x80\x80", 4 }, 1 },
    { "the last code point", { "\xf4\x8f\xbf\xbf", 4 }, 1 },
    { "NUL", { "a\0b", 3 }, 0 },
    { "NUL at the end", { "a", 2 }, 0 },
    { "line feed", { "a\nb", 3 }, 0 },
    { "tab", { "\t", 1 }, 0 },
    { "unit separator", { "\x1f", 1 }, 0 },
    { "DEL", { "a\x7f", 2 }, 0 },
    { "a continuation alone", { "\x80", 1 }, 0 },
    { "overlong NUL", { "\xc0\x80", 2 }, 0 },
    { "overlong slash", { "\xc1\xaf", 2 }, 0 },
    { "overlong in three", { "\xe0\x9f\xbf", 3 }, 0 },
    { "overlong in four", { "\xf0\x8f\xbf\xbf", 4 }, 0 },
    { "high surrogate", { "\xed\xa0\x80", 3 }, 0 },
    { "low surrogate", { "\xed\xbf\xbf", 3 }, 0 },
    { "above Unicode", { "\xf4\x90\x80\x80", 4 }, 0 },
    { "five octets", { "\xf8\x88\x80\x80\x80", 5 }, 0 },
    { "cut after one of two", { "a\xc3", 2 }, 0 },
    { "cut after two of three", { "\xe2\x82", 2 }, 0 },
    { "cut after three of four", { "\xf0\x9f\x98", 3 }, 0 },
    { "ASCII inside a character", { "\xe2\x28\xa1", 3 }, 0 },
    { "Latin-1", { "svc-\xe4nne", 8 }, 0 },
    { "0xff", { "\xff", 1 }, 0 }
};

static void test_clean(void **state)
{
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (mtls_text_clean(texts[i].text) != texts[i].clean)
            fail_msg("%s is %sclean", texts[i].what, texts[i].clean ? "" : "not ");
    }
}

/* Every code point and every pair of octets, against the definition instead of the table. */
static void test_clean_exhaustive(void **state)
{
    unsigned first, second;

    (void)state;
    for (first = 0; first < 256; first++) {
        for (second = 0; second < 256; second++) {
            char octets[2] = { (char)first, (char)second };
            int ascii = first >= 0x20 && first < 0x7f && second >= 0x20 && second < 0x7f;
            unsigned code = (first & 0x1f) << 6 | (second & 0x3f);
            int pair = first >> 5 == 6 && second >> 6 == 2 && code >= 0x80;

            assert_int_equal(mtls_text_clean((mtls_str_t){ octets, 2 }), ascii || pair);
        }
    }
}

/* Eight octets are looked at together: each pair of octets at each place of a longer text. */
static void test_every_place(void **state)
{
    unsigned first, second, at;

    (void)state;
    for (first = 0; first < 256; first++) {
        for (second = 0; second < 256; second++) {
            char pair[2] = { (char)first, (char)second };
            int clean = mtls_text_clean((mtls_str_t){ pair, 2 });
            int printable = first >= 0x20 && first < 0x7f && second >= 0x20 && second < 0x7f;

            for (at = 0; at < 18; at++) {
                char text[20];

                memset(text, at & 1 ? '~' : ' ', sizeof(text));
                memcpy(text + at, pair, 2);
                assert_int_equal(mtls_text_clean((mtls_str_t){ text, sizeof(text) }), clean);
                assert_int_equal(mtls_text_printable((mtls_str_t){ text, sizeof(text) }), printable);
            }
        }
    }
    assert_true(mtls_text_printable((mtls_str_t){ NULL, 0 }));
}

static void test_escape(void **state)
{
    (void)state;
    assert_string_equal(mtls_text_escape(unit_pool, O("plain ~")), "plain ~");
    assert_string_equal(mtls_text_escape(unit_pool, O("a\\b\"c")), "a\\\\b\\\"c");
    assert_string_equal(mtls_text_escape(unit_pool, O("x\0\n\x1b\x7f\xc3\xa4")), "x\\x00\\x0A\\x1B\\x7F\\xC3\\xA4");
    assert_string_equal(mtls_text_escape(unit_pool, O("")), "");
}

static void test_hex(void **state)
{
    (void)state;
    assert_string_equal(mtls_text_hex(unit_pool, O("\x00\x0a\xfe"), 0, 0), "000afe");
    assert_string_equal(mtls_text_hex(unit_pool, O("\x00\x0a\xfe"), ':', 1), "00:0A:FE");
    assert_string_equal(mtls_text_hex(unit_pool, O(""), ':', 0), "");
    assert_int_equal(mtls_text_octet("fF"), 0xff);
    assert_int_equal(mtls_text_octet("09"), 9);
    assert_int_equal(mtls_text_octet("f"), -1);
    assert_int_equal(mtls_text_octet(""), -1);
    assert_int_equal(mtls_text_octet("g0"), -1);
    assert_int_equal(mtls_text_octet("0:"), -1);
}

static void test_octets(void **state)
{
    mtls_str_t copy = mtls_str_copy(unit_pool, O("a\0b"));

    (void)state;
    assert_int_equal(copy.len, 3);
    assert_memory_equal(copy.ptr, "a\0b\0", 4);
    assert_true(mtls_str_eq(copy, O("a\0b")));
    assert_false(mtls_str_eq(copy, O("a\0c")));
    assert_false(mtls_str_eq(copy, O("a")));
    assert_true(mtls_str_eq(O(""), (mtls_str_t){ NULL, 0 }));
    assert_true(mtls_str_eq(mtls_str_lower(unit_pool, O("AZaz@[\xc3\x84")), O("azaz@[\xc3\x84")));
    assert_int_equal(mtls_str("abc").len, 3);
    assert_int_equal(mtls_str(NULL).len, 0);
}

static void test_reasons(void **state)
{
    int i, j;

    (void)state;
    assert_int_equal(MTLS_GRANTED, 0);
    assert_int_equal(mtls_reason_status(MTLS_GRANTED), 200);
    assert_string_equal(mtls_reason_slug(MTLS_CHAIN_UNAVAILABLE), "chain-unavailable");
    for (i = 0; i < MTLS_REASON_COUNT; i++) {
        int status = mtls_reason_status((mtls_reason_t)i);

        assert_true(*mtls_reason_text((mtls_reason_t)i) && *mtls_reason_check((mtls_reason_t)i));
        assert_true(i == MTLS_GRANTED || status == 403 || status == 400);
        for (j = 0; j < i; j++)
            assert_string_not_equal(mtls_reason_slug((mtls_reason_t)i), mtls_reason_slug((mtls_reason_t)j));
        assert_int_equal(strspn(mtls_reason_slug((mtls_reason_t)i), "abcdefghijklmnopqrstuvwxyz-"),
                         strlen(mtls_reason_slug((mtls_reason_t)i)));
    }
    assert_int_equal(mtls_reason_status((mtls_reason_t)MTLS_REASON_COUNT), 403);
    assert_int_equal(mtls_reason_status((mtls_reason_t)-1), 403);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean), cmocka_unit_test(test_clean_exhaustive), cmocka_unit_test(test_every_place),
        cmocka_unit_test(test_escape), cmocka_unit_test(test_hex), cmocka_unit_test(test_octets), cmocka_unit_test(test_reasons)
    };

    return UNIT_RUN(tests);
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* OpenSSL without memory, each time that it asks for some: a fact is right or not known, a text is right or not there, and
 * what went wrong once has no consequences. */
#include "unit.h"
#include "identity.h"
#include <stdlib.h>
#include <openssl/crypto.h>
#include "mtls_format.h"

/* ---- memory that OpenSSL gets ---- */

static struct {
    int armed, n, fail_at;      /* armed: each piece is counted, and the one with the number fail_at is refused */
} memory;

static int refused(void)
{
    return memory.armed && ++memory.n == memory.fail_at;
}

static void *take(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return refused() ? NULL : malloc(size);
}

static void *take_more(void *old, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return refused() ? NULL : realloc(old, size);
}

static void give_back(void *old, const char *file, int line)
{
    (void)file, (void)line;
    free(old);
}

static void fail_at(int n)
{
    memory.fail_at = n;
    memory.n = 0;
    memory.armed = 1;
}

/* True if there was somebody to refuse it to. */
static int has_failed(void)
{
    memory.armed = 0;
    return memory.n >= memory.fail_at;
}

/* ---- facts ---- */

/* Certificates as a handshake brings them: OpenSSL has not looked into them yet. */
static X509 *fresh(X509 *certificate)
{
    unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);
    const unsigned char *at = der;
    X509 *copy = d2i_X509(NULL, &at, len);

    OPENSSL_free(der);
    assert_non_null(copy);
    return copy;
}

static identity_t fresh_identity(const identity_t *identity)
{
    return (identity_t){ fresh(identity->leaf), { fresh(identity->chain[0]), fresh(identity->chain[1]) }, fresh(identity->server) };
}

static void free_identity(const identity_t *identity)
{
    X509_free(identity->leaf);
    X509_free(identity->chain[0]);
    X509_free(identity->chain[1]);
    X509_free(identity->server);
}

static const identity_t *anne(void)
{
    static const char *const subject[] = { "C", "DE", "O", "Example, Inc.", "CN", "J\xC3\xBCrg \"/\" = #1", NULL };
    static const char *const san[] = { "DNS", "a.example", "URI", "spiffe://example.org/a", "email", "a@b.example", "IP", "192.0.2.7", NULL };

    return identity_make(unit_pool, subject, san);
}

static mtls_fieldset_t *all_fields(void)
{
    mtls_fieldset_t *set = mtls_fieldset_make(unit_pool);
    const mtls_field_t *field;
    int i;

    for (i = 0; i < MTLS_FIELD_COUNT; i++) {
        if (mtls_fields[i].extract && !(mtls_fields[i].flags & MTLS_FIELD_FAMILY))
            unit_same(mtls_fields[i].name, mtls_fieldset_add(set, mtls_fields[i].name, &field), NULL);
    }
    unit_same("an attribute", mtls_fieldset_add(set, "subject.cn", &field), NULL);
    return set;
}

static int same_values(mtls_values_t a, mtls_values_t b)
{
    int i;

    for (i = 0; a.known == b.known && a.n == b.n && i < a.n; i++) {
        if (!mtls_str_eq(a.v[i].text, b.v[i].text) || !mtls_str_eq(a.v[i].key, b.v[i].key) || a.v[i].number != b.v[i].number)
            return 0;
    }
    return a.known == b.known && a.n == b.n;
}

/* Each field as it should be, or not known. */
static void compare(const mtls_fieldset_t *set, const mtls_facts_t *got, const mtls_facts_t *wanted, int n)
{
    int i;

    for (i = 0; i < mtls_fieldset_len(set); i++) {
        const mtls_field_t *field = mtls_fieldset_at(set, i);
        mtls_values_t values = mtls_facts_get(got, field);

        if (values.known != MTLS_UNREADABLE && values.known != MTLS_UNAVAILABLE && !same_values(values, mtls_facts_get(wanted, field)))
            fail_msg("%s is wrong without the memory that was asked for as number %d", field->name, n);
    }
}

static void test_facts(void **state)
{
    const identity_t *identity = anne();
    mtls_fieldset_t *set = all_fields();
    mtls_source_t source = identity_source(identity);
    const mtls_facts_t *wanted = mtls_facts_read(unit_pool, set, &source);
    int n = 0, failed = 1, i;

    (void)state;
    while (failed) {
        identity_t copy = fresh_identity(identity);
        const mtls_facts_t *got;

        source = identity_source(&copy);
        fail_at(++n);
        got = mtls_facts_read(unit_pool, set, &source);
        for (i = 0; i < mtls_fieldset_len(set); i++)
            mtls_facts_get(got, mtls_fieldset_at(set, i));        /* what is made late is made now */
        failed = has_failed();
        compare(set, got, wanted, n);
        compare(set, mtls_facts_read(unit_pool, set, &source), wanted, n);     /* of the same certificates, later */
        free_identity(&copy);
    }
    if (n < 20)      /* OpenSSL 3.0 asks more often than 3.5 */
        fail_msg("memory was asked for %d times only", n);
    print_message("# %d times memory was asked for\n", n);
}

/* ---- texts ---- */

static void try_format(const mtls_format_t *format, const mtls_field_t *field, mtls_values_t values)
{
    int list = format->flags & MTLS_FORMAT_LIST ? values.n : 1, n = 0, failed = 1;
    const char *wanted = format->encode(unit_pool, field->row->type, values.v, list), *got;

    while (failed) {
        fail_at(++n);
        got = format->encode(unit_pool, field->row->type, values.v, list);
        failed = has_failed();
        if (got && (!wanted || strcmp(got, wanted)))
            fail_msg("%s of %s is wrong without the memory that was asked for as number %d: %s", format->name, field->name, n, got);
    }
}

static void test_formats(void **state)
{
    mtls_fieldset_t *set = all_fields();
    mtls_source_t source = identity_source(anne());
    const mtls_facts_t *facts = mtls_facts_read(unit_pool, set, &source);
    int i, k, tried = 0;

    (void)state;
    for (i = 0; i < mtls_fieldset_len(set); i++) {
        const mtls_field_t *field = mtls_fieldset_at(set, i);
        mtls_values_t values = mtls_facts_get(facts, field);

        for (k = 0; values.n && k < mtls_formats_len; k++) {
            if (!(mtls_formats[k].types & 1ul << field->row->type))
                continue;
            try_format(&mtls_formats[k], field, values);
            tried++;
        }
    }
    assert_true(tried > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_facts), cmocka_unit_test(test_formats) };

    if (!CRYPTO_set_mem_functions(take, take_more, give_back))
        return 1;
    return UNIT_RUN(tests);
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Rules over many values, and expressions that run into their limit. */
#include "certificate.h"
#include "mtls_match.h"

#define VALUES 2000

/* An engine that gives up on names that begin with 'g', and finds those that begin with 'f'. */
static int asked;

static const char *compile(apr_pool_t *p, const char *pattern, void **regex)
{
    *regex = apr_pstrdup(p, pattern);
    return NULL;
}

static int match(const void *regex, mtls_str_t text, mtls_str_t *group)
{
    (void)regex, (void)group;
    asked++;
    return *text.ptr == 'g' ? -1 : *text.ptr == 'f';
}

static const mtls_host_t host = { compile, match, NULL };

/* So many DNS names, then one more. */
static mtls_answer_t ask(mtls_str_t name, int times, mtls_str_t last)
{
    static const char *const words[] = { "san.dns", "matches", ".*" };
    certificate_t parts = certificate_parts();
    mtls_fieldset_t *set = mtls_fieldset_make(unit_pool);
    const mtls_rule_t *rule;
    mtls_view_t view = { .standing = MTLS_GRANTED };

    unit_same("rule", mtls_rule_compile(unit_pool, set, &host, 3, words, &rule), NULL);
    parts.extensions = certificate_san(JOIN(unit_repeat(DER(0x82, name), times), DER(0x82, last)));
    view.facts = facts_of(&parts, set);
    asked = 0;
    return mtls_rule_ask(unit_pool, rule, &view);
}

static void test_limits(void **state)
{
    const struct {
        mtls_str_t name;
        int times;
        mtls_str_t last;
        mtls_truth_t truth;
        int limited, most;
    } cases[] = {
        { O("no"), VALUES, O("no"), MTLS_FALSE, 0, VALUES + 1 },
        { O("no"), VALUES, O("found"), MTLS_TRUE, 0, VALUES + 1 },
        { O("no"), VALUES, O("give-up"), MTLS_UNKNOWN, 1, VALUES + 1 },
        { O("give-up"), 1, O("found"), MTLS_TRUE, 0, 2 },
        { O("give-up"), 1, O("no"), MTLS_UNKNOWN, 1, 2 },
        { O("give-up"), VALUES, O("no"), MTLS_UNKNOWN, 1, 20 },
        { O("give-up"), VALUES, O("found"), MTLS_UNKNOWN, 1, 20 },
    };
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        mtls_answer_t answer = ask(cases[i].name, cases[i].times, cases[i].last);

        if (answer.truth != cases[i].truth || answer.limited != cases[i].limited || asked > cases[i].most)
            fail_msg("case %d: %d, limited %d, asked %d times", (int)i, (int)answer.truth, answer.limited, asked);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_limits) };

    return UNIT_RUN(tests);
}

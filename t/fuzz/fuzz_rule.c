/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Lines of words behind "Require mtls". What is accepted is asked of a few certificates, and compiled again it says the
 * same; what is refused has a sentence and leaves no rule behind. */
#include "fuzz.h"

#include "identity.h"

#define WORDS_MAX 24
#define LINES_MAX 16

static const char *const anne[] = { "C", "DE", "O", "Example, Inc.", "OU", "Payments", "OU", "Back Office", "CN", "Anne Example",
                                    "emailAddress", "anne@example.org", NULL };
static const char *const anne_san[] = { "DNS", "shop.example.org", "DNS", "*.shop.example.org", "URI",
                                        "spiffe://example.org/ns/shop/sa/web", "email", "anne@example.org", "IP", "192.0.2.7",
                                        "IP", "2001:db8::7", NULL };
static const char *const odd[] = { "CN", "a\xc3\xa4\xe2\x82\xac", "CN", "*", "O", "a,b=c+d;e\\f\"g", NULL };
static const char *const odd_san[] = { "URI", "spiffe://example.org/a", "URI", "spiffe://example.org/b", NULL };
static const char *const bare[] = { "CN", "bare", NULL };
static const char *const none[] = { NULL };

static const identity_t *identities[3];

void fuzz_prepare(apr_pool_t *p)
{
    identities[0] = identity_make(p, anne, anne_san);
    identities[1] = identity_make(p, odd, odd_san);
    identities[2] = identity_make(p, bare, none);
}

/* A list's answer depends on its name alone. */
static const mtls_membership_t *look_up(void *of, int list)
{
    static const mtls_label_t labels[] = { { { "role", 4 }, { "billing", 7 }, 0 }, { { "x", 1 }, { "", 0 }, 1 } };
    static const mtls_membership_t answers[] = { { .reason = MTLS_GRANTED, .n = 2, .labels = labels }, { .reason = MTLS_NO_MATCH },
                                                 { .reason = MTLS_LIST_UNAVAILABLE }, { .reason = MTLS_AMBIGUOUS } };
    const char *name = mtls_fieldset_list_name(of, list);

    return &answers[(unsigned char)*name % 4];
}

/** The words of a line, compiled. */
typedef struct line_t {
    int argc;
    const char *argv[WORDS_MAX];
    mtls_fieldset_t *set;
    const mtls_rule_t *rule;
    const char *error;
} line_t;

static void compile(apr_pool_t *p, line_t *line)
{
    line->set = mtls_fieldset_make(p);
    line->rule = NULL;
    line->error = mtls_rule_compile(p, line->set, &fuzz_host, line->argc, line->argv, &line->rule);
}

static mtls_answer_t ask(apr_pool_t *p, const line_t *line, const identity_t *identity, mtls_reason_t standing, int chain)
{
    mtls_source_t source = identity_source(identity);
    mtls_view_t view = { .standing = standing, .now = IDENTITY_NOT_BEFORE + 1, .lookup = look_up, .lookup_of = line->set };

    source.chain_len = chain;
    source.sni = "shop.example.org";
    view.facts = mtls_facts_read(p, line->set, &source);
    return mtls_rule_ask(p, line->rule, &view);
}

static void check_answers(apr_pool_t *p, const line_t *line, const line_t *again, const char *about)
{
    int i, chain;

    for (i = 0; i < 3; i++) {
        for (chain = -1; chain < 3; chain += 3) {
            mtls_answer_t one = ask(p, line, identities[i], MTLS_GRANTED, chain);
            mtls_answer_t two = ask(p, again, identities[i], MTLS_GRANTED, chain);
            mtls_answer_t expired = ask(p, line, identities[i], MTLS_EXPIRED, chain);

            FUZZ_CHECK(one.truth == two.truth && one.reason == two.reason, about);
            FUZZ_CHECK((one.truth == MTLS_TRUE) == (one.reason == MTLS_GRANTED), about);
            FUZZ_CHECK(expired.truth == MTLS_UNKNOWN && expired.reason == MTLS_EXPIRED, about);
        }
    }
}

static void check_kind(const line_t *line, const char *about)
{
    int i, lists = line->argc && !strcasecmp(line->argv[0], "in");

    FUZZ_CHECK((line->argc == 0) == mtls_rule_is_bare(line->rule), about);
    for (i = 0; i < mtls_fieldset_lists(line->set); i++)
        FUZZ_CHECK(mtls_rule_asks_list(line->rule, i) == lists, about);
    FUZZ_CHECK(!mtls_rule_asks_list(line->rule, i), about);
}

/* A rule of one field and the operator that is understood: with it written out it is the same. */
static void check_operator(apr_pool_t *p, const line_t *line, const char *about)
{
    line_t written = { .argc = line->argc + 1 };
    int i;

    for (i = 0; i < mtls_operators_len && line->argc > 1; i++) {
        if (!strcasecmp(mtls_operators[i].name, line->argv[1]))
            return;
    }
    if (line->argc < 2 || line->argc == WORDS_MAX || !strcasecmp(line->argv[0], "in"))
        return;
    written.argv[0] = line->argv[0];
    written.argv[1] = "is";
    for (i = 1; i < line->argc; i++)
        written.argv[i + 1] = line->argv[i];
    compile(p, &written);
    FUZZ_CHECK(!written.error, about);
    check_answers(p, line, &written, about);
}

/* The text as a line of configuration, which has quotes and what is no value without them. */
static void check_written(apr_pool_t *p, const char *text)
{
    const mtls_rule_t *rule = NULL;
    const char *error = mtls_rule_read(p, mtls_fieldset_make(p), &fuzz_host, text, &rule);

    FUZZ_CHECK(!error == (rule != NULL), text);
    FUZZ_CHECK(!error || (*error && fuzz_printable(error, 0)), text);
}

void fuzz_one(apr_pool_t *p, mtls_str_t input)
{
    mtls_str_t text;
    int lines;

    for (lines = 0; lines < LINES_MAX && fuzz_next(&input, '\n', &text); lines++) {
        const char *about = apr_pstrmemdup(p, text.ptr, text.len);
        line_t line, again;

        check_written(p, about);
        line.argc = fuzz_words(p, text, line.argv, WORDS_MAX);
        compile(p, &line);
        again = line;
        compile(p, &again);
        FUZZ_CHECK(!line.error == !again.error && (!line.error || !strcmp(line.error, again.error)), about);
        if (line.error) {
            FUZZ_CHECK(!line.rule, about);
            FUZZ_CHECK(*line.error && fuzz_printable(line.error, 0), line.error);
            continue;
        }
        FUZZ_CHECK(line.rule != NULL, about);
        check_answers(p, &line, &again, about);
        check_kind(&line, about);
        check_operator(p, &line, about);
    }
}

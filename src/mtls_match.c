/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Rules: words become a rule once; asking it is pure. */
#include <string.h>
#include <apr_strings.h>

#include "mtls_relation.h"
#include "mtls_words.h"

const mtls_operator_t mtls_operators[] = {
#define MTLS_OPERATOR(name, bit, doc) { name, bit, doc },
#include "tbl/operators.h"
};
const int mtls_operators_len = (int)(sizeof(mtls_operators) / sizeof(mtls_operators[0]));

/* ---- compile ---- */

static const mtls_operator_t *find_operator(const char *word)
{
    int i;

    for (i = 0; i < mtls_operators_len; i++) {
        if (!strcasecmp(mtls_operators[i].name, word))
            return &mtls_operators[i];
    }
    return NULL;
}

static const char *list_operators(apr_pool_t *p, const mtls_type_t *type)
{
    const char *list = "";
    int i;

    for (i = 0; i < mtls_operators_len; i++) {
        if (type->ops & mtls_operators[i].bit)
            list = apr_pstrcat(p, list, *list ? ", " : "", mtls_operators[i].name, NULL);
    }
    return list;
}

static const char *refuse_operator(apr_pool_t *p, const mtls_field_t *field, const mtls_operator_t *op)
{
    return apr_psprintf(p, "operator '%s' does not fit '%s' (%s), which takes %s", op->name, field->name,
                        field->type->name, list_operators(p, field->type));
}

/* Words that are operators elsewhere. */
static const char *const foreign_operators[] = {
    "equals", "equal", "eq", "ne", "lt", "le", "gt", "ge", "contains", "includes", "startswith", "endswith", "prefix",
    "suffix", "glob", "regex", "regexp", "regexmatch", "exact", "isnot", "any", "not", "in", "exists"
};

/* In the operator's place, with a value behind it: meant as an operator, and not one. Read as a value it
 * would silently widen the rule. */
static int is_meant_as_operator(const char *word)
{
    apr_size_t i;
    int k;

    if (*word && strspn(word, "=!<>~^*|&") == strlen(word))
        return 1;
    for (i = 0; i < sizeof(foreign_operators) / sizeof(foreign_operators[0]); i++) {
        if (!strcasecmp(word, foreign_operators[i]))
            return 1;
    }
    for (k = 0; k < mtls_operators_len; k++) {
        if (mtls_text_distance(word, mtls_operators[k].name) <= (int)strlen(mtls_operators[k].name) / 3)
            return 1;
    }
    return 0;
}

static const char *refuse_word(apr_pool_t *p, const mtls_field_t *field, const char *word)
{
    return apr_psprintf(p, "'%s' is not an operator: '%s' takes %s; if it is a value, write 'is' before it",
                        mtls_text_escape(p, mtls_str(word)), field->name, list_operators(p, field->type));
}

/* The field's own name or the operator in front: what the words behind it are read as. */
static const char *compile_operands(apr_pool_t *p, const mtls_host_t *host, mtls_rule_t *rule,
                                    int argc, const char *const *argv)
{
    int i;

    if (!argc && rule->op->bit != MTLS_OP_PRESENT)
        return apr_psprintf(p, "'%s %s' needs a value", rule->field->name, rule->op->name);
    for (i = 0; i < argc; i++) {
        const char *error = rule->relation->operand(p, host, rule, argv[i]);

        if (error)
            return apr_psprintf(p, "%s: '%s' %s", rule->field->name, mtls_text_escape(p, mtls_str(argv[i])), error);
    }
    return NULL;
}

/* "in LIST [LIST...]": which lists there are is known when all of the configuration has been read. */
static const char *compile_lists(apr_pool_t *p, mtls_fieldset_t *set, mtls_rule_t *rule, int argc, const char *const *argv)
{
    const char *error = argc ? NULL : "'in' needs the name of a list: in LIST [LIST...]";
    int i;

    rule->lists = apr_array_make(p, argc ? argc : 1, sizeof(int));
    for (i = 0; !error && i < argc; i++)
        error = mtls_fieldset_list(set, argv[i], apr_array_push(rule->lists));
    return error;
}

static const char *compile_words(apr_pool_t *p, mtls_fieldset_t *set, const mtls_host_t *host, mtls_rule_t *rule,
                                 int argc, const char *const *argv)
{
    const mtls_operator_t *op;
    const char *error;

    if (!argc)
        return NULL;
    if (!strcasecmp(argv[0], "in"))
        return compile_lists(p, set, rule, argc - 1, argv + 1);
    error = mtls_fieldset_add(set, argv[0], &rule->field);
    if (error)
        return error;
    if (rule->field->row->flags & MTLS_FIELD_EXPORT)
        return apr_psprintf(p, "field '%s' is for headers and variables only", rule->field->name);
    if (argc == 1)
        return apr_psprintf(p, "'%s' alone says nothing: write '%s present', or a value behind it",
                            rule->field->name, rule->field->name);
    op = find_operator(argv[1]);
    if (!op && argc > 2 && is_meant_as_operator(argv[1]))
        return refuse_word(p, rule->field, argv[1]);
    rule->op = op ? op : find_operator("is");
    if (!(rule->field->type->ops & rule->op->bit))
        return refuse_operator(p, rule->field, rule->op);
    rule->relation = mtls_relation_of(rule->op);
    rule->operands = apr_array_make(p, 2, rule->op->bit == MTLS_OP_MATCHES ? (int)sizeof(void *)
                                                                          : (int)sizeof(mtls_value_t));
    argc -= op ? 2 : 1;
    argv += op ? 2 : 1;
    return compile_operands(p, host, rule, argc, argv);
}

const char *mtls_rule_compile(apr_pool_t *p, mtls_fieldset_t *set, const mtls_host_t *host,
                              int argc, const char *const *argv, const mtls_rule_t **result)
{
    mtls_rule_t *rule = apr_pcalloc(p, sizeof(*rule));
    const char *error = compile_words(p, set, host, rule, argc, argv);

    if (!error)
        *result = rule;
    return error;
}

const char *mtls_rule_read(apr_pool_t *p, mtls_fieldset_t *set, const mtls_host_t *host, const char *line,
                           const mtls_rule_t **result)
{
    apr_array_header_t *words = apr_array_make(p, 4, sizeof(const char *));
    const char *at = line, *error;
    const mtls_rule_t *rule;

    while (*at)
        APR_ARRAY_PUSH(words, const char *) = mtls_words_next(p, &at);
    error = mtls_rule_compile(p, set, host, words->nelts, (const char *const *)words->elts, &rule);
    error = error ? error : mtls_words_refused(p, line);
    if (!error)
        *result = rule;
    return error;
}

/* ---- ask ---- */

/* An expression that has run into its limit with so many values of a certificate is not given another: each costs a
 * millisecond, and a certificate has room for thousands. */
#define LIMITED_MOST 8

static mtls_answer_t answer(mtls_truth_t truth, mtls_reason_t reason, int limited)
{
    return (mtls_answer_t){ truth, reason, limited };
}

/* One list is enough; where one cannot be asked, nobody knows what it would have said. */
static mtls_answer_t ask_lists(const mtls_rule_t *rule, const mtls_view_t *view)
{
    mtls_reason_t reason = MTLS_NO_MATCH;
    int i;

    for (i = 0; i < rule->lists->nelts; i++) {
        mtls_membership_t membership = mtls_view_list(view, APR_ARRAY_IDX(rule->lists, i, int));

        if (membership.reason == MTLS_GRANTED)
            return answer(MTLS_TRUE, MTLS_GRANTED, 0);
        if (membership.reason != MTLS_NO_MATCH)
            reason = membership.reason;
    }
    return answer(reason == MTLS_NO_MATCH ? MTLS_FALSE : MTLS_UNKNOWN, reason, 0);
}

mtls_answer_t mtls_rule_ask(apr_pool_t *p, const mtls_rule_t *rule, const mtls_view_t *view)
{
    mtls_value_t scratch;
    mtls_values_t values;
    int i, limited = 0;

    if (view->standing != MTLS_GRANTED)
        return answer(MTLS_UNKNOWN, view->standing, 0);
    if (rule->lists)
        return ask_lists(rule, view);
    if (!rule->field)
        return answer(MTLS_TRUE, MTLS_GRANTED, 0);
    values = mtls_view_get(p, view, rule->field, &scratch);
    if (mtls_known_reason(values.known) != MTLS_GRANTED)
        return answer(MTLS_UNKNOWN, mtls_known_reason(values.known), 0);
    for (i = 0; i < values.n && limited < LIMITED_MOST; i++) {
        int related = rule->relation->relate(rule, &values.v[i]);

        if (related == 1)
            return answer(MTLS_TRUE, MTLS_GRANTED, 0);
        limited += related < 0;
    }
    /* Nobody knows what an expression would have said that gave up: "not" must not make a yes of it. */
    return answer(limited ? MTLS_UNKNOWN : MTLS_FALSE, MTLS_NO_MATCH, limited != 0);
}

int mtls_rule_lasts(const mtls_rule_t *rule)
{
    return rule->field && !rule->lists && !(rule->field->row->flags & MTLS_FIELD_LIVE);
}

int mtls_rule_is_bare(const mtls_rule_t *rule)
{
    return !rule->field && !rule->lists;
}

int mtls_rule_asks_list(const mtls_rule_t *rule, int list)
{
    int i;

    for (i = 0; rule->lists && i < rule->lists->nelts; i++) {
        if (APR_ARRAY_IDX(rule->lists, i, int) == list)
            return 1;
    }
    return 0;
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Rules that hold for more or for fewer certificates than they seem to. */
#include "httpd.h"
#include "http_config.h"
#include "apr_strings.h"

#include "mtls_dn.h"
#include "mtls_finding.h"
#include "mtls_pem.h"
#include "mtls_reading.h"
#include "mtls_tree.h"

/** A rule as it was written: its words have been compiled before, so they are known to be good. */
typedef struct written_t {
    const mtls_field_t *field;
    unsigned op;                     /* MTLS_OP_ */
    const char *op_name;
    int has_op;                      /* it is written, not understood */
    const char *const *values;
    int n;
} written_t;

static const mtls_operator_t *find_operator(const char *word)
{
    int i;

    for (i = 0; i < mtls_operators_len; i++) {
        if (!strcasecmp(mtls_operators[i].name, word))
            return &mtls_operators[i];
    }
    return NULL;
}

/* False for other directives, and for the bare rule. */
static int read_rule(const mtls_survey_t *survey, const ap_directive_t *directive, written_t *rule)
{
    const apr_array_header_t *words = mtls_finding_words(survey, directive);
    const char *const *word;
    const mtls_operator_t *op;

    if (!words || words->nelts < 2)
        return 0;
    word = (const char *const *)words->elts;
    if (mtls_fieldset_add(survey->fields, word[0], &rule->field))
        return 0;
    op = find_operator(word[1]);
    rule->op = op ? op->bit : MTLS_OP_IS;
    rule->op_name = op ? op->name : "is";
    rule->has_op = op != NULL;
    rule->values = word + (op ? 2 : 1);
    rule->n = words->nelts - (op ? 2 : 1);
    return 1;
}

static const char *escape(const mtls_survey_t *survey, const char *word)
{
    return mtls_text_escape(survey->p, mtls_str(word));
}

/* ---- a serial number is unique for its issuer only ---- */

static int says_who(mtls_field_id_t id)
{
    return id == MTLS_F_ISSUER || id == MTLS_F_ISSUER_ATTR || id == MTLS_F_CA || id == MTLS_F_CA_SHA256
        || id == MTLS_F_CA_SPKI_SHA256 || id == MTLS_F_AKI || id == MTLS_F_SHA256 || id == MTLS_F_SHA1
        || id == MTLS_F_SPKI_SHA256;
}

static int has_issuer_beside(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    const ap_directive_t *sibling;
    written_t rule;

    for (; directive->parent && mtls_finding_is_container(directive->parent); directive = directive->parent) {
        if (!mtls_tree_is(directive->parent, "<RequireAll"))
            continue;
        for (sibling = directive->parent->first_child; sibling; sibling = sibling->next) {
            if (read_rule(survey, sibling, &rule) && says_who(rule.field->row->id))
                return 1;
        }
    }
    return 0;
}

void mtls_find_lone_serial(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    written_t rule;

    if (!read_rule(survey, directive, &rule) || rule.field->row->id != MTLS_F_SERIAL || rule.op == MTLS_OP_PRESENT
        || !strcasecmp(mtls_tree_word(survey->p, directive, 0), "not") || mtls_tree_within(directive, "<RequireNone")
        || has_issuer_beside(survey, directive))
        return;
    mtls_finding_warn(survey, directive, "a serial number is unique for its issuer only: another CA may issue the same "
                      "one; put a Require mtls issuer or ca.spki.sha256 line beside it into <RequireAll>, or compare "
                      "sha256 instead");
}

/* ---- lists ---- */

static const mtls_listed_t *find_list(const char *name)
{
    const apr_array_header_t *lists = mtls_generation()->lists;
    int i;

    for (i = 0; i < lists->nelts; i++) {
        const mtls_listed_t *listed = &APR_ARRAY_IDX(lists, i, mtls_listed_t);

        if (mtls_list_kind(listed->list) != MTLS_LIST_KILL && !strcasecmp(mtls_list_name(listed->list), name))
            return listed;
    }
    return NULL;
}

/* The words of "in LIST...", where that is not negated. */
static const apr_array_header_t *find_wanted_lists(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    const apr_array_header_t *words = mtls_finding_words(survey, directive);

    if (!words || words->nelts < 2 || strcasecmp(APR_ARRAY_IDX(words, 0, const char *), "in")
        || !strcasecmp(mtls_tree_word(survey->p, directive, 0), "not") || mtls_tree_within(directive, "<RequireNone"))
        return NULL;
    return words;
}

/* A revocation list knows its issuer. */
void mtls_find_lone_serial_list(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    const apr_array_header_t *words = find_wanted_lists(survey, directive), *authorities = mtls_generation()->authorities;
    int i;

    if (!words || !authorities || authorities->nelts < 2 || has_issuer_beside(survey, directive))
        return;
    for (i = 1; i < words->nelts; i++) {
        const mtls_listed_t *listed = find_list(APR_ARRAY_IDX(words, i, const char *));

        if (listed && mtls_list_kind(listed->list) == MTLS_LIST_FILE
            && mtls_list_field(listed->list)->row->id == MTLS_F_SERIAL)
            mtls_finding_warn(survey, directive, apr_psprintf(survey->p, "list '%s' holds serial numbers, which are unique "
                              "for their issuer only, and %d CA certificates are trusted: put a Require mtls issuer or "
                              "ca.spki.sha256 line beside it into <RequireAll>, or list sha256 instead",
                              mtls_list_name(listed->list), authorities->nelts));
    }
}

void mtls_find_only_revoked(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    const apr_array_header_t *words = find_wanted_lists(survey, directive);
    int i;

    for (i = 1; words && i < words->nelts; i++) {
        const mtls_listed_t *listed = find_list(APR_ARRAY_IDX(words, i, const char *));

        if (listed && mtls_list_kind(listed->list) == MTLS_LIST_CRL)
            mtls_finding_warn(survey, directive, apr_psprintf(survey->p, "list '%s' is of revoked certificates, and this "
                              "line lets in these and nobody else; to keep them out write Require not mtls in %s, and "
                              "Require mtls beside it, into <RequireAll>", mtls_list_name(listed->list),
                              mtls_list_name(listed->list)));
    }
}

static int is_used(const mtls_generation_t *generation, int list)
{
    int i;

    for (i = 0; i < generation->lines->nelts; i++) {
        if (mtls_rule_asks_list(APR_ARRAY_IDX(generation->lines, i, const mtls_line_t *)->rule, list))
            return 1;
    }
    for (i = 0; i < mtls_fieldset_len(generation->fields); i++) {
        const mtls_field_t *field = mtls_fieldset_at(generation->fields, i);

        if (field->row->id == MTLS_F_LABEL && field->list == list)
            return 1;
    }
    return 0;
}

void mtls_find_unused_list(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    const mtls_generation_t *generation = mtls_generation();
    const char *name;
    int list;

    if (!mtls_tree_is(directive, "MTLSList"))
        return;
    name = mtls_tree_word(survey->p, directive, 0);
    for (list = 0; list < mtls_fieldset_lists(generation->fields); list++) {
        if (!strcasecmp(mtls_fieldset_list_name(generation->fields, list), name) && !is_used(generation, list))
            mtls_finding_warn(survey, directive, apr_psprintf(survey->p, "list '%s' is used by no rule, header or variable: "
                              "write Require mtls in %s, or remove it", name, name));
    }
}

/* ---- what no certificate can have ---- */

/** What values there are: words of the field's type, NULL: no limit. */
typedef struct range_t {
    mtls_field_id_t field;
    const char *least, *most;
} range_t;

static const range_t ranges[] = {
    { MTLS_F_VERSION, "1", "3" },
    { MTLS_F_KEY_BITS, "1", NULL },
    { MTLS_F_CHAIN_LENGTH, "1", NULL },      /* the client's own is counted */
    { MTLS_F_REMAINING, "0s", NULL },
    { MTLS_F_LIFETIME, "0s", NULL },
    { MTLS_F_TLS_VERSION, "TLSv1", "TLSv1.3" },
};

static apr_int64_t number_of(apr_pool_t *p, const mtls_type_t *type, const char *word, apr_int64_t otherwise)
{
    mtls_value_t value;

    return word && !type->parse(p, word, &value) ? value.number : otherwise;
}

static int is_outside(unsigned op, apr_int64_t number, apr_int64_t least, apr_int64_t most)
{
    switch (op) {
    case MTLS_OP_IS: return number < least || number > most;
    case MTLS_OP_LT: return number <= least;
    case MTLS_OP_LE: return number < least;
    case MTLS_OP_GT: return number >= most;
    case MTLS_OP_GE: return number > most;
    default:         return 0;
    }
}

static const char *refute_number(apr_pool_t *p, const written_t *rule, const char *word)
{
    const mtls_type_t *type = rule->field->type;
    apr_int64_t number = number_of(p, type, word, 0);
    apr_size_t i;

    if (rule->field->row->id == MTLS_F_NOT_AFTER
        && is_outside(rule->op, number, apr_time_sec(apr_time_now()), APR_INT64_MAX))
        return "that is over, and rules hold for certificates only that are still valid";
    for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        const range_t *range = &ranges[i];

        if (range->field != rule->field->row->id
            || !is_outside(rule->op, number, number_of(p, type, range->least, APR_INT64_MIN),
                           number_of(p, type, range->most, APR_INT64_MAX)))
            continue;
        return range->most ? apr_psprintf(p, "%s is %s to %s", rule->field->name, range->least, range->most)
                           : apr_psprintf(p, "%s is %s or more", rule->field->name, range->least);
    }
    return NULL;
}

/* A glob is judged by what stands in front of its first star. */
static int can_begin(const written_t *rule, const char *word, const char *begin)
{
    apr_size_t fixed = rule->op == MTLS_OP_LIKE ? strcspn(word, "*") : strlen(word), len = strlen(begin);

    if (rule->op == MTLS_OP_LIKE && word[fixed] && fixed < len)
        len = fixed;
    return !strncmp(word, begin, len);
}

static const char *refute_spiffe(apr_pool_t *p, const written_t *rule, const char *word)
{
    mtls_str_t domain, path;
    int is = rule->op == MTLS_OP_IS;

    switch (rule->field->row->id) {
    case MTLS_F_SPIFFE:
        if (!can_begin(rule, word, "spiffe://") || (is && !mtls_spiffe_split(mtls_str(word), &domain, &path)))
            return "that is not a SPIFFE ID, such as spiffe://example.org/ns/shop/sa/web";
        return NULL;
    case MTLS_F_SPIFFE_PATH:
        return can_begin(rule, word, "/") ? NULL : "the path of a SPIFFE ID begins with a slash";
    case MTLS_F_SPIFFE_TRUST_DOMAIN:
        if (is && (!mtls_spiffe_split(mtls_str(apr_pstrcat(p, "spiffe://", word, NULL)), &domain, &path) || path.len))
            return "a trust domain has lower-case letters, digits, '.', '-' and '_' only";
        return NULL;
    default:
        return NULL;
    }
}

/* What "is" would refuse for its characters, no glob will find. */
static const char *refute_glob(apr_pool_t *p, const written_t *rule, const char *word)
{
    mtls_value_t value;

    if (rule->op != MTLS_OP_LIKE)
        return NULL;
    if (rule->field->type == &mtls_types[MTLS_T_DNS] && rule->field->type->parse(p, word, &value))
        return "a DNS name has letters, digits, '-', '_' and '.' only";
    if (rule->field->type == &mtls_types[MTLS_T_URI] && rule->field->type->parse(p, word, &value))
        return "a URI has ASCII characters only";
    return NULL;
}

void mtls_find_impossible(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    written_t rule;
    int i;

    if (!read_rule(survey, directive, &rule))
        return;
    for (i = 0; i < rule.n; i++) {
        const char *word = rule.values[i], *why = refute_number(survey->p, &rule, word);

        why = why ? why : refute_spiffe(survey->p, &rule, word);
        why = why ? why : refute_glob(survey->p, &rule, word);
        if (why)
            mtls_finding_warn(survey, directive, apr_psprintf(survey->p, "'%s %s %s' can never hold: %s; correct or "
                              "remove it", rule.field->name, rule.op_name, escape(survey, word), why));
    }
}

/* ---- values that seem to say something else ---- */

static void warn_of_star(const mtls_survey_t *survey, const ap_directive_t *directive, const char *field, const char *word)
{
    mtls_finding_warn(survey, directive, apr_psprintf(survey->p, "'%s' is no pattern here, but the value with this '*' in "
                      "it; write '%s like' for a pattern, or '%s is' if it is meant so", escape(survey, word),
                      field, field));
}

static void warn_of_order(const mtls_survey_t *survey, const ap_directive_t *directive, const mtls_field_t *field,
                          const char *word)
{
    mtls_value_t value;
    const char *turned = field->type->parse(survey->p, word, &value) ? NULL : mtls_dn_turned(survey->p, value.dn);

    if (turned)
        mtls_finding_warn(survey, directive, apr_psprintf(survey->p, "'%s' is in the order of few certificates; did you "
                          "mean \"%s\"? Write '%s is' if it is meant so", escape(survey, word), turned, field->name));
}

/* Some certificates have a star in a name, or a name in this order; whoever writes "is" before it knows that. */
void mtls_find_odd_value(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    written_t rule;
    int i;

    if (!read_rule(survey, directive, &rule) || rule.has_op)
        return;
    for (i = 0; i < rule.n; i++) {
        if (rule.field->type == &mtls_types[MTLS_T_DN])
            warn_of_order(survey, directive, rule.field, rule.values[i]);
        else if (rule.field->type->ops & MTLS_OP_LIKE && strchr(rule.values[i], '*'))
            warn_of_star(survey, directive, rule.field->name, rule.values[i]);
    }
}

/* ---- pem: where a file cannot stand for a value ---- */

void mtls_find_pem_text(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    written_t rule;
    int i;

    if (!read_rule(survey, directive, &rule) || rule.op != MTLS_OP_IS || mtls_pem_stands_for(rule.field))
        return;
    for (i = 0; i < rule.n; i++) {
        if (!strncmp(rule.values[i], "pem:", 4))
            mtls_finding_warn(survey, directive, apr_psprintf(survey->p, "'%s' is compared as text: files stand for "
                              "names, serial numbers, digests and key identifiers, and '%s' is none of these; write "
                              "the value itself", escape(survey, rule.values[i]), rule.field->name));
    }
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include "mtls_cert.h"
#include "mtls_reading.h"

/** The one value of a field that was made late, or that there is none. */
typedef struct late_t {
    mtls_values_t values;
    mtls_value_t value;
    char octets[];
} late_t;

struct mtls_facts_t {
    X509 *leaf;                           /* a reference of our own, for what is made late; else NULL */
    _Atomic(late_t *) *late;              /* by slot; NULL until somebody asks */
    const mtls_field_t *certificate;      /* if it is one of them; else NULL */
    int malformed;
    apr_int64_t not_before, not_after;    /* if not malformed */
    int n;
    mtls_values_t values[];               /* by slot */
};

/* So many are compared with each other sooner than they are sorted. */
#define FEW 10

static int compare_extensions(const void *left, const void *right)
{
    return OBJ_cmp(*(const ASN1_OBJECT *const *)left, *(const ASN1_OBJECT *const *)right);
}

static int is_doubled_among_few(const ASN1_OBJECT *const *objects, int n)
{
    int i, j;

    for (i = 1; i < n; i++) {
        for (j = 0; j < i; j++) {
            if (OBJ_cmp(objects[i], objects[j]) == 0)
                return 1;
        }
    }
    return 0;
}

/* Sorting keeps a certificate with ten thousand extensions from costing their square. */
static int has_doubled_extension(X509 *certificate)
{
    int n = X509_get_ext_count(certificate), i, doubled = 0;
    const ASN1_OBJECT *few[32], **objects = few;

    if (n > (int)(sizeof(few) / sizeof(few[0])))
        objects = OPENSSL_malloc((size_t)n * sizeof(*objects));
    if (!objects)
        return 1;
    for (i = 0; i < n; i++)
        objects[i] = X509_EXTENSION_get_object(X509_get_ext(certificate, i));
    if (n <= FEW)
        return is_doubled_among_few(objects, n);
    qsort(objects, (size_t)n, sizeof(*objects), compare_extensions);
    for (i = 1; i < n && !doubled; i++)
        doubled = OBJ_cmp(objects[i - 1], objects[i]) == 0;
    if (objects != few)
        OPENSSL_free(objects);
    return doubled;
}

static int is_malformed(const mtls_reading_t *reading)
{
    return !reading->valid_times || reading->san.known == MTLS_UNREADABLE
        || (!reading->source->decodes && X509_get_extension_flags(reading->leaf) & EXFLAG_INVALID)
        || has_doubled_extension(reading->leaf);
}

static apr_status_t free_late(void *data)
{
    mtls_facts_t *facts = data;
    int slot;

    for (slot = 0; slot < facts->n; slot++)
        free(atomic_load(&facts->late[slot]));
    X509_free(facts->leaf);
    return APR_SUCCESS;
}

static void prepare_late(apr_pool_t *p, mtls_facts_t *facts, X509 *leaf)
{
    facts->late = apr_pcalloc(p, (apr_size_t)facts->n * sizeof(*facts->late));
    facts->leaf = leaf;
    X509_up_ref(leaf);
    apr_pool_cleanup_register(p, facts, free_late, apr_pool_cleanup_null);
}

static late_t *copy_late(mtls_values_t values)
{
    apr_size_t len = values.n ? values.v[0].text.len : 0;
    late_t *late = malloc(sizeof(*late) + len);

    if (!late)
        return NULL;
    late->values = (mtls_values_t){ values.known, values.n, &late->value };
    late->value = mtls_value_text((mtls_str_t){ late->octets, len });
    if (len)
        memcpy(late->octets, values.v[0].text.ptr, len);
    return late;
}

static mtls_values_t late_values(const mtls_facts_t *facts, const mtls_field_t *field);

/* What is sent anyway need not be written for a digest again. */
static mtls_str_t der_of(const mtls_facts_t *facts)
{
    mtls_values_t values = late_values(facts, facts->certificate);

    return values.n ? values.v[0].text : (mtls_str_t){ NULL, 0 };
}

static late_t *read_late(const mtls_facts_t *facts, const mtls_field_t *field)
{
    mtls_reading_t reading = { .leaf = facts->leaf };
    mtls_values_t values;
    late_t *late;

    if (facts->certificate && field != facts->certificate)
        reading.der = der_of(facts);
    if (apr_pool_create(&reading.pool, NULL) != APR_SUCCESS)
        return NULL;
    ERR_set_mark();
    field->row->extract(&reading, field, &values);
    ERR_pop_to_mark();
    late = copy_late(values);
    apr_pool_destroy(reading.pool);
    return late;
}

/* Two threads may make it at once; the first to publish wins, the other frees its own. */
static mtls_values_t late_values(const mtls_facts_t *facts, const mtls_field_t *field)
{
    late_t *known = atomic_load(&facts->late[field->slot]), *made;

    if (known)
        return known->values;
    made = read_late(facts, field);
    if (!made)
        return mtls_values_none(MTLS_UNREADABLE);
    if (atomic_compare_exchange_strong(&facts->late[field->slot], &known, made))
        return made->values;
    free(made);
    return known->values;
}

const mtls_facts_t *mtls_facts_read(apr_pool_t *p, const mtls_fieldset_t *set, const mtls_source_t *source)
{
    int n = mtls_fieldset_len(set), slot;
    mtls_facts_t *facts = apr_palloc(p, sizeof(*facts) + (apr_size_t)n * sizeof(facts->values[0]));
    mtls_reading_t reading;

    ERR_set_mark();
    mtls_reading_begin(&reading, p, source);
    facts->malformed = is_malformed(&reading);
    facts->not_before = reading.not_before;
    facts->not_after = reading.not_after;
    facts->n = n;
    facts->leaf = NULL;
    facts->certificate = NULL;
    if (mtls_fieldset_flags(set) & MTLS_FIELD_LATE)
        prepare_late(p, facts, source->leaf);
    for (slot = 0; slot < n; slot++) {
        const mtls_field_t *field = mtls_fieldset_at(set, slot);

        facts->values[slot] = mtls_values_none(MTLS_ABSENT);
        if (field->row->id == MTLS_F_CERTIFICATE)
            facts->certificate = field;
        if (field->row->extract && !(field->row->flags & MTLS_FIELD_LATE))
            field->row->extract(&reading, field, &facts->values[slot]);
    }
    ERR_pop_to_mark();
    return facts;
}

mtls_values_t mtls_facts_get(const mtls_facts_t *facts, const mtls_field_t *field)
{
    /* A field that joined the set after the facts were read is not known, which is not the same as absent. */
    if (field->slot >= facts->n)
        return mtls_values_none(MTLS_UNREADABLE);
    if (field->row->flags & MTLS_FIELD_LATE)
        return late_values(facts, field);
    return facts->values[field->slot];
}

mtls_reason_t mtls_facts_standing(const mtls_facts_t *facts, apr_int64_t now)
{
    if (facts->malformed)
        return MTLS_MALFORMED;
    if (now < facts->not_before)
        return MTLS_NOT_YET_VALID;
    return now > facts->not_after ? MTLS_EXPIRED : MTLS_GRANTED;
}

mtls_reason_t mtls_known_reason(mtls_known_t known)
{
    switch (known) {
    case MTLS_UNREADABLE:  return MTLS_MALFORMED;
    case MTLS_UNAVAILABLE: return MTLS_CHAIN_UNAVAILABLE;
    case MTLS_DIFFERING:   return MTLS_AMBIGUOUS;
    case MTLS_LISTLESS:    return MTLS_LIST_UNAVAILABLE;
    default:               return MTLS_GRANTED;
    }
}

/* The other way round, for the reasons that a list may give. */
static mtls_known_t known_because(mtls_reason_t reason)
{
    static const mtls_known_t unknown[] = { MTLS_UNREADABLE, MTLS_UNAVAILABLE, MTLS_DIFFERING };
    apr_size_t i;

    for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        if (mtls_known_reason(unknown[i]) == reason)
            return unknown[i];
    }
    return MTLS_LISTLESS;
}

mtls_membership_t mtls_view_list(const mtls_view_t *view, int list)
{
    static const mtls_membership_t unknown = { .reason = MTLS_LIST_UNAVAILABLE };

    return view->lookup ? *view->lookup(view->lookup_of, list) : unknown;
}

apr_int64_t mtls_facts_not_after(const mtls_facts_t *facts)
{
    return facts->malformed ? 0 : facts->not_after;
}

static mtls_values_t live_value(mtls_value_t *scratch, mtls_value_t value)
{
    *scratch = value;
    return (mtls_values_t){ MTLS_PRESENT, 1, scratch };
}

static mtls_values_t live_word(const char *word, mtls_value_t *scratch)
{
    if (!word || !*word)
        return mtls_values_none(MTLS_ABSENT);
    if (!mtls_text_clean(mtls_str(word)))
        return mtls_values_none(MTLS_UNREADABLE);
    return live_value(scratch, mtls_value_text(mtls_str(word)));
}

static mtls_values_t live_remaining(apr_pool_t *p, const mtls_view_t *view, mtls_value_t *scratch)
{
    if (!view->facts)
        return mtls_values_none(MTLS_ABSENT);
    if (view->facts->malformed)
        return mtls_values_none(MTLS_UNREADABLE);
    return live_value(scratch, mtls_value_number(p, view->facts->not_after - view->now));
}

static const char *describe_verification(apr_pool_t *p, mtls_reason_t standing)
{
    switch (standing) {
    case MTLS_GRANTED: return "SUCCESS";
    case MTLS_NO_TLS: return NULL;
    case MTLS_NO_CERTIFICATE: return "NONE";
    default: return apr_pstrcat(p, "FAILED:", mtls_reason_slug(standing), NULL);
    }
}

/* A label of the list's entries for this certificate. */
static mtls_values_t live_label(const mtls_view_t *view, const mtls_field_t *field, mtls_value_t *scratch)
{
    mtls_membership_t membership = mtls_view_list(view, field->list);
    int i;

    if (membership.reason == MTLS_NO_MATCH)
        return mtls_values_none(MTLS_ABSENT);
    if (membership.reason != MTLS_GRANTED)
        return mtls_values_none(known_because(membership.reason));
    for (i = 0; i < membership.n; i++) {
        const mtls_label_t *label = &membership.labels[i];

        if (!mtls_str_eq(label->name, field->label))
            continue;
        return label->differing ? mtls_values_none(MTLS_DIFFERING)
                                : live_value(scratch, mtls_value_text(label->value));
    }
    return mtls_values_none(MTLS_ABSENT);
}

mtls_values_t mtls_view_get(apr_pool_t *p, const mtls_view_t *view, const mtls_field_t *field, mtls_value_t *scratch)
{
    switch (field->row->id) {
    case MTLS_F_REMAINING: return live_remaining(p, view, scratch);
    case MTLS_F_VERIFY: return live_word(describe_verification(p, view->standing), scratch);
    case MTLS_F_REASON: return live_word(view->reason, scratch);
    case MTLS_F_USER: return view->user;
    case MTLS_F_LABEL: return live_label(view, field, scratch);
    default: return view->facts ? mtls_facts_get(view->facts, field) : mtls_values_none(MTLS_ABSENT);
    }
}

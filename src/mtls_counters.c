/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <string.h>

#include <apr_atomic.h>
#include <apr_strings.h>
#include <apr_time.h>

#include "mtls_counters.h"
#include "mtls_shared.h"

#define PLACES 256
#define NAMES 512
#define STRIPES 8
#define LABEL_LEN 192

typedef volatile apr_uint64_t cell_t;

/** Children write to different ones, as far as they go. */
typedef struct stripe_t {
    cell_t totals[MTLS_TOTALS];
    cell_t decisions[PLACES][MTLS_OUTCOMES][MTLS_REASON_COUNT + 1];
    cell_t removals[NAMES];
    char apart[MTLS_CACHE_LINE];
} stripe_t;

/** A number is given out once and never again for something else: children of an older generation use theirs on. */
typedef struct place_t {
    char host[LABEL_LEN], section[LABEL_LEN];
} place_t;

typedef struct counters_t {
    apr_int64_t since;
    volatile apr_uint32_t children;      /* made so far */
    volatile apr_uint32_t places;        /* raised last: what is below it is whole */
    volatile apr_uint32_t names;
    place_t place[PLACES];
    char name[NAMES][LABEL_LEN];
    char apart[MTLS_CACHE_LINE];
    stripe_t stripes[STRIPES];
} counters_t;

/* Written by the main process before children are made, and by each child at its beginning. */
static counters_t *counters;
static stripe_t *own;

int mtls_counters_open(apr_pool_t *process)
{
    counters = mtls_shared_keep(process, "counters", sizeof(*counters));
    if (!counters)
        return 0;
    own = counters->stripes;
    if (!counters->since) {
        counters->since = apr_time_sec(apr_time_now());
        counters->places = counters->names = 1;
        apr_cpystrn(counters->place[MTLS_COUNTERS_OTHER].section, "other", LABEL_LEN);
        apr_cpystrn(counters->name[MTLS_COUNTERS_OTHER], "other", LABEL_LEN);
    }
    return 1;
}

void mtls_counters_begin_child(void)
{
    if (counters)
        own = &counters->stripes[apr_atomic_inc32(&counters->children) % STRIPES];
}

/* ---- numbers ---- */

static int is_same(const char *kept, const char *label)
{
    return !strncmp(kept, label, LABEL_LEN - 1);
}

int mtls_counters_place(const char *host, const char *section)
{
    apr_uint32_t i;

    if (!counters)
        return MTLS_COUNTERS_OTHER;
    for (i = 1; i < counters->places; i++) {
        if (is_same(counters->place[i].host, host) && is_same(counters->place[i].section, section))
            return (int)i;
    }
    if (i >= PLACES)
        return MTLS_COUNTERS_OTHER;
    apr_cpystrn(counters->place[i].host, host, LABEL_LEN);
    apr_cpystrn(counters->place[i].section, section, LABEL_LEN);
    apr_atomic_inc32(&counters->places);
    return (int)i;
}

int mtls_counters_name(const char *name)
{
    apr_uint32_t i;

    if (!counters)
        return MTLS_COUNTERS_OTHER;
    for (i = 1; i < counters->names; i++) {
        if (is_same(counters->name[i], name))
            return (int)i;
    }
    if (i >= NAMES)
        return MTLS_COUNTERS_OTHER;
    apr_cpystrn(counters->name[i], name, LABEL_LEN);
    apr_atomic_inc32(&counters->names);
    return (int)i;
}

int mtls_counters_places(void)
{
    return counters ? (int)apr_atomic_read32(&counters->places) : 0;
}

int mtls_counters_names(void)
{
    return counters ? (int)apr_atomic_read32(&counters->names) : 0;
}

void mtls_counters_place_at(int place, const char **host, const char **section)
{
    *host = counters->place[place].host;
    *section = counters->place[place].section;
}

const char *mtls_counters_name_at(int name)
{
    return counters->name[name];
}

apr_int64_t mtls_counters_since(void)
{
    return counters ? counters->since : 0;
}

/* ---- counting ---- */

void mtls_count(mtls_total_t total)
{
    if (counters)
        apr_atomic_inc64(&own->totals[total]);
}

void mtls_count_decision(int place, mtls_outcome_t outcome, unsigned reason)
{
    if (counters && reason <= MTLS_NOT_ASKED)
        apr_atomic_inc64(&own->decisions[place][outcome][reason]);
}

void mtls_count_removal(int name)
{
    if (counters)
        apr_atomic_inc64(&own->removals[name]);
}

/* ---- reading ---- */

/* The same counter in all stripes; first is the one in the first. */
static apr_uint64_t sum(cell_t *first)
{
    apr_uint64_t total = 0;
    int i;

    for (i = 0; i < STRIPES; i++)
        total += apr_atomic_read64((cell_t *)((volatile char *)first + (apr_size_t)i * sizeof(stripe_t)));
    return total;
}

apr_uint64_t mtls_counted(mtls_total_t total)
{
    return counters ? sum(&counters->stripes[0].totals[total]) : 0;
}

apr_uint64_t mtls_counted_decisions(int place, mtls_outcome_t outcome, unsigned reason)
{
    return counters ? sum(&counters->stripes[0].decisions[place][outcome][reason]) : 0;
}

apr_uint64_t mtls_counted_removals(int name)
{
    return counters ? sum(&counters->stripes[0].removals[name]) : 0;
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "apr_strings.h"

#include "mtls_counters.h"
#include "mtls_list.h"
#include "mtls_metric.h"
#include "mtls_radar.h"
#include "mtls_sheet.h"
#include "mtls_zone.h"

static mtls_sample_t *add(apr_array_header_t *samples, apr_int64_t value)
{
    mtls_sample_t *sample = apr_array_push(samples);

    *sample = (mtls_sample_t){ .value = value };
    return sample;
}

const char *mtls_metric_mode(const mtls_dir_t *dir)
{
    return dir->report == 1 ? "report" : "enforce";
}

static const char *host_of(apr_pool_t *p, const mtls_zone_t *zone)
{
    return mtls_sheet_safe(p, mtls_zone_host(p, zone->server));
}

/* ---- decisions ---- */

static const char *word_for(mtls_outcome_t outcome, unsigned reason)
{
    if (reason == MTLS_NOT_ASKED)
        return "not-asked";
    if (reason == MTLS_GRANTED)
        return "granted";
    return outcome == MTLS_WOULD ? "would-deny" : "denied";
}

/* Places whose counters are shown while they are still 0, so that the first denial is seen as a rise. */
static const char *find_watched(apr_pool_t *p)
{
    const apr_array_header_t *zones = mtls_generation()->zones;
    char *watched = apr_pcalloc(p, (apr_size_t)mtls_counters_places() + 1);
    int i;

    for (i = 0; i < zones->nelts; i++) {
        const mtls_zone_t *zone = APR_ARRAY_IDX(zones, i, const mtls_zone_t *);
        int reports = !strcmp(mtls_metric_mode(mtls_zone_settings(p, zone)), "report");

        if (zone->rules)
            watched[zone->number] = (char)(1 + (reports ? MTLS_WOULD : MTLS_ENFORCED));
    }
    return watched;
}

static void read_place(apr_pool_t *p, apr_array_header_t *samples, int place, int watched)
{
    const char *host, *section;
    unsigned outcome, reason;

    mtls_counters_place_at(place, &host, &section);
    for (outcome = 0; outcome < MTLS_OUTCOMES; outcome++) {
        for (reason = 0; reason <= MTLS_NOT_ASKED; reason++) {
            apr_uint64_t n = mtls_counted_decisions(place, (mtls_outcome_t)outcome, reason);
            mtls_sample_t *sample;

            if (!n && (watched != (int)outcome + 1 || reason == MTLS_NOT_ASKED))
                continue;
            sample = add(samples, (apr_int64_t)n);
            sample->labels[0] = mtls_sheet_safe(p, host);
            sample->labels[1] = mtls_sheet_safe(p, section);
            sample->labels[2] = outcome == MTLS_ENFORCED ? "enforce" : "report";
            sample->labels[3] = word_for((mtls_outcome_t)outcome, reason);
            sample->labels[4] = reason == MTLS_NOT_ASKED ? NULL : mtls_reason_slug((mtls_reason_t)reason);
        }
    }
}

static void read_DECISIONS(apr_pool_t *p, apr_array_header_t *samples)
{
    const char *watched = find_watched(p);
    int place;

    for (place = 0; place < mtls_counters_places(); place++)
        read_place(p, samples, place, watched[place]);
}

/* ---- the others ---- */

static void read_REMOVALS(apr_pool_t *p, apr_array_header_t *samples)
{
    int name;

    for (name = 0; name < mtls_counters_names(); name++) {
        apr_uint64_t n = mtls_counted_removals(name);

        if (n)
            add(samples, (apr_int64_t)n)->labels[0] = mtls_sheet_safe(p, mtls_counters_name_at(name));
    }
}

static void read_CONNECTIONS(apr_pool_t *p, apr_array_header_t *samples)
{
    (void)p;
    add(samples, (apr_int64_t)mtls_counted(MTLS_TOTAL_NONE))->labels[0] = "none";
    add(samples, (apr_int64_t)mtls_counted(MTLS_TOTAL_VERIFIED))->labels[0] = "verified";
    add(samples, (apr_int64_t)mtls_counted(MTLS_TOTAL_UNVERIFIED))->labels[0] = "unverified";
}

static void read_FACTS(apr_pool_t *p, apr_array_header_t *samples)
{
    (void)p;
    add(samples, (apr_int64_t)mtls_counted(MTLS_TOTAL_FACTS));
}

static void read_EXPIRING(apr_pool_t *p, apr_array_header_t *samples)
{
    static const struct { const char *label; int days; } times[] = {
        { "expired", 0 }, { "1d", 1 }, { "7d", 7 }, { "14d", 14 }, { "30d", 30 }
    };
    apr_int64_t now = apr_time_sec(apr_time_now());
    const apr_array_header_t *list = mtls_radar_list(p, now);
    apr_size_t i;

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        add(samples, mtls_radar_within(list, now, (apr_int64_t)times[i].days * 86400))->labels[0] = times[i].label;
}

static void read_NEXT_EXPIRY(apr_pool_t *p, apr_array_header_t *samples)
{
    apr_int64_t now = apr_time_sec(apr_time_now());
    const apr_array_header_t *list = mtls_radar_list(p, now);
    int i;

    for (i = 0; i < list->nelts; i++) {
        if (APR_ARRAY_IDX(list, i, mtls_radar_t).not_after >= now) {
            add(samples, APR_ARRAY_IDX(list, i, mtls_radar_t).not_after);
            return;
        }
    }
}

static void read_RULES(apr_pool_t *p, apr_array_header_t *samples)
{
    const apr_array_header_t *zones = mtls_generation()->zones;
    char *seen = apr_pcalloc(p, (apr_size_t)mtls_counters_places() + 1);
    int i, k;

    for (i = 0; i < zones->nelts; i++) {
        const mtls_zone_t *zone = APR_ARRAY_IDX(zones, i, const mtls_zone_t *);
        mtls_sample_t *sample;
        int rules = 0;

        if (!zone->rules || seen[zone->number]++)
            continue;
        for (k = i; k < zones->nelts; k++) {          /* a section may be written twice */
            const mtls_zone_t *other = APR_ARRAY_IDX(zones, k, const mtls_zone_t *);

            rules += other->number == zone->number ? other->rules : 0;
        }
        sample = add(samples, rules);
        sample->labels[0] = host_of(p, zone);
        sample->labels[1] = mtls_sheet_safe(p, zone->name);
        sample->labels[2] = mtls_metric_mode(mtls_zone_settings(p, zone));
    }
}

/* ---- lists ---- */

#define FOR_LISTS(id, condition, number)                                                             \
static void read_LIST_##id(apr_pool_t *p, apr_array_header_t *samples)                               \
{                                                                                                    \
    const apr_array_header_t *lists = mtls_generation()->lists;                                      \
    mtls_list_status_t status;                                                                       \
    int i;                                                                                           \
                                                                                                     \
    for (i = 0; i < lists->nelts; i++) {                                                             \
        mtls_list_t *list = APR_ARRAY_IDX(lists, i, mtls_listed_t).list;                             \
                                                                                                     \
        mtls_list_status(list, &status);                                                             \
        if (condition)                                                                               \
            add(samples, (number))->labels[0] = mtls_sheet_safe(p, mtls_list_name(list));            \
    }                                                                                                \
}

FOR_LISTS(VERSION, 1, status.version)
FOR_LISTS(ENTRIES, 1, status.entries)
FOR_LISTS(LOADED, status.loaded, status.loaded)
FOR_LISTS(CONFIRMED, status.confirmed, status.confirmed)
FOR_LISTS(NEXT_UPDATE, status.next_update, status.next_update)
FOR_LISTS(STALE, 1, status.stale != 0)
FOR_LISTS(BAD, 1, status.bad_since != 0)
FOR_LISTS(RELOADS, 1, status.reloads)
FOR_LISTS(FAILURES, 1, status.failures)

/* ---- the server ---- */

static void read_CONFIGURATIONS(apr_pool_t *p, apr_array_header_t *samples)
{
    (void)p;
    add(samples, (apr_int64_t)mtls_counted(MTLS_TOTAL_RESTARTS));
}

static void read_SINCE(apr_pool_t *p, apr_array_header_t *samples)
{
    (void)p;
    add(samples, mtls_counters_since());
}

/* ---- the table ---- */

const mtls_metric_t mtls_metrics[] = {
#define MTLS_METRIC(id, name, type, labels, title, help) { name, type, labels, title, help, read_##id },
#include "tbl/metrics.h"
};
const int mtls_metrics_len = sizeof(mtls_metrics) / sizeof(mtls_metrics[0]);

int mtls_metric_labels(apr_pool_t *p, const mtls_metric_t *metric, const char **names)
{
    char *word = apr_pstrdup(p, metric->labels), *rest;
    int n = 0;

    for (word = apr_strtok(word, " ", &rest); word && n < MTLS_LABELS_MAX; word = apr_strtok(NULL, " ", &rest))
        names[n++] = word;
    return n;
}

apr_array_header_t *mtls_metric_read(apr_pool_t *p, const mtls_metric_t *metric)
{
    apr_array_header_t *samples = apr_array_make(p, 16, sizeof(mtls_sample_t));

    metric->read(p, samples);
    return samples;
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_main.h"
#include "apr_strings.h"

#include "mtls_list.h"
#include "mtls_metric.h"
#include "mtls_panel.h"
#include "mtls_radar.h"
#include "mtls_recent.h"
#include "mtls_zone.h"

#define WIDTH(columns) ((int)(sizeof(columns) / sizeof((columns)[0])))
#define DIGEST_OCTETS 8
#define RADAR_SHOWN 50

static int shows_subjects(const request_rec *r)
{
    return mtls_dir_of(r)->subjects == 1;
}

const char *mtls_panel_place(const char *place)
{
    apr_size_t len = strlen(ap_server_root);

    return len && !strncmp(place, ap_server_root, len) && place[len] == '/' ? place + len + 1 : place;
}

/* ---- sections ---- */

/* In one word, what a stranger meets there. */
static const char *describe_zone(const mtls_zone_t *zone, const mtls_dir_t *dir)
{
    if (zone->rules)
        return strcmp(mtls_metric_mode(dir), "report") ? "rules" : "report-only";
    if (zone->granted)
        return "open";
    return zone->others ? "other rules" : "";
}

/* A virtual host in which nothing is written says nothing. */
static int is_shown(const mtls_zone_t *zone, const mtls_dir_t *dir)
{
    return zone->rules || zone->others || dir->backstop == 1 || dir->exports || dir->singles;
}

static mtls_sheet_t *show_sections(request_rec *r)
{
    static const mtls_column_t columns[] = {
        { "vhost", "virtual host", MTLS_CELL_TEXT },
        { "section", "section", MTLS_CELL_TEXT },
        { "state", "state", MTLS_CELL_TEXT },
        { "rules", "Require mtls lines", MTLS_CELL_NUMBER },
        { "others", "other Require lines", MTLS_CELL_NUMBER },
        { "backstop", "backstop", MTLS_CELL_TEXT },
        { "file", "written in", MTLS_CELL_TEXT }
    };
    mtls_sheet_t *sheet = mtls_sheet_make(r->pool, "sections", "Sections", columns, WIDTH(columns));
    const apr_array_header_t *zones = mtls_generation()->zones;
    int i;

    sheet->note = "Rules hold in the section where they stand, and in those inside of it that have none of their own.";
    for (i = 0; i < zones->nelts; i++) {
        const mtls_zone_t *zone = APR_ARRAY_IDX(zones, i, const mtls_zone_t *);
        const mtls_dir_t *dir = mtls_zone_settings(r->pool, zone);

        if (!is_shown(zone, dir))
            continue;
        mtls_sheet_text(sheet, mtls_zone_host(r->pool, zone->server));
        mtls_sheet_text(sheet, *zone->name ? zone->name : "(the virtual host itself)");
        mtls_sheet_text(sheet, describe_zone(zone, dir));
        mtls_sheet_number(sheet, zone->rules);
        mtls_sheet_number(sheet, zone->others);
        mtls_sheet_text(sheet, dir->backstop == 1 ? "on" : "off");
        mtls_sheet_text(sheet, !zone->place.file ? NULL
                               : apr_psprintf(r->pool, "%s:%d", mtls_panel_place(zone->place.file), zone->place.line));
    }
    return sheet;
}

/* ---- lists ---- */

static const char *describe_list(const mtls_list_status_t *status)
{
    if (status->stale)
        return "stale";
    return status->bad_since ? "failed" : "good";
}

static const char *kind_of(const mtls_list_t *list)
{
    switch (mtls_list_kind(list)) {
    case MTLS_LIST_CRL:  return "revocation lists";
    case MTLS_LIST_KILL: return "kill list";
    default:             return "file";
    }
}

static mtls_sheet_t *show_lists(request_rec *r)
{
    static const mtls_column_t columns[] = {
        { "list", "list", MTLS_CELL_TEXT },
        { "state", "state", MTLS_CELL_TEXT },
        { "kind", "kind", MTLS_CELL_TEXT },
        { "field", "field", MTLS_CELL_TEXT },
        { "path", "path", MTLS_CELL_TEXT },
        { "version", "version", MTLS_CELL_NUMBER },
        { "entries", "entries", MTLS_CELL_NUMBER },
        { "loaded", "in force since", MTLS_CELL_TIME },
        { "confirmed", "last seen unchanged", MTLS_CELL_TIME },
        { "next_update", "next update", MTLS_CELL_TIME },
        { "bad_since", "bad since", MTLS_CELL_TIME },
        { "why", "why", MTLS_CELL_TEXT }
    };
    mtls_sheet_t *sheet = mtls_sheet_make(r->pool, "lists", "Lists", columns, WIDTH(columns));
    const apr_array_header_t *lists = mtls_generation()->lists;
    mtls_list_status_t status;
    int i;

    if (!lists->nelts)
        return NULL;
    for (i = 0; i < lists->nelts; i++) {
        mtls_list_t *list = APR_ARRAY_IDX(lists, i, mtls_listed_t).list;

        mtls_list_status(list, &status);
        mtls_sheet_text(sheet, mtls_list_name(list));
        mtls_sheet_text(sheet, describe_list(&status));
        mtls_sheet_text(sheet, kind_of(list));
        mtls_sheet_text(sheet, mtls_list_field(list) ? mtls_list_field(list)->name : NULL);
        mtls_sheet_text(sheet, mtls_panel_place(mtls_list_path(list)));
        mtls_sheet_number(sheet, status.version);
        mtls_sheet_number(sheet, status.entries);
        mtls_sheet_number(sheet, status.loaded);
        mtls_sheet_number(sheet, status.confirmed);
        mtls_sheet_number(sheet, status.next_update);
        mtls_sheet_number(sheet, status.bad_since);
        mtls_sheet_text(sheet, apr_pstrdup(r->pool, status.why));
    }
    return sheet;
}

/* ---- the last denials ---- */

static mtls_sheet_t *show_recent(request_rec *r)
{
    static const mtls_column_t columns[] = {
        { "time", "time", MTLS_CELL_TIME },
        { "decision", "decision", MTLS_CELL_TEXT },
        { "reason", "reason", MTLS_CELL_TEXT },
        { "vhost", "virtual host", MTLS_CELL_TEXT },
        { "method", "method", MTLS_CELL_TEXT },
        { "path", "path", MTLS_CELL_TEXT },
        { "rule", "rule", MTLS_CELL_TEXT },
        { "sha256", "certificate", MTLS_CELL_TEXT },
        { "id", "id in the error log", MTLS_CELL_TEXT },
        { "subject", "subject", MTLS_CELL_TEXT }      /* last: left out unless it is asked for */
    };
    mtls_sheet_t *sheet = mtls_sheet_make(r->pool, "recent", "Last denials", columns,
                                          WIDTH(columns) - !shows_subjects(r));
    const apr_array_header_t *list = mtls_recent_list(r->pool);
    int i;

    for (i = 0; i < list->nelts; i++) {
        const mtls_recent_t *entry = &APR_ARRAY_IDX(list, i, mtls_recent_t);

        mtls_sheet_number(sheet, apr_time_sec(entry->time));
        mtls_sheet_text(sheet, entry->would ? "would-deny" : "denied");
        mtls_sheet_text(sheet, mtls_reason_slug((mtls_reason_t)entry->reason));
        mtls_sheet_text(sheet, entry->host);
        mtls_sheet_text(sheet, entry->method);
        mtls_sheet_text(sheet, entry->path);
        mtls_sheet_text(sheet, mtls_panel_place(entry->rule));
        mtls_sheet_text(sheet, entry->digest);
        mtls_sheet_text(sheet, entry->id);
        if (shows_subjects(r))
            mtls_sheet_text(sheet, entry->subject);
    }
    return sheet;
}

/* ---- certificates that run out ---- */

static const char *time_left(apr_pool_t *p, apr_int64_t left)
{
    if (left < 0)
        return "has run out";
    if (left >= 2 * 86400)
        return apr_psprintf(p, "%d days", (int)(left / 86400));
    return apr_psprintf(p, "%d h %02d min", (int)(left / 3600), (int)(left / 60 % 60));
}

static mtls_sheet_t *show_certificates(request_rec *r)
{
    static const mtls_column_t columns[] = {
        { "left", "time left", MTLS_CELL_TEXT },
        { "not_after", "runs out", MTLS_CELL_TIME },
        { "sha256", "certificate", MTLS_CELL_TEXT },
        { "vhost", "seen first at", MTLS_CELL_TEXT },
        { "first_seen", "first seen", MTLS_CELL_TIME },
        { "last_seen", "last seen", MTLS_CELL_TIME },
        { "subject", "subject", MTLS_CELL_TEXT }      /* last: left out unless it is asked for */
    };
    mtls_sheet_t *sheet = mtls_sheet_make(r->pool, "certificates", "Certificates that run out first", columns,
                                          WIDTH(columns) - !shows_subjects(r));
    apr_int64_t now = apr_time_sec(apr_time_now());
    const apr_array_header_t *list = mtls_radar_list(r->pool, now);
    int i;

    sheet->note = "Of the client certificates seen in the last 30 days, without those that were renewed.";
    for (i = 0; i < list->nelts && i < RADAR_SHOWN; i++) {
        const mtls_radar_t *entry = &APR_ARRAY_IDX(list, i, mtls_radar_t);

        mtls_sheet_text(sheet, time_left(r->pool, entry->not_after - now));
        mtls_sheet_number(sheet, entry->not_after);
        mtls_sheet_text(sheet, mtls_text_hex(r->pool, (mtls_str_t){ (const char *)entry->digest, DIGEST_OCTETS }, 0, 0));
        mtls_sheet_text(sheet, entry->host);
        mtls_sheet_number(sheet, entry->first_seen);
        mtls_sheet_number(sheet, entry->last_seen);
        if (shows_subjects(r))
            mtls_sheet_text(sheet, entry->subject);
    }
    return sheet;
}

/* ---- all parts ---- */

const mtls_panel_t mtls_panels[] = {
    { show_sections },
    { show_lists },
    { show_recent },
    { show_certificates }
};
const int mtls_panels_len = WIDTH(mtls_panels);

mtls_sheet_t *mtls_panel_metric(apr_pool_t *p, const mtls_metric_t *metric)
{
    const apr_array_header_t *samples = mtls_metric_read(p, metric);
    mtls_column_t *columns = apr_pcalloc(p, sizeof(*columns) * (MTLS_LABELS_MAX + 1));
    const char *names[MTLS_LABELS_MAX];
    int n = mtls_metric_labels(p, metric, names), i, k;
    mtls_sheet_t *sheet;

    for (i = 0; i < n; i++)
        columns[i] = (mtls_column_t){ names[i], names[i], MTLS_CELL_TEXT };
    columns[n] = (mtls_column_t){ "value", metric->name, MTLS_CELL_NUMBER };
    sheet = mtls_sheet_make(p, metric->name, metric->title, columns, n + 1);
    sheet->note = metric->help;
    sheet->skip_zeros = n > 2;
    for (i = 0; i < samples->nelts; i++) {
        const mtls_sample_t *sample = &APR_ARRAY_IDX(samples, i, mtls_sample_t);

        for (k = 0; k < n; k++)
            mtls_sheet_text(sheet, sample->labels[k]);
        mtls_sheet_number(sheet, sample->value);
    }
    return sheet;
}

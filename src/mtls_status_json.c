/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_protocol.h"
#include "apr_strings.h"

#include <jansson.h>
#include <stdlib.h>

#include "mtls_counters.h"
#include "mtls_metric.h"
#include "mtls_panel.h"
#include "mtls_status_format.h"

static json_t *cell_of(apr_pool_t *p, const mtls_cell_t *cell, mtls_cell_kind_t kind)
{
    if (kind == MTLS_CELL_NUMBER)
        return json_integer(cell->number);
    if (kind == MTLS_CELL_TIME)
        return cell->number ? json_string(mtls_sheet_time(p, cell->number)) : json_null();
    return cell->text ? json_string(mtls_sheet_safe(p, cell->text)) : json_null();
}

static json_t *rows_of(apr_pool_t *p, const mtls_sheet_t *sheet)
{
    json_t *rows = json_array();
    int row, column;

    for (row = 0; row < mtls_sheet_rows(sheet); row++) {
        json_t *object = json_object();

        for (column = 0; column < sheet->width; column++)
            json_object_set_new(object, sheet->columns[column].key,
                                cell_of(p, mtls_sheet_at(sheet, row, column), sheet->columns[column].kind));
        json_array_append_new(rows, object);
    }
    return rows;
}

static json_t *metrics_of(apr_pool_t *p)
{
    json_t *metrics = json_object();
    int i;

    for (i = 0; i < mtls_metrics_len; i++)
        json_object_set_new(metrics, mtls_metrics[i].name, rows_of(p, mtls_panel_metric(p, &mtls_metrics[i])));
    return metrics;
}

int mtls_status_json(request_rec *r, const mtls_addition_t *const *additions)
{
    json_t *all = json_object(), *part;
    char *text;
    int i;

    json_object_set_new(all, "time", json_string(mtls_sheet_time(r->pool, apr_time_sec(apr_time_now()))));
    json_object_set_new(all, "since", json_string(mtls_sheet_time(r->pool, mtls_counters_since())));
    for (i = 0; i < mtls_panels_len; i++) {
        const mtls_sheet_t *sheet = mtls_panels[i].make(r);

        if (sheet)
            json_object_set_new(all, sheet->id, rows_of(r->pool, sheet));
    }
    for (; *additions; additions++) {
        if ((*additions)->json && (part = (*additions)->json(r)) != NULL)
            json_object_set_new(all, (*additions)->id, part);
    }
    json_object_set_new(all, "metrics", metrics_of(r->pool));
    text = json_dumps(all, JSON_INDENT(2));
    json_decref(all);
    if (!text)
        return HTTP_INTERNAL_SERVER_ERROR;
    ap_set_content_type(r, "application/json");
    ap_rputs(text, r);
    ap_rputs("\n", r);
    free(text);
    return OK;
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <apr_strings.h>

#include "mtls_sheet.h"
#include "mtls_text.h"
#include "mtls_time.h"

mtls_sheet_t *mtls_sheet_make(apr_pool_t *p, const char *id, const char *title, const mtls_column_t *columns, int width)
{
    mtls_sheet_t *sheet = apr_pcalloc(p, sizeof(*sheet));

    sheet->id = id;
    sheet->title = title;
    sheet->columns = columns;
    sheet->width = width;
    sheet->cells = apr_array_make(p, 8 * width, sizeof(mtls_cell_t));
    return sheet;
}

void mtls_sheet_text(mtls_sheet_t *sheet, const char *text)
{
    APR_ARRAY_PUSH(sheet->cells, mtls_cell_t) = (mtls_cell_t){ text && *text ? text : NULL, 0 };
}

void mtls_sheet_number(mtls_sheet_t *sheet, apr_int64_t number)
{
    APR_ARRAY_PUSH(sheet->cells, mtls_cell_t) = (mtls_cell_t){ NULL, number };
}

int mtls_sheet_rows(const mtls_sheet_t *sheet)
{
    return sheet->cells->nelts / sheet->width;
}

const mtls_cell_t *mtls_sheet_at(const mtls_sheet_t *sheet, int row, int column)
{
    return &APR_ARRAY_IDX(sheet->cells, row * sheet->width + column, mtls_cell_t);
}

const char *mtls_sheet_safe(apr_pool_t *p, const char *text)
{
    return mtls_text_clean(mtls_str(text)) ? text : mtls_text_escape(p, mtls_str(text));
}

const char *mtls_sheet_time(apr_pool_t *p, apr_int64_t seconds)
{
    const char *text = mtls_time_print(p, seconds, "Z");

    return text ? text : "";
}

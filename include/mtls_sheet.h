/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_sheet.h
 * @brief A table to be shown: what people see as HTML and programs as JSON is made from the same one.
 */
#ifndef MTLS_SHEET_H
#define MTLS_SHEET_H

#include <apr_pools.h>
#include <apr_tables.h>

/** What a column holds. */
typedef enum mtls_cell_kind_t {
    MTLS_CELL_TEXT,              /**< text; NULL: nothing */
    MTLS_CELL_NUMBER,
    MTLS_CELL_TIME               /**< seconds since 1970; 0: nothing */
} mtls_cell_kind_t;

typedef struct mtls_column_t {
    const char *key;             /**< in JSON */
    const char *head;            /**< for people */
    mtls_cell_kind_t kind;
} mtls_column_t;

/** One cell: text or number, as its column says. */
typedef struct mtls_cell_t {
    const char *text;            /**< any octets */
    apr_int64_t number;
} mtls_cell_t;

typedef struct mtls_sheet_t {
    const char *id, *title;
    const char *note;            /**< a sentence for people, or NULL */
    const mtls_column_t *columns;
    int width;
    apr_array_header_t *cells;   /**< of mtls_cell_t, row by row */
    int skip_zeros;              /**< people need not see rows whose last cell is the number 0 */
} mtls_sheet_t;

/** An empty one in p. Columns are borrowed. */
mtls_sheet_t *mtls_sheet_make(apr_pool_t *p, const char *id, const char *title, const mtls_column_t *columns, int width);

/** Add the next cell of the current row. */
void mtls_sheet_text(mtls_sheet_t *sheet, const char *text);
void mtls_sheet_number(mtls_sheet_t *sheet, apr_int64_t number);

int mtls_sheet_rows(const mtls_sheet_t *sheet);
const mtls_cell_t *mtls_sheet_at(const mtls_sheet_t *sheet, int row, int column);

/** Text that anybody may have chosen as well-formed UTF-8 without control characters; what is not is escaped. In p. */
const char *mtls_sheet_safe(apr_pool_t *p, const char *text);

/** RFC 3339 in UTC, in p: 2026-11-21T11:04:27Z. */
const char *mtls_sheet_time(apr_pool_t *p, apr_int64_t seconds);

#endif

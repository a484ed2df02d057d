/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_list_state.h
 * @brief What a list is made of. Private to the files of the list.
 */
#ifndef MTLS_LIST_STATE_H
#define MTLS_LIST_STATE_H

#include <stdatomic.h>
#include <apr_thread_mutex.h>

#include "mtls_list.h"
#include "mtls_list_read.h"
#include "mtls_versions.h"

#define MTLS_KILL_COLUMNS 9

/** Notes that all processes share; whoever has entered the versions may touch them. */
typedef struct mtls_list_note_t {
    mtls_list_status_t status;
    apr_uint64_t judged;             /* the signature of the files that were read last, good or bad */
    apr_uint64_t pending;            /* the signature that was seen last */
    apr_int64_t pending_since;       /* by the monotonic clock, microseconds */
    _Atomic apr_int64_t looked;      /* likewise: when somebody looked last; anybody may ask, */
    atomic_int told_stuck;           /* and tell that it is long ago, once */
    int issuers;                     /* the loading's, of the version in force */
} mtls_list_note_t;

struct mtls_list_t {
    const char *name;
    const char *path;
    mtls_list_kind_t kind;
    mtls_key_column_t columns[MTLS_KILL_COLUMNS];
    int n;
    apr_int64_t stale_after;         /* seconds */
    const apr_array_header_t *authorities;
    mtls_versions_t *versions;       /* NULL: not opened */
    apr_array_header_t *labels;      /* of mtls_str_t: names of labels in the first version */
    apr_thread_mutex_t *mutex;       /* of status, in this process */
    mtls_list_status_t status;       /* this process' copy */
    atomic_int stale;
    apr_int64_t behind_since;        /* by the monotonic clock: this process has had an older version since; the keeper's */
    int told_behind;
};

#endif

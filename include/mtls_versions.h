/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_versions.h
 * @brief Versions of some octets, one after the other: one process writes a version, all processes read it.
 *
 * Made before children are forked. The octets lie in memory that has no name in any file system; all of these processes map
 * the same pages. Nobody else can reach it where the server is started as root and its children give that up; where not,
 * programs of the same user can, as they can reach all memory of the server. A version is never changed while anybody
 * has it mapped: each process holds a lock on it that the kernel takes back when the process ends, however it ends.
 *
 * In a process, one thread (the keeper) follows the versions; any number of others read without a lock.
 */
#ifndef MTLS_VERSIONS_H
#define MTLS_VERSIONS_H

#include <apr_pools.h>
#include "mtls_text.h"

typedef struct mtls_versions_t mtls_versions_t;

/**
 * @param p lifetime, over all children
 * @param note octets of shared memory for the caller's own notes: see mtls_versions_note
 * @return NULL, or a sentence fragment why the system has no such memory
 */
const char *mtls_versions_make(apr_pool_t *p, apr_size_t note, mtls_versions_t **versions);

/* ---- one process at a time ---- */

/** Become the only process that writes; never waits. The keeper, or before children are forked.
 *  @return true if nobody else is */
int mtls_versions_enter(mtls_versions_t *versions);
void mtls_versions_leave(mtls_versions_t *versions);

/** Another process that has entered; 0: there is none. */
long mtls_versions_within(mtls_versions_t *versions);

/** The caller's notes, all zero at first. To be touched between enter and leave only, but for what is atomic. */
void *mtls_versions_note(mtls_versions_t *versions);

/** Write the next version; it is in force when this returns. Between enter and leave.
 *  @return NULL, or a sentence fragment: no memory, or too many processes hold on to old versions */
const char *mtls_versions_write(mtls_versions_t *versions, const char *octets, apr_size_t len);

/** The number of the version that is in force, 0: none yet. Any thread. */
apr_uint32_t mtls_versions_latest(mtls_versions_t *versions);

/* ---- in each process ---- */

/** The keeper: take up the version that is in force, and give up the one before when no thread reads it any more.
 *  The first time it waits for up to half a second while other processes write.
 *  @return true if another one was taken up */
int mtls_versions_follow(mtls_versions_t *versions);

/** What a thread reads: the octets of one version. Give it back at once: nothing else may wait in between. */
typedef struct mtls_reader_t {
    mtls_str_t octets;
    apr_uint32_t number;             /**< 0: there is no version */
    unsigned turn;
} mtls_reader_t;

/** Any thread, no lock. */
mtls_reader_t mtls_versions_read(mtls_versions_t *versions);
void mtls_versions_done(mtls_versions_t *versions, const mtls_reader_t *reader);

#endif

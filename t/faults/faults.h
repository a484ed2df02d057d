/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file faults.h
 * @brief What is to go wrong, on a page that a test writes and every process of the server reads.
 *
 * The library is put in front of all others by LD_PRELOAD; MTLS_FAULTS names the file that is the page. What the test
 * writes into the file is seen at once. t/lib/MTLS/Faults.pm is the other side.
 */
#ifndef MTLS_FAULTS_H
#define MTLS_FAULTS_H

#include <stdint.h>
#include <sys/types.h>

/** What may fail. */
enum { FAULTS_MALLOC = 1, FAULTS_POOL = 2 };

/** How a call about a file fails; each on the descriptors and paths that contain faults_t.path. */
enum { FAULTS_OPEN = 1, FAULTS_STAT = 2, FAULTS_FSTAT = 4, FAULTS_READ = 8, FAULTS_SHORT = 16, FAULTS_MMAP = 32, FAULTS_WRITE = 64,
       FAULTS_PARTIAL = 128, FAULTS_TRUNCATE = 256, FAULTS_CUT = 512 };

/** The page. Members are read and written whole, by whoever. */
typedef struct faults_t {
    volatile uint64_t kind;            /**< FAULTS_MALLOC, FAULTS_POOL; 0: none, nothing is counted */
    volatile uint64_t ours;            /**< only those that have the module among their callers */
    volatile uint64_t from, to;        /**< of the module only what lies between these offsets; to 0: all of it */
    volatile uint64_t places;          /**< only the first of those that are asked for by the same callers */
    volatile uint64_t armed;           /**< another number each time that counting begins anew */
    volatile uint64_t fail_at;         /**< the n-th fails; 0: they are counted only */
    volatile uint64_t counted;
    volatile uint64_t failed;
    volatile int64_t seconds;          /**< the wall clock is so many seconds ahead */
    volatile uint64_t calls;           /**< FAULTS_OPEN and so on, together */
    volatile uint64_t error;           /**< errno of those that fail */
    volatile uint64_t hits;            /**< how many calls about files have failed */
    char path[256];
    char where[512];                   /**< the module's frames above what failed, for whoever mends it */
} faults_t;

/** The page; NULL: none is named, nothing ever fails. */
extern faults_t *faults_page;

/** True if the call about this descriptor, or this path, is to fail; errno is set. */
int faults_hit_fd(uint64_t call, int fd);
int faults_hit_path(uint64_t call, const char *path);

#endif

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* The page, and the wall clock. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "faults.h"

faults_t *faults_page;

/* Before anything else runs. Processes that end for want of memory are what is wanted: they leave no core files. */
__attribute__((constructor)) static void open_page(void)
{
    static const struct rlimit no_cores = { 0, 0 };
    const char *name = getenv("MTLS_FAULTS");
    int fd = name ? (int)syscall(SYS_openat, AT_FDCWD, name, O_RDWR | O_CLOEXEC) : -1;
    void *page;

    if (fd < 0)
        return;
    page = mmap(NULL, sizeof(faults_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    setrlimit(RLIMIT_CORE, &no_cores);
    if (page != MAP_FAILED)
        faults_page = page;
}

/* ---- the wall clock ---- */

static time_t ahead(void)
{
    return faults_page ? (time_t)faults_page->seconds : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*real)(clockid_t, struct timespec *);
    int rc;

    if (!real)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    rc = real(clock, now);
    if (!rc && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += ahead();
    return rc;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;

    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &precise) < 0)
        return -1;
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now)
{
    struct timespec precise;

    clock_gettime(CLOCK_REALTIME, &precise);
    if (now)
        *now = precise.tv_sec;
    return precise.tv_sec;
}

/* Waiting until a time of the wall clock ends when that clock says so, however it has been set meanwhile. */
int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict until)
{
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    struct timespec now, slice;
    int rc;

    if (!real)
        real = (int (*)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *))dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    if (!faults_page)
        return real(condition, mutex, until);
    do {
        clock_gettime(CLOCK_REALTIME, &now);
        if (now.tv_sec > until->tv_sec || (now.tv_sec == until->tv_sec && now.tv_nsec >= until->tv_nsec))
            return ETIMEDOUT;
        slice = (struct timespec){ now.tv_sec - ahead() + (now.tv_nsec >= 970000000), (now.tv_nsec + 30000000) % 1000000000 };
        rc = real(condition, mutex, &slice);
    } while (rc == ETIMEDOUT);
    return rc;
}

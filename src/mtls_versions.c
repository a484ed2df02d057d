/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <apr_shm.h>
#include <apr_strings.h>
#include <apr_time.h>

#include "mtls_versions.h"

/* The version in force, the one that is written, and two for processes that are slow to let go. */
#define SLOTS 4

/** How long a process that has no version waits for one, while others write; it looks so many times in any case. */
#define PATIENCE apr_time_from_msec(500)
#define LOOKS 20

/** The part that all processes share. */
typedef struct shared_t {
    atomic_uint_fast64_t latest;               /* number << 8 | slot; 0: none */
    struct {
        apr_uint32_t number;                   /* 0: nothing is in it */
        apr_size_t len;
    } slots[SLOTS];                            /* changed under the slot's write lock only */
} shared_t;

/** A version as this process has it. */
typedef struct mapped_t {
    mtls_str_t octets;
    apr_uint32_t number;
    int slot;
} mapped_t;

struct mtls_versions_t {
    shared_t *shared;
    void *note;
    int door;                                  /* its lock is held by the process that writes */
    int slots[SLOTS];                          /* memory without a name, one version each */
    mapped_t mapped[2];                        /* the current one and room for the next */
    _Atomic(mapped_t *) current;
    atomic_uint turn;                          /* readers count themselves in readers[turn & 1] */
    atomic_uint readers[2];
};

/* ---- locks: POSIX record locks, which belong to a process and end with it ---- */

static int lock(int fd, short type)
{
    struct flock flock = { .l_type = type, .l_whence = SEEK_SET };
    int rc;

    do
        rc = fcntl(fd, F_SETLK, &flock);
    while (rc < 0 && errno == EINTR);
    return rc == 0;
}

static apr_uint32_t number_of(uint_fast64_t latest)
{
    return (apr_uint32_t)(latest >> 8);
}

static int slot_of(uint_fast64_t latest)
{
    return latest ? (int)(latest & 0xff) : -1;
}

/* ---- making ---- */

/* No program that httpd starts inherits it. */
static int open_unnamed(void)
{
#ifdef MFD_CLOEXEC
    return memfd_create("mtls-list", MFD_CLOEXEC);
#else
    FILE *file = tmpfile();
    int fd = file ? fcntl(fileno(file), F_DUPFD_CLOEXEC, 0) : -1;

    if (file)
        fclose(file);
    return fd;
#endif
}

static apr_status_t unmake(void *data)
{
    mtls_versions_t *versions = data;
    mapped_t *mapped = atomic_load(&versions->current);
    int i;

    if (mapped)
        munmap((void *)mapped->octets.ptr, mapped->octets.len);
    for (i = 0; i < SLOTS; i++) {
        if (versions->slots[i] >= 0)
            close(versions->slots[i]);
    }
    if (versions->door >= 0)
        close(versions->door);
    return APR_SUCCESS;
}

const char *mtls_versions_make(apr_pool_t *p, apr_size_t note, mtls_versions_t **result)
{
    mtls_versions_t *versions = apr_pcalloc(p, sizeof(*versions));
    apr_status_t rc;
    apr_shm_t *shm;
    char why[120];
    int i, failed;

    rc = apr_shm_create(&shm, sizeof(shared_t) + note, NULL, p);
    if (rc != APR_SUCCESS)
        return apr_pstrcat(p, "needs shared memory: ", apr_strerror(rc, why, sizeof(why)), NULL);
    versions->shared = apr_shm_baseaddr_get(shm);
    memset(versions->shared, 0, sizeof(shared_t) + note);
    versions->note = versions->shared + 1;
    failed = (versions->door = open_unnamed()) < 0;
    for (i = 0; i < SLOTS; i++)
        failed |= (versions->slots[i] = open_unnamed()) < 0;
    apr_pool_cleanup_register(p, versions, unmake, apr_pool_cleanup_null);
    if (failed)
        return apr_pstrcat(p, "needs memory to share: ", apr_strerror(errno, why, sizeof(why)), NULL);
    *result = versions;
    return NULL;
}

/* ---- writing ---- */

int mtls_versions_enter(mtls_versions_t *versions)
{
    return lock(versions->door, F_WRLCK);
}

void mtls_versions_leave(mtls_versions_t *versions)
{
    lock(versions->door, F_UNLCK);
}

long mtls_versions_within(mtls_versions_t *versions)
{
    struct flock flock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

    return fcntl(versions->door, F_GETLK, &flock) < 0 || flock.l_type == F_UNLCK ? 0 : (long)flock.l_pid;
}

void *mtls_versions_note(mtls_versions_t *versions)
{
    return versions->note;
}

apr_uint32_t mtls_versions_latest(mtls_versions_t *versions)
{
    return number_of(atomic_load(&versions->shared->latest));
}

/* This process' own locks would not be in its way: it has to know itself what it reads. */
static int is_mine(const mtls_versions_t *versions, int slot)
{
    const mapped_t *mapped = atomic_load(&versions->current);

    return mapped && mapped->slot == slot;
}

/* Take a slot that no process reads and that is not in force. -1: there is none. */
static int take_slot(mtls_versions_t *versions)
{
    int slot;

    for (slot = 0; slot < SLOTS; slot++) {
        if (slot != slot_of(atomic_load(&versions->shared->latest)) && !is_mine(versions, slot)
            && lock(versions->slots[slot], F_WRLCK))
            return slot;
    }
    return -1;
}

static int write_all(int fd, const char *octets, apr_size_t len)
{
    off_t at = 0;

    if (ftruncate(fd, 0) < 0)
        return -1;
    while (len) {
        ssize_t n = pwrite(fd, octets, len, at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        octets += n;
        at += n;
        len -= (apr_size_t)n;
    }
    return 0;
}

static void empty_slot(mtls_versions_t *versions, int slot)
{
    versions->shared->slots[slot].number = 0;
    versions->shared->slots[slot].len = 0;
    if (ftruncate(versions->slots[slot], 0) < 0)
        return;                                /* it only costs memory */
}

const char *mtls_versions_write(mtls_versions_t *versions, const char *octets, apr_size_t len)
{
    apr_uint32_t number = mtls_versions_latest(versions) + 1;
    int slot = take_slot(versions);
    const char *error = NULL;

    if (slot < 0)
        return "has to wait: processes that do not answer still read the versions before";
    if (write_all(versions->slots[slot], octets, len) < 0) {
        error = errno == ENOSPC || errno == ENOMEM ? "does not fit into memory" : "could not be copied into shared memory";
        empty_slot(versions, slot);
    }
    else {
        versions->shared->slots[slot].number = number;
        versions->shared->slots[slot].len = len;
        atomic_store(&versions->shared->latest, (uint_fast64_t)number << 8 | (uint_fast64_t)slot);
    }
    lock(versions->slots[slot], F_UNLCK);
    return error;
}

/* ---- reading ---- */

/* Old versions cost memory until the last process has let go of them. */
static void sweep(mtls_versions_t *versions)
{
    int slot;

    for (slot = 0; slot < SLOTS; slot++) {
        if (!versions->shared->slots[slot].len || is_mine(versions, slot)
            || slot == slot_of(atomic_load(&versions->shared->latest)) || !lock(versions->slots[slot], F_WRLCK))
            continue;
        if (slot != slot_of(atomic_load(&versions->shared->latest)))     /* it may have come into force meanwhile */
            empty_slot(versions, slot);
        lock(versions->slots[slot], F_UNLCK);
    }
}

/* Lock first, look again: what is locked and in force stays. */
static int map_latest(mtls_versions_t *versions, mapped_t *mapped)
{
    uint_fast64_t latest = atomic_load(&versions->shared->latest);
    int slot = slot_of(latest);
    apr_size_t len;
    void *octets;

    if (is_mine(versions, slot) || !lock(versions->slots[slot], F_RDLCK))
        return 0;
    len = versions->shared->slots[slot].len;
    if (atomic_load(&versions->shared->latest) == latest && len) {
        octets = mmap(NULL, len, PROT_READ, MAP_SHARED, versions->slots[slot], 0);
        if (octets != MAP_FAILED) {
            *mapped = (mapped_t){ { octets, len }, number_of(latest), slot };
            return 1;
        }
    }
    lock(versions->slots[slot], F_UNLCK);
    return 0;
}

/* Readers that came before the turn are counted on the other side; each of them is gone within microseconds. */
static void wait_for_readers(mtls_versions_t *versions)
{
    unsigned before = atomic_fetch_add(&versions->turn, 1) & 1;

    while (atomic_load(&versions->readers[before]))
        apr_sleep(apr_time_from_msec(1));
}

/* The lock may be the writer's for another moment. Who has a version comes again later; who has none waits for it. */
static int map_soon(mtls_versions_t *versions, mapped_t *mapped, apr_interval_time_t patience)
{
    apr_time_t until = apr_time_now() + patience;
    int looks = 0;

    while (!map_latest(versions, mapped)) {
        if (!patience || (++looks >= LOOKS && apr_time_now() >= until))
            return 0;
        apr_sleep(apr_time_from_msec(1));
    }
    return 1;
}

int mtls_versions_follow(mtls_versions_t *versions)
{
    mapped_t *old = atomic_load(&versions->current);
    mapped_t *next = old == &versions->mapped[0] ? &versions->mapped[1] : &versions->mapped[0];
    apr_uint32_t latest = mtls_versions_latest(versions);

    sweep(versions);
    if (!latest || (old && old->number == latest) || !map_soon(versions, next, old ? 0 : PATIENCE))
        return 0;
    atomic_store(&versions->current, next);
    if (old) {
        wait_for_readers(versions);
        munmap((void *)old->octets.ptr, old->octets.len);
        lock(versions->slots[old->slot], F_UNLCK);
    }
    return 1;
}

mtls_reader_t mtls_versions_read(mtls_versions_t *versions)
{
    mtls_reader_t reader;
    mapped_t *mapped;

    for (;;) {
        reader.turn = atomic_load(&versions->turn) & 1;
        atomic_fetch_add(&versions->readers[reader.turn], 1);
        if ((atomic_load(&versions->turn) & 1) == reader.turn)
            break;
        atomic_fetch_sub(&versions->readers[reader.turn], 1);     /* the keeper need not see this one: come again */
    }
    mapped = atomic_load(&versions->current);
    reader.number = mapped ? mapped->number : 0;
    reader.octets = mapped ? mapped->octets : (mtls_str_t){ "", 0 };
    return reader;
}

void mtls_versions_done(mtls_versions_t *versions, const mtls_reader_t *reader)
{
    atomic_fetch_sub(&versions->readers[reader->turn], 1);
}

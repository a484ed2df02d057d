/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Files that cannot be opened, looked at, read, mapped or written. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faults.h"

int faults_hit_path(uint64_t call, const char *path)
{
    faults_t *page = faults_page;

    if (!page || !(page->calls & call) || !path || !strstr(path, page->path))
        return 0;
    __atomic_add_fetch(&page->hits, 1, __ATOMIC_RELAXED);
    errno = (int)page->error;
    return 1;
}

int faults_hit_fd(uint64_t call, int fd)
{
    char link[64], path[512];
    ssize_t len;

    if (!faults_page || !(faults_page->calls & call))
        return 0;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof(path) - 1);
    if (len < 0)
        return 0;
    path[len] = '\0';
    return faults_hit_path(call, path);
}

/* The function of this name that would be called without this library. */
#define REAL(name) ((__typeof__(&name))find(&name##_real, #name))

static void *find(void **real, const char *name)
{
    if (!*real)
        *real = dlsym(RTLD_NEXT, name);
    return *real;
}

#define OPEN(name)                                                                  \
    static void *name##_real;                                                       \
    int name(const char *path, int flags, ...)                                      \
    {                                                                               \
        va_list args;                                                               \
        mode_t mode;                                                                \
                                                                                    \
        va_start(args, flags);                                                      \
        mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;                          \
        va_end(args);                                                               \
        return faults_hit_path(FAULTS_OPEN, path) ? -1 : REAL(name)(path, flags, mode); \
    }

OPEN(open)
OPEN(open64)

#define STAT(name, type)                                                            \
    static void *name##_real;                                                       \
    int name(const char *restrict path, struct type *restrict result)               \
    {                                                                               \
        return faults_hit_path(FAULTS_STAT, path) ? -1 : REAL(name)(path, result);  \
    }

STAT(stat, stat)
STAT(stat64, stat64)
STAT(lstat, stat)
STAT(lstat64, stat64)

#define FSTAT(name, type)                                                           \
    static void *name##_real;                                                       \
    int name(int fd, struct type *result)                                           \
    {                                                                               \
        return faults_hit_fd(FAULTS_FSTAT, fd) ? -1 : REAL(name)(fd, result);       \
    }

FSTAT(fstat, stat)
FSTAT(fstat64, stat64)

/* A part of what was asked for; and the end of the file before it has come. */
static void *read_real;
ssize_t read(int fd, void *to, size_t size)
{
    if (faults_hit_fd(FAULTS_READ, fd))
        return -1;
    if (faults_hit_fd(FAULTS_CUT, fd))
        return 0;
    if (size > 7 && faults_hit_fd(FAULTS_SHORT, fd))
        size = 7;
    return REAL(read)(fd, to, size);
}

static void *write_real;
ssize_t write(int fd, const void *from, size_t size)
{
    if (faults_hit_fd(FAULTS_WRITE, fd))
        return -1;
    if (size > 7 && faults_hit_fd(FAULTS_PARTIAL, fd))
        size = 7;
    return REAL(write)(fd, from, size);
}

#define PWRITE(name, type)                                                          \
    static void *name##_real;                                                       \
    ssize_t name(int fd, const void *from, size_t size, type at)                    \
    {                                                                               \
        if (faults_hit_fd(FAULTS_WRITE, fd))                                        \
            return -1;                                                              \
        if (size > 7 && faults_hit_fd(FAULTS_PARTIAL, fd))                          \
            size = 7;                                                               \
        return REAL(name)(fd, from, size, at);                                      \
    }

PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define TRUNCATE(name, type)                                                        \
    static void *name##_real;                                                       \
    int name(int fd, type size)                                                     \
    {                                                                               \
        return faults_hit_fd(FAULTS_TRUNCATE, fd) ? -1 : REAL(name)(fd, size);      \
    }

TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

/* Pages without a file behind them have no name: they fail where the path is empty. */
#define MMAP(name, type)                                                            \
    static void *name##_real;                                                       \
    void *name(void *at, size_t size, int protection, int flags, int fd, type from) \
    {                                                                               \
        if (fd < 0 ? faults_page && !faults_page->path[0] && faults_hit_path(FAULTS_MMAP, "") \
                   : faults_hit_fd(FAULTS_MMAP, fd))                                \
            return MAP_FAILED;                                                      \
        return REAL(name)(at, size, protection, flags, fd, from);                   \
    }

MMAP(mmap, off_t)
MMAP(mmap64, off64_t)

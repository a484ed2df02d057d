/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_fnmatch.h>
#include <apr_strings.h>

#include "mtls_files.h"
#include "mtls_pages.h"

#define FILE_MAX_OCTETS (512 * 1024 * 1024)
#define LOOKED_AT (APR_FINFO_MTIME | APR_FINFO_CTIME | APR_FINFO_SIZE | APR_FINFO_INODE | APR_FINFO_DEV | APR_FINFO_TYPE)

static const char *refuse(apr_pool_t *p, const char *path, const char *what, apr_status_t rc)
{
    char why[120];

    return apr_psprintf(p, "%s: %s%s%s", path, what, rc ? ": " : "", rc ? apr_strerror(rc, why, sizeof(why)) : "");
}

/* ---- from outside ---- */

/* FNV-1a: what it tells apart are states of the same files, nothing hostile. */
static void sign(apr_uint64_t *signature, const void *octets, apr_size_t len)
{
    const unsigned char *octet = octets;

    for (; len; len--)
        *signature = (*signature ^ *octet++) * 0x100000001b3u;
}

static void sign_file(apr_uint64_t *signature, const char *path, const apr_finfo_t *finfo)
{
    sign(signature, path, strlen(path) + 1);
    sign(signature, &finfo->size, sizeof(finfo->size));
    sign(signature, &finfo->mtime, sizeof(finfo->mtime));
    sign(signature, &finfo->ctime, sizeof(finfo->ctime));
    sign(signature, &finfo->inode, sizeof(finfo->inode));
    sign(signature, &finfo->device, sizeof(finfo->device));
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* APR gives names without their directory, in the directory's order, hidden ones among them: "*" means what it means to a
 * shell, which leaves out the directory itself, what rsync is just writing, and Kubernetes' "..data". */
static const char *expand(apr_pool_t *p, const char *pattern, apr_array_header_t *paths)
{
    const char *slash = strrchr(pattern, '/'), *last = slash ? slash + 1 : pattern;
    const char *directory = apr_pstrmemdup(p, pattern, (apr_size_t)(last - pattern));
    apr_array_header_t *names;
    apr_status_t rc = apr_match_glob(pattern, &names, p);
    int i;

    if (rc != APR_SUCCESS)
        return refuse(p, pattern, "the directory cannot be read", rc);
    for (i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);

        if (*name != '.' || *last == '.')
            APR_ARRAY_PUSH(paths, const char *) = apr_pstrcat(p, directory, name, NULL);
    }
    if (!paths->nelts)
        return refuse(p, pattern, "no file matches this pattern", 0);
    qsort(paths->elts, (size_t)paths->nelts, sizeof(const char *), compare_paths);
    return NULL;
}

/* Writing sets both times; who renames a file, or gives it a time, has finished with it and sets the second one alone. */
static void note_written(mtls_files_t *files, const apr_finfo_t *finfo)
{
    if (finfo->mtime == finfo->ctime && finfo->mtime > files->written)
        files->written = finfo->mtime;
}

static const char *look_at(apr_pool_t *p, const char *path, mtls_files_t *files)
{
    apr_finfo_t finfo;
    apr_status_t rc = apr_stat(&finfo, path, LOOKED_AT, p);

    if (rc != APR_SUCCESS && rc != APR_INCOMPLETE) {
        sign(&files->signature, path, strlen(path) + 1);
        sign(&files->signature, &rc, sizeof(rc));
        return refuse(p, path, "cannot be read", rc);
    }
    sign_file(&files->signature, path, &finfo);
    note_written(files, &finfo);
    if (finfo.filetype != APR_REG)
        return refuse(p, path, "is no file (a directory, a pipe or a device)", 0);
    return finfo.size > FILE_MAX_OCTETS ? refuse(p, path, "is larger than 512 MB", 0) : NULL;
}

const char *mtls_files_look(apr_pool_t *p, const char *pattern, int several, mtls_files_t *files)
{
    const char *error = NULL, *first = NULL;
    int i;

    files->signature = MTLS_FILES_NONE;
    files->written = 0;
    files->paths = apr_array_make(p, 4, sizeof(const char *));
    if (several && apr_fnmatch_test(pattern))
        error = expand(p, pattern, files->paths);
    else
        APR_ARRAY_PUSH(files->paths, const char *) = pattern;
    for (i = 0; !error && i < files->paths->nelts; i++) {
        const char *refused = look_at(p, APR_ARRAY_IDX(files->paths, i, const char *), files);

        first = first ? first : refused;
    }
    return error ? error : first;
}

/* ---- from inside ---- */

/* It was a file when it was looked at. Opening what has been a pipe since must not wait for somebody who writes into it. */
const char *mtls_files_read(apr_pool_t *p, const char *path, mtls_str_t *octets, apr_uint64_t *signature)
{
    apr_finfo_t finfo;
    apr_file_t *file;
    apr_size_t len = 0;
    char *room = NULL;
    apr_status_t rc = apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY | APR_FOPEN_NONBLOCK, APR_OS_DEFAULT, p);

    if (rc != APR_SUCCESS)
        return refuse(p, path, "cannot be read", rc);
    rc = apr_file_info_get(&finfo, LOOKED_AT, file);
    if ((rc == APR_SUCCESS || rc == APR_INCOMPLETE) && finfo.filetype == APR_REG && finfo.size <= FILE_MAX_OCTETS) {
        room = mtls_pages_take((apr_size_t)finfo.size + 1);
        rc = !room ? APR_ENOMEM : !finfo.size ? APR_SUCCESS : apr_file_read_full(file, room, (apr_size_t)finfo.size, &len);
    }
    else if (rc == APR_SUCCESS)
        rc = APR_EINVAL;
    apr_file_close(file);
    if (rc != APR_SUCCESS) {
        mtls_pages_give(room, (apr_size_t)finfo.size + 1);
        return APR_STATUS_IS_EOF(rc) ? refuse(p, path, "became shorter while it was read", 0)
                                     : refuse(p, path, "cannot be read", rc);
    }
    sign_file(signature, path, &finfo);
    room[len] = '\0';
    *octets = (mtls_str_t){ room, len };
    return NULL;
}

void mtls_files_release(mtls_str_t *octets)
{
    mtls_pages_give((char *)octets->ptr, octets->len + 1);
    *octets = (mtls_str_t){ NULL, 0 };
}

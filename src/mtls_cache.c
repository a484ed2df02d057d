/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "apr_strings.h"

#include "mtls_cache.h"
#include "mtls_tree.h"

/** What is written in one virtual host at any level, or outside of all. */
typedef struct caching_t {
    const ap_directive_t *host;
    const ap_directive_t *enable;    /* CacheEnable */
    const ap_directive_t *backstop;  /* MTLSBackstop on */
    int quick;                       /* CacheQuickHandler, MTLS_UNSET */
} caching_t;

typedef struct caches_t {
    apr_pool_t *p;
    apr_array_header_t *all;         /* of caching_t, what stands outside of virtual hosts first */
} caches_t;

static int note_directive(void *ctx, const ap_directive_t *directive)
{
    const caches_t *caches = ctx;
    const ap_directive_t *host = mtls_tree_within(directive, "<VirtualHost");
    caching_t *caching = &APR_ARRAY_IDX(caches->all, host ? caches->all->nelts - 1 : 0, caching_t);
    const char *word = mtls_tree_word(caches->p, directive, 0);

    if (mtls_tree_is(directive, "<VirtualHost"))
        APR_ARRAY_PUSH(caches->all, caching_t) = (caching_t){ directive, NULL, NULL, MTLS_UNSET };
    else if (mtls_tree_is(directive, "CacheEnable"))
        caching->enable = directive;
    else if (mtls_tree_is(directive, "CacheQuickHandler"))
        caching->quick = !strcasecmp(word, "on");
    else if (mtls_tree_is(directive, "MTLSBackstop") && !strcasecmp(word, "on"))
        caching->backstop = directive;
    return 0;
}

/* What stands outside of virtual hosts holds in all of them. */
static const char *check_host(apr_pool_t *p, const caching_t *outside, const caching_t *host)
{
    const ap_directive_t *enable = host->enable ? host->enable : outside->enable;
    const ap_directive_t *backstop = host->backstop ? host->backstop : outside->backstop;
    int quick = host->quick == MTLS_UNSET ? outside->quick : host->quick;

    if (!enable || !backstop || quick == 0)
        return NULL;
    return apr_psprintf(p, "CacheEnable in %s:%d serves from the cache before any access check, past the MTLSBackstop of "
                        "%s:%d: write CacheQuickHandler off %s", enable->filename, enable->line_num, backstop->filename,
                        backstop->line_num, host->host ? "into this virtual host" : "outside of the virtual hosts");
}

const char *mtls_cache_refused(apr_pool_t *p)
{
    caches_t caches = { p, apr_array_make(p, 4, sizeof(caching_t)) };
    const char *sentence = NULL;
    int i;

    if (!mtls_generation()->backstop)
        return NULL;
    APR_ARRAY_PUSH(caches.all, caching_t) = (caching_t){ NULL, NULL, NULL, MTLS_UNSET };
    mtls_tree_walk(ap_conftree, note_directive, &caches);
    for (i = 0; !sentence && i < caches.all->nelts; i++)
        sentence = check_host(p, &APR_ARRAY_IDX(caches.all, 0, caching_t), &APR_ARRAY_IDX(caches.all, i, caching_t));
    return sentence;
}

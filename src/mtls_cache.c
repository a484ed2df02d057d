/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "apr_strings.h"

#include "mtls_cache.h"
#include "mtls_finding.h"
#include "mtls_tree.h"

/** What is written in one virtual host at any level, or outside of all. */
typedef struct caching_t {
    const ap_directive_t *host;
    const ap_directive_t *enable;    /* CacheEnable */
    const ap_directive_t *backstop;  /* MTLSBackstop on */
    const ap_directive_t *use;       /* a rule, or an export of identity */
    int quick;                       /* CacheQuickHandler, MTLS_UNSET */
} caching_t;

typedef struct caches_t {
    apr_pool_t *p;
    apr_array_header_t *all;         /* of caching_t, what stands outside of virtual hosts first */
} caches_t;

static int is_use(apr_pool_t *p, const ap_directive_t *directive)
{
    int negated;

    if (mtls_tree_is(directive, "MTLSExport") || mtls_tree_is(directive, "MTLSHeader"))
        return 1;
    negated = !strcasecmp(mtls_tree_word(p, directive, 0), "not");
    return mtls_tree_is(directive, "Require") && !strcasecmp(mtls_tree_word(p, directive, negated), "mtls");
}

static int note_directive(void *ctx, const ap_directive_t *directive)
{
    const caches_t *caches = ctx;
    const ap_directive_t *host = mtls_tree_within(directive, "<VirtualHost");
    caching_t *caching = &APR_ARRAY_IDX(caches->all, host ? caches->all->nelts - 1 : 0, caching_t);
    const char *word = mtls_tree_word(caches->p, directive, 0);

    if (mtls_tree_is(directive, "<VirtualHost"))
        APR_ARRAY_PUSH(caches->all, caching_t) = (caching_t){ directive, NULL, NULL, NULL, MTLS_UNSET };
    else if (mtls_tree_is(directive, "CacheEnable"))
        caching->enable = directive;
    else if (mtls_tree_is(directive, "CacheQuickHandler"))
        caching->quick = !strcasecmp(word, "on");
    else if (mtls_tree_is(directive, "MTLSBackstop") && !strcasecmp(word, "on"))
        caching->backstop = directive;
    else if (!caching->use && is_use(caches->p, directive))
        caching->use = directive;
    return 0;
}

static apr_array_header_t *read_caching(apr_pool_t *p)
{
    caches_t caches = { p, apr_array_make(p, 4, sizeof(caching_t)) };

    APR_ARRAY_PUSH(caches.all, caching_t) = (caching_t){ NULL, NULL, NULL, NULL, MTLS_UNSET };
    mtls_tree_walk(ap_conftree, note_directive, &caches);
    return caches.all;
}

/* The cache that serves this host before any access check, or NULL. What stands outside of virtual hosts holds in all. */
static const ap_directive_t *quick_cache(const caching_t *outside, const caching_t *host)
{
    int quick = host->quick == MTLS_UNSET ? outside->quick : host->quick;

    return quick == 0 ? NULL : host->enable ? host->enable : outside->enable;
}

static const char *where_to_write(const caching_t *host)
{
    return host->host ? "into this virtual host" : "outside of the virtual hosts";
}

static const char *check_host(apr_pool_t *p, const caching_t *outside, const caching_t *host)
{
    const ap_directive_t *enable = quick_cache(outside, host);
    const ap_directive_t *backstop = host->backstop ? host->backstop : outside->backstop;

    if (!enable || !backstop)
        return NULL;
    return apr_psprintf(p, "CacheEnable in %s:%d serves from the cache before any access check, past the MTLSBackstop of "
                        "%s:%d: write CacheQuickHandler off %s", enable->filename, enable->line_num, backstop->filename,
                        backstop->line_num, where_to_write(host));
}

const char *mtls_cache_refused(apr_pool_t *p)
{
    const char *sentence = NULL;
    apr_array_header_t *all;
    int i;

    if (!mtls_generation()->backstop)
        return NULL;
    all = read_caching(p);
    for (i = 0; !sentence && i < all->nelts; i++)
        sentence = check_host(p, &APR_ARRAY_IDX(all, 0, caching_t), &APR_ARRAY_IDX(all, i, caching_t));
    return sentence;
}

void mtls_find_quick_cache(const mtls_survey_t *survey)
{
    const apr_array_header_t *all = read_caching(survey->p);
    const caching_t *outside = &APR_ARRAY_IDX(all, 0, caching_t);
    int i;

    for (i = 0; i < all->nelts; i++) {
        const caching_t *host = &APR_ARRAY_IDX(all, i, caching_t);
        const ap_directive_t *enable = quick_cache(outside, host), *use = host->use ? host->use : outside->use;

        if (!enable || !use || (i && !host->enable && !host->use))     /* said once, where both stand */
            continue;
        mtls_finding_warn(survey, enable, apr_psprintf(survey->p,
                          "CacheEnable serves from the cache before any access check: what one client was allowed to see "
                          "is served to everybody, past the rules and exports of %s:%d; write CacheQuickHandler off %s",
                          use->filename, use->line_num, where_to_write(host)));
    }
}

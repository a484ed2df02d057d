/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "apr_strings.h"

#include "mtls_apart.h"
#include "mtls_conf.h"
#include "mtls_zone.h"

mtls_generation_t *mtls_generation_now;

static apr_status_t end_generation(void *data)
{
    if (mtls_generation_now == data)
        mtls_generation_now = NULL;
    return APR_SUCCESS;
}

void mtls_generation_begin(apr_pool_t *pconf)
{
    mtls_generation_t *begun = apr_pcalloc(pconf, sizeof(*begun));

    begun->pool = pconf;
    begun->fields = mtls_fieldset_make(pconf);
    begun->headers = mtls_headerset_make(pconf, begun->fields);
    begun->lines = apr_array_make(pconf, 16, sizeof(mtls_line_t *));
    begun->lists = apr_array_make(pconf, 4, sizeof(mtls_listed_t));
    begun->list_interval = MTLS_LIST_INTERVAL_DEFAULT;
    begun->zones = apr_array_make(pconf, 16, sizeof(mtls_zone_t *));
    begun->ruled = apr_array_make(pconf, 16, sizeof(ap_conf_vector_t *));
    mtls_generation_now = begun;
    apr_pool_cleanup_register(pconf, begun, end_generation, apr_pool_cleanup_null);
}

/* The section says something about clients: decisions in it are counted by its name. */
static void note_section(cmd_parms *cmd)
{
    mtls_dir_t *dir = ap_get_module_config(cmd->context, &mtls_authz_module);

    mtls_zone_t *zone;

    if (!dir || dir->zone || (zone = mtls_zone_of(mtls_generation_now, cmd->directive, cmd->server)) == NULL)
        return;
    zone->own = dir;
    dir->zone = zone;
}

mtls_generation_t *mtls_conf_use(cmd_parms *cmd)
{
    /* httpd makes a virtual host's settings with the first directive of ours, which a Require line is not. */
    if (!mtls_server_of(cmd->server))
        ap_set_module_config(cmd->server->module_config, &mtls_authz_module,
                             mtls_conf_create_server(cmd->pool, cmd->server));
    mtls_server_of(cmd->server)->touched |= cmd->server->is_virtual;
    note_section(cmd);
    mtls_generation_now->used = 1;
    return mtls_generation_now;
}

mtls_generation_t *mtls_conf_touch(cmd_parms *cmd)
{
    mtls_generation_t *generation = mtls_conf_use(cmd);

    mtls_server_of(cmd->server)->touched = 1;
    return generation;
}

/* ---- sections ---- */

static int same_profile(const mtls_export_t *a, const mtls_export_t *b)
{
    return a->name_len == b->name_len && !strncasecmp(a->word, b->word, a->name_len);
}

/* One + or - word over a list: the profile's old entry goes, a new one comes behind. */
static void apply_export(apr_array_header_t *list, const mtls_export_t *change, int keep_removal)
{
    int i, n = 0;

    for (i = 0; i < list->nelts; i++) {
        const mtls_export_t *entry = APR_ARRAY_IDX(list, i, const mtls_export_t *);

        if (!same_profile(entry, change))
            APR_ARRAY_IDX(list, n++, const mtls_export_t *) = entry;
    }
    list->nelts = n;
    if (change->headers || keep_removal)
        APR_ARRAY_PUSH(list, const mtls_export_t *) = change;
}

static const mtls_exports_t *merge_exports(apr_pool_t *p, const mtls_exports_t *base, const mtls_exports_t *add)
{
    mtls_exports_t *merged;
    int i;

    if (!add || !base)
        return add ? add : base;
    if (!add->relative)
        return add;
    merged = apr_palloc(p, sizeof(*merged));
    merged->relative = base->relative;
    merged->list = apr_array_copy(p, base->list);
    for (i = 0; i < add->list->nelts; i++)
        apply_export(merged->list, APR_ARRAY_IDX(add->list, i, const mtls_export_t *), base->relative);
    return merged;
}

static void lay_single(apr_array_header_t *list, const mtls_single_t *single)
{
    int i;

    for (i = 0; i < list->nelts; i++) {
        mtls_single_t *old = &APR_ARRAY_IDX(list, i, mtls_single_t);

        if (mtls_header_folds_equal(old->name, single->name)) {
            *old = *single;
            return;
        }
    }
    APR_ARRAY_PUSH(list, mtls_single_t) = *single;
}

static apr_array_header_t *merge_singles(apr_pool_t *p, apr_array_header_t *base, apr_array_header_t *add)
{
    apr_array_header_t *merged;
    int i;

    if (!add || !base)
        return add ? add : base;
    merged = apr_array_copy(p, base);
    for (i = 0; i < add->nelts; i++)
        lay_single(merged, &APR_ARRAY_IDX(add, i, mtls_single_t));
    return merged;
}

static apr_int64_t pick_number(apr_pool_t *p, apr_int64_t base, apr_int64_t add)
{
    (void)p;
    return add == MTLS_UNSET ? base : add;
}

static int pick_flag(apr_pool_t *p, int base, int add)
{
    (void)p;
    return add == MTLS_UNSET ? base : add;
}

static const mtls_user_t *pick_user(apr_pool_t *p, const mtls_user_t *base, const mtls_user_t *add)
{
    (void)p;
    return add ? add : base;
}

static const mtls_zone_t *pick_zone(apr_pool_t *p, const mtls_zone_t *base, const mtls_zone_t *add)
{
    (void)p;
    return add ? add : base;
}

static const mtls_ruling_t *pick_ruling(apr_pool_t *p, const mtls_ruling_t *base, const mtls_ruling_t *add)
{
    (void)p;
    return add ? add : base;
}

#define X(type, name, unset, merge) .name = unset,
static const mtls_dir_t nothing = { MTLS_DIR_SETTINGS(X) .silent = 0 };
#undef X

void *mtls_conf_create_dir(apr_pool_t *p, char *path)
{
    mtls_dir_t *dir = apr_pmemdup(p, &nothing, sizeof(nothing));

    (void)path;
    dir->lasts = !mtls_generation_now || !mtls_generation_now->closed;
    return dir;
}

static int is_silent(const mtls_dir_t *dir)
{
    return dir->silent || !memcmp(dir, &nothing, offsetof(mtls_dir_t, zone));
}

/* All that is said below is said by add, too. */
static int is_covered(const mtls_dir_t *base, const mtls_dir_t *add)
{
    return (add->ruling || !base->ruling) && (add->zone || !base->zone) && is_silent(base);
}

void mtls_conf_separate(apr_pool_t *p, server_rec *main_server)
{
    const apr_array_header_t *ruled = mtls_generation()->ruled;
    mtls_server_t *shared = mtls_server_of(main_server);
    server_rec *s;
    int i;

    for (i = 0; i < ruled->nelts; i++) {
        mtls_dir_t *dir = ap_get_module_config(APR_ARRAY_IDX(ruled, i, ap_conf_vector_t *), &mtls_authz_module);

        dir->silent = is_silent(dir);
    }
    for (s = main_server; s; s = s->next) {
        mtls_dir_t *dir = ap_get_module_config(s->lookup_defaults, &mtls_authz_module);

        dir->silent = is_silent(dir);
        dir->lasts = 1;          /* the server's own, merged or not */
        if (s != main_server && mtls_server_of(s) == shared)
            ap_set_module_config(s->module_config, &mtls_authz_module, apr_pmemdup(p, shared, sizeof(*shared)));
    }
}

static MTLS_APART mtls_dir_t *lay_over(apr_pool_t *p, const mtls_dir_t *base, const mtls_dir_t *add)
{
    mtls_dir_t *dir = apr_palloc(p, sizeof(*dir));

    dir->silent = dir->lasts = 0;
#define X(type, name, unset, merge) dir->name = merge(p, base->name, add->name);
    MTLS_DIR_SETTINGS(X)
#undef X
    return dir;
}

void *mtls_conf_merge_dir(apr_pool_t *p, void *base, void *add)
{
    /* No copy for each request, and an address that stands for what is said. */
    return is_covered(base, add) ? add : lay_over(p, base, add);
}

int mtls_conf_each_header(const mtls_dir_t *dir, int (*visit)(void *ctx, const mtls_header_t *header, mtls_place_t place),
                          void *ctx)
{
    int i, k, rc = 0;

    for (i = 0; !rc && dir->exports && i < dir->exports->list->nelts; i++) {
        const mtls_export_t *export = APR_ARRAY_IDX(dir->exports->list, i, const mtls_export_t *);

        for (k = 0; !rc && export->headers && k < export->headers->nelts; k++)
            rc = visit(ctx, APR_ARRAY_IDX(export->headers, k, const mtls_header_t *), export->place);
    }
    for (i = 0; !rc && dir->singles && i < dir->singles->nelts; i++) {
        const mtls_single_t *single = &APR_ARRAY_IDX(dir->singles, i, mtls_single_t);

        if (single->header)
            rc = visit(ctx, single->header, single->place);
    }
    return rc;
}

/* ---- virtual hosts ---- */

void *mtls_conf_create_server(apr_pool_t *p, server_rec *s)
{
    mtls_server_t *server = apr_pcalloc(p, sizeof(*server));

    (void)s;
    server->on_spoof_reject = MTLS_UNSET;
    server->expiry_warning = MTLS_UNSET;
    server->what_if = MTLS_UNSET;
    server->verify_depth = MTLS_UNSET;
    return server;
}

void *mtls_conf_merge_server(apr_pool_t *p, void *basev, void *addv)
{
    const mtls_server_t *base = basev, *add = addv;
    mtls_server_t *server = apr_pcalloc(p, sizeof(*server));

    server->mode = add->mode == MTLS_GUARD_UNSET ? base->mode : add->mode;
    server->on_spoof_reject = pick_flag(p, base->on_spoof_reject, add->on_spoof_reject);
    server->expiry_warning = pick_number(p, base->expiry_warning, add->expiry_warning);
    server->pass = add->pass ? add->pass : base->pass;
    server->auditlog = add->auditlog ? add->auditlog : base->auditlog;
    server->audit_all = add->auditlog ? add->audit_all : base->audit_all;
    server->what_if = pick_flag(p, base->what_if, add->what_if);
    server->verify_depth = MTLS_UNSET;
    server->touched = base->touched || add->touched;
    return server;
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "apr_strings.h"

#include "mtls_counters.h"
#include "mtls_tree.h"
#include "mtls_zone.h"

/* ---- sections ---- */

static int is_section(const ap_directive_t *directive)
{
    static const char *const names[] = {
        "<Location", "<LocationMatch", "<Directory", "<DirectoryMatch", "<Files", "<FilesMatch", "<Proxy",
        "<ProxyMatch", "<If", "<ElseIf", "<Else"
    };
    apr_size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (mtls_tree_is(directive, names[i]))
            return 1;
    }
    return 0;
}

const ap_directive_t *mtls_zone_section(const ap_directive_t *directive)
{
    while (directive && !is_section(directive))
        directive = mtls_tree_is(directive, "<AuthzProviderAlias") ? NULL : directive->parent;
    return directive;
}

/* What stands between the section's name and its '>', without the quotes around all of it. */
static const char *words_of(apr_pool_t *p, const ap_directive_t *section)
{
    apr_size_t len = strlen(section->args);

    while (len && (section->args[len - 1] == '>' || section->args[len - 1] == ' '))
        len--;
    if (len > 1 && section->args[0] == '"' && memchr(section->args + 1, '"', len - 1) == section->args + len - 1)
        return apr_pstrmemdup(p, section->args + 1, len - 2);
    return apr_pstrmemdup(p, section->args, len);
}

static const char *name_of(apr_pool_t *p, const ap_directive_t *section)
{
    const ap_directive_t *outer = mtls_zone_section(section->parent);
    const char *words = words_of(p, section);

    return apr_pstrcat(p, outer ? name_of(p, outer) : "", outer ? " " : "", section->directive, *words ? " " : "",
                       words, ">", NULL);
}

static mtls_zone_t *find_zone(const mtls_generation_t *generation, const ap_directive_t *section, const server_rec *s)
{
    int i;

    for (i = generation->zones->nelts - 1; i >= 0; i--) {
        mtls_zone_t *zone = APR_ARRAY_IDX(generation->zones, i, mtls_zone_t *);

        if (zone->place.line == section->line_num && zone->server == s && zone->place.file
            && !strcmp(zone->place.file, section->filename))
            return zone;
    }
    return NULL;
}

static mtls_zone_t *add_zone(mtls_generation_t *generation, server_rec *s, const char *name)
{
    mtls_zone_t *zone = apr_pcalloc(generation->pool, sizeof(*zone));

    zone->server = s;
    zone->name = name;
    APR_ARRAY_PUSH(generation->zones, mtls_zone_t *) = zone;
    return zone;
}

mtls_zone_t *mtls_zone_of(mtls_generation_t *generation, const ap_directive_t *directive, server_rec *s)
{
    const ap_directive_t *section = mtls_zone_section(directive);
    mtls_zone_t *zone = section ? find_zone(generation, section, s) : NULL;

    if (!section || zone)
        return zone;
    zone = add_zone(generation, s, name_of(generation->pool, section));
    zone->place = (mtls_place_t){ section->filename, section->line_num };
    zone->around = mtls_zone_section(section->parent);
    return zone;
}

/* ---- when all has been read ---- */

const char *mtls_zone_host(apr_pool_t *p, const server_rec *s)
{
    unsigned port = s->is_virtual && s->addrs ? s->addrs->host_port : s->port;

    return port ? apr_psprintf(p, "%s:%u", s->server_hostname, port) : s->server_hostname;
}

static void find_outer(const mtls_generation_t *generation, mtls_zone_t *zone)
{
    for (; zone->around && !zone->outer; zone->around = mtls_zone_section(zone->around->parent))
        zone->outer = find_zone(generation, zone->around, zone->server);
    zone->around = NULL;                 /* httpd's tree does not outlive the start */
}

void mtls_zone_separate(mtls_generation_t *generation, server_rec *main_server)
{
    server_rec *s;
    int i;

    for (i = 0; i < generation->zones->nelts; i++)
        find_outer(generation, APR_ARRAY_IDX(generation->zones, i, mtls_zone_t *));
    for (s = main_server; s; s = s->next) {
        mtls_zone_t *zone = add_zone(generation, s, "");

        zone->place = (mtls_place_t){ s->defn_name, (int)s->defn_line_number };
        mtls_server_of(s)->zone = zone;
    }
}

static void number_names(mtls_generation_t *generation)
{
    int n = mtls_guard_len(generation->guarded), i;
    int *numbers = apr_palloc(generation->pool, sizeof(*numbers) * (apr_size_t)n);

    for (i = 0; i < n; i++)
        numbers[i] = mtls_counters_name(mtls_guard_name(generation->guarded, i));
    generation->removal_numbers = numbers;
}

void mtls_zone_prepare(mtls_generation_t *generation, server_rec *main_server)
{
    int i;

    if (!mtls_counters_open(main_server->process->pool))
        return;
    for (i = 0; i < generation->zones->nelts; i++) {
        mtls_zone_t *zone = APR_ARRAY_IDX(generation->zones, i, mtls_zone_t *);

        if (zone->rules || zone->own || !*zone->name)
            zone->number = mtls_counters_place(mtls_zone_host(generation->pool, zone->server), zone->name);
    }
    number_names(generation);
    mtls_count(MTLS_TOTAL_RESTARTS);
}

const mtls_dir_t *mtls_zone_settings(apr_pool_t *p, const mtls_zone_t *zone)
{
    const mtls_dir_t *outer = zone->outer ? mtls_zone_settings(p, zone->outer)
        : ap_get_module_config(zone->server->lookup_defaults, &mtls_authz_module);

    return zone->own ? mtls_conf_merge_dir(p, (void *)outer, (void *)zone->own) : outer;
}

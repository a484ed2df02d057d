/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_core.h"

#include "mtls_section.h"

/* Only the paths of URLs can be compared with each other: what a <Directory> or <Files> covers depends on Alias. */
static void add_sections(apr_pool_t *p, apr_array_header_t *sections, const mtls_dir_t *outer,
                         const apr_array_header_t *vectors, int of_urls)
{
    int i;

    for (i = 0; vectors && i < vectors->nelts; i++) {
        ap_conf_vector_t *vector = APR_ARRAY_IDX(vectors, i, ap_conf_vector_t *);
        const core_dir_config *core = ap_get_core_module_config(vector);
        mtls_section_t *section = apr_array_push(sections);

        section->own = ap_get_module_config(vector, &mtls_authz_module);
        if (!section->own)                    /* nothing of ours is written there */
            section->own = mtls_conf_create_dir(p, NULL);
        section->dir = mtls_conf_merge_dir(p, (void *)outer, (void *)section->own);
        section->path = core->d ? core->d : "";
        section->exact = of_urls && core->d && !core->r && !core->d_is_fnmatch && !core->condition;
        add_sections(p, sections, section->dir, core->sec_file, 0);
        add_sections(p, sections, section->dir, core->sec_if, 0);
    }
}

apr_array_header_t *mtls_section_list(apr_pool_t *p, server_rec *s)
{
    const core_server_config *core = ap_get_core_module_config(s->module_config);
    const core_dir_config *level = ap_get_core_module_config(s->lookup_defaults);
    apr_array_header_t *sections = apr_array_make(p, 8, sizeof(mtls_section_t));
    mtls_section_t *own = apr_array_push(sections);

    own->path = "";
    own->exact = 1;
    own->own = own->dir = ap_get_module_config(s->lookup_defaults, &mtls_authz_module);
    add_sections(p, sections, own->dir, core->sec_dir, 0);
    add_sections(p, sections, own->dir, core->sec_url, 1);
    add_sections(p, sections, own->dir, level->sec_file, 0);
    add_sections(p, sections, own->dir, level->sec_if, 0);
    return sections;
}

static int begins_with(const char *path, const char *prefix)
{
    return !strncmp(path, prefix, strlen(prefix));
}

int mtls_section_overlap(const mtls_section_t *a, const mtls_section_t *b)
{
    if (!a->exact || !b->exact)
        return 1;
    return begins_with(a->path, b->path) || begins_with(b->path, a->path);
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static const char *const usual_subject[] = { "C", "DE", "O", "Example, Inc.", "OU", "Payments", "OU", "Tier A",
                                             "CN", "svc-\xc3\xa4nne", NULL };
static const char *const usual_san[] = { "DNS", "pay.example.com", "DNS", "*.pay.example.com",
                                         "email", "ops@example.com", "URI", "spiffe://example.com/ns/prod/sa/pay",
                                         "IP", "192.0.2.7", "IP", "2001:db8::7", NULL };

world_t world_make(apr_pool_t *p, const char *const *subject, const char *const *san)
{
    world_t world;

    memset(&world, 0, sizeof(world));
    world.pool = p;
    world.fields = mtls_fieldset_make(p);
    world.set = mtls_headerset_make(p, world.fields);
    world.source = identity_source(identity_make(p, subject ? subject : usual_subject, san ? san : usual_san));
    world.users = apr_palloc(p, 2 * sizeof(*world.users));
    world.users[0] = mtls_value_text(mtls_str("anne"));
    world.users[1] = mtls_value_text(mtls_str("bob"));
    world.view.standing = MTLS_GRANTED;
    world.view.now = IDENTITY_NOT_BEFORE + 1;
    world.view.user = (mtls_values_t){ MTLS_PRESENT, 1, world.users };
    return world;
}

const mtls_header_t *world_compile(world_t *world, const char *name, const char *field, const char *format)
{
    const mtls_header_t *header = NULL;
    const char *error = mtls_header_compile(world->set, name, field, format, &header);

    if (error)
        fail_msg("%s %s: %s", name, field, error);
    return header;
}

mtls_reason_t world_render(world_t *world, const mtls_header_t *header, const char **value)
{
    if (!world->view.facts)
        world->view.facts = mtls_facts_read(world->pool, world->fields, &world->source);
    return mtls_header_render(world->pool, header, &world->view, value);
}

void world_expect(const char *what, const char *got, const char *want)
{
    if ((got == NULL) != (want == NULL) || (got && strcmp(got, want)))
        fail_msg("%s: got %s, want %s", what, got ? got : "nothing", want ? want : "nothing");
}

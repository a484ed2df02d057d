/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_protocol.h"
#include "apr_strings.h"

#include <jansson.h>
#include <openssl/err.h>

#include "mtls_auditjson.h"
#include "mtls_describe.h"
#include "mtls_time.h"

/** How much of each text and list a line holds. The first that makes it short enough is taken; the last always does. */
static const struct {
    apr_size_t octets;
    int items;
} limits[] = { { 1000, 64 }, { 400, 16 }, { 160, 8 }, { 60, 4 }, { 10, 1 } };

/** One line in the making. */
typedef struct line_t {
    apr_pool_t *p;
    const mtls_facts_t *facts;      /* NULL: no certificate */
    json_t *object;
    json_t *cut;                    /* names of members that are not whole */
    json_t *malformed;              /* names of members that cannot be read safely */
    apr_size_t octets;
    int items;
} line_t;

/** What is told of a certificate: the member of the line, or of "san"; the field; its format, NULL: its text as it is. */
static const struct {
    const char *member, *field, *format;
} told[] = {
    { "subject", "subject", "rfc4514" },
    { "issuer", "issuer", "rfc4514" },
    { "serial", "serial", "hex-upper" },
    { "sha256", "sha256", "hex" },
    { "san.dns", "san.dns", NULL },
    { "san.uri", "san.uri", NULL },
    { "san.email", "san.email", NULL },
    { "san.ip", "san.ip", "text" },
    { "san.upn", "san.upn", NULL },
    { "san.dirname", "san.dirname", "rfc4514" },
    { "san.rid", "san.rid", NULL }
};
#define TOLD (sizeof(told) / sizeof(told[0]))
#define SAN_PREFIX 4                /* "san." */

void mtls_auditjson_prepare(mtls_generation_t *generation)
{
    apr_size_t i;

    if (generation->audited)
        return;
    generation->audited = apr_array_make(generation->pool, TOLD, sizeof(const mtls_field_t *));
    for (i = 0; i < TOLD; i++)
        mtls_fieldset_add(generation->fields, told[i].field, &APR_ARRAY_PUSH(generation->audited, const mtls_field_t *));
}

/* ---- text ---- */

static void mark(json_t *names, const char *name)
{
    json_array_append_new(names, json_string(name));
}

/* Not in the middle of a character. */
static apr_size_t measure_part(const char *text, apr_size_t most)
{
    while (most && ((unsigned char)text[most] & 0xc0) == 0x80)
        most--;
    return most;
}

static json_t *make_text(line_t *line, const char *name, const char *text)
{
    apr_size_t len = text ? strlen(text) : 0;

    if (!text)
        return json_null();
    if (!mtls_text_clean(mtls_str(text)))
        return make_text(line, name, mtls_text_escape(line->p, mtls_str(text)));
    if (len <= line->octets)
        return json_string(text);
    mark(line->cut, name);
    return json_stringn(text, measure_part(text, line->octets));
}

static void add_text(line_t *line, const char *name, const char *text)
{
    json_object_set_new(line->object, name, make_text(line, name, text));
}

/* ---- when, and what was asked for ---- */

static const char *time_text(apr_pool_t *p, apr_time_t when)
{
    return mtls_time_print(p, apr_time_sec(when), apr_psprintf(p, ".%03dZ", (int)(apr_time_usec(when) / 1000)));
}

static void add_request(line_t *line, request_rec *r, const mtls_decision_t *decision)
{
    add_text(line, "time", time_text(line->p, r->request_time));
    add_text(line, "id", decision->request_id);
    add_text(line, "client", r->useragent_ip);
    add_text(line, "host", r->hostname ? mtls_describe_text(line->p, r->hostname) : NULL);
    add_text(line, "method", mtls_describe_text(line->p, r->method));
    add_text(line, "path", r->uri ? mtls_describe_text(line->p, r->uri) : NULL);
}

static void add_decision(line_t *line, const request_rec *r, const mtls_decision_t *decision)
{
    json_object_set_new(line->object, "decision", json_string(decision->reason == MTLS_GRANTED ? "allow"
                                                              : decision->would ? "would-deny" : "deny"));
    json_object_set_new(line->object, "reason", json_string(mtls_reason_slug(decision->reason)));
    json_object_set_new(line->object, "text", json_string(mtls_reason_text(decision->reason)));
    if (decision->detail)
        add_text(line, "detail", decision->detail);
    json_object_set_new(line->object, "mode", json_string(mtls_dir_of(r)->report == 1 ? "report" : "enforce"));
}

/* ---- what was tried ---- */

static json_t *make_rule(line_t *line, const mtls_tried_t *tried)
{
    json_t *rule = json_object();

    json_object_set_new(rule, "line", make_text(line, "rules", apr_psprintf(line->p, "%s:%d", tried->line->place.file,
                                                                            tried->line->place.line)));
    json_object_set_new(rule, "rule", make_text(line, "rules", apr_pstrcat(line->p, "Require ", tried->line->negated
                                                                           ? "not " : "", tried->line->text, NULL)));
    json_object_set_new(rule, "result", json_string(mtls_describe_answer(tried)));
    return rule;
}

static void add_rules(line_t *line, const apr_array_header_t *tried)
{
    json_t *rules = json_array();
    int i;

    for (i = 0; tried && i < tried->nelts && i < line->items; i++)
        json_array_append_new(rules, make_rule(line, &APR_ARRAY_IDX(tried, i, mtls_tried_t)));
    if (tried && tried->nelts > line->items)
        mark(line->cut, "rules");
    json_object_set_new(line->object, "rules", rules);
}

/* The versions of the lists that were asked; the kill list's, which every request asks, where it is why. */
static void add_lists(line_t *line, request_rec *r)
{
    const mtls_generation_t *generation = mtls_generation();
    const mtls_request_t *request = mtls_request_known(mtls_request_root(r));
    json_t *lists = json_object();
    int i;

    for (i = 0; request && request->memberships && i < mtls_fieldset_lists(generation->fields); i++) {
        if (request->memberships[i])
            json_object_set_new(lists, mtls_fieldset_list_name(generation->fields, i),
                                json_integer(request->memberships[i]->version));
    }
    if (request && request->killed && request->killed->reason != MTLS_NO_MATCH)
        json_object_set_new(lists, mtls_list_name(generation->kill_list), json_integer(request->killed->version));
    if (json_object_size(lists))
        json_object_set(line->object, "lists", lists);
    json_decref(lists);
}

/* ---- who ---- */

static json_t *make_value(line_t *line, apr_size_t i, const mtls_field_t *field, const mtls_value_t *value)
{
    const char *text = told[i].format
        ? mtls_format_find(told[i].format)->encode(line->p, (mtls_type_id_t)(field->type - mtls_types), value, 1)
        : mtls_str_copy(line->p, value->text).ptr;

    return make_text(line, told[i].member, text);
}

static json_t *make_list(line_t *line, apr_size_t i, const mtls_field_t *field, mtls_values_t values)
{
    json_t *list = json_array();
    int k;

    for (k = 0; k < values.n && k < line->items; k++)
        json_array_append_new(list, make_value(line, i, field, &values.v[k]));
    if (values.n > line->items)
        mark(line->cut, told[i].member);
    return list;
}

static void add_certificate(line_t *line, const apr_array_header_t *fields)
{
    json_t *san = json_object();
    apr_size_t i;

    for (i = 0; i < TOLD; i++) {
        const mtls_field_t *field = APR_ARRAY_IDX(fields, (int)i, const mtls_field_t *);
        mtls_values_t values = mtls_facts_get(line->facts, field);
        int is_list = !strncmp(told[i].member, "san.", SAN_PREFIX);

        if (values.known == MTLS_UNREADABLE)
            mark(line->malformed, told[i].member);
        if (is_list && values.n)
            json_object_set_new(san, told[i].member + SAN_PREFIX, make_list(line, i, field, values));
        else if (!is_list)
            json_object_set_new(line->object, told[i].member,
                                values.n ? make_value(line, i, field, values.v) : json_null());
    }
    json_object_set_new(line->object, "san", san);
}

/* The facts that the connection keeps, or those of a certificate that nobody believes, read for this line. */
static const mtls_facts_t *find_facts(request_rec *r)
{
    const mtls_peer_t *peer = mtls_peer_of(r);
    mtls_source_t source = { .leaf = mtls_peer_certificate(peer), .chain_len = -1 };

    if (mtls_peer_facts(peer) || !source.leaf)
        return mtls_peer_facts(peer);
    return mtls_facts_read(r->pool, mtls_generation()->fields, &source);
}

/* ---- the line ---- */

static void add_marks(line_t *line, const char *name, json_t *names)
{
    if (json_array_size(names))
        json_object_set(line->object, name, names);
    json_decref(names);
}

static json_t *make_object(line_t *line, request_rec *r, const mtls_decision_t *decision)
{
    const mtls_request_t *request = mtls_request_known(r);

    line->object = json_object();
    line->cut = json_array();
    line->malformed = json_array();
    add_request(line, r, decision);
    add_decision(line, r, decision);
    add_rules(line, request ? request->tried : NULL);
    add_lists(line, r);
    if (line->facts)
        add_certificate(line, mtls_generation()->audited);
    add_marks(line, "malformed", line->malformed);
    add_marks(line, "cut", line->cut);
    return line->object;
}

apr_size_t mtls_auditjson_line(request_rec *r, const mtls_decision_t *decision, char *octets)
{
    line_t line = { .p = r->pool, .facts = find_facts(r) };
    apr_size_t i, len = 0;

    for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        json_t *object;

        line.octets = limits[i].octets;
        line.items = limits[i].items;
        object = make_object(&line, r, decision);
        len = json_dumpb(object, octets, MTLS_AUDITJSON_MAX - 1, JSON_COMPACT | JSON_ENSURE_ASCII);
        json_decref(object);
        if (len < MTLS_AUDITJSON_MAX)
            break;
    }
    if (!len || len >= MTLS_AUDITJSON_MAX)
        return 0;
    octets[len] = '\n';
    return len + 1;
}

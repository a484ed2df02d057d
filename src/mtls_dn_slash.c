/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* "/C=DE/O=Example/CN=web+UID=7", as openssl prints names on one line. The form says little of where a value ends: what
 * could be read in two ways is refused, for a rule about another name would miss whom it means. */
#include <string.h>
#include <apr_strings.h>
#include <openssl/objects.h>
#include "mtls_dn_written.h"

#define FORM "is not a distinguished name in slash form: "

static const char *escape(const mtls_dn_written_t *parse, mtls_str_t text)
{
    return mtls_text_escape(parse->pool, text);
}

/* OpenSSL's name for a type, letter by letter: it has some that differ from others in their case alone. */
static int find_printed(apr_pool_t *p, const char *label, mtls_str_t *oid)
{
    int nid = OBJ_sn2nid(label);
    const ASN1_OBJECT *type;

    if (nid == NID_undef)
        nid = OBJ_ln2nid(label);
    type = nid == NID_undef ? NULL : OBJ_nid2obj(nid);
    if (!type || !OBJ_length(type))
        return 0;
    *oid = mtls_str_copy(p, (mtls_str_t){ (const char *)OBJ_get0_data(type), OBJ_length(type) });
    return 1;
}

/** How an attribute begins. */
typedef enum begin_t { NO_ATTRIBUTE, ATTRIBUTE, OTHER_ATTRIBUTE } begin_t;

/* Is there LABEL= at at? OTHER_ATTRIBUTE: to OpenSSL the label is another type than here. */
static begin_t read_begin(apr_pool_t *p, const char *at, mtls_str_t *oid)
{
    apr_size_t n = mtls_dn_label_len(at);
    const char *label = apr_pstrmemdup(p, at, n);
    mtls_str_t printed;
    int known;

    if (!n || at[n] != '=')
        return NO_ATTRIBUTE;
    known = mtls_dn_label_type(p, label, oid);
    if (!find_printed(p, label, &printed))
        return known ? ATTRIBUTE : NO_ATTRIBUTE;
    if (known && !mtls_str_eq(printed, *oid))
        return OTHER_ATTRIBUTE;
    *oid = printed;
    return ATTRIBUTE;
}

static int is_separator(char c)
{
    return c == '/' || c == '+';
}

/* With the '/' or '+' in front, up to the next one. */
static const char *piece_of(const mtls_dn_written_t *parse)
{
    const char *end = parse->at + (*parse->at != '\0');

    while (*end && !(is_separator(*end) && end[-1] != '\\'))
        end++;
    return escape(parse, (mtls_str_t){ parse->at, (apr_size_t)(end - parse->at) });
}

static const char *refuse_begin(const mtls_dn_written_t *parse)
{
    return apr_psprintf(parse->pool, FORM "'%s' does not begin with an attribute and '='; known are %s, the names that "
                        "OpenSSL has and object identifiers; write \\/ or \\+ where one is meant within a value",
                        piece_of(parse), mtls_dn_labels(parse->pool));
}

static const char *refuse_other(const mtls_dn_written_t *parse)
{
    return apr_psprintf(parse->pool, FORM "what stands before '=' in '%s' is one attribute to OpenSSL and another one "
                        "here; write its object identifier", piece_of(parse));
}

static const char *refuse_doubt(const mtls_dn_written_t *parse)
{
    return apr_psprintf(parse->pool, "is a distinguished name that can be read in two ways at '%s'; write it in RFC 4514 "
                        "form such as \"CN=web,O=Example\"", escape(parse, mtls_str(parse->at)));
}

/* openssl prints no backslash in front of a backslash: one at the end of a value seems to belong to the slash behind it. It
 * prints a comma as it is, as other forms have it between attributes. */
static int hides_attribute(const mtls_dn_written_t *parse, const char *at)
{
    mtls_str_t oid;

    if (*at == ',')
        at += 1 + strspn(at + 1, " ");
    else if (*at == '\\' && is_separator(at[1]))
        at += 2;
    else
        return 0;
    return read_begin(parse->pool, at, &oid) != NO_ATTRIBUTE;
}

/* The octet that at stands for. Those outside printable ASCII are printed as \xHH, and all others are not: a value may have
 * "\x41" in it. @return how far to go, or 0: it is not clear */
static int read_octet(const mtls_dn_written_t *parse, const char *at, char *octet)
{
    int value = at[0] == '\\' && at[1] == 'x' ? mtls_text_octet(at + 2) : -1;

    *octet = value < 0 ? *at : (char)value;
    if (value >= ' ' && value <= '~')
        return 0;
    if (value >= 0)
        return 4;
    if (hides_attribute(parse, at))
        return 0;
    if (at[0] != '\\' || !is_separator(at[1]))
        return 1;
    *octet = at[1];
    return 2;
}

static const char *read_value(mtls_dn_written_t *parse, mtls_str_t *text)
{
    char *buffer = apr_palloc(parse->pool, strlen(parse->at) + 1), *to = buffer;

    while (*parse->at && !is_separator(*parse->at)) {
        int step = read_octet(parse, parse->at, to++);

        if (!step)
            return refuse_doubt(parse);
        parse->at += step;
    }
    *text = (mtls_str_t){ buffer, (apr_size_t)(to - buffer) };
    return NULL;
}

/* A '/' begins the next RDN, a '+' the next attribute of the same one. */
static const char *read_attribute(mtls_dn_written_t *parse)
{
    mtls_str_t oid, text = { "", 0 };
    const char *error;

    switch (read_begin(parse->pool, parse->at + 1, &oid)) {
    case NO_ATTRIBUTE: return refuse_begin(parse);
    case OTHER_ATTRIBUTE: return refuse_other(parse);
    default: break;
    }
    parse->at += 1 + mtls_dn_label_len(parse->at + 1) + 1;
    error = read_value(parse, &text);
    return error ? error : mtls_dn_written_add(parse, oid, text);
}

const char *mtls_dn_read_slashes(mtls_dn_written_t *parse)
{
    const char *error = read_attribute(parse);

    while (!error && *parse->at) {
        parse->rdn += *parse->at == '/';
        error = read_attribute(parse);
    }
    return error;
}

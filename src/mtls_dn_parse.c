/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <string.h>
#include <apr_cstr.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include "mtls_der.h"
#include "mtls_dn.h"

/* More labels for the types of tbl/attributes.h: what other tools print. */
static const struct { const char *label, *suffix; } aliases[] = {
    { "commonName", "cn" }, { "organizationName", "o" }, { "organizationalUnitName", "ou" },
    { "countryName", "c" }, { "S", "st" }, { "SP", "st" }, { "stateOrProvinceName", "st" }, { "localityName", "l" },
    { "streetAddress", "street" }, { "domainComponent", "dc" }, { "userId", "uid" }, { "email", "email" },
    { "E", "email" }, { "T", "title" }, { "givenName", "given-name" }, { "G", "given-name" },
    { "surname", "surname" }, { NULL, NULL }
};

/* Where the parser stands. loose: blanks around '=', ',' and '+' and quoted values are taken, too. */
typedef struct parse_t {
    apr_pool_t *pool;
    const char *at;
    int loose;
    int loose_equals;    /* there were blanks in front of a '=' */
    int rdn;
    apr_array_header_t *attributes;    /* of mtls_attribute_t, as written */
} parse_t;

static const mtls_attribute_name_t *find_suffix(const char *suffix)
{
    int i = 0;

    while (strcmp(mtls_attribute_names[i].suffix, suffix) != 0)
        i++;
    return &mtls_attribute_names[i];
}

static const mtls_attribute_name_t *find_label(const char *label)
{
    int i;

    for (i = 0; i < mtls_attribute_names_len; i++) {
        if (apr_cstr_casecmp(mtls_attribute_names[i].label, label) == 0)
            return &mtls_attribute_names[i];
    }
    for (i = 0; aliases[i].label; i++) {
        if (apr_cstr_casecmp(aliases[i].label, label) == 0)
            return find_suffix(aliases[i].suffix);
    }
    return NULL;
}

/* The type that a label or dotted OID stands for. */
static int find_type(apr_pool_t *p, const char *label, mtls_str_t *oid)
{
    const mtls_attribute_name_t *known = find_label(label);
    mtls_value_t value;

    if (mtls_oid_parse(p, known ? known->dotted : label, &value))
        return 0;
    *oid = value.key;
    return 1;
}

static int is_label_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static apr_size_t measure_label(const char *at)
{
    apr_size_t n = 0;

    while (is_label_character(at[n]))
        n++;
    return n;
}

static void skip_blanks(parse_t *parse)
{
    while (parse->loose && *parse->at == ' ')
        parse->at++;
}

static const char *escape(parse_t *parse, const char *word)
{
    return mtls_text_escape(parse->pool, mtls_str(word));
}

static const char *refuse_label(parse_t *parse, const char *label)
{
    const char *known = mtls_attribute_names[0].label;
    int i;

    for (i = 1; i < mtls_attribute_names_len; i++)
        known = apr_pstrcat(parse->pool, known, ", ", mtls_attribute_names[i].label, NULL);
    return apr_psprintf(parse->pool, "is not a distinguished name: unknown attribute '%s'; known are %s and object "
                        "identifiers", escape(parse, label), known);
}

static const char *read_label(parse_t *parse, mtls_str_t *oid)
{
    apr_size_t n = measure_label(parse->at);
    const char *label = apr_pstrmemdup(parse->pool, parse->at, n), *rest = escape(parse, parse->at);

    parse->at += n;
    parse->loose_equals |= *parse->at == ' ';
    skip_blanks(parse);
    if (n == 0 || *parse->at != '=') {
        return apr_psprintf(parse->pool, "is not a distinguished name in RFC 4514 form such as \"CN=web,O=Example\": "
                            "an attribute and '=' are needed at '%s'", rest);
    }
    parse->at++;
    skip_blanks(parse);
    return find_type(parse->pool, label, oid) ? NULL : refuse_label(parse, label);
}

/* "#0c03414243": the DER of the value. */
static const char *read_hex_value(parse_t *parse, mtls_str_t *text)
{
    char *octets = apr_palloc(parse->pool, strlen(parse->at) + 1);
    mtls_str_t der = { octets, 0 };
    mtls_der_t element;
    int octet;

    for (parse->at++; (octet = mtls_text_octet(parse->at)) >= 0; parse->at += 2)
        octets[der.len++] = (char)octet;
    if (!mtls_der_next(&der, &element) || der.len
        || !mtls_der_text(parse->pool, element, text))
        return "is not a distinguished name: a value behind '#' must be the hexadecimal DER of a character string";
    return NULL;
}

/* The character or octet that a backslash at at stands before. @return how far to go, or 0 */
static int read_escape(const char *at, char *octet)
{
    int value = mtls_text_octet(at + 1);

    *octet = value < 0 ? at[1] : (char)value;
    if (value >= 0)
        return 3;
    return at[1] && strchr(" \"#+,;<=>\\", at[1]) ? 2 : 0;
}

static int is_value_end(const parse_t *parse, int quoted)
{
    return *parse->at == '\0' || (quoted ? *parse->at == '"' : *parse->at == ',' || *parse->at == '+');
}

static const char *refuse_character(parse_t *parse)
{
    return apr_psprintf(parse->pool, "is not a distinguished name in RFC 4514 form: %s at '%s'", *parse->at == '\\'
                        ? "a backslash must stand before a special character or two hexadecimal digits"
                        : "\", ;, < and > need a backslash in front", escape(parse, parse->at));
}

/* A value as written into buffer. *kept is its length without unescaped blanks at the end. */
static const char *read_characters(parse_t *parse, int quoted, char *buffer, apr_size_t *length, apr_size_t *kept)
{
    for (*length = *kept = 0; !is_value_end(parse, quoted); ++*length) {
        int step = 1;

        if (*parse->at == '\\')
            step = read_escape(parse->at, &buffer[*length]);
        else if (!quoted && strchr("\";<>", *parse->at))
            step = 0;
        else
            buffer[*length] = *parse->at;
        if (step == 0)
            return refuse_character(parse);
        if (quoted || *parse->at != ' ')
            *kept = *length + 1;
        parse->at += step;
    }
    return NULL;
}

static const char *read_string_value(parse_t *parse, mtls_str_t *text)
{
    char *buffer = apr_palloc(parse->pool, strlen(parse->at) + 1);
    int quoted = parse->loose && *parse->at == '"', begins_blank = *parse->at == ' ';
    apr_size_t length, kept;
    const char *error;

    parse->at += quoted;
    error = read_characters(parse, quoted, buffer, &length, &kept);
    if (error)
        return error;
    if (quoted && *parse->at != '"')
        return refuse_character(parse);
    parse->at += quoted;
    skip_blanks(parse);
    if (!parse->loose && (begins_blank || kept != length))
        return "is not a distinguished name in RFC 4514 form: a value begins or ends with a blank that has no "
               "backslash in front";
    *text = (mtls_str_t){ buffer, kept };
    return NULL;
}

static const char *add_attribute(parse_t *parse, mtls_str_t oid, mtls_str_t text)
{
    mtls_attribute_t *attribute = apr_array_push(parse->attributes);

    *attribute = (mtls_attribute_t){ oid, text, parse->rdn, 1 };
    return mtls_text_clean(text) ? NULL : "is not a distinguished name: a value has control characters or is not "
                                          "well-formed UTF-8";
}

/* One "CN=web" and the separator behind it. */
static const char *read_pair(parse_t *parse)
{
    mtls_str_t oid, text = { "", 0 };
    const char *error = read_label(parse, &oid);

    if (!error)
        error = *parse->at == '#' ? read_hex_value(parse, &text) : read_string_value(parse, &text);
    if (!error)
        error = add_attribute(parse, oid, text);
    if (error)
        return error;
    skip_blanks(parse);
    if (*parse->at != '\0' && *parse->at != ',' && *parse->at != '+') {
        return apr_psprintf(parse->pool, "is not a distinguished name in RFC 4514 form: ',' or '+' is needed at '%s'",
                            escape(parse, parse->at));
    }
    return NULL;
}

static const char *read_pairs(apr_pool_t *p, const char *text, int loose, parse_t *parse)
{
    const char *error;
    char separator;

    *parse = (parse_t){ p, text, loose, 0, 0, apr_array_make(p, 8, sizeof(mtls_attribute_t)) };
    do {
        error = read_pair(parse);
        if (error)
            return error;
        separator = *parse->at;
        if (separator) {
            parse->at++;
            parse->rdn += separator == ',';
            skip_blanks(parse);
        }
    } while (separator);
    return NULL;
}

/* The next '/' that begins an attribute, or the end. Any other slash belongs to the value, as does one behind
 * a backslash. */
static const char *find_slash(apr_pool_t *p, const char *at)
{
    for (; *at; at++) {
        apr_size_t n = *at == '/' ? measure_label(at + 1) : 0;
        mtls_str_t oid;

        if (at[0] == '\\' && at[1] == '/')
            at++;
        else if (n && at[1 + n] == '=' && find_type(p, apr_pstrmemdup(p, at + 1, n), &oid))
            break;
    }
    return at;
}

/* openssl's one-line print has octets outside printable ASCII as \xHH and a backslash before '/' and '+',
 * but none before itself. */
static mtls_str_t read_slash_value(apr_pool_t *p, const char *from, const char *end)
{
    char *buffer = apr_palloc(p, (apr_size_t)(end - from) + 1), *to = buffer;

    while (from < end) {
        int octet = end - from >= 4 && from[0] == '\\' && from[1] == 'x' ? mtls_text_octet(from + 2) : -1;

        if (octet < 0 && end - from >= 2 && from[0] == '\\' && (from[1] == '/' || from[1] == '+'))
            from++;
        *to++ = octet < 0 ? *from : (char)octet;
        from += octet < 0 ? 1 : 4;
    }
    return (mtls_str_t){ buffer, (apr_size_t)(to - buffer) };
}

static const char *read_slashes(apr_pool_t *p, const char *text, parse_t *parse)
{
    *parse = (parse_t){ p, text, 0, 0, 0, apr_array_make(p, 8, sizeof(mtls_attribute_t)) };
    for (; *parse->at; parse->rdn++) {
        const char *end, *error;
        mtls_str_t oid;

        parse->at++;
        error = read_label(parse, &oid);
        if (error)
            return error;
        end = find_slash(p, parse->at);
        error = add_attribute(parse, oid, read_slash_value(p, parse->at, end));
        if (error)
            return error;
        parse->at = end;
    }
    return NULL;
}

/* The name with its RDNs in the other order; attributes within an RDN stay as they are. */
static mtls_dn_t *make_dn(parse_t *parse, int reverse)
{
    const mtls_attribute_t *written = (const mtls_attribute_t *)parse->attributes->elts;
    int n = parse->attributes->nelts, to = 0, step;
    mtls_attribute_t *attributes = apr_palloc(parse->pool, (apr_size_t)n * sizeof(*attributes));
    mtls_dn_t *dn = apr_palloc(parse->pool, sizeof(*dn));

    for (step = 0; step <= parse->rdn; step++) {
        int rdn = reverse ? parse->rdn - step : step, i;

        for (i = 0; i < n; i++) {
            if (written[i].rdn != rdn)
                continue;
            attributes[to] = written[i];
            attributes[to++].rdn = step;
        }
    }
    *dn = (mtls_dn_t){ n, attributes, 1 };
    return dn;
}

/* Where blanks or quotes are all that is wrong, show what to write instead. */
static const char *suggest(apr_pool_t *p, const char *text, const char *error)
{
    const char *encoded_order, *reversed;
    parse_t parse;

    if (read_pairs(p, text, 1, &parse))
        return error;
    encoded_order = mtls_dn_print(p, make_dn(&parse, 0));
    reversed = mtls_dn_print(p, make_dn(&parse, 1));
    if (parse.loose_equals) {
        return apr_psprintf(p, "is openssl's print of a distinguished name; in RFC 4514 form it is %s", encoded_order);
    }
    if (strcmp(encoded_order, reversed) == 0)
        return apr_psprintf(p, "is not a distinguished name in RFC 4514 form: write %s", reversed);
    return apr_psprintf(p, "is not a distinguished name in RFC 4514 form: write %s if it is openssl's print (most "
                        "general part first), or %s if its most specific part comes first", encoded_order, reversed);
}

const char *mtls_dn_parse(apr_pool_t *p, const char *text, const mtls_dn_t **dn)
{
    int slashes = *text == '/';
    const char *error;
    parse_t parse;

    if (*text == '\0')
        return "is empty";
    error = slashes ? read_slashes(p, text, &parse) : read_pairs(p, text, 0, &parse);
    if (error)
        return slashes ? error : suggest(p, text, error);
    *dn = make_dn(&parse, !slashes);
    return NULL;
}

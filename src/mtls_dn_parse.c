/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <string.h>
#include <apr_strings.h>
#include "mtls_der.h"
#include "mtls_dn_written.h"

static void skip_blanks(mtls_dn_written_t *parse)
{
    while (parse->loose && *parse->at == ' ')
        parse->at++;
}

static const char *escape(mtls_dn_written_t *parse, const char *word)
{
    return mtls_text_escape(parse->pool, mtls_str(word));
}

static const char *refuse_label(mtls_dn_written_t *parse, const char *label)
{
    return apr_psprintf(parse->pool, "is not a distinguished name: unknown attribute '%s'; known are %s and object "
                        "identifiers", escape(parse, label), mtls_dn_labels(parse->pool));
}

static const char *read_label(mtls_dn_written_t *parse, mtls_str_t *oid)
{
    apr_size_t n = mtls_dn_label_len(parse->at);
    const char *label = apr_pstrmemdup(parse->pool, parse->at, n), *rest = escape(parse, parse->at);

    parse->at += n;
    parse->loose_equals |= *parse->at == ' ';
    skip_blanks(parse);
    if (n == 0 || *parse->at != '=') {
        return apr_psprintf(parse->pool, "is not a distinguished name in RFC 4514 form such as \"CN=web,O=Example\": "
                            "an attribute and '=' are needed at '%s'; a name that has blanks stands in quotes as a whole",
                            rest);
    }
    parse->at++;
    skip_blanks(parse);
    return mtls_dn_label_type(parse->pool, label, oid) ? NULL : refuse_label(parse, label);
}

/* "#0c03414243": the DER of the value. */
static const char *read_hex_value(mtls_dn_written_t *parse, mtls_str_t *text)
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

static int is_value_end(const mtls_dn_written_t *parse, int quoted)
{
    return *parse->at == '\0' || (quoted ? *parse->at == '"' : *parse->at == ',' || *parse->at == '+');
}

static const char *refuse_character(mtls_dn_written_t *parse)
{
    return apr_psprintf(parse->pool, "is not a distinguished name in RFC 4514 form: %s at '%s'", *parse->at == '\\'
                        ? "a backslash must stand before a special character or two hexadecimal digits"
                        : "\", ;, < and > need a backslash in front", escape(parse, parse->at));
}

/* A value as written into buffer. *kept is its length without unescaped blanks at the end. */
static const char *read_characters(mtls_dn_written_t *parse, int quoted, char *buffer, apr_size_t *length, apr_size_t *kept)
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

static const char *read_string_value(mtls_dn_written_t *parse, mtls_str_t *text)
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

const char *mtls_dn_written_add(mtls_dn_written_t *parse, mtls_str_t oid, mtls_str_t text)
{
    mtls_attribute_t *attribute = apr_array_push(parse->attributes);

    *attribute = (mtls_attribute_t){ oid, text, parse->rdn, 1 };
    return mtls_text_clean(text) ? NULL : "is not a distinguished name: a value has control characters or is not "
                                          "well-formed UTF-8";
}

/* One "CN=web" and the separator behind it. */
static const char *read_pair(mtls_dn_written_t *parse)
{
    mtls_str_t oid, text = { "", 0 };
    const char *error = read_label(parse, &oid);

    if (!error)
        error = *parse->at == '#' ? read_hex_value(parse, &text) : read_string_value(parse, &text);
    if (!error)
        error = mtls_dn_written_add(parse, oid, text);
    if (error)
        return error;
    skip_blanks(parse);
    if (*parse->at != '\0' && *parse->at != ',' && *parse->at != '+') {
        return apr_psprintf(parse->pool, "is not a distinguished name in RFC 4514 form: ',' or '+' is needed at '%s'",
                            escape(parse, parse->at));
    }
    return NULL;
}

static mtls_dn_written_t begin(apr_pool_t *p, const char *text, int loose)
{
    return (mtls_dn_written_t){ p, text, loose, 0, 0, apr_array_make(p, 8, sizeof(mtls_attribute_t)) };
}

static const char *read_pairs(mtls_dn_written_t *parse)
{
    const char *error;
    char separator;

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

/* The name with its RDNs in the other order; attributes within an RDN stay as they are. */
static mtls_dn_t *make_dn(mtls_dn_written_t *parse, int reverse)
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
    mtls_dn_written_t parse = begin(p, text, 1);

    if (read_pairs(&parse))
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
    mtls_dn_written_t parse = begin(p, text, 0);

    if (*text == '\0')
        return "is empty";
    error = slashes ? mtls_dn_read_slashes(&parse) : read_pairs(&parse);
    if (error)
        return slashes ? error : suggest(p, text, error);
    *dn = make_dn(&parse, !slashes);
    return NULL;
}

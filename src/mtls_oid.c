/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <apr_strings.h>
#include "mtls_type.h"

/* One number of an object identifier. Those under 2.25 are UUIDs of 128 bits; nobody has larger ones. */
#define ARC_WORDS 5

typedef struct arc_t {
    apr_uint32_t word[ARC_WORDS];    /* least significant first */
} arc_t;

static const arc_t arc_zero;

/* arc * factor + add. False if it no longer fits. */
static int arc_grow(arc_t *arc, unsigned factor, unsigned add)
{
    apr_uint64_t carry = add;
    int i;

    for (i = 0; i < ARC_WORDS; i++) {
        carry += (apr_uint64_t)arc->word[i] * factor;
        arc->word[i] = (apr_uint32_t)carry;
        carry >>= 32;
    }
    return carry == 0;
}

/* Divide by divisor; returns the remainder. */
static unsigned arc_shrink(arc_t *arc, unsigned divisor)
{
    apr_uint64_t rest = 0;
    int i;

    for (i = ARC_WORDS - 1; i >= 0; i--) {
        if (rest == 0 && arc->word[i] == 0)
            continue;
        rest = rest << 32 | arc->word[i];
        arc->word[i] = (apr_uint32_t)(rest / divisor);
        rest %= divisor;
    }
    return (unsigned)rest;
}

static void arc_subtract(arc_t *arc, unsigned less)
{
    int i;

    for (i = 0; i < ARC_WORDS && less; i++) {
        unsigned borrow = arc->word[i] < less;

        arc->word[i] -= less;
        less = borrow;
    }
}

static int arc_below(const arc_t *arc, unsigned limit)
{
    int i;

    for (i = 1; i < ARC_WORDS; i++) {
        if (arc->word[i])
            return 0;
    }
    return arc->word[0] < limit;
}

/* Write the arc in a base, most significant digit first; flag marks all digits but the last. */
static char *arc_write(char *to, arc_t arc, unsigned base, unsigned zero, unsigned flag)
{
    char digits[ARC_WORDS * 10];
    int n = 0;

    do {
        digits[n] = (char)((arc_shrink(&arc, base) + zero) | (n ? flag : 0));
        n++;
    } while (!arc_below(&arc, 1));
    while (n > 0)
        *to++ = digits[--n];
    return to;
}

static char *write_decimal(char *to, arc_t arc)
{
    return arc_write(to, arc, 10, '0', 0);
}

static char *write_base128(char *to, arc_t arc)
{
    return arc_write(to, arc, 128, 0, 0x80);
}

/* The first subidentifier holds two arcs (X.690 section 8.19.4). */
static char *write_first_arcs(char *to, arc_t arc)
{
    unsigned root = arc_below(&arc, 40) ? 0 : arc_below(&arc, 80) ? 1 : 2;

    arc_subtract(&arc, root * 40);
    *to++ = (char)('0' + root);
    *to++ = '.';
    return write_decimal(to, arc);
}

int mtls_value_oid(apr_pool_t *p, mtls_str_t content, mtls_value_t *value)
{
    char *dotted = apr_palloc(p, 4 * content.len + 3), *to = dotted;
    arc_t arc = arc_zero;
    int begins = 1;
    apr_size_t i;

    for (i = 0; i < content.len; i++) {
        unsigned octet = (unsigned char)content.ptr[i];

        if ((begins && octet == 0x80) || !arc_grow(&arc, 128, octet & 0x7f))
            return -1;
        begins = octet < 0x80;
        if (!begins)
            continue;
        if (to == dotted) {
            to = write_first_arcs(to, arc);
        }
        else {
            *to++ = '.';
            to = write_decimal(to, arc);
        }
        arc = arc_zero;
    }
    if (to == dotted || !begins)
        return -1;
    *to = '\0';
    *value = (mtls_value_t){ { dotted, (apr_size_t)(to - dotted) }, content, 0, NULL };
    return 0;
}

static const char not_an_oid[] =
    "is not an object identifier: numbers with dots between them are needed, such as 1.3.6.1.4.1.99999.1";
static const char arc_too_large[] = "is not an object identifier: one of its numbers is too large";

/* The decimal number at *at, which moves behind it. */
static const char *read_decimal(const char **at, arc_t *arc)
{
    const char *from = *at;

    *arc = arc_zero;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        if (!arc_grow(arc, 10, (unsigned)(**at - '0')))
            return arc_too_large;
    }
    if (*at == from || (*from == '0' && *at - from > 1))
        return not_an_oid;
    return NULL;
}

/* "2.25" and what it is in one number. */
static const char *read_first_arcs(const char **at, arc_t *arc)
{
    unsigned root = (unsigned)(**at - '0');
    const char *error;

    if (**at < '0' || **at > '2' || *++*at != '.')
        return not_an_oid;
    ++*at;
    error = read_decimal(at, arc);
    if (error)
        return error;
    if (root < 2 && !arc_below(arc, 40))
        return "is not an object identifier: behind 0 and 1 the second number is below 40";
    return arc_grow(arc, 1, root * 40) ? NULL : arc_too_large;
}

const char *mtls_oid_parse(apr_pool_t *p, const char *dotted, mtls_value_t *value)
{
    mtls_str_t word = mtls_str(dotted);
    char *octets = apr_palloc(p, word.len + 1), *to = octets;
    const char *at = dotted, *error;
    arc_t arc;

    if (word.len == 0)
        return "is empty";
    error = read_first_arcs(&at, &arc);
    while (!error) {
        to = write_base128(to, arc);
        if (*at == '\0')
            break;
        if (*at++ != '.')
            return not_an_oid;
        error = read_decimal(&at, &arc);
    }
    if (error)
        return error;
    if (mtls_value_oid(p, (mtls_str_t){ octets, (apr_size_t)(to - octets) }, value) < 0)
        return arc_too_large;
    return NULL;
}

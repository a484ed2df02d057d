/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <string.h>
#include <apr_strings.h>
#include "mtls_type.h"
#include "mtls_operand.h"

const mtls_type_t mtls_types[MTLS_TYPE_COUNT] = {
#define MTLS_TYPE(id, name, ops, separator, format, parse, example, doc) \
    { name, MTLS_OP_IS | MTLS_OP_PRESENT | (ops), separator, format, parse, example, doc },
#include "tbl/types.h"
};

mtls_value_t mtls_value_text(mtls_str_t text)
{
    return (mtls_value_t){ text, text, 0, NULL };
}

/* The key of text whose octets from folded on ignore ASCII case. */
static mtls_value_t fold_from(apr_pool_t *p, mtls_str_t text, apr_size_t folded)
{
    mtls_value_t value = mtls_value_text(mtls_str_copy(p, text));
    apr_size_t i;

    for (i = folded; i < text.len; i++) {
        if (text.ptr[i] >= 'A' && text.ptr[i] <= 'Z') {
            value.key = mtls_str_lower(p, text);
            memcpy((char *)value.key.ptr, text.ptr, folded);
            break;
        }
    }
    return value;
}

mtls_value_t mtls_value_dns(apr_pool_t *p, mtls_str_t text)
{
    return fold_from(p, text, 0);
}

mtls_value_t mtls_value_mail(apr_pool_t *p, mtls_str_t text)
{
    apr_size_t domain = text.len;

    while (domain > 0 && text.ptr[domain - 1] != '@')
        domain--;
    return fold_from(p, text, domain ? domain : text.len);
}

mtls_value_t mtls_value_ip(mtls_str_t octets)
{
    return (mtls_value_t){ octets, octets, -1, NULL };
}

/* A first octet of all zeros or all ones is padding where the next has the same sign (X.690 section 8.3.2). */
static int is_padded(mtls_str_t integer)
{
    unsigned char first = (unsigned char)integer.ptr[0];
    int sign = integer.len > 1 && (integer.ptr[1] & 0x80);

    return integer.len > 1 && ((first == 0x00 && !sign) || (first == 0xff && sign));
}

mtls_value_t mtls_value_serial(apr_pool_t *p, mtls_str_t content)
{
    mtls_str_t text = mtls_str_copy(p, content), key = text;

    while (key.len > 1 && is_padded(key)) {
        key.ptr++;
        key.len--;
    }
    return (mtls_value_t){ text, key, 0, NULL };
}

mtls_value_t mtls_value_number(apr_pool_t *p, apr_int64_t number)
{
    mtls_str_t text = mtls_str(apr_off_t_toa(p, (apr_off_t)number));

    return (mtls_value_t){ text, text, number, NULL };
}

int mtls_ip_in_network(const mtls_value_t *network, const mtls_value_t *address)
{
    apr_size_t octets = (apr_size_t)network->number / 8;
    unsigned rest = (unsigned)network->number % 8, difference;

    if (network->key.len != address->key.len || network->number < 0 || octets > network->key.len)
        return 0;
    if (memcmp(network->key.ptr, address->key.ptr, octets) != 0)
        return 0;
    if (rest == 0)
        return 1;
    if (octets == network->key.len)
        return 0;
    difference = (unsigned char)(network->key.ptr[octets] ^ address->key.ptr[octets]);
    return difference >> (8 - rest) == 0;
}

mtls_str_t mtls_ip_network_key(char *room, mtls_str_t address, apr_int64_t prefix)
{
    apr_size_t i;

    room[0] = (char)prefix;
    for (i = 0; i < address.len && i < MTLS_NETWORK_KEY_MAX - 1; i++) {
        apr_int64_t bits = prefix - (apr_int64_t)i * 8;
        int mask = bits >= 8 ? 0xff : bits <= 0 ? 0 : (0xff00 >> bits) & 0xff;

        room[i + 1] = (char)(address.ptr[i] & mask);
    }
    return (mtls_str_t){ room, i + 1 };
}

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "unit.h"
#include <openssl/objects.h>

apr_pool_t *unit_pool;

void unit_begin(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    apr_initialize();
    apr_pool_create(&unit_pool, NULL);
}

int unit_end(void)
{
    apr_pool_destroy(unit_pool);
    apr_terminate();
    return 0;
}

void unit_same(const char *what, const char *got, const char *want)
{
    if ((got == NULL) != (want == NULL) || (got && strcmp(got, want) != 0))
        fail_msg("%s: got %s, want %s", what, got ? got : "nothing", want ? want : "nothing");
}

mtls_str_t unit_join(const mtls_str_t *parts)
{
    apr_size_t len = 0;
    char *octets, *to;
    int i;

    for (i = 0; parts[i].ptr; i++)
        len += parts[i].len;
    to = octets = apr_pcalloc(unit_pool, len + 1);
    for (i = 0; parts[i].ptr; i++) {
        memcpy(to, parts[i].ptr, parts[i].len);
        to += parts[i].len;
    }
    return (mtls_str_t){ octets, len };
}

mtls_str_t unit_der(int tag, const mtls_str_t *parts)
{
    mtls_str_t content = unit_join(parts);
    char head[5];
    int n = 0;

    head[n++] = (char)tag;
    if (content.len >= 0x10000) {
        head[n++] = (char)0x83;
        head[n++] = (char)(content.len >> 16);
        head[n++] = (char)(content.len >> 8);
    }
    else if (content.len >= 0x100) {
        head[n++] = (char)0x82;
        head[n++] = (char)(content.len >> 8);
    }
    else if (content.len >= 0x80) {
        head[n++] = (char)0x81;
    }
    head[n++] = (char)content.len;
    return JOIN({ head, (apr_size_t)n }, content);
}

mtls_str_t unit_repeat(mtls_str_t octets, int count)
{
    char *all = apr_pcalloc(unit_pool, octets.len * (apr_size_t)count + 1);
    int i;

    for (i = 0; i < count; i++)
        memcpy(all + octets.len * (apr_size_t)i, octets.ptr, octets.len);
    return (mtls_str_t){ all, octets.len * (apr_size_t)count };
}

mtls_str_t unit_oid(const char *dotted)
{
    ASN1_OBJECT *object = OBJ_txt2obj(dotted, 1);
    unsigned char *der = NULL;
    int len = i2d_ASN1_OBJECT(object, &der);
    mtls_str_t oid = mtls_str_copy(unit_pool, (mtls_str_t){ (char *)der, (apr_size_t)len });

    OPENSSL_free(der);
    ASN1_OBJECT_free(object);
    return oid;
}

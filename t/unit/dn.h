/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file dn.h
 * @brief Distinguished names, for the unit programs about them.
 */
#ifndef DN_H
#define DN_H

#include "unit.h"
#include "mtls_dn.h"

/* A name in encoded order: "OID=text" joined by '+' within an RDN and by '|' between them. */
static inline const char *dn_describe(const mtls_dn_t *dn)
{
    const char *all = "";
    int i;

    for (i = 0; i < dn->n; i++) {
        const mtls_attribute_t *a = &dn->attributes[i];
        mtls_value_t oid;

        assert_int_equal(mtls_value_oid(unit_pool, a->oid, &oid), 0);
        assert_int_equal(a->rdn, i == 0 ? 0 : a->rdn == a[-1].rdn ? a->rdn : a[-1].rdn + 1);
        all = apr_pstrcat(unit_pool, all, i == 0 ? "" : a->rdn == a[-1].rdn ? "+" : "|", oid.text.ptr, "=",
                          a->readable ? mtls_text_escape(unit_pool, a->text) : "(unreadable)", NULL);
    }
    return all;
}

#endif

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_ruling.h
 * @brief Who decides about a request: our lines alone, or others, too.
 *
 * Where AuthMerging is not used, the innermost section with Require lines decides, and nobody else. So each section is
 * told apart by what stands in it. httpd calls every module that knows a directive: this one knows those of
 * mod_authz_core, to be told of them wherever they are written: in .htaccess, in <Proxy>, and by modules that make
 * sections of their own.
 */
#ifndef MTLS_RULING_H
#define MTLS_RULING_H

#include "mtls_conf.h"

struct mtls_ruling_t {
    int lines;                   /**< Require lines, whoever's, */
    int ours;                    /**< and those of ours that say the same of a certificate for as long as it is good */
    int mixed;                   /**< for some methods only, or together with other sections */
};

/** A directive of mod_authz_core in the section of dirv, a mtls_dir_t: its commands have this. */
const char *mtls_ruling_note(cmd_parms *cmd, void *dirv, const char *words);

/** The line that is being read is ours, and lasts. @return its section's ruling; NULL: it has none */
const mtls_ruling_t *mtls_ruling_add(cmd_parms *cmd);

/** True if what the section's lines say together is the same for all requests by a certificate that is good. */
static inline int mtls_ruling_lasts(const mtls_ruling_t *ruling)
{
    return ruling && !ruling->mixed && ruling->ours && ruling->lines == ruling->ours;
}

/** Nothing of ours is written: no section is to be merged because of us. */
void mtls_ruling_forget(mtls_generation_t *generation);

#endif

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_dump.h
 * @brief "httpd -t -D DUMP_MTLS": every rule that was compiled, and where it stands.
 */
#ifndef MTLS_DUMP_H
#define MTLS_DUMP_H

#include "mtls_conf.h"

/** Register the hook that prints them behind a configuration test. */
void mtls_dump_register(void);

#endif

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_export.h
 * @brief Identity headers into the request, for the backend to read.
 */
#ifndef MTLS_EXPORT_H
#define MTLS_EXPORT_H

#include "mtls_request.h"

/** Hooks the last fixup: whatever other modules did to the names we export, ours stand. */
void mtls_export_register(void);

#endif

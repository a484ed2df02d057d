/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_target.h
 * @brief MTLSPathCheck: request targets that can be read in more than one way are refused.
 */
#ifndef MTLS_TARGET_H
#define MTLS_TARGET_H

/** Hooks the header parser, which runs before access is decided. */
void mtls_target_register(void);

#endif

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_kill.h
 * @brief The kill list: asked for every request, before anything else, in every virtual host.
 */
#ifndef MTLS_KILL_H
#define MTLS_KILL_H

/** Registers the hook. */
void mtls_kill_register(void);

#endif

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_keeper.h
 * @brief A thread in each child that looks after the lists; requests never touch a file.
 */
#ifndef MTLS_KEEPER_H
#define MTLS_KEEPER_H

/** Registers the hook that starts it. */
void mtls_keeper_register(void);

#endif

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Random numbers that are the same in every run: a handshake's cost varies with them by more than what is measured.
 * For counting only. Nothing that uses this is safe. */
#ifndef FIXED_RANDOM_H
#define FIXED_RANDOM_H

#define OPENSSL_SUPPRESS_DEPRECATED
#include <stdint.h>
#include <openssl/rand.h>

static uint64_t fixed_random_state;

/** Begin the row of numbers again. */
static inline void fixed_random_restart(void)
{
    fixed_random_state = 0x9E3779B97F4A7C15;
}

static int fixed_random_fill(unsigned char *out, int length)
{
    for (int i = 0; i < length; i++) {
        fixed_random_state ^= fixed_random_state << 13;
        fixed_random_state ^= fixed_random_state >> 7;
        fixed_random_state ^= fixed_random_state << 17;
        out[i] = (unsigned char)(fixed_random_state >> 32);
    }
    return 1;
}

static int fixed_random_is_ready(void)
{
    return 1;
}

/** From now on OpenSSL takes them for random. */
static inline void fixed_random_use(void)
{
    static RAND_METHOD method = { NULL, fixed_random_fill, NULL, NULL, fixed_random_fill, fixed_random_is_ready };

    fixed_random_restart();
    RAND_set_rand_method(&method);
}

#endif

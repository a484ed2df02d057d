/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* What fuzz targets share. A target is fuzz_prepare and fuzz_one; libFuzzer drives it, or replay.c with files. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <string.h>
#include <apr_strings.h>

#include "mtls_match.h"
#include "mtls_text.h"

/** Once; p lives as long as the program. */
void fuzz_prepare(apr_pool_t *p);
/** One input: exactly these octets, with nothing behind them. p ends with it. */
void fuzz_one(apr_pool_t *p, mtls_str_t input);

/** End the program: what must always be so is not. */
#define FUZZ_CHECK(so, ...) ((so) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #so, __VA_ARGS__))
void fuzz_fail(const char *file, int line, const char *what, const char *about) __attribute__((noreturn));

/** Where memory of pools comes from: with on, each piece is one of its own, so that a sanitizer sees its ends. */
void fuzz_exact(int on);

/** Cut the octets before the next octet like this one off the input. False: there is nothing left. */
int fuzz_next(mtls_str_t *input, char end, mtls_str_t *part);

/** The words of a line: blanks part them, double quotes hold them together. @return how many, at most max */
int fuzz_words(apr_pool_t *p, mtls_str_t line, const char **words, int max);

/** True for well-formed UTF-8 without control characters; ascii: none above 0x7e either. Not the module's own. */
int fuzz_printable(const char *text, int ascii);

/** Regular expressions as the server has them; no paths. */
extern const mtls_host_t fuzz_host;

#endif

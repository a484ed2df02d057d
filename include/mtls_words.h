/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_words.h
 * @brief A line of words, read as httpd reads it, and what quotes make a difference for.
 */
#ifndef MTLS_WORDS_H
#define MTLS_WORDS_H

#include <apr_pools.h>

/** The next word of *line, in quotes or without, in p; *line moves behind it and the blanks that follow. */
const char *mtls_words_next(apr_pool_t *p, const char **line);

/** What a word without quotes seems to be instead of a value: a comment, a conjunction, a comma or, if it stands where it
 *  could be one, an operator too many. NULL: nothing else. */
const char *mtls_words_meant(const char *word, int operates);

/**
 * The words behind "Require mtls" as they were written, for a rule that is well otherwise: does the line say what it
 * seems to say?
 *
 * @return NULL, or a sentence in p about the first word that is read as a value and seems to be none
 */
const char *mtls_words_refused(apr_pool_t *p, const char *line);

#endif

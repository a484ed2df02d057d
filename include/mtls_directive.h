/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_directive.h
 * @brief What all directives do: begin, and say what is wrong with their words. While the configuration is read, by one
 *        thread.
 */
#ifndef MTLS_DIRECTIVE_H
#define MTLS_DIRECTIVE_H

#include "httpd.h"
#include "http_config.h"
#include "mtls_conf.h"

/**
 * The directive begins. None of ours stands in .htaccess, which AllowOverrideList would let have it: what is said here is
 * for all requests, and is not to be touched any more when there are some. None stands in <Limit>: what is meant for some
 * methods would hold for all.
 *
 * @param mark mtls_conf_touch or mtls_conf_use; not called where the directive must not stand
 * @return NULL, or httpd's sentence that it must not stand here
 */
const char *mtls_directive_begin(cmd_parms *cmd, mtls_generation_t *(*mark)(cmd_parms *cmd));

/** Its file and line. */
mtls_place_t mtls_directive_place(const cmd_parms *cmd);

/** The directive's name before what another room says. In cmd->pool. */
const char *mtls_directive_refuse(cmd_parms *cmd, const char *sentence);

/** A word of the operator's as it may be put into a sentence: escaped. In cmd->pool. */
const char *mtls_directive_quote(cmd_parms *cmd, const char *word);

/** A word an operator may write, and what it means. */
typedef struct mtls_choice_t {
    const char *word;
    int value;
} mtls_choice_t;

/** Set value to what word means. @param choices ends with NULL
 *  @return NULL, or a sentence with all words that are known; value is as it was then */
const char *mtls_directive_choose(cmd_parms *cmd, const mtls_choice_t *choices, const char *word, int *value);

#endif

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_tree.h
 * @brief The configuration as the operator wrote it: httpd's tree of directives.
 *
 * Section trees of other modules are private to them; what they were told is not.
 */
#ifndef MTLS_TREE_H
#define MTLS_TREE_H

#include "httpd.h"
#include "http_config.h"

/** Call visit for each directive below and behind this one, outer before inner; stops at the first non-zero. */
int mtls_tree_walk(const ap_directive_t *directive, int (*visit)(void *ctx, const ap_directive_t *directive), void *ctx);

/** True if the directive has this name, ASCII case ignored. */
int mtls_tree_is(const ap_directive_t *directive, const char *name);

/** The nearest section around a directive with this name ("<VirtualHost"), or NULL. */
const ap_directive_t *mtls_tree_within(const ap_directive_t *directive, const char *section);

/** The n-th word of a directive's arguments (0 the first), "" behind the last. In p. */
const char *mtls_tree_word(apr_pool_t *p, const ap_directive_t *directive, int n);

/** A line "Require NAME ..." that is negated, by "not" or by a <RequireNone> around it. */
int mtls_tree_negates(apr_pool_t *p, const ap_directive_t *directive, const char *name);

/** The name that an <AuthzProviderAlias> gives. In p. */
const char *mtls_tree_alias(apr_pool_t *p, const ap_directive_t *alias);

/** The virtual host a directive stands in; main_server outside of all. Where its file is included more than once: one of
 *  those that the section has made, for words to the operator. */
server_rec *mtls_tree_server(const ap_directive_t *directive, server_rec *main_server);

/** True if a directive may hold for a server: it stands outside of all virtual hosts, or in the section that has made this
 *  one, and perhaps others. */
int mtls_tree_concerns(const ap_directive_t *directive, const server_rec *s);

#endif

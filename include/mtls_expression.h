/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_expression.h
 * @brief %{MTLS:FIELD} and mtls('FIELD') in httpd's expressions.
 */
#ifndef MTLS_EXPRESSION_H
#define MTLS_EXPRESSION_H

/** Hooks expr_lookup. */
void mtls_expression_register(void);

#endif

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* MTLS_REASON(id, slug, HTTP status, text, what to check)
 * A slug is contract: never change one, never use one again for something else. */
MTLS_REASON(GRANTED, "granted", 200,
    "every requirement was met",
    "nothing")
MTLS_REASON(NO_TLS, "no-tls", 403,
    "the connection is not encrypted",
    "whether the request came over https, and whether SSLEngine is on in this virtual host")
MTLS_REASON(NO_CERTIFICATE, "no-certificate", 403,
    "the client sent no certificate",
    "SSLVerifyClient in this virtual host, and whether the client was given a certificate and key")
MTLS_REASON(UNVERIFIED, "unverified", 403,
    "the certificate was not verified",
    "whether SSLCACertificateFile holds the issuing CA, and whether SSLVerifyClient is optional_no_ca")
MTLS_REASON(NOT_YET_VALID, "not-yet-valid", 403,
    "the certificate is not valid yet",
    "notBefore of the certificate and the clock of this machine")
MTLS_REASON(EXPIRED, "expired", 403,
    "the certificate has expired",
    "notAfter of the certificate and the clock of this machine")
MTLS_REASON(MALFORMED, "malformed", 403,
    "the certificate, or the field that was asked for, cannot be read safely",
    "the certificate with mtls-explain: duplicate extensions, control characters, undecodable text")
MTLS_REASON(NO_MATCH, "no-match", 403,
    "no rule lets this certificate in",
    "the rules in the log line against the certificate with mtls-explain")
MTLS_REASON(AMBIGUOUS, "ambiguous", 403,
    "the certificate has several values where there must be one",
    "which field is exported or used as the user name, and how often the certificate has it")
MTLS_REASON(NO_USER, "no-user", 403,
    "no user name follows from the certificate",
    "MTLSUser, its match= expression and the certificate's field")
MTLS_REASON(CHAIN_UNAVAILABLE, "chain-unavailable", 403,
    "the verified chain of this resumed session is not known",
    "whether other servers issue session tickets with the same key; a new connection cures it")
MTLS_REASON(TOO_LARGE, "too-large", 403,
    "the identity headers would be larger than allowed",
    "MTLSMaxHeaders, the exported fields and the size of the certificate")
MTLS_REASON(AMBIGUOUS_PATH, "ambiguous-path", 400,
    "the path can be read in more than one way",
    "the request target for ;, \\, %2f, %5c, %25, %00, empty and dot segments; MTLSPathCheck")
MTLS_REASON(BACKSTOP, "backstop", 403,
    "no Require mtls line was satisfied for this request",
    "Satisfy Any, Require all granted, AuthMerging and locations without a Require mtls line")
MTLS_REASON(LIST_UNAVAILABLE, "list-unavailable", 403,
    "a list that a rule needs could not be read",
    "the error log for the list's name and file")
MTLS_REASON(KILLED, "killed", 403,
    "the certificate is on the kill list",
    "the kill list's entry and whether it is still meant")
MTLS_REASON(SPOOFED_HEADER, "spoofed-header", 400,
    "the client sent a header that only this server may set",
    "the log line with the header's name; MTLSPass and MTLSGuard if another proxy sets it rightly")
#undef MTLS_REASON

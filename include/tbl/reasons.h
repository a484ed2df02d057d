/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* MTLS_REASON(id, slug, HTTP status, text, what to check, likely cause, cure)
 * A slug is contract: never change one, never use one again for something else. */
MTLS_REASON(GRANTED, "granted", 200,
    "every requirement was met",
    "nothing",
    "a rule holds for this client",
    "none is needed")
MTLS_REASON(NO_TLS, "no-tls", 403,
    "the connection is not encrypted",
    "whether the request came over https, and whether SSLEngine is on in this virtual host",
    "the request came over plain http, or TLS ends at another proxy in front",
    "send clients to https; end TLS at this server, which has to see the certificate itself")
MTLS_REASON(NO_CERTIFICATE, "no-certificate", 403,
    "the client sent no certificate",
    "SSLVerifyClient in this virtual host, and whether the client was given a certificate and key",
    "the client has no certificate for a CA that this server names in the handshake, or was not told to use it",
    "set SSLVerifyClient optional; give the client its certificate and key; put the CA into SSLCACertificateFile so that the client offers it")
MTLS_REASON(UNVERIFIED, "unverified", 403,
    "the certificate was not verified",
    "whether SSLCACertificateFile holds the issuing CA, and whether SSLVerifyClient is optional_no_ca",
    "the issuing CA is not trusted here, the client left its intermediate certificate out, or the server tolerates what it cannot verify",
    "add the CA to SSLCACertificateFile, let the client send its whole chain, and use SSLVerifyClient optional rather than optional_no_ca")
MTLS_REASON(NOT_YET_VALID, "not-yet-valid", 403,
    "the certificate is not valid yet",
    "notBefore of the certificate and the clock of this machine",
    "the certificate was issued by a machine whose clock is ahead, or this machine's clock is behind",
    "set the clocks; wait until notBefore")
MTLS_REASON(EXPIRED, "expired", 403,
    "the certificate has expired",
    "notAfter of the certificate and the clock of this machine",
    "the certificate was not renewed, or a connection outlived it",
    "issue a new certificate to the client, and let it open a new connection")
MTLS_REASON(MALFORMED, "malformed", 403,
    "the certificate, or the field that was asked for, cannot be read safely",
    "the certificate with mtls-explain: duplicate extensions, control characters, undecodable text",
    "a certificate made by unusual software, or made to be read differently by two programs",
    "have it issued again without the field or extension that mtls-explain marks; do not let it in")
MTLS_REASON(NO_MATCH, "no-match", 403,
    "no rule lets this certificate in",
    "the rules in the log line against the certificate with mtls-explain",
    "the client is known but is not meant to be here, or the rule names something else than the certificate has",
    "give the client another certificate, or change the rule; mtls-explain --rule shows which rule would hold")
MTLS_REASON(AMBIGUOUS, "ambiguous", 403,
    "the certificate has several values where there must be one",
    "which field is exported or used as the user name, and how often the certificate has it",
    "a certificate with several names of the kind that one user name or one header is made of",
    "use a field that the certificate has once, a format that carries lists, or MTLSUser with match=")
MTLS_REASON(NO_USER, "no-user", 403,
    "no user name follows from the certificate",
    "MTLSUser, its match= expression and the certificate's field",
    "a Require line asks for a user, and the certificate has no such field or match= does not match it",
    "choose a field that every client's certificate has; correct match=")
MTLS_REASON(CHAIN_UNAVAILABLE, "chain-unavailable", 403,
    "the verified chain of this resumed session is not known",
    "whether other servers issue session tickets with the same key; a new connection cures it",
    "the session was made by another server or before a restart, and the CA certificates of its chain are not known here",
    "let the client connect anew; give each server its own ticket keys, or all servers the same configuration")
MTLS_REASON(TOO_LARGE, "too-large", 403,
    "the identity headers would be larger than allowed",
    "MTLSMaxHeaders, the exported fields and the size of the certificate",
    "a certificate with very many names, or several profiles that each carry the whole certificate",
    "export less, or raise MTLSMaxHeaders together with the backend's own limit")
MTLS_REASON(AMBIGUOUS_PATH, "ambiguous-path", 400,
    "the path can be read in more than one way",
    "the request target for ; (also as %3b), \\, %2f, %5c, %25, %00, empty and dot segments; MTLSPathCheck",
    "a client that probes, or an application that puts encoded slashes or matrix parameters into its URLs",
    "if the backend reads such paths as this server does: MTLSPathCheck off for this location")
MTLS_REASON(BACKSTOP, "backstop", 403,
    "no Require mtls line was satisfied for this request",
    "Satisfy Any, Require all granted, AuthMerging and locations without a Require mtls line",
    "a location without a Require mtls line, or one that something else let the request pass by",
    "add the missing Require mtls line, or exempt this exact path with MTLSBackstop off")
MTLS_REASON(LIST_UNAVAILABLE, "list-unavailable", 403,
    "a list that a rule needs could not be read",
    "the error log for 'cannot reach it' and 'no thread that keeps lists', and the server's limits of memory, processes and files",
    "a child of the server cannot map the list's memory, or could start no thread that keeps lists; a bad file is not the cause",
    "raise the limit, then apachectl graceful: new children have the list")
MTLS_REASON(KILLED, "killed", 403,
    "the certificate is on the kill list",
    "the kill list's entry and whether it is still meant",
    "somebody has put this certificate on the kill list",
    "issue a new certificate; take the entry out if it was an error")
MTLS_REASON(SPOOFED_HEADER, "spoofed-header", 400,
    "the client sent a header that only this server may set",
    "the log line with the header's name; MTLSPass and MTLSGuard if another proxy sets it rightly",
    "a client that tries to pass for another, or a proxy in front that rightly sets this header",
    "nothing, if it was an attack; else MTLSPass for the name, with only that proxy able to connect")
#undef MTLS_REASON

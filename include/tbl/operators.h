/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* MTLS_OPERATOR(name, bit, documentation) */
MTLS_OPERATOR("is", MTLS_OP_IS, "equal as the type means it; understood where no operator is written")
MTLS_OPERATOR("covers", MTLS_OP_COVERS, "the certificate's DNS name covers the value: a left-most * stands for one label (RFC 9525)")
MTLS_OPERATOR("like", MTLS_OP_LIKE, "glob: * stops at the type's separator, ** does not; nothing else is special")
MTLS_OPERATOR("matches", MTLS_OP_MATCHES, "regular expression (PCRE), anchored at both ends")
MTLS_OPERATOR("<", MTLS_OP_LT, "less, earlier or shorter than")
MTLS_OPERATOR("<=", MTLS_OP_LE, "at most")
MTLS_OPERATOR(">", MTLS_OP_GT, "greater, later or longer than")
MTLS_OPERATOR(">=", MTLS_OP_GE, "at least")
MTLS_OPERATOR("present", MTLS_OP_PRESENT, "the field has a value; takes none")
#undef MTLS_OPERATOR

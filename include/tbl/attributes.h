/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* MTLS_ATTRIBUTE(suffix, RFC 4514 label, OID, type, documentation) */
MTLS_ATTRIBUTE("cn", "CN", "2.5.4.3", TEXT, "common name")
MTLS_ATTRIBUTE("o", "O", "2.5.4.10", TEXT, "organization name")
MTLS_ATTRIBUTE("ou", "OU", "2.5.4.11", TEXT, "organizational unit name")
MTLS_ATTRIBUTE("c", "C", "2.5.4.6", TEXT, "country name")
MTLS_ATTRIBUTE("st", "ST", "2.5.4.8", TEXT, "state or province name")
MTLS_ATTRIBUTE("l", "L", "2.5.4.7", TEXT, "locality name")
MTLS_ATTRIBUTE("street", "STREET", "2.5.4.9", TEXT, "street address")
MTLS_ATTRIBUTE("dc", "DC", "0.9.2342.19200300.100.1.25", TEXT, "domain component")
MTLS_ATTRIBUTE("uid", "UID", "0.9.2342.19200300.100.1.1", TEXT, "user identifier")
MTLS_ATTRIBUTE("email", "emailAddress", "1.2.840.113549.1.9.1", MAIL, "mail address (PKCS #9)")
MTLS_ATTRIBUTE("title", "title", "2.5.4.12", TEXT, "title")
MTLS_ATTRIBUTE("given-name", "GN", "2.5.4.42", TEXT, "given name")
MTLS_ATTRIBUTE("surname", "SN", "2.5.4.4", TEXT, "surname")
MTLS_ATTRIBUTE("serial-number", "serialNumber", "2.5.4.5", TEXT, "serial number of the subject, not of the certificate")
MTLS_ATTRIBUTE("organization-identifier", "organizationIdentifier", "2.5.4.97", TEXT,
    "organization identifier (ETSI EN 319 412-1)")
#undef MTLS_ATTRIBUTE

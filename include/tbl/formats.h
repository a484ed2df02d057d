/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* MTLS_FORMAT(name, flags, types, encoder, documentation)
 * The order is the one that error sentences and documents list them in. */
#define MTLS_BIT(type) (1ul << MTLS_T_##type)
#define MTLS_WORDS (MTLS_BIT(TEXT) | MTLS_BIT(DNS) | MTLS_BIT(URI) | MTLS_BIT(MAIL) | MTLS_BIT(UPN) | MTLS_BIT(IP) \
    | MTLS_BIT(OID) | MTLS_BIT(PURPOSE) | MTLS_BIT(POLICY) | MTLS_BIT(KEY_USAGE) \
    | MTLS_BIT(KEY_TYPE) | MTLS_BIT(CURVE) | MTLS_BIT(SIGALG) | MTLS_BIT(TLS_VERSION) | MTLS_BIT(STATUS))
#define MTLS_HASHES (MTLS_BIT(SHA256) | MTLS_BIT(SHA1) | MTLS_BIT(OCTETS))
#define MTLS_COUNTS (MTLS_BIT(NUMBER) | MTLS_BIT(DURATION))
MTLS_FORMAT("text", 0, MTLS_WORDS, mtls_encode_text,
    "printable ASCII as it is; %, blanks at the ends and all other characters as percent-encoded UTF-8")
MTLS_FORMAT("utf8", MTLS_FORMAT_UTF8, MTLS_WORDS, mtls_encode_utf8,
    "UTF-8 as it is; not sent with a control character or a blank at an end")
MTLS_FORMAT("pem-url", MTLS_FORMAT_LIST, MTLS_BIT(DER), mtls_encode_pem_url,
    "PEM, everything but A-Z a-z 0-9 - . _ ~ percent-encoded; several certificates one after another")
MTLS_FORMAT("pem-url-aws", MTLS_FORMAT_LIST, MTLS_BIT(DER), mtls_encode_pem_url_aws,
    "as pem-url, with + = / as they are")
MTLS_FORMAT("pem-space", MTLS_FORMAT_LIST, MTLS_BIT(DER), mtls_encode_pem_space,
    "PEM with single blanks for line ends and none at the end")
MTLS_FORMAT("pem-body", 0, MTLS_BIT(DER), mtls_encode_base64,
    "the base64 of PEM in one line, without BEGIN and END")
MTLS_FORMAT("der-base64", 0, MTLS_BIT(DER), mtls_encode_base64,
    "base64 of DER in one line, with padding")
MTLS_FORMAT("sf", MTLS_FORMAT_LIST, MTLS_BIT(DER) | MTLS_BIT(DN) | MTLS_HASHES | MTLS_WORDS, mtls_encode_sf,
    "Structured Field byte sequence (RFC 8941), :base64:; several make a list")
MTLS_FORMAT("rfc4514", 0, MTLS_BIT(DN), mtls_encode_rfc4514,
    "RFC 4514, most specific first, octets above 7e as \\XX")
MTLS_FORMAT("rfc4514-utf8", MTLS_FORMAT_UTF8, MTLS_BIT(DN), mtls_encode_rfc4514_utf8,
    "RFC 4514, most specific first, UTF-8 as it is")
MTLS_FORMAT("slash", MTLS_FORMAT_UTF8, MTLS_BIT(DN), mtls_encode_slash,
    "/TYPE=value in encoded order, UTF-8 as it is; not sent where it could be read as another name")
MTLS_FORMAT("der-name-base64", 0, MTLS_BIT(DN), mtls_encode_base64,
    "base64 of the name's DER")
MTLS_FORMAT("hex", 0, MTLS_HASHES | MTLS_BIT(SERIAL), mtls_encode_hex,
    "lower-case hexadecimal")
MTLS_FORMAT("hex-upper", 0, MTLS_HASHES | MTLS_BIT(SERIAL), mtls_encode_hex_upper,
    "upper-case hexadecimal")
MTLS_FORMAT("hex-colon", 0, MTLS_HASHES | MTLS_BIT(SERIAL), mtls_encode_hex_colon,
    "lower-case hexadecimal, a colon between octets")
MTLS_FORMAT("base64", 0, MTLS_HASHES | MTLS_WORDS, mtls_encode_base64,
    "base64 with padding, of octets or of UTF-8 text")
MTLS_FORMAT("base64url", 0, MTLS_HASHES | MTLS_WORDS, mtls_encode_base64url,
    "base64 with - and _ and without padding (RFC 4648 section 5)")
MTLS_FORMAT("decimal", 0, MTLS_COUNTS | MTLS_BIT(SERIAL), mtls_encode_decimal,
    "decimal digits; durations in seconds")
MTLS_FORMAT("rfc3339", 0, MTLS_BIT(TIME), mtls_encode_rfc3339,
    "2027-01-31T23:59:59Z")
MTLS_FORMAT("unix", 0, MTLS_BIT(TIME), mtls_encode_unix,
    "seconds since 1970-01-01T00:00:00Z")
MTLS_FORMAT("openssl-time", 0, MTLS_BIT(TIME), mtls_encode_openssl_time,
    "Jan 31 23:59:59 2027 GMT; the day in two columns")
MTLS_FORMAT("asn1-time", 0, MTLS_BIT(TIME), mtls_encode_asn1_time,
    "YYMMDDhhmmssZ; from 2050 on and before 1950 YYYYMMDDhhmmssZ")
MTLS_FORMAT("list-comma", MTLS_FORMAT_LIST, MTLS_WORDS, mtls_encode_list_comma,
    "all values, each as text with its commas percent-encoded, joined by commas")
MTLS_FORMAT("list-base64", MTLS_FORMAT_LIST, MTLS_WORDS | MTLS_HASHES | MTLS_BIT(DN) | MTLS_BIT(DER),
    mtls_encode_list_base64, "all values, each as base64, joined by commas")
/* For profiles only. */
MTLS_FORMAT("ascii", MTLS_FORMAT_INTERNAL, MTLS_WORDS, mtls_encode_ascii,
    "printable ASCII as it is, % too; anything else is not sent")
MTLS_FORMAT("rfc4514-quotable", MTLS_FORMAT_INTERNAL, MTLS_BIT(DN), mtls_encode_rfc4514_quotable,
    "as rfc4514, with quotes and backslashes as \\22 and \\5C: the same inside a quoted string")
MTLS_FORMAT("rfc4514-spaced", MTLS_FORMAT_INTERNAL, MTLS_BIT(DN), mtls_encode_rfc4514_spaced,
    "as rfc4514, with a blank behind each comma and around each +")
MTLS_FORMAT("traefik-attribute", MTLS_FORMAT_INTERNAL | MTLS_FORMAT_UTF8, MTLS_WORDS, mtls_encode_traefik_attribute,
    "UTF-8 as it is; not sent with a quote or =")
MTLS_FORMAT("traefik-item", MTLS_FORMAT_INTERNAL | MTLS_FORMAT_UTF8, MTLS_WORDS, mtls_encode_traefik_item,
    "UTF-8 as it is; not sent with a quote, comma or semicolon")
MTLS_FORMAT("der-base64-joined", MTLS_FORMAT_INTERNAL | MTLS_FORMAT_LIST, MTLS_BIT(DER), mtls_encode_base64_joined,
    "base64 of the DER of all certificates, one after another")
MTLS_FORMAT("rfc3339-offset", MTLS_FORMAT_INTERNAL, MTLS_BIT(TIME), mtls_encode_rfc3339_offset,
    "2027-01-31T23:59:59+00:00")
MTLS_FORMAT("present-digit", MTLS_FORMAT_INTERNAL, MTLS_BIT(STATUS), mtls_encode_present_digit,
    "of verify: 1 if there is a certificate, else 0")
MTLS_FORMAT("present-word", MTLS_FORMAT_INTERNAL, MTLS_BIT(STATUS), mtls_encode_present_word,
    "of verify: true if there is a certificate, else false")
MTLS_FORMAT("verified-word", MTLS_FORMAT_INTERNAL, MTLS_BIT(STATUS), mtls_encode_verified_word,
    "of verify: true for SUCCESS, else false")
MTLS_FORMAT("verify-code", MTLS_FORMAT_INTERNAL, MTLS_BIT(STATUS), mtls_encode_verify_code,
    "of verify: the number OpenSSL has for it, 0 for SUCCESS; nothing without a certificate")
MTLS_FORMAT("gcp-error", MTLS_FORMAT_INTERNAL, MTLS_BIT(STATUS), mtls_encode_gcp_error,
    "of verify: Google's word for what is wrong; nothing for SUCCESS")
#undef MTLS_FORMAT
#undef MTLS_BIT
#undef MTLS_WORDS
#undef MTLS_HASHES
#undef MTLS_COUNTS

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Types: which words become which values, and with what sentence the others are refused. */
#include "unit.h"
#include <time.h>
#include <openssl/objects.h>
#include "mtls_dn.h"
#include "mtls_time.h"
#include "mtls_type.h"

static const char *parse(mtls_type_id_t type, const char *word, mtls_value_t *value)
{
    return mtls_types[type].parse(unit_pool, word, value);
}

/* Words of one type that are equal, and the key they share in hexadecimal (octet types) or as text. */
static const struct { mtls_type_id_t type; const char *word, *key; } words[] = {
    { MTLS_T_TEXT, "Payments", "Payments" },
    { MTLS_T_TEXT, "svc-\xc3\xa4nne", "svc-\xc3\xa4nne" },
    { MTLS_T_TEXT, " *\\ ", " *\\ " },
    { MTLS_T_URI, "spiffe://Example.org/A%20b", "spiffe://Example.org/A%20b" },
    { MTLS_T_DNS, "WWW.Example.ORG", "www.example.org" },
    { MTLS_T_DNS, "*.x_y.example", "*.x_y.example" },
    { MTLS_T_DNS, "xn--nne-qla.example", "xn--nne-qla.example" },
    { MTLS_T_MAIL, "Anne@Example.ORG", "Anne@example.org" },
    { MTLS_T_MAIL, "\"A@B\"@C.de", "\"A@B\"@c.de" },
    { MTLS_T_MAIL, "NoDomain", "NoDomain" },
    { MTLS_T_UPN, "Anne@Corp.Example", "Anne@Corp.Example" },
    { MTLS_T_IP, "192.0.2.7", "c0000207" },
    { MTLS_T_IP, "192.0.2.0/24", "c0000200" },
    { MTLS_T_IP, "0.0.0.0/0", "00000000" },
    { MTLS_T_IP, "192.0.2.128/25", "c0000280" },
    { MTLS_T_IP, "2001:DB8::7", "20010db8000000000000000000000007" },
    { MTLS_T_IP, "2001:db8::/33", "20010db8000000000000000000000000" },
    { MTLS_T_IP, "::/0", "00000000000000000000000000000000" },
    { MTLS_T_IP, "::ffff:192.0.2.7", "00000000000000000000ffffc0000207" },
    { MTLS_T_SERIAL, "0A:1B:2C", "0a1b2c" },
    { MTLS_T_SERIAL, "a1b2c", "0a1b2c" },
    { MTLS_T_SERIAL, "0x00000A1B2C", "0a1b2c" },
    { MTLS_T_SERIAL, "0", "00" },
    { MTLS_T_SERIAL, "-0", "00" },
    { MTLS_T_SERIAL, "7f", "7f" },
    { MTLS_T_SERIAL, "80", "0080" },
    { MTLS_T_SERIAL, "00:80", "0080" },
    { MTLS_T_SERIAL, "-80", "80" },
    { MTLS_T_SERIAL, "-1", "ff" },
    { MTLS_T_SERIAL, "-0x0001", "ff" },
    { MTLS_T_SERIAL, "-81", "ff7f" },
    { MTLS_T_SERIAL, "-ff", "ff01" },
    { MTLS_T_SERIAL, "-8000", "8000" },
    { MTLS_T_SHA256, "6AF53C75CB8BEC52163440DF177CDDD4000982D7EA69DB3645371FB9B061F44D",
      "6af53c75cb8bec52163440df177cddd4000982d7ea69db3645371fb9b061f44d" },
    { MTLS_T_SHA1, "75:07:D8:14:C4:8D:18:DC:71:C5:20:83:0C:4C:A3:75:0F:57:55:88",
      "7507d814c48d18dc71c520830c4ca3750f575588" },
    { MTLS_T_OCTETS, "00:aB", "00ab" },
    { MTLS_T_TIME, "1970-01-01T00:00:00Z", "0" },
    { MTLS_T_TIME, "2027-01-01T00:00:00Z", "1798761600" },
    { MTLS_T_TIME, "2027-01-01t01:00:00+01:00", "1798761600" },
    { MTLS_T_TIME, "2026-12-31T18:30:00-05:30", "1798761600" },
    { MTLS_T_TIME, "2024-02-29T23:59:59z", "1709251199" },
    { MTLS_T_TIME, "0000-01-01T00:00:00Z", "-62167219200" },
    { MTLS_T_TIME, "9999-12-31T23:59:59Z", "253402300799" },
    { MTLS_T_DURATION, "90s", "90" },
    { MTLS_T_DURATION, "2m", "120" },
    { MTLS_T_DURATION, "36h", "129600" },
    { MTLS_T_DURATION, "7d", "604800" },
    { MTLS_T_DURATION, "1w", "604800" },
    { MTLS_T_DURATION, "0s", "0" },
    { MTLS_T_NUMBER, "2048", "2048" },
    { MTLS_T_NUMBER, "007", "7" },
    { MTLS_T_NUMBER, "9223372036854775807", "9223372036854775807" },
    { MTLS_T_OID, "1.2.840.113549", "2a864886f70d" },
    { MTLS_T_OID, "2.999.3", "883703" },
    { MTLS_T_OID, "0.39", "27" },
    { MTLS_T_PURPOSE, "clientAuth", "2b06010505070302" },
    { MTLS_T_PURPOSE, "CLIENTAUTH", "2b06010505070302" },
    { MTLS_T_PURPOSE, "1.3.6.1.5.5.7.3.2", "2b06010505070302" },
    { MTLS_T_PURPOSE, "msSmartcardLogin", "2b0601040182371402" "02" },
    { MTLS_T_PURPOSE, "anyExtendedKeyUsage", "551d2500" },
    { MTLS_T_PURPOSE, "1.3.6.1.4.1.99999.1", "2b06010401868d1f01" },
    { MTLS_T_POLICY, "anyPolicy", "551d2000" },
    { MTLS_T_POLICY, "2.5.29.32.0", "551d2000" },
    { MTLS_T_KEY_USAGE, "digitalSignature", "digitalSignature" },
    { MTLS_T_KEY_USAGE, "contentCommitment", "nonRepudiation" },
    { MTLS_T_KEY_USAGE, "crlsign", "cRLSign" },
    { MTLS_T_KEY_TYPE, "RSA-PSS", "rsa-pss" },
    { MTLS_T_KEY_TYPE, "ed448", "ed448" },
    { MTLS_T_CURVE, "P-256", "P-256" },
    { MTLS_T_CURVE, "prime256v1", "P-256" },
    { MTLS_T_CURVE, "secp256r1", "P-256" },
    { MTLS_T_CURVE, "secp384r1", "P-384" },
    { MTLS_T_CURVE, "p-521", "P-521" },
    { MTLS_T_CURVE, "brainpoolp256R1", "brainpoolP256r1" },
    { MTLS_T_CURVE, "secp256k1", "secp256k1" },
    { MTLS_T_SIGALG, "ecdsa-with-SHA256", "ecdsa-with-SHA256" },
    { MTLS_T_SIGALG, "sha256WithRSAEncryption", "sha256WithRSAEncryption" },
    { MTLS_T_SIGALG, "RSA-SHA256", "sha256WithRSAEncryption" },
    { MTLS_T_SIGALG, "RSASSA-PSS", "rsassaPss" },
    { MTLS_T_SIGALG, "ED25519", "ED25519" },
    { MTLS_T_TLS_VERSION, "TLSv1", "TLSv1" },
    { MTLS_T_TLS_VERSION, "tlsv1.3", "TLSv1.3" }
};

static int is_octets(mtls_type_id_t type)
{
    switch (type) {
    case MTLS_T_IP: case MTLS_T_SERIAL: case MTLS_T_SHA256: case MTLS_T_SHA1: case MTLS_T_OCTETS:
    case MTLS_T_OID: case MTLS_T_PURPOSE: case MTLS_T_POLICY: return 1;
    default: return 0;
    }
}

static void test_words(void **state)
{
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        mtls_value_t value;

        unit_same(words[i].word, parse(words[i].type, words[i].word, &value), NULL);
        unit_same(words[i].word, is_octets(words[i].type) ? mtls_text_hex(unit_pool, value.key, 0, 0)
                  : apr_pstrmemdup(unit_pool, value.key.ptr, value.key.len), words[i].key);
    }
}

#define PURPOSES "serverAuth, clientAuth, codeSigning, emailProtection, ipsecEndSystem, ipsecTunnel, ipsecUser, " \
    "timeStamping, OCSPSigning, eapOverPPP, eapOverLAN, ipsecIKE, secureShellClient, secureShellServer, " \
    "documentSigning, anyExtendedKeyUsage, pkInitClientAuth, pkInitKDC, msSmartcardLogin"
#define NOT_SHA256 "is not a SHA-256 digest: 64 hexadecimal digits are needed"
#define NOT_SHA1 "is not a SHA-1 digest: 40 hexadecimal digits are needed"
#define NOT_HEX "is not hexadecimal: two digits for each octet are needed, colons between octets are allowed"
#define NOT_SERIAL "is not a serial number: hexadecimal digits are needed, colons between octets and a '-' in front " \
    "are allowed"
#define NOT_ADDRESS "is not an IP address or a network such as 192.0.2.0/24 or 2001:db8::/32"
#define NOT_PREFIX4 "is not a network: behind the slash a number from 0 to 32 is needed"
#define NOT_PREFIX6 "is not a network: behind the slash a number from 0 to 128 is needed"
#define NOT_TIME "is not a time in RFC 3339 form such as 2027-01-01T00:00:00Z"
#define NOT_DURATION "is not a duration: a whole number followed by s, m, h, d or w"
#define NOT_OID "is not an object identifier: numbers with dots between them are needed, such as 1.3.6.1.4.1.99999.1"
#define NOT_DNS "is not a DNS name: letters, digits, '-', '_', '.' and '*' are allowed"
#define NOT_TEXT "is not text: it has control characters or is not well-formed UTF-8"
#define NOT_TLS "is not a TLS version; known are TLSv1, TLSv1.1, TLSv1.2, TLSv1.3"
#define NOT_SIGALG "is not the name of a signature algorithm that OpenSSL knows, such as sha256WithRSAEncryption, " \
    "ecdsa-with-SHA256 or ED25519"

static const struct { mtls_type_id_t type; const char *word, *sentence; } refusals[] = {
    { MTLS_T_TEXT, "a\nb", NOT_TEXT },
    { MTLS_T_TEXT, "\xe4", NOT_TEXT },
    { MTLS_T_UPN, "\x7f", NOT_TEXT },
    { MTLS_T_URI, "https://\xc3\xa4.example",
      "is not a URI: it has characters outside ASCII, which a certificate carries percent-encoded" },
    { MTLS_T_URI, "a\tb", NOT_TEXT },
    { MTLS_T_DNS, "\xc3\xa4nne.example", "is not a DNS name in ASCII: write its A-label, which begins with xn--" },
    { MTLS_T_DNS, "a b", NOT_DNS },
    { MTLS_T_DNS, "example.org:443", NOT_DNS },
    { MTLS_T_DNS, "https://example.org", NOT_DNS },
    { MTLS_T_MAIL, "anne@\xc3\xa4.example",
      "is not a mail address with an ASCII domain: write the domain's A-label, which begins with xn--" },
    { MTLS_T_MAIL, "a\x01@b", NOT_TEXT },
    { MTLS_T_IP, "example.org", NOT_ADDRESS },
    { MTLS_T_IP, "192.0.2", NOT_ADDRESS },
    { MTLS_T_IP, "192.0.2.256", NOT_ADDRESS },
    { MTLS_T_IP, "192.0.02.1", NOT_ADDRESS },
    { MTLS_T_IP, "0x7f.1", NOT_ADDRESS },
    { MTLS_T_IP, "/24", NOT_ADDRESS },
    { MTLS_T_IP, "2001:db8::7::1", NOT_ADDRESS },
    { MTLS_T_IP, "fe80::1%eth0", NOT_ADDRESS },
    { MTLS_T_IP, "192.0.2.0/33", NOT_PREFIX4 },
    { MTLS_T_IP, "192.0.2.0/", NOT_PREFIX4 },
    { MTLS_T_IP, "192.0.2.0/+8", NOT_PREFIX4 },
    { MTLS_T_IP, "192.0.2.0/024", NOT_PREFIX4 },
    { MTLS_T_IP, "192.0.2.0/24/8", NOT_PREFIX4 },
    { MTLS_T_IP, "192.0.2.0/255.255.255.0", NOT_PREFIX4 },
    { MTLS_T_IP, "192.0.2.0/99999999999999999999", NOT_PREFIX4 },
    { MTLS_T_IP, "2001:db8::/129", NOT_PREFIX6 },
    { MTLS_T_IP, "192.0.2.7/24", "is not a network: it has bits set behind the prefix; the network is 192.0.2.0/24" },
    { MTLS_T_IP, "1.2.3.4/0", "is not a network: it has bits set behind the prefix; the network is 0.0.0.0/0" },
    { MTLS_T_IP, "2001:db8:ffff::/33",
      "is not a network: it has bits set behind the prefix; the network is 2001:db8:8000::/33" },
    { MTLS_T_SERIAL, "-", NOT_SERIAL },
    { MTLS_T_SERIAL, "0x", NOT_SERIAL },
    { MTLS_T_SERIAL, "12345678901234567890g", NOT_SERIAL },
    { MTLS_T_SERIAL, "A:1B:2C", NOT_SERIAL },
    { MTLS_T_SERIAL, "0A::1B", NOT_SERIAL },
    { MTLS_T_SERIAL, ":0A", NOT_SERIAL },
    { MTLS_T_SERIAL, "0A:", NOT_SERIAL },
    { MTLS_T_SERIAL, "--1", NOT_SERIAL },
    { MTLS_T_SERIAL, "0A 1B", NOT_SERIAL },
    { MTLS_T_SHA256, "6af53c75", NOT_SHA256 },
    { MTLS_T_SHA256, "6af53c75cb8bec52163440df177cddd4000982d7ea69db3645371fb9b061f44d00", NOT_SHA256 },
    { MTLS_T_SHA256, "6af53c75cb8bec52163440df177cddd4000982d7ea69db3645371fb9b061f44", NOT_SHA256 },
    { MTLS_T_SHA256, "avU8dcuL7FIWNEDfF3zd1AAJgtfqads2RTcfubBh9E0=", NOT_SHA256 },
    { MTLS_T_SHA1, "6af53c75cb8bec52163440df177cddd4000982d7ea69db3645371fb9b061f44d", NOT_SHA1 },
    { MTLS_T_OCTETS, "abc", NOT_HEX },
    { MTLS_T_OCTETS, "0x00", NOT_HEX },
    { MTLS_T_TIME, "2027-01-01", NOT_TIME },
    { MTLS_T_TIME, "2027-01-01T00:00:00", NOT_TIME },
    { MTLS_T_TIME, "2027-01-01 00:00:00Z", NOT_TIME },
    { MTLS_T_TIME, "2027-01-01T00:00:00.5Z", NOT_TIME },
    { MTLS_T_TIME, "2027-01-01T00:00:00+1:00", NOT_TIME },
    { MTLS_T_TIME, "2027-01-01T00:00:00+24:00", NOT_TIME },
    { MTLS_T_TIME, "2027-01-01T00:00:00+00:60", NOT_TIME },
    { MTLS_T_TIME, "2027-01-01T00:00:00ZZ", NOT_TIME },
    { MTLS_T_TIME, "2027-02-29T00:00:00Z", NOT_TIME },
    { MTLS_T_TIME, "2100-02-29T00:00:00Z", NOT_TIME },
    { MTLS_T_TIME, "2027-13-01T00:00:00Z", NOT_TIME },
    { MTLS_T_TIME, "2027-00-01T00:00:00Z", NOT_TIME },
    { MTLS_T_TIME, "2027-01-00T00:00:00Z", NOT_TIME },
    { MTLS_T_TIME, "2027-04-31T00:00:00Z", NOT_TIME },
    { MTLS_T_TIME, "2027-01-01T24:00:00Z", NOT_TIME },
    { MTLS_T_TIME, "2027-01-01T23:60:00Z", NOT_TIME },
    { MTLS_T_TIME, "2027-01-01T23:59:60Z", NOT_TIME },
    { MTLS_T_TIME, "-027-01-01T00:00:00Z", NOT_TIME },
    { MTLS_T_DURATION, "7", NOT_DURATION },
    { MTLS_T_DURATION, "d", NOT_DURATION },
    { MTLS_T_DURATION, "7D", NOT_DURATION },
    { MTLS_T_DURATION, "7 d", NOT_DURATION },
    { MTLS_T_DURATION, "7d12h", NOT_DURATION },
    { MTLS_T_DURATION, "-7d", NOT_DURATION },
    { MTLS_T_DURATION, "1.5d", NOT_DURATION },
    { MTLS_T_DURATION, "9223372036854775808s", "is too long a duration" },
    { MTLS_T_DURATION, "9223372036854775807w", "is too long a duration" },
    { MTLS_T_NUMBER, "x", "is no whole number" },
    { MTLS_T_NUMBER, "-1", "is no whole number" },
    { MTLS_T_NUMBER, "1.5", "is no whole number" },
    { MTLS_T_NUMBER, "0x10", "is no whole number" },
    { MTLS_T_NUMBER, "9223372036854775808", "is too large a number" },
    { MTLS_T_OID, "1", NOT_OID },
    { MTLS_T_OID, "1.", NOT_OID },
    { MTLS_T_OID, ".1", NOT_OID },
    { MTLS_T_OID, "1..2", NOT_OID },
    { MTLS_T_OID, "1.2.", NOT_OID },
    { MTLS_T_OID, "1.02", NOT_OID },
    { MTLS_T_OID, "3.1", NOT_OID },
    { MTLS_T_OID, "1.2.x", NOT_OID },
    { MTLS_T_OID, "1.2 ", NOT_OID },
    { MTLS_T_OID, "clientAuth", NOT_OID },
    { MTLS_T_OID, "1.40", "is not an object identifier: behind 0 and 1 the second number is below 40" },
    { MTLS_T_OID, "1.2.99999999999999999999999999999999999999999999999999",
      "is not an object identifier: one of its numbers is too large" },
    { MTLS_T_PURPOSE, "clientAut",
      "is not the name of an extended key usage; known are " PURPOSES ", or write its object identifier" },
    { MTLS_T_PURPOSE, "1.3.6.1.5.5.7.3.", NOT_OID },
    { MTLS_T_POLICY, "any",
      "is not the name of a certificate policy; known are anyPolicy, or write its object identifier" },
    { MTLS_T_KEY_USAGE, "signing", "is not the name of a key usage; known are digitalSignature, nonRepudiation, "
      "keyEncipherment, dataEncipherment, keyAgreement, keyCertSign, cRLSign, encipherOnly, decipherOnly, "
      "contentCommitment" },
    { MTLS_T_KEY_TYPE, "dsa", "is not the name of a key type; known are rsa, rsa-pss, ec, ed25519, ed448" },
    { MTLS_T_CURVE, "P-255",
      "is not the name of an elliptic curve that OpenSSL knows, such as P-256, secp256k1 or brainpoolP256r1" },
    { MTLS_T_SIGALG, "rsaEncryption", NOT_SIGALG },
    { MTLS_T_SIGALG, "sha256", NOT_SIGALG },
    { MTLS_T_SIGALG, "ecdsa-with-sha256", NOT_SIGALG },
    { MTLS_T_TLS_VERSION, "1.3", NOT_TLS },
    { MTLS_T_TLS_VERSION, "SSLv3", NOT_TLS },
    { MTLS_T_DER, "x", "cannot be compared with: the field is for export only" },
    { MTLS_T_STATUS, "SUCCESS", "cannot be compared with: the field is for export only" }
};

static void test_refusals(void **state)
{
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        mtls_value_t value;

        unit_same(refusals[i].word, parse(refusals[i].type, refusals[i].word, &value), refusals[i].sentence);
    }
}

static void test_every_type(void **state)
{
    mtls_value_t value;
    int type, other;

    (void)state;
    for (type = 0; type < MTLS_TYPE_COUNT; type++) {
        const mtls_type_t *row = &mtls_types[type];
        int export_only = type == MTLS_T_DER || type == MTLS_T_STATUS;

        assert_true(*row->name && *row->doc && *row->format);
        assert_true(row->ops & MTLS_OP_IS && row->ops & MTLS_OP_PRESENT);
        assert_int_equal(*row->example == '\0', export_only);
        if (!export_only)
            unit_same(row->name, row->parse(unit_pool, "", &value), "is empty");
        for (other = 0; other < type; other++)
            assert_string_not_equal(row->name, mtls_types[other].name);
        /* A quoted word reaches the parser without its quotes, pem: never does. */
        if (export_only || strncmp(row->example, "pem:", 4) == 0)
            continue;
        unit_same(row->name, row->parse(unit_pool, *row->example != '"' ? row->example
                  : apr_pstrmemdup(unit_pool, row->example + 1, strlen(row->example) - 2), &value), NULL);
    }
}

static void test_number_and_text(void **state)
{
    mtls_value_t low, high, purpose;

    (void)state;
    assert_null(parse(MTLS_T_TLS_VERSION, "TLSv1.2", &low));
    assert_null(parse(MTLS_T_TLS_VERSION, "TLSv1.3", &high));
    assert_true(low.number < high.number);
    assert_null(parse(MTLS_T_IP, "192.0.2.0/24", &low));
    assert_int_equal(low.number, 24);
    assert_null(parse(MTLS_T_IP, "2001:db8::1", &low));
    assert_int_equal(low.number, 128);
    assert_int_equal(mtls_value_ip(O("\1\2\3\4")).number, -1);
    assert_null(parse(MTLS_T_PURPOSE, "1.3.6.1.5.5.7.3.2", &purpose));
    unit_same("name of a purpose", purpose.text.ptr, "clientAuth");
    assert_null(parse(MTLS_T_DURATION, "2h", &low));
    assert_int_equal(low.number, 7200);
}

static const struct { const char *network, *address; int in; } networks[] = {
    { "192.0.2.0/24", "192.0.2.7", 1 }, { "192.0.2.0/24", "192.0.3.7", 0 },
    { "192.0.2.7", "192.0.2.7", 1 }, { "192.0.2.7", "192.0.2.6", 0 },
    { "192.0.2.128/25", "192.0.2.128", 1 }, { "192.0.2.128/25", "192.0.2.127", 0 },
    { "192.0.2.4/31", "192.0.2.5", 1 }, { "192.0.2.4/31", "192.0.2.6", 0 },
    { "0.0.0.0/0", "255.255.255.255", 1 }, { "0.0.0.0/0", "::1", 0 },
    { "::/0", "127.0.0.1", 0 }, { "::ffff:0:0/96", "192.0.2.7", 0 },
    { "2001:db8::/33", "2001:db8:7fff::1", 1 }, { "2001:db8::/33", "2001:db8:8000::1", 0 }
};

static void test_networks(void **state)
{
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
        mtls_value_t network, operand, address;

        assert_null(parse(MTLS_T_IP, networks[i].network, &network));
        assert_null(parse(MTLS_T_IP, networks[i].address, &operand));
        address = mtls_value_ip(operand.text);
        if (mtls_ip_in_network(&network, &address) != networks[i].in)
            fail_msg("%s is %sin %s", networks[i].address, networks[i].in ? "" : "not ", networks[i].network);
    }
}

static void test_oid_octets(void **state)
{
    static const struct { mtls_str_t octets; const char *dotted; } oids[] = {
        { { "\x55\x04\x03", 3 }, "2.5.4.3" },
        { { "\x00", 1 }, "0.0" },
        { { "\x4f", 1 }, "1.39" },
        { { "\x50", 1 }, "2.0" },
        { { "\x88\x37\x03", 3 }, "2.999.3" },
        { { "\x2b\x8f\xff\xff\xff\x7f", 6 }, "1.3.4294967295" },
        { { "", 0 }, NULL },
        { { "\x55\x80\x03", 3 }, NULL },
        { { "\x80\x55", 2 }, NULL },
        { { "\x55\x84", 2 }, NULL },
        { { "\x80", 1 }, NULL }
    };
    mtls_value_t value;
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
        int result = mtls_value_oid(unit_pool, oids[i].octets, &value);

        unit_same("object identifier", result == 0 ? value.text.ptr : NULL, oids[i].dotted);
    }
    assert_int_equal(mtls_value_oid(unit_pool, JOIN(O("\x55"), unit_repeat(O("\xff"), 60000), O("\x7f")), &value), -1);
}

/* OpenSSL reads and writes the same object identifiers, those under 2.25 with 128 bits included. */
static void test_oid_against_openssl(void **state)
{
    static const char *const dotted[] = {
        "1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25", "2.25.340282366920938463463374607431768211455",
        "2.47", "2.48", "2.175", "1.3.6.1.4.1.18446744073709551615.18446744073709551616.1"
    };
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(dotted) / sizeof(dotted[0]); i++) {
        mtls_str_t der = unit_oid(dotted[i]);
        mtls_value_t value;

        assert_null(mtls_oid_parse(unit_pool, dotted[i], &value));
        assert_true(mtls_str_eq(value.key, (mtls_str_t){ der.ptr + 2, der.len - 2 }));
        unit_same("object identifier", value.text.ptr, dotted[i]);
    }
}

/* Every day from year 1 to 9999 against the C library's calendar. */
static void test_days(void **state)
{
    apr_int64_t day;

    (void)state;
    for (day = -719162; day <= 2932896; day += 37) {
        time_t now = (time_t)(day * 86400 + 1);
        struct tm tm;
        mtls_value_t value;
        char word[32];

        if (now != day * 86400 + 1)      /* 32 bits end in 1901 and 2038 */
            continue;
        gmtime_r(&now, &tm);
        apr_snprintf(word, sizeof(word), "%04d-%02d-%02dT00:00:01Z", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
        unit_same(word, parse(MTLS_T_TIME, word, &value), NULL);
        assert_int_equal(value.number, day * 86400 + 1);
        unit_same(word, mtls_time_print(unit_pool, value.number, "Z"), word);
    }
}

/* Times of the last day that 32 bits can say, of the first that they cannot, and of a leap day, by counting on. */
static void test_seconds(void **state)
{
    static const struct { apr_int64_t from; const char *date; } days[] = {
        { 2147385600, "2038-01-18" }, { 2147472000, "2038-01-19" }, { 951782400, "2000-02-29" }, { -2208988800, "1900-01-01" },
        { 253402214400, "9999-12-31" }, { -62167219200, "0000-01-01" }, { -62162121600, "0000-02-29" },
    };
    int i, second;

    (void)state;
    for (i = 0; i < (int)(sizeof(days) / sizeof(days[0])); i++) {
        for (second = 0; second < 86400; second += 7) {
            char word[32];

            apr_snprintf(word, sizeof(word), "%sT%02d:%02d:%02d+00:00", days[i].date, second / 3600, second / 60 % 60, second % 60);
            unit_same(word, mtls_time_print(unit_pool, days[i].from + second, "+00:00"), word);
        }

    }
    assert_null(mtls_time_print(unit_pool, 253402300800, ""));
    assert_null(mtls_time_print(unit_pool, -62167219201, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words), cmocka_unit_test(test_refusals), cmocka_unit_test(test_every_type),
        cmocka_unit_test(test_number_and_text), cmocka_unit_test(test_networks), cmocka_unit_test(test_oid_octets),
        cmocka_unit_test(test_oid_against_openssl), cmocka_unit_test(test_days), cmocka_unit_test(test_seconds)
    };

    return UNIT_RUN(tests);
}

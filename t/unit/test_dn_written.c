/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Distinguished names as users write them: what is read, and what is refused. */
#include "dn.h"

#define DC "0.9.2342.19200300.100.1.25"
#define UID "0.9.2342.19200300.100.1.1"
#define MAIL "1.2.840.113549.1.9.1"

/* The first rows are the examples of RFC 4514 section 4. */
static const struct { const char *word, *name; } names[] = {
    { "UID=jsmith,DC=example,DC=net", DC "=net|" DC "=example|" UID "=jsmith" },
    { "OU=Sales+CN=J.  Smith,DC=example,DC=net", DC "=net|" DC "=example|2.5.4.11=Sales+2.5.4.3=J.  Smith" },
    { "CN=James \\\"Jim\\\" Smith\\, III,DC=example,DC=net",
      DC "=net|" DC "=example|2.5.4.3=James \\\"Jim\\\" Smith, III" },
    { "CN=Lu\\C4\\8Di\\C4\\87", "2.5.4.3=Lu\\xC4\\x8Di\\xC4\\x87" },
    { "1.3.6.1.4.1.1466.0=#0c024869", "1.3.6.1.4.1.1466.0=Hi" },
    { "CN=web", "2.5.4.3=web" },
    { "cn=web,o=Example", "2.5.4.10=Example|2.5.4.3=web" },
    { "2.5.4.3=web", "2.5.4.3=web" },
    { "CN=", "2.5.4.3=" },
    { "CN=,O=x", "2.5.4.10=x|2.5.4.3=" },
    { "CN=a=b", "2.5.4.3=a=b" },
    { "CN=a#b", "2.5.4.3=a#b" },
    { "CN=\\#a", "2.5.4.3=#a" },
    { "CN=\\ a\\ ", "2.5.4.3= a " },
    { "CN=a\\20", "2.5.4.3=a " },
    { "CN=a b", "2.5.4.3=a b" },
    { "CN=a/b", "2.5.4.3=a/b" },
    { "CN=\\+\\,\\;\\<\\>\\=\\\\\\\"", "2.5.4.3=+,;<>=\\\\\\\"" },
    { "CN=a\\2Cb", "2.5.4.3=a,b" },
    { "CN=svc-\xc3\xa4nne,OU=Tier A,OU=Payments,O=Example\\, Inc.,C=DE",
      "2.5.4.6=DE|2.5.4.10=Example, Inc.|2.5.4.11=Payments|2.5.4.11=Tier A|2.5.4.3=svc-\\xC3\\xA4nne" },
    { "emailAddress=a@b.c,serialNumber=1,ST=S,title=T,GN=G,SN=N,organizationIdentifier=I,STREET=R",
      "2.5.4.9=R|2.5.4.97=I|2.5.4.4=N|2.5.4.42=G|2.5.4.12=T|2.5.4.8=S|2.5.4.5=1|" MAIL "=a@b.c" },
    { "S=x,givenName=y,surname=z,E=m,street=r", "2.5.4.9=r|" MAIL "=m|2.5.4.4=z|2.5.4.42=y|2.5.4.8=x" },
    { "commonName=a,organizationName=b,countryName=DE", "2.5.4.6=DE|2.5.4.10=b|2.5.4.3=a" },
    { "CN=#13026162", "2.5.4.3=ab" },
    { "CN=#1E0400E40062", "2.5.4.3=\\xC3\\xA4b" },
    { "CN=#0c00", "2.5.4.3=" },
    { "/C=DE/O=Example, Inc./CN=web", "2.5.4.6=DE|2.5.4.10=Example, Inc.|2.5.4.3=web" },
    { "/O=a\\/b/CN=x", "2.5.4.10=a/b|2.5.4.3=x" },
    { "/O=a\\/FOO=b/CN=x", "2.5.4.10=a/FOO=b|2.5.4.3=x" },
    { "/O=a\\/", "2.5.4.10=a/" },
    { "/O=https:\\/\\/example.org\\/CN\\/x", "2.5.4.10=https://example.org/CN/x" },
    { "/CN=a\\+b,c;d\\e \"", "2.5.4.3=a+b,c;d\\\\e \\\"" },
    { "/CN= a ", "2.5.4.3= a " },
    { "/CN=a=b", "2.5.4.3=a=b" },
    { "/O=a, FOO=b,=c,", "2.5.4.10=a, FOO=b,=c," },
    { "/CN=\\xC3\\xA4", "2.5.4.3=\\xC3\\xA4" },
    { "/CN=\xc3\xa4/1.2.3=y", "2.5.4.3=\\xC3\\xA4|1.2.3=y" },
    { "/CN=a\\b\\x4", "2.5.4.3=a\\\\b\\\\x4" },
    { "/CN=a\\\\+b\\\\/c", "2.5.4.3=a\\\\+b\\\\/c" },
    { "/CN=a\\", "2.5.4.3=a\\\\" },
    { "/CN=", "2.5.4.3=" },
    { "/CN=/O=", "2.5.4.3=|2.5.4.10=" },
    { "/C=DE/O=Example, Inc./CN=anne+UID=a1", "2.5.4.6=DE|2.5.4.10=Example, Inc.|2.5.4.3=anne+" UID "=a1" },
    { "/C=DE/OU=x+CN=Multi CA", "2.5.4.6=DE|2.5.4.11=x+2.5.4.3=Multi CA" },
    { "/OU=a+OU=b+1.2.3=c/OU=d", "2.5.4.11=a+2.5.4.11=b+1.2.3=c|2.5.4.11=d" },
    /* What OpenSSL has a name for: RFC 5280's postalCode, RFC 2985's unstructuredName, RFC 4524's rfc822Mailbox. */
    { "/C=DE/postalCode=10115/O=Example/CN=postal", "2.5.4.6=DE|2.5.4.17=10115|2.5.4.10=Example|2.5.4.3=postal" },
    { "/CN=a+unstructuredName=b", "2.5.4.3=a+1.2.840.113549.1.9.2=b" },
    { "/mail=a@b/rfc822Mailbox=c@d", "0.9.2342.19200300.100.1.3=a@b|0.9.2342.19200300.100.1.3=c@d" },
    { "/Mail=a", "1.3.6.1.7=a" },
    { "/UID=a/userId=b/uniqueIdentifier=c", UID "=a|" UID "=b|0.9.2342.19200300.100.1.44=c" },
    { "/ct_cert_scts=a", "1.3.6.1.4.1.11129.2.4.5=a" },
    { "/cn=a/email=b/S=c", "2.5.4.3=a|" MAIL "=b|2.5.4.8=c" },
    { "/emailAddress=a@b/title=t", MAIL "=a@b|2.5.4.12=t" }
};

static void test_names(void **state)
{
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const mtls_dn_t *dn;

        unit_same(names[i].word, mtls_dn_parse(unit_pool, names[i].word, &dn), NULL);
        assert_true(dn->readable);
        unit_same(names[i].word, dn_describe(dn), names[i].name);
    }
}

#define FORM "is not a distinguished name in RFC 4514 form"
#define LABEL FORM " such as \"CN=web,O=Example\": an attribute and '=' are needed at "
#define QUOTES "; a name that has blanks stands in quotes as a whole"
#define NOT_TEXT "is not a distinguished name: a value has control characters or is not well-formed UTF-8"
#define NOT_HEX "is not a distinguished name: a value behind '#' must be the hexadecimal DER of a character string"
#define BACKSLASH FORM ": a backslash must stand before a special character or two hexadecimal digits at "
#define SPECIAL FORM ": \", ;, < and > need a backslash in front at "
#define KNOWN "; known are CN, O, OU, C, ST, L, STREET, DC, UID, emailAddress, title, GN, SN, serialNumber, " \
    "organizationIdentifier and object identifiers"
#define SLASHES "is not a distinguished name in slash form: '"
#define NO_BEGIN "' does not begin with an attribute and '='; known are CN, O, OU, C, ST, L, STREET, DC, UID, emailAddress, " \
    "title, GN, SN, serialNumber, organizationIdentifier, the names that OpenSSL has and object identifiers; write " \
    "\\/ or \\+ where one is meant within a value"
#define OTHER "what stands before '=' in '"
#define OTHER_END "' is one attribute to OpenSSL and another one here; write its object identifier"
#define TWO_WAYS "is a distinguished name that can be read in two ways at '"
#define TWO_WAYS_END "'; write it in RFC 4514 form such as \"CN=web,O=Example\""

static const struct { const char *word, *sentence; } refusals[] = {
    { "", "is empty" },
    { "web", LABEL "'web'" QUOTES },
    { "CN", LABEL "'CN'" QUOTES },
    { "=web", LABEL "'=web'" QUOTES },
    { "CN=a,", LABEL "''" QUOTES },
    { "CN=a,,O=b", LABEL "',O=b'" QUOTES },
    { "CN=a+", LABEL "''" QUOTES },
    { ",CN=a", LABEL "',CN=a'" QUOTES },
    { "FOO=a", "is not a distinguished name: unknown attribute 'FOO'" KNOWN },
    { "OID.2.5.4.3=a", "is not a distinguished name: unknown attribute 'OID.2.5.4.3'" KNOWN },
    { "1.2.=a", "is not a distinguished name: unknown attribute '1.2.'" KNOWN },
    { "CN=a;O=b", SPECIAL "';O=b'" },
    { "CN=a<b", SPECIAL "'<b'" },
    { "CN=a\"b\"", SPECIAL "'\\\"b\\\"'" },
    { "CN=a\\", BACKSLASH "'\\\\'" },
    { "CN=a\\x41", BACKSLASH "'\\\\x41'" },
    { "CN=a\\4", BACKSLASH "'\\\\4'" },
    { "CN=Before\\0dAfter,DC=example,DC=net", NOT_TEXT },
    { "CN=a\\00b", NOT_TEXT },
    { "CN=a\x01", NOT_TEXT },
    { "CN=\\E4", NOT_TEXT },
    { "CN=\xe4", NOT_TEXT },
    { "1.3.6.1.4.1.1466.0=#04024869", NOT_HEX },
    { "CN=#", NOT_HEX },
    { "CN=#0c02616", NOT_HEX },
    { "CN=#0c0261", NOT_HEX },
    { "CN=#0c016162", NOT_HEX },
    { "CN=#0c0100", NOT_HEX },
    { "CN=#0c0161x", FORM ": ',' or '+' is needed at 'x'" },
    { "CN=\"a", SPECIAL "'\\\"a'" },
    { "C = DE, O = \"Example, Inc.\", CN = svc-\\C3\\A4nne",
      "is openssl's print of a distinguished name; in RFC 4514 form it is CN=svc-\\C3\\A4nne,O=Example\\, Inc.,C=DE" },
    { "C = DE, OU = a + CN = b",
      "is openssl's print of a distinguished name; in RFC 4514 form it is OU=a+CN=b,C=DE" },
    { "CN = web", "is openssl's print of a distinguished name; in RFC 4514 form it is CN=web" },
    { "CN=web, O=Example", FORM ": write O=Example,CN=web if it is openssl's print (most general part first), or "
      "CN=web,O=Example if its most specific part comes first" },
    { "O=\"Example, Inc.\"", FORM ": write O=Example\\, Inc." },
    { "CN=web ", FORM ": write CN=web" },
    { " CN=web", LABEL "' CN=web'" QUOTES },
    { "CN= web", FORM ": write CN=web" },
    { "/", SLASHES "/" NO_BEGIN },
    { "//CN=a", SLASHES "/" NO_BEGIN },
    { "/+CN=a", SLASHES "/" NO_BEGIN },
    { "/FOO=a", SLASHES "/FOO=a" NO_BEGIN },
    { "/CN", SLASHES "/CN" NO_BEGIN },
    { "/C = DE/CN = a", SLASHES "/C = DE" NO_BEGIN },
    { "/C=DE/ON=Example/CN=a", SLASHES "/ON=Example" NO_BEGIN },
    { "/C=DE/O = Example/CN=a", SLASHES "/O = Example" NO_BEGIN },
    { "/C=DE//CN=a", SLASHES "/" NO_BEGIN },
    { "/C=DE/", SLASHES "/" NO_BEGIN },
    { "/O=a/b\\/c/CN=x", SLASHES "/b\\\\/c" NO_BEGIN },
    { "/O=https://example.org", SLASHES "/" NO_BEGIN },
    { "/O=a/PostalCode=1", SLASHES "/PostalCode=1" NO_BEGIN },
    { "/O=a/2.5.4.=b", SLASHES "/2.5.4.=b" NO_BEGIN },
    { "/O=a/AES-128-CBC-HMAC-SHA1=b+CN=c", SLASHES "/AES-128-CBC-HMAC-SHA1=b" NO_BEGIN },
    { "/CN=a+b", SLASHES "+b" NO_BEGIN },
    { "/CN=a+FOO=b/O=c", SLASHES "+FOO=b" NO_BEGIN },
    { "/CN=a+", SLASHES "+" NO_BEGIN },
    { "/CN=a++O=b", SLASHES "+" NO_BEGIN },
    { "/uid=a", "is not a distinguished name in slash form: " OTHER "/uid=a" OTHER_END },
    { "/O=b+uid=a/CN=c", "is not a distinguished name in slash form: " OTHER "+uid=a" OTHER_END },
    { "/C=DE,O=Example", TWO_WAYS ",O=Example" TWO_WAYS_END },
    { "/O=a,  postalCode=b/CN=c", TWO_WAYS ",  postalCode=b/CN=c" TWO_WAYS_END },
    { "/O=a,uid=b", TWO_WAYS ",uid=b" TWO_WAYS_END },
    { "/O=a\\/CN=b\\+c/CN=x", TWO_WAYS "\\\\/CN=b\\\\+c/CN=x" TWO_WAYS_END },
    { "/O=a\\+2.5.4.3=b", TWO_WAYS "\\\\+2.5.4.3=b" TWO_WAYS_END },
    { "/CN=a\\x41", TWO_WAYS "\\\\x41" TWO_WAYS_END },
    { "/CN=a\\x20b", TWO_WAYS "\\\\x20b" TWO_WAYS_END },
    { "/CN=a\\x7e", TWO_WAYS "\\\\x7e" TWO_WAYS_END },
    { "/CN=a\\x1f", NOT_TEXT },
    { "/CN=a\\x7f", NOT_TEXT },
    { "/CN=a\nb", NOT_TEXT },
    { "/CN=\\x00", NOT_TEXT },
    { "/CN=\xff", NOT_TEXT }
};

static void test_refusals(void **state)
{
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const mtls_dn_t *dn;

        unit_same(refusals[i].word, mtls_dn_parse(unit_pool, refusals[i].word, &dn), refusals[i].sentence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_names), cmocka_unit_test(test_refusals) };

    return UNIT_RUN(tests);
}

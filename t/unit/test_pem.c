/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Certificates in files, as operands of rules: how many there are, what is read from them, and what is refused. */
#include "certificate.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ui.h>
#include "mtls_list_read.h"
#include "mtls_pem.h"

#define BEGIN "-----BEGIN CERTIFICATE-----"

static int write_plain(BIO *bio, X509 *certificate) { return PEM_write_bio_X509(bio, certificate); }
static int write_trusted(BIO *bio, X509 *certificate) { return PEM_write_bio_X509_AUX(bio, certificate); }

/* A certificate of this common name in PEM. */
static const char *pem(const char *cn, int (*write)(BIO *, X509 *))
{
    certificate_t parts = certificate_parts();
    BIO *bio = BIO_new(BIO_s_mem());
    X509 *certificate;
    const char *text;
    char *octets;
    long len;

    parts.subject = certificate_name(cn);
    certificate = certificate_decode(&parts);
    assert_true(write(bio, certificate));
    len = BIO_get_mem_data(bio, &octets);
    text = apr_pstrmemdup(unit_pool, octets, (apr_size_t)len);
    BIO_free(bio);
    X509_free(certificate);
    return text;
}

/* The text with the first of these words replaced by another. */
static const char *with(const char *text, const char *word, const char *by)
{
    const char *at = strstr(text, word);

    assert_non_null(at);
    return apr_pstrcat(unit_pool, apr_pstrmemdup(unit_pool, text, (apr_size_t)(at - text)), by, at + strlen(word), NULL);
}

static const char *both(const char *first, const char *second)
{
    return apr_pstrcat(unit_pool, first, second, NULL);
}

static void test_texts(void **state)
{
    const char *one = pem("one", write_plain), *two = pem("two", write_plain);
    const struct { const char *text; int n; const char *error; } cases[] = {
        { one, 1, NULL },
        { both("# who signs\nsubject=CN = one\n", one), 1, NULL },
        { both(one, both("and another:\n", two)), 2, NULL },
        { pem("trusted", write_trusted), 1, NULL },
        { both(pem("trusted", write_trusted), two), 2, NULL },
        { "", 0, "holds no certificate in PEM form" },
        { "MIIB\n", 0, "holds no certificate in PEM form" },
        { "-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n", 0, "holds no certificate in PEM form" },
        { with(one, BEGIN "\n", BEGIN "\n!!!!"), 0, "is damaged behind certificate 0" },
        { both(one, with(two, "-----END", "-----ENDE")), 1, "is damaged behind certificate 1" },
        { both(one, BEGIN "\nMIIB\n-----END CERTIFICATE-----\n"), 1, "is damaged behind certificate 1" },
        { both(one, with(two, BEGIN, "----BEGIN CERTIFICATE-----")), 1,
          "has 2 END lines of certificates, but only 1 of them can be read: look at the BEGIN lines" },
        { both(with(one, BEGIN, "-----BEGlN CERTIFICATE-----"), two), 1,
          "has 2 END lines of certificates, but only 1 of them can be read: look at the BEGIN lines" },
    };
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        apr_array_header_t *found = apr_array_make(unit_pool, 1, sizeof(X509 *));

        unit_same(cases[i].text, mtls_pem_parse(unit_pool, cases[i].text, found), cases[i].error);
        assert_int_equal(found->nelts, cases[i].n);
        assert_int_equal(ERR_peek_error(), 0);
    }
}

/* ---- what is encrypted ---- */

#define ENCRYPTED "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"

static int asked;

static int note_question(UI *ui)
{
    (void)ui;
    asked++;
    return 0;
}

static const char *read_list(const char *text)
{
    mtls_loading_t loading = { .pool = unit_pool, .file = "file" };

    return mtls_list_read_crl(&loading, mtls_str(text));
}

/* Nobody sits in front of a server, and nobody is asked for a password. */
static void test_encrypted(void **state)
{
    static const char list[] = "-----BEGIN X509 CRL-----\n" ENCRYPTED "MIIB\n-----END X509 CRL-----\n";
    UI_METHOD *nobody = UI_create_method("nobody");
    apr_array_header_t *found = apr_array_make(unit_pool, 1, sizeof(X509 *));
    const char *one = pem("one", write_plain);

    (void)state;
    UI_method_set_opener(nobody, note_question);
    UI_set_default_method(nobody);
    unit_same("certificate", mtls_pem_parse(unit_pool, with(one, BEGIN "\n", BEGIN "\n" ENCRYPTED), found),
              "is damaged behind certificate 0");
    unit_same("list", read_list(list), "file: revocation list 1 is cut off or damaged");
    UI_set_default_method(UI_OpenSSL());
    UI_destroy_method(nobody);
    assert_int_equal(asked, 0);
    assert_int_equal(ERR_peek_error(), 0);
}

/* ---- operands ---- */

static char path[] = "/tmp/mtls-test-pem.XXXXXX";

static const char *full_path(apr_pool_t *p, const char *name)
{
    return strcmp(name, "unusable") ? apr_pstrdup(p, strcmp(name, "file") ? name : path) : NULL;
}

static const mtls_host_t host = { NULL, NULL, full_path };

/* What an operand of a field stands for, or the sentence. */
static const char *operand(const char *name, const char *word)
{
    apr_array_header_t *values = apr_array_make(unit_pool, 1, sizeof(mtls_value_t));
    mtls_fieldset_t *set = mtls_fieldset_make(unit_pool);
    const mtls_field_t *field;
    const char *error = mtls_fieldset_add(set, name, &field);

    assert_null(error);
    error = mtls_pem_operand(unit_pool, &host, field, word, values);
    if (error)
        return error;
    return facts_show(field, (mtls_values_t){ .known = MTLS_PRESENT, .n = values->nelts, .v = (mtls_value_t *)values->elts });
}

/* SHA-256 of what certificate_parts() gives for a common name. */
static const char *digest(const char *cn)
{
    certificate_t parts = certificate_parts();
    unsigned char octets[32];
    char *text = apr_pcalloc(unit_pool, 65);
    mtls_str_t der;
    int i;

    parts.subject = certificate_name(cn);
    der = certificate_der(&parts);
    assert_int_equal(EVP_Digest(der.ptr, der.len, octets, NULL, EVP_sha256(), NULL), 1);
    for (i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", octets[i]);
    return text;
}

static void test_operands(void **state)
{
    const char *digests = apr_pstrcat(unit_pool, digest("one"), "|", digest("two"), NULL);
    const struct { const char *field, *word, *wanted; } cases[] = {
        { "sha256", "pem:file", digests },
        { "ca.sha256", "pem:file", digests },
        { "subject", "pem:file", "CN=one|CN=two" },
        { "issuer", "pem:file", "CN=one|CN=two" },
        { "ca", "pem:file", "CN=one|CN=two" },
        { "san.dirname", "pem:file", "CN=one|CN=two" },
        { "serial", "pem:file", "01|01" },
        { "subject.cn", "pem:file", "pem:file" },
        { "serial", "0A", "0a" },
        { "ski", "pem:file", "holds a certificate (number 1) whose ski is absent or cannot be read" },
        { "aki", "pem:file", "holds a certificate (number 1) whose ski is absent or cannot be read" },
        { "sha256", "pem:/nowhere/at.all", "cannot be read: No such file or directory" },
        { "subject", "pem:unusable", "is not a usable path" },
        { "subject", "pem:/dev/null", "holds no certificate in PEM form" },
    };
    int file = mkstemp(path);
    const char *text = both(pem("one", write_plain), pem("two", write_plain));
    apr_size_t i;

    (void)state;
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        unit_same(apr_pstrcat(unit_pool, cases[i].field, " ", cases[i].word, NULL), operand(cases[i].field, cases[i].word),
                  cases[i].wanted);
    unlink(path);
    assert_int_equal(ERR_peek_error(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_encrypted),
        cmocka_unit_test(test_operands),
    };

    return UNIT_RUN(tests);
}

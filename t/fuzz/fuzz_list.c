/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* The files of lists. The first line says what follows:
 *   f FIELD [DAMAGE]   a list file of this field
 *   k [DAMAGE]         a kill list
 *   c                  revocation lists
 * DAMAGE changes the finished block, in hexadecimal: offset (four digits), octet (two digits), again and again. */
#include "fuzz.h"

#include <stdlib.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "identity.h"
#include "mtls_dn.h"
#include "mtls_list_read.h"

/* ---- signatures: any of them is good, so that what lies behind them is reached ---- */

int X509_CRL_verify(X509_CRL *crl, EVP_PKEY *key)
{
    return crl && key;
}

static const char *const authority_name[] = { "CN", "Authority", NULL };
static const char *const none[] = { NULL };
static const identity_t *authority;

void fuzz_prepare(apr_pool_t *p)
{
    authority = identity_make(p, authority_name, none);
}

/* ---- one input ---- */

typedef struct trial_t {
    apr_pool_t *p;
    mtls_key_column_t columns[16];
    mtls_loading_t loading;
    mtls_str_t block;            /* a copy of exactly its size */
    int lines;                   /* with something on them */
} trial_t;

static const char *const killed_by[] = { "sha256", "spki.sha256", "spiffe", "san.uri", "san.dns", "subject", "ca.sha256",
                                         "ca.spki.sha256", "serial" };

static void begin(trial_t *trial, apr_pool_t *p)
{
    memset(trial, 0, sizeof(*trial));
    trial->p = p;
    trial->loading = (mtls_loading_t){ .pool = p, .columns = trial->columns, .now = 1795215509, .file = "file" };
    apr_pool_create(&trial->loading.line_pool, p);
    trial->loading.maker = mtls_index_begin();
    FUZZ_CHECK(trial->loading.maker != NULL, "memory");
}

static int add_column(trial_t *trial, mtls_fieldset_t *set, const char *field, const char *issuer)
{
    mtls_key_column_t *column = &trial->columns[trial->loading.n];
    const char *error = mtls_fieldset_add(set, field, &column->field);

    if (error || column->field->row->flags & (MTLS_FIELD_LIVE | MTLS_FIELD_EXPORT))
        return 0;
    if (issuer)
        FUZZ_CHECK(!mtls_fieldset_add(set, issuer, &column->issuer), issuer);
    trial->loading.n++;
    return 1;
}

static void check_refusal(const trial_t *trial, const char *error)
{
    FUZZ_CHECK(!strncmp(error, trial->loading.file, strlen(trial->loading.file)) && strlen(error) > 8, error);
    FUZZ_CHECK(fuzz_printable(error, 0), error);
}

/* ---- looking up ---- */

typedef struct found_t {
    const mtls_str_t *block;
    mtls_str_t key;
    int all, same;               /* entries, and those with this key */
    unsigned sum;
} found_t;

static void note(void *ctx, const mtls_entry_t *entry)
{
    found_t *found = ctx;
    apr_size_t i;
    int k;

    found->all++;
    found->same += mtls_str_eq(entry->key, found->key) || entry->mode == MTLS_ENTRY_NETWORK;
    FUZZ_CHECK(entry->n <= MTLS_INDEX_LABELS_MAX, "labels");
    for (i = 0; i < entry->key.len; i++)
        found->sum += (unsigned char)entry->key.ptr[i];
    for (k = 0; k < entry->n; k++) {
        for (i = 0; i < entry->labels[k].value.len; i++)
            found->sum += (unsigned char)entry->labels[k].value.ptr[i];
        found->sum += (unsigned)mtls_index_label_name(*found->block, entry->labels[k].name).len;
    }
}

static found_t find(mtls_str_t block, int kind, const mtls_type_t *type, const mtls_value_t *value)
{
    found_t found = { &block, value->key, 0, 0, 0 };

    mtls_index_find(block, kind, type, value, note, &found);
    return found;
}

/* ---- what was accepted is found ---- */

static void expect(trial_t *trial, int kind, const mtls_value_t *value, const char *about)
{
    found_t found = find(trial->block, kind, trial->columns[kind].field->type, value);

    FUZZ_CHECK(found.same > 0, about);
}

static void check_killed(trial_t *trial, int n, const char **words)
{
    mtls_value_t value, issuer;
    int kind = 0;

    while (kind < trial->loading.n && strcasecmp(trial->columns[kind].field->name, words[0]))
        kind++;
    FUZZ_CHECK(kind < trial->loading.n && n > 1, words[0]);
    FUZZ_CHECK(!trial->columns[kind].field->type->parse(trial->p, words[1], &value), words[1]);
    if (trial->columns[kind].issuer) {
        FUZZ_CHECK((n == 4 || (n > 4 && *words[4] == '#')) && !trial->columns[kind].issuer->type->parse(trial->p, words[3], &issuer), words[1]);
        issuer.key = mtls_dn_folded_key(trial->p, issuer.dn);
        value.key = mtls_column_key(trial->p, value.key, &issuer.key);
    }
    expect(trial, kind, &value, words[1]);
}

static void check_listed(trial_t *trial, const char *word)
{
    mtls_value_t value;

    if (!strncmp(word, "like:", 5))
        return;
    FUZZ_CHECK(!trial->columns[0].field->type->parse(trial->p, word, &value), word);
    expect(trial, 0, &value, word);
}

/* An accepted line. Backslashes between quotes have a meaning that fuzz_words does not know. */
static void check_line(trial_t *trial, mtls_str_t line)
{
    char *text = apr_pstrmemdup(trial->p, line.ptr, line.len), *c;
    const char *words[40];
    int n;

    if (line.len && text[line.len - 1] == '\r')
        text[line.len - 1] = '\0';
    for (c = text; *c; c++)
        *c = *c == '\t' ? ' ' : *c;
    c = text + strspn(text, " ");
    if (!*c || *c == '#')
        return;
    trial->lines++;
    if (strchr(text, '\\') || *c == '"')
        return;
    n = fuzz_words(trial->p, mtls_str(text), words, 40);
    if (trial->loading.n > 1)
        check_killed(trial, n, words);
    else
        check_listed(trial, words[0]);
}

static void check_lines(trial_t *trial, mtls_str_t octets)
{
    mtls_str_t line;

    if (octets.len > 2 && !memcmp(octets.ptr, "\xef\xbb\xbf", 3))      /* a byte order mark is no part of the first line */
        octets = (mtls_str_t){ octets.ptr + 3, octets.len - 3 };
    while (fuzz_next(&octets, '\n', &line))
        check_line(trial, line);
    FUZZ_CHECK((int)mtls_index_len(trial->block, -1) <= trial->lines, "more entries than lines");
    FUZZ_CHECK(!trial->lines == !mtls_index_len(trial->block, -1), "lines without an entry");
}

/* ---- blocks ---- */

static void copy_block(trial_t *trial)
{
    mtls_block_octets_t made;
    const char *error = mtls_index_finish(trial->loading.maker, &made);
    char *copy;

    FUZZ_CHECK(!error, error);
    trial->loading.maker = NULL;
    copy = malloc(made.len);
    FUZZ_CHECK(copy != NULL, "memory");
    memcpy(copy, made.ptr, made.len);
    trial->block = (mtls_str_t){ copy, made.len };
    mtls_index_release(&made);
    FUZZ_CHECK(mtls_index_valid(trial->block), "a finished block");
}

static int hex(const char *at)
{
    int octet = mtls_text_octet(at);

    return octet < 0 ? 0 : octet;
}

/* Whatever has become of the block: nothing outside it is read, and every search ends. */
static void look_everywhere(const trial_t *trial)
{
    static const mtls_type_id_t types[] = { MTLS_T_TEXT, MTLS_T_DNS, MTLS_T_IP, MTLS_T_SHA256 };
    static const char *const keys[] = { "a", "web.example.org", "\xc0\0\2\7", "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7" };
    static const apr_size_t lens[] = { 1, 15, 4, 16 };
    apr_size_t i, k;
    int kind;

    if (!mtls_index_valid(trial->block))
        return;
    for (kind = 0; kind < MTLS_INDEX_KINDS; kind++) {
        mtls_index_len(trial->block, kind);
        for (i = 0; i < 4 * 4; i++) {
            mtls_value_t value = mtls_value_text((mtls_str_t){ keys[i % 4], lens[i % 4] });

            find(trial->block, kind, &mtls_types[types[i / 4]], &value);
        }
    }
    for (k = 0; k < 40; k++)
        mtls_index_label_name(trial->block, (int)k);
}

static void damage(trial_t *trial, const char *patches)
{
    char *octets = (char *)(uintptr_t)trial->block.ptr;

    for (; strlen(patches) >= 6; patches += 6)
        octets[(apr_size_t)(hex(patches) << 8 | hex(patches + 2)) % trial->block.len] = (char)hex(patches + 4);
    look_everywhere(trial);
}

/* ---- the three kinds ---- */

static void read_lines(trial_t *trial, mtls_str_t octets, const char *patches)
{
    const char *error = mtls_list_read_lines(&trial->loading, octets);

    if (error) {
        check_refusal(trial, error);
        return;
    }
    copy_block(trial);
    check_lines(trial, octets);
    damage(trial, patches);
}

static void add_authority(apr_array_header_t *authorities, const X509_CRL *crl)
{
    X509 *copy = X509_dup(authority->leaf);

    FUZZ_CHECK(copy && X509_set_subject_name(copy, X509_CRL_get_issuer(crl)), "authority");
    APR_ARRAY_PUSH(authorities, X509 *) = copy;
}

static void check_crl(trial_t *trial, X509_CRL *crl)
{
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl);
    mtls_str_t issuer = mtls_dn_folded_key(trial->p, mtls_dn_read(trial->p, X509_CRL_get_issuer(crl)));
    int i;

    for (i = 0; i < sk_X509_REVOKED_num(entries); i++) {
        const ASN1_INTEGER *serial = X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(entries, i));
        unsigned char *der = NULL;
        int len = i2d_ASN1_INTEGER((ASN1_INTEGER *)(uintptr_t)serial, &der);
        mtls_str_t content = { (const char *)der + 2, (apr_size_t)len - 2 };
        mtls_value_t value;

        if (len < 130) {
            value = mtls_value_serial(trial->p, content);
            value.key = mtls_column_key(trial->p, value.key, &issuer);
            expect(trial, 0, &value, "a serial number");
        }
        OPENSSL_free(der);
    }
}

/* An accepted file has no revocation list that was passed over: as many END lines as lists, at most. */
static void check_ends(mtls_str_t octets, int lists)
{
    static const char end[] = "END X509 CRL-";

    for (; octets.len >= sizeof(end) - 1; octets.ptr++, octets.len--)
        lists -= !memcmp(octets.ptr, end, sizeof(end) - 1);
    FUZZ_CHECK(lists >= 0, "a revocation list that was passed over");
}

static void read_crls(trial_t *trial, mtls_str_t octets)
{
    apr_array_header_t *authorities = apr_array_make(trial->p, 4, sizeof(X509 *));
    const unsigned char *at = (const unsigned char *)octets.ptr;
    int is_der = octets.len && *octets.ptr == 0x30, i;
    BIO *bio = BIO_new_mem_buf(octets.ptr, (int)octets.len);
    apr_array_header_t *crls = apr_array_make(trial->p, 4, sizeof(X509_CRL *));
    X509_CRL *crl;
    const char *error;

    while ((crl = is_der ? d2i_X509_CRL(NULL, &at, (long)octets.len) : PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL)) != NULL) {
        add_authority(authorities, crl);
        APR_ARRAY_PUSH(crls, X509_CRL *) = crl;
        if (is_der)
            break;
    }
    BIO_free(bio);
    ERR_clear_error();
    trial->loading.authorities = authorities;
    error = mtls_list_read_crl(&trial->loading, octets);
    if (error)
        check_refusal(trial, error);
    else
        copy_block(trial);
    if (!error && !is_der)
        check_ends(octets, crls->nelts);
    for (i = 0; i < crls->nelts; i++) {
        if (!error)
            check_crl(trial, APR_ARRAY_IDX(crls, i, X509_CRL *));
        X509_CRL_free(APR_ARRAY_IDX(crls, i, X509_CRL *));
        X509_free(APR_ARRAY_IDX(authorities, i, X509 *));
    }
}

void fuzz_one(apr_pool_t *p, mtls_str_t input)
{
    mtls_fieldset_t *set = mtls_fieldset_make(p);
    const char *words[3] = { "", "", "" };
    mtls_str_t line;
    trial_t trial;
    size_t i;

    if (!fuzz_next(&input, '\n', &line))
        return;
    fuzz_words(p, line, words, 3);
    begin(&trial, p);
    if (!strcmp(words[0], "f") && add_column(&trial, set, words[1], NULL))
        read_lines(&trial, input, words[2]);
    for (i = 0; !strcmp(words[0], "k") && i < sizeof(killed_by) / sizeof(killed_by[0]); i++)
        add_column(&trial, set, killed_by[i], strcmp(killed_by[i], "serial") ? NULL : "issuer");
    if (!strcmp(words[0], "k"))
        read_lines(&trial, input, words[1]);
    if (!strcmp(words[0], "c") && add_column(&trial, set, "serial", "issuer"))
        read_crls(&trial, input);
    mtls_index_abandon(trial.loading.maker);
    free((char *)(uintptr_t)trial.block.ptr);
}

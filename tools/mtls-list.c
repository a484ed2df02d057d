/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* mtls-list: is a list's file good, and what would a certificate find in it? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <apr_general.h>
#include <apr_getopt.h>
#include <apr_strings.h>
#include <apr_time.h>
#include "cert_file.h"
#include "mtls_list.h"

#define PROGRAM "mtls-list"
#define VERSION "1.0.0"

/* Exit status. */
enum { ALL_WELL = 0, NOT_ALL_WELL = 1, BAD_INPUT = 2 };

enum { OPTION_CA = 256, OPTION_CHAIN, OPTION_HELP, OPTION_VERSION };

static const apr_getopt_option_t known_options[] = {
    { "ca", OPTION_CA, 1, "FILE     PEM: who may have signed revocation lists. May be repeated" },
    { "chain", OPTION_CHAIN, 1, "FILE  the verified chain above the certificates: PEM, issuer first, anchor last" },
    { "help", OPTION_HELP, 0, "        this text" },
    { "version", OPTION_VERSION, 0, "     the version" },
    { NULL, 0, 0, NULL }
};

/** What was asked for. */
typedef struct question_t {
    apr_pool_t *pool;
    apr_array_header_t *authorities; /* of X509 * */
    apr_array_header_t *chain;       /* of X509 *; NULL: not known */
    mtls_fieldset_t *set;
    mtls_list_t *list;
} question_t;

static int complain(apr_pool_t *p, const char *what, const char *sentence, int status)
{
    if (what)
        fprintf(stderr, PROGRAM ": %s: %s\n", mtls_text_escape(p, mtls_str(what)), sentence);
    else
        fprintf(stderr, PROGRAM ": %s\n", sentence);
    return status;
}

static void print_usage(FILE *out)
{
    const apr_getopt_option_t *option;

    fputs("Usage: " PROGRAM " [options] check FIELD file:PATH|crl:PATH\n"
          "       " PROGRAM " [options] check kill PATH\n"
          "       " PROGRAM " [options] find FIELD file:PATH|crl:PATH CERT...\n"
          "       " PROGRAM " [options] find kill PATH CERT...\n\n"
          "check reads the files of a list as mod_mtls_authz does and says what is in them, or what is wrong. find\n"
          "says for each certificate (PEM or DER, the first one of a file) whether the list has it, and what it says.\n\n", out);
    for (option = known_options; option->name; option++)
        fprintf(out, "  --%s %s\n", option->name, option->description);
    fputs("\nExit status: 0; or 1 if the list is bad (check), or a certificate is not in it (find); or 2 for bad input.\n",
          out);
}

/* ---- options ---- */

static const char *take_option(question_t *question, int option, const char *word)
{
    apr_array_header_t **certificates = option == OPTION_CA ? &question->authorities : &question->chain;
    const char *error;

    if (option == OPTION_CHAIN && question->chain)
        return "--chain stands twice";
    if (!*certificates)
        *certificates = apr_array_make(question->pool, 4, sizeof(X509 *));
    error = cert_file_chain(question->pool, word, *certificates);
    return error ? apr_psprintf(question->pool, "%s: %s", mtls_text_escape(question->pool, mtls_str(word)), error) : NULL;
}

static void swallow(void *context, const char *format, ...)
{
    (void)context, (void)format;
}

/* @return -1 to go on, else the exit status */
static int read_options(question_t *question, apr_getopt_t *words)
{
    const char *word, *error = NULL;
    apr_status_t status;
    int option;

    words->errfn = swallow;
    words->interleave = 1;
    while (!error && (status = apr_getopt_long(words, known_options, &option, &word)) != APR_EOF) {
        if (status != APR_SUCCESS)
            error = apr_psprintf(question->pool, "%s: %s; see " PROGRAM " --help", words->argv[words->ind - 1],
                                 status == APR_BADARG ? "a value is missing" : "no such option");
        else if (option == OPTION_HELP || option == OPTION_VERSION) {
            if (option == OPTION_HELP)
                print_usage(stdout);
            else
                puts(PROGRAM " " VERSION);
            return ALL_WELL;
        }
        else
            error = take_option(question, option, word);
    }
    return error ? complain(question->pool, NULL, error, BAD_INPUT) : -1;
}

/* ---- the list ---- */

static const char *keep_path(apr_pool_t *p, const char *name)
{
    return apr_pstrdup(p, name);
}

/* Without regular expressions: lists have none. */
static const mtls_host_t host = { NULL, NULL, keep_path };

static const char *define_list(question_t *question, const char *field, const char *source)
{
    int kill = !strcasecmp(field, "kill");
    const char *error;

    question->set = mtls_fieldset_make(question->pool);
    error = mtls_list_define(question->pool, question->set, &host, kill ? NULL : "list", kill ? NULL : field, source,
                             &question->list);
    if (error)
        return error;
    if (mtls_list_kind(question->list) == MTLS_LIST_CRL && !question->authorities)
        return "--ca FILE is missing: the CA certificates, with which the server verifies clients, have to have signed "
               "revocation lists";
    mtls_list_set_authorities(question->list, question->authorities);
    return NULL;
}

static const char *print_time(apr_pool_t *p, apr_int64_t seconds)
{
    apr_time_exp_t at;

    apr_time_exp_gmt(&at, apr_time_from_sec(seconds));
    return apr_psprintf(p, "%04d-%02d-%02dT%02d:%02d:%02dZ", at.tm_year + 1900, at.tm_mon + 1, at.tm_mday, at.tm_hour,
                        at.tm_min, at.tm_sec);
}

static void print_list(const question_t *question)
{
    const apr_array_header_t *labels = mtls_list_labels(question->list);
    mtls_list_status_t status;
    int i;

    mtls_list_status(question->list, &status);
    printf("%s: %u entr%s", mtls_text_escape(question->pool, mtls_str(mtls_list_path(question->list))), status.entries,
           status.entries == 1 ? "y" : "ies");
    for (i = 0; i < labels->nelts; i++)
        printf("%s%s", i ? ", " : labels->nelts > 1 ? "; labels " : "; label ", APR_ARRAY_IDX(labels, i, mtls_str_t).ptr);
    if (status.next_update)
        printf("; next update %s%s", print_time(question->pool, status.next_update),
               status.next_update < apr_time_sec(apr_time_now()) ? ", which has passed: the list is stale" : "");
    putchar('\n');
}

/* ---- a certificate ---- */

/* What was opened is in force for those only who follow it; the files are not looked at again. */
static void take_up(const question_t *question)
{
    const char *sentence;

    mtls_list_keep(question->list, question->pool, APR_INT64_MAX, &sentence);
}

static void print_labels(apr_pool_t *p, const mtls_membership_t *membership)
{
    int i;

    for (i = 0; i < membership->n; i++) {
        const mtls_label_t *label = &membership->labels[i];

        printf("%s %s=%s", i ? "" : ";", mtls_text_escape(p, label->name),
               label->differing ? "(ambiguous: its entries say different things)" : mtls_text_escape(p, label->value));
    }
}

static void print_membership(apr_pool_t *p, const char *file, const mtls_membership_t *membership)
{
    printf("%s: ", mtls_text_escape(p, mtls_str(file)));
    if (membership->reason == MTLS_GRANTED) {
        printf("in the list");
        if (membership->line)
            printf(", line %u", membership->line);
        print_labels(p, membership);
    }
    else if (membership->reason == MTLS_NO_MATCH)
        printf("not in the list");
    else
        printf("cannot be known, reason: %s (%s)%s", mtls_reason_slug(membership->reason),
               mtls_reason_text(membership->reason),
               membership->reason == MTLS_CHAIN_UNAVAILABLE ? "; give --chain FILE" : "");
}

/* The server judges a certificate by itself before it asks a list. */
static void print_standing(const mtls_facts_t *facts, mtls_reason_t said)
{
    mtls_reason_t standing = mtls_facts_standing(facts, apr_time_sec(apr_time_now()));

    if (standing != MTLS_GRANTED && standing != said)
        printf("; by itself it is refused, reason: %s (%s)", mtls_reason_slug(standing), mtls_reason_text(standing));
    putchar('\n');
}

static int find(const question_t *question, const char *file)
{
    mtls_source_t source = { .chain_len = -1 };
    const mtls_membership_t *membership;
    const mtls_facts_t *facts;
    const char *error = cert_file_read(question->pool, file, &source.leaf);

    if (error)
        return complain(question->pool, file, error, BAD_INPUT);
    if (question->chain) {
        source.chain = (X509 *const *)question->chain->elts;
        source.chain_len = question->chain->nelts;
    }
    facts = mtls_facts_read(question->pool, question->set, &source);
    membership = mtls_list_find(question->list, question->pool, facts);
    print_membership(question->pool, file, membership);
    print_standing(facts, membership->reason);
    return membership->reason == MTLS_GRANTED ? ALL_WELL : NOT_ALL_WELL;
}

static int find_all(const question_t *question, int argc, const char *const *argv)
{
    int i, worst = ALL_WELL;

    for (i = 0; i < argc; i++) {
        int status = find(question, argv[i]);

        if (status > worst)
            worst = status;
    }
    return worst;
}

/* ---- all of it ---- */

static const char *check_words(int argc, const char *const *argv)
{
    if (!argc)
        return "'check' or 'find' is missing; see " PROGRAM " --help";
    if (strcmp(argv[0], "check") && strcmp(argv[0], "find"))
        return "the first word is 'check' or 'find'; see " PROGRAM " --help";
    if (argc < 3)
        return "a field and a source are missing, as in: check san.dns file:PATH; see " PROGRAM " --help";
    if (!strcmp(argv[0], "check"))
        return argc > 3 ? "'check' takes a field and a source; 'find' takes certificates, too" : NULL;
    return argc > 3 ? NULL : "a certificate is missing; see " PROGRAM " --help";
}

static int answer(question_t *question, int argc, const char *const *argv)
{
    const char *error = check_words(argc, argv);
    int is_check;

    error = error ? error : define_list(question, argv[1], argv[2]);
    if (error)
        return complain(question->pool, NULL, error, BAD_INPUT);
    is_check = !strcmp(argv[0], "check");
    error = mtls_list_open(question->list, question->pool, 0);
    if (error)
        return complain(question->pool, NULL, error, is_check ? NOT_ALL_WELL : BAD_INPUT);
    if (is_check) {
        print_list(question);
        return ALL_WELL;
    }
    take_up(question);
    return find_all(question, argc - 3, argv + 3);
}

static int run(apr_pool_t *p, int argc, const char *const *argv)
{
    question_t question = { .pool = p };
    apr_getopt_t *words;
    int status;

    apr_getopt_init(&words, p, argc, argv);
    status = read_options(&question, words);
    return status >= 0 ? status : answer(&question, argc - words->ind, words->argv + words->ind);
}

int main(int argc, const char *const *argv)
{
    apr_pool_t *p;
    int status;

    if (apr_app_initialize(&argc, &argv, NULL) != APR_SUCCESS)
        return complain(NULL, NULL, "the runtime library does not start", BAD_INPUT);
    atexit(apr_terminate);
    apr_pool_create(&p, NULL);
    status = run(p, argc, argv);
    if (fflush(stdout) || ferror(stdout)) {
        fputs(PROGRAM ": standard output: cannot be written\n", stderr);
        status = BAD_INPUT;
    }
    return status;
}

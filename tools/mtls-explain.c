/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* mtls-explain: what the module sees in a certificate, and what a rule or a backend would make of it. */
#include <stdlib.h>
#include <string.h>
#include <apr_general.h>
#include <apr_getopt.h>
#include <apr_strings.h>
#include <apr_time.h>
#include "explain.h"
#include "mtls_time.h"

#define PROGRAM "mtls-explain"
#define VERSION "1.0.0"

/* Exit status. */
enum { ALL_TRUE = 0, NOT_ALL_TRUE = 1, BAD_INPUT = 2 };

enum {
    OPTION_JSON = 256, OPTION_CHAIN, OPTION_RULE, OPTION_PROFILE, OPTION_FETCH_FIELDS, OPTION_AT, OPTION_HELP,
    OPTION_VERSION
};

static const apr_getopt_option_t known_options[] = {
    { "chain", OPTION_CHAIN, 1, "FILE   the verified chain above the certificate: PEM, issuer first, anchor last" },
    { "rule", OPTION_RULE, 1, "RULE    what stands behind \"Require mtls\": is it true? May be repeated" },
    { "profile", OPTION_PROFILE, 1, "WORD the headers that MTLSExport WORD would send. May be repeated" },
    { "at", OPTION_AT, 1, "TIME      judge at this time, in RFC 3339 form, instead of now" },
    { "json", OPTION_JSON, 0, "         one JSON document, nothing left out" },
    { "fetch-fields", OPTION_FETCH_FIELDS, 0, " all fields that a rule or a header can name; needs no certificate" },
    { "help", OPTION_HELP, 0, "         this text" },
    { "version", OPTION_VERSION, 0, "      the version" },
    { NULL, 0, 0, NULL }
};

static int complain(apr_pool_t *p, const char *what, const char *sentence)
{
    if (what)
        fprintf(stderr, PROGRAM ": %s: %s\n", mtls_text_escape(p, mtls_str(what)), sentence);
    else
        fprintf(stderr, PROGRAM ": %s\n", sentence);
    return BAD_INPUT;
}

static void print_usage(FILE *out)
{
    const apr_getopt_option_t *option;

    fputs("Usage: " PROGRAM " [options] CERT...\n\n"
          "Shows what mod_mtls_authz sees in a certificate (PEM or DER, the first one of a file), what would\n"
          "be refused, and Require lines that let it in. The certificate is taken as verified.\n\n", out);
    for (option = known_options; option->name; option++)
        fprintf(out, "  --%s %s\n", option->name, option->description);
    fputs("\nExit status: 0, or 1 if a rule is not true for a certificate, or 2 for bad input.\n", out);
}

/* ---- options ---- */

static const char *take_option(explain_options_t *options, int option, const char *word)
{
    switch (option) {
    case OPTION_JSON: options->json = 1; return NULL;
    case OPTION_FETCH_FIELDS: options->fetch_fields = 1; return NULL;
    case OPTION_CHAIN:
        if (options->chain_file)
            return "--chain stands twice";
        options->chain_file = word;
        return NULL;
    case OPTION_RULE: APR_ARRAY_PUSH(options->rules, const char *) = word; return NULL;
    case OPTION_PROFILE: APR_ARRAY_PUSH(options->profiles, const char *) = word; return NULL;
    default:
        if (mtls_time_rfc3339(mtls_str(word), &options->now))
            return NULL;
        return apr_psprintf(options->pool, "--at: '%s' is not a time in RFC 3339 form such as 2027-01-01T00:00:00Z",
                            mtls_text_escape(options->pool, mtls_str(word)));
    }
}

static void swallow(void *context, const char *format, ...)
{
    (void)context, (void)format;
}

/* @return -1 to go on, else the exit status */
static int read_options(explain_options_t *options, apr_getopt_t *words)
{
    const char *word, *error = NULL;
    apr_status_t status;
    int option;

    words->errfn = swallow;
    words->interleave = 1;
    while (!error && (status = apr_getopt_long(words, known_options, &option, &word)) != APR_EOF) {
        if (status != APR_SUCCESS)
            error = apr_psprintf(options->pool, "%s: %s; see " PROGRAM " --help", words->argv[words->ind - 1],
                                 status == APR_BADARG ? "a value is missing" : "no such option");
        else if (option == OPTION_HELP || option == OPTION_VERSION) {
            if (option == OPTION_HELP)
                print_usage(stdout);
            else
                puts(PROGRAM " " VERSION);
            return ALL_TRUE;
        }
        else
            error = take_option(options, option, word);
    }
    return error ? complain(options->pool, NULL, error) : -1;
}

static const char *read_chain(explain_options_t *options)
{
    if (!options->chain_file)
        return NULL;
    options->chain = apr_array_make(options->pool, 4, sizeof(X509 *));
    return cert_file_chain(options->pool, options->chain_file, options->chain);
}

/* ---- one certificate ---- */

static int compile_rules(explain_t *explain)
{
    int i;

    for (i = 0; i < explain->options->rules->nelts; i++) {
        explain_rule_t rule = { APR_ARRAY_IDX(explain->options->rules, i, const char *), NULL };
        const char *error = mtls_rule_read(explain->pool, explain->set, &explain_host,
                                           explain_rule_line(explain->pool, rule.text), &rule.rule);

        if (error)
            return complain(explain->pool, apr_psprintf(explain->pool, "--rule '%s'", rule.text), error);
        APR_ARRAY_PUSH(explain->rules, explain_rule_t) = rule;
    }
    return 0;
}

static int compile_profiles(explain_t *explain)
{
    int i;

    for (i = 0; i < explain->options->profiles->nelts; i++) {
        const char *word = APR_ARRAY_IDX(explain->options->profiles, i, const char *);
        const char *error = mtls_profile_compile(explain->headerset, word, explain->headers);

        if (error)
            return complain(explain->pool, NULL, apr_psprintf(explain->pool, "--profile: %s", error));
    }
    return 0;
}

static void look(explain_t *explain)
{
    const apr_array_header_t *chain = explain->options->chain;
    mtls_source_t source = { .leaf = explain->leaf, .chain_len = -1 };

    if (chain) {
        source.chain = (X509 *const *)chain->elts;
        source.chain_len = chain->nelts;
    }
    explain->view.facts = mtls_facts_read(explain->pool, explain->set, &source);
    explain->view.now = explain->options->now;
    explain->view.standing = mtls_facts_standing(explain->view.facts, explain->view.now);
    if (explain->view.standing != MTLS_GRANTED)
        explain->view.reason = mtls_reason_slug(explain->view.standing);
}

/* @return 0, or the exit status */
static int prepare(explain_t *explain, apr_pool_t *p, const explain_options_t *options, const char *file)
{
    const char *error;
    int status;

    memset(explain, 0, sizeof(*explain));
    explain->pool = p;
    explain->options = options;
    explain->file = file;
    error = cert_file_read(p, file, &explain->leaf);
    if (error)
        return complain(p, file, error);
    explain->set = mtls_fieldset_make(p);
    explain->headerset = mtls_headerset_make(p, explain->set);
    explain->rules = apr_array_make(p, 4, sizeof(explain_rule_t));
    explain->headers = apr_array_make(p, 4, sizeof(const mtls_header_t *));
    explain_add_fields(explain);
    status = compile_rules(explain);
    if (!status)
        status = compile_profiles(explain);
    if (!status)
        look(explain);
    return status;
}

static int rules_status(const explain_t *explain)
{
    int i;

    for (i = 0; i < explain->rules->nelts; i++) {
        const mtls_rule_t *rule = APR_ARRAY_IDX(explain->rules, i, explain_rule_t).rule;

        if (mtls_rule_ask(explain->pool, rule, &explain->view).truth != MTLS_TRUE)
            return NOT_ALL_TRUE;
    }
    return ALL_TRUE;
}

static int explain_file(const explain_options_t *options, const char *file, json_t *documents)
{
    explain_t explain;
    apr_pool_t *p;
    int status;

    apr_pool_create(&p, options->pool);
    status = prepare(&explain, p, options, file);
    if (!status) {
        if (documents)
            json_array_append_new(documents, explain_json(&explain));
        else
            explain_print(&explain, stdout);
        status = rules_status(&explain);
    }
    apr_pool_destroy(p);
    return status;
}

/* One certificate is one object, several are an array of them. */
static int print_documents(json_t *documents)
{
    json_t *root = json_array_size(documents) == 1 ? json_array_get(documents, 0) : documents;
    int status = json_dumpf(root, stdout, JSON_INDENT(2)) ? BAD_INPUT : ALL_TRUE;

    putchar('\n');
    json_decref(documents);
    return status;
}

/* The worst of all: bad input is said for each file, and nothing is printed of a document that lacks one. */
static int explain_files(const explain_options_t *options, const apr_getopt_t *words)
{
    json_t *documents = options->json ? json_array() : NULL;
    int i, worst = ALL_TRUE;

    for (i = words->ind; i < words->argc; i++) {
        int status = explain_file(options, words->argv[i], documents);

        if (status > worst)
            worst = status;
        if (!documents && i + 1 < words->argc)
            putchar('\n');
    }
    if (documents && worst == BAD_INPUT)
        json_decref(documents);
    else if (documents && print_documents(documents))
        worst = BAD_INPUT;
    return worst;
}

static int run(apr_pool_t *p, int argc, const char *const *argv)
{
    explain_options_t options = { .pool = p, .now = apr_time_sec(apr_time_now()) };
    apr_getopt_t *words;
    const char *error;
    int status;

    options.rules = apr_array_make(p, 4, sizeof(const char *));
    options.profiles = apr_array_make(p, 4, sizeof(const char *));
    apr_getopt_init(&words, p, argc, argv);
    status = read_options(&options, words);
    if (status >= 0)
        return status;
    if (options.fetch_fields) {
        explain_print_fields(p, stdout);
        return ALL_TRUE;
    }
    if (words->ind >= argc)
        return complain(p, NULL, "a certificate is missing; see " PROGRAM " --help");
    error = read_chain(&options);
    if (error)
        return complain(p, options.chain_file, error);
    return explain_files(&options, words);
}

int main(int argc, const char *const *argv)
{
    apr_pool_t *p;
    int status;

    if (apr_app_initialize(&argc, &argv, NULL) != APR_SUCCESS)
        return complain(NULL, NULL, "the runtime library does not start");
    atexit(apr_terminate);
    apr_pool_create(&p, NULL);
    status = run(p, argc, argv);
    if (fflush(stdout) || ferror(stdout)) {
        fputs(PROGRAM ": standard output: cannot be written\n", stderr);
        status = BAD_INPUT;
    }
    return status;
}

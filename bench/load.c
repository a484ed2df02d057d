/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* load: requests over TLS with a client certificate, counted and timed. Prints one JSON object. */
#include "fixed_random.h"       /* first: it says what OpenSSL's headers leave out */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "load.h"

static const char usage[] =
    "Usage: load [options] PATH[*TIMES]...      each connection asks for these in turn; *0: again and again\n"
    "  --port N          of 127.0.0.1\n"
    "  --cert FILE --key FILE   what it presents: PEM, chain included (nothing)\n"
    "  --open N          connections at a time (1)         --threads N  (1)\n"
    "  --connections N   altogether (as many as are open)  --seconds S  instead of a number\n"
    "  --http2           instead of HTTP/1.1               --streams N  at a time on a connection (1)\n"
    "  --resume          offer the newest session of the connection before\n"
    "  --tls 1.2|1.3     nothing else (both)\n"
    "  --header TEXT     one more line of the request's header; may be repeated\n"
    "  --host NAME       in Host and SNI (localhost)\n"
    "  --expect STATUS   everything else is an error (200)\n"
    "  --fixed-random    the same random numbers in every run\n"
    "  --hold            keep the connections open until standard input ends\n";

double load_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Buckets of the latency: 32 for each power of two of microseconds, 3 % wide. */
static int bucket_of(double seconds)
{
    int bucket = (int)(32 * log2(seconds * 1e6 + 1));

    return bucket < LOAD_BUCKETS ? bucket : LOAD_BUCKETS - 1;
}

void load_error(load_connection_t *c, const char *what, const char *detail)
{
    load_count_t *count = &c->thread->count;

    if (count->errors++ == 0)
        snprintf(count->first_error, sizeof(count->first_error), "%s: %s", what, detail);
}

void load_answered(load_connection_t *c, int status, double seconds)
{
    char text[16];

    c->thread->count.requests++;
    c->thread->count.latency[bucket_of(seconds)]++;
    if (status != c->thread->options->expect) {
        snprintf(text, sizeof(text), "%d", status);
        load_error(c, "status", text);
    }
}

/* ---- options ---- */

static void refuse(const char *what, const char *word)
{
    fprintf(stderr, "load: %s%s%s\n%s", what, word ? ": " : "", word ? word : "", usage);
    exit(2);
}

static void add_step(load_options_t *options, char *word)
{
    char *star = strrchr(word, '*');
    load_step_t step = { word, 1 };

    if (word[0] != '/')
        refuse("not a path", word);
    if (star) {
        *star = '\0';
        step.times = atol(star + 1);
    }
    options->plan = realloc(options->plan, (options->plan_length + 1) * sizeof(step));
    options->plan[options->plan_length++] = step;
}

static void add_header(load_options_t *options, const char *line)
{
    size_t before = options->headers ? strlen(options->headers) : 0;

    if (!strstr(line, ": "))
        refuse("not a header", line);
    options->headers = realloc(options->headers, before + strlen(line) + 3);
    sprintf(options->headers + before, "%s\r\n", line);
}

static const struct option known[] = {
    { "port", 1, NULL, 'p' }, { "cert", 1, NULL, 'c' }, { "key", 1, NULL, 'k' }, { "open", 1, NULL, 'o' },
    { "threads", 1, NULL, 't' }, { "connections", 1, NULL, 'n' }, { "seconds", 1, NULL, 's' }, { "http2", 0, NULL, '2' },
    { "streams", 1, NULL, 'm' }, { "resume", 0, NULL, 'r' }, { "tls", 1, NULL, 'v' }, { "header", 1, NULL, 'h' },
    { "expect", 1, NULL, 'e' }, { "hold", 0, NULL, 'w' }, { "fixed-random", 0, NULL, 'f' },
    { "host", 1, NULL, 'H' }, { NULL, 0, NULL, 0 }
};

static void take_option(load_options_t *options, int option, char *word)
{
    switch (option) {
    case 'p': options->address.sin_port = htons((uint16_t)atoi(word)); break;
    case 'c': options->cert = word; break;
    case 'k': options->key = word; break;
    case 'o': options->open = atoi(word); break;
    case 't': options->threads = atoi(word); break;
    case 'n': options->connections = atol(word); break;
    case 's': options->seconds = atof(word); break;
    case '2': options->http2 = true; break;
    case 'm': options->streams = atoi(word); break;
    case 'r': options->resume = true; break;
    case 'v': options->tls = strcmp(word, "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION; break;
    case 'h': add_header(options, word); break;
    case 'e': options->expect = atoi(word); break;
    case 'w': options->hold = true; break;
    case 'f': fixed_random_use(); break;
    case 'H': options->host = word; break;
    default: refuse("see above", NULL);
    }
}

static void read_options(load_options_t *options, int argc, char **argv)
{
    int option;

    options->address.sin_family = AF_INET;
    options->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
        take_option(options, option, optarg);
    for (; optind < argc; optind++)
        add_step(options, argv[optind]);
    if (!options->headers)
        options->headers = strdup("");
    if (options->plan_length == 0 || options->address.sin_port == 0)
        refuse("it needs --port and a path", NULL);
    if (options->open < 1 || options->threads < 1 || options->streams < 1 || options->threads > options->open)
        refuse("--open, --threads and --streams are 1 at least, and no more threads than connections", NULL);
    if (options->connections == 0 && options->seconds <= 0)
        options->connections = options->open;
}

/* ---- threads ---- */

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    load_connection_t *c = SSL_get_app_data(ssl);

    SSL_SESSION_free(c->session);
    c->session = session;
    return 1;
}

static SSL_CTX *new_context(const load_options_t *options)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (options->tls) {
        SSL_CTX_set_min_proto_version(ctx, options->tls);
        SSL_CTX_set_max_proto_version(ctx, options->tls);
    }
    if (options->http2)
        SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)"\2h2", 3);
    if (options->cert && SSL_CTX_use_certificate_chain_file(ctx, options->cert) != 1)
        refuse("no certificate", options->cert);
    if (options->key && SSL_CTX_use_PrivateKey_file(ctx, options->key, SSL_FILETYPE_PEM) != 1)
        refuse("no key, or not this certificate's", options->key);
    if (options->resume) {
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(ctx, keep_session);
    }
    return ctx;
}

static void *run_thread(void *data)
{
    load_thread_t *thread = data;
    struct epoll_event events[256];
    int length;

    for (int i = 0; i < thread->connections_length; i++)
        load_open(&thread->connections[i]);
    while (thread->busy > 0) {
        length = epoll_wait(thread->epoll, events, 256, 1000);
        for (int i = 0; i < length; i++)
            load_drive(events[i].data.ptr);
        if (thread->until > 0 && load_now() > thread->until + 10)
            break;                          /* nobody answers any more: the numbers tell */
    }
    return NULL;
}

static void prepare(load_thread_t *thread, const load_options_t *options, int i)
{
    int n = options->threads;

    thread->options = options;
    thread->ctx = new_context(options);
    thread->epoll = epoll_create1(EPOLL_CLOEXEC);
    thread->may_open = options->connections ? options->connections / n + (i < options->connections % n) : -1;
    thread->until = options->seconds > 0 ? load_now() + options->seconds : 0;
    thread->connections_length = options->open / n + (i < options->open % n);
    thread->connections = calloc((size_t)thread->connections_length, sizeof(*thread->connections));
    for (int k = 0; k < thread->connections_length; k++)
        thread->connections[k].thread = thread;
}

/* ---- results ---- */

static double percentile(const load_count_t *count, double share)
{
    long wanted = (long)ceil(share * (double)count->requests);
    long seen = 0;

    for (int i = 0; i < LOAD_BUCKETS; i++) {
        seen += count->latency[i];
        if (seen >= wanted && seen > 0)
            return exp2((i + 0.5) / 32) - 1;
    }
    return 0;
}

static void add_up(load_count_t *sum, const load_count_t *one)
{
    if (sum->errors == 0 && one->errors > 0)
        memcpy(sum->first_error, one->first_error, sizeof(sum->first_error));
    sum->requests += one->requests;
    sum->connections += one->connections;
    sum->resumed += one->resumed;
    sum->errors += one->errors;
    for (int i = 0; i < LOAD_BUCKETS; i++)
        sum->latency[i] += one->latency[i];
}

static void print_result(const load_count_t *count, double seconds)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    printf("{\"requests\": %ld, \"errors\": %ld, \"first_error\": \"%s\", \"connections\": %ld, \"resumed\": %ld, "
           "\"seconds\": %.6f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"cpu_seconds\": %.3f}\n",
           count->requests, count->errors, count->first_error, count->connections, count->resumed, seconds,
           percentile(count, 0.5), percentile(count, 0.99),
           (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static load_options_t options = { .host = "localhost", .open = 1, .threads = 1, .streams = 1, .expect = 200 };
    static load_count_t sum;
    load_thread_t *threads;
    pthread_t *ids;
    double began;

    signal(SIGPIPE, SIG_IGN);
    read_options(&options, argc, argv);
    threads = calloc((size_t)options.threads, sizeof(*threads));
    ids = calloc((size_t)options.threads, sizeof(*ids));
    for (int i = 0; i < options.threads; i++)
        prepare(&threads[i], &options, i);
    began = load_now();
    for (int i = 0; i < options.threads; i++)
        pthread_create(&ids[i], NULL, run_thread, &threads[i]);
    for (int i = 0; i < options.threads; i++) {
        pthread_join(ids[i], NULL);
        add_up(&sum, &threads[i].count);
    }
    print_result(&sum, load_now() - began);
    if (options.hold)
        while (getchar() != EOF)
            continue;
    return sum.errors > 0;
}

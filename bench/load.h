/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* A load generator that presents client certificates: what its files share. */
#ifndef LOAD_H
#define LOAD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/ssl.h>

/** One line of a plan: this path so many times; 0 is without an end. */
typedef struct {
    char *path;
    long times;
} load_step_t;

/** What the command line asks for. Read only once the threads run. */
typedef struct {
    struct sockaddr_in address;
    const char *host, *cert, *key;
    char *headers;                  /* as they are sent by HTTP/1.1, each with its line's end */
    load_step_t *plan;
    size_t plan_length;
    int open, threads, streams, expect, tls;
    long connections;               /* altogether; 0: until the time is over */
    double seconds;
    bool http2, resume, hold;
} load_options_t;

enum { LOAD_BUCKETS = 64 * 32 };

/** What a thread has counted. Its own, until it has ended. */
typedef struct {
    long requests, connections, resumed, errors;
    char first_error[160];
    long latency[LOAD_BUCKETS];     /* see load_bucket */
} load_count_t;

typedef struct load_http2_t load_http2_t;
typedef struct load_thread_t load_thread_t;

/** A place for one connection after another. */
typedef struct {
    load_thread_t *thread;
    SSL *ssl;                       /* NULL: nothing is open */
    SSL_SESSION *session;           /* the newest one, where sessions are offered */
    int fd;
    bool up, ready;                 /* the handshake is over; it has done its plan and is held */
    size_t step;                    /* where in the plan the next request is taken from */
    long repeated;
    double began;                   /* when the request on the way was begun */
    char out[8192], in[65536];
    size_t out_length, out_sent, in_length;
    load_http2_t *http2;
} load_connection_t;

struct load_thread_t {
    const load_options_t *options;
    SSL_CTX *ctx;
    int epoll;
    long may_open;                  /* connections that are still to be made */
    double until;
    int busy;                       /* connections that are at work */
    load_connection_t *connections;
    int connections_length;
    load_count_t count;
};

/** Seconds of a clock that only goes forward. */
double load_now(void);

/** Count one answer that took so long. */
void load_answered(load_connection_t *c, int status, double seconds);

/** Count an error; the first one's text is kept. */
void load_error(load_connection_t *c, const char *what, const char *detail);

/** The path of the next request, or NULL where the plan (or the time) is over. Moves on. */
const char *load_next_path(load_connection_t *c);

/** Open a connection in this place, if there is one to be made. */
void load_open(load_connection_t *c);

/** Do what can be done without waiting. */
void load_drive(load_connection_t *c);

/** The same for HTTP/2: false where the connection is to be closed. */
bool load_http2_begin(load_connection_t *c);
bool load_http2_drive(load_connection_t *c);
void load_http2_end(load_connection_t *c);

#endif

/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* One TLS connection of the load generator, and HTTP/1.1 on it: one request at a time. */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/err.h>
#include "load.h"

const char *load_next_path(load_connection_t *c)
{
    const load_options_t *options = c->thread->options;
    const load_step_t *step;

    if (c->thread->until > 0 && load_now() >= c->thread->until)
        return NULL;
    if (c->step == options->plan_length)
        return NULL;
    step = &options->plan[c->step];
    if (step->times > 0 && ++c->repeated == step->times) {
        c->step++;
        c->repeated = 0;
    }
    return step->path;
}

static void close_connection(load_connection_t *c)
{
    load_http2_end(c);
    if (c->up)
        SSL_shutdown(c->ssl);
    SSL_free(c->ssl);
    c->ssl = NULL;
    close(c->fd);
    c->thread->busy--;
    ERR_clear_error();
}

/* What went wrong with TLS or below it, in one word. */
static void fail(load_connection_t *c, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    load_error(c, what, reason ? reason : errno ? strerror(errno) : "the connection was closed");
    close_connection(c);
}

static int connect_socket(const load_options_t *options)
{
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(fd, (const struct sockaddr *)&options->address, sizeof(options->address)) && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

void load_open(load_connection_t *c)
{
    load_thread_t *thread = c->thread;
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c };

    if (thread->may_open == 0 || (thread->until > 0 && load_now() >= thread->until))
        return;
    if (thread->may_open > 0)
        thread->may_open--;
    c->step = 0;
    c->repeated = 0;
    c->out_length = c->out_sent = c->in_length = 0;
    c->up = c->ready = false;
    c->began = load_now();
    c->fd = connect_socket(thread->options);
    if (c->fd < 0 || epoll_ctl(thread->epoll, EPOLL_CTL_ADD, c->fd, &event)) {
        load_error(c, "connect", strerror(errno));
        return;
    }
    c->ssl = SSL_new(thread->ctx);
    SSL_set_fd(c->ssl, c->fd);
    SSL_set_connect_state(c->ssl);
    SSL_set_app_data(c->ssl, c);
    SSL_set_tlsext_host_name(c->ssl, thread->options->host);
    if (c->session)
        SSL_set_session(c->ssl, c->session);
    thread->busy++;
}

/* Take the next request of the plan; false where there is none. */
static bool begin_request(load_connection_t *c, bool first)
{
    const load_options_t *options = c->thread->options;
    const char *path = load_next_path(c);

    if (!path)
        return false;
    c->out_length = (size_t)snprintf(c->out, sizeof(c->out), "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", path, options->host,
                                     options->headers);
    c->out_sent = c->in_length = 0;
    if (!first)
        c->began = load_now();          /* the first one's time is the handshake's, too */
    return true;
}

/* How long the response in the buffer is altogether: 0 where that is not known yet, -1 where it cannot be read. */
static long response_length(const load_connection_t *c)
{
    const char *end = memmem(c->in, c->in_length, "\r\n\r\n", 4);
    const char *line = c->in;

    if (!end)
        return c->in_length == sizeof(c->in) ? -1 : 0;
    while ((line = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        if (strncasecmp(++line, "Content-Length:", 15) == 0)
            return end + 4 - c->in + strtol(line + 15, NULL, 10);
    }
    return -1;
}

enum { GO_ON, WAIT, STOP };

static int read_response(load_connection_t *c)
{
    long length = 0;
    size_t got;

    while (length == 0 || c->in_length < (size_t)length) {
        if (c->in_length == sizeof(c->in) || !SSL_read_ex(c->ssl, c->in + c->in_length, sizeof(c->in) - c->in_length, &got))
            return SSL_get_error(c->ssl, 0) == SSL_ERROR_WANT_READ ? WAIT : STOP;
        c->in_length += got;
        length = response_length(c);
        if (length < 0) {
            load_error(c, "response", "without a Content-Length");
            return STOP;
        }
    }
    load_answered(c, c->in_length > 12 ? atoi(c->in + 9) : 0, load_now() - c->began);
    return GO_ON;
}

static int write_request(load_connection_t *c)
{
    size_t sent;
    int error;

    while (c->out_sent < c->out_length) {
        if (!SSL_write_ex(c->ssl, c->out + c->out_sent, c->out_length - c->out_sent, &sent)) {
            error = SSL_get_error(c->ssl, 0);
            return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? WAIT : STOP;
        }
        c->out_sent += sent;
    }
    return GO_ON;
}

/* The plan is done: hold the connection, or make room for the next one. */
static void finish(load_connection_t *c)
{
    if (c->thread->options->hold) {
        c->ready = true;
        c->thread->busy--;
        return;
    }
    close_connection(c);
    load_open(c);
}

static void drive_http1(load_connection_t *c)
{
    int what = GO_ON;

    while (what == GO_ON) {
        what = write_request(c);
        if (what == GO_ON)
            what = read_response(c);
        if (what == GO_ON && !begin_request(c, false)) {
            finish(c);
            return;
        }
    }
    if (what == STOP) {
        fail(c, "request");
        load_open(c);
    }
}

static bool shake_hands(load_connection_t *c)
{
    int result = SSL_do_handshake(c->ssl);
    int error;

    if (result != 1) {
        error = SSL_get_error(c->ssl, result);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
            fail(c, "handshake");
            load_open(c);
        }
        return false;
    }
    c->up = true;
    c->thread->count.connections++;
    c->thread->count.resumed += SSL_session_reused(c->ssl);
    if (c->thread->options->http2 ? load_http2_begin(c) : begin_request(c, true))
        return true;
    finish(c);
    return false;
}

void load_drive(load_connection_t *c)
{
    if (!c->ssl || c->ready)
        return;
    ERR_clear_error();
    errno = 0;
    if (!c->up && !shake_hands(c))
        return;
    if (!c->thread->options->http2)
        drive_http1(c);
    else if (!load_http2_drive(c))
        finish(c);
}

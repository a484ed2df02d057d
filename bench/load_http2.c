/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* HTTP/2 on a connection of the load generator, by libnghttp2: several streams at a time. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <nghttp2/nghttp2.h>
#include "load.h"

enum { MOST_HEADERS = 64 };

struct load_http2_t {
    nghttp2_session *session;
    nghttp2_nv fields[MOST_HEADERS];    /* [0] to [3] are the pseudo header fields */
    size_t fields_length;
    char *names;                        /* what fields point into */
    int under_way;
    bool failed;
};

typedef struct {
    double began;
    int status;
} stream_t;

static nghttp2_nv field(const char *name, size_t name_length, const char *value, size_t value_length)
{
    nghttp2_nv result = { (uint8_t *)name, (uint8_t *)value, name_length, value_length, NGHTTP2_NV_FLAG_NONE };

    return result;
}

/* The lines of HTTP/1.1 as fields of HTTP/2: names in lower case. */
static void split_headers(load_http2_t *h, const load_options_t *options)
{
    char *line, *colon, *rest;

    h->names = strdup(options->headers);
    h->fields[0] = field(":method", 7, "GET", 3);
    h->fields[1] = field(":scheme", 7, "https", 5);
    h->fields[2] = field(":authority", 10, options->host, strlen(options->host));
    h->fields_length = 4;
    for (line = strtok_r(h->names, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest)) {
        colon = strchr(line, ':');
        if (!colon || h->fields_length == MOST_HEADERS)
            continue;
        for (char *p = line; p < colon; p++)
            *p |= *p >= 'A' && *p <= 'Z' ? 0x20 : 0;
        h->fields[h->fields_length++] = field(line, (size_t)(colon - line), colon + 2, strlen(colon + 2));
    }
}

static void fill(load_connection_t *c)
{
    load_http2_t *h = c->http2;
    const char *path;
    stream_t *stream;

    while (h->under_way < c->thread->options->streams && (path = load_next_path(c)) != NULL) {
        stream = calloc(1, sizeof(*stream));
        stream->began = load_now();
        h->fields[3] = field(":path", 5, path, strlen(path));
        if (nghttp2_submit_request(h->session, NULL, h->fields, h->fields_length, NULL, stream) < 0) {
            load_error(c, "http2", "the request was not taken");
            free(stream);
            h->failed = true;
            return;
        }
        h->under_way++;
    }
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_length,
                     const uint8_t *value, size_t value_length, uint8_t flags, void *user)
{
    stream_t *stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);

    (void)flags;
    (void)user;
    (void)value_length;
    if (stream && name_length == 7 && memcmp(name, ":status", 7) == 0)
        stream->status = atoi((const char *)value);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error, void *user)
{
    load_connection_t *c = user;
    stream_t *stream = nghttp2_session_get_stream_user_data(session, id);

    if (!stream)
        return 0;
    load_answered(c, error ? 0 : stream->status, load_now() - stream->began);
    free(stream);
    c->http2->under_way--;
    fill(c);
    return 0;
}

bool load_http2_begin(load_connection_t *c)
{
    nghttp2_session_callbacks *callbacks;
    load_http2_t *h = calloc(1, sizeof(*h));
    nghttp2_settings_entry window = { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 24 };
    const unsigned char *protocol;
    unsigned int length;

    c->http2 = h;
    SSL_get0_alpn_selected(c->ssl, &protocol, &length);
    if (length != 2 || memcmp(protocol, "h2", 2) != 0) {
        load_error(c, "http2", "the server does not speak it");
        return false;
    }
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_client_new(&h->session, callbacks, c);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, &window, 1);
    nghttp2_session_set_local_window_size(h->session, NGHTTP2_FLAG_NONE, 0, 1 << 24);
    split_headers(h, c->thread->options);
    fill(c);
    return true;
}

/* Write what the session has to say: 1 all, 0 the socket is full, -1 an error. */
static int send_all(load_connection_t *c)
{
    const uint8_t *data;
    ssize_t length;
    size_t sent;
    int error;

    for (;;) {
        while (c->out_sent < c->out_length) {
            if (!SSL_write_ex(c->ssl, c->out + c->out_sent, c->out_length - c->out_sent, &sent)) {
                error = SSL_get_error(c->ssl, 0);
                return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? 0 : -1;
            }
            c->out_sent += sent;
        }
        c->out_length = c->out_sent = 0;
        while (c->out_length < sizeof(c->out) / 2 && (length = nghttp2_session_mem_send(c->http2->session, &data)) > 0) {
            if ((size_t)length > sizeof(c->out) - c->out_length)
                return -1;
            memcpy(c->out + c->out_length, data, (size_t)length);
            c->out_length += (size_t)length;
        }
        if (c->out_length == 0)
            return 1;
    }
}

bool load_http2_drive(load_connection_t *c)
{
    load_http2_t *h = c->http2;
    int room;
    size_t got;

    for (;;) {
        room = send_all(c);
        if (room < 0 || h->failed || (h->under_way == 0 && room == 1))
            break;
        if (!SSL_read_ex(c->ssl, c->in, sizeof(c->in), &got)) {
            if (SSL_get_error(c->ssl, 0) == SSL_ERROR_WANT_READ)
                return true;
            break;
        }
        if (nghttp2_session_mem_recv(h->session, (const uint8_t *)c->in, got) < 0)
            break;
    }
    if (h->under_way > 0 && !h->failed)
        load_error(c, "http2", "the connection was closed");
    return false;
}

void load_http2_end(load_connection_t *c)
{
    if (!c->http2)
        return;
    nghttp2_session_del(c->http2->session);
    free(c->http2->names);
    free(c->http2);
    c->http2 = NULL;
}

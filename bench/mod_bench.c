/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* What the benchmark needs inside a server: instructions counted by the interval, and a small backend.
 *
 *     SetHandler bench-dump       callgrind writes down what has been executed since the last time
 *     SetHandler bench-ok         two octets
 *     SetHandler bench-echo       the request's header, line by line, as it arrived
 */
#include "fixed_random.h"       /* first: it says what OpenSSL's headers leave out */
#include "httpd.h"
#include "http_config.h"
#include "http_protocol.h"
#include "ap_mpm.h"
#include "apr_strings.h"
#include <valgrind/callgrind.h>

/* What comes before is start-up: it costs time under callgrind, and nobody asks for it. */
static void begin_counting(apr_pool_t *p, server_rec *s)
{
    (void)p;
    (void)s;
    if (getenv("MTLS_BENCH_COUNTS"))
        fixed_random_use();
    CALLGRIND_START_INSTRUMENTATION;
}

static int print_header(void *r, const char *name, const char *value)
{
    ap_rprintf(r, "%s: %s\n", name, value);
    return 1;
}

static int answer(request_rec *r)
{
    if (!r->handler || strncmp(r->handler, "bench-", 6) != 0)
        return DECLINED;
    ap_set_content_type(r, "text/plain");
    if (strcmp(r->handler, "bench-ok") == 0) {
        ap_set_content_length(r, 2);
        ap_rputs("ok", r);
    }
    else if (strcmp(r->handler, "bench-echo") == 0)
        apr_table_do(print_header, r, r->headers_in, NULL);
    else if (strcmp(r->handler, "bench-dump") == 0) {
        CALLGRIND_DUMP_STATS_AT(r->args ? r->args : "");
        fixed_random_restart();
        ap_set_content_length(r, 2);
        ap_rputs("ok", r);
    }
    else
        return DECLINED;
    return OK;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_child_init(begin_counting, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_handler(answer, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(bench) = { STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, 0 };

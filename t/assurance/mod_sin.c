/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Does what must not be done, if it is asked to: /sin/NAME. A tool that watches the server has to see it. */
#include <stdlib.h>
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>

extern module AP_MODULE_DECLARE_DATA sin_module;

static volatile int sink;
static int shared;
static void *volatile kept;

static void overflow(request_rec *r)
{
    char *octets = malloc(8 + (r->header_only ? 1 : 0));

    octets[0] = 1;
    sink = octets[8];
    free(octets);
}

static void after_free(request_rec *r)
{
    char *octets = malloc(8);

    octets[0] = (char)r->method_number;
    free(octets);
    sink = octets[0];
}

static void undefined(request_rec *r)
{
    int big = 0x7fffffff - r->header_only;

    sink = big + (int)strlen(r->uri);
}

static void unset(request_rec *r)
{
    int *number = malloc(sizeof(int));

    if (*number == r->method_number)
        sink = 1;
    free(number);
}

static void leak(request_rec *r)
{
    kept = malloc(1000);
    kept = NULL;
    sink = r->method_number;
}

static void race(request_rec *r)
{
    int i;

    /* Long enough for others to come in: whoever comes one after the other is kept apart by the server's own locks. */
    for (i = 0; i < 20; i++) {
        shared += r->method_number + 1;
        apr_sleep(apr_time_from_msec(5));
    }
}

/* The same within a function of the C library, with a size that the compiler does not know. */
static void race_copy(request_rec *r)
{
    static char place[100];
    int i;

    for (i = 0; i < 20; i++) {
        memcpy(place, r->uri, strlen(r->uri));
        apr_sleep(apr_time_from_msec(5));
    }
}

/* One octet more than asked for: a pool's own blocks hide it. */
static void pool_overflow(request_rec *r)
{
    char *octets = apr_pcalloc(r->pool, strlen(r->uri));

    sink = octets[strlen(r->uri)];
}

static void pool_after_clear(request_rec *r)
{
    apr_pool_t *pool;
    char *octets;

    apr_pool_create(&pool, r->pool);
    octets = apr_pcalloc(pool, 8);
    apr_pool_clear(pool);
    sink = octets[0];
}

static const struct {
    const char *name;
    void (*commit)(request_rec *r);
} sins[] = {
    { "overflow", overflow }, { "after-free", after_free }, { "undefined", undefined }, { "unset", unset }, { "leak", leak },
    { "race", race }, { "race-copy", race_copy }, { "pool-overflow", pool_overflow }, { "pool-after-clear", pool_after_clear }
};

static int answer(request_rec *r)
{
    size_t i;

    if (strncmp(r->uri, "/sin/", 5) != 0)
        return DECLINED;
    for (i = 0; i < sizeof(sins) / sizeof(*sins); i++) {
        if (!strcmp(r->uri + 5, sins[i].name)) {
            sins[i].commit(r);
            ap_rputs("done\n", r);
            return OK;
        }
    }
    return HTTP_NOT_FOUND;
}

static void hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_handler(answer, NULL, NULL, APR_HOOK_FIRST);
}

AP_DECLARE_MODULE(sin) = { STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, hooks
#ifdef AP_MODULE_FLAG_NONE
                           , AP_MODULE_FLAG_NONE
#endif
};

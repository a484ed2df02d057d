/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_log.h"
#include "http_protocol.h"
#include "http_request.h"
#include "util_script.h"
#include "apr_strings.h"
#include "apr_uri.h"

#include "mtls_pem.h"
#include "mtls_status.h"
#include "mtls_whatif_page.h"

APLOG_USE_MODULE(mtls_authz);

#define FORM_MAX (64 * 1024)
#define PAIRS_MAX 16
#define FORM_TYPE "application/x-www-form-urlencoded"

/* ---- who may ask ---- */

static const char *own_origin(request_rec *r)
{
    const char *host = apr_table_get(r->headers_in, "Host");

    return apr_pstrcat(r->pool, ap_http_scheme(r), "://", host ? host : r->hostname, NULL);
}

/* Pages of others must not ask in the reader's name. A browser says where a request comes from; who says nothing is none,
 * and does what he is told by nobody else. */
static int is_foreign(request_rec *r)
{
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site"), *origin = apr_table_get(r->headers_in, "Origin");

    if (site)
        return strcmp(site, "same-origin") && (r->method_number != M_GET || strcmp(site, "none"));
    return origin && strcasecmp(origin, own_origin(r));
}

static int refuse(request_rec *r, int status, const char *sentence)
{
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "what-if: %s", sentence);
    return status;
}

/* ---- what is asked ---- */

static const char *flatten(apr_pool_t *p, apr_bucket_brigade *value)
{
    apr_off_t len = 0;
    apr_size_t size;
    char *text;

    apr_brigade_length(value, 1, &len);
    size = (apr_size_t)len;
    text = apr_pcalloc(p, size + 1);
    apr_brigade_flatten(value, text, &size);
    return text;
}

static int read_form(request_rec *r, apr_table_t *arguments)
{
    const char *type = apr_table_get(r->headers_in, "Content-Type");
    apr_array_header_t *pairs = NULL;
    int rc;

    if (!type || strncasecmp(type, FORM_TYPE, sizeof(FORM_TYPE) - 1))
        return refuse(r, HTTP_UNSUPPORTED_MEDIA_TYPE, "a body of another type than " FORM_TYPE);
    rc = ap_parse_form_data(r, NULL, &pairs, PAIRS_MAX, FORM_MAX);
    if (rc != OK)
        return rc;
    while (pairs && pairs->nelts) {
        const ap_form_pair_t *pair = apr_array_pop(pairs);

        apr_table_setn(arguments, pair->name, flatten(r->pool, pair->value));
    }
    return OK;
}

static int port_of(const apr_uri_t *uri)
{
    return uri->port ? uri->port : apr_uri_port_of_scheme(uri->scheme);
}

/* Whoever answers at another port may be another virtual host, with other rules. */
static int is_here(request_rec *r, const apr_uri_t *uri)
{
    apr_uri_t own;

    return apr_uri_parse(r->pool, own_origin(r), &own) == APR_SUCCESS && own.hostname && uri->scheme
        && !strcasecmp(own.scheme, uri->scheme) && !strcasecmp(own.hostname, uri->hostname)
        && port_of(&own) == port_of(uri);
}

/* The path of a URL of this virtual host, as a browser sends it: without what stands behind a #. */
static const char *read_url(request_rec *r, mtls_whatif_t *what, const char *url)
{
    apr_uri_t uri;

    if (!url || !*url)
        return "a URL is needed: a path such as /orders/1";
    what->url = apr_pstrmemdup(r->pool, url, strcspn(url, "#"));
    if (*url == '/')
        return NULL;
    if (apr_uri_parse(r->pool, url, &uri) != APR_SUCCESS || !uri.hostname)
        return "the URL is none: it begins with / or with https://";
    if (!is_here(r, &uri))
        return "the URL is of another host, port or scheme than this page: ask on the status page there";
    what->url = apr_pstrcat(r->pool, uri.path ? uri.path : "/", uri.query ? "?" : "", uri.query ? uri.query : "", NULL);
    return NULL;
}

static const char *read_method(mtls_whatif_t *what, const char *method)
{
    int number = method && *method ? ap_method_number_of(method) : M_GET;

    what->method = method && *method ? method : "GET";
    return number == M_INVALID || number == M_TRACE || number == M_CONNECT
        ? "the method is none that can be looked up: write GET, POST or another one that has a path" : NULL;
}

static const char *read_certificates(request_rec *r, const char *pem, apr_array_header_t *certificates)
{
    const char *error;

    if (ap_strstr_c(pem, "PRIVATE KEY-----")) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "what-if: somebody has pasted a private key; it was not kept "
                      "here, but it has been sent: whoever uses it should get another one");
        return "this is a private key, which nobody else should have. It was not kept, but you have sent it: replace it. "
               "Only the certificate is needed, the part from BEGIN CERTIFICATE to END CERTIFICATE";
    }
    error = mtls_pem_parse(r->pool, pem, certificates);
    return error ? apr_pstrcat(r->pool, "the text ", error, NULL) : NULL;
}

static const char *ask(request_rec *r, const apr_table_t *arguments, const char *pem, mtls_whatif_t *what)
{
    apr_array_header_t *certificates = apr_array_make(r->pool, 4, sizeof(X509 *));
    const char *error = read_certificates(r, pem, certificates);

    if (!error)
        error = read_url(r, what, apr_table_get(arguments, "url"));
    if (!error)
        error = read_method(what, apr_table_get(arguments, "method"));
    return error ? error : mtls_whatif_ask(r, certificates, what);
}

/* ---- the answer ---- */

static void answer(request_rec *r, const apr_table_t *arguments)
{
    const char *format = apr_table_get(arguments, "format"), *pem = apr_table_get(arguments, "cert");
    mtls_whatif_view_t view = { .url = apr_table_get(arguments, "url") };
    mtls_whatif_t what = { .url = NULL };

    if (pem) {
        view.trouble = ask(r, arguments, pem, &what);
        view.what = view.trouble ? NULL : &what;
        view.pem = ap_strstr_c(pem, "PRIVATE KEY-----") ? NULL : pem;
        r->status = view.trouble ? HTTP_BAD_REQUEST : HTTP_OK;
    }
    if (format && !strcmp(format, "json"))
        mtls_whatif_json(r, &view);
    else
        mtls_whatif_html(r, &view);
}

static int answer_request(request_rec *r, const apr_table_t *given)
{
    apr_table_t *arguments = apr_table_copy(r->pool, given);
    int rc;

    if (mtls_server_of(r->server)->what_if != 1)
        return refuse(r, HTTP_NOT_FOUND, "MTLSWhatIf is off in this virtual host");
    r->allowed = (AP_METHOD_BIT << M_GET) | (AP_METHOD_BIT << M_POST);
    if (r->method_number == M_OPTIONS)
        return DECLINED;
    if (r->method_number != M_GET && r->method_number != M_POST)
        return HTTP_METHOD_NOT_ALLOWED;
    if ((r->method_number == M_POST || apr_table_get(arguments, "cert")) && is_foreign(r))
        return refuse(r, HTTP_FORBIDDEN, "a page of another origin has asked");
    if (r->method_number == M_POST) {
        rc = read_form(r, arguments);
        if (rc != OK)
            return rc;
    }
    answer(r, arguments);
    return OK;
}

static const mtls_addition_t addition = { MTLS_WHATIF_ID, mtls_whatif_invite, NULL, answer_request };

void mtls_whatif_page_register(void)
{
    mtls_status_add(&addition);
}

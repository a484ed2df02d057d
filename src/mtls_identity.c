/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_core.h"
#include "http_log.h"
#include "http_request.h"
#include "apr_strings.h"

#include "mtls_audit.h"
#include "mtls_identity.h"
#include "mtls_vary.h"

APLOG_USE_MODULE(mtls_authz);

#define AUTH_TYPE "mtls"

/* The expression sees what the user name would be without it. */
static const char *cut(request_rec *r, const mtls_user_t *user, const char *text)
{
    mtls_str_t group;
    int matched;

    if (!user->regex || !text)
        return text;
    matched = mtls_regex_match(user->regex, mtls_str(text), &group);
    if (matched < 0)
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "MTLSUser: the regular expression ran into its limit, so this request has no user; "
                      "simplify match=, nested repetitions above all");
    return matched == 1 && group.len ? apr_pstrmemdup(r->pool, group.ptr, group.len) : NULL;
}

static mtls_reason_t no_user_because(const mtls_values_t *values)
{
    if (mtls_known_reason(values->known) != MTLS_GRANTED)
        return mtls_known_reason(values->known);
    return values->n > 1 ? MTLS_AMBIGUOUS : MTLS_NO_USER;
}

static const char *make_user(request_rec *r, const mtls_user_t *user, mtls_request_t *request)
{
    mtls_value_t *scratch = apr_pcalloc(r->pool, sizeof(*scratch));
    mtls_values_t values = mtls_view_get(r->pool, &request->view, user->field, scratch);
    const char *name;

    request->user_reason = no_user_because(&values);
    if (values.n != 1) {
        request->view.user = values;        /* several: whoever exports it will find it ambiguous */
        return NULL;
    }
    name = user->format->encode(r->pool, (mtls_type_id_t)(user->field->type - mtls_types), values.v, 1);
    name = cut(r, user, name);
    if (!name || !*name)
        return NULL;
    request->user_reason = MTLS_GRANTED;
    *scratch = mtls_value_text(mtls_str(name));
    request->view.user = (mtls_values_t){ MTLS_PRESENT, 1, scratch };
    return name;
}

static void take_back_ours(request_rec *r)
{
    if (r->user && r->ap_auth_type && !strcmp(r->ap_auth_type, AUTH_TYPE))
        r->user = r->ap_auth_type = NULL;
}

/* Another section's MTLSUser may have spoken before, here or in the request that led to this one. */
static void take_back(request_rec *r, mtls_request_t *request)
{
    request->view.user = (mtls_values_t){ MTLS_ABSENT, 0, NULL };
    take_back_ours(r);
}

void mtls_identity_forget(request_rec *r)
{
    request_rec *before;

    for (before = r->prev; before; before = before->prev)
        take_back_ours(before);
}

/* The page that says that a request was refused is not told whose it was. */
static int may_be_named(request_rec *r, mtls_request_t *request)
{
    if (mtls_request_view(r)->standing == MTLS_GRANTED && !mtls_request_refused(r))
        return 1;
    request->user_reason = request->view.standing;
    return 0;
}

static void find_user(request_rec *r, mtls_request_t *request, const mtls_user_t *user)
{
    if (request->identified_by == user)
        return;
    request->identified_by = user;
    take_back(r, request);
    request->user = user && may_be_named(r, request) ? make_user(r, user, request) : NULL;
}

static void set_user(request_rec *r, const mtls_request_t *request)
{
    if (!request->user)
        return;
    r->user = (char *)request->user;
    r->ap_auth_type = (char *)AUTH_TYPE;
    mtls_vary_told(r);
}

static int is_another(const char *type)
{
    return type && strcasecmp(type, AUTH_TYPE);
}

void mtls_identity_set(request_rec *r)
{
    mtls_request_t *request = mtls_request_known(r);
    const mtls_user_t *user = mtls_dir_of(r)->user;

    if (!user && !(request && request->identified_by))
        return;
    request = mtls_request_of(r);
    find_user(r, request, user);
    if (is_another(ap_auth_type(r)))       /* the rules look at the user that a password makes */
        return;
    if (user && !request->user)            /* SSLUserName may have made one, of whatever certificate */
        r->user = r->ap_auth_type = NULL;
    set_user(r, request);
}

/* Where no AuthType is set, MTLSUser stands for it: somebody asks for a user, and this is how one is made. */
static int is_ours(request_rec *r)
{
    const char *type = ap_auth_type(r);

    return type ? !strcasecmp(type, AUTH_TYPE) : mtls_dir_of(r)->user != NULL;
}

/* Of a certificate that is to be believed. What was found before is looked at again: most requests are not asked. */
static const char *what_is_wrong(request_rec *r, const mtls_user_t *user)
{
    mtls_value_t scratch;
    mtls_values_t values = mtls_view_get(r->pool, mtls_request_view(r), user->field, &scratch);
    const char *owner = user->field->row->flags & MTLS_FIELD_TLS ? "connection" : "certificate";

    if (mtls_known_reason(values.known) != MTLS_GRANTED)
        return apr_psprintf(r->pool, "the %s's %s cannot be known", owner, user->field->name);
    if (values.n > 1)
        return apr_psprintf(r->pool, "the %s has %d of %s", owner, values.n, user->field->name);
    if (!values.n)
        return apr_psprintf(r->pool, "the %s has no %s", owner, user->field->name);
    if (user->regex)
        return apr_psprintf(r->pool, "match= does not fit the %s's %s, or catches nothing", owner, user->field->name);
    return apr_psprintf(r->pool, "the %s's %s is empty", owner, user->field->name);
}

static const char *explain(request_rec *r, const mtls_user_t *user)
{
    if (!user)
        return "a rule asks for a user, and no MTLSUser makes one";
    if (mtls_request_view(r)->standing != MTLS_GRANTED || mtls_request_refused(r))
        return "a rule asks for a user";
    return apr_psprintf(r->pool, "a rule asks for a user; %s:%d (MTLSUser %s): %s", user->place.file, user->place.line,
                        user->text, what_is_wrong(r, user));
}

static int authenticate(request_rec *r)
{
    const mtls_user_t *user = mtls_dir_of(r)->user;
    const mtls_request_t *request;

    if (!is_ours(r))
        return DECLINED;
    request = mtls_request_of(r);
    if (r->user && request->view.user.n == 1)
        return OK;
    if (!user && mtls_request_view(r)->standing != MTLS_GRANTED)
        return mtls_audit_deny(r, request->view.standing, "a rule asks for a user");
    return mtls_audit_deny(r, request->user_reason == MTLS_GRANTED ? MTLS_NO_USER : request->user_reason, explain(r, user));
}

/* Subrequests that keep their configuration, and Satisfy Any, come here without an access check. Where
 * another AuthType was not needed, its place is free. */
static int identify(request_rec *r)
{
    const mtls_request_t *request;

    if (!mtls_generation() || !mtls_generation()->used)
        return DECLINED;
    mtls_identity_set(r);
    request = mtls_request_known(r);
    if (request && !r->user)
        set_user(r, request);
    return DECLINED;
}

void mtls_identity_register(void)
{
    static const char *const after[] = { "mod_dir.c", NULL };

    ap_hook_check_authn(authenticate, NULL, NULL, APR_HOOK_FIRST, AP_AUTH_INTERNAL_PER_CONF);
    if (!mtls_generation()->users)
        return;
    ap_hook_fixups(identify, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(identify, after, NULL, APR_HOOK_LAST);      /* an index file may have a section of its own */
}

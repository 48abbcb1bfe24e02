/* API Gateway's event as JSON text, and the parts from which the worker builds the same as a Lua table.
 *
 * Sources: "Set up Lambda proxy integrations" (REST, format 1.0) and "Lambda proxy integrations for HTTP
 * APIs" (1.0 and 2.0).  What differs between them:
 *
 *                     REST 1.0            HTTP 1.0                     HTTP 2.0
 *   version           -                   "1.0"                        "2.0"
 *   header names      as sent             as sent                      lower case, values joined by ","
 *   several values    last one wins, all of them in multiValue...      joined by ","
 *   absent parts      null                null                         absent
 *   authorizer        only with one       {claims,scopes: null}        only with one */
#include "door/proxy.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/json.h"
#include <ctype.h>

/* --- parts --------------------------------------------------------------------------------------------- */

const char *const proxy_event_nulls[] = {
    "headers",
    "multiValueHeaders",
    "queryStringParameters",
    "multiValueQueryStringParameters",
    "pathParameters",
    "stageVariables",
    "body",
    NULL,
};

const char *const proxy_identity_nulls[] = {
    "accessKey",
    "accountId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "user",
    "userAgent",
    "userArn",
    NULL,
};

/* %FF is no text: the event is JSON, so what is not UTF-8 shows as U+FFFD. */
static struct str decoded(struct arena *a, struct str s)
{
    return codec_utf8_mended(a, codec_unpercent(a, s, true));
}

size_t proxy_query(struct arena *a, struct str query, struct proxy_pair **out)
{
    size_t n = 0, most = 1;
    for (size_t i = 0; i < query.n; i++)
        most += query.p[i] == '&';
    *out = query.n ? arena_alloc(a, most * sizeof(**out)) : NULL;
    struct str rest = query.n ? query : STR_NONE;
    while (rest.p) {
        struct str value = str_cut(&rest, '&');
        if (value.n == 0)
            continue;
        struct str name = str_cut(&value, '=');
        (*out)[n].name = decoded(a, name);
        (*out)[n++].value = value.p ? decoded(a, value) : STR("");
    }
    return n;
}

bool proxy_is_cookie(struct str header_name)
{
    return str_ieq(header_name, STR("cookie"));
}

bool proxy_cookie(struct str *rest, struct str *cookie)
{
    while (rest->p) {
        *cookie = str_trim(str_cut(rest, ';'));
        if (cookie->n)
            return true;
    }
    return false;
}

struct str proxy_domain_prefix(const struct proxy_event *e)
{
    struct str rest = e->domain;
    return rest.p ? str_cut(&rest, '.') : STR("");
}

struct str proxy_context_path(const struct proxy_event *e, struct arena *a)
{
    if (!e->rest) /* an HTTP API's path has its stage already */
        return e->path;
    size_t n = 1 + e->stage.n + e->path.n;
    char *p = arena_alloc(a, n);
    p[0] = '/';
    memcpy(p + 1, e->stage.p, e->stage.n);
    memcpy(p + 1 + e->stage.n, e->path.p, e->path.n);
    return str_n(p, n);
}

struct str proxy_user_agent(const struct proxy_event *e)
{
    struct str agent = http_header_get(&e->http->headers, "user-agent");
    return agent.p || e->format == 1 ? agent : STR("");
}

struct str proxy_protocol(const struct proxy_event *e)
{
    return e->http->minor ? STR("HTTP/1.1") : STR("HTTP/1.0");
}

static void digits(char *out, int value, int n)
{
    for (; n > 0; value /= 10)
        out[--n] = (char)('0' + value % 10);
}

struct str proxy_time(int64_t ms, char out[PROXY_TIME_SIZE])
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static const char form[] = "00/Mon/0000:00:00:00 +0000";
    struct civil c = clock_civil(ms);
    memcpy(out, form, sizeof(form));
    digits(out, c.day, 2);
    memcpy(out + 3, months + 3 * (c.month - 1), 3);
    digits(out + 7, c.year, 4);
    digits(out + 12, c.hour, 2);
    digits(out + 15, c.minute, 2);
    digits(out + 18, c.second, 2);
    return str_n(out, sizeof(form) - 1);
}

/* --- writing ------------------------------------------------------------------------------------------- */

/* Members of an object: a comma before each but the first. */
struct object {
    struct buf *out;
    bool some;
};

static struct object open_object(struct buf *out)
{
    buf_char(out, '{');
    return (struct object){out, false};
}

static void close_object(const struct object *o)
{
    buf_char(o->out, '}');
}

static struct buf *member(struct object *o, struct str name)
{
    if (o->some)
        buf_char(o->out, ',');
    o->some = true;
    buf_json(o->out, name);
    buf_char(o->out, ':');
    return o->out;
}

static void text(struct object *o, const char *name, struct str value)
{
    struct buf *out = member(o, str_z(name));
    if (value.p)
        buf_json(out, value);
    else
        buf_z(out, "null");
}

/* Nothing when it is absent. */
static void text_if(struct object *o, const char *name, struct str value)
{
    if (value.p)
        text(o, name, value);
}

static void number(struct object *o, const char *name, int64_t value)
{
    buf_i64(member(o, str_z(name)), value);
}

static void boolean(struct object *o, const char *name, bool value)
{
    buf_z(member(o, str_z(name)), value ? "true" : "false");
}

static void pairs(struct object *o, const char *name, const struct proxy_pair *list, size_t n)
{
    struct object map = open_object(member(o, str_z(name)));
    for (size_t i = 0; i < n; i++)
        buf_json(member(&map, list[i].name), list[i].value);
    close_object(&map);
}

static bool seen_before(const struct proxy_pair *list, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (str_eq(list[k].name, list[i].name))
            return true;
    return false;
}

static void last_values(struct object *o, const char *name, const struct proxy_pair *list, size_t n)
{
    struct object map = open_object(member(o, str_z(name)));
    for (size_t i = 0; i < n; i++) {
        struct str last = list[i].value;
        if (seen_before(list, i))
            continue;
        for (size_t k = i + 1; k < n; k++)
            last = str_eq(list[k].name, list[i].name) ? list[k].value : last;
        buf_json(member(&map, list[i].name), last);
    }
    close_object(&map);
}

static void all_values(struct object *o, const char *name, const struct proxy_pair *list, size_t n)
{
    struct object map = open_object(member(o, str_z(name)));
    for (size_t i = 0; i < n; i++) {
        if (seen_before(list, i))
            continue;
        struct buf *out = member(&map, list[i].name);
        buf_char(out, '[');
        buf_json(out, list[i].value);
        for (size_t k = i + 1; k < n; k++)
            if (str_eq(list[k].name, list[i].name)) {
                buf_char(out, ',');
                buf_json(out, list[k].value);
            }
        buf_char(out, ']');
    }
    close_object(&map);
}

static void joined_values(struct object *o, const char *name, struct arena *a, const struct proxy_pair *list,
                          size_t n)
{
    struct object map = open_object(member(o, str_z(name)));
    for (size_t i = 0; i < n; i++) {
        struct str all = list[i].value;
        if (seen_before(list, i))
            continue;
        for (size_t k = i + 1; k < n; k++)
            if (str_eq(list[k].name, list[i].name))
                all = arena_printf(a, "%.*s,%.*s", STR_ARG(all), STR_ARG(list[k].value));
        buf_json(member(&map, list[i].name), all);
    }
    close_object(&map);
}

/* --- format 1.0 ---------------------------------------------------------------------------------------- */

static void single_and_multi(struct object *o, const char *single, const char *multi,
                             const struct proxy_pair *list, size_t n)
{
    if (n) {
        last_values(o, single, list, n);
        all_values(o, multi, list, n);
    } else {
        text(o, single, STR_NONE);
        text(o, multi, STR_NONE);
    }
}

static void pairs_or_null(struct object *o, const char *name, const struct proxy_pair *list, size_t n)
{
    if (n)
        pairs(o, name, list, n);
    else
        text(o, name, STR_NONE);
}

static size_t header_pairs(const struct proxy_event *e, struct arena *a, struct proxy_pair **out)
{
    const struct http_headers *h = &e->http->headers;
    *out = arena_alloc(a, (h->n + 1) * sizeof(**out));
    for (size_t i = 0; i < h->n; i++)
        (*out)[i] = (struct proxy_pair){h->list[i].name, h->list[i].value};
    return h->n;
}

static void identity(struct object *context, const struct proxy_event *e)
{
    struct object id = open_object(member(context, STR("identity")));
    for (const char *const *name = proxy_identity_nulls; *name; name++)
        if (strcmp(*name, "userAgent") != 0)
            text(&id, *name, STR_NONE);
    text(&id, "userAgent", proxy_user_agent(e));
    text(&id, "sourceIp", e->http->remote);
    text_if(&id, "apiKey", e->api_key);
    text_if(&id, "apiKeyId", e->api_key_id);
    close_object(&id);
}

static void authorizer1(struct object *context, const struct proxy_event *e)
{
    if (e->authorizer)
        json_print(member(context, STR("authorizer")), e->authorizer);
    else if (!e->rest)
        buf_z(member(context, STR("authorizer")), "{\"claims\":null,\"scopes\":null}");
}

static void context1(struct object *event, const struct proxy_event *e, struct arena *a)
{
    char when[PROXY_TIME_SIZE];
    struct object c = open_object(member(event, STR("requestContext")));
    text(&c, "accountId", e->account);
    text(&c, "apiId", e->api_id);
    authorizer1(&c, e);
    text_if(&c, "deploymentId", e->deployment_id);
    text(&c, "domainName", e->domain);
    text(&c, "domainPrefix", proxy_domain_prefix(e));
    text(&c, "extendedRequestId", e->extended_id);
    text(&c, "httpMethod", e->http->method);
    identity(&c, e);
    text(&c, "path", proxy_context_path(e, a));
    text(&c, "protocol", proxy_protocol(e));
    text(&c, "requestId", e->request_id);
    text(&c, "requestTime", proxy_time(e->time, when));
    number(&c, "requestTimeEpoch", e->time);
    text(&c, "resourceId", e->resource_id);
    text(&c, "resourcePath", e->resource);
    text(&c, "stage", e->stage);
    close_object(&c);
}

static void event1(const struct proxy_event *e, struct arena *a, struct buf *out)
{
    struct proxy_pair *list;
    struct object o = open_object(out);
    if (!e->rest)
        text(&o, "version", STR("1.0"));
    text(&o, "resource", e->resource);
    text(&o, "path", e->path_sent);
    text(&o, "httpMethod", e->http->method);
    size_t n = header_pairs(e, a, &list);
    single_and_multi(&o, "headers", "multiValueHeaders", list, n);
    n = proxy_query(a, e->http->query, &list);
    single_and_multi(&o, "queryStringParameters", "multiValueQueryStringParameters", list, n);
    pairs_or_null(&o, "pathParameters", e->path_parameters, e->path_parameter_count);
    pairs_or_null(&o, "stageVariables", e->stage_variables, e->stage_variable_count);
    context1(&o, e, a);
    text(&o, "body", e->body);
    boolean(&o, "isBase64Encoded", e->body_base64);
    close_object(&o);
}

/* --- format 2.0 ---------------------------------------------------------------------------------------- */

static struct str lower(struct arena *a, struct str s)
{
    char *z = arena_z(a, s);
    for (size_t i = 0; i < s.n; i++)
        z[i] = (char)tolower((unsigned char)z[i]);
    return str_n(z, s.n);
}

static void cookies(struct object *o, const struct proxy_event *e)
{
    const struct http_headers *h = &e->http->headers;
    struct buf *out = NULL;
    struct str cookie;
    for (size_t i = 0; i < h->n; i++) {
        struct str rest = h->list[i].value;
        while (proxy_is_cookie(h->list[i].name) && proxy_cookie(&rest, &cookie)) {
            if (out)
                buf_char(out, ',');
            else
                buf_char(out = member(o, STR("cookies")), '[');
            buf_json(out, cookie);
        }
    }
    if (out)
        buf_char(out, ']');
}

static void headers2(struct object *o, const struct proxy_event *e, struct arena *a)
{
    struct proxy_pair *list;
    size_t n = header_pairs(e, a, &list), kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!proxy_is_cookie(list[i].name))
            list[kept++] = (struct proxy_pair){lower(a, list[i].name), list[i].value};
    joined_values(o, "headers", a, list, kept);
}

static void context2(struct object *event, const struct proxy_event *e)
{
    char when[PROXY_TIME_SIZE];
    struct object c = open_object(member(event, STR("requestContext")));
    text(&c, "accountId", e->account);
    text(&c, "apiId", e->api_id);
    if (e->authorizer)
        json_print(member(&c, STR("authorizer")), e->authorizer);
    text(&c, "domainName", e->domain);
    text(&c, "domainPrefix", proxy_domain_prefix(e));
    struct object http = open_object(member(&c, STR("http")));
    text(&http, "method", e->http->method);
    text(&http, "path", e->path);
    text(&http, "protocol", proxy_protocol(e));
    text(&http, "sourceIp", e->http->remote);
    text(&http, "userAgent", proxy_user_agent(e));
    close_object(&http);
    text(&c, "requestId", e->request_id);
    text(&c, "routeKey", e->route_key);
    text(&c, "stage", e->stage);
    text(&c, "time", proxy_time(e->time, when));
    number(&c, "timeEpoch", e->time);
    close_object(&c);
}

static void event2(const struct proxy_event *e, struct arena *a, struct buf *out)
{
    struct proxy_pair *list;
    struct object o = open_object(out);
    text(&o, "version", STR("2.0"));
    text(&o, "routeKey", e->route_key);
    text(&o, "rawPath", e->path);
    text(&o, "rawQueryString", e->http->query.p ? e->http->query : STR(""));
    cookies(&o, e);
    headers2(&o, e, a);
    size_t n = proxy_query(a, e->http->query, &list);
    if (n)
        joined_values(&o, "queryStringParameters", a, list, n);
    context2(&o, e);
    text_if(&o, "body", e->body);
    if (e->path_parameter_count)
        pairs(&o, "pathParameters", e->path_parameters, e->path_parameter_count);
    boolean(&o, "isBase64Encoded", e->body_base64);
    if (e->stage_variable_count)
        pairs(&o, "stageVariables", e->stage_variables, e->stage_variable_count);
    close_object(&o);
}

void proxy_event_json(const struct proxy_event *e, struct buf *out)
{
    struct arena a;
    arena_init(&a);
    if (e->format == 2)
        event2(e, &a, out);
    else
        event1(e, &a, out);
    arena_release(&a);
}

#include "guard.h"

#include "core/conf.h"
#include <arpa/inet.h>

/* --- names */

static bool ends_as(struct str s, struct str suffix)
{
    return s.n >= suffix.n && str_ieq(str_sub(s, s.n - suffix.n, suffix.n), suffix);
}

/* The name itself, or one below it. */
static bool is_within(struct str host, struct str name)
{
    if (host.n <= name.n)
        return str_ieq(host, name);
    return host.p[host.n - name.n - 1] == '.' && ends_as(host, name);
}

/* "name:port" and "[address]:port" without the port, without the dot that ends a whole name. */
static struct str without_port(struct str host)
{
    if (str_starts(host, STR("[")))
        return str_sub(host, 0, (size_t)(str_find(host, ']') + 1));
    host = str_cut(&host, ':');
    return str_ends(host, STR(".")) ? str_sub(host, 0, host.n - 1) : host;
}

/* 127.0.0.0/8, ::1 and what maps to them; browsers write other spellings of an address in these forms. */
static bool is_loopback_address(struct str host)
{
    char text[INET6_ADDRSTRLEN];
    struct in_addr v4;
    struct in6_addr v6;
    bool brackets = str_starts(host, STR("[")) && str_ends(host, STR("]"));
    if (!host.n || host.n >= sizeof text)
        return false;
    str_copy(brackets ? str_sub(host, 1, host.n - 2) : host, text, sizeof text);
    if (inet_pton(AF_INET, text, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, text, &v6) == 1 &&
           (IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127));
}

/* The address that --host names is ours too; "everywhere" is no name. */
static bool is_where_we_listen(const struct conf *conf, struct str host)
{
    char room[260];
    struct str url_host = conf ? conf_url_host(conf, room, sizeof room) : STR_NONE;
    return url_host.p && str_ieq(host, url_host);
}

static bool is_this_machine(struct str host)
{
    return is_within(host, STR("localhost")) || is_loopback_address(host);
}

static bool is_ours(const struct conf *conf, struct str host)
{
    host = without_port(host);
    if (str_find(host, '/') >= 0)
        return false;
    if (is_this_machine(host) || is_where_we_listen(conf, host))
        return true;
    for (size_t i = 0; conf && i < conf->allowed_hosts.n; i++)
        if (is_within(host, conf->allowed_hosts.list[i]))
            return true;
    return false;
}

static bool origin_is_allowed(const struct conf *conf, struct str origin)
{
    for (size_t i = 0; conf && i < conf->allowed_origins.n; i++)
        if (str_ieq(origin, conf->allowed_origins.list[i]))
            return true;
    ptrdiff_t at = str_search(origin, STR("://"));
    return at >= 0 && is_ours(conf, str_sub(origin, (size_t)at + 3, origin.n));
}

/* --- the rules */

struct visit {
    const struct conf *conf;
    const struct http_request *http;
    struct str host, origin, site, mode, dest, agent; /* absent: not told */
    bool by_handler;
};

/* A name that somebody else's DNS leads to this machine: its page would be "the same origin" as we are.  Only
 * a browser on this machine can be led so; from elsewhere a machine is called what its network calls it. */
static bool host_is_foreign(const struct visit *v)
{
    return v->host.p && !is_ours(v->conf, v->host) && is_loopback_address(v->http->remote);
}

static bool origin_is_foreign(const struct visit *v)
{
    return v->origin.p && !origin_is_allowed(v->conf, v->origin);
}

static bool is_own_room(const struct visit *v)
{
    return str_starts(v->http->path, STR("/_tidepool/"));
}

/* What SNS writes into its messages for people to click, and what AWS answers to whoever has the link: its
 * token, or the subscription's id, is the secret.  The first Action is the one that counts. */
static bool is_link_of_a_message(struct str query)
{
    return str_starts(query, STR("Action=ConfirmSubscription&")) ||
           str_starts(query, STR("Action=Unsubscribe&"));
}

/* A query outside of tidepool's own rooms may be a call of the Query protocol, however it is spelled
 * ("%41ction="), and change anything. */
static bool only_shows(const struct visit *v)
{
    bool looks = str_is(v->http->method, "GET") || str_is(v->http->method, "HEAD");
    return looks && (!v->http->query.n || is_own_room(v) || is_link_of_a_message(v->http->query));
}

/* Following a link shows the answer to the person and not to the page that has it. */
static bool is_harmless_link(const struct visit *v)
{
    return only_shows(v) && str_is(v->mode, "navigate") && str_is(v->dest, "document");
}

/* Images, forms and the like are sent without an Origin.  localhost on another port is same-site; under a
 * name that --allowed-host lets in, same-site are its neighbours, who were not let in. */
static bool page_is_foreign(const struct visit *v)
{
    bool neighbour = str_is(v->site, "same-site") && v->host.p && !is_this_machine(without_port(v->host));
    return !v->origin.p && (neighbour || str_is(v->site, "cross-site")) && !is_harmless_link(v);
}

/* Over plain http beyond localhost browsers send no Sec-Fetch-*, and old ones never do: any page may have
 * this image, script or link.  With all else than GET and HEAD they send an Origin. */
static bool page_is_unknown(const struct visit *v)
{
    bool looks = str_is(v->http->method, "GET") || str_is(v->http->method, "HEAD");
    return looks && str_starts(v->agent, STR("Mozilla/")) && !v->site.p && !v->origin.p && !only_shows(v);
}

/* A handler's http.request is not the way around the door, which asks the same of aws.tidepool. */
static bool handler_is_not_allowed(const struct visit *v)
{
    return v->by_handler && is_own_room(v) && !(v->conf && v->conf->allow_control);
}

static const struct {
    bool (*broken)(const struct visit *v);
    struct fault fault;
} rules[] = {
    {host_is_foreign,
     {.code = "AccessDeniedException",
      .http = 403,
      .text = "The Host of this request is none of tidepool's: it answers to localhost, names below it, and "
              "what --allowed-host names."}},
    {origin_is_foreign,
     {.code = "AccessDeniedException",
      .http = 403,
      .text = "Pages of this origin may not use this endpoint: it answers to pages of localhost, and to what "
              "--allowed-origin names."}},
    {page_is_foreign,
     {.code = "AccessDeniedException",
      .http = 403,
      .text = "Pages of other sites may not use this endpoint: it answers to pages of localhost, and to what "
              "--allowed-origin names."}},
    {page_is_unknown,
     {.code = "AccessDeniedException",
      .http = 403,
      .text =
          "A browser does not say which page asks for this, so any page may: actions are asked by POST, or "
          "by what is no browser."}},
    {handler_is_not_allowed,
     {.code = "AccessDeniedException",
      .http = 403,
      .text = "Tidepool's own operations are open to handlers only with --allow-control."}},
};

/* One pass over the headers. */
static struct visit visit_of(const struct conf *conf, const struct http_request *http)
{
    struct visit v = {.conf = conf, .http = http};
    for (size_t i = 0; i < http->headers.n; i++) {
        struct str name = http->headers.list[i].name, value = http->headers.list[i].value;
        if (str_ieq(name, STR("host")))
            v.host = value;
        else if (str_ieq(name, STR("origin")))
            v.origin = value;
        else if (str_ieq(name, STR("sec-fetch-site")))
            v.site = value;
        else if (str_ieq(name, STR("sec-fetch-mode")))
            v.mode = value;
        else if (str_ieq(name, STR("sec-fetch-dest")))
            v.dest = value;
        else if (str_ieq(name, STR("user-agent")))
            v.agent = value;
        else if (str_ieq(name, STR(HTTP_BY_HANDLER)))
            v.by_handler = true;
    }
    return v;
}

const struct fault *guard_refuses(const struct conf *conf, const struct http_request *http)
{
    struct visit v = visit_of(conf, http);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].broken(&v))
            return &rules[i].fault;
    return NULL;
}

/* --- tidepool's own rooms */

/* What only looks, and so may be asked by GET: an operation, or that operation with this value of a member.
 * All else changes something. */
static const struct {
    const char *op, *member, *value;
} looks[] = {
    {"Health", NULL, NULL}, {"Trace", NULL, NULL},       {"Logs", NULL, NULL},
    {"Why", NULL, NULL},    {"Clock", "action", "show"},
};

static bool only_looks(const struct op_row *op, const cJSON *in)
{
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        if (strcmp(looks[i].op, op->name) != 0)
            continue;
        const cJSON *member = looks[i].member ? cJSON_GetObjectItemCaseSensitive(in, looks[i].member) : NULL;
        return !member || (cJSON_IsString(member) && strcmp(member->valuestring, looks[i].value) == 0);
    }
    return false;
}

const struct fault *guard_refuses_method(const struct op_row *op, const cJSON *in,
                                         const struct http_request *http, struct str *allow)
{
    static const struct fault not_allowed = {
        .code = "MethodNotAllowed",
        .http = 405,
        .text = "What changes something is asked by POST alone; GET and HEAD only look."};
    struct str method = http->method;
    bool look = str_is(method, "GET") || str_is(method, "HEAD"), looking = only_looks(op, in);
    *allow = looking ? STR("GET, HEAD, POST") : STR("POST");
    return str_is(method, "POST") || (look && looking) ? NULL : &not_allowed;
}

/* --- browsers */

bool guard_preflight(const struct http_request *http)
{
    return str_is(http->method, "OPTIONS") && http_header_get(&http->headers, "origin").p;
}

void guard_headers(const struct conf *conf, const struct http_request *http, struct http_reply *reply,
                   struct arena *a)
{
    static const struct http_header always[] = {
        {STR_INIT("Access-Control-Expose-Headers"),
         STR_INIT("etag,x-amz-version-id,x-amzn-requestid,x-amzn-errortype,x-amz-crc32,x-amz-function-error,"
                  "x-amz-executed-version,x-amz-log-result")},
        {STR_INIT("Vary"), STR_INIT("Origin")},
    };
    struct str origin = http_header_get(&http->headers, "origin");
    if (!origin.p || !origin_is_allowed(conf, origin))
        return;
    http_header_add(&reply->headers, a, STR("Access-Control-Allow-Origin"), origin);
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        http_header_add(&reply->headers, a, always[i].name, always[i].value);
    if (!guard_preflight(http))
        return;
    http_header_add(&reply->headers, a, STR("Access-Control-Allow-Methods"),
                    STR("HEAD,GET,PUT,POST,DELETE,OPTIONS,PATCH"));
    struct str asked = http_header_get(&http->headers, "access-control-request-headers");
    if (asked.p)
        http_header_add(&reply->headers, a, STR("Access-Control-Allow-Headers"), asked);
    http_header_add(&reply->headers, a, STR("Access-Control-Max-Age"), STR("600"));
}

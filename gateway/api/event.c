/* The request as its function will see it. */
#include "base/codec.h"
#include "exec.h"

/* The first media type of a header: "text/html;q=0.9, image/png" -> "text/html". */
static struct str first_type(struct str header)
{
    struct str list = header, one = str_cut(&list, ',');
    return str_trim(str_cut(&one, ';'));
}

/* "image/png" fits itself, "image/" and a star, and two stars. */
static bool type_fits(struct str pattern, struct str type)
{
    if (str_is(pattern, "*/*"))
        return true;
    if (str_ends(pattern, STR("/*")))
        return str_ieq(str_sub(pattern, 0, pattern.n - 1), str_sub(type, 0, pattern.n - 1));
    return str_ieq(pattern, type);
}

bool exec_is_binary(const struct exec *x, struct str media_types)
{
    struct str type = first_type(media_types.p ? media_types : STR(""));
    for (size_t i = 0; i < x->api->binary_type_count; i++)
        if (type_fits(x->api->binary_types[i], type))
            return true;
    return false;
}

/* HTTP APIs hand over as text only what says that it is: with no type it is bytes. */
static bool is_text(struct str content_type)
{
    static const char *const texts[] = {"application/json", "application/javascript", "application/xml"};
    struct str type = first_type(content_type.p ? content_type : STR(""));
    if (str_ieq(str_sub(type, 0, 5), STR("text/")))
        return true;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (str_ieq(type, str_z(texts[i])))
            return true;
    return str_ends(type, STR("+json")) || str_ends(type, STR("+xml"));
}

static void set_body(struct exec *x, struct proxy_event *e, struct arena *a)
{
    struct str type = http_header_get(&x->http->headers, "content-type");
    e->body = x->http->body.n ? x->http->body : STR_NONE;
    e->body_base64 = e->body.p && (x->api->rest ? exec_is_binary(x, type) : !is_text(type));
    e->body_base64 = e->body_base64 || (e->body.p && !codec_utf8_valid(e->body));
    if (!e->body_base64)
        return;
    struct buf b;
    buf_init(&b, 16u << 20);
    codec_base64(&b, e->body);
    e->body = arena_str(a, buf_view(&b));
    buf_release(&b);
}

static void set_parameters(struct exec *x, struct proxy_event *e, struct arena *a)
{
    const struct route *r = &x->route->route;
    struct proxy_pair *pairs = arena_alloc(a, sizeof *pairs * (r->param_count + 1));
    for (size_t i = 0; i < r->param_count; i++)
        pairs[i] = (struct proxy_pair){r->params[i], x->match.values[i]};
    e->path_parameters = pairs;
    e->path_parameter_count = r->param_count;
}

static struct str host_name(const struct http_request *http)
{
    struct str host = http_header_get(&http->headers, "host");
    if (!host.n)
        return STR("localhost");
    if (host.p[0] == '[') /* an IPv6 address has colons of its own */
        return str_sub(host, 0, (size_t)(str_find(host, ']') + 1));
    return str_cut(&host, ':');
}

/* HTTP APIs show a named stage before the path. */
static struct str shown_path(const struct exec *x, struct str path, struct arena *a)
{
    if (x->api->rest || !x->api->path_prefix.n)
        return path;
    return arena_printf(a, "%.*s%.*s", STR_ARG(x->api->path_prefix), STR_ARG(path));
}

struct proxy_event *event_make(struct exec *x, struct arena *a)
{
    const struct api *api = x->api;
    struct call *c = x->call;
    struct proxy_event *e = arena_zalloc(a, sizeof *e);
    e->format = api->rest ? 1 : x->route->format;
    e->rest = api->rest;
    e->http = passed_request(x, a);
    e->resource = x->route->route.path;
    e->route_key = x->route->key;
    e->path = shown_path(x, api->rest ? x->raw_path : x->path, a);
    e->path_sent = shown_path(x, x->raw_path, a);
    e->stage = api->stage;
    e->api_id = api->id;
    e->account = c->account;
    e->region = c->region;
    e->domain = host_name(x->http);
    e->request_id = api->rest ? str_n(c->request_id, IDENT_UUID_SIZE - 1) : x->extended_id;
    e->extended_id = x->extended_id;
    e->deployment_id = api->deployment_id;
    e->resource_id = api->rest ? x->route->resource_id : x->route->key;
    if (x->key) {
        e->api_key = arena_str(a, x->key->value);
        e->api_key_id = arena_str(a, x->key->id);
    }
    e->time = c->now;
    set_parameters(x, e, a);
    e->stage_variables = api->variables;
    e->stage_variable_count = api->variable_count;
    set_body(x, e, a);
    return e;
}

/* --- outliving the request ---------------------------------------------------------------------------- */

static struct str kept(struct arena *a, struct str s)
{
    return s.p ? arena_str(a, s) : s;
}

static const struct proxy_pair *kept_pairs(struct arena *a, const struct proxy_pair *pairs, size_t n)
{
    struct proxy_pair *copy = arena_alloc(a, sizeof *copy * (n + 1));
    for (size_t i = 0; i < n; i++)
        copy[i] = (struct proxy_pair){kept(a, pairs[i].name), kept(a, pairs[i].value)};
    return copy;
}

static const struct http_request *kept_request(struct arena *a, const struct http_request *r)
{
    struct http_request *copy = arena_alloc(a, sizeof *copy);
    *copy = *r;
    copy->headers = (struct http_headers){.list = NULL};
    for (size_t i = 0; i < r->headers.n; i++)
        http_header_add(&copy->headers, a, kept(a, r->headers.list[i].name),
                        kept(a, r->headers.list[i].value));
    struct str *const texts[] = {&copy->method, &copy->target, &copy->path,
                                 &copy->query,  &copy->body,   &copy->remote};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = kept(a, *texts[i]);
    return copy;
}

void event_keep(struct proxy_event *e, struct arena *a)
{
    struct str *const texts[] = {&e->resource,   &e->route_key,    &e->path,        &e->stage,
                                 &e->api_id,     &e->account,      &e->region,      &e->domain,
                                 &e->request_id, &e->body,         &e->resource_id, &e->extended_id,
                                 &e->path_sent,  &e->deployment_id};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = kept(a, *texts[i]);
    e->http = kept_request(a, e->http);
    e->path_parameters = kept_pairs(a, e->path_parameters, e->path_parameter_count);
    e->stage_variables = kept_pairs(a, e->stage_variables, e->stage_variable_count);
}

/* ROUTE: the stage, the path, the route; preflights of HTTP APIs are answered here. */
#include "base/codec.h"
#include "cors.h"
#include "exec.h"
#include <string.h>

/* "/Prod/orders" -> "/orders" where the prefix is /Prod.  Absent: the path does not begin so. */
static struct str below(struct str path, struct str prefix)
{
    if (!str_starts(path, prefix))
        return STR_NONE;
    struct str rest = str_sub(path, prefix.n, path.n);
    return rest.n == 0 || rest.p[0] == '/' ? rest : STR_NONE;
}

/* "//Prod/a" -> "/Prod/a": several slashes before the stage are one to a REST API. */
static struct str one_slash(struct str path)
{
    while (path.n > 1 && path.p[0] == '/' && path.p[1] == '/')
        path = str_sub(path, 1, path.n);
    return path;
}

/* What the API is to route: an API's own port has no stage in the path, other addresses have. */
static struct str own_path(struct exec *x)
{
    const struct handle_in *in = x->in;
    struct str path = x->api->rest ? one_slash(in->path) : in->path;
    if (in->stage.p && !str_eq(in->stage, x->api->stage))
        return STR_NONE;
    if (!in->staged)
        return path;
    struct str named = below(path, STR("/$default"));
    return named.p && !x->api->path_prefix.n ? named : below(path, x->api->path_prefix);
}

/* "/a//b" -> "/a/b". */
static struct str single_slashes(struct arena *a, struct str path)
{
    if (!memmem(path.p, path.n, "//", 2))
        return path;
    char *out = arena_alloc(a, path.n);
    size_t n = 0;
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] != '/' || n == 0 || out[n - 1] != '/')
            out[n++] = path.p[i];
    return str_n(out, n);
}

/* REST tells neither /a/ nor //a from /a; HTTP APIs do, and see the path decoded. */
static struct str routed_path(struct exec *x, struct str path)
{
    if (x->api->rest) {
        path = single_slashes(&x->call->arena, path);
        return path.n > 1 && path.p[path.n - 1] == '/' ? str_sub(path, 0, path.n - 1) : path;
    }
    if (str_find(path, '%') < 0)
        return path;
    return codec_utf8_mended(&x->call->arena, codec_unpercent(&x->call->arena, path, false));
}

/* A REST API lets a header say another method.  ("Important notes for REST APIs") */
static struct str routed_method(const struct exec *x)
{
    struct str other = http_header_get(&x->http->headers, "x-http-method-override");
    return x->api->rest && other.n ? other : x->http->method;
}

/* How near a route's template is to the path: characters in common from the front, less what is longer. */
static int nearness(const struct method *m, struct str method, struct str path)
{
    struct str want = m->route.path;
    size_t same = 0;
    while (same < want.n && same < path.n && want.p[same] == path.p[same])
        same++;
    size_t longer = want.n > path.n ? want.n - path.n : path.n - want.n;
    return (int)(4 * same) - (int)longer + (str_eq(m->route.method, method) ? 2 : 0);
}

static enum exec_step no_route(struct exec *x)
{
    const struct method *best = NULL;
    for (size_t i = 0; i < x->api->method_count; i++) {
        const struct method *m = x->api->methods[i];
        if (!m->mock && (!best || nearness(m, x->method, x->path) > nearness(best, x->method, x->path)))
            best = m;
    }
    struct str key = best ? best->key : STR("none");
    return exec_refuse(x, &refuse_no_route, "no route matches %.*s %.*s; closest: %.*s", STR_ARG(x->method),
                       STR_ARG(x->path), STR_ARG(key));
}

enum exec_step step_route(struct exec *x)
{
    x->method = routed_method(x);
    struct str path = own_path(x);
    if (!path.p)
        return exec_refuse(x, &refuse_no_api, "the API has no such stage: its only stage is %.*s",
                           STR_ARG(x->api->stage));
    x->raw_path = path.n ? codec_utf8_mended(&x->call->arena, path) : STR("/");
    x->path = routed_path(x, x->raw_path);
    if (x->api->cors.set && cors_is_preflight(x->http)) {
        x->preflight = true;
        x->in->reply = (struct http_reply){.status = 204, .body = STR("")};
        return STEP_ANSWERED;
    }
    if (route_find(&x->api->routes, x->method, x->path, &x->match))
        x->route = list_of(x->match.route, struct method, route);
    else
        x->route = x->api->fallback;
    if (!x->route)
        return no_route(x);
    return STEP_NEXT;
}

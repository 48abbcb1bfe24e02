#include "route.h"

static bool is_param(struct str segment)
{
    return segment.n > 2 && segment.p[0] == '{' && segment.p[segment.n - 1] == '}';
}

static bool is_greedy(struct str segment)
{
    return segment.n > 3 && is_param(segment) && segment.p[segment.n - 2] == '+';
}

static struct str param_name(struct str segment)
{
    return str_sub(segment, 1, segment.n - (is_greedy(segment) ? 3 : 2));
}

/* What is left of the path behind its first '/': absent at the root. */
static struct str below_root(struct str path)
{
    return path.n > 1 ? str_sub(path, 1, path.n) : STR_NONE;
}

static struct route_place *literal_at(const struct route_place *p, struct str segment)
{
    for (struct route_place *at = p->child; at; at = at->next)
        if (str_eq(at->segment, segment))
            return at;
    return NULL;
}

static struct route_place *place_made(struct arena *a, struct route_place **place)
{
    if (!*place)
        *place = arena_zalloc(a, sizeof **place);
    return *place;
}

static struct route_place *step_made(struct arena *a, struct route_place *p, struct str segment)
{
    if (is_greedy(segment))
        return place_made(a, &p->greedy);
    if (is_param(segment))
        return place_made(a, &p->param);
    struct route_place *at = literal_at(p, segment);
    if (at)
        return at;
    at = arena_zalloc(a, sizeof *at);
    at->segment = segment;
    at->next = p->child;
    return p->child = at;
}

static struct route *of_method(const struct route_place *p, struct str method)
{
    for (struct route *r = p->routes; r; r = r->next)
        if (str_eq(r->method, method))
            return r;
    return NULL;
}

const char *route_add(struct route_place *root, struct arena *a, struct route *r)
{
    if (!str_starts(r->path, STR("/")))
        return "a path begins with /";
    struct route_place *at = root;
    struct str rest = below_root(r->path);
    while (rest.p) {
        struct str segment = str_cut(&rest, '/');
        if (is_greedy(segment) && rest.p)
            return "a greedy parameter must be the last segment";
        if (!is_param(segment) && str_find(segment, '{') >= 0)
            return "a parameter must fill its segment";
        if (is_param(segment) && r->param_count == ROUTE_PARAMS_MAX)
            return "too many parameters";
        if (is_param(segment))
            r->params[r->param_count++] = param_name(segment);
        at = step_made(a, at, segment);
    }
    if (of_method(at, r->method))
        return "the route exists twice";
    r->next = at->routes;
    at->routes = r;
    return NULL;
}

static bool take(const struct route_place *p, struct str method, struct route_match *out)
{
    out->route = of_method(p, method);
    if (!out->route)
        out->route = of_method(p, STR("ANY"));
    return out->route != NULL;
}

/* `rest` absent: the path ends here.  `n`: values found so far. */
static bool find(const struct route_place *p, struct str method, struct str rest, size_t n,
                 struct route_match *out)
{
    if (!rest.p)
        return take(p, method, out);
    struct str whole = rest, segment = str_cut(&rest, '/');
    const struct route_place *literal = literal_at(p, segment);
    if (literal && find(literal, method, rest, n, out))
        return true;
    if (segment.n && p->param) {
        out->values[n] = segment;
        if (find(p->param, method, rest, n + 1, out))
            return true;
    }
    if (whole.n && p->greedy) {
        out->values[n] = whole;
        return take(p->greedy, method, out);
    }
    return false;
}

bool route_find(const struct route_place *root, struct str method, struct str path, struct route_match *out)
{
    return find(root, method, below_root(path), 0, out);
}

struct route *route_at(const struct route_place *root, struct str method, struct str path)
{
    const struct route_place *at = root;
    struct str rest = below_root(path);
    while (rest.p && at) {
        struct str segment = str_cut(&rest, '/');
        at = is_greedy(segment) ? at->greedy : is_param(segment) ? at->param : literal_at(at, segment);
    }
    return at ? of_method(at, method) : NULL;
}

#include "route_path.h"

static bool is_param(struct str segment)
{
    return str_starts(segment, STR("{")) && str_ends(segment, STR("}"));
}

static bool is_greedy(struct str segment)
{
    return is_param(segment) && str_ends(segment, STR("+}"));
}

static const char *segment_problem(struct str segment, bool last, bool rest)
{
    if (!segment.n && rest) /* requests reach a REST API without the slash at their end */
        return "a path of a REST API has no empty segment and ends without /";
    if (!is_param(segment))
        return str_find(segment, '{') >= 0 || str_find(segment, '}') >= 0
                   ? "a parameter must fill its segment"
                   : NULL;
    if (segment.n == (is_greedy(segment) ? 3 : 2))
        return "a parameter needs a name";
    return is_greedy(segment) && !last ? "a greedy parameter must be the last segment" : NULL;
}

const char *route_path_problem(struct str path, bool rest)
{
    if (!str_starts(path, STR("/")))
        return path.p ? "a path begins with /" : "a path must be known before deployment";
    struct str left = path.n > 1 ? str_sub(path, 1, path.n) : STR_NONE;
    const char *why = NULL;
    while (left.p && !why) {
        struct str segment = str_cut(&left, '/');
        why = segment_problem(segment, !left.p, rest);
    }
    return why;
}

bool route_paths_clash(struct str a, struct str b)
{
    while (a.p && b.p) {
        struct str x = str_cut(&a, '/'), y = str_cut(&b, '/');
        if (str_eq(x, y))
            continue;
        return is_param(x) && is_param(y) && !is_greedy(x) && !is_greedy(y);
    }
    return false;
}

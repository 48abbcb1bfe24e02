#include "rest.h"

#include "base/codec.h"

static struct str without_slash(struct str path)
{
    return path.n > 1 && path.p[path.n - 1] == '/' ? str_sub(path, 0, path.n - 1) : path;
}

/* "POST /a/{b}" -> method, path. */
static struct str address(const struct op_row *op, struct str *path)
{
    *path = str_z(op->http);
    return str_cut(path, ' ');
}

static bool is_label(struct str part)
{
    return part.n > 2 && part.p[0] == '{';
}

/* "{Key+}" takes all that is left. */
static bool is_greedy(struct str part)
{
    return is_label(part) && part.p[part.n - 2] == '+';
}

bool rest_fits(const struct op_row *op, const struct http_request *http)
{
    struct str pattern, path = without_slash(http->path);
    if (!op->http || !str_eq(address(op, &pattern), http->method))
        return false;
    pattern = without_slash(pattern);
    while (pattern.p) {
        struct str want = str_cut(&pattern, '/');
        if (!path.p)
            return false;
        if (is_greedy(want))
            return path.n > 0;
        struct str have = str_cut(&path, '/');
        if (is_label(want) ? have.n == 0 : !str_eq(want, have))
            return false;
    }
    return !path.p;
}

struct str rest_label(const struct op_row *op, const struct http_request *http, const char *label,
                      struct arena *a)
{
    struct str pattern, path = without_slash(http->path), name = str_z(label);
    address(op, &pattern);
    pattern = without_slash(pattern);
    while (pattern.p && path.p) {
        struct str want = str_cut(&pattern, '/'), rest = path, have = str_cut(&path, '/');
        if (!is_label(want))
            continue;
        bool greedy = is_greedy(want);
        if (str_eq(str_sub(want, 1, want.n - (greedy ? 3 : 2)), name))
            return codec_utf8_mended(a, codec_unpercent(a, greedy ? rest : have, false));
    }
    return STR_NONE;
}

#include "door/arn.h"
#include <ctype.h>

static bool only(struct str s, int (*kind)(int))
{
    for (size_t i = 0; i < s.n; i++)
        if (!kind((unsigned char)s.p[i]))
            return false;
    return true;
}

static int in_region(int c)
{
    return isalnum(c) || c == '-';
}

static int in_service(int c)
{
    return islower(c) || isdigit(c) || c == '-';
}

static bool whole(const struct arn *a)
{
    return a->service.n && only(a->service, in_service) && only(a->region, in_region) &&
           (a->account.n == 0 || a->account.n == 12) && only(a->account, isdigit) && a->resource.n;
}

bool arn_parse(struct str text, struct arn *out)
{
    struct str rest = text;
    struct arn a = {0};
    bool ours = str_is(str_cut(&rest, ':'), "arn") && str_is(str_cut(&rest, ':'), "aws");
    a.service = str_cut(&rest, ':');
    a.region = str_cut(&rest, ':');
    a.account = str_cut(&rest, ':');
    a.resource = rest; /* absent when a part was missing */
    bool ok = ours && whole(&a);
    *out = ok ? a : (struct arn){0};
    return ok;
}

bool arn_of_service(struct str text, const char *service, struct arn *out)
{
    bool ok = arn_parse(text, out) && str_is(out->service, service) && out->region.n && out->account.n;
    if (!ok)
        *out = (struct arn){0};
    return ok;
}

struct str arn_mend(struct arena *a, struct str text, struct str region)
{
    struct str rest = text;
    if (!str_is(str_cut(&rest, ':'), "arn") || !str_cut(&rest, ':').p)
        return STR_NONE;
    struct str service = str_cut(&rest, ':'), own = str_cut(&rest, ':'), account = str_cut(&rest, ':');
    struct arn arn;
    struct str mended =
        arn_make(a, arena_z(a, service), own.n && only(own, in_region) ? own : region, account, rest);
    return arn_parse(mended, &arn) ? mended : STR_NONE;
}

/* By hand: a name becomes an ARN several times per request. */
struct str arn_make(struct arena *a, const char *service, struct str region, struct str account,
                    struct str resource)
{
    const struct str parts[] = {STR("arn:aws:"), str_z(service), STR(":"), region,
                                STR(":"),        account,        STR(":"), resource};
    size_t n = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        n += parts[i].n;
    char *text = arena_alloc(a, n + 1), *at = text;
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        if (parts[i].n)
            memcpy(at, parts[i].p, parts[i].n);
        at += parts[i].n;
    }
    *at = 0;
    return str_n(text, n);
}

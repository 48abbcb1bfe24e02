#include "door/arn.h"

bool arn_parse(struct str text, struct arn *out)
{
    struct str rest = text;
    if (!str_is(str_cut(&rest, ':'), "arn") || !rest.p)
        return false;
    struct str *const parts[] = {&out->partition, &out->service, &out->region, &out->account};
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        *parts[i] = str_cut(&rest, ':');
        if (!rest.p)
            return false;
    }
    out->resource = rest;
    return rest.n > 0;
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

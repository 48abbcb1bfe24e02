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

struct str arn_make(struct arena *a, const char *service, struct str region, struct str account,
                    struct str resource)
{
    return arena_printf(a, "arn:aws:%s:%.*s:%.*s:%.*s", service, STR_ARG(region), STR_ARG(account),
                        STR_ARG(resource));
}

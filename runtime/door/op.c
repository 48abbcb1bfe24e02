#include "door/op.h"

/* "put_item" and "PutItem" are one name: letters agree in any case, underscores do not count. */
static bool same_name(const char *name, struct str asked)
{
    size_t at = 0;
    for (; *name; name++) {
        while (at < asked.n && asked.p[at] == '_')
            at++;
        if (at == asked.n || (*name | 32) != (asked.p[at] | 32))
            return false;
        at++;
    }
    return at == asked.n;
}

const struct op_row *op_find(const struct service *s, struct str name)
{
    for (const struct op_row *const *op = s->ops; *op; op++)
        if (str_is(name, (*op)->name))
            return *op;
    for (const struct op_row *const *op = s->ops; *op; op++)
        if (same_name((*op)->name, name))
            return *op;
    return NULL;
}

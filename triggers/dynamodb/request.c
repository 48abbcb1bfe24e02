#include "request.h"

static void add_names(struct buf *b, const struct param *p, bool there_only, const char *between)
{
    for (bool any = false; p->name; p++) {
        if (there_only && !p->there)
            continue;
        buf_z(b, any ? between : "");
        buf_z(b, p->name);
        any = true;
    }
}

static bool any_there(const struct param *p)
{
    for (; p->name; p++)
        if (p->there)
            return true;
    return false;
}

static bool say_mixed(const struct param *expressions, const struct param *legacy, struct wrong *w)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_z(&b, "Can not use both expression and non-expression parameters in the same request: Non-expression "
              "parameters: {");
    add_names(&b, legacy, true, ", ");
    buf_z(&b, "} Expression parameters: {");
    add_names(&b, expressions, true, ", ");
    buf_char(&b, '}');
    wrong_value(w, "%s", buf_zstr(&b));
    buf_release(&b);
    return false;
}

/* Projections take no values. */
static const struct param *with_values(const struct param *expressions)
{
    return expressions->name && strcmp(expressions->name, "ProjectionExpression") == 0 ? expressions + 1
                                                                                       : expressions;
}

static bool check_values(const struct param *expressions, struct wrong *w)
{
    struct buf b;
    const struct param *p = with_values(expressions);
    if (!p->name || any_there(p))
        return true;
    buf_init(&b, 4096);
    add_names(&b, p, false, " and ");
    wrong_value(w, "ExpressionAttributeValues can only be specified when using expressions: %s %s null",
                buf_zstr(&b), p[1].name ? "are" : "is");
    buf_release(&b);
    return false;
}

bool request_check(const struct param *expressions, const struct param *legacy, const cJSON *names,
                   const cJSON *values, struct wrong *w)
{
    if (any_there(expressions) && any_there(legacy))
        return say_mixed(expressions, legacy, w);
    if (names && !any_there(expressions))
        return wrong_value(w, "ExpressionAttributeNames can only be specified when using expressions");
    if (values && !check_values(expressions, w))
        return false;
    for (const struct param *p = legacy; p->name; p++)
        if (p->there)
            return wrong_value(w, "%s is not supported by tidepool yet: use expressions", p->name);
    return true;
}

#include "key_condition.h"

/* One condition on one attribute. */
struct part {
    struct str name;
    enum range_kind kind;
    const struct attr *low, *high;
};

struct parts {
    struct part part[2];
    int n;
    struct wrong *wrong;
};

static const char *operator_text(const struct expr *e)
{
    static const char *const names[] = {"AND", "OR", "NOT", "=", "<>", "<", "<=", ">", ">=", "BETWEEN", "IN"};
    static const char *const functions[] = {
        "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size"};
    return e->kind == EXPR_CALL ? functions[e->function] : names[e->kind];
}

/* `a < b` read from the other side. */
static enum range_kind kind_of(enum expr_kind k, bool turned)
{
    switch (k) {
    case EXPR_EQ:
        return RANGE_EQ;
    case EXPR_LT:
        return turned ? RANGE_GT : RANGE_LT;
    case EXPR_LE:
        return turned ? RANGE_GE : RANGE_LE;
    case EXPR_GT:
        return turned ? RANGE_LT : RANGE_GT;
    case EXPR_GE:
        return turned ? RANGE_LE : RANGE_GE;
    case EXPR_BETWEEN:
        return RANGE_BETWEEN;
    default:
        return RANGE_BEGINS;
    }
}

static bool check_operator(const struct expr *e, struct wrong *w)
{
    bool usable = e->kind == EXPR_AND ||
                  (e->kind >= EXPR_EQ && e->kind <= EXPR_BETWEEN && e->kind != EXPR_NE) ||
                  (e->kind == EXPR_CALL && e->function == FN_BEGINS_WITH);
    if (!usable)
        return wrong_value(w, "Invalid operator used in KeyConditionExpression: %s", operator_text(e));
    bool key_first = e->kind == EXPR_BETWEEN || e->kind == EXPR_CALL;
    if (key_first && e->args[0]->kind != EXPR_PATH)
        return wrong_value(
            w,
            "Invalid condition in KeyConditionExpression: %s operator must have the key attribute as "
            "its first operand",
            operator_text(e));
    return true;
}

/* The one path among the operands; the others must be values. */
static bool find_path(const struct expr *e, size_t *at, struct wrong *w)
{
    bool found = false;
    for (size_t i = 0; i < e->n; i++) {
        const struct expr *arg = e->args[i];
        if (arg->kind == EXPR_CALL)
            return wrong_value(w, "KeyConditionExpressions cannot contain nested operations");
        if (arg->kind != EXPR_PATH)
            continue;
        if (found)
            return wrong_value(
                w, "Invalid condition in KeyConditionExpression: Multiple attribute names used in "
                   "one condition");
        if (arg->path.n > 1)
            return wrong_value(w, "KeyConditionExpressions cannot have conditions on nested attributes");
        found = true;
        *at = i;
    }
    return found || wrong_value(w, "Invalid condition in KeyConditionExpression: No key attribute specified");
}

static bool add_part(struct parts *p, const struct expr *e)
{
    size_t at = 0;
    if (!check_operator(e, p->wrong) || !find_path(e, &at, p->wrong))
        return false;
    struct str name = e->args[at]->path.steps[0].name;
    for (int i = 0; i < p->n; i++)
        if (str_eq(p->part[i].name, name))
            return wrong_value(p->wrong, "KeyConditionExpressions must only contain one condition per key");
    if (p->n == 2)
        return wrong_value(p->wrong, "Conditions can be of length 1 or 2 only");
    struct part *out = &p->part[p->n++];
    *out = (struct part){.name = name, .kind = kind_of(e->kind, at == 1)};
    out->low = e->args[at == 0 ? 1 : 0]->value;
    out->high = e->kind == EXPR_BETWEEN ? e->args[2]->value : NULL;
    return true;
}

static bool collect(struct parts *p, const struct expr *e)
{
    if (e->kind != EXPR_AND)
        return add_part(p, e);
    return collect(p, e->args[0]) && collect(p, e->args[1]);
}

static const struct part *part_of(const struct parts *p, const struct key_part *k)
{
    for (int i = 0; i < p->n; i++)
        if (str_eq(p->part[i].name, k->name))
            return &p->part[i];
    return NULL;
}

static bool check_types(const struct part *p, const struct key_part *k, struct wrong *w)
{
    if (p->low->type == k->type && (!p->high || p->high->type == k->type))
        return true;
    return wrong_value(w,
                       "One or more parameter values were invalid: Condition parameter type does not match "
                       "schema type");
}

static bool check_empty(const struct part *p, const struct key_part *k, const struct index *x,
                        struct wrong *w)
{
    const char *kind = p->low->type == ATTR_S ? "string" : "binary";
    if (p->low->type == ATTR_N || p->low->text.n > 0 || p->kind == RANGE_BEGINS)
        return true;
    if (x)
        return wrong_value(
            w,
            "One or more parameter values are not valid. A value specified for a secondary index key is not "
            "supported. The AttributeValue for a key attribute cannot contain an empty %s value. IndexName: "
            "%.*s, IndexKey: %.*s",
            kind, STR_ARG(x->name), STR_ARG(k->name));
    return wrong_value(
        w,
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
        "contain an empty %s value. Key: %.*s",
        kind, STR_ARG(k->name));
}

/* Right in kind and size; it says what is wrong. */
static bool check_part(const struct part *p, const struct key_part *k, bool hash, const struct index *x,
                       struct wrong *w)
{
    return check_types(p, k, w) && check_empty(p, k, x, w) && key_value_fits(p->low, hash, w) &&
           (!p->high || key_value_fits(p->high, hash, w));
}

bool key_condition_read(const struct expr *e, const struct key_schema *keys, const struct index *index,
                        struct key_condition *out, struct wrong *w)
{
    struct parts p = {.wrong = w};
    if (!collect(&p, e))
        return false;
    if (keys->n == 1 && p.n > 1)
        return wrong_value(w, "Query key condition not supported");
    const struct part *hash = part_of(&p, &keys->part[0]);
    const struct part *range = keys->n > 1 ? part_of(&p, &keys->part[1]) : NULL;
    if (!hash || (p.n > 1 && !range))
        return wrong_value(w, "Query condition missed key schema element: %.*s",
                           STR_ARG(keys->part[hash ? 1 : 0].name));
    if (!check_types(hash, &keys->part[0], w))
        return false;
    if (hash->kind != RANGE_EQ)
        return wrong_value(w, "Query key condition not supported");
    if (!check_part(hash, &keys->part[0], true, index, w))
        return false;
    *out = (struct key_condition){.hash = hash->low, .range = RANGE_ALL};
    if (!range)
        return true;
    if (!check_part(range, &keys->part[1], false, index, w))
        return false;
    if (range->kind == RANGE_BEGINS && keys->part[1].type == ATTR_N)
        return wrong_value(w, "Query key condition not supported");
    out->range = range->kind;
    out->low = range->low;
    out->high = range->high;
    return true;
}

bool key_condition_allows(const struct key_condition *k, const struct attr *range)
{
    int order = k->range == RANGE_ALL || k->range == RANGE_BEGINS ? 0 : attr_compare(range, k->low);
    switch (k->range) {
    case RANGE_EQ:
        return order == 0;
    case RANGE_LT:
        return order < 0;
    case RANGE_LE:
        return order <= 0;
    case RANGE_GT:
        return order > 0;
    case RANGE_GE:
        return order >= 0;
    case RANGE_BETWEEN:
        return order >= 0 && attr_compare(range, k->high) <= 0;
    case RANGE_BEGINS:
        return str_starts(range->text, k->low->text);
    default:
        return true;
    }
}

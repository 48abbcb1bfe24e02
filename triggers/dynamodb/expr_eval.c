/* Evaluating resolved expressions over an item. */
#include "expr.h"

#include "base/codec.h"
#include <stdlib.h>

/* --- paths */

static const struct attr *step_into(const struct path_step *s, const struct attr *v)
{
    if (s->name.p)
        return v->type == ATTR_M ? attr_get(v, s->name) : NULL;
    return v->type == ATTR_L && s->index >= 0 && (uint32_t)s->index < v->count ? v->list[s->index] : NULL;
}

const struct attr *path_get(const struct path *p, const struct attr *v)
{
    for (size_t i = 0; i < p->n && v; i++)
        v = step_into(&p->steps[i], v);
    return v;
}

struct str path_text(struct arena *a, const struct path *p)
{
    struct buf b;
    buf_init(&b, 1u << 20);
    buf_char(&b, '[');
    for (size_t i = 0; i < p->n; i++) {
        buf_z(&b, i ? ", " : "");
        if (p->steps[i].name.p)
            buf_str(&b, p->steps[i].name);
        else
            buf_printf(&b, "[%ld]", p->steps[i].index);
    }
    buf_char(&b, ']');
    struct str s = arena_str(a, buf_view(&b));
    buf_release(&b);
    return s;
}

/* --- values of operands in conditions: NULL is "not there" */

static const struct attr *size_of(struct arena *a, const struct attr *v)
{
    if (!v)
        return NULL;
    switch (v->type) {
    case ATTR_S:
        return attr_int(a, codec_utf16_len(v->text));
    case ATTR_B:
        return attr_int(a, (int64_t)v->text.n);
    case ATTR_N:
    case ATTR_BOOL:
    case ATTR_NULL:
        return NULL;
    default:
        return attr_int(a, v->count);
    }
}

static const struct attr *operand(struct arena *a, const struct expr *e, const struct attr *item)
{
    if (e->kind == EXPR_PATH)
        return path_get(&e->path, item);
    if (e->kind == EXPR_VALUE)
        return e->value;
    return size_of(a, operand(a, e->args[0], item)); /* the only function that gives a value here */
}

/* --- conditions */

static bool is_scalar(const struct attr *v)
{
    return v->type <= ATTR_B;
}

static bool ordered(const struct attr *x, const struct attr *y, int *order)
{
    if (!x || !y || x->type != y->type || !is_scalar(x))
        return false;
    *order = attr_compare(x, y);
    return true;
}

static bool equal(const struct attr *x, const struct attr *y)
{
    return x && y && attr_equal(x, y);
}

static bool compares(enum expr_kind kind, const struct attr *x, const struct attr *y)
{
    int order;
    if (kind == EXPR_EQ)
        return equal(x, y);
    if (kind == EXPR_NE)
        return !equal(x, y);
    if (!ordered(x, y, &order))
        return false;
    return kind == EXPR_LT   ? order < 0
           : kind == EXPR_LE ? order <= 0
           : kind == EXPR_GT ? order > 0
                             : order >= 0;
}

static bool is_between(const struct attr *v, const struct attr *low, const struct attr *high)
{
    int to_low, to_high;
    return ordered(v, low, &to_low) && ordered(v, high, &to_high) && to_low >= 0 && to_high <= 0;
}

static bool begins_with(const struct attr *v, const struct attr *start)
{
    return v && start && v->type == start->type && (v->type == ATTR_S || v->type == ATTR_B) &&
           str_starts(v->text, start->text);
}

static bool contains(const struct attr *v, const struct attr *part)
{
    if (!v || !part)
        return false;
    switch (v->type) {
    case ATTR_S:
    case ATTR_B:
        return part->type == v->type && str_search(v->text, part->text) >= 0;
    case ATTR_SS:
        return part->type == ATTR_S && attr_set_has(v, part->text);
    case ATTR_NS:
        return part->type == ATTR_N && attr_set_has(v, part->text);
    case ATTR_BS:
        return part->type == ATTR_B && attr_set_has(v, part->text);
    case ATTR_L:
        for (uint32_t i = 0; i < v->count; i++)
            if (attr_equal(v->list[i], part))
                return true;
        return false;
    default:
        return false;
    }
}

static bool call_holds(struct arena *a, const struct expr *e, const struct attr *item)
{
    const struct attr *v = operand(a, e->args[0], item);
    const struct attr *second = e->n > 1 ? operand(a, e->args[1], item) : NULL;
    switch (e->function) {
    case FN_ATTRIBUTE_EXISTS:
        return v != NULL;
    case FN_ATTRIBUTE_NOT_EXISTS:
        return v == NULL;
    case FN_ATTRIBUTE_TYPE:
        return v && str_is(second->text, attr_type_name(v->type));
    case FN_BEGINS_WITH:
        return begins_with(v, second);
    case FN_CONTAINS:
        return contains(v, second);
    default:
        return false;
    }
}

bool expr_holds(struct arena *a, const struct expr *e, const struct attr *item)
{
    switch (e->kind) {
    case EXPR_AND:
        return expr_holds(a, e->args[0], item) && expr_holds(a, e->args[1], item);
    case EXPR_OR:
        return expr_holds(a, e->args[0], item) || expr_holds(a, e->args[1], item);
    case EXPR_NOT:
        return !expr_holds(a, e->args[0], item);
    case EXPR_CALL:
        return call_holds(a, e, item);
    case EXPR_BETWEEN:
        return is_between(operand(a, e->args[0], item), operand(a, e->args[1], item),
                          operand(a, e->args[2], item));
    case EXPR_IN: {
        const struct attr *v = operand(a, e->args[0], item);
        for (size_t i = 1; i < e->n; i++)
            if (equal(v, operand(a, e->args[i], item)))
                return true;
        return false;
    }
    default:
        return compares(e->kind, operand(a, e->args[0], item), operand(a, e->args[1], item));
    }
}

int64_t expr_weight(const struct expr *e)
{
    int64_t weight = e->n == 0;
    for (size_t i = 0; i < e->n; i++)
        weight += expr_weight(e->args[i]);
    return weight;
}

void expr_each_path(const struct expr *e, void (*seen)(void *arg, const struct path *p), void *arg)
{
    if (e->kind == EXPR_PATH)
        seen(arg, &e->path);
    for (size_t i = 0; i < e->n; i++)
        expr_each_path(e->args[i], seen, arg);
}

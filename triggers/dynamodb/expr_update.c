/* Applying an update expression: every operand sees the item as it was; then the actions, whose paths never
 * meet, are carried out one by one on copies of what lies along their paths. */
#include "expr.h"

#include <stdlib.h>

static const char bad_type[] = "An operand in the update expression has an incorrect data type";
static const char bad_path[] = "The document path provided in the update expression is invalid for update";

/* Stands in a list where an element was removed, so that the others keep their places until the end. */
static const struct attr removed = {.type = ATTR_NULL};

/* --- operands */

static const struct attr *operand(const struct expr *e, const struct attr *item, struct wrong *w);

static const struct attr *sum(const struct expr *e, const struct attr *item, struct wrong *w)
{
    const struct attr *x = operand(e->args[0], item, w), *y = x ? operand(e->args[1], item, w) : NULL;
    if (!y)
        return NULL;
    if (x->type != ATTR_N || y->type != ATTR_N) {
        wrong_value(w, "%s", bad_type);
        return NULL;
    }
    struct number a = attr_number(x), b = attr_number(y), out;
    enum number_problem problem = number_add(&a, &b, e->kind == EXPR_MINUS, &out);
    if (problem == NUMBER_OK)
        return attr_from_number(w->arena, &out);
    attr_say_number(STR(""), problem, w);
    return NULL;
}

static const struct attr *list_append(const struct expr *e, const struct attr *item, struct wrong *w)
{
    const struct attr *x = operand(e->args[0], item, w), *y = x ? operand(e->args[1], item, w) : NULL;
    if (!y)
        return NULL;
    if (x->type != ATTR_L || y->type != ATTR_L) {
        wrong_value(w, "%s", bad_type);
        return NULL;
    }
    return attr_list_joined(w->arena, x, y);
}

static const struct attr *operand(const struct expr *e, const struct attr *item, struct wrong *w)
{
    const struct attr *v;
    switch (e->kind) {
    case EXPR_VALUE:
        return e->value;
    case EXPR_PLUS:
    case EXPR_MINUS:
        return sum(e, item, w);
    case EXPR_CALL:
        if (e->function == FN_LIST_APPEND)
            return list_append(e, item, w);
        v = path_get(&e->args[0]->path, item); /* if_not_exists */
        return v ? v : operand(e->args[1], item, w);
    default:
        v = path_get(&e->path, item);
        if (!v)
            wrong_value(w, "The provided expression refers to an attribute that does not exist in the item");
        return v;
    }
}

/* ADD: a number is added to, a set grows; what is not there begins with the operand. */
static const struct attr *added(const struct attr *old, const struct attr *by, struct wrong *w)
{
    if (!old)
        return by;
    if (old->type != by->type) {
        wrong_value(w, "%s", bad_type);
        return NULL;
    }
    if (by->type != ATTR_N)
        return attr_set_union(w->arena, old, by);
    struct expr x = {.kind = EXPR_VALUE, .value = old}, y = {.kind = EXPR_VALUE, .value = by};
    struct expr *args[] = {&x, &y};
    return sum(&(struct expr){.kind = EXPR_PLUS, .args = args, .n = 2}, old, w);
}

/* --- putting values at paths */

/* The value with the rest of the path (from `depth`) set to `put`, or removed (NULL); NULL: there is no such
 * place. */
static const struct attr *with_path(struct arena *a, const struct attr *v, const struct path *p, size_t depth,
                                    const struct attr *put)
{
    const struct path_step *s = &p->steps[depth];
    bool last = depth + 1 == p->n;
    if (v->type != (s->name.p ? ATTR_M : ATTR_L))
        return NULL;
    const struct attr *child = s->name.p                       ? attr_get(v, s->name)
                               : (uint32_t)s->index < v->count ? v->list[s->index]
                                                               : NULL;
    const struct attr *inner = put;
    if (!last) {
        inner = child ? with_path(a, child, p, depth + 1, put) : NULL;
        if (!inner)
            return NULL;
    }
    if (s->name.p)
        return attr_map_with(a, v, s->name, inner);
    if (!inner)
        return child ? attr_list_with(a, v, (size_t)s->index, &removed) : v;
    return attr_list_with(a, v, (size_t)s->index, inner);
}

static const struct attr *without_removed(struct arena *a, const struct attr *list)
{
    struct attr *out = arena_zalloc(a, sizeof *out);
    const struct attr **kept = arena_alloc(a, list->count * sizeof *kept);
    for (uint32_t i = 0; i < list->count; i++)
        if (list->list[i] != &removed)
            kept[out->count++] = list->list[i];
    out->type = ATTR_L;
    out->list = kept;
    return out;
}

/* Closes the gaps in the lists from which elements were removed; the deepest list first, so that the paths to
 * the others still lead there. */
static const struct attr *close_gaps(struct arena *a, const struct update *u, const struct attr *item)
{
    for (size_t depth = ATTR_DEPTH_MAX; depth > 1; depth--)
        for (size_t i = 0; i < u->n; i++) {
            const struct path *p = &u->actions[i].path;
            if (p->n != depth || p->steps[depth - 1].name.p || u->actions[i].kind == UPDATE_SET)
                continue;
            struct path to_list = {p->steps, depth - 1};
            const struct attr *list = path_get(&to_list, item);
            if (list && list->type == ATTR_L)
                item = with_path(a, item, &to_list, 0, without_removed(a, list));
        }
    return item;
}

/* Elements that are set behind the end of a list are appended in the order of their indexes. */
static int compare_actions(const void *x, const void *y)
{
    const struct path *a = &((const struct update_action *)x)->path;
    const struct path *b = &((const struct update_action *)y)->path;
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        const struct path_step *s = &a->steps[i], *t = &b->steps[i];
        int order = s->name.p && t->name.p ? str_cmp(s->name, t->name)
                    : s->index != t->index ? (s->index < t->index ? -1 : 1)
                                           : 0;
        if (order)
            return order;
    }
    return a->n < b->n ? -1 : a->n > b->n;
}

static bool has_index(const struct update *u)
{
    for (size_t i = 0; i < u->n; i++)
        if (!u->actions[i].path.steps[u->actions[i].path.n - 1].name.p)
            return true;
    return false;
}

static const struct attr *apply_action(const struct update_action *act, const struct attr *old,
                                       const struct attr *item, struct wrong *w)
{
    const struct attr *value = NULL, *there = path_get(&act->path, old);
    switch (act->kind) {
    case UPDATE_SET:
        value = operand(act->operand, old, w);
        break;
    case UPDATE_ADD:
        value = added(there, act->operand->value, w);
        break;
    case UPDATE_DELETE:
        if (there && there->type != act->operand->value->type)
            wrong_value(w, "%s", bad_type);
        else if (there)
            value = attr_set_minus(w->arena, there, act->operand->value);
        break;
    default:
        break;
    }
    if (w->fault)
        return NULL;
    item = with_path(w->arena, item, &act->path, 0, value);
    if (!item)
        wrong_value(w, "%s", bad_path);
    return item;
}

const struct attr *expr_update_apply(const struct update *u, const struct attr *old, struct wrong *w)
{
    const struct update_action *actions = u->actions;
    bool indexes = has_index(u);
    if (indexes) {
        struct update_action *sorted = arena_alloc(w->arena, u->n * sizeof *sorted);
        memcpy(sorted, u->actions, u->n * sizeof *sorted);
        qsort(sorted, u->n, sizeof *sorted, compare_actions);
        actions = sorted;
    }
    const struct attr *item = old;
    for (size_t i = 0; i < u->n && item; i++)
        item = apply_action(&actions[i], old, item, w);
    return item && indexes ? close_gaps(w->arena, u, item) : item;
}

/* Applying an update expression, in two steps: what each action puts, where every operand sees the item as it
 * was; then one walk through the item and the places of the actions, which never meet.
 *
 * One value may be put at a thousand places, so what is put is counted: more than an item holds is refused
 * before it is built. */
#include "expr.h"

static const char bad_type[] = "An operand in the update expression has an incorrect data type";
static const char bad_path[] = "The document path provided in the update expression is invalid for update";
static const char too_large[] = "Item size to update has exceeded the maximum allowed size";

struct edit {
    const struct attr *old;
    const struct attr **put; /* of each action; NULL: it takes away */
    size_t size;             /* of all that is put */
    size_t appended;         /* elements of all lists that were made */
    struct wrong *wrong;
};

/* --- operands */

static const struct attr *operand(struct edit *j, const struct expr *e);

static const struct attr *sum_of(bool minus, const struct attr *x, const struct attr *y, struct wrong *w)
{
    if (x->type != ATTR_N || y->type != ATTR_N) {
        wrong_value(w, "%s", bad_type);
        return NULL;
    }
    struct number a = attr_number(x), b = attr_number(y), out;
    enum number_problem problem = number_add(&a, &b, minus, &out);
    if (problem == NUMBER_OK)
        return attr_from_number(w->arena, &out);
    attr_say_number(STR(""), problem, w);
    return NULL;
}

static const struct attr *sum(struct edit *j, const struct expr *e)
{
    const struct attr *x = operand(j, e->args[0]), *y = x ? operand(j, e->args[1]) : NULL;
    return y ? sum_of(e->kind == EXPR_MINUS, x, y, j->wrong) : NULL;
}

/* An element is at least one byte of its item. */
static const struct attr *list_append(struct edit *j, const struct expr *e)
{
    const struct attr *x = operand(j, e->args[0]), *y = x ? operand(j, e->args[1]) : NULL;
    if (!y)
        return NULL;
    if (x->type != ATTR_L || y->type != ATTR_L) {
        wrong_value(j->wrong, "%s", bad_type);
        return NULL;
    }
    j->appended += (size_t)x->count + y->count;
    if (j->appended > ITEM_SIZE_MAX) {
        wrong_value(j->wrong, "%s", too_large);
        return NULL;
    }
    return attr_list_joined(j->wrong->arena, x, y);
}

static const struct attr *operand(struct edit *j, const struct expr *e)
{
    const struct attr *v;
    switch (e->kind) {
    case EXPR_VALUE:
        return e->value;
    case EXPR_PLUS:
    case EXPR_MINUS:
        return sum(j, e);
    case EXPR_CALL:
        if (e->function == FN_LIST_APPEND)
            return list_append(j, e);
        v = path_get(&e->args[0]->path, j->old); /* if_not_exists */
        return v ? v : operand(j, e->args[1]);
    default:
        v = path_get(&e->path, j->old);
        if (!v)
            wrong_value(j->wrong,
                        "The provided expression refers to an attribute that does not exist in the item");
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
    return by->type == ATTR_N ? sum_of(false, old, by, w) : attr_set_union(w->arena, old, by);
}

/* DELETE: a set shrinks; when nothing is left of it, it goes. */
static const struct attr *shrunk(const struct attr *old, const struct attr *by, struct wrong *w)
{
    if (!old)
        return NULL;
    if (old->type != by->type) {
        wrong_value(w, "%s", bad_type);
        return NULL;
    }
    return attr_set_minus(w->arena, old, by);
}

/* --- what the actions put */

/* There must be something that the last step of the path leads into. */
static bool check_path(struct edit *j, const struct path *p)
{
    struct path outer = {p->steps, p->n - 1};
    const struct attr *into = path_get(&outer, j->old);
    if (into && into->type == (p->steps[p->n - 1].name.p ? ATTR_M : ATTR_L))
        return true;
    return wrong_value(j->wrong, "%s", bad_path);
}

static bool count_put(struct edit *j, const struct attr *v)
{
    j->size += v ? attr_size_upto(v, ITEM_SIZE_MAX) : 0;
    return j->size <= ITEM_SIZE_MAX || wrong_value(j->wrong, "%s", too_large);
}

static bool take_action(struct edit *j, const struct update_action *act, const struct attr **put)
{
    struct wrong *w = j->wrong;
    switch (act->kind) {
    case UPDATE_SET:
        *put = operand(j, act->operand);
        break;
    case UPDATE_ADD:
        *put = added(path_get(&act->path, j->old), act->operand->value, w);
        break;
    case UPDATE_DELETE:
        *put = shrunk(path_get(&act->path, j->old), act->operand->value, w);
        break;
    default:
        *put = NULL;
    }
    return !w->fault && check_path(j, &act->path) && count_put(j, *put);
}

/* --- putting it there */

static const struct attr *edited(struct edit *j, const struct path_tree *p, const struct attr *v);

/* What takes the place of `old`; NULL: nothing does. */
static const struct attr *at_place(struct edit *j, const struct path_tree *p, const struct attr *old)
{
    return p->path == PATHS_GO_ON ? edited(j, p, old) : j->put[p->path];
}

static const struct attr *edited_map(struct edit *j, const struct path_tree *p, const struct attr *v)
{
    struct attr_member *m = arena_alloc(j->wrong->arena, (v->count + p->n) * sizeof *m);
    uint32_t from = 0, n = 0;
    for (size_t i = 0; i < p->n; i++) {
        struct str name = p->inner[i].step.name;
        bool there;
        uint32_t at = attr_place(v, name, from, &there);
        const struct attr *put = at_place(j, &p->inner[i], there ? v->map[at].value : NULL);
        if (at > from)
            memcpy(m + n, v->map + from, (at - from) * sizeof *m);
        n += at - from;
        if (put)
            m[n++] = (struct attr_member){name, put};
        from = at + there;
    }
    if (v->count > from)
        memcpy(m + n, v->map + from, (v->count - from) * sizeof *m);
    struct attr *out = arena_zalloc(j->wrong->arena, sizeof *out);
    *out = (struct attr){.type = ATTR_M, .count = n + v->count - from, .map = m};
    return out;
}

/* Elements behind one that goes close up; what is put behind the end follows in the order of the indexes. */
static const struct attr *edited_list(struct edit *j, const struct path_tree *p, const struct attr *v)
{
    const struct attr **l = arena_alloc(j->wrong->arena, (v->count + p->n) * sizeof *l);
    uint32_t from = 0, n = 0;
    for (size_t i = 0; i < p->n; i++) {
        uint64_t index = (uint64_t)p->inner[i].step.index;
        uint32_t at = index < v->count ? (uint32_t)index : v->count;
        const struct attr *put = at_place(j, &p->inner[i], at < v->count ? v->list[at] : NULL);
        if (at > from)
            memcpy(l + n, v->list + from, (at - from) * sizeof *l);
        n += at - from;
        if (put)
            l[n++] = put;
        from = at + (at < v->count);
    }
    if (v->count > from)
        memcpy(l + n, v->list + from, (v->count - from) * sizeof *l);
    struct attr *out = arena_zalloc(j->wrong->arena, sizeof *out);
    *out = (struct attr){.type = ATTR_L, .count = n + v->count - from, .list = l};
    return out;
}

/* take_action has seen that the paths lead through v. */
static const struct attr *edited(struct edit *j, const struct path_tree *p, const struct attr *v)
{
    return v->type == ATTR_M ? edited_map(j, p, v) : edited_list(j, p, v);
}

const struct attr *expr_update_apply(const struct update *u, const struct attr *old, struct wrong *w)
{
    struct edit j = {.old = old, .wrong = w};
    j.put = arena_alloc(w->arena, u->n * sizeof *j.put);
    for (size_t i = 0; i < u->n; i++)
        if (!take_action(&j, &u->actions[i], &j.put[i]))
            return NULL;
    return edited(&j, &u->places, old);
}

bool expr_update_takes(const struct update *u)
{
    for (size_t i = 0; i < u->n; i++)
        if (u->actions[i].kind != UPDATE_REMOVE && u->actions[i].kind != UPDATE_DELETE)
            return false;
    return true;
}

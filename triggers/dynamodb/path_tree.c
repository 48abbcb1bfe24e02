/* The places of several paths, as one tree: found by sorting the paths, so that those with a common beginning
 * stand side by side. */
#include "expr.h"

#include <stdlib.h>

struct lead {
    const struct path *path;
    size_t nth; /* among the paths that were given */
};

struct sorting {
    struct arena *arena;
    struct lead *leads;
    size_t before; /* one more than the number of the last path that meets a later one; 0: none does */
};

/* Names stand before indexes. */
static int compare_steps(const struct path_step *x, const struct path_step *y)
{
    if (!x->name.p != !y->name.p)
        return x->name.p ? -1 : 1;
    if (!x->name.p)
        return (x->index > y->index) - (x->index < y->index);
    bool same = x->name.p == y->name.p && x->name.n == y->name.n; /* of one placeholder */
    return same ? 0 : str_cmp(x->name, y->name);
}

/* A path stands before those that go on from it. */
static int compare_leads(const void *x, const void *y)
{
    const struct path *a = ((const struct lead *)x)->path, *b = ((const struct lead *)y)->path;
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        int order = compare_steps(&a->steps[i], &b->steps[i]);
        if (order)
            return order;
    }
    return (a->n > b->n) - (a->n < b->n);
}

enum { FEW = 8 }; /* so many are put in their places faster than qsort begins */

static void sort_leads(struct lead *l, size_t n)
{
    if (n > FEW) {
        qsort(l, n, sizeof *l, compare_leads);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        struct lead x = l[i];
        size_t at = i;
        for (; at > 0 && compare_leads(&l[at - 1], &x) > 0; at--)
            l[at] = l[at - 1];
        l[at] = x;
    }
}

/* --- paths that meet */

/* One more than the number of the last path in this stretch but for `except`; 0: there is none. */
static size_t last_in(const struct sorting *s, size_t from, size_t to, size_t except)
{
    size_t last = 0;
    for (; from < to; from++)
        if (s->leads[from].nth + 1 > last && s->leads[from].nth + 1 != except)
            last = s->leads[from].nth + 1;
    return last;
}

static void meet(struct sorting *s, size_t one, size_t other)
{
    size_t first = one < other ? one : other;
    if (first > s->before)
        s->before = first;
}

/* All paths of this stretch come through one place: up to `goes_on` they end there; up to `index` they go on
 * by name, the others by index. */
static void note_meetings(struct sorting *s, size_t from, size_t goes_on, size_t index, size_t to)
{
    if (goes_on > from && to - from > 1) {
        size_t ends = last_in(s, from, goes_on, 0);
        meet(s, ends, last_in(s, from, to, ends));
    }
    if (index > goes_on && index < to)
        meet(s, last_in(s, goes_on, index, 0), last_in(s, index, to, 0));
}

/* --- the tree */

static void fill(struct sorting *s, struct path_tree *p, size_t from, size_t to, size_t depth)
{
    size_t goes_on = from, index;
    while (goes_on < to && s->leads[goes_on].path->n == depth)
        goes_on++;
    for (index = goes_on; index < to && s->leads[index].path->steps[depth].name.p;)
        index++;
    note_meetings(s, from, goes_on, index, to);
    p->path = goes_on > from ? s->leads[from].nth : PATHS_GO_ON;
    p->inner = goes_on < to ? arena_alloc(s->arena, (to - goes_on) * sizeof *p->inner) : NULL;
    p->n = 0;
    for (size_t at = goes_on, next; at < to; at = next) {
        struct path_tree *inner = &p->inner[p->n++];
        inner->step = s->leads[at].path->steps[depth];
        for (next = at + 1; next < to; next++)
            if (compare_steps(&s->leads[next].path->steps[depth], &inner->step))
                break;
        fill(s, inner, at, next, depth + 1);
    }
}

bool path_tree_make(struct arena *a, struct path *const *paths, size_t n, struct path_tree *root,
                    size_t *meets)
{
    struct sorting s = {.arena = a, .leads = arena_alloc(a, (n + 1) * sizeof *s.leads)};
    for (size_t i = 0; i < n; i++)
        s.leads[i] = (struct lead){paths[i], i};
    sort_leads(s.leads, n);
    *root = (struct path_tree){.path = PATHS_GO_ON};
    fill(&s, root, 0, n, 0);
    *meets = s.before - 1;
    return s.before == 0;
}

/* --- the parts of an item that lie at the places */

static const struct attr *part_at(struct arena *a, const struct path_tree *p, const struct attr *v);

static const struct attr *part_of_map(struct arena *a, const struct path_tree *p, const struct attr *v)
{
    struct attr *out = arena_zalloc(a, sizeof *out);
    struct attr_member *m = arena_alloc(a, p->n * sizeof *m);
    for (size_t i = 0; i < p->n && p->inner[i].step.name.p; i++) {
        const struct attr *there = attr_get(v, p->inner[i].step.name);
        const struct attr *part = there ? part_at(a, &p->inner[i], there) : NULL;
        if (part)
            m[out->count++] = (struct attr_member){p->inner[i].step.name, part};
    }
    out->type = ATTR_M;
    out->map = m;
    return out->count ? out : NULL;
}

static const struct attr *part_of_list(struct arena *a, const struct path_tree *p, const struct attr *v)
{
    struct attr *out = arena_zalloc(a, sizeof *out);
    const struct attr **list = arena_alloc(a, p->n * sizeof *list);
    for (size_t i = 0; i < p->n; i++) {
        const struct path_step *s = &p->inner[i].step;
        bool there = !s->name.p && s->index >= 0 && (uint64_t)s->index < v->count;
        const struct attr *part = there ? part_at(a, &p->inner[i], v->list[s->index]) : NULL;
        if (part)
            list[out->count++] = part;
    }
    out->type = ATTR_L;
    out->list = list;
    return out->count ? out : NULL;
}

static const struct attr *part_at(struct arena *a, const struct path_tree *p, const struct attr *v)
{
    if (p->path != PATHS_GO_ON)
        return v;
    return v->type == ATTR_M ? part_of_map(a, p, v) : v->type == ATTR_L ? part_of_list(a, p, v) : NULL;
}

const struct attr *expr_project(struct arena *a, const struct path_tree *root, const struct attr *item)
{
    const struct attr *part = root->n ? part_at(a, root, item) : NULL;
    return part ? part : &attr_empty_map;
}

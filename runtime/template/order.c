/* Who needs whom: every reference must lead to something, and the order of the calls follows from them. */
#include "base/buf.h"
#include "build.h"

/* --- references */

static void check_attr(struct template *t, const struct reference *r, const struct resource *to)
{
    for (const struct attr_row *row = to->type->attrs; row && row->name; row++) {
        if (!str_is(r->attr, row->name))
            continue;
        if (row->needs && !node_get(to->props, row->needs))
            problem_hard(t->problems, r->at, "%.*s has no %s without %s", STR_ARG(to->id), row->name,
                         row->needs);
        return;
    }
    problem_hard(t->problems, r->at, "%s has no attribute %.*s", to->type->name, STR_ARG(r->attr));
}

static void check_reference(struct template *t, const struct reference *r)
{
    const struct resource *to = resource_get(t, r->logical);
    const char *left_out = map_get(&t->left_out, r->logical);
    bool forgiven =
        r->idle || (t->problems->lenient && left_out && strcmp(left_out, TEMPLATE_TYPE_UNKNOWN) == 0);
    if (!to && !left_out)
        problem_hard(t->problems, r->at, "there is no %s %.*s",
                     r->attr.p ? "resource" : "parameter or resource", STR_ARG(r->logical));
    else if (!to && !forgiven)
        problem_hard(t->problems, r->at, "%.*s is not there: %s", STR_ARG(r->logical), left_out);
    else if (to && r->attr.p)
        check_attr(t, r, to);
}

static void check_depends(struct template *t, const struct resource *r, const struct node *on)
{
    if (on->kind != NODE_TEXT)
        problem_hard(t->problems, on, "DependsOn takes a logical id or a list of them");
    else if (!resource_get(t, on->text) && !map_get(&t->left_out, on->text))
        problem_hard(t->problems, on, "there is no resource %.*s", STR_ARG(on->text));
    else if (str_eq(on->text, r->id))
        problem_hard(t->problems, on, "%.*s depends on itself", STR_ARG(r->id));
}

void references_check(struct template *t)
{
    for (const struct reference *r = t->scope.references; r; r = r->next)
        check_reference(t, r);
    for (const struct resource *r = t->first; r; r = r->next) {
        const struct node *on;
        if (r->depends && r->depends->kind == NODE_LIST)
            node_each (on, r->depends)
                check_depends(t, r, on);
        else if (r->depends)
            check_depends(t, r, r->depends);
    }
}

/* --- names: the API would take a second one for a change of the first */

static struct str known_name(const struct resource *r)
{
    return r->type->unique ? node_scalar(node_get(r->in, r->type->name_member)) : STR_NONE;
}

static bool same_value(const struct node *a, const struct node *b)
{
    cJSON *x = a ? node_show(a) : NULL, *y = b ? node_show(b) : NULL;
    bool same = x && y && json_equal(x, y);
    cJSON_Delete(x);
    cJSON_Delete(y);
    return same;
}

/* Two subscriptions of one queue to one topic, two mappings of one queue to one function. */
static bool joins_the_same(const struct resource *a, const struct resource *b)
{
    const char *const *member = a->type->joins;
    if (!member || a->type != b->type)
        return false;
    while (*member && same_value(node_get(a->in, *member), node_get(b->in, *member)))
        member++;
    return !*member;
}

static void joins_check(struct template *t)
{
    for (const struct resource *r = t->first; r; r = r->next)
        for (const struct resource *before = t->first; before != r; before = before->next)
            if (joins_the_same(r, before))
                problem_hard(t->problems, r->at, "joins the same two as %.*s", STR_ARG(before->id));
}

void names_check(struct template *t)
{
    joins_check(t);
    for (const struct resource *r = t->first; r; r = r->next)
        for (const struct resource *before = t->first; before != r && known_name(r).p; before = before->next)
            if (strcmp(before->type->service ? before->type->operation : "", r->type->operation) == 0 &&
                str_eq(known_name(before), known_name(r)))
                problem_hard(t->problems, r->at, "has the same name as %.*s: %.*s", STR_ARG(before->id),
                             STR_ARG(known_name(r)));
}

/* --- order: depth first in the template's order, so what needs nothing keeps its place */

enum mark { UNSEEN, OPEN, PLACED };

struct path {
    const struct path *before;
    struct resource *at;
};

static bool place(struct template *t, struct resource *r, size_t *n, const struct path *before);

static void cycle(struct template *t, const struct path *path, const struct resource *first)
{
    struct buf text;
    buf_init(&text, 900);
    buf_str(&text, first->id);
    for (; path; path = path->before) {
        buf_printf(&text, " <- %.*s", STR_ARG(path->at->id));
        if (path->at == first)
            break;
    }
    problem_hard(t->problems, first->at, "these need each other: %s", buf_zstr(&text));
    buf_release(&text);
}

static bool place_id(struct template *t, struct str id, size_t *n, const struct path *path)
{
    struct resource *needed = resource_get(t, id);
    return !needed || place(t, needed, n, path);
}

static bool place_needs(struct template *t, const struct node *in, size_t *n, const struct path *path)
{
    if (in->kind == NODE_LATE && in->text.p && !place_id(t, in->text, n, path))
        return false;
    const struct node *child;
    node_each (child, in)
        if (!place_needs(t, child, n, path))
            return false;
    return true;
}

static bool place_depends(struct template *t, const struct node *on, size_t *n, const struct path *path)
{
    if (on->kind == NODE_TEXT)
        return place_id(t, on->text, n, path);
    const struct node *one;
    node_each (one, on)
        if (one->kind == NODE_TEXT && !place_id(t, one->text, n, path))
            return false;
    return true;
}

static bool place(struct template *t, struct resource *r, size_t *n, const struct path *before)
{
    const struct path path = {before, r};
    if (r->mark == PLACED)
        return true;
    if (r->mark == OPEN) {
        cycle(t, before, r);
        return false;
    }
    r->mark = OPEN;
    if (!place_needs(t, r->in, n, &path) || (r->depends && !place_depends(t, r->depends, n, &path)))
        return false;
    r->mark = PLACED;
    t->order[(*n)++] = r;
    return true;
}

bool order_resources(struct template *t)
{
    size_t n = 0;
    t->order = arena_zalloc(&t->arena, (t->count + 1) * sizeof *t->order);
    for (struct resource *r = t->first; r; r = r->next)
        if (!place(t, r, &n, NULL))
            return false;
    return true;
}

/* From the tree of a pattern to fields, the places that they ask, and the terms that must hold. */
#include "base/rc.h"
#include "pattern_inside.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool refuse(struct reader *r, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (!r->why.p)
        r->why = arena_str(r->arena, str_z(text));
    return false;
}

/* --- places */

static struct place *place_new(struct pattern *p)
{
    struct place *at = arena_zalloc(&p->arena, sizeof *at);
    map_init(&at->children);
    at->next = p->places;
    p->places = at;
    return at;
}

static struct place *place_below(struct pattern *p, struct place *at, struct str name)
{
    while (name.p) {
        struct str step = str_cut(&name, '.');
        struct place *child = map_get(&at->children, step);
        if (!child)
            map_put(&at->children, step, child = place_new(p));
        at = child;
    }
    return at;
}

/* --- fields */

static bool choices_read(struct reader *r, const cJSON *list, struct field *f)
{
    const cJSON *alternative;
    if (!list->child)
        return refuse(r, "Empty arrays are not allowed");
    f->choices = arena_zalloc(&r->pattern->arena, (size_t)cJSON_GetArraySize(list) * sizeof *f->choices);
    f->count = 0;
    f->absent = false;
    cJSON_ArrayForEach (alternative, list) {
        int exists;
        if (!choice_read(r, alternative, &f->choices[f->count], &exists))
            return false;
        f->absent |= exists == 0;
        f->count += exists != 0;
    }
    return wildcards_simple(r, f);
}

static struct field *field_new(struct reader *r, struct place *at)
{
    struct pattern *p = r->pattern;
    if (p->count == PATTERN_FIELDS_MAX) {
        refuse(r, "Rule is too complex");
        return NULL;
    }
    struct field *f = arena_zalloc(&p->arena, sizeof *f);
    f->index = p->count;
    f->place = at;
    f->next_here = at->fields;
    at->fields = f;
    p->fields[p->count++] = f;
    return f;
}

/* --- terms */

static struct term *term_add(struct pattern *p, struct term *to, int kind, struct field *f)
{
    struct term *t = arena_zalloc(&p->arena, sizeof *t);
    t->kind = kind;
    t->field = f;
    if (to && to->last)
        to->last->next = t;
    else if (to)
        to->first = t;
    if (to)
        to->last = t;
    return t;
}

/* A place that comes twice in one object counts as its last list says. */
static struct field *field_at(struct reader *r, struct term *all, struct place *at)
{
    for (struct term *t = all->first; t; t = t->next)
        if (t->kind == TERM_FIELD && t->field->place == at)
            return t->field;
    struct field *f = field_new(r, at);
    if (f)
        term_add(r->pattern, all, TERM_FIELD, f);
    return f;
}

struct scope {
    struct place *at;
    struct term *all; /* what holds together */
    int depth;
    bool in_or;
};

static bool object_read(struct reader *r, const cJSON *object, struct scope s);

/* "$or" with a list of two or more objects is the operator; anything else under that name is a key. */
static bool is_or(const cJSON *member)
{
    const cJSON *branch;
    if (!str_is(str_z(member->string), "$or") || !cJSON_IsArray(member) || cJSON_GetArraySize(member) < 2)
        return false;
    cJSON_ArrayForEach (branch, member) {
        if (!cJSON_IsObject(branch))
            return false;
    }
    return true;
}

static bool or_read(struct reader *r, const cJSON *branches, struct scope s)
{
    struct term *any = term_add(r->pattern, s.all, TERM_ANY, NULL);
    const cJSON *branch;
    s.in_or = true;
    s.depth++;
    cJSON_ArrayForEach (branch, branches) {
        s.all = term_add(r->pattern, any, TERM_ALL, NULL);
        if (!object_read(r, branch, s))
            return false;
    }
    return true;
}

static bool member_read(struct reader *r, const cJSON *member, struct scope s)
{
    if (is_or(member))
        return or_read(r, member, s);
    if (s.in_or && choice_name_reserved(str_z(member->string)))
        return refuse(r, "%s is Ruler reserved fieldName which cannot be used inside $or.", member->string);
    if (!cJSON_IsObject(member) && !cJSON_IsArray(member))
        return refuse(r, "\"%s\" must be an object or an array", member->string);
    s.at = place_below(r->pattern, s.at, str_z(member->string));
    s.depth++;
    if (cJSON_IsObject(member))
        return object_read(r, member, s);
    struct field *f = field_at(r, s.all, s.at);
    return f && choices_read(r, member, f);
}

static bool object_read(struct reader *r, const cJSON *object, struct scope s)
{
    const cJSON *member;
    if (!object->child)
        return refuse(r, "Empty objects are not allowed");
    if (s.depth > PATTERN_DEPTH_MAX)
        return refuse(r, "Rule is nested too deeply");
    cJSON_ArrayForEach (member, object) {
        if (!member_read(r, member, s))
            return false;
    }
    return true;
}

struct pattern *pattern_new(cJSON *tree, struct arena *a, struct str *why)
{
    struct pattern *p = xcalloc(1, sizeof *p);
    struct reader r = {.pattern = p, .arena = a};
    arena_init(&p->arena);
    p->tree = tree;
    p->fields = arena_zalloc(&p->arena, PATTERN_FIELDS_MAX * sizeof *p->fields);
    p->root = place_new(p);
    p->all = term_add(p, NULL, TERM_ALL, NULL);
    bool ok = cJSON_IsObject(tree) ? object_read(&r, tree, (struct scope){.at = p->root, .all = p->all})
                                   : refuse(&r, "Filter is not an object");
    *why = r.why;
    if (ok)
        return p;
    pattern_free(p);
    return NULL;
}

void pattern_free(struct pattern *p)
{
    if (!p)
        return;
    for (struct place *at = p->places; at; at = at->next)
        map_release(&at->children);
    cJSON_Delete(p->tree);
    arena_release(&p->arena);
    free(p);
}

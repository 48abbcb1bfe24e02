/* Whether an event matches a pattern.
 *
 * The event is walked once, along the places that the pattern names.  Each leaf there answers the fields that
 * ask for it: a bit per field.  Where objects lie in an array, fields must agree on one element: a context
 * keeps, beside the bits that hold anyway, the sets of bits that a choice of elements gives, and of those
 * only the ones that no other covers.  At the end one of the sets must fulfil the pattern's terms. */
#include "base/rc.h"
#include "pattern_inside.h"
#include <stdlib.h>

#define WORDS (PATTERN_FIELDS_MAX / 64)

struct bits {
    uint64_t word[WORDS];
};

struct context {
    struct bits held;
    struct bits *choices; /* none: as one empty set */
    size_t count, room;
};

struct match {
    const struct pattern *pattern;
    size_t words;
    struct bits seen; /* fields whose place has a leaf, anywhere */
    int64_t *work;
};

static bool has(const struct bits *b, const struct field *f)
{
    return b->word[f->index / 64] >> f->index % 64 & 1;
}

static void set(struct bits *b, const struct field *f)
{
    b->word[f->index / 64] |= (uint64_t)1 << f->index % 64;
}

static bool covers(const struct match *m, const struct bits *a, const struct bits *b)
{
    *m->work -= 1;
    for (size_t i = 0; i < m->words; i++)
        if (b->word[i] & ~a->word[i])
            return false;
    return true;
}

static struct bits both(const struct match *m, const struct bits *a, const struct bits *b)
{
    struct bits out = {0};
    for (size_t i = 0; i < m->words; i++)
        out.word[i] = a->word[i] | b->word[i];
    return out;
}

/* One more set to choose; what another covers goes. */
static void add_choice(const struct match *m, struct context *c, const struct bits *b)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (covers(m, &c->choices[i], b))
            return; /* then b covers none of those before it either */
        if (!covers(m, b, &c->choices[i]))
            c->choices[kept++] = c->choices[i];
    }
    c->count = kept;
    if (c->count == c->room) {
        c->room = c->room ? 2 * c->room : 4;
        c->choices = xrealloc(c->choices, c->room * sizeof *c->choices);
    }
    c->choices[c->count++] = *b;
}

/* The sets of one element, on their own. */
static void add_element(const struct match *m, struct context *to, const struct context *element)
{
    if (!element->count)
        add_choice(m, to, &element->held);
    for (size_t i = 0; i < element->count && *m->work >= 0; i++) {
        struct bits b = both(m, &element->held, &element->choices[i]);
        add_choice(m, to, &b);
    }
}

/* Every set of the one with every set of the other. */
static void combine(const struct match *m, struct context *c, const struct context *array)
{
    if (array->count == 1)
        c->held = both(m, &c->held, &array->choices[0]);
    if (array->count < 2)
        return;
    struct context out = {0};
    struct bits none = {0};
    size_t mine = c->count ? c->count : 1;
    for (size_t i = 0; i < mine && *m->work >= 0; i++)
        for (size_t j = 0; j < array->count && *m->work >= 0; j++) {
            struct bits b = both(m, c->count ? &c->choices[i] : &none, &array->choices[j]);
            add_choice(m, &out, &b);
        }
    free(c->choices);
    c->choices = out.choices, c->count = out.count, c->room = out.room;
}

/* --- the walk */

static void walk_object(struct match *m, const struct place *at, const cJSON *object, struct context *c);

static void ask(struct match *m, const struct field *f, const cJSON *leaf, struct context *c)
{
    set(&m->seen, f);
    for (size_t i = 0; i < f->count && !has(&c->held, f) && *m->work >= 0; i++)
        if (choice_matches(&f->choices[i], leaf, m->work))
            set(&c->held, f);
}

static void walk_value(struct match *m, const struct place *at, const cJSON *value, struct context *c);

/* Plain values of an array hold together with all else; of objects and arrays in it one is chosen. */
static void walk_array(struct match *m, const struct place *at, const cJSON *array, struct context *c)
{
    struct context chosen = {0};
    const cJSON *element;
    cJSON_ArrayForEach (element, array) {
        if (*m->work < 0)
            break;
        if (!cJSON_IsObject(element) && !cJSON_IsArray(element)) {
            walk_value(m, at, element, c);
            continue;
        }
        struct context one = {0};
        walk_value(m, at, element, &one);
        add_element(m, &chosen, &one);
        free(one.choices);
    }
    combine(m, c, &chosen);
    free(chosen.choices);
}

static void walk_value(struct match *m, const struct place *at, const cJSON *value, struct context *c)
{
    *m->work -= 1;
    if (cJSON_IsObject(value)) {
        walk_object(m, at, value, c);
    } else if (cJSON_IsArray(value)) {
        walk_array(m, at, value, c);
    } else {
        for (const struct field *f = at->fields; f; f = f->next_here)
            ask(m, f, value, c);
    }
}

/* Where this name leads, or NULL: the pattern does not go there. */
static const struct place *place_of(struct match *m, const struct place *at, struct str name)
{
    while (at && name.p) {
        *m->work -= 1;
        at = map_get(&at->children, str_cut(&name, '.'));
    }
    return at;
}

static void walk_object(struct match *m, const struct place *at, const cJSON *object, struct context *c)
{
    const cJSON *member;
    if (!at->children.count)
        return;
    cJSON_ArrayForEach (member, object) {
        if (*m->work < 0)
            return;
        const struct place *to = place_of(m, at, str_z(member->string));
        if (to)
            walk_value(m, to, member, c);
    }
}

/* --- the terms */

static bool holds(const struct term *t, const struct bits *b)
{
    const struct term *below;
    if (t->kind == TERM_FIELD)
        return has(b, t->field);
    for (below = t->first; below; below = below->next)
        if (holds(below, b) != (t->kind == TERM_ALL))
            return t->kind == TERM_ANY;
    return t->kind == TERM_ALL;
}

static void add_absent(struct match *m, struct bits *held)
{
    for (size_t i = 0; i < m->pattern->count; i++)
        if (m->pattern->fields[i]->absent && !has(&m->seen, m->pattern->fields[i]))
            set(held, m->pattern->fields[i]);
}

static bool fulfilled(struct match *m, struct context *c)
{
    bool yes = false;
    if (*m->work < 0)
        return false;
    add_absent(m, &c->held);
    if (!c->count)
        return holds(m->pattern->all, &c->held);
    for (size_t i = 0; i < c->count && !yes; i++) {
        struct bits b = both(m, &c->held, &c->choices[i]);
        yes = holds(m->pattern->all, &b);
    }
    return yes;
}

bool pattern_match(const struct pattern *p, const cJSON *event, int64_t *work)
{
    struct match m = {.pattern = p, .words = (p->count + 63) / 64, .work = work};
    struct context c = {0};
    walk_object(&m, p->root, event, &c);
    bool yes = fulfilled(&m, &c);
    free(c.choices);
    return yes;
}

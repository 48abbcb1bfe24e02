#include "props.h"
#include <math.h>
#include <stdlib.h>

struct checker {
    struct arena *arena;
    struct problems *problems;
    const char *of;
};

static struct node *check_one(const struct checker *k, const struct node *n, const struct prop_row *row);

/* --- scalars */

static void check_range(const struct checker *k, const struct node *n, const struct prop_row *row, double v,
                        const char *unit)
{
    if (row->max && (v < (double)row->min || v > (double)row->max))
        problem_hard(k->problems, n, "must be between %lld and %lld%s", (long long)row->min,
                     (long long)row->max, unit);
    else if (v < (double)row->min)
        problem_hard(k->problems, n, "must be at least %lld%s", (long long)row->min, unit);
}

static void check_word(const struct checker *k, const struct node *n, const struct prop_row *row)
{
    if (!row->one_of)
        return;
    char words[512] = "";
    for (const char *const *word = row->one_of; *word; word++) {
        if (node_is(n, *word))
            return;
        size_t used = strlen(words);
        snprintf(words + used, sizeof words - used, "%s%s", used ? ", " : "", *word);
    }
    problem_hard(k->problems, n, "must be one of %s, not \"%.*s\"", words, STR_ARG(node_scalar(n)));
}

static struct node *check_text(const struct checker *k, const struct node *n, const struct prop_row *row)
{
    if (n->kind == NODE_LATE)
        return node_copy(k->arena, n);
    if (!node_scalar(n).p) {
        problem_hard(k->problems, n, "must be a text");
        return NULL;
    }
    check_range(k, n, row, (double)node_scalar(n).n, " characters");
    check_word(k, n, row);
    return node_text(k->arena, node_scalar(n), n);
}

static struct node *check_number(const struct checker *k, const struct node *n, const struct prop_row *row)
{
    char z[64], *end = z;
    struct str text = node_scalar(n);
    int64_t whole;
    bool fine = text.n && text.n < sizeof z && (n->kind == NODE_NUMBER || n->kind == NODE_TEXT);
    double v = fine ? strtod(str_copy(text, z, sizeof z), &end) : 0;
    if (fine && row->kind == PROP_INT)
        fine = str_to_i64(text, &whole);
    if (!fine || *end || !isfinite(v)) {
        problem_hard(k->problems, n, "must be a %snumber", row->kind == PROP_INT ? "whole " : "");
        return NULL;
    }
    check_range(k, n, row, v, "");
    struct node *out = node_copy(k->arena, n);
    out->kind = NODE_NUMBER;
    return out;
}

static struct node *check_bool(const struct checker *k, const struct node *n)
{
    if (node_is(n, "true") || node_is(n, "false"))
        return node_bool(k->arena, node_is(n, "true"), n);
    problem_hard(k->problems, n, "must be true or false");
    return NULL;
}

/* --- lists and maps */

static struct node *check_list(const struct checker *k, const struct node *n, const struct prop_row *row)
{
    if (n->kind == NODE_LATE && n->late == LATE_SPLIT)
        return node_copy(k->arena, n);
    if (n->kind != NODE_LIST) {
        problem_hard(k->problems, n, "must be a list");
        return NULL;
    }
    check_range(k, n, row, (double)n->count, " elements");
    struct node *out = node_new(k->arena, NODE_LIST, n), *element;
    node_each (element, n) {
        struct node *checked = row->of ? check_one(k, element, row->of) : node_copy(k->arena, element);
        if (checked)
            node_add(out, checked);
    }
    return out;
}

static struct node *check_map(const struct checker *k, const struct node *n, const struct prop_row *row)
{
    if (n->kind != NODE_MAP) {
        problem_hard(k->problems, n, "must be a map");
        return NULL;
    }
    struct node *out = node_new(k->arena, NODE_MAP, n), *member;
    node_each (member, n) {
        struct node *checked = row->of ? check_one(k, member, row->of) : node_copy(k->arena, member);
        if (checked)
            node_put_str(out, member->key, checked);
    }
    return out;
}

static struct node *check_object(const struct checker *k, const struct node *n, const struct prop_row *row)
{
    if (n->kind == NODE_MAP)
        return props_check(k->arena, k->problems, n, row->of, row->name, false);
    problem_hard(k->problems, n, "must be a map");
    return NULL;
}

static struct node *check_one(const struct checker *k, const struct node *n, const struct prop_row *row)
{
    switch (row->kind) {
    case PROP_TEXT:
        return check_text(k, n, row);
    case PROP_INT:
    case PROP_REAL:
        return check_number(k, n, row);
    case PROP_BOOL:
        return check_bool(k, n);
    case PROP_LIST:
        return check_list(k, n, row);
    case PROP_MAP:
        return check_map(k, n, row);
    case PROP_OBJECT:
        return check_object(k, n, row);
    case PROP_ANY:
        break;
    }
    return node_copy(k->arena, n);
}

/* --- members against rows */

static const struct prop_row *find_row(const struct prop_row *rows, struct str name)
{
    for (; rows->name; rows++)
        if (str_is(name, rows->name))
            return rows;
    return NULL;
}

/* Is this member one that may be here and does something?  Says why not. */
static bool welcome(const struct checker *k, const struct node *member, const struct prop_row *row,
                    bool partial)
{
    if (!row)
        problem_soft(k->problems, member, "%s has no property of this name", k->of);
    else if (partial && !(row->flags & PROP_GLOBAL))
        problem_hard(k->problems, member, "cannot stand in Globals");
    else if (row->use == PROP_REFUSED)
        problem_soft(k->problems, member, "%s", row->why ? row->why : "is not supported by tidepool yet");
    else
        return row->use == PROP_HONOURED;
    return false;
}

struct node *props_check(struct arena *a, struct problems *p, const struct node *value,
                         const struct prop_row *rows, const char *of, bool partial)
{
    const struct checker k = {a, p, *of ? of : "this"};
    struct node *out = node_new(a, NODE_MAP, value), *member;
    if (!value || value->kind != NODE_MAP) {
        if (value)
            problem_hard(p, value, "must be a map");
        return out;
    }
    node_each (member, value) {
        const struct prop_row *row = find_row(rows, member->key);
        struct node *checked = welcome(&k, member, row, partial) ? check_one(&k, member, row) : NULL;
        if (checked)
            node_put_str(out, member->key, checked);
    }
    for (const struct prop_row *row = rows; row->name && !partial; row++)
        if ((row->flags & PROP_REQUIRED) && !node_get_str(value, str_z(row->name)))
            problem_hard(p, value, "%s is required", row->name);
    return out;
}

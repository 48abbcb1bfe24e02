#include "attr_inside.h"

#include <stdlib.h>

const struct attr attr_empty_map = {.type = ATTR_M};

static const char *const type_names[ATTR_TYPES] = {"S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"};

const char *attr_type_name(enum attr_type t)
{
    return type_names[t];
}

bool attr_type_of(struct str name, enum attr_type *out)
{
    for (int t = 0; t < ATTR_TYPES; t++)
        if (str_is(name, type_names[t])) {
            *out = (enum attr_type)t;
            return true;
        }
    return false;
}

enum attr_type attr_element_type(enum attr_type set)
{
    return set == ATTR_SS ? ATTR_S : set == ATTR_NS ? ATTR_N : ATTR_B;
}

struct str attr_number_text(struct arena *a, const struct number *n)
{
    struct buf b;
    buf_init(&b, NUMBER_TEXT_MAX);
    number_write(n, &b);
    struct str s = arena_str(a, buf_view(&b));
    buf_release(&b);
    return s;
}

static int compare_texts(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static int compare_numbers(const void *x, const void *y)
{
    struct number a, b;
    number_read(*(const struct str *)x, &a);
    number_read(*(const struct str *)y, &b);
    return number_compare(&a, &b);
}

void attr_sort_set(enum attr_type t, struct str *set, size_t n)
{
    if (n > 1)
        qsort(set, n, sizeof *set, t == ATTR_NS ? compare_numbers : compare_texts);
}

static int compare_members(const void *x, const void *y)
{
    return str_cmp(((const struct attr_member *)x)->name, ((const struct attr_member *)y)->name);
}

void attr_sort_members(struct attr_member *m, size_t n)
{
    if (n > 8) {
        qsort(m, n, sizeof *m, compare_members);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        struct attr_member x = m[i];
        size_t at = i;
        for (; at > 0 && str_cmp(m[at - 1].name, x.name) > 0; at--)
            m[at] = m[at - 1];
        m[at] = x;
    }
}

/* --- size and order */

static size_t text_size(enum attr_type t, struct str s)
{
    if (t != ATTR_N)
        return s.n;
    struct number n;
    number_read(s, &n);
    return number_size(&n);
}

size_t attr_item_size(const struct attr *map)
{
    size_t n = 0;
    for (uint32_t i = 0; i < map->count; i++)
        n += map->map[i].name.n + attr_size(map->map[i].value);
    return n;
}

size_t attr_size(const struct attr *v)
{
    size_t n = 0;
    switch (v->type) {
    case ATTR_S:
    case ATTR_N:
    case ATTR_B:
        return text_size(v->type, v->text);
    case ATTR_BOOL:
    case ATTR_NULL:
        return 1;
    case ATTR_L:
        for (uint32_t i = 0; i < v->count; i++)
            n += 1 + attr_size(v->list[i]);
        return 3 + n;
    case ATTR_M:
        return 3 + v->count + attr_item_size(v);
    default:
        for (uint32_t i = 0; i < v->count; i++)
            n += text_size(attr_element_type(v->type), v->set[i]);
        return n;
    }
}

struct number attr_number(const struct attr *v)
{
    struct number n;
    number_read(v->text, &n);
    return n;
}

int attr_compare(const struct attr *a, const struct attr *b)
{
    if (a->type != ATTR_N)
        return str_cmp(a->text, b->text);
    struct number x = attr_number(a), y = attr_number(b);
    return number_compare(&x, &y);
}

static bool equal_maps(const struct attr *a, const struct attr *b)
{
    for (uint32_t i = 0; i < a->count; i++)
        if (!str_eq(a->map[i].name, b->map[i].name) || !attr_equal(a->map[i].value, b->map[i].value))
            return false;
    return true;
}

bool attr_equal(const struct attr *a, const struct attr *b)
{
    if (a == b)
        return true;
    if (a->type != b->type || a->count != b->count)
        return false;
    switch (a->type) {
    case ATTR_S:
    case ATTR_N:
    case ATTR_B:
        return str_eq(a->text, b->text);
    case ATTR_BOOL:
        return a->flag == b->flag;
    case ATTR_NULL:
        return true;
    case ATTR_M:
        return equal_maps(a, b);
    case ATTR_L:
        for (uint32_t i = 0; i < a->count; i++)
            if (!attr_equal(a->list[i], b->list[i]))
                return false;
        return true;
    default:
        for (uint32_t i = 0; i < a->count; i++)
            if (!str_eq(a->set[i], b->set[i]))
                return false;
        return true;
    }
}

/* Where a member is, or would be. */
static uint32_t map_place(const struct attr *map, struct str name, bool *there)
{
    uint32_t lo = 0, hi = map->count;
    *there = false;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        int c = str_cmp(map->map[mid].name, name);
        if (c == 0) {
            *there = true;
            return mid;
        }
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

const struct attr *attr_get(const struct attr *map, struct str name)
{
    bool there;
    uint32_t at = map_place(map, name, &there);
    return there ? map->map[at].value : NULL;
}

/* --- new values from old ones */

const struct attr *attr_text(struct arena *a, enum attr_type t, struct str text)
{
    struct attr *v = arena_zalloc(a, sizeof *v);
    v->type = t;
    v->text = text;
    return v;
}

const struct attr *attr_from_number(struct arena *a, const struct number *n)
{
    return attr_text(a, ATTR_N, attr_number_text(a, n));
}

const struct attr *attr_int(struct arena *a, int64_t v)
{
    return attr_text(a, ATTR_N, arena_printf(a, "%lld", (long long)v));
}

const struct attr *attr_map_make(struct arena *a, struct attr_member *members, size_t n)
{
    struct attr *v = arena_zalloc(a, sizeof *v);
    attr_sort_members(members, n);
    v->type = ATTR_M;
    v->map = members;
    v->count = (uint32_t)n;
    return v;
}

const struct attr *attr_map_with(struct arena *a, const struct attr *map, struct str name,
                                 const struct attr *value)
{
    bool there;
    uint32_t at = map_place(map, name, &there), behind = at + there;
    if (!there && !value)
        return map;
    struct attr *v = arena_zalloc(a, sizeof *v);
    struct attr_member *m = arena_alloc(a, (map->count + 1) * sizeof *m);
    if (at)
        memcpy(m, map->map, at * sizeof *m);
    uint32_t n = at;
    if (value)
        m[n++] = (struct attr_member){name, value};
    if (map->count > behind)
        memcpy(m + n, map->map + behind, (map->count - behind) * sizeof *m);
    v->type = ATTR_M;
    v->map = m;
    v->count = n + map->count - behind;
    return v;
}

const struct attr *attr_list_with(struct arena *a, const struct attr *list, size_t at,
                                  const struct attr *value)
{
    struct attr *v = arena_zalloc(a, sizeof *v);
    const struct attr **l = arena_alloc(a, (list->count + 1) * sizeof *l);
    if (list->count)
        memcpy(l, list->list, list->count * sizeof *l);
    v->type = ATTR_L;
    v->count = list->count + (at >= list->count);
    l[at >= list->count ? list->count : at] = value;
    v->list = l;
    return v;
}

const struct attr *attr_list_joined(struct arena *a, const struct attr *x, const struct attr *y)
{
    struct attr *v = arena_zalloc(a, sizeof *v);
    const struct attr **l = arena_alloc(a, ((size_t)x->count + y->count) * sizeof *l);
    if (x->count)
        memcpy(l, x->list, x->count * sizeof *l);
    if (y->count)
        memcpy(l + x->count, y->list, y->count * sizeof *l);
    v->type = ATTR_L;
    v->count = x->count + y->count;
    v->list = l;
    return v;
}

bool attr_set_has(const struct attr *set, struct str element)
{
    for (uint32_t i = 0; i < set->count; i++)
        if (str_eq(set->set[i], element))
            return true;
    return false;
}

/* Both are sorted, so one walk through the two is enough: sets can have 100,000 elements. */
static const struct attr *merge_sets(struct arena *a, const struct attr *x, const struct attr *y, bool minus)
{
    int (*compare)(const void *, const void *) = x->type == ATTR_NS ? compare_numbers : compare_texts;
    struct attr *v = arena_zalloc(a, sizeof *v);
    struct str *set = arena_alloc(a, ((size_t)x->count + (minus ? 0 : y->count)) * sizeof *set);
    uint32_t n = 0, i = 0, j = 0;
    while (i < x->count || (j < y->count && !minus)) {
        int c = i == x->count ? 1 : j == y->count ? -1 : compare(&x->set[i], &y->set[j]);
        if (c < 0 || (c == 0 && !minus))
            set[n++] = x->set[i];
        else if (c > 0 && !minus)
            set[n++] = y->set[j];
        i += c <= 0;
        j += c >= 0;
    }
    v->type = x->type;
    v->count = n;
    v->set = set;
    return n ? v : NULL;
}

const struct attr *attr_set_union(struct arena *a, const struct attr *x, const struct attr *y)
{
    return merge_sets(a, x, y, false);
}

const struct attr *attr_set_minus(struct arena *a, const struct attr *x, const struct attr *y)
{
    return merge_sets(a, x, y, true);
}

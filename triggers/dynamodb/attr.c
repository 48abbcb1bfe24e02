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

static int (*comparer(enum attr_type set))(const void *, const void *)
{
    return set == ATTR_NS ? compare_numbers : compare_texts;
}

/* A number beside bytes that sort as it does: each is read once, not in each comparison. */
struct keyed {
    unsigned char key[NUMBER_KEY_MAX];
    size_t key_size;
    struct str text;
};

static int compare_keyed(const void *x, const void *y)
{
    const struct keyed *a = x, *b = y;
    return str_cmp(str_n(a->key, a->key_size), str_n(b->key, b->key_size));
}

static void sort_numbers(struct arena *a, struct str *set, size_t n)
{
    struct keyed *list = arena_alloc(a, n * sizeof *list);
    for (size_t i = 0; i < n; i++) {
        struct number number;
        number_read(set[i], &number);
        list[i].text = set[i];
        list[i].key_size = number_key(&number, list[i].key);
    }
    qsort(list, n, sizeof *list, compare_keyed);
    for (size_t i = 0; i < n; i++)
        set[i] = list[i].text;
}

void attr_sort_set(struct arena *a, enum attr_type t, struct str *set, size_t n)
{
    if (n < 2)
        return;
    if (t == ATTR_NS)
        sort_numbers(a, set, n);
    else
        qsort(set, n, sizeof *set, compare_texts);
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

static size_t members_size(const struct attr *map, size_t most)
{
    size_t n = 0;
    for (uint32_t i = 0; i < map->count && n <= most; i++)
        n += map->map[i].name.n + attr_size_upto(map->map[i].value, most - n);
    return n;
}

size_t attr_item_size(const struct attr *map)
{
    return members_size(map, SIZE_MAX);
}

size_t attr_size(const struct attr *v)
{
    return attr_size_upto(v, SIZE_MAX);
}

size_t attr_size_upto(const struct attr *v, size_t most)
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
        for (uint32_t i = 0; i < v->count && n <= most; i++)
            n += 1 + attr_size_upto(v->list[i], most - n);
        return 3 + n;
    case ATTR_M:
        return 3 + v->count + members_size(v, most);
    default:
        for (uint32_t i = 0; i < v->count && n <= most; i++)
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

uint32_t attr_place(const struct attr *map, struct str name, uint32_t from, bool *there)
{
    uint32_t lo = from, hi = map->count;
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
    uint32_t at = attr_place(map, name, 0, &there);
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
    return bsearch(&element, set->set, set->count, sizeof *set->set, comparer(set->type)) != NULL;
}

const struct attr *attr_set_union(struct arena *a, const struct attr *x, const struct attr *y)
{
    int (*compare)(const void *, const void *) = comparer(x->type);
    struct attr *v = arena_zalloc(a, sizeof *v);
    struct str *set = arena_alloc(a, ((size_t)x->count + y->count) * sizeof *set);
    uint32_t n = 0, i = 0, j = 0;
    while (i < x->count || j < y->count) {
        int c = i == x->count ? 1 : j == y->count ? -1 : compare(&x->set[i], &y->set[j]);
        set[n++] = c <= 0 ? x->set[i] : y->set[j];
        i += c <= 0;
        j += c >= 0;
    }
    v->type = x->type;
    v->count = n;
    v->set = set;
    return v;
}

/* The first element from number `at` on that is not before this one.  It is looked for in growing steps: one
 * large set may be taken from many small ones. */
static uint32_t seek_element(const struct attr *set, uint32_t at, const struct str *element)
{
    int (*compare)(const void *, const void *) = comparer(set->type);
    uint32_t step = 1, end;
    while (at < set->count && set->count - at > step && compare(&set->set[at + step], element) < 0) {
        at += step;
        step *= 2;
    }
    end = set->count - at > step ? at + step : set->count;
    while (at < end) {
        uint32_t mid = at + (end - at) / 2;
        if (compare(&set->set[mid], element) < 0)
            at = mid + 1;
        else
            end = mid;
    }
    return at;
}

const struct attr *attr_set_minus(struct arena *a, const struct attr *x, const struct attr *y)
{
    struct attr *v = arena_zalloc(a, sizeof *v);
    struct str *set = arena_alloc(a, x->count * sizeof *set);
    uint32_t j = 0;
    for (uint32_t i = 0; i < x->count; i++) {
        j = seek_element(y, j, &x->set[i]);
        if (j == y->count || !str_eq(y->set[j], x->set[i]))
            set[v->count++] = x->set[i];
    }
    v->type = x->type;
    v->set = set;
    return v->count ? v : NULL;
}

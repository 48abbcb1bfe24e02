/* ExpressionAttributeNames and ExpressionAttributeValues. */
#include "expr.h"

#include <stdlib.h>

enum { SUBSTITUTES_MAX = 2 << 20 }; /* bytes of all names and values */
enum { FEW = 8 };                   /* so many are looked through faster than they are sorted */

static bool valid_key(struct str key, char first)
{
    if (key.n < 2 || key.p[0] != first)
        return false;
    for (size_t i = 1; i < key.n; i++) {
        char c = key.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'))
            return false;
    }
    return true;
}

static bool read_names(struct expr_set *s, const cJSON *names)
{
    size_t n = (size_t)cJSON_GetArraySize(names);
    if (n == 0)
        return wrong_value(s->wrong, "ExpressionAttributeNames must not be empty");
    s->names.list = arena_zalloc(s->wrong->arena, n * sizeof *s->names.list);
    const cJSON *at;
    cJSON_ArrayForEach (at, names) {
        if (!cJSON_IsString(at))
            return wrong_say(s->wrong, &fault_serialization, "Unexpected value type in payload");
        struct stand_in *e = &s->names.list[s->names.n++];
        *e = (struct stand_in){.key = str_z(at->string), .name = json_text(at)};
        if (!valid_key(e->key, '#'))
            return wrong_value(s->wrong,
                               "ExpressionAttributeNames contains invalid key: Syntax error; key: \"%.*s\"",
                               STR_ARG(e->key));
        if (e->name.n == 0)
            return wrong_value(
                s->wrong,
                "ExpressionAttributeNames contains invalid value: Empty attribute name for key "
                "%.*s",
                STR_ARG(e->key));
        if (e->name.n > ATTR_NAME_MAX)
            return wrong_value(s->wrong,
                               "ExpressionAttributeNames contains invalid value: Attribute name is too "
                               "large, must be less than 65536 bytes for key %.*s",
                               STR_ARG(e->key));
    }
    return true;
}

static bool read_values(struct expr_set *s, const cJSON *values)
{
    size_t n = (size_t)cJSON_GetArraySize(values);
    if (n == 0)
        return wrong_value(s->wrong, "ExpressionAttributeValues must not be empty");
    s->values.list = arena_zalloc(s->wrong->arena, n * sizeof *s->values.list);
    const cJSON *at;
    cJSON_ArrayForEach (at, values)
        if (!valid_key(str_z(at->string), ':'))
            return wrong_value(s->wrong,
                               "ExpressionAttributeValues contains invalid key: Syntax error; key: \"%s\"",
                               at->string);
    cJSON_ArrayForEach (at, values) {
        struct stand_in *e = &s->values.list[s->values.n++];
        struct wrong inner = wrong_none(s->wrong->arena);
        *e = (struct stand_in){.key = str_z(at->string), .value = attr_from_tree(at, &inner)};
        if (inner.fault == &fault_validation)
            return wrong_value(s->wrong,
                               "ExpressionAttributeValues contains invalid value: %.*s for key %.*s",
                               STR_ARG(inner.text), STR_ARG(e->key));
        if (inner.fault)
            return wrong_say(s->wrong, inner.fault, "%.*s", STR_ARG(inner.text));
    }
    return true;
}

static bool check_sizes(const struct expr_set *s)
{
    size_t names = 0, values = 0;
    for (size_t i = 0; i < s->names.n; i++)
        names += s->names.list[i].key.n + s->names.list[i].name.n;
    for (size_t i = 0; i < s->values.n; i++)
        values += s->values.list[i].key.n + attr_size(s->values.list[i].value);
    const char *what = names > SUBSTITUTES_MAX    ? "ExpressionAttributeNames"
                       : values > SUBSTITUTES_MAX ? "ExpressionAttributeValues"
                       : names + values > SUBSTITUTES_MAX
                           ? "Combined size of ExpressionAttributeNames and ExpressionAttributeValues"
                           : NULL;
    return !what || wrong_value(s->wrong, "%s exceeds max size", what);
}

/* --- looking them up */

/* Of two with one key the first one counts. */
static int compare_keys(const void *x, const void *y)
{
    const struct stand_in *a = *(struct stand_in *const *)x, *b = *(struct stand_in *const *)y;
    int order = str_cmp(a->key, b->key);
    return order ? order : (a > b) - (a < b);
}

static void sort_keys(struct stand_ins *all, struct arena *a)
{
    if (all->n <= FEW)
        return;
    all->by_key = arena_alloc(a, all->n * sizeof *all->by_key);
    for (size_t i = 0; i < all->n; i++)
        all->by_key[i] = &all->list[i];
    qsort(all->by_key, all->n, sizeof *all->by_key, compare_keys);
}

static struct stand_in *find(const struct stand_ins *all, struct str key)
{
    if (!all->by_key) {
        for (size_t i = 0; i < all->n; i++)
            if (str_eq(all->list[i].key, key))
                return &all->list[i];
        return NULL;
    }
    size_t lo = 0, hi = all->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (str_cmp(all->by_key[mid]->key, key) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < all->n && str_eq(all->by_key[lo]->key, key) ? all->by_key[lo] : NULL;
}

struct stand_in *expr_set_use(struct stand_ins *all, struct str key)
{
    struct stand_in *found = find(all, key);
    if (found)
        found->used = true;
    return found;
}

bool expr_set_init(struct expr_set *s, const cJSON *names, const cJSON *values, struct wrong *w)
{
    *s = (struct expr_set){.wrong = w};
    if ((names && !read_names(s, names)) || (values && !read_values(s, values)) || !check_sizes(s))
        return false;
    sort_keys(&s->names, w->arena);
    sort_keys(&s->values, w->arena);
    return true;
}

/* --- those that no expression used */

static bool all_used(const struct expr_set *s, const struct stand_ins *all, const char *what)
{
    struct buf b;
    buf_init(&b, 2 * SUBSTITUTES_MAX);
    for (size_t i = 0; i < all->n; i++) {
        if (all->list[i].used)
            continue;
        buf_z(&b, b.n ? ", " : "");
        buf_str(&b, all->list[i].key);
    }
    bool none = b.n == 0;
    if (!none)
        wrong_value(s->wrong, "Value provided in %s unused in expressions: keys: {%s}", what, buf_zstr(&b));
    buf_release(&b);
    return none;
}

bool expr_set_all_used(const struct expr_set *s)
{
    return all_used(s, &s->names, "ExpressionAttributeNames") &&
           all_used(s, &s->values, "ExpressionAttributeValues");
}

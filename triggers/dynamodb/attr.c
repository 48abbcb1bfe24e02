#include "attr.h"

#include "base/codec.h"
#include "base/json.h"
#include "dynamodb.h"
#include <stdio.h>
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

/* --- from a request */

/* Types that come in as text, and the scalar that the elements of a set are. */
static enum attr_type element_type(enum attr_type set)
{
    return set == ATTR_SS ? ATTR_S : set == ATTR_NS ? ATTR_N : ATTR_B;
}

static bool bad_number(struct str text, enum number_problem p, struct wrong *w)
{
    switch (p) {
    case NUMBER_OVERFLOW:
        return wrong_value(
            w, "Number overflow. Attempting to store a number with magnitude larger than supported range");
    case NUMBER_UNDERFLOW:
        return wrong_value(
            w, "Number underflow. Attempting to store a number with magnitude smaller than supported range");
    case NUMBER_PRECISION:
        return wrong_value(w, "Attempting to store more than 38 significant digits in a Number");
    default:
        return text.n == 0 ? wrong_value(w, "The parameter cannot be converted to a numeric value")
                           : wrong_value(w, "The parameter cannot be converted to a numeric value: %.*s",
                                         STR_ARG(text));
    }
}

static struct str number_text(struct arena *a, const struct number *n)
{
    struct buf b;
    buf_init(&b, NUMBER_TEXT_MAX);
    number_write(n, &b);
    struct str s = arena_str(a, buf_view(&b));
    buf_release(&b);
    return s;
}

/* Most numbers are short integers and already as they should be. */
static bool plain_integer(struct str s)
{
    size_t i = s.n && s.p[0] == '-';
    if (s.n - i == 0 || s.n - i > 18 || s.p[i] < '1' || s.p[i] > '9')
        return false;
    for (; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

static bool canonical_number(struct str in, struct str *out, struct wrong *w)
{
    struct number n;
    if (plain_integer(in)) {
        *out = in;
        return true;
    }
    enum number_problem p = number_read(in, &n);
    if (p != NUMBER_OK)
        return bad_number(in, p, w);
    *out = number_text(w->arena, &n);
    return true;
}

static bool unbase64(struct arena *a, struct str in, struct str *out)
{
    struct buf b;
    buf_init(&b, in.n);
    bool ok = codec_unbase64(&b, in);
    *out = arena_str(a, buf_view(&b));
    buf_release(&b);
    return ok;
}

static const char *json_token(const cJSON *v)
{
    return cJSON_IsTrue(v)                                              ? "TRUE_VALUE"
           : cJSON_IsFalse(v)                                           ? "FALSE_VALUE"
           : cJSON_IsNumber(v) && v->valuedouble == (double)v->valueint ? "NUMBER_VALUE"
                                                                        : "DECIMAL_VALUE";
}

/* A scalar's text from a JSON string. */
static bool text_from_tree(enum attr_type t, const cJSON *v, struct str *out, struct wrong *w)
{
    if (cJSON_IsObject(v))
        return wrong_say(w, &fault_serialization, "Start of structure or map found where not expected");
    if (cJSON_IsArray(v))
        return wrong_say(w, &fault_serialization, "Unrecognized collection type class java.lang.String");
    if (!cJSON_IsString(v))
        return wrong_say(w, &fault_serialization, "%s cannot be converted to String", json_token(v));
    struct str s = str_z(v->valuestring);
    if (t == ATTR_N)
        return canonical_number(s, out, w);
    if (t == ATTR_B)
        return unbase64(w->arena, s, out) ||
               wrong_say(w, &fault_serialization, "only base-64-encoded strings are convertible to bytes");
    *out = s;
    return true;
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

static void sort_set(enum attr_type t, struct str *set, size_t n)
{
    if (n > 1)
        qsort(set, n, sizeof *set, t == ATTR_NS ? compare_numbers : compare_texts);
}

static bool say_duplicates(enum attr_type t, const cJSON *v, struct wrong *w)
{
    struct buf b;
    if (t == ATTR_NS)
        return wrong_value(w, "Input collection contains duplicates");
    buf_init(&b, 4096);
    for (const cJSON *at = v->child; at; at = at->next) {
        buf_z(&b, at == v->child ? "" : ", ");
        buf_z(&b, at->valuestring);
    }
    wrong_value(w, "One or more parameter values were invalid: Input collection [%s]%scontains duplicates.",
                buf_zstr(&b), t == ATTR_BS ? "of type BS " : " ");
    buf_release(&b);
    return false;
}

static bool set_from_tree(struct attr *out, const cJSON *v, struct wrong *w)
{
    static const char *const empty[] = {"An string set  may not be empty", "An number set  may not be empty",
                                        "Binary sets should not be empty"};
    if (!cJSON_IsArray(v))
        return wrong_say(w, &fault_serialization, "Unexpected field type");
    size_t n = (size_t)cJSON_GetArraySize(v), i = 0;
    if (n == 0)
        return wrong_value(w, "One or more parameter values were invalid: %s", empty[out->type - ATTR_SS]);
    struct str *set = arena_alloc(w->arena, n * sizeof *set);
    const cJSON *at;
    cJSON_ArrayForEach (at, v)
        if (!text_from_tree(element_type(out->type), at, &set[i++], w))
            return false;
    sort_set(out->type, set, n);
    for (i = 1; i < n; i++)
        if (str_eq(set[i - 1], set[i]))
            return say_duplicates(out->type, v, w);
    out->set = set;
    out->count = (uint32_t)n;
    return true;
}

static const struct attr *value_from_tree(const cJSON *tree, int depth, struct wrong *w);

static bool list_from_tree(struct attr *out, const cJSON *v, int depth, struct wrong *w)
{
    if (!cJSON_IsArray(v))
        return wrong_say(w, &fault_serialization, "Unexpected field type");
    size_t n = (size_t)cJSON_GetArraySize(v), i = 0;
    const struct attr **list = arena_alloc(w->arena, n * sizeof *list);
    const cJSON *at;
    cJSON_ArrayForEach (at, v)
        if (!(list[i++] = value_from_tree(at, depth + 1, w)))
            return false;
    out->list = list;
    out->count = (uint32_t)n;
    return true;
}

static int compare_members(const void *x, const void *y)
{
    return str_cmp(((const struct attr_member *)x)->name, ((const struct attr_member *)y)->name);
}

static void sort_members(struct attr_member *m, size_t n)
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

static bool map_from_tree(struct attr *out, const cJSON *v, int depth, struct wrong *w)
{
    if (!cJSON_IsObject(v))
        return wrong_say(w, &fault_serialization, "Unexpected field type");
    size_t n = (size_t)cJSON_GetArraySize(v), i = 0;
    struct attr_member *map = arena_alloc(w->arena, n * sizeof *map);
    const cJSON *at;
    cJSON_ArrayForEach (at, v) {
        map[i].name = str_z(at->string);
        if (map[i].name.n == 0)
            return wrong_value(w, "Empty attribute name");
        if (map[i].name.n > 65535)
            return wrong_value(w, "Attribute name is too large, must be less than 65536 bytes");
        if (!(map[i++].value = value_from_tree(at, depth + 1, w)))
            return false;
    }
    sort_members(map, n);
    size_t kept = 0; /* of two members with one name the later one counts */
    for (i = 0; i < n; i++) {
        if (kept && str_eq(map[kept - 1].name, map[i].name))
            kept--;
        map[kept++] = map[i];
    }
    out->map = map;
    out->count = (uint32_t)kept;
    return true;
}

static bool flag_from_tree(struct attr *out, const cJSON *v, struct wrong *w)
{
    if (!cJSON_IsBool(v))
        return wrong_say(w, &fault_serialization,
                         cJSON_IsString(v) ? "Unexpected token received from parser"
                                           : "%s cannot be converted to Boolean",
                         json_token(v));
    out->flag = cJSON_IsTrue(v);
    if (out->type == ATTR_NULL && !out->flag)
        return wrong_value(w, "One or more parameter values were invalid: Null attribute value types must "
                              "have the value of true");
    return true;
}

/* The one member that names a type; what no type is called is passed over, as the service does. */
static const cJSON *typed_member(const cJSON *tree, enum attr_type *type, struct wrong *w)
{
    const cJSON *found = NULL;
    if (cJSON_IsArray(tree)) {
        wrong_say(w, &fault_serialization,
                  "Unrecognized collection type class "
                  "com.amazonaws.dynamodb.v20120810.AttributeValue");
        return NULL;
    }
    if (!cJSON_IsObject(tree)) {
        wrong_say(w, &fault_serialization, "Unexpected value type in payload");
        return NULL;
    }
    for (const cJSON *at = tree->child; at; at = at->next) {
        enum attr_type t;
        if (cJSON_IsNull(at) || !attr_type_of(str_z(at->string), &t))
            continue;
        if (found) {
            wrong_value(w,
                        "Supplied AttributeValue has more than one datatypes set, must contain exactly one "
                        "of the supported datatypes");
            return NULL;
        }
        found = at;
        *type = t;
    }
    if (!found)
        wrong_value(w,
                    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
    return found;
}

static const struct attr *value_from_tree(const cJSON *tree, int depth, struct wrong *w)
{
    enum attr_type type = ATTR_S;
    const cJSON *v = typed_member(tree, &type, w);
    if (!v)
        return NULL;
    if (depth > ATTR_DEPTH_MAX) {
        wrong_value(w, "Nesting Levels have exceeded supported limits: Attributes in the item have nested "
                       "levels beyond supported limit");
        return NULL;
    }
    struct attr *out = arena_zalloc(w->arena, sizeof *out);
    out->type = type;
    bool ok = false;
    switch (type) {
    case ATTR_S:
    case ATTR_N:
    case ATTR_B:
        ok = text_from_tree(type, v, &out->text, w);
        break;
    case ATTR_BOOL:
    case ATTR_NULL:
        ok = flag_from_tree(out, v, w);
        break;
    case ATTR_L:
        ok = list_from_tree(out, v, depth, w);
        break;
    case ATTR_M:
        ok = map_from_tree(out, v, depth, w);
        break;
    default:
        ok = set_from_tree(out, v, w);
    }
    return ok ? out : NULL;
}

const struct attr *attr_from_tree(const cJSON *tree, struct wrong *w)
{
    return value_from_tree(tree, 1, w);
}

const struct attr *attr_map_from_tree(const cJSON *tree, struct wrong *w)
{
    struct attr *out = arena_zalloc(w->arena, sizeof *out);
    out->type = ATTR_M;
    return map_from_tree(out, tree, 0, w) ? out : NULL;
}

/* --- from the store: canonical text that we wrote ourselves, so nothing is checked but its form */

static const struct attr *value_from_text(struct json_reader *r);

static void *grown(struct arena *a, void *old, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return old;
    *cap = *cap ? *cap * 2 : 8;
    void *p = arena_alloc(a, *cap * size);
    if (n)
        memcpy(p, old, n * size);
    return p;
}

static bool set_from_text(struct attr *out, struct json_reader *r)
{
    struct str *set = NULL;
    size_t n = 0, cap = 0;
    bool first = true;
    while (json_element(r, &first)) {
        set = grown(r->arena, set, n, &cap, sizeof *set);
        set[n] = json_string(r);
        if (out->type == ATTR_BS && !unbase64(r->arena, set[n], &set[n]))
            r->bad = true;
        n++;
    }
    out->set = set;
    out->count = (uint32_t)n;
    return !r->bad;
}

static bool list_from_text(struct attr *out, struct json_reader *r)
{
    const struct attr **list = NULL;
    size_t n = 0, cap = 0;
    bool first = true;
    while (json_element(r, &first)) {
        list = grown(r->arena, list, n, &cap, sizeof *list);
        if (!(list[n++] = value_from_text(r)))
            return false;
    }
    out->list = list;
    out->count = (uint32_t)n;
    return !r->bad;
}

static bool map_from_text(struct attr *out, struct json_reader *r)
{
    struct attr_member *map = NULL;
    size_t n = 0, cap = 0;
    bool first = true;
    struct str name;
    while (json_member(r, &first, &name)) {
        map = grown(r->arena, map, n, &cap, sizeof *map);
        map[n].name = name;
        if (!(map[n++].value = value_from_text(r)))
            return false;
    }
    out->map = map;
    out->count = (uint32_t)n;
    return !r->bad;
}

static bool content_from_text(struct attr *out, struct json_reader *r)
{
    switch (out->type) {
    case ATTR_S:
    case ATTR_N:
        out->text = json_string(r);
        return !r->bad;
    case ATTR_B:
        return unbase64(r->arena, json_string(r), &out->text) && !r->bad;
    case ATTR_BOOL:
    case ATTR_NULL:
        out->flag = str_is(json_raw(r), "true");
        return !r->bad;
    case ATTR_L:
        return list_from_text(out, r);
    case ATTR_M:
        return map_from_text(out, r);
    default:
        return set_from_text(out, r);
    }
}

static const struct attr *value_from_text(struct json_reader *r)
{
    struct attr *out = arena_zalloc(r->arena, sizeof *out);
    bool first = true;
    struct str type;
    if (!json_member(r, &first, &type) || !attr_type_of(type, &out->type) || !content_from_text(out, r))
        return NULL;
    return json_member(r, &first, &type) ? NULL : out;
}

const struct attr *attr_map_from_text(struct arena *a, struct str text)
{
    struct json_reader r = json_reader(text, a);
    struct attr *out = arena_zalloc(a, sizeof *out);
    out->type = ATTR_M;
    return map_from_text(out, &r) ? out : NULL;
}

/* --- to text */

static void write_text(enum attr_type t, struct str s, struct buf *out)
{
    if (t == ATTR_S) {
        buf_json(out, s);
        return;
    }
    buf_char(out, '"');
    if (t == ATTR_B)
        codec_base64(out, s);
    else
        buf_str(out, s);
    buf_char(out, '"');
}

static void write_set(const struct attr *v, struct buf *out)
{
    buf_char(out, '[');
    for (uint32_t i = 0; i < v->count; i++) {
        if (i)
            buf_char(out, ',');
        write_text(element_type(v->type), v->set[i], out);
    }
    buf_char(out, ']');
}

static void write_list(const struct attr *v, struct buf *out)
{
    buf_char(out, '[');
    for (uint32_t i = 0; i < v->count; i++) {
        if (i)
            buf_char(out, ',');
        attr_write(v->list[i], out);
    }
    buf_char(out, ']');
}

void attr_map_write(const struct attr *v, struct buf *out)
{
    buf_char(out, '{');
    for (uint32_t i = 0; i < v->count; i++) {
        if (i)
            buf_char(out, ',');
        buf_json(out, v->map[i].name);
        buf_char(out, ':');
        attr_write(v->map[i].value, out);
    }
    buf_char(out, '}');
}

void attr_write(const struct attr *v, struct buf *out)
{
    buf_add(out, "{\"", 2);
    buf_z(out, type_names[v->type]);
    buf_add(out, "\":", 2);
    switch (v->type) {
    case ATTR_S:
    case ATTR_N:
    case ATTR_B:
        write_text(v->type, v->text, out);
        break;
    case ATTR_BOOL:
    case ATTR_NULL:
        buf_z(out, v->flag ? "true" : "false");
        break;
    case ATTR_L:
        write_list(v, out);
        break;
    case ATTR_M:
        attr_map_write(v, out);
        break;
    default:
        write_set(v, out);
    }
    buf_char(out, '}');
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
            n += text_size(element_type(v->type), v->set[i]);
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
    return attr_text(a, ATTR_N, number_text(a, n));
}

const struct attr *attr_int(struct arena *a, int64_t v)
{
    return attr_text(a, ATTR_N, arena_printf(a, "%lld", (long long)v));
}

const struct attr *attr_map_make(struct arena *a, struct attr_member *members, size_t n)
{
    struct attr *v = arena_zalloc(a, sizeof *v);
    sort_members(members, n);
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

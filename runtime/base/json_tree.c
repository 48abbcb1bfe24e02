/* Text to trees, and what trees need that cJSON does with texts of C: see json.h. */
#include "base/json.h"

#include "base/rc.h"
#include <math.h>
#include <stdlib.h>

/* --- nodes: allocated as cJSON does, which frees them */

static cJSON *node_new(int type)
{
    cJSON *node = cJSON_malloc(sizeof *node);
    if (!node)
        BUG("out of memory");
    *node = (cJSON){.type = type};
    return node;
}

static char *text_copy(struct str s)
{
    char *z = cJSON_malloc(s.n + 1);
    if (!z)
        BUG("out of memory");
    if (s.n)
        memcpy(z, s.p, s.n);
    z[s.n] = 0;
    return z;
}

static void set_text(cJSON *node, struct str text)
{
    if (text.n > INT32_MAX)
        BUG("a text of %zu bytes in a tree", text.n);
    node->valuestring = text_copy(text);
    node->valueint = (int)text.n;
}

struct str json_member_text(const cJSON *object, const char *name)
{
    return json_text(cJSON_GetObjectItemCaseSensitive(object, name));
}

cJSON *json_new_text(struct str text)
{
    cJSON *node = node_new(cJSON_String);
    set_text(node, text);
    return node;
}

cJSON *json_add_text(cJSON *object, const char *name, struct str text)
{
    cJSON *node = text.p ? json_new_text(text) : NULL;
    if (node)
        cJSON_AddItemToObject(object, name, node);
    return node;
}

/* --- names */

#define ZERO_HIGH '\xC0'
#define ZERO_LOW '\x80'
#define ZERO STR("\xC0\x80")

/* As it stands in a tree. */
static char *name_copy(struct str s)
{
    size_t zeros = 0;
    if (!s.n || !memchr(s.p, 0, s.n))
        return text_copy(s);
    for (size_t i = 0; i < s.n; i++)
        zeros += !s.p[i];
    char *z = cJSON_malloc(s.n + zeros + 1), *to = z;
    if (!z)
        BUG("out of memory");
    for (size_t i = 0; i < s.n; i++) {
        *to++ = s.p[i] ? s.p[i] : ZERO_HIGH;
        if (!s.p[i])
            *to++ = ZERO_LOW;
    }
    *to = 0;
    return z;
}

struct str json_name(struct arena *a, const cJSON *node)
{
    struct str name = str_z(node->string);
    if (str_find(name, ZERO_HIGH) < 0)
        return name;
    char *out = arena_alloc(a, name.n), *to = out;
    for (size_t i = 0; i < name.n; i++) {
        bool zero = name.p[i] == ZERO_HIGH && i + 1 < name.n && name.p[i + 1] == ZERO_LOW;
        *to++ = zero ? 0 : name.p[i];
        i += zero;
    }
    return str_n(out, (size_t)(to - out));
}

void json_add_named(cJSON *object, struct str name, cJSON *value)
{
    char *z = name_copy(name);
    cJSON_AddItemToObject(object, z, value);
    cJSON_free(z);
}

/* --- reading */

struct planting {
    struct json_reader r;
    size_t nodes; /* that may still be made */
    bool too_many;
};

/* At the end of the parent's children; cJSON keeps the last one in the first one's `prev`. */
static void append(cJSON *parent, cJSON *child)
{
    cJSON *first = parent->child;
    if (!first) {
        parent->child = child->prev = child;
        return;
    }
    child->prev = first->prev;
    first->prev->next = child;
    first->prev = child;
}

/* Bytes that a tree means as U+0000 cannot come from outside: they are no UTF-8. */
static char *take_name(struct planting *p, struct str name)
{
    if (str_find(name, ZERO_HIGH) >= 0)
        json_fail(&p->r);
    return p->r.zeros ? name_copy(name) : text_copy(name);
}

/* What no double holds would be printed as null: it is refused. */
static cJSON *take_number(struct json_reader *r)
{
    struct str text = json_raw(r);
    char small[64], *z = text.n < sizeof small ? small : arena_alloc(r->arena, text.n + 1);
    int64_t whole;
    if (text.n < 16 && str_to_i64(text, &whole) && (whole || *text.p != '-'))
        return cJSON_CreateNumber((double)whole);
    double d = strtod(str_copy(text, z, text.n + 1), NULL);
    if (isinf(d)) {
        r->at = text.p;
        json_fail(r);
    }
    return cJSON_CreateNumber(d);
}

static cJSON *take_word(struct json_reader *r, enum json_kind kind)
{
    json_raw(r);
    return node_new(kind == JSON_NULL ? cJSON_NULL : kind == JSON_TRUE ? cJSON_True : cJSON_False);
}

static cJSON *take_value(struct planting *p, int depth);

/* A container with its children; what is bad is said by r->bad at the end. */
static cJSON *take_container(struct planting *p, enum json_kind kind, int depth)
{
    cJSON *node = node_new(kind == JSON_OBJECT ? cJSON_Object : cJSON_Array), *child;
    bool first = true;
    struct str name = STR_NONE;
    while (kind == JSON_OBJECT ? json_member(&p->r, &first, &name) : json_element(&p->r, &first)) {
        char *key = kind == JSON_OBJECT ? take_name(p, name) : NULL;
        if (!(child = take_value(p, depth + 1))) {
            cJSON_free(key);
            break;
        }
        child->string = key;
        append(node, child);
    }
    return node;
}

static cJSON *take_value(struct planting *p, int depth)
{
    enum json_kind kind = depth < JSON_DEPTH_MAX ? json_peek(&p->r) : JSON_END;
    if (p->nodes-- == 0) {
        p->too_many = true;
        kind = JSON_END;
    }
    switch (kind) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        return take_container(p, kind, depth);
    case JSON_STRING:
        return json_new_text(json_string(&p->r));
    case JSON_NUMBER:
        return take_number(&p->r);
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL:
        return take_word(&p->r, kind);
    case JSON_END:
        break;
    }
    json_fail(&p->r);
    return NULL;
}

cJSON *json_tree_within(struct str text, const struct json_limits *limits, struct json_report *report)
{
    struct arena a;
    *report = (struct json_report){.end = JSON_FINE};
    if (text.n > limits->bytes) {
        *report = (struct json_report){.end = JSON_TOO_MANY_BYTES, .at = limits->bytes};
        return NULL;
    }
    arena_init(&a);
    struct planting p = {.r = json_reader(text, &a), .nodes = limits->nodes};
    cJSON *tree = take_value(&p, 0);
    if (!json_done(&p.r)) {
        json_fail(&p.r);
        report->end = p.too_many ? JSON_TOO_MANY_NODES : JSON_BROKEN;
        report->at = (size_t)(p.r.bad_at - text.p);
        cJSON_Delete(tree);
        tree = NULL;
    }
    report->zeros = p.r.zeros;
    arena_release(&a);
    return tree;
}

cJSON *json_tree(struct str text)
{
    struct json_report report;
    return json_tree_within(text, &(struct json_limits){.bytes = INT32_MAX, .nodes = SIZE_MAX}, &report);
}

bool json_has_zeros(const cJSON *tree)
{
    struct str text = json_text(tree);
    if (str_find(text, 0) >= 0)
        return true;
    for (const cJSON *at = tree ? tree->child : NULL; at; at = at->next)
        if (json_has_zeros(at) || (at->string && str_search(str_z(at->string), ZERO) >= 0))
            return true;
    return false;
}

cJSON *json_tree_foreign(struct str text)
{
    struct json_report report;
    return json_tree_within(text, &(struct json_limits){.bytes = INT32_MAX, .nodes = JSON_NODES_MAX},
                            &report);
}

/* --- copies and comparison */

cJSON *json_copy(const cJSON *tree)
{
    if (!tree)
        return NULL;
    cJSON *copy = node_new(tree->type & 0xFF);
    copy->valuedouble = tree->valuedouble;
    copy->valueint = tree->valueint;
    if (cJSON_IsString(tree))
        set_text(copy, json_text(tree));
    for (const cJSON *at = tree->child; at; at = at->next) {
        cJSON *child = json_copy(at);
        child->string = at->string ? text_copy(str_z(at->string)) : NULL;
        append(copy, child);
    }
    return copy;
}

static bool equal_elements(const cJSON *a, const cJSON *b)
{
    const cJSON *x = a->child, *y = b->child;
    for (; x && y; x = x->next, y = y->next)
        if (!json_equal(x, y))
            return false;
    return !x && !y;
}

/* Where two members have one name, the first counts. */
static bool equal_members(const cJSON *a, const cJSON *b)
{
    for (const cJSON *x = a->child; x; x = x->next)
        if (cJSON_GetObjectItemCaseSensitive(a, x->string) == x &&
            !json_equal(x, cJSON_GetObjectItemCaseSensitive(b, x->string)))
            return false;
    for (const cJSON *y = b->child; y; y = y->next)
        if (!cJSON_GetObjectItemCaseSensitive(a, y->string))
            return false;
    return true;
}

bool json_equal(const cJSON *a, const cJSON *b)
{
    if (!a || !b || (a->type & 0xFF) != (b->type & 0xFF))
        return false;
    switch (a->type & 0xFF) {
    case cJSON_String:
        return str_eq(json_text(a), json_text(b));
    case cJSON_Number:
        return a->valuedouble == b->valuedouble;
    case cJSON_Array:
        return equal_elements(a, b);
    case cJSON_Object:
        return equal_members(a, b);
    default:
        return true;
    }
}

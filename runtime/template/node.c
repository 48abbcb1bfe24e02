#include "node.h"
#include "base/buf.h"
#include "base/rc.h"
#include <stdio.h>
#include <stdlib.h>

struct node *node_new(struct arena *a, enum node_kind kind, const struct node *from)
{
    struct node *n = arena_zalloc(a, sizeof *n);
    n->kind = kind;
    n->from = from ? node_origin(from) : NULL;
    n->line = from ? from->line : 0;
    return n;
}

struct node *node_text(struct arena *a, struct str text, const struct node *from)
{
    struct node *n = node_new(a, NODE_TEXT, from);
    n->text = arena_str(a, text);
    return n;
}

struct node *node_int(struct arena *a, int64_t v, const struct node *from)
{
    struct node *n = node_new(a, NODE_NUMBER, from);
    n->text = arena_printf(a, "%lld", (long long)v);
    return n;
}

struct node *node_bool(struct arena *a, bool v, const struct node *from)
{
    struct node *n = node_new(a, NODE_BOOL, from);
    n->truth = v;
    return n;
}

struct node *node_add(struct node *parent, struct node *child)
{
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
    child->parent = parent;
    return child;
}

struct node *node_put_str(struct node *map, struct str key, struct node *child)
{
    child->key = key;
    return node_add(map, child);
}

struct node *node_put(struct node *map, const char *key, struct node *child)
{
    return node_put_str(map, str_z(key), child);
}

struct node *node_copy(struct arena *a, const struct node *n)
{
    struct node *copy = node_new(a, n->kind, n);
    copy->late = n->late;
    copy->truth = n->truth;
    copy->text = n->text;
    copy->attr = n->attr;
    const struct node *child;
    node_each (child, n)
        node_put_str(copy, child->key, node_copy(a, child));
    return copy;
}

void node_drop(struct node *map, const char *key)
{
    struct node *before = NULL, *child;
    node_each (child, map) {
        if (str_is(child->key, key))
            break;
        before = child;
    }
    if (!child)
        return;
    *(before ? &before->next : &map->first) = child->next;
    if (map->last == child)
        map->last = before;
    map->count--;
    child->next = NULL;
}

struct node *node_get_str(const struct node *map, struct str key)
{
    if (!map || map->kind != NODE_MAP)
        return NULL;
    struct node *child;
    node_each (child, map)
        if (str_eq(child->key, key))
            return child;
    return NULL;
}

struct node *node_get(const struct node *map, const char *key)
{
    return node_get_str(map, str_z(key));
}

bool node_truth(const struct node *map, const char *key, bool otherwise)
{
    const struct node *n = node_get(map, key);
    return n && n->kind == NODE_BOOL ? n->truth : otherwise;
}

struct str node_scalar(const struct node *n)
{
    if (!n)
        return STR_NONE;
    if (n->kind == NODE_BOOL)
        return n->truth ? STR("true") : STR("false");
    return n->kind == NODE_TEXT || n->kind == NODE_NUMBER ? n->text : STR_NONE;
}

bool node_is(const struct node *n, const char *text)
{
    struct str s = node_scalar(n);
    return s.p && str_is(s, text);
}

bool node_is_function(const struct node *n)
{
    return n->kind == NODE_MAP && n->count == 1 &&
           (str_is(n->first->key, "Ref") || str_starts(n->first->key, STR("Fn::")));
}

bool node_settled(const struct node *n)
{
    if (n->kind == NODE_LATE)
        return false;
    const struct node *child;
    node_each (child, n)
        if (!node_settled(child))
            return false;
    return true;
}

const struct node *node_origin(const struct node *n)
{
    while (n->from)
        n = n->from;
    return n;
}

static void path_add(struct buf *out, const struct node *n)
{
    if (!n->parent)
        return;
    path_add(out, n->parent);
    if (n->parent->kind == NODE_MAP) {
        if (out->n)
            buf_char(out, '.');
        buf_str(out, n->key);
        return;
    }
    size_t at = 0;
    for (const struct node *sibling = n->parent->first; sibling != n; sibling = sibling->next)
        at++;
    buf_printf(out, "[%zu]", at);
}

struct str node_path(struct arena *a, const struct node *n)
{
    struct buf out;
    buf_init(&out, 64 * 1024);
    path_add(&out, node_origin(n));
    struct str path = arena_str(a, buf_view(&out));
    buf_release(&out);
    return path;
}

static cJSON *text_json(struct str s)
{
    char *z = xmalloc(s.n + 1);
    str_copy(s, z, s.n + 1);
    cJSON *json = cJSON_CreateString(z);
    free(z);
    return json;
}

static void add_json(cJSON *parent, const struct node *child, cJSON *value)
{
    if (!cJSON_IsObject(parent)) {
        cJSON_AddItemToArray(parent, value);
        return;
    }
    char *key = xmalloc(child->key.n + 1);
    cJSON_AddItemToObject(parent, str_copy(child->key, key, child->key.n + 1), value);
    free(key);
}

static cJSON *late_show(const struct node *n)
{
    static const char *const names[] = {"@", "@", "@join", "@split", "@select", "@base64", "@json"};
    cJSON *out = cJSON_CreateObject();
    if (n->late == LATE_REF || n->late == LATE_ATT) {
        char name[512];
        snprintf(name, sizeof name, n->attr.n ? "%.*s.%.*s" : "%.*s%.*s", STR_ARG(n->text), STR_ARG(n->attr));
        cJSON_AddStringToObject(out, names[n->late], name);
        return out;
    }
    cJSON *list = cJSON_AddArrayToObject(out, names[n->late]);
    const struct node *child;
    node_each (child, n)
        cJSON_AddItemToArray(list, node_show(child));
    return out;
}

static cJSON *to_json(const struct node *n, cJSON *(*late)(const struct node *))
{
    cJSON *out = NULL;
    switch (n->kind) {
    case NODE_NULL:
        return cJSON_CreateNull();
    case NODE_BOOL:
        return cJSON_CreateBool(n->truth);
    case NODE_NUMBER: {
        char z[64];
        return cJSON_CreateNumber(strtod(str_copy(n->text, z, sizeof z), NULL));
    }
    case NODE_TEXT:
        return text_json(n->text);
    case NODE_LATE:
        return late(n);
    case NODE_LIST:
        out = cJSON_CreateArray();
        break;
    case NODE_MAP:
        out = cJSON_CreateObject();
        break;
    }
    const struct node *child;
    node_each (child, n)
        add_json(out, child, to_json(child, late));
    return out;
}

static cJSON *late_never(const struct node *n)
{
    BUG("line %d: a value is still late", n->line);
}

cJSON *node_json(const struct node *n)
{
    return to_json(n, late_never);
}

cJSON *node_show(const struct node *n)
{
    return to_json(n, late_show);
}

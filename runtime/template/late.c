#include "late.h"
#include "base/buf.h"
#include "base/codec.h"
#include <stdlib.h>

#define LATE_TEXT_MAX (1u << 20)

struct node *late_ref(struct arena *a, struct str logical, struct str attr, const struct node *from)
{
    struct node *n = node_new(a, NODE_LATE, from);
    n->late = attr.p ? LATE_ATT : LATE_REF;
    n->text = arena_str(a, logical);
    n->attr = attr.p ? arena_str(a, attr) : STR_NONE;
    return n;
}

static struct node *join(struct arena *a, const struct node *args, const struct node *from, const char **why)
{
    struct str delimiter = node_scalar(args->first);
    const struct node *list = args->first->next, *part;
    if (!delimiter.p || list->kind != NODE_LIST) {
        *why = "Fn::Join takes a text and a list";
        return NULL;
    }
    struct buf out;
    buf_init(&out, LATE_TEXT_MAX);
    node_each (part, list) {
        if (part != list->first)
            buf_str(&out, delimiter);
        if (!node_scalar(part).p)
            *why = "a part to join is no text";
        buf_str(&out, node_scalar(part));
    }
    struct node *n = node_text(a, buf_view(&out), from);
    buf_release(&out);
    return *why ? NULL : n;
}

static struct node *split(struct arena *a, const struct node *args, const struct node *from, const char **why)
{
    struct str delimiter = node_scalar(args->first), rest = node_scalar(args->first->next);
    if (!delimiter.n || !rest.p) {
        *why = "Fn::Split takes a delimiter and a text";
        return NULL;
    }
    struct node *list = node_new(a, NODE_LIST, from);
    for (ptrdiff_t at; (at = str_search(rest, delimiter)) >= 0;) {
        node_add(list, node_text(a, str_sub(rest, 0, (size_t)at), from));
        rest = str_sub(rest, (size_t)at + delimiter.n, rest.n);
    }
    node_add(list, node_text(a, rest, from));
    return list;
}

static struct node *select_one(struct arena *a, const struct node *args, const struct node *from,
                               const char **why)
{
    int64_t index;
    const struct node *list = args->first->next;
    if (!node_scalar(args->first).p || !str_to_i64(node_scalar(args->first), &index) ||
        list->kind != NODE_LIST) {
        *why = "Fn::Select takes an index and a list";
        return NULL;
    }
    if (index < 0 || index >= (int64_t)list->count) {
        *why = "the index of Fn::Select is out of the list";
        return NULL;
    }
    const struct node *element = list->first;
    while (index-- > 0)
        element = element->next;
    struct node *n = node_copy(a, element);
    n->line = from->line;
    return n;
}

static struct node *base64(struct arena *a, const struct node *args, const struct node *from,
                           const char **why)
{
    struct str text = node_scalar(args->first);
    if (!text.p) {
        *why = "Fn::Base64 takes a text";
        return NULL;
    }
    struct buf out;
    buf_init(&out, LATE_TEXT_MAX);
    codec_base64(&out, text);
    struct node *n = node_text(a, buf_view(&out), from);
    buf_release(&out);
    return n;
}

static struct node *json_string_of(struct arena *a, const struct node *args, const struct node *from,
                                   const char **why)
{
    (void)why;
    cJSON *json = node_json(args->first);
    char *text = json_printed(json);
    struct node *n = node_text(a, str_z(text), from);
    free(text);
    cJSON_Delete(json);
    return n;
}

static const struct {
    struct node *(*apply)(struct arena *, const struct node *args, const struct node *from, const char **why);
    size_t count;
    const char *usage;
} functions[] = {
    [LATE_JOIN] = {join, 2, "Fn::Join takes a delimiter and a list"},
    [LATE_SPLIT] = {split, 2, "Fn::Split takes a delimiter and a text"},
    [LATE_SELECT] = {select_one, 2, "Fn::Select takes an index and a list"},
    [LATE_BASE64] = {base64, 1, "Fn::Base64 takes a text"},
    [LATE_JSON] = {json_string_of, 1, "one value"},
};

/* Select may pick from a list whose elements are late, as long as it is a list. */
static bool ready(enum late_kind kind, const struct node *arguments)
{
    if (kind == LATE_SELECT)
        return node_settled(arguments->first) && arguments->last->kind == NODE_LIST;
    return node_settled(arguments);
}

struct node *late_apply(struct arena *a, enum late_kind kind, struct node *arguments, const struct node *from,
                        const char **why)
{
    *why = NULL;
    if (arguments->count != functions[kind].count) {
        *why = functions[kind].usage;
        return NULL;
    }
    if (ready(kind, arguments))
        return functions[kind].apply(a, arguments, from, why);
    struct node *n = node_new(a, NODE_LATE, from);
    n->late = kind;
    n->first = arguments->first, n->last = arguments->last, n->count = arguments->count;
    struct node *child;
    node_each (child, n)
        child->parent = n;
    return n;
}

static struct node *settle_reference(struct arena *a, const struct node *n, const struct late_values *values,
                                     const char **why)
{
    struct str value = values->value(values->arg, n->text, n->attr);
    if (value.p)
        return node_text(a, value, n);
    *why = arena_printf(a, "%.*s has no %s%.*s", STR_ARG(n->text), n->attr.p ? "attribute " : "Ref value",
                        STR_ARG(n->attr))
               .p;
    return NULL;
}

struct node *late_settle(struct arena *a, const struct node *n, const struct late_values *values,
                         const char **why)
{
    if (n->kind == NODE_LATE && (n->late == LATE_REF || n->late == LATE_ATT))
        return settle_reference(a, n, values, why);
    bool function = n->kind == NODE_LATE;
    struct node *out = node_new(a, function ? NODE_LIST : n->kind, n);
    out->text = n->text, out->truth = n->truth;
    const struct node *child;
    node_each (child, n) {
        struct node *settled = late_settle(a, child, values, why);
        if (!settled)
            return NULL;
        node_put_str(out, child->key, settled);
    }
    return function ? late_apply(a, n->late, out, n, why) : out;
}

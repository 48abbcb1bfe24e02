/* Resources: read from the template, or made by what stands for several. */
#include "build.h"
#include "door/arn.h"

struct resource *resource_get(const struct template *t, struct str id)
{
    return map_get(&t->by_id, id);
}

void resource_alias(struct template *t, struct str alias, struct resource *r)
{
    map_put(&t->by_id, alias, r);
}

static struct resource *add(struct template *t, struct str id, const struct type_row *type,
                            const struct node *at)
{
    struct resource *r = arena_zalloc(&t->arena, sizeof *r);
    r->id = arena_str(&t->arena, id);
    r->type = type;
    r->at = at;
    if (t->last)
        t->last->next = r;
    else
        t->first = r;
    t->last = r;
    t->count++;
    map_put(&t->by_id, r->id, r);
    return r;
}

struct resource *resource_make(struct template *t, struct str id, const char *type, struct node *props,
                               const struct node *at)
{
    if (resource_get(t, id) || map_get(&t->left_out, id)) {
        problem_hard(t->problems, at, "makes a resource %.*s, but the template has one of that name",
                     STR_ARG(id));
        return NULL;
    }
    struct resource *r = add(t, id, type_find(str_z(type)), at);
    r->props = props;
    return r;
}

/* --- reading */

static const struct prop_row attribute_rows[] = {
    TAKES(PROP_TEXT, "Type", .flags = PROP_REQUIRED),
    TAKES(PROP_ANY, "Properties"),
    TAKES(PROP_ANY, "DependsOn"),
    TAKES(PROP_TEXT, "Condition"),
    KEEPS("Metadata"),
    KEEPS("DeletionPolicy"),
    KEEPS("UpdateReplacePolicy"),
    REFUSES("CreationPolicy"),
    REFUSES("UpdatePolicy"),
    REFUSES("Connectors"),
    REFUSES("IgnoreGlobals"),
    PROPS_END,
};

static bool name_is_logical(struct str id)
{
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
            return false;
    }
    return id.n > 0;
}

static void leave_out(struct template *t, const struct node *at, char *why)
{
    map_put(&t->left_out, at->key, why);
}

static void read_properties(struct template *t, struct resource *r)
{
    struct node *none = node_new(&t->arena, NODE_MAP, r->at);
    const struct node *properties = node_get(r->at, "Properties");
    if (properties && properties->kind != NODE_MAP) {
        problem_hard(t->problems, properties, "must be a map");
        properties = NULL;
    }
    properties = globals_merge(t, r->type, properties ? properties : none);
    struct node *resolved = scope_resolve(&t->scope, properties);
    r->props =
        props_check(&t->arena, t->problems, resolved ? resolved : none, r->type->props, r->type->name, false);
}

static void read_resource(struct template *t, const struct node *at)
{
    if (str_starts(at->key, STR("Fn::ForEach::"))) {
        problem_hard(t->problems, at, "Fn::ForEach is not supported by tidepool");
        return;
    }
    if (at->kind != NODE_MAP) {
        problem_hard(t->problems, at, "a resource is a map with a Type");
        return;
    }
    if (!name_is_logical(at->key))
        problem_hard(t->problems, at, "a logical id has letters and digits only");
    struct node *attributes = props_check(&t->arena, t->problems, at, attribute_rows, "a resource", false);
    const struct node *condition = node_get(attributes, "Condition"), *type = node_get(attributes, "Type");
    if (condition && !scope_condition(&t->scope, condition->text, condition)) {
        leave_out(t, at, TEMPLATE_CONDITION_FALSE);
        return;
    }
    const struct type_row *row = type ? type_find(type->text) : NULL;
    if (!row) {
        if (type)
            problem_soft(t->problems, type, "%.*s is not supported by tidepool yet", STR_ARG(type->text));
        leave_out(t, at, TEMPLATE_TYPE_UNKNOWN);
        return;
    }
    if (!t->serverless && str_starts(type->text, STR("AWS::Serverless::")))
        problem_hard(t->problems, type, "needs \"Transform\": \"AWS::Serverless-2016-10-31\" at the top");
    struct resource *r = add(t, at->key, row, at);
    r->depends = node_get(at, "DependsOn");
    read_properties(t, r);
}

static void expand_all(struct template *t)
{
    /* the list grows while we walk: what is made may stand for more */
    for (struct resource *r = t->first; r; r = r->next)
        if (r->type->expand)
            r->type->expand(t, r);
}

static void plan_all(struct template *t)
{
    for (struct resource *r = t->first; r; r = r->next)
        r->in = r->type->plan(t, r);
}

void resources_read(struct template *t)
{
    const struct node *section = node_get(t->root, "Resources"), *at;
    if (!section || section->kind != NODE_MAP || !section->count) {
        problem_hard(t->problems, section ? section : t->root,
                     "Resources must be a map with at least one resource");
        return;
    }
    node_each (at, section)
        read_resource(t, at);
    expand_all(t);
    plan_all(t);
}

/* --- helpers for the types */

struct node *ref_to(struct template *t, const struct resource *r)
{
    return late_ref(&t->arena, r->id, STR_NONE, r->at);
}

struct node *att_of(struct template *t, const struct resource *r, const char *attr)
{
    return late_ref(&t->arena, r->id, str_z(attr), r->at);
}

struct resource *resource_referred(const struct template *t, const struct node *value)
{
    return value && value->kind == NODE_LATE && value->late == LATE_REF ? resource_get(t, value->text) : NULL;
}

/* "Orders" of a reference, of arn:...:sqs:...:Orders and of arn:...:table/Orders/stream/...; or the text
 * itself. */
static struct str short_name(const struct node *source)
{
    struct arn arn;
    if (source->kind == NODE_LATE && source->text.p)
        return source->text;
    if (!arn_parse(node_scalar(source), &arn))
        return node_scalar(source);
    struct str rest = arn.resource, first = str_cut(&rest, '/');
    return str_is(first, "table") ? str_cut(&rest, '/') : arn.resource;
}

void function_trigger(struct template *t, const struct node *function, const char *what,
                      const struct node *source)
{
    struct resource *r =
        function && function->kind == NODE_LATE && function->text.p ? resource_get(t, function->text) : NULL;
    if (!r || strcmp(r->type->name, "AWS::Serverless::Function") != 0 || !source)
        return;
    if (!r->triggers)
        r->triggers = node_new(&t->arena, NODE_LIST, r->at);
    struct str text =
        arena_printf(&t->arena, "%s%s%.*s", what, *what ? " " : "", STR_ARG(short_name(source)));
    node_add(r->triggers, node_text(&t->arena, text, source));
}

struct node *resource_name(struct template *t, const struct resource *r, const char *property)
{
    const struct node *given = node_get(r->props, property);
    if (given)
        return node_copy(&t->arena, given);
    return node_text(&t->arena, arena_printf(&t->arena, TEMPLATE_STACK "-%.*s", STR_ARG(r->id)), r->at);
}

void resource_give(struct template *t, const struct resource *r, const char *property, struct node *in,
                   const char *as)
{
    const struct node *value = node_get(r->props, property);
    if (value)
        node_put(in, as, node_copy(&t->arena, value));
}

struct node *as_json_text(struct template *t, const struct node *n)
{
    if (n->kind == NODE_TEXT)
        return node_copy(&t->arena, n);
    struct node *args = node_new(&t->arena, NODE_LIST, n);
    node_add(args, node_copy(&t->arena, n));
    const char *why;
    return late_apply(&t->arena, LATE_JSON, args, n, &why);
}

struct node *tags_map(struct template *t, const struct node *list)
{
    struct node *map = node_new(&t->arena, NODE_MAP, list);
    const struct node *tag;
    node_each (tag, list) {
        const struct node *key = node_get(tag, "Key"), *value = node_get(tag, "Value");
        if (key && value && key->kind == NODE_TEXT && !node_get_str(map, key->text))
            node_put_str(map, key->text, node_copy(&t->arena, value));
    }
    return map;
}

struct node *tags_list(struct template *t, const struct node *map)
{
    struct node *list = node_new(&t->arena, NODE_LIST, map);
    const struct node *value;
    node_each (value, map) {
        struct node *tag = node_add(list, node_new(&t->arena, NODE_MAP, value));
        node_put(tag, "Key", node_text(&t->arena, value->key, value));
        node_put(tag, "Value", node_copy(&t->arena, value));
    }
    return list;
}

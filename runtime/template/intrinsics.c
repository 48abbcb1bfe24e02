/* The functions of a template: Ref, Fn::GetAtt, Fn::Sub ... over parameters and what is known, and the
 * conditions.  What needs a deployed resource becomes a late node. */
#include "base/buf.h"
#include "late.h"
#include "scope.h"

static struct node *broken(struct scope *s, const struct node *at, const char *text)
{
    problem_hard(s->problems, at, "%s", text);
    return NULL;
}

/* --- references */

static struct node *refer(struct scope *s, const struct node *at, struct str logical, struct str attr)
{
    struct reference *r = arena_zalloc(s->arena, sizeof *r);
    *r = (struct reference){s->references, at, arena_str(s->arena, logical),
                            attr.p ? arena_str(s->arena, attr) : STR_NONE, s->idle > 0};
    s->references = r;
    return late_ref(s->arena, logical, attr, at);
}

/* The value of a parameter or pseudo parameter, as a copy; NULL when the name is neither (maybe a resource).
 * *none: AWS::NoValue, or a pseudo parameter that is not supported (said). */
static struct node *known_value(struct scope *s, const struct node *at, struct str name, bool *none)
{
    *none = str_is(name, "AWS::NoValue");
    const struct node *value = map_get(&s->parameters, name);
    if (!value)
        value = map_get(&s->pseudo, name);
    if (value && value->kind == NODE_NULL) { /* a broken parameter: said where it is declared */
        *none = true;
        return NULL;
    }
    if (value) {
        struct node *copy = node_copy(s->arena, value);
        copy->from = node_origin(at), copy->line = at->line;
        return copy;
    }
    if (!*none && str_starts(name, STR("AWS::"))) {
        problem_hard(s->problems, at, "the pseudo parameter %.*s is not supported by tidepool",
                     STR_ARG(name));
        *none = true;
    }
    return NULL;
}

static struct node *fn_ref(struct scope *s, const struct node *arg)
{
    bool none;
    if (arg->kind != NODE_TEXT)
        return broken(s, arg, "Ref takes a name");
    struct node *value = known_value(s, arg, arg->text, &none);
    return value || none ? value : refer(s, arg, arg->text, STR_NONE);
}

static struct node *fn_getatt(struct scope *s, const struct node *arg)
{
    if (arg->kind == NODE_TEXT) {
        ptrdiff_t dot = str_find(arg->text, '.');
        if (dot > 0)
            return refer(s, arg, str_sub(arg->text, 0, (size_t)dot),
                         str_sub(arg->text, (size_t)dot + 1, arg->text.n));
    }
    if (arg->kind != NODE_LIST || arg->count != 2 || arg->first->kind != NODE_TEXT)
        return broken(s, arg, "Fn::GetAtt takes a resource's name and an attribute");
    struct node *attr = scope_resolve(s, arg->last);
    if (!attr || attr->kind != NODE_TEXT)
        return attr ? broken(s, arg, "the attribute of Fn::GetAtt must be a text") : NULL;
    return refer(s, arg, arg->first->text, attr->text);
}

/* "{{resolve:ssm:name}}" would be replaced on AWS. */
static void refuse_dynamic(struct scope *s, const struct node *n)
{
    if (n->kind == NODE_TEXT && str_search(n->text, STR("{{resolve:")) >= 0)
        problem_soft(s->problems, n, "{{resolve:...}} is not supported by tidepool: use a parameter");
}

/* --- Fn::Sub */

struct sub {
    struct scope *scope;
    const struct node *at;
    struct node *variables; /* resolved; may be NULL */
    struct node *parts;
};

static bool sub_name(struct sub *x, struct str name)
{
    struct node *own = node_get_str(x->variables, name);
    if (own) {
        node_add(x->parts, node_copy(x->scope->arena, own));
        return true;
    }
    bool none;
    struct node *value = known_value(x->scope, x->at, name, &none);
    if (none && str_is(name, "AWS::NoValue"))
        return broken(x->scope, x->at, "AWS::NoValue has no text for Fn::Sub");
    if (none)
        return false;
    ptrdiff_t dot = str_find(name, '.');
    if (!value && dot > 0)
        value = refer(x->scope, x->at, str_sub(name, 0, (size_t)dot), str_sub(name, (size_t)dot + 1, name.n));
    if (!value)
        value = refer(x->scope, x->at, name, STR_NONE);
    if (value->kind == NODE_LIST)
        return broken(x->scope, x->at, "Fn::Sub cannot put a list into a text");
    node_add(x->parts, value);
    return true;
}

/* "text ${Name} text ${!literal}" into its parts. */
static bool sub_parts(struct sub *x, struct str text)
{
    for (ptrdiff_t at; (at = str_search(text, STR("${"))) >= 0;) {
        struct str rest = str_sub(text, (size_t)at + 2, text.n);
        ptrdiff_t end = str_find(rest, '}');
        if (end < 0)
            break;
        struct str name = str_sub(rest, 0, (size_t)end);
        bool literal = str_starts(name, STR("!"));
        if (at > 0)
            node_add(x->parts, node_text(x->scope->arena, str_sub(text, 0, (size_t)at), x->at));
        if (literal)
            node_add(x->parts,
                     node_text(x->scope->arena,
                               arena_printf(x->scope->arena, "${%.*s}", STR_ARG(str_sub(name, 1, name.n))),
                               x->at));
        else if (!name.n || !sub_name(x, str_trim(name)))
            return name.n ? false : (broken(x->scope, x->at, "${} names nothing"), false);
        text = str_sub(rest, (size_t)end + 1, rest.n);
    }
    if (text.n)
        node_add(x->parts, node_text(x->scope->arena, text, x->at));
    return true;
}

static struct node *apply(struct scope *s, enum late_kind kind, struct node *args, const struct node *at)
{
    const char *why;
    struct node *n = args ? late_apply(s->arena, kind, args, at, &why) : NULL;
    return n || !args ? n : broken(s, at, why);
}

static struct node *fn_sub(struct scope *s, const struct node *arg)
{
    const struct node *text = arg->kind == NODE_LIST ? arg->first : arg;
    if (!text || text->kind != NODE_TEXT ||
        (arg->kind == NODE_LIST && (arg->count != 2 || arg->last->kind != NODE_MAP)))
        return broken(s, arg, "Fn::Sub takes a text, or a text and a map of values");
    refuse_dynamic(s, text);
    struct sub x = {s, arg, NULL, node_new(s->arena, NODE_LIST, arg)};
    if (arg->kind == NODE_LIST && !(x.variables = scope_resolve(s, arg->last)))
        return NULL;
    if (!sub_parts(&x, text->text))
        return NULL;
    struct node *args = node_new(s->arena, NODE_LIST, arg);
    node_add(args, node_text(s->arena, STR(""), arg));
    node_add(args, x.parts);
    return apply(s, LATE_JOIN, args, arg);
}

/* --- those that late.c applies */

/* The arguments as a resolved list; one that is not a list stands alone. */
static struct node *arguments(struct scope *s, const struct node *arg)
{
    struct node *resolved = scope_resolve(s, arg);
    if (!resolved || arg->kind == NODE_LIST)
        return resolved;
    struct node *args = node_new(s->arena, NODE_LIST, arg);
    node_add(args, resolved);
    return args;
}

static struct node *fn_join(struct scope *s, const struct node *arg)
{
    return apply(s, LATE_JOIN, arguments(s, arg), arg);
}

static struct node *fn_split(struct scope *s, const struct node *arg)
{
    return apply(s, LATE_SPLIT, arguments(s, arg), arg);
}

static struct node *fn_select(struct scope *s, const struct node *arg)
{
    return apply(s, LATE_SELECT, arguments(s, arg), arg);
}

static struct node *fn_base64(struct scope *s, const struct node *arg)
{
    return apply(s, LATE_BASE64, arguments(s, arg), arg);
}

/* --- Fn::FindInMap, Fn::If */

static struct node *fn_find_in_map(struct scope *s, const struct node *arg)
{
    struct node *args = arg->kind == NODE_LIST ? scope_resolve(s, arg) : NULL, *one;
    if (!args || args->count != 3)
        return broken(s, arg, "Fn::FindInMap takes a mapping and two keys");
    const struct node *at = s->mappings;
    node_each (one, args) {
        if (!node_scalar(one).p)
            return broken(s, arg, "the names of Fn::FindInMap must be known before deployment");
        at = node_get_str(at, node_scalar(one));
        if (at)
            continue;
        problem_hard(s->problems, arg, "Mappings have no \"%.*s\" there", STR_ARG(node_scalar(one)));
        return NULL;
    }
    struct node *copy = node_copy(s->arena, at);
    copy->from = node_origin(arg), copy->line = arg->line;
    return copy;
}

static struct node *fn_if(struct scope *s, const struct node *arg)
{
    if (arg->kind != NODE_LIST || arg->count != 3 || arg->first->kind != NODE_TEXT)
        return broken(s, arg, "Fn::If takes a condition's name and two values");
    bool yes = scope_condition(s, arg->first->text, arg->first);
    s->idle++;
    scope_resolve(s, yes ? arg->last : arg->first->next);
    s->idle--;
    return scope_resolve(s, yes ? arg->first->next : arg->last);
}

static struct node *fn_only_condition(struct scope *s, const struct node *arg)
{
    return broken(s, arg, "this function belongs to Conditions");
}

static const struct {
    const char *name;
    struct node *(*apply)(struct scope *s, const struct node *arg);
} functions[] = {
    {"Ref", fn_ref},
    {"Fn::GetAtt", fn_getatt},
    {"Fn::Sub", fn_sub},
    {"Fn::Join", fn_join},
    {"Fn::Split", fn_split},
    {"Fn::Select", fn_select},
    {"Fn::Base64", fn_base64},
    {"Fn::FindInMap", fn_find_in_map},
    {"Fn::If", fn_if},
    {"Fn::And", fn_only_condition},
    {"Fn::Or", fn_only_condition},
    {"Fn::Not", fn_only_condition},
    {"Fn::Equals", fn_only_condition},
};

static struct node *call_function(struct scope *s, const struct node *n)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (!str_is(n->first->key, functions[i].name))
            continue;
        struct node *value = functions[i].apply(s, n->first);
        if (value)
            value->line = n->line, value->from = node_origin(n);
        return value;
    }
    problem_hard(s->problems, n->first, "the function %.*s is not supported by tidepool",
                 STR_ARG(n->first->key));
    return NULL;
}

struct node *scope_resolve(struct scope *s, const struct node *n)
{
    if (node_is_function(n))
        return call_function(s, n);
    refuse_dynamic(s, n);
    if (n->kind != NODE_LIST && n->kind != NODE_MAP)
        return node_copy(s->arena, n);
    struct node *out = node_new(s->arena, n->kind, n);
    const struct node *child;
    node_each (child, n) {
        struct node *value = scope_resolve(s, child);
        if (value)
            node_put_str(out, child->key, value);
    }
    return out;
}

/* --- conditions */

static bool expression(struct scope *s, const struct node *n);

static bool expr_equals(struct scope *s, const struct node *arg)
{
    struct node *args = arg->kind == NODE_LIST ? scope_resolve(s, arg) : NULL;
    if (!args || args->count != 2)
        return broken(s, arg, "Fn::Equals takes two values");
    if (!node_settled(args))
        return broken(s, arg, "conditions cannot look at resources");
    if (node_scalar(args->first).p && node_scalar(args->last).p)
        return str_eq(node_scalar(args->first), node_scalar(args->last));
    cJSON *a = node_json(args->first), *b = node_json(args->last);
    bool same = json_equal(a, b);
    cJSON_Delete(a);
    cJSON_Delete(b);
    return same;
}

/* All or any of a list of expressions; each is asked, so that each is checked. */
static bool expr_several(struct scope *s, const struct node *arg, size_t least, size_t most, bool any)
{
    if (arg->kind != NODE_LIST || arg->count < least || arg->count > most)
        return broken(s, arg,
                      most == 1 ? "takes a list of one condition" : "takes a list of 2 to 10 conditions");
    size_t yes = 0;
    const struct node *one;
    node_each (one, arg)
        yes += expression(s, one);
    return any ? yes > 0 : yes == arg->count;
}

static bool expr_named(struct scope *s, const struct node *arg)
{
    return arg->kind == NODE_TEXT ? scope_condition(s, arg->text, arg)
                                  : (broken(s, arg, "Condition takes a name"), false);
}

static bool expression(struct scope *s, const struct node *n)
{
    const struct node *arg = n->kind == NODE_MAP && n->count == 1 ? n->first : NULL;
    if (arg && str_is(arg->key, "Fn::Equals"))
        return expr_equals(s, arg);
    if (arg && str_is(arg->key, "Fn::And"))
        return expr_several(s, arg, 2, 10, false);
    if (arg && str_is(arg->key, "Fn::Or"))
        return expr_several(s, arg, 2, 10, true);
    if (arg && str_is(arg->key, "Fn::Not"))
        return !expr_several(s, arg, 1, 1, true);
    if (arg && str_is(arg->key, "Condition"))
        return expr_named(s, arg);
    return broken(s, n, "a condition is one of Fn::Equals, Fn::And, Fn::Or, Fn::Not, Condition");
}

bool scope_condition(struct scope *s, struct str name, const struct node *at)
{
    struct condition *c = map_get(&s->conditions, name);
    if (!c || c->truth == TRUTH_ASKING) {
        problem_hard(s->problems, at, c ? "the condition %.*s asks for itself" : "there is no condition %.*s",
                     STR_ARG(name));
        return false;
    }
    if (c->truth == TRUTH_UNKNOWN) {
        c->truth = TRUTH_ASKING;
        c->truth = expression(s, c->expression) ? TRUTH_YES : TRUTH_NO;
    }
    return c->truth == TRUTH_YES;
}

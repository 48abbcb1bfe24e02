/* Auth.UsagePlan of a REST API: the plan, the key, and the key in the plan that SAM makes for it. */
#include "type_api.h"

static const char *const plan_modes[] = {"PER_API", "SHARED", "NONE", NULL};
const struct prop_row auth_usage_plan_rows[] = {
    TAKES(PROP_TEXT, "CreateUsagePlan", .flags = PROP_REQUIRED, .one_of = plan_modes),
    TAKES(PROP_TEXT, "UsagePlanName"),
    TAKES(PROP_OBJECT, "Throttle", .of = throttle_rows),
    TAKES(PROP_OBJECT, "Quota", .of = quota_rows),
    KEEPS("Description"),
    KEEPS("Tags"),
    PROPS_END,
};

static struct resource *make(struct template *t, struct resource *r, const char *prefix, const char *suffix,
                             const struct type_row *type, struct node *props)
{
    struct str id = prefix ? arena_printf(&t->arena, "%s%s", prefix, suffix)
                           : arena_printf(&t->arena, "%.*s%s", STR_ARG(r->id), suffix);
    return resource_make(t, id, type->name, props, r->at);
}

static void add_stage(struct template *t, struct resource *plan, struct resource *r)
{
    struct node *stage = node_new(&t->arena, NODE_MAP, r->at);
    node_put(stage, "ApiId", ref_to(t, r));
    node_put(stage, "Stage", api_stage(t, r));
    node_add(node_get(plan->props, "ApiStages"), stage);
}

/* A plan, a key, and the key in the plan, under SAM's names. */
static void make_usage_plan(struct template *t, struct resource *r, const struct node *wish,
                            const char *prefix)
{
    static const char *const members[] = {"UsagePlanName", "Throttle", "Quota", NULL};
    struct node *props = node_new(&t->arena, NODE_MAP, wish);
    node_put(props, "ApiStages", node_new(&t->arena, NODE_LIST, wish));
    for (const char *const *name = members; *name; name++)
        if (node_get(wish, *name))
            node_put(props, *name, node_copy(&t->arena, node_get(wish, *name)));
    struct resource *plan = make(t, r, prefix, "UsagePlan", &type_usage_plan, props);
    props = node_new(&t->arena, NODE_MAP, wish);
    node_put(props, "Enabled", node_bool(&t->arena, true, wish));
    struct resource *key = make(t, r, prefix, "ApiKey", &type_api_key, props);
    if (!plan || !key)
        return;
    add_stage(t, plan, r);
    props = node_new(&t->arena, NODE_MAP, wish);
    node_put(props, "UsagePlanId", ref_to(t, plan));
    node_put(props, "KeyId", ref_to(t, key));
    node_put(props, "KeyType", node_text(&t->arena, STR("API_KEY"), wish));
    make(t, r, prefix, "UsagePlanKey", &type_usage_plan_key, props);
}

void api_expand_usage_plan(struct template *t, struct resource *r)
{
    const struct node *wish = node_get(node_get(r->props, "Auth"), "UsagePlan");
    const struct node *mode = node_get(wish, "CreateUsagePlan");
    struct resource *shared = resource_get(t, STR("ServerlessUsagePlan"));
    if (!mode || node_is(mode, "NONE"))
        return;
    if (node_is(mode, "PER_API"))
        make_usage_plan(t, r, wish, NULL);
    else if (node_is(mode, "SHARED") && shared && shared->type == &type_usage_plan)
        add_stage(t, shared, r);
    else if (node_is(mode, "SHARED"))
        make_usage_plan(t, r, wish, "Serverless");
}

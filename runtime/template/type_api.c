#include "type_api.h"

const struct removal api_removal = {"DeleteApi", {{"ApiId", "ApiId"}}, NULL, NULL};

struct node *api_throttle(struct template *t, const struct node *rate, const struct node *burst)
{
    struct node *out = node_new(&t->arena, NODE_MAP, rate ? rate : burst);
    if (rate)
        node_put(out, "RateLimit", node_copy(&t->arena, rate));
    if (burst)
        node_put(out, "BurstLimit", node_copy(&t->arena, burst));
    return out;
}

struct node *api_stage(struct template *t, const struct resource *r)
{
    const struct node *given = node_get(r->props, "StageName");
    return given ? node_copy(&t->arena, given) : node_text(&t->arena, STR("$default"), r->at);
}

struct node *api_input(struct template *t, struct resource *r, const char *kind)
{
    struct arena *a = &t->arena;
    const struct node *name = node_get(r->props, "Name");
    struct node *in = node_new(a, NODE_MAP, r->at);
    node_put(in, "LogicalId", node_text(a, r->id, r->at));
    node_put(in, "Name", name ? node_copy(a, name) : node_text(a, STR(TEMPLATE_STACK), r->at));
    node_put(in, "Kind", node_text(a, str_z(kind), r->at));
    node_put(in, "Stage", api_stage(t, r));
    node_put(in, "Port", node_int(a, r->port, r->at));
    return in;
}

/* As SAM names it: "ShopProdStage", and "Shop.Stage" for those who do not know its name. */
static void make_stage(struct template *t, struct resource *r, struct node *stage)
{
    struct arena *a = &t->arena;
    struct node *props = node_new(a, NODE_MAP, r->at);
    node_put(props, "StageName", stage);
    struct str id = node_is(stage, "$default")
                        ? arena_printf(a, "%.*sApiGatewayDefaultStage", STR_ARG(r->id))
                        : arena_printf(a, "%.*s%.*sStage", STR_ARG(r->id), STR_ARG(stage->text));
    struct resource *made = resource_make(t, id, TYPE_STAGE, props, r->at);
    if (made)
        resource_alias(t, arena_printf(a, "%.*s.Stage", STR_ARG(r->id)), made);
}

void api_expand(struct template *t, struct resource *r)
{
    struct node *stage = api_stage(t, r);
    r->port = t->ports++;
    if (!r->routes) /* an event may have been here before */
        r->routes = node_new(&t->arena, NODE_LIST, r->at);
    if (stage->kind == NODE_TEXT)
        make_stage(t, r, stage);
}

/* --- a stage, which others may refer to */

static const struct prop_row no_rows[] = {PROPS_END};

static struct node *stage_plan(struct template *t, struct resource *r)
{
    return node_copy(&t->arena, r->props);
}

const struct type_row type_stage = {
    .name = TYPE_STAGE,
    .props = no_rows,
    .ref = "StageName",
    .plan = stage_plan,
};

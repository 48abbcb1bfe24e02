/* AWS::Serverless::Api and AWS::Serverless::HttpApi -> apigateway:PutApi, with the routes that events add. */
#include "types.h"

#define OPENAPI "OpenAPI definitions are not supported by tidepool yet: name routes in the functions' Events"

/* --- REST */

const struct prop_row throttle_rows[] = {
    TAKES(PROP_REAL, "RateLimit", .max = 1000000000),
    TAKES(PROP_INT, "BurstLimit", .max = 1000000000),
    PROPS_END,
};

static const char *const periods[] = {"DAY", "WEEK", "MONTH", NULL};
const struct prop_row quota_rows[] = {
    TAKES(PROP_INT, "Limit", .max = 2147483647),
    TAKES(PROP_TEXT, "Period", .one_of = periods),
    TAKES(PROP_INT, "Offset", .max = 28),
    PROPS_END,
};

static const char *const plan_modes[] = {"PER_API", "SHARED", "NONE", NULL};
static const struct prop_row usage_plan_rows[] = {
    TAKES(PROP_TEXT, "CreateUsagePlan", .flags = PROP_REQUIRED, .one_of = plan_modes),
    TAKES(PROP_TEXT, "UsagePlanName"),
    TAKES(PROP_OBJECT, "Throttle", .of = throttle_rows),
    TAKES(PROP_OBJECT, "Quota", .of = quota_rows),
    KEEPS("Description"),
    KEEPS("Tags"),
    PROPS_END,
};

static const struct prop_row auth_rows[] = {
    TAKES(PROP_BOOL, "ApiKeyRequired"),
    TAKES(PROP_BOOL, "AddApiKeyRequiredToCorsPreflight"),
    TAKES(PROP_OBJECT, "UsagePlan", .of = usage_plan_rows),
    KEEPS("AddDefaultAuthorizerToCorsPreflight"),
    REFUSES("Authorizers"),
    REFUSES("DefaultAuthorizer"),
    REFUSES("InvokeRole"),
    REFUSES("ResourcePolicy"),
    PROPS_END,
};

static const struct prop_row cors_rows[] = {
    TAKES(PROP_TEXT, "AllowOrigin", .flags = PROP_REQUIRED),
    TAKES(PROP_TEXT, "AllowHeaders"),
    TAKES(PROP_TEXT, "AllowMethods"),
    TAKES(PROP_TEXT, "MaxAge"),
    TAKES(PROP_BOOL, "AllowCredentials"),
    PROPS_END,
};

static const struct prop_row method_setting_rows[] = {
    TAKES(PROP_TEXT, "ResourcePath", .flags = PROP_REQUIRED),
    TAKES(PROP_TEXT, "HttpMethod", .flags = PROP_REQUIRED),
    TAKES(PROP_REAL, "ThrottlingRateLimit", .max = 1000000000),
    TAKES(PROP_INT, "ThrottlingBurstLimit", .max = 1000000000),
    KEEPS("DataTraceEnabled"),
    KEEPS("LoggingLevel"),
    KEEPS("MetricsEnabled"),
    REFUSES("CacheDataEncrypted"),
    REFUSES("CacheTtlInSeconds"),
    REFUSES("CachingEnabled"),
    PROPS_END,
};
static const struct prop_row method_setting = ELEMENT(PROP_OBJECT, .of = method_setting_rows);

static const struct prop_row rest_rows[] = {
    TAKES(PROP_TEXT, "StageName", .flags = PROP_REQUIRED, .min = 1, .max = 128),
    TAKES(PROP_TEXT, "Name", .flags = PROP_GLOBAL),
    TAKES(PROP_OBJECT, "Auth", .flags = PROP_GLOBAL, .of = auth_rows),
    TAKES(PROP_LIST, "BinaryMediaTypes", .flags = PROP_GLOBAL, .of = &text_element),
    TAKES(PROP_ANY, "Cors", .flags = PROP_GLOBAL),
    TAKES(PROP_LIST, "MethodSettings", .flags = PROP_GLOBAL, .of = &method_setting),
    TAKES(PROP_MAP, "Variables", .flags = PROP_GLOBAL, .of = &text_element),
    KEEPS("AccessLogSetting", .flags = PROP_GLOBAL),
    KEEPS("AlwaysDeploy", .flags = PROP_GLOBAL),
    KEEPS("Description"),
    KEEPS("EndpointConfiguration", .flags = PROP_GLOBAL),
    KEEPS("FailOnWarnings"),
    KEEPS("OpenApiVersion", .flags = PROP_GLOBAL),
    KEEPS("PropagateTags", .flags = PROP_GLOBAL),
    KEEPS("Tags"),
    KEEPS("TracingEnabled", .flags = PROP_GLOBAL),
    REFUSES("ApiKeySourceType"),
    REFUSES("CacheClusterEnabled", .flags = PROP_GLOBAL),
    REFUSES("CacheClusterSize", .flags = PROP_GLOBAL),
    REFUSES("CanarySetting", .flags = PROP_GLOBAL),
    REFUSES("DefinitionBody", .why = OPENAPI),
    REFUSES("DefinitionUri", .flags = PROP_GLOBAL, .why = OPENAPI),
    REFUSES("DisableExecuteApiEndpoint"),
    REFUSES("Domain", .flags = PROP_GLOBAL),
    REFUSES("EndpointAccessMode", .flags = PROP_GLOBAL),
    REFUSES("GatewayResponses", .flags = PROP_GLOBAL),
    REFUSES("MergeDefinitions", .flags = PROP_GLOBAL, .why = OPENAPI),
    REFUSES("MinimumCompressionSize", .flags = PROP_GLOBAL),
    REFUSES("Mode"),
    REFUSES("Models"),
    REFUSES("Policy"),
    REFUSES("SecurityPolicy", .flags = PROP_GLOBAL),
    PROPS_END,
};

/* "'*'" stands for {"AllowOrigin": "'*'"}. */
static struct node *rest_cors(struct template *t, const struct resource *r)
{
    const struct node *cors = node_get(r->props, "Cors"), *auth = node_get(r->props, "Auth");
    struct node *out;
    if (cors->kind == NODE_MAP) {
        out = props_check(&t->arena, t->problems, cors, cors_rows, "Cors", false);
    } else {
        out = node_new(&t->arena, NODE_MAP, cors);
        if (cors->kind == NODE_TEXT)
            node_put(out, "AllowOrigin", node_copy(&t->arena, cors));
        else
            problem_hard(t->problems, cors, "must be a text like \"'*'\" or a map");
    }
    /* as SAM: the preflight needs the key too, unless it is told not to */
    if (node_truth(auth, "ApiKeyRequired", false) &&
        node_truth(auth, "AddApiKeyRequiredToCorsPreflight", true))
        node_put(out, "ApiKeyRequired", node_bool(&t->arena, true, cors));
    return out;
}

static struct node *throttle(struct template *t, const struct node *rate, const struct node *burst)
{
    struct node *out = node_new(&t->arena, NODE_MAP, rate ? rate : burst);
    if (rate)
        node_put(out, "RateLimit", node_copy(&t->arena, rate));
    if (burst)
        node_put(out, "BurstLimit", node_copy(&t->arena, burst));
    return out;
}

/* MethodSettings for all methods of all paths are the stage's limits; others are refused. */
static void give_method_settings(struct template *t, const struct resource *r, struct node *in)
{
    const struct node *list = node_get(r->props, "MethodSettings"), *one;
    if (!list || list->kind != NODE_LIST)
        return;
    node_each (one, list) {
        const struct node *rate = node_get(one, "ThrottlingRateLimit"),
                          *burst = node_get(one, "ThrottlingBurstLimit"),
                          *path = node_get(one, "ResourcePath"), *method = node_get(one, "HttpMethod");
        if (!rate && !burst)
            continue;
        if (!node_is(path, "/*") || !node_is(method, "*"))
            problem_soft(t->problems, one,
                         "limits of single methods are not supported by tidepool yet: ResourcePath /* and "
                         "HttpMethod * are");
        else if (!node_get(in, "Throttle"))
            node_put(in, "Throttle", throttle(t, rate, burst));
    }
}

static void rest_expand(struct template *t, struct resource *r);

/* REST stages must be named, HTTP APIs have a default. */
static struct node *stage_name(struct template *t, const struct resource *r)
{
    const struct node *given = node_get(r->props, "StageName");
    return given ? node_copy(&t->arena, given) : node_text(&t->arena, STR("$default"), r->at);
}

static struct node *api_input(struct template *t, struct resource *r, const char *kind, struct node *stage)
{
    const struct node *name = node_get(r->props, "Name");
    struct node *in = node_new(&t->arena, NODE_MAP, r->at);
    node_put(in, "LogicalId", node_text(&t->arena, r->id, r->at));
    node_put(in, "Name",
             name ? node_copy(&t->arena, name) : node_text(&t->arena, STR(TEMPLATE_STACK), r->at));
    node_put(in, "Kind", node_text(&t->arena, str_z(kind), r->at));
    node_put(in, "Stage", stage);
    node_put(in, "Port", node_int(&t->arena, r->port, r->at));
    return in;
}

/* The stage as a resource, since SAM lets others refer to it: "Shop.Stage" and "ShopProdStage". */
static void make_stage(struct template *t, struct resource *r, const struct node *stage, const char *suffix)
{
    struct node *props = node_new(&t->arena, NODE_MAP, r->at);
    node_put(props, "StageName", node_copy(&t->arena, stage));
    struct str id = arena_printf(&t->arena, "%.*s%s", STR_ARG(r->id), suffix);
    struct resource *made = resource_make(t, id, TYPE_STAGE, props, r->at);
    if (made)
        resource_alias(t, arena_printf(&t->arena, "%.*s.Stage", STR_ARG(r->id)), made);
}

static struct node *rest_plan(struct template *t, struct resource *r)
{
    struct node *in = api_input(t, r, "REST", stage_name(t, r));
    resource_give(t, r, "Variables", in, "StageVariables");
    resource_give(t, r, "BinaryMediaTypes", in, "BinaryMediaTypes");
    give_method_settings(t, r, in);
    if (node_get(r->props, "Cors"))
        node_put(in, "Cors", rest_cors(t, r));
    node_put(in, "Routes", r->routes);
    return in;
}

static const struct attr_row rest_attrs[] = {{"RestApiId", "ApiId"}, {NULL, NULL}};
static const struct removal delete_api = {"DeleteApi", {{"ApiId", "ApiId"}}, NULL, NULL};

const struct type_row type_rest_api = {
    .name = "AWS::Serverless::Api",
    .globals = "Api",
    .props = rest_rows,
    .service = "apigateway",
    .operation = "PutApi",
    .ref = "ApiId",
    .attrs = rest_attrs,
    .removal = &delete_api,
    .name_member = "Name",
    .expand = rest_expand,
    .plan = rest_plan,
};

/* --- the usage plan that Auth.UsagePlan stands for */

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
    node_put(stage, "Stage", stage_name(t, r));
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

static void expand_usage_plan(struct template *t, struct resource *r)
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

static void rest_expand(struct template *t, struct resource *r)
{
    struct node *stage = stage_name(t, r);
    char suffix[160];
    r->port = t->ports++;
    if (!r->routes)
        r->routes = node_new(&t->arena, NODE_LIST, r->at);
    expand_usage_plan(t, r);
    if (stage->kind != NODE_TEXT)
        return;
    snprintf(suffix, sizeof suffix, "%.*sStage", STR_ARG(stage->text));
    make_stage(t, r, stage, suffix);
}

/* --- HTTP */

static const struct prop_row http_cors_rows[] = {
    TAKES(PROP_LIST, "AllowOrigins", .of = &text_element),
    TAKES(PROP_LIST, "AllowHeaders", .of = &text_element),
    TAKES(PROP_LIST, "AllowMethods", .of = &text_element),
    TAKES(PROP_LIST, "ExposeHeaders", .of = &text_element),
    TAKES(PROP_INT, "MaxAge", .min = -1, .max = 86400),
    TAKES(PROP_BOOL, "AllowCredentials"),
    PROPS_END,
};

static const struct prop_row route_settings_rows[] = {
    TAKES(PROP_REAL, "ThrottlingRateLimit", .max = 1000000000),
    TAKES(PROP_INT, "ThrottlingBurstLimit", .max = 1000000000),
    KEEPS("DataTraceEnabled"),
    KEEPS("DetailedMetricsEnabled"),
    KEEPS("LoggingLevel"),
    PROPS_END,
};

static const struct prop_row http_rows[] = {
    TAKES(PROP_TEXT, "StageName", .min = 1, .max = 128),
    TAKES(PROP_TEXT, "Name"),
    TAKES(PROP_ANY, "CorsConfiguration", .flags = PROP_GLOBAL),
    TAKES(PROP_OBJECT, "DefaultRouteSettings", .flags = PROP_GLOBAL, .of = route_settings_rows),
    TAKES(PROP_MAP, "StageVariables", .flags = PROP_GLOBAL, .of = &text_element),
    KEEPS("AccessLogSettings", .flags = PROP_GLOBAL),
    KEEPS("Description"),
    KEEPS("FailOnWarnings", .flags = PROP_GLOBAL),
    KEEPS("PropagateTags", .flags = PROP_GLOBAL),
    KEEPS("Tags", .flags = PROP_GLOBAL),
    REFUSES("Auth", .flags = PROP_GLOBAL, .why = "authorizers are not supported by tidepool yet"),
    REFUSES("DefinitionBody", .why = OPENAPI),
    REFUSES("DefinitionUri", .why = OPENAPI),
    REFUSES("DisableExecuteApiEndpoint"),
    REFUSES("Domain", .flags = PROP_GLOBAL),
    REFUSES("RouteSettings", .flags = PROP_GLOBAL),
    PROPS_END,
};

/* true stands for every origin; false for no CORS. */
static struct node *http_cors(struct template *t, const struct node *cors)
{
    if (cors->kind == NODE_MAP)
        return props_check(&t->arena, t->problems, cors, http_cors_rows, "CorsConfiguration", false);
    if (node_is(cors, "false"))
        return NULL;
    struct node *out = node_new(&t->arena, NODE_MAP, cors);
    if (!node_is(cors, "true"))
        problem_hard(t->problems, cors, "must be true or a map");
    struct node *origins = node_put(out, "AllowOrigins", node_new(&t->arena, NODE_LIST, cors));
    node_add(origins, node_text(&t->arena, STR("*"), cors));
    return out;
}

static void http_expand(struct template *t, struct resource *r)
{
    struct node *stage = stage_name(t, r);
    char suffix[160];
    r->port = t->ports++;
    if (!r->routes)
        r->routes = node_new(&t->arena, NODE_LIST, r->at);
    if (stage->kind != NODE_TEXT)
        return;
    snprintf(suffix, sizeof suffix, "%.*sStage", STR_ARG(stage->text));
    make_stage(t, r, stage, node_is(stage, "$default") ? "ApiGatewayDefaultStage" : suffix);
}

static struct node *http_plan(struct template *t, struct resource *r)
{
    const struct node *cors = node_get(r->props, "CorsConfiguration"),
                      *settings = node_get(r->props, "DefaultRouteSettings"),
                      *rate = node_get(settings, "ThrottlingRateLimit"),
                      *burst = node_get(settings, "ThrottlingBurstLimit");
    struct node *in = api_input(t, r, "HTTP", stage_name(t, r));
    resource_give(t, r, "StageVariables", in, "StageVariables");
    if (rate || burst)
        node_put(in, "Throttle", throttle(t, rate, burst));
    struct node *checked = cors ? http_cors(t, cors) : NULL;
    if (checked)
        node_put(in, "Cors", checked);
    node_put(in, "Routes", r->routes);
    return in;
}

static const struct attr_row http_attrs[] = {{"ApiEndpoint", "Endpoint"}, {"ApiId", "ApiId"}, {NULL, NULL}};

const struct type_row type_http_api = {
    .name = "AWS::Serverless::HttpApi",
    .globals = "HttpApi",
    .props = http_rows,
    .service = "apigateway",
    .operation = "PutApi",
    .ref = "ApiId",
    .attrs = http_attrs,
    .removal = &delete_api,
    .name_member = "Name",
    .expand = http_expand,
    .plan = http_plan,
};

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

/* AWS::Serverless::Api -> apigateway:PutApi with the routes that events add. */
#include "type_api.h"

static const struct prop_row auth_rows[] = {
    TAKES(PROP_BOOL, "ApiKeyRequired"),
    TAKES(PROP_BOOL, "AddApiKeyRequiredToCorsPreflight"),
    TAKES(PROP_OBJECT, "UsagePlan", .of = auth_usage_plan_rows),
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
static struct node *cors_of(struct template *t, const struct resource *r)
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
    const struct node *origin = node_get(out, "AllowOrigin");
    if (node_truth(out, "AllowCredentials", false) && (!origin || node_is(origin, "'*'"))) /* as SAM */
        problem_hard(t->problems, cors, "AllowCredentials needs an AllowOrigin that is not '*'");
    /* as SAM: the preflight needs the key too, unless it is told not to */
    if (node_truth(auth, "ApiKeyRequired", false) &&
        node_truth(auth, "AddApiKeyRequiredToCorsPreflight", true))
        node_put(out, "ApiKeyRequired", node_bool(&t->arena, true, cors));
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
            node_put(in, "Throttle", api_throttle(t, rate, burst));
    }
}

/* A slash is written ~1 here, but people write the slash too. */
static void give_binary_types(struct template *t, const struct resource *r, struct node *in)
{
    struct node *type;
    resource_give(t, r, "BinaryMediaTypes", in, "BinaryMediaTypes");
    const struct node *list = node_get(in, "BinaryMediaTypes");
    for (type = list ? list->first : NULL; type; type = type->next) {
        struct str after = node_scalar(type), before = after.p ? str_cut(&after, '~') : after;
        if (after.p && str_starts(after, STR("1")))
            type->text =
                arena_printf(&t->arena, "%.*s/%.*s", STR_ARG(before), STR_ARG(str_sub(after, 1, after.n)));
    }
}

static void expand(struct template *t, struct resource *r)
{
    api_expand(t, r);
    api_expand_usage_plan(t, r);
}

static struct node *plan(struct template *t, struct resource *r)
{
    struct node *in = api_input(t, r, "REST");
    resource_give(t, r, "Variables", in, "StageVariables");
    give_binary_types(t, r, in);
    give_method_settings(t, r, in);
    if (node_get(r->props, "Cors"))
        node_put(in, "Cors", cors_of(t, r));
    node_put(in, "Routes", r->routes);
    return in;
}

static const struct attr_row attrs[] = {{.name = "RestApiId", .member = "ApiId"}, {0}};
const struct type_row type_rest_api = {
    .name = "AWS::Serverless::Api",
    .globals = "Api",
    .props = rest_rows,
    .service = "apigateway",
    .operation = "PutApi",
    .ref = "ApiId",
    .attrs = attrs,
    .removal = &api_removal,
    .name_member = "Name",
    .expand = expand,
    .plan = plan,
};

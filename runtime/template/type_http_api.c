/* AWS::Serverless::HttpApi -> apigateway:PutApi with the routes that events add. */
#include "type_api.h"

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
static struct node *cors_of(struct template *t, const struct node *cors)
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

static struct node *plan(struct template *t, struct resource *r)
{
    const struct node *cors = node_get(r->props, "CorsConfiguration"),
                      *settings = node_get(r->props, "DefaultRouteSettings"),
                      *rate = node_get(settings, "ThrottlingRateLimit"),
                      *burst = node_get(settings, "ThrottlingBurstLimit");
    struct node *in = api_input(t, r, "HTTP");
    resource_give(t, r, "StageVariables", in, "StageVariables");
    if (rate || burst)
        node_put(in, "Throttle", api_throttle(t, rate, burst));
    struct node *checked = cors ? cors_of(t, cors) : NULL;
    if (checked)
        node_put(in, "Cors", checked);
    node_put(in, "Routes", r->routes);
    return in;
}

static const struct attr_row attrs[] = {
    {.name = "ApiEndpoint", .member = "Endpoint"}, {.name = "ApiId", .member = "ApiId"}, {0}};

const struct type_row type_http_api = {
    .name = "AWS::Serverless::HttpApi",
    .globals = "HttpApi",
    .props = http_rows,
    .service = "apigateway",
    .operation = "PutApi",
    .ref = "ApiId",
    .attrs = attrs,
    .removal = &api_removal,
    .name_member = "Name",
    .expand = api_expand,
    .plan = plan,
};

/* A function's Events: each stands for a route, a mapping, a subscription or a rule. */
#include "route_path.h"
#include "types.h"

struct event {
    struct template *t;
    struct resource *function;
    const struct node *at; /* Events.Name */
    struct node *props;    /* checked */
};

/* --- helpers */

static struct resource *make(struct event *e, const struct type_row *type, struct node *props)
{
    struct str id = arena_printf(&e->t->arena, "%.*s%.*s", STR_ARG(e->function->id), STR_ARG(e->at->key));
    return resource_make(e->t, id, type->name, props, e->at);
}

static struct node *function_arn(struct event *e)
{
    return att_of(e->t, e->function, "Arn");
}

/* --- Api and HttpApi: a route */

static const char *const payload_formats[] = {"1.0", "2.0", NULL};

static const struct prop_row api_auth_rows[] = {
    TAKES(PROP_BOOL, "ApiKeyRequired"),
    REFUSES("AuthorizationScopes"),
    REFUSES("Authorizer"),
    REFUSES("InvokeRole"),
    REFUSES("OverrideApiAuth"),
    REFUSES("ResourcePolicy"),
    PROPS_END,
};

static const struct prop_row api_rows[] = {
    TAKES(PROP_TEXT, "Path", .flags = PROP_REQUIRED, .min = 1),
    TAKES(PROP_TEXT, "Method", .flags = PROP_REQUIRED),
    TAKES(PROP_TEXT, "RestApiId"),
    TAKES(PROP_OBJECT, "Auth", .of = api_auth_rows),
    TAKES(PROP_INT, "TimeoutInMillis", .min = 50, .max = 29000),
    REFUSES("RequestModel"),
    REFUSES("RequestParameters"),
    REFUSES("ResponseTransferMode"),
    PROPS_END,
};

static const struct prop_row http_api_rows[] = {
    TAKES(PROP_TEXT, "Path", .min = 1),
    TAKES(PROP_TEXT, "Method"),
    TAKES(PROP_TEXT, "ApiId"),
    TAKES(PROP_TEXT, "PayloadFormatVersion", .one_of = payload_formats),
    TAKES(PROP_INT, "TimeoutInMillis", .min = 50, .max = 30000),
    REFUSES("Auth", .why = "authorizers are not supported by tidepool yet"),
    REFUSES("RouteSettings"),
    PROPS_END,
};

/* The API that events without one share, as SAM makes it. */
static struct resource *implicit_api(struct event *e, const struct type_row *type)
{
    struct template *t = e->t;
    bool rest = type == &type_rest_api;
    struct str id = rest ? STR("ServerlessRestApi") : STR("ServerlessHttpApi");
    struct resource *api = resource_get(t, id);
    if (api && api->type == type)
        return api;
    struct node *none = node_new(&t->arena, NODE_MAP, e->at);
    if (rest)
        node_put(none, "StageName", node_text(&t->arena, STR("Prod"), e->at));
    struct node *props = scope_resolve(&t->scope, globals_merge(t, type, none));
    return resource_make(t, id, type->name,
                         props_check(&t->arena, t->problems, props, type->props, type->name, false), e->at);
}

static struct resource *find_api(struct event *e, const char *property, const struct type_row *type)
{
    const struct node *given = node_get(e->props, property);
    if (!given)
        return implicit_api(e, type);
    struct resource *api = resource_referred(e->t, given);
    if (api && api->type == type)
        return api;
    problem_hard(e->t->problems, given, "must be a Ref to an %s of this template", type->name);
    return NULL;
}

/* Expansion of an explicit API comes in the list's order, so it may not have happened yet. */
static struct node *routes_of(struct event *e, struct resource *api)
{
    if (!api->routes)
        api->routes = node_new(&e->t->arena, NODE_LIST, api->at);
    return api->routes;
}

static const char *method_of(struct event *e)
{
    static const char *const methods[] = {"GET",  "POST",    "PUT", "PATCH", "DELETE",
                                          "HEAD", "OPTIONS", "ANY", NULL};
    const struct node *given = node_get(e->props, "Method");
    struct str text = node_scalar(given);
    if (str_is(text, "*") || str_is(text, "x-amazon-apigateway-any-method"))
        return "ANY";
    for (const char *const *method = methods; *method; method++)
        if (str_ieq(text, str_z(*method)))
            return *method;
    problem_hard(e->t->problems, given,
                 "is not a method: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS or ANY");
    return NULL;
}

static bool twin(const struct node *routes, struct str method, struct str path)
{
    const struct node *route;
    node_each (route, routes)
        if (str_eq(node_get(route, "Method")->text, method) && str_eq(node_get(route, "Path")->text, path))
            return true;
    return false;
}

static void check_path(struct event *e, const struct node *routes, struct str path, bool rest)
{
    const struct node *given = node_get(e->props, "Path"), *route;
    if (!rest && str_is(path, "$default"))
        return;
    const char *why = route_path_problem(path, rest);
    if (why)
        problem_hard(e->t->problems, given, "%s", why);
    node_each (route, routes) {
        struct str other = node_get(route, "Path")->text;
        if (!why && rest && route_paths_clash(path, other))
            problem_hard(e->t->problems, given, "another name of a parameter than in %.*s, at the same place",
                         STR_ARG(other));
    }
}

static struct node *add_route(struct event *e, struct resource *api, const char *method, struct str path)
{
    struct arena *a = &e->t->arena;
    struct node *routes = routes_of(e, api), *route = node_new(a, NODE_MAP, e->at);
    check_path(e, routes, path, api->type == &type_rest_api);
    if (twin(routes, str_z(method), path))
        problem_hard(e->t->problems, e->at, "%s %.*s is defined twice in %.*s", method, STR_ARG(path),
                     STR_ARG(api->id));
    node_put(route, "Method", node_text(a, str_z(method), e->at));
    node_put(route, "Path", node_text(a, path, e->at));
    node_put(route, "FunctionArn", function_arn(e));
    function_trigger(e->t, node_get(route, "FunctionArn"), str_is(path, "$default") ? "" : method,
                     node_get(route, "Path"));
    return node_add(routes, route);
}

static void api_event(struct event *e)
{
    struct resource *api = find_api(e, "RestApiId", &type_rest_api);
    const struct node *path = node_get(e->props, "Path");
    const char *method = node_get(e->props, "Method") ? method_of(e) : NULL;
    if (!api || !path || !method)
        return;
    bool key = node_truth(node_get(api->props, "Auth"), "ApiKeyRequired", false);
    struct node *route = add_route(e, api, method, node_scalar(path));
    key = node_truth(node_get(e->props, "Auth"), "ApiKeyRequired", key);
    node_put(route, "PayloadFormat", node_text(&e->t->arena, STR("1.0"), e->at));
    node_put(route, "ApiKeyRequired", node_bool(&e->t->arena, key, e->at));
    if (node_get(e->props, "TimeoutInMillis"))
        node_put(route, "TimeoutMs", node_copy(&e->t->arena, node_get(e->props, "TimeoutInMillis")));
}

static void http_api_event(struct event *e)
{
    struct resource *api = find_api(e, "ApiId", &type_http_api);
    const struct node *path = node_get(e->props, "Path"),
                      *format = node_get(e->props, "PayloadFormatVersion");
    bool both = path && node_get(e->props, "Method"), none = !path && !node_get(e->props, "Method");
    if (!both && !none)
        problem_hard(e->t->problems, e->at,
                     "Path and Method go together; without both it is the $default route");
    const char *method = both ? method_of(e) : none ? "ANY" : NULL;
    if (!api || !method)
        return;
    struct node *route = add_route(e, api, method, both ? node_scalar(path) : STR("$default"));
    node_put(route, "PayloadFormat",
             node_text(&e->t->arena, format ? node_scalar(format) : STR("2.0"), e->at));
    node_put(route, "ApiKeyRequired", node_bool(&e->t->arena, false, e->at));
    if (node_get(e->props, "TimeoutInMillis"))
        node_put(route, "TimeoutMs", node_copy(&e->t->arena, node_get(e->props, "TimeoutInMillis")));
}

/* --- DynamoDB and SQS: a mapping */

static void map_source(struct event *e, const char *source)
{
    struct arena *a = &e->t->arena;
    struct node *from = node_get(e->props, source);
    if (!from)
        return;
    struct node *props = node_new(a, NODE_MAP, e->at), *member;
    node_put(props, "FunctionName", ref_to(e->t, e->function));
    node_put(props, "EventSourceArn", node_copy(a, from));
    node_each (member, e->props)
        if (member != from)
            node_put_str(props, member->key, node_copy(a, member));
    make(e, &type_mapping, props);
}

static void stream_event(struct event *e)
{
    if (!node_get(e->props, "StartingPosition"))
        problem_hard(e->t->problems, e->at, "StartingPosition is required");
    map_source(e, "Stream");
}

static void queue_event(struct event *e)
{
    map_source(e, "Queue");
}

/* --- SNS: a subscription */

static const struct prop_row topic_rows[] = {
    TAKES(PROP_TEXT, "Topic", .flags = PROP_REQUIRED),
    TAKES(PROP_ANY, "FilterPolicy"),
    TAKES(PROP_TEXT, "FilterPolicyScope", .one_of = filter_scopes),
    TAKES(PROP_OBJECT, "RedrivePolicy", .of = dead_letter_rows),
    KEEPS("Region"),
    REFUSES("SqsSubscription"),
    PROPS_END,
};

static void topic_event(struct event *e)
{
    struct arena *a = &e->t->arena;
    const struct node *topic = node_get(e->props, "Topic");
    if (!topic)
        return;
    struct node *props = node_copy(a, e->props);
    node_drop(props, "Topic");
    node_put(props, "TopicArn", node_copy(a, topic));
    node_put(props, "Protocol", node_text(a, STR("lambda"), e->at));
    node_put(props, "Endpoint", function_arn(e));
    make(e, &type_subscription, props);
}

/* --- Schedule: a rule and its target */

static const char *const states[] = {"ENABLED", "DISABLED", NULL};

static const struct prop_row schedule_rows[] = {
    TAKES(PROP_TEXT, "Schedule", .flags = PROP_REQUIRED),
    TAKES(PROP_TEXT, "Name", .min = 1, .max = 64),
    TAKES(PROP_TEXT, "Description", .max = 512),
    TAKES(PROP_TEXT, "State", .one_of = states),
    TAKES(PROP_BOOL, "Enabled"),
    TAKES(PROP_TEXT, "Input", .max = 8192),
    KEEPS("RoleArn"),
    REFUSES("DeadLetterConfig"),
    REFUSES("RetryPolicy"),
    PROPS_END,
};

static void schedule_event(struct event *e)
{
    static const char *const members[] = {"Name", "Description", "State", NULL};
    struct arena *a = &e->t->arena;
    const struct node *schedule = node_get(e->props, "Schedule"), *input = node_get(e->props, "Input");
    if (!schedule)
        return;
    struct node *props = node_new(a, NODE_MAP, e->at);
    node_put(props, "ScheduleExpression", node_copy(a, schedule));
    for (const char *const *name = members; *name; name++)
        if (node_get(e->props, *name))
            node_put(props, *name, node_copy(a, node_get(e->props, *name)));
    if (node_get(e->props, "Enabled") && !node_get(props, "State"))
        node_put(props, "State", node_text(a, str_z(states[!node_truth(e->props, "Enabled", true)]), e->at));
    struct node *targets = node_put(props, "Targets", node_new(a, NODE_LIST, e->at));
    struct node *target = node_add(targets, node_new(a, NODE_MAP, e->at));
    struct str id = arena_printf(a, "%.*s%.*sLambdaTarget", STR_ARG(e->function->id), STR_ARG(e->at->key));
    node_put(target, "Id", node_text(a, str_sub(id, 0, 64), e->at));
    node_put(target, "Arn", function_arn(e));
    if (input)
        node_put(target, "Input", node_copy(a, input));
    make(e, &type_rule, props);
}

/* --- the kinds */

/* What a stream's or queue's event takes are the mapping's own rows, under another name for the source. */
static const struct {
    const char *name;
    const struct prop_row *rows; /* NULL: mapping_rows with `source` */
    const char *source;
    void (*expand)(struct event *e);
} kinds[] = {
    {"Api", api_rows, NULL, api_event},         {"HttpApi", http_api_rows, NULL, http_api_event},
    {"DynamoDB", NULL, "Stream", stream_event}, {"SQS", NULL, "Queue", queue_event},
    {"SNS", topic_rows, NULL, topic_event},     {"Schedule", schedule_rows, NULL, schedule_event},
};

/* mapping_rows without the function, which the event has already, and with its own name for the source. */
static const struct prop_row *source_rows(struct template *t, const char *source)
{
    size_t count = 0, n = 0;
    while (mapping_rows[count].name)
        count++;
    struct prop_row *rows = arena_zalloc(&t->arena, (count + 1) * sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(mapping_rows[i].name, "FunctionName") == 0)
            continue;
        rows[n] = mapping_rows[i];
        if (strcmp(rows[n].name, "EventSourceArn") == 0)
            rows[n].name = source;
        n++;
    }
    return rows;
}

static const struct prop_row event_rows[] = {
    TAKES(PROP_TEXT, "Type", .flags = PROP_REQUIRED),
    TAKES(PROP_ANY, "Properties"),
    PROPS_END,
};

static void expand_event(struct template *t, struct resource *function, const struct node *at)
{
    const struct node *checked = props_check(&t->arena, t->problems, at, event_rows, "an event", false),
                      *type = node_get(checked, "Type"), *given = node_get(checked, "Properties");
    if (!type)
        return;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!node_is(type, kinds[i].name))
            continue;
        struct node *none = node_new(&t->arena, NODE_MAP, at);
        const struct prop_row *rows = kinds[i].rows ? kinds[i].rows : source_rows(t, kinds[i].source);
        struct event e = {t, function, node_origin(at), NULL};
        e.props = props_check(&t->arena, t->problems, given ? given : none, rows,
                              arena_printf(&t->arena, "an event of type %s", kinds[i].name).p, false);
        kinds[i].expand(&e);
        return;
    }
    problem_soft(t->problems, type, "events of type %.*s are not supported by tidepool yet",
                 STR_ARG(node_scalar(type)));
}

void events_expand(struct template *t, struct resource *function, const struct node *events)
{
    const struct node *at;
    node_each (at, events)
        expand_event(t, function, at);
}

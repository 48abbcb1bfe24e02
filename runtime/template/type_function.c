/* AWS::Serverless::Function -> lambda:PutFunction, and its events. */
#include "types.h"

static const char *const runtimes[] = {"provided.al2023", "provided.al2", "lua5.4", NULL};
static const char *const zip[] = {"Zip", NULL};

static const struct prop_row environment_rows[] = {
    TAKES(PROP_MAP, "Variables", .of = &text_element),
    PROPS_END,
};

static const struct prop_row invoke_config_rows[] = {
    TAKES(PROP_INT, "MaximumRetryAttempts", .min = 0, .max = 2),
    TAKES(PROP_INT, "MaximumEventAgeInSeconds", .min = 60, .max = 21600),
    REFUSES("DestinationConfig"),
    PROPS_END,
};

static const struct prop_row function_rows[] = {
    TAKES(PROP_TEXT, "FunctionName", .min = 1, .max = 64),
    TAKES(PROP_TEXT, "Runtime", .flags = PROP_REQUIRED | PROP_GLOBAL),
    TAKES(PROP_TEXT, "Handler", .flags = PROP_REQUIRED | PROP_GLOBAL, .min = 1, .max = 128),
    TAKES(PROP_TEXT, "CodeUri", .flags = PROP_GLOBAL),
    TAKES(PROP_TEXT, "InlineCode"),
    TAKES(PROP_TEXT, "Description", .flags = PROP_GLOBAL, .max = 256),
    TAKES(PROP_INT, "Timeout", .flags = PROP_GLOBAL, .min = 1, .max = 900),
    TAKES(PROP_INT, "MemorySize", .flags = PROP_GLOBAL, .min = 128, .max = 10240),
    TAKES(PROP_OBJECT, "Environment", .flags = PROP_GLOBAL, .of = environment_rows),
    TAKES(PROP_INT, "ReservedConcurrentExecutions", .flags = PROP_GLOBAL, .min = 0, .max = 1000),
    TAKES(PROP_OBJECT, "EventInvokeConfig", .flags = PROP_GLOBAL, .of = invoke_config_rows),
    TAKES(PROP_MAP, "Events"),
    TAKES(PROP_MAP, "Tags", .flags = PROP_GLOBAL, .of = &text_element),
    TAKES(PROP_TEXT, "Role"),
    TAKES(PROP_TEXT, "PackageType", .one_of = zip),
    KEEPS("Policies"),
    KEEPS("Architectures", .flags = PROP_GLOBAL),
    KEEPS("AssumeRolePolicyDocument", .flags = PROP_GLOBAL),
    KEEPS("EphemeralStorage", .flags = PROP_GLOBAL),
    KEEPS("KmsKeyArn", .flags = PROP_GLOBAL),
    KEEPS("PermissionsBoundary", .flags = PROP_GLOBAL),
    KEEPS("PropagateTags", .flags = PROP_GLOBAL),
    KEEPS("RolePath", .flags = PROP_GLOBAL),
    KEEPS("RuntimeManagementConfig", .flags = PROP_GLOBAL),
    KEEPS("SourceKMSKeyArn", .flags = PROP_GLOBAL),
    KEEPS("Tracing", .flags = PROP_GLOBAL),
    KEEPS("VpcConfig", .flags = PROP_GLOBAL),
    REFUSES("AutoPublishAlias", .flags = PROP_GLOBAL),
    REFUSES("AutoPublishAliasAllProperties", .flags = PROP_GLOBAL),
    REFUSES("AutoPublishCodeSha256"),
    REFUSES("CapacityProviderConfig", .flags = PROP_GLOBAL),
    REFUSES("CodeSigningConfigArn", .flags = PROP_GLOBAL),
    REFUSES("DeadLetterQueue", .flags = PROP_GLOBAL),
    REFUSES("DeploymentPreference", .flags = PROP_GLOBAL),
    REFUSES("DurableConfig", .flags = PROP_GLOBAL),
    REFUSES("FileSystemConfigs", .flags = PROP_GLOBAL),
    REFUSES("FunctionScalingConfig", .flags = PROP_GLOBAL),
    REFUSES("FunctionUrlConfig", .flags = PROP_GLOBAL),
    REFUSES("ImageConfig", .why = "container images are not supported by tidepool: it runs Lua"),
    REFUSES("ImageUri", .why = "container images are not supported by tidepool: it runs Lua"),
    REFUSES("Layers", .flags = PROP_GLOBAL),
    REFUSES("LoggingConfig", .flags = PROP_GLOBAL),
    REFUSES("ProvisionedConcurrencyConfig", .flags = PROP_GLOBAL),
    REFUSES("PublishToLatestPublished", .flags = PROP_GLOBAL),
    REFUSES("RecursiveLoop", .flags = PROP_GLOBAL),
    REFUSES("SnapStart", .flags = PROP_GLOBAL),
    REFUSES("TenancyConfig", .flags = PROP_GLOBAL),
    REFUSES("VersionDeletionPolicy", .flags = PROP_GLOBAL),
    REFUSES("VersionDescription"),
    PROPS_END,
};

/* SAM makes a role <Id>Role where none is named; others may refer to it. */
static void make_role(struct template *t, struct resource *r)
{
    struct str id = arena_printf(&t->arena, "%.*sRole", STR_ARG(r->id));
    struct resource *role = resource_make(t, id, type_role.name, node_new(&t->arena, NODE_MAP, r->at), r->at);
    if (role)
        node_put(r->props, "Role", att_of(t, role, "Arn"));
}

static void expand(struct template *t, struct resource *r)
{
    const struct node *events = node_get(r->props, "Events");
    if (!r->triggers)
        r->triggers = node_new(&t->arena, NODE_LIST, r->at);
    if (!node_get(r->props, "Role"))
        make_role(t, r);
    if (events)
        events_expand(t, r, events);
}

/* A real runtime that is not Lua's is something that we do not honour; any other text is simply wrong. */
static void check_runtime(struct template *t, const struct node *runtime)
{
    for (const char *const *known = runtimes; *known; known++)
        if (!runtime || node_is(runtime, *known))
            return;
    problem_soft(t->problems, runtime,
                 "%.*s is not supported by tidepool: Lua functions say provided.al2023 or lua5.4",
                 STR_ARG(node_scalar(runtime)));
}

static void give_code(struct template *t, struct resource *r, struct node *in)
{
    const struct node *uri = node_get(r->props, "CodeUri"), *text = node_get(r->props, "InlineCode"),
                      *handler = node_get(r->props, "Handler");
    if (text) {
        node_put(in, "InlineCode", node_copy(&t->arena, text));
        return;
    }
    if (!uri) {
        problem_hard(t->problems, r->at, "CodeUri or InlineCode is required");
        return;
    }
    const struct code *code = code_folder(t, uri);
    if (!code)
        return;
    node_put(in, "CodeFolder", node_text(&t->arena, str_z(code->folder), uri));
    node_put(in, "Version", node_text(&t->arena, str_z(code->hash), uri));
    node_put(in, "CodeSize", node_int(&t->arena, code->bytes, uri));
    if (handler && node_scalar(handler).p)
        code_check_handler(t, code, handler);
}

static struct node *plan(struct template *t, struct resource *r)
{
    static const char *const as_they_are[] = {"Runtime",
                                              "Handler",
                                              "Description",
                                              "Timeout",
                                              "MemorySize",
                                              "Environment",
                                              "ReservedConcurrentExecutions",
                                              "EventInvokeConfig",
                                              "Role",
                                              "Tags",
                                              NULL};
    struct node *in = node_new(&t->arena, NODE_MAP, r->at);
    node_put(in, "FunctionName", resource_name(t, r, "FunctionName"));
    for (const char *const *name = as_they_are; *name; name++)
        resource_give(t, r, *name, in, *name);
    check_runtime(t, node_get(r->props, "Runtime"));
    give_code(t, r, in);
    return in;
}

static const struct attr_row attrs[] = {{.name = "Arn", .member = "FunctionArn"}, {0}};
static const struct removal removal = {"DeleteFunction", {{"FunctionName", "FunctionName"}}, NULL, NULL};

const struct type_row type_function = {
    .name = "AWS::Serverless::Function",
    .globals = "Function",
    .props = function_rows,
    .service = "lambda",
    .operation = "PutFunction",
    .ref = "FunctionName",
    .attrs = attrs,
    .removal = &removal,
    .name_member = "FunctionName",
    .unique = true,
    .expand = expand,
    .plan = plan,
};

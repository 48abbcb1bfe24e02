/* Types that are read, checked and referred to, without effect on a local machine: there is no IAM to ask
 * here, and every log line is kept. */
#include "types.h"

/* Name and Arn; `arn` is "service:what" as it stands before the name. */
static struct node *values(struct template *t, struct resource *r, const char *property, const char *arn)
{
    struct arena *a = &t->arena;
    const struct node *account = map_get(&t->scope.pseudo, STR("AWS::AccountId")),
                      *region = map_get(&t->scope.pseudo, STR("AWS::Region"));
    struct str service = str_sub(str_z(arn), 0, strcspn(arn, ":"));
    struct str prefix = arena_printf(a, "arn:aws:%.*s:%.*s:%.*s%s", STR_ARG(service),
                                     STR_ARG(str_is(service, "iam") ? STR("") : region->text),
                                     STR_ARG(account->text), arn + service.n);
    struct node *out = node_new(a, NODE_MAP, r->at), *args = node_new(a, NODE_LIST, r->at);
    node_put(out, "Name", resource_name(t, r, property));
    node_add(args, node_text(a, STR(""), r->at));
    struct node *parts = node_add(args, node_new(a, NODE_LIST, r->at));
    node_add(parts, node_text(a, prefix, r->at));
    node_add(parts, resource_name(t, r, property));
    const char *why;
    struct node *joined = late_apply(a, LATE_JOIN, args, r->at, &why);
    if (joined)
        node_put(out, "Arn", joined);
    else
        problem_hard(t->problems, r->at, "%s: %s", property, why);
    return out;
}

/* --- IAM */

static const struct prop_row role_rows[] = {
    TAKES(PROP_ANY, "AssumeRolePolicyDocument", .flags = PROP_REQUIRED),
    TAKES(PROP_TEXT, "RoleName", .min = 1, .max = 64),
    KEEPS("Description"),
    KEEPS("ManagedPolicyArns"),
    KEEPS("MaxSessionDuration"),
    KEEPS("Path"),
    KEEPS("PermissionsBoundary"),
    KEEPS("Policies"),
    KEEPS("Tags"),
    PROPS_END,
};

static struct node *role_plan(struct template *t, struct resource *r)
{
    struct node *out = values(t, r, "RoleName", "iam:role/");
    node_put(out, "RoleId", node_text(&t->arena, STR("AROATIDEPOOLTIDEPOOL"), r->at));
    return out;
}

static const struct attr_row role_attrs[] = {
    {.name = "Arn", .member = "Arn"}, {.name = "RoleId", .member = "RoleId"}, {0}};

const struct type_row type_role = {
    .name = "AWS::IAM::Role",
    .props = role_rows,
    .ref = "Name",
    .attrs = role_attrs,
    .plan = role_plan,
};

static const struct prop_row policy_rows[] = {
    TAKES(PROP_ANY, "PolicyDocument", .flags = PROP_REQUIRED),
    TAKES(PROP_TEXT, "PolicyName", .flags = PROP_REQUIRED),
    KEEPS("Groups"),
    KEEPS("Roles"),
    KEEPS("Users"),
    PROPS_END,
};

static struct node *policy_plan(struct template *t, struct resource *r)
{
    return values(t, r, "PolicyName", "iam:policy/");
}

static const struct attr_row policy_attrs[] = {{.name = "Id", .member = "Name"}, {0}};

const struct type_row type_policy = {
    .name = "AWS::IAM::Policy",
    .props = policy_rows,
    .ref = "Name",
    .attrs = policy_attrs,
    .plan = policy_plan,
};

static const struct prop_row managed_policy_rows[] = {
    TAKES(PROP_ANY, "PolicyDocument", .flags = PROP_REQUIRED),
    TAKES(PROP_TEXT, "ManagedPolicyName"),
    KEEPS("Description"),
    KEEPS("Groups"),
    KEEPS("Path"),
    KEEPS("Roles"),
    KEEPS("Users"),
    PROPS_END,
};

static struct node *managed_policy_plan(struct template *t, struct resource *r)
{
    return values(t, r, "ManagedPolicyName", "iam:policy/");
}

static const struct attr_row managed_policy_attrs[] = {{.name = "PolicyArn", .member = "Arn"}, {0}};

const struct type_row type_managed_policy = {
    .name = "AWS::IAM::ManagedPolicy",
    .props = managed_policy_rows,
    .ref = "Arn",
    .attrs = managed_policy_attrs,
    .plan = managed_policy_plan,
};

/* --- logs */

static const struct prop_row log_group_rows[] = {
    TAKES(PROP_TEXT, "LogGroupName", .min = 1, .max = 512),
    KEEPS("BearerTokenAuthenticationEnabled"),
    KEEPS("DataProtectionPolicy"),
    KEEPS("DeletionProtectionEnabled"),
    KEEPS("FieldIndexPolicies"),
    KEEPS("KmsKeyId"),
    KEEPS("LogGroupClass"),
    KEEPS("ResourcePolicyDocument"),
    KEEPS("RetentionInDays"),
    KEEPS("Tags"),
    PROPS_END,
};

static struct node *log_group_plan(struct template *t, struct resource *r)
{
    return values(t, r, "LogGroupName", "logs:log-group:");
}

static const struct attr_row log_group_attrs[] = {{.name = "Arn", .member = "Arn"}, {0}};

const struct type_row type_log_group = {
    .name = "AWS::Logs::LogGroup",
    .props = log_group_rows,
    .ref = "Name",
    .attrs = log_group_attrs,
    .plan = log_group_plan,
};

/* --- who may do what: nobody is kept out on a local machine */

static struct node *id_plan(struct template *t, struct resource *r)
{
    struct node *out = node_new(&t->arena, NODE_MAP, r->at);
    node_put(out, "Id", resource_name(t, r, ""));
    return out;
}

static const struct attr_row id_attrs[] = {{.name = "Id", .member = "Id"}, {0}};

static const struct prop_row permission_rows[] = {
    TAKES(PROP_TEXT, "FunctionName", .flags = PROP_REQUIRED),
    TAKES(PROP_TEXT, "Action", .flags = PROP_REQUIRED),
    TAKES(PROP_TEXT, "Principal", .flags = PROP_REQUIRED),
    KEEPS("SourceArn"),
    KEEPS("SourceAccount"),
    KEEPS("EventSourceToken"),
    KEEPS("FunctionUrlAuthType"),
    KEEPS("InvokedViaFunctionUrl"),
    KEEPS("PrincipalOrgID"),
    PROPS_END,
};

const struct type_row type_permission = {
    .name = "AWS::Lambda::Permission",
    .props = permission_rows,
    .ref = "Id",
    .attrs = id_attrs,
    .plan = id_plan,
};

static const struct prop_row queue_policy_rows[] = {
    TAKES(PROP_ANY, "PolicyDocument", .flags = PROP_REQUIRED),
    TAKES(PROP_LIST, "Queues", .flags = PROP_REQUIRED, .of = &text_element),
    PROPS_END,
};

const struct type_row type_queue_policy = {
    .name = "AWS::SQS::QueuePolicy",
    .props = queue_policy_rows,
    .ref = "Id",
    .attrs = id_attrs,
    .plan = id_plan,
};

static const struct prop_row topic_policy_rows[] = {
    TAKES(PROP_ANY, "PolicyDocument", .flags = PROP_REQUIRED),
    TAKES(PROP_LIST, "Topics", .flags = PROP_REQUIRED, .of = &text_element),
    PROPS_END,
};

const struct type_row type_topic_policy = {
    .name = "AWS::SNS::TopicPolicy",
    .props = topic_policy_rows,
    .ref = "Id",
    .attrs = id_attrs,
    .plan = id_plan,
};

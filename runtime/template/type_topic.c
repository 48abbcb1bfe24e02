/* AWS::SNS::Topic -> sns:PutTopic, AWS::SNS::Subscription -> sns:PutSubscription. */
#include "types.h"

#define FIFO "FIFO topics are not supported by tidepool yet"

static const char *const protocols[] = {"sqs", "lambda", NULL};
const char *const filter_scopes[] = {"MessageAttributes", "MessageBody", NULL};

const struct prop_row dead_letter_rows[] = {
    TAKES(PROP_TEXT, "deadLetterTargetArn", .flags = PROP_REQUIRED),
    PROPS_END,
};

static const struct prop_row inline_rows[] = {
    TAKES(PROP_TEXT, "Endpoint", .flags = PROP_REQUIRED),
    TAKES(PROP_TEXT, "Protocol", .flags = PROP_REQUIRED),
    PROPS_END,
};
static const struct prop_row inline_element = ELEMENT(PROP_OBJECT, .of = inline_rows);

static const struct prop_row topic_rows[] = {
    TAKES(PROP_TEXT, "TopicName", .min = 1, .max = 256),
    TAKES(PROP_TEXT, "DisplayName", .max = 100),
    TAKES(PROP_LIST, "Subscription", .of = &inline_element),
    TAKES(PROP_LIST, "Tags", .of = &tag_element),
    KEEPS("DataProtectionPolicy"),
    KEEPS("DeliveryStatusLogging"),
    KEEPS("KmsMasterKeyId"),
    KEEPS("TracingConfig"),
    REFUSES("ArchivePolicy", .why = FIFO),
    REFUSES("ContentBasedDeduplication", .why = FIFO),
    REFUSES("FifoThroughputScope", .why = FIFO),
    REFUSES("FifoTopic", .why = FIFO),
    REFUSES("SignatureVersion"),
    PROPS_END,
};

static void topic_expand(struct template *t, struct resource *r)
{
    const struct node *list = node_get(r->props, "Subscription"), *one;
    int at = 0;
    if (!list || list->kind != NODE_LIST)
        return;
    node_each (one, list) {
        struct node *props = node_copy(&t->arena, one);
        node_put(props, "TopicArn", ref_to(t, r));
        struct str id = arena_printf(&t->arena, "%.*s.Subscription[%d]", STR_ARG(r->id), at++);
        resource_make(t, id, type_subscription.name, props, one);
    }
}

static struct node *topic_plan(struct template *t, struct resource *r)
{
    struct node *in = node_new(&t->arena, NODE_MAP, r->at);
    node_put(in, "Name", resource_name(t, r, "TopicName"));
    struct node *attributes = node_put(in, "Attributes", node_new(&t->arena, NODE_MAP, r->at));
    resource_give(t, r, "DisplayName", attributes, "DisplayName");
    resource_give(t, r, "Tags", in, "Tags");
    return in;
}

static const struct attr_row topic_attrs[] = {
    {.name = "TopicArn", .member = "TopicArn"}, {.name = "TopicName", .member = "TopicName"}, {0}};

const struct type_row type_topic = {
    .name = "AWS::SNS::Topic",
    .props = topic_rows,
    .service = "sns",
    .operation = "PutTopic",
    .ref = "TopicArn",
    .attrs = topic_attrs,
    .name_member = "Name",
    .unique = true,
    .expand = topic_expand,
    .plan = topic_plan,
};

/* --- subscriptions */

static const struct prop_row subscription_rows[] = {
    TAKES(PROP_TEXT, "TopicArn", .flags = PROP_REQUIRED),
    TAKES(PROP_TEXT, "Protocol", .flags = PROP_REQUIRED),
    TAKES(PROP_TEXT, "Endpoint", .flags = PROP_REQUIRED),
    TAKES(PROP_ANY, "FilterPolicy"),
    TAKES(PROP_TEXT, "FilterPolicyScope", .one_of = filter_scopes),
    TAKES(PROP_BOOL, "RawMessageDelivery"),
    TAKES(PROP_OBJECT, "RedrivePolicy", .of = dead_letter_rows),
    KEEPS("Region"),
    REFUSES("DeliveryPolicy"),
    REFUSES("ReplayPolicy"),
    REFUSES("SubscriptionRoleArn"),
    PROPS_END,
};

static void subscription_expand(struct template *t, struct resource *r)
{
    if (node_is(node_get(r->props, "Protocol"), "lambda"))
        function_trigger(t, node_get(r->props, "Endpoint"), "topic", node_get(r->props, "TopicArn"));
}

static void check_protocol(struct template *t, const struct node *protocol)
{
    if (!protocol || node_is(protocol, protocols[0]) || node_is(protocol, protocols[1]))
        return;
    problem_soft(t->problems, protocol,
                 "the protocol %.*s is not supported by tidepool yet: sqs and lambda are",
                 STR_ARG(node_scalar(protocol)));
}

static struct node *subscription_plan(struct template *t, struct resource *r)
{
    const struct node *raw = node_get(r->props, "RawMessageDelivery"),
                      *filter = node_get(r->props, "FilterPolicy"),
                      *redrive = node_get(r->props, "RedrivePolicy");
    struct node *in = node_new(&t->arena, NODE_MAP, r->at);
    check_protocol(t, node_get(r->props, "Protocol"));
    resource_give(t, r, "TopicArn", in, "TopicArn");
    resource_give(t, r, "Protocol", in, "Protocol");
    resource_give(t, r, "Endpoint", in, "Endpoint");
    struct node *attributes = node_put(in, "Attributes", node_new(&t->arena, NODE_MAP, r->at));
    if (raw)
        node_put(attributes, "RawMessageDelivery", node_text(&t->arena, node_scalar(raw), raw));
    if (filter)
        node_put(attributes, "FilterPolicy", as_json_text(t, filter));
    resource_give(t, r, "FilterPolicyScope", attributes, "FilterPolicyScope");
    if (redrive)
        node_put(attributes, "RedrivePolicy", as_json_text(t, redrive));
    return in;
}

static const struct attr_row subscription_attrs[] = {{.name = "Arn", .member = "SubscriptionArn"}, {0}};
static const struct removal unsubscribe = {
    "Unsubscribe", {{"SubscriptionArn", "SubscriptionArn"}}, NULL, NULL};

static const char *const subscription_joins[] = {"TopicArn", "Protocol", "Endpoint", NULL};

const struct type_row type_subscription = {
    .name = "AWS::SNS::Subscription",
    .props = subscription_rows,
    .service = "sns",
    .operation = "PutSubscription",
    .ref = "SubscriptionArn",
    .attrs = subscription_attrs,
    .removal = &unsubscribe,
    .joins = subscription_joins,
    .expand = subscription_expand,
    .plan = subscription_plan,
};

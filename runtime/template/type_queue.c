/* AWS::SQS::Queue -> sqs:PutQueue; its policy is kept (type_kept.c). */
#include "types.h"

static const char *const redrive_permissions[] = {"allowAll", "denyAll", "byQueue", NULL};

const struct prop_row redrive_rows[] = {
    TAKES(PROP_TEXT, "deadLetterTargetArn", .flags = PROP_REQUIRED),
    TAKES(PROP_INT, "maxReceiveCount", .flags = PROP_REQUIRED, .min = 1, .max = 1000),
    PROPS_END,
};

static const struct prop_row allow_rows[] = {
    TAKES(PROP_TEXT, "redrivePermission", .flags = PROP_REQUIRED, .one_of = redrive_permissions),
    TAKES(PROP_LIST, "sourceQueueArns", .of = &text_element, .max = 10),
    PROPS_END,
};

#define FIFO "FIFO queues are not supported by tidepool yet"

static const struct prop_row queue_rows[] = {
    TAKES(PROP_TEXT, "QueueName", .min = 1, .max = 80),
    TAKES(PROP_INT, "DelaySeconds", .max = 900),
    TAKES(PROP_INT, "MaximumMessageSize", .min = 1024, .max = 1048576),
    TAKES(PROP_INT, "MessageRetentionPeriod", .min = 60, .max = 1209600),
    TAKES(PROP_INT, "ReceiveMessageWaitTimeSeconds", .max = 20),
    TAKES(PROP_INT, "VisibilityTimeout", .max = 43200),
    TAKES(PROP_OBJECT, "RedrivePolicy", .of = redrive_rows),
    TAKES(PROP_OBJECT, "RedriveAllowPolicy", .of = allow_rows),
    TAKES(PROP_LIST, "Tags", .of = &tag_element),
    KEEPS("KmsDataKeyReusePeriodSeconds"),
    KEEPS("KmsMasterKeyId"),
    KEEPS("SqsManagedSseEnabled"),
    REFUSES("ContentBasedDeduplication", .why = FIFO),
    REFUSES("DeduplicationScope", .why = FIFO),
    REFUSES("FifoQueue", .why = FIFO),
    REFUSES("FifoThroughputLimit", .why = FIFO),
    PROPS_END,
};

/* The API takes every attribute as a text, policies as JSON. */
static struct node *attributes(struct template *t, const struct resource *r)
{
    static const char *const numbers[] = {"DelaySeconds",           "MaximumMessageSize",
                                          "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds",
                                          "VisibilityTimeout",      NULL};
    static const char *const policies[] = {"RedrivePolicy", "RedriveAllowPolicy", NULL};
    struct node *out = node_new(&t->arena, NODE_MAP, r->at);
    for (const char *const *name = numbers; *name; name++) {
        const struct node *value = node_get(r->props, *name);
        if (value)
            node_put(out, *name, node_text(&t->arena, value->text, value));
    }
    for (const char *const *name = policies; *name; name++) {
        const struct node *value = node_get(r->props, *name);
        if (value)
            node_put(out, *name, as_json_text(t, value));
    }
    return out;
}

static struct node *plan(struct template *t, struct resource *r)
{
    const struct node *tags = node_get(r->props, "Tags");
    struct node *in = node_new(&t->arena, NODE_MAP, r->at);
    node_put(in, "QueueName", resource_name(t, r, "QueueName"));
    node_put(in, "Attributes", attributes(t, r));
    if (tags)
        node_put(in, "tags", tags_map(t, tags));
    return in;
}

static const struct attr_row attrs[] = {{.name = "Arn", .member = "QueueArn"},
                                        {.name = "QueueName", .member = "QueueName"},
                                        {.name = "QueueUrl", .member = "QueueUrl"},
                                        {0}};

const struct type_row type_queue = {
    .name = "AWS::SQS::Queue",
    .props = queue_rows,
    .service = "sqs",
    .operation = "PutQueue",
    .ref = "QueueUrl",
    .attrs = attrs,
    .name_member = "QueueName",
    .unique = true,
    .plan = plan,
};

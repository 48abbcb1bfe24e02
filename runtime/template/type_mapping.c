/* AWS::Lambda::EventSourceMapping -> lambda:PutEventSourceMapping. */
#include "base/pattern.h"
#include "types.h"

static const char *const positions[] = {"TRIM_HORIZON", "LATEST", NULL};
static const char *const response_types[] = {"ReportBatchItemFailures", NULL};

static const struct prop_row pattern_rows[] = {
    TAKES(PROP_TEXT, "Pattern", .flags = PROP_REQUIRED, .max = 4096),
    PROPS_END,
};
static const struct prop_row pattern = ELEMENT(PROP_OBJECT, .of = pattern_rows);
static const struct prop_row criteria_rows[] = {
    TAKES(PROP_LIST, "Filters", .of = &pattern, .max = 10),
    PROPS_END,
};
static const struct prop_row scaling_rows[] = {
    TAKES(PROP_INT, "MaximumConcurrency", .min = 2, .max = 1000),
    PROPS_END,
};
static const struct prop_row response_type = ELEMENT(PROP_TEXT, .one_of = response_types);

const struct prop_row mapping_rows[] = {
    TAKES(PROP_TEXT, "FunctionName", .flags = PROP_REQUIRED),
    TAKES(PROP_TEXT, "EventSourceArn", .flags = PROP_REQUIRED),
    TAKES(PROP_INT, "BatchSize", .min = 1, .max = 10000),
    TAKES(PROP_BOOL, "BisectBatchOnFunctionError"),
    TAKES(PROP_BOOL, "Enabled"),
    TAKES(PROP_OBJECT, "FilterCriteria", .of = criteria_rows),
    TAKES(PROP_LIST, "FunctionResponseTypes", .of = &response_type, .max = 1),
    TAKES(PROP_INT, "MaximumBatchingWindowInSeconds", .max = 300),
    TAKES(PROP_INT, "MaximumRecordAgeInSeconds", .min = -1, .max = 604800),
    TAKES(PROP_INT, "MaximumRetryAttempts", .min = -1, .max = 10000),
    TAKES(PROP_OBJECT, "ScalingConfig", .of = scaling_rows),
    TAKES(PROP_TEXT, "StartingPosition", .one_of = positions),
    KEEPS("KmsKeyArn"),
    KEEPS("LoggingConfig"),
    KEEPS("MetricsConfig"),
    KEEPS("Tags"),
    REFUSES("AmazonManagedKafkaEventSourceConfig"),
    REFUSES("DestinationConfig"),
    REFUSES("DocumentDBEventSourceConfig"),
    REFUSES("ParallelizationFactor"),
    REFUSES("ProvisionedPollerConfig"),
    REFUSES("Queues"),
    REFUSES("SelfManagedEventSource"),
    REFUSES("SelfManagedKafkaEventSourceConfig"),
    REFUSES("SourceAccessConfigurations"),
    REFUSES("StartingPositionTimestamp"),
    REFUSES("Topics"),
    REFUSES("TumblingWindowInSeconds"),
    PROPS_END,
};

static bool is_stream(const struct node *source)
{
    if (source->kind == NODE_LATE)
        return str_is(source->attr, "StreamArn");
    return str_search(node_scalar(source), STR("/stream/")) >= 0;
}

static void expand(struct template *t, struct resource *r)
{
    const struct node *source = node_get(r->props, "EventSourceArn");
    if (source)
        function_trigger(t, node_get(r->props, "FunctionName"), is_stream(source) ? "stream" : "queue",
                         source);
}

/* A pattern that cannot match anything is found here, not when the first record comes. */
static void check_patterns(struct template *t, const struct node *criteria)
{
    const struct node *filters = node_get(criteria, "Filters"), *one;
    if (!filters || filters->kind != NODE_LIST)
        return;
    node_each (one, filters) {
        const struct node *text = node_get(one, "Pattern");
        struct str why;
        if (!text || text->kind != NODE_TEXT)
            continue;
        cJSON *tree = json_tree(text->text);
        struct pattern *read = pattern_new(tree, &t->arena, &why);
        if (!read)
            problem_hard(t->problems, text, "%.*s", STR_ARG(tree ? why : STR("is not a JSON object")));
        pattern_free(read);
    }
}

static struct node *plan(struct template *t, struct resource *r)
{
    check_patterns(t, node_get(r->props, "FilterCriteria"));
    struct node *in = node_new(&t->arena, NODE_MAP, r->at);
    for (const struct prop_row *row = mapping_rows; row->name; row++)
        if (row->use == PROP_HONOURED)
            resource_give(t, r, row->name, in, row->name);
    return in;
}

static const struct attr_row attrs[] = {{.name = "Id", .member = "UUID"},
                                        {.name = "EventSourceMappingArn", .member = "EventSourceMappingArn"},
                                        {0}};
static const struct removal removal = {"DeleteEventSourceMapping", {{"UUID", "UUID"}}, NULL, NULL};

static const char *const joins[] = {"EventSourceArn", "FunctionName", NULL};

const struct type_row type_mapping = {
    .name = "AWS::Lambda::EventSourceMapping",
    .props = mapping_rows,
    .service = "lambda",
    .operation = "PutEventSourceMapping",
    .ref = "UUID",
    .attrs = attrs,
    .removal = &removal,
    .joins = joins,
    .expand = expand,
    .plan = plan,
};

/* AWS::DynamoDB::Table and AWS::Serverless::SimpleTable -> dynamodb:PutTable. */
#include "types.h"

static const char *const billing_modes[] = {"PAY_PER_REQUEST", "PROVISIONED", NULL};
static const char *const scalar_types[] = {"S", "N", "B", NULL};
static const char *const key_types[] = {"HASH", "RANGE", NULL};
static const char *const projections[] = {"ALL", "KEYS_ONLY", "INCLUDE", NULL};
static const char *const views[] = {"NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY", NULL};

static const struct prop_row attribute_rows[] = {
    TAKES(PROP_TEXT, "AttributeName", .flags = PROP_REQUIRED, .min = 1, .max = 255),
    TAKES(PROP_TEXT, "AttributeType", .flags = PROP_REQUIRED, .one_of = scalar_types),
    PROPS_END,
};
static const struct prop_row attribute = ELEMENT(PROP_OBJECT, .of = attribute_rows);

static const struct prop_row key_rows[] = {
    TAKES(PROP_TEXT, "AttributeName", .flags = PROP_REQUIRED, .min = 1, .max = 255),
    TAKES(PROP_TEXT, "KeyType", .flags = PROP_REQUIRED, .one_of = key_types),
    PROPS_END,
};
static const struct prop_row key = ELEMENT(PROP_OBJECT, .of = key_rows);

static const struct prop_row throughput_rows[] = {
    TAKES(PROP_INT, "ReadCapacityUnits", .flags = PROP_REQUIRED, .min = 1, .max = 1000000),
    TAKES(PROP_INT, "WriteCapacityUnits", .flags = PROP_REQUIRED, .min = 1, .max = 1000000),
    PROPS_END,
};

static const struct prop_row projection_rows[] = {
    TAKES(PROP_TEXT, "ProjectionType", .one_of = projections),
    TAKES(PROP_LIST, "NonKeyAttributes", .of = &text_element, .min = 1, .max = 20),
    PROPS_END,
};

static const struct prop_row global_index_rows[] = {
    TAKES(PROP_TEXT, "IndexName", .flags = PROP_REQUIRED, .min = 3, .max = 255),
    TAKES(PROP_LIST, "KeySchema", .flags = PROP_REQUIRED, .of = &key, .min = 1, .max = 2),
    TAKES(PROP_OBJECT, "Projection", .flags = PROP_REQUIRED, .of = projection_rows),
    TAKES(PROP_OBJECT, "ProvisionedThroughput", .of = throughput_rows),
    KEEPS("ContributorInsightsSpecification"),
    KEEPS("OnDemandThroughput"),
    KEEPS("WarmThroughput"),
    PROPS_END,
};
static const struct prop_row global_index = ELEMENT(PROP_OBJECT, .of = global_index_rows);

static const struct prop_row local_index_rows[] = {
    TAKES(PROP_TEXT, "IndexName", .flags = PROP_REQUIRED, .min = 3, .max = 255),
    TAKES(PROP_LIST, "KeySchema", .flags = PROP_REQUIRED, .of = &key, .min = 1, .max = 2),
    TAKES(PROP_OBJECT, "Projection", .flags = PROP_REQUIRED, .of = projection_rows),
    PROPS_END,
};
static const struct prop_row local_index = ELEMENT(PROP_OBJECT, .of = local_index_rows);

static const struct prop_row stream_rows[] = {
    TAKES(PROP_TEXT, "StreamViewType", .flags = PROP_REQUIRED, .one_of = views),
    KEEPS("ResourcePolicy"),
    PROPS_END,
};

static const struct prop_row table_rows[] = {
    TAKES(PROP_TEXT, "TableName", .min = 3, .max = 255),
    TAKES(PROP_LIST, "AttributeDefinitions", .flags = PROP_REQUIRED, .of = &attribute),
    TAKES(PROP_LIST, "KeySchema", .flags = PROP_REQUIRED, .of = &key, .min = 1, .max = 2),
    TAKES(PROP_TEXT, "BillingMode", .one_of = billing_modes),
    TAKES(PROP_OBJECT, "ProvisionedThroughput", .of = throughput_rows),
    TAKES(PROP_LIST, "GlobalSecondaryIndexes", .of = &global_index, .max = 20),
    TAKES(PROP_LIST, "LocalSecondaryIndexes", .of = &local_index, .max = 5),
    TAKES(PROP_OBJECT, "StreamSpecification", .of = stream_rows),
    TAKES(PROP_LIST, "Tags", .of = &tag_element),
    TAKES(PROP_BOOL, "DeletionProtectionEnabled"),
    TAKES(PROP_TEXT, "TableClass"),
    KEEPS("ContributorInsightsSpecification"),
    KEEPS("OnDemandThroughput"),
    KEEPS("PointInTimeRecoverySpecification"),
    KEEPS("ResourcePolicy"),
    KEEPS("SSESpecification"),
    KEEPS("WarmThroughput"),
    REFUSES("ImportSourceSpecification"),
    REFUSES("KinesisStreamSpecification"),
    REFUSES("TimeToLiveSpecification"),
    PROPS_END,
};

/* CloudFormation turns a stream on by naming its view; the API wants it said. */
static void give_stream(struct template *t, const struct resource *r, struct node *in)
{
    const struct node *stream = node_get(r->props, "StreamSpecification");
    if (!stream)
        return;
    struct node *out = node_copy(&t->arena, stream);
    node_put(out, "StreamEnabled", node_bool(&t->arena, true, stream));
    node_put(in, "StreamSpecification", out);
}

static struct node *table_plan(struct template *t, struct resource *r)
{
    static const char *const as_they_are[] = {"AttributeDefinitions",
                                              "KeySchema",
                                              "BillingMode",
                                              "ProvisionedThroughput",
                                              "GlobalSecondaryIndexes",
                                              "LocalSecondaryIndexes",
                                              "Tags",
                                              "DeletionProtectionEnabled",
                                              "TableClass",
                                              NULL};
    struct node *in = node_new(&t->arena, NODE_MAP, r->at);
    node_put(in, "TableName", resource_name(t, r, "TableName"));
    for (const char *const *name = as_they_are; *name; name++)
        resource_give(t, r, *name, in, *name);
    give_stream(t, r, in);
    return in;
}

static const struct attr_row table_attrs[] = {
    {.name = "Arn", .member = "TableArn"},
    {.name = "StreamArn", .member = "LatestStreamArn", .needs = "StreamSpecification"},
    {0}};

const struct type_row type_table = {
    .name = "AWS::DynamoDB::Table",
    .props = table_rows,
    .service = "dynamodb",
    .operation = "PutTable",
    .ref = "TableName",
    .attrs = table_attrs,
    .name_member = "TableName",
    .unique = true,
    .plan = table_plan,
};

/* --- AWS::Serverless::SimpleTable: one key */

static const char *const primary_types[] = {"String", "Number", "Binary", NULL};

static const struct prop_row primary_rows[] = {
    TAKES(PROP_TEXT, "Name", .flags = PROP_REQUIRED, .min = 1, .max = 255),
    TAKES(PROP_TEXT, "Type", .flags = PROP_REQUIRED, .one_of = primary_types),
    PROPS_END,
};

static const struct prop_row simple_rows[] = {
    TAKES(PROP_TEXT, "TableName", .min = 3, .max = 255),
    TAKES(PROP_OBJECT, "PrimaryKey", .of = primary_rows),
    TAKES(PROP_OBJECT, "ProvisionedThroughput", .of = throughput_rows),
    TAKES(PROP_MAP, "Tags", .of = &text_element),
    KEEPS("PointInTimeRecoverySpecification"),
    KEEPS("SSESpecification", .flags = PROP_GLOBAL),
    PROPS_END,
};

static struct node *one_pair(struct template *t, const struct resource *r, struct str name, const char *what,
                             const char *value)
{
    struct node *list = node_new(&t->arena, NODE_LIST, r->at);
    struct node *pair = node_add(list, node_new(&t->arena, NODE_MAP, r->at));
    node_put(pair, "AttributeName", node_text(&t->arena, name, r->at));
    node_put(pair, what, node_text(&t->arena, str_z(value), r->at));
    return list;
}

/* As SAM: the key is a text "id" where none is named, and capacity is provisioned only where it is said. */
static struct node *simple_plan(struct template *t, struct resource *r)
{
    const struct node *primary = node_get(r->props, "PrimaryKey"), *name = node_get(primary, "Name"),
                      *type = node_get(primary, "Type"), *tags = node_get(r->props, "Tags");
    struct str key_name = name && name->kind == NODE_TEXT ? name->text : STR("id");
    const char *key_type = type && node_is(type, "Number")   ? "N"
                           : type && node_is(type, "Binary") ? "B"
                                                             : "S";
    bool provisioned = node_get(r->props, "ProvisionedThroughput");
    struct node *in = node_new(&t->arena, NODE_MAP, r->at);
    node_put(in, "TableName", resource_name(t, r, "TableName"));
    node_put(in, "AttributeDefinitions", one_pair(t, r, key_name, "AttributeType", key_type));
    node_put(in, "KeySchema", one_pair(t, r, key_name, "KeyType", "HASH"));
    node_put(in, "BillingMode",
             node_text(&t->arena, provisioned ? STR("PROVISIONED") : STR("PAY_PER_REQUEST"), r->at));
    resource_give(t, r, "ProvisionedThroughput", in, "ProvisionedThroughput");
    if (tags)
        node_put(in, "Tags", tags_list(t, tags));
    return in;
}

const struct type_row type_simple_table = {
    .name = "AWS::Serverless::SimpleTable",
    .globals = "SimpleTable",
    .props = simple_rows,
    .service = "dynamodb",
    .operation = "PutTable",
    .ref = "TableName",
    .attrs = table_attrs,
    .name_member = "TableName",
    .unique = true,
    .plan = simple_plan,
};

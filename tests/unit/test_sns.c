/* SNS through the door, with the real SQS and the real pusher behind it, and a function that only notes its
 * event. */
#include "bus/bus.h"
#include "room.h"
#include "sns/sns.h"
#include "sqs/sqs.h"

#define TOPIC "arn:aws:sns:us-east-1:000000000000:news"
#define QUEUE_ARN "arn:aws:sqs:us-east-1:000000000000:inbox"
#define FUNCTION_ARN "arn:aws:lambda:us-east-1:000000000000:function:notify"
#define URL "http://localhost:4566/000000000000/"

/* --- a function that notes what it is invoked with, or is not there */

struct notebook {
    char *event;
    char type[32];
    bool gone;
};

static const struct service lambda_service_stub;

static enum rc notebook_open(struct world *w, void **state)
{
    (void)w;
    *state = calloc(1, sizeof(struct notebook));
    return RC_OK;
}

static void notebook_close(struct world *w, void *state)
{
    (void)w;
    free(((struct notebook *)state)->event);
    free(state);
}

struct invoke_stub_in {
    struct str function, type;
};
static const struct shape_row invoke_in[] = {
    IN_STR(invoke_stub_in, function, "FunctionName"),
    IN_STR(invoke_stub_in, type, "InvocationType"),
    SHAPE_END,
};
static const struct fault function_gone = {.code = "ResourceNotFoundException", .http = 404};

static enum op_end invoke(struct call *c, const void *input)
{
    const struct invoke_stub_in *in = input;
    struct notebook *n = world_state(c->world, &lambda_service_stub);
    if (n->gone)
        return call_fail(c, &function_gone, "Function not found");
    free(n->event);
    n->event = strndup(c->payload.p, c->payload.n);
    str_copy(in->type, n->type, sizeof(n->type));
    return OP_DONE;
}

static const struct op_row invoke_row = {.name = "Invoke",
                                         .run = invoke,
                                         .in = invoke_in,
                                         .in_size = sizeof(struct invoke_stub_in),
                                         .flags = OP_DELIVERS};
static const struct op_row *const invoke_ops[] = {&invoke_row, NULL};
static const struct service lambda_service_stub = {
    .name = "lambda", .ops = invoke_ops, .open = notebook_open, .close = notebook_close};

static const struct service *const services[] = {&sqs_service, &sns_service, &lambda_service_stub,
                                                 &bus_push_service, NULL};

static int setup(void **state)
{
    struct room *r = room_new(services);
    ask(r, "sqs", "CreateQueue", "{'QueueName':'inbox'}");
    ask(r, "sqs", "CreateQueue", "{'QueueName':'dead'}");
    ask(r, "sns", "CreateTopic", "{'Name':'news'}");
    *state = r;
    return 0;
}

static const char *subscribe(struct room *r, const char *attributes, char arn[200])
{
    const cJSON *out = ask(
        r, "sns", "Subscribe",
        "{'TopicArn':'" TOPIC "','Protocol':'sqs','Endpoint':'" QUEUE_ARN "','Attributes':{%s}}", attributes);
    snprintf(arn, 200, "%s", text_at(out, "SubscriptionArn"));
    return arn;
}

/* Publishes, lets the deliveries happen, and returns the next message of the inbox (lent until the next ask),
 * NULL when it is empty.  A message that was there is deleted by being received for good. */
static const cJSON *deliver(struct room *r, const char *message)
{
    ask(r, "sns", "Publish", "{'TopicArn':'" TOPIC "',%s}", message);
    room_advance(r, 0);
    return at(ask(r, "sqs", "ReceiveMessage",
                  "{'QueueUrl':'" URL "inbox','MessageAttributeNames':['All'],'VisibilityTimeout':43200}"),
              "Messages.0");
}

static void the_envelope_for_a_queue(void **state)
{
    struct room *r = *state;
    char arn[200];
    subscribe(r, "", arn);
    const cJSON *m = deliver(r, "'Message':'hi \\'there\\'','Subject':'Hello','MessageAttributes':{'store':{"
                                "'DataType':'String','StringValue':'corp'},'n':{'DataType':'Number',"
                                "'StringValue':'1.50'},'b':{'DataType':'Binary','BinaryValue':'AgME'}}");
    assert_non_null(m);
    assert_null(at(m, "MessageAttributes"));
    const char *body = text_at(m, "Body");
    assert_true(str_starts(str_z(body), STR("{\n  \"Type\" : \"Notification\",\n  \"MessageId\" : \"")));
    cJSON *e = cJSON_Parse(body);
    const char *members[] = {"Type",           "MessageId",      "TopicArn",         "Subject",
                             "Message",        "Timestamp",      "SignatureVersion", "Signature",
                             "SigningCertURL", "UnsubscribeURL", "MessageAttributes"};
    const cJSON *v = e->child;
    for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++, v = v->next)
        assert_string_equal(v->string, members[i]);
    assert_null(v);
    assert_string_equal(text_at(e, "Message"), "hi \"there\"");
    assert_string_equal(text_at(e, "TopicArn"), TOPIC);
    assert_string_equal(text_at(e, "Timestamp"), "2026-01-01T12:00:00.000Z");
    assert_non_null(strstr(text_at(e, "UnsubscribeURL"), arn));
    assert_null(strstr(text_at(e, "UnsubscribeURL"), "Version"));
    assert_string_equal(text_at(e, "MessageAttributes.store.Type"), "String");
    assert_string_equal(text_at(e, "MessageAttributes.n.Value"), "1.50");
    assert_string_equal(text_at(e, "MessageAttributes.b.Value"), "AgME");
    cJSON_Delete(e);
}

static void a_plain_message_has_no_subject_and_no_attributes(void **state)
{
    struct room *r = *state;
    char arn[200];
    subscribe(r, "", arn);
    cJSON *e = cJSON_Parse(text_at(deliver(r, "'Message':'x'"), "Body"));
    assert_int_equal(cJSON_GetArraySize(e), 9);
    assert_null(at(e, "Subject"));
    assert_null(at(e, "MessageAttributes"));
    cJSON_Delete(e);
}

static void raw_delivery(void **state)
{
    struct room *r = *state;
    char arn[200];
    subscribe(r, "'RawMessageDelivery':'true'", arn);
    const cJSON *m = deliver(r, "'Message':'just this','MessageAttributes':{'attr1':{'DataType':'Number',"
                                "'StringValue':'99.12'}}");
    assert_string_equal(text_at(m, "Body"), "just this");
    assert_string_equal(text_at(m, "MD5OfMessageAttributes"), "d302007e9aa062660afc85fd0a482472");
    assert_string_equal(text_at(m, "MessageAttributes.attr1.DataType"), "Number");
}

static void the_event_of_a_function(void **state)
{
    struct room *r = *state;
    struct notebook *n = world_state(r->world, &lambda_service_stub);
    ask(r, "sns", "Subscribe", "{'TopicArn':'" TOPIC "','Protocol':'lambda','Endpoint':'" FUNCTION_ARN "'}");
    ask(r, "sns", "Publish",
        "{'TopicArn':'" TOPIC "','Message':'hello','MessageAttributes':{'a':{'DataType':"
        "'String','StringValue':'1'},'b':{'DataType':'Number','StringValue':'2'},'c':{'DataType':"
        "'String.Array','StringValue':'[1]'},'d':{'DataType':'Binary','BinaryValue':'AgME'}}}");
    char id[60];
    snprintf(id, sizeof(id), "%s", text_at(call_out(r->last), "MessageId"));
    room_advance(r, 0);
    assert_string_equal(n->type, "Event");
    cJSON *e = cJSON_Parse(n->event);
    assert_int_equal(count_at(e, "Records"), 1);
    assert_string_equal(text_at(e, "Records.0.EventSource"), "aws:sns");
    assert_string_equal(text_at(e, "Records.0.EventVersion"), "1.0");
    assert_non_null(strstr(text_at(e, "Records.0.EventSubscriptionArn"), TOPIC ":"));
    const cJSON *sns = at(e, "Records.0.Sns");
    assert_int_equal(cJSON_GetArraySize(sns), 11);
    assert_true(cJSON_IsNull(at(sns, "Subject")));
    assert_string_equal(text_at(sns, "MessageId"), id);
    assert_non_null(at(sns, "SigningCertUrl"));
    assert_non_null(at(sns, "UnsubscribeUrl"));
    assert_string_equal(text_at(sns, "MessageAttributes.b.Value"), "2");
    assert_string_equal(text_at(sns, "MessageAttributes.b.Type"), "String"); /* to a queue it is a Number */
    assert_string_equal(text_at(sns, "MessageAttributes.c.Type"), "String");
    assert_string_equal(text_at(sns, "MessageAttributes.c.Value"), "[1]");
    assert_string_equal(text_at(sns, "MessageAttributes.d.Type"), "Binary");
    cJSON_Delete(e);
}

static void what_cannot_be_delivered_goes_to_the_dead_letter_queue(void **state)
{
    struct room *r = *state;
    struct notebook *n = world_state(r->world, &lambda_service_stub);
    n->gone = true;
    ask(r, "sns", "Subscribe",
        "{'TopicArn':'" TOPIC "','Protocol':'lambda','Endpoint':'" FUNCTION_ARN "','Attributes':{"
        "'RedrivePolicy':'{\\'deadLetterTargetArn\\':\\'arn:aws:sqs:us-east-1:000000000000:dead\\'}'}}");
    ask(r, "sns", "Publish", "{'TopicArn':'" TOPIC "','Message':'lost'}");
    room_advance(r, 0);
    const cJSON *out = ask(r, "sqs", "ReceiveMessage", "{'QueueUrl':'" URL "dead'}");
    cJSON *e = cJSON_Parse(text_at(out, "Messages.0.Body"));
    assert_string_equal(text_at(e, "Type"), "Notification");
    assert_string_equal(text_at(e, "Message"), "lost");
    cJSON_Delete(e);
}

/* --- filters */

#define STRING(name, value) "'" name "':{'DataType':'String','StringValue':'" value "'}"

static void filters_on_attributes(void **state)
{
    struct room *r = *state;
    char arn[200];
    subscribe(r, "'RawMessageDelivery':'true'", arn);
    const struct {
        const char *policy, *attributes;
        bool passes;
    } cases[] = {
        {"{\\'status\\':[\\'NEW\\']}", STRING("status", "NEW"), true},
        {"{\\'status\\':[\\'NEW\\']}", STRING("status", "OLD"), false},
        {"{\\'status\\':[\\'NEW\\']}", STRING("status", "new"), false},
        {"{\\'status\\':[\\'NEW\\']}", "", false},
        {"{\\'status\\':[\\'NEW\\',\\'OLD\\']}", STRING("status", "OLD"), true},
        {"{\\'a\\':[\\'1\\'],\\'b\\':[\\'2\\']}", STRING("a", "1"), false},
        {"{\\'a\\':[\\'1\\'],\\'b\\':[\\'2\\']}", STRING("a", "1") "," STRING("b", "2"), true},
        {"{\\'a\\':[{\\'prefix\\':\\'auto-\\'}]}", STRING("a", "auto-x"), true},
        {"{\\'a\\':[{\\'prefix\\':\\'auto-\\'}]}", STRING("a", "x"), false},
        {"{\\'a\\':[{\\'exists\\':false}]}", STRING("b", "1"), true},
        {"{\\'a\\':[{\\'anything-but\\':[\\'1\\']}]}", STRING("a", "2"), true},
        {"{\\'p\\':[{\\'numeric\\':[\\'>\\',0,\\'<=\\',100]}]}",
         "'p':{'DataType':'Number','StringValue':'99.12'}", true},
        {"{\\'p\\':[{\\'numeric\\':[\\'>\\',0,\\'<=\\',100]}]}",
         "'p':{'DataType':'Number','StringValue':'111'}", false},
        {"{\\'p\\':[{\\'numeric\\':[\\'=\\',5]}]}", STRING("p", "5"), false}, /* text is no number */
        {"{\\'t\\':[\\'b\\']}", "'t':{'DataType':'String.Array','StringValue':'[\\'a\\',\\'b\\']'}", true},
        {"{\\'t\\':[\\'c\\']}", "'t':{'DataType':'String.Array','StringValue':'[\\'a\\',\\'b\\']'}", false},
        {"{}", "", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        ask(r, "sns", "SetSubscriptionAttributes",
            "{'SubscriptionArn':'%s','AttributeName':'FilterPolicy','AttributeValue':'%s'}", arn,
            cases[i].policy);
        char message[600];
        snprintf(message, sizeof(message), "'Message':'m%zu','MessageAttributes':{%s}", i,
                 cases[i].attributes);
        if ((deliver(r, message) != NULL) != cases[i].passes)
            fail_msg("policy %s, attributes %s", cases[i].policy, cases[i].attributes);
    }
}

static void filters_on_the_body(void **state)
{
    struct room *r = *state;
    char arn[200];
    subscribe(r,
              "'RawMessageDelivery':'true','FilterPolicyScope':'MessageBody','FilterPolicy':"
              "'{\\'order\\':{\\'state\\':[{\\'prefix\\':\\'NEW\\'}]}}'",
              arn);
    assert_non_null(deliver(r, "'Message':'{\\'order\\':{\\'state\\':\\'NEWER\\'}}'"));
    assert_null(deliver(r, "'Message':'{\\'order\\':{\\'state\\':\\'OLD\\'}}'"));
    assert_null(deliver(r, "'Message':'no json'"));
}

static void a_body_filter_joins_names_by_dots(void **state)
{
    struct room *r = *state;
    char arn[200];
    subscribe(r,
              "'RawMessageDelivery':'true','FilterPolicyScope':'MessageBody','FilterPolicy':"
              "'{\\'order.state\\':[\\'NEW\\']}'",
              arn);
    assert_non_null(deliver(r, "'Message':'{\\'order\\':{\\'state\\':\\'NEW\\'}}'"));
    assert_non_null(deliver(r, "'Message':'{\\'order.state\\':\\'NEW\\'}'"));
    assert_null(deliver(r, "'Message':'{\\'order\\':\\'NEW\\'}'"));
    ask(r, "sns", "SetSubscriptionAttributes",
        "{'SubscriptionArn':'%s','AttributeName':'FilterPolicy','AttributeValue':"
        "'{\\'order\\':{\\'state\\':[\\'NEW\\']}}'}",
        arn);
    assert_non_null(deliver(r, "'Message':'{\\'order.state\\':\\'NEW\\'}'"));
}

static void add_many(struct buf *b, const char *what, int n)
{
    while (n--)
        buf_z(b, what);
}

static void what_costs_too_much_to_filter_is_delivered(void **state)
{
    struct room *r = *state;
    char arn[200];
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_z(&b, "'FilterPolicyScope':'MessageBody','FilterPolicy':'{\\'a\\':[1");
    add_many(&b, ",{\\'cidr\\':\\'10.0.0.0/8\\'}", 140);
    buf_z(&b, "]}'");
    subscribe(r, buf_zstr(&b), arn);
    assert_null(deliver(r, "'Message':'{\\'a\\':[\\'no\\']}'"));
    buf_clear(&b);
    buf_z(&b, "'Message':'{\\'a\\':[0");
    add_many(&b, ",\\'no\\'", 20000);
    buf_z(&b, "]}'");
    assert_non_null(deliver(r, buf_zstr(&b)));
    buf_release(&b);
}

static void bad_subscriptions_are_refused(void **state)
{
    struct room *r = *state;
    const char *bad[][2] = {
        /* attributes, AWS's words */
        {"'RawMessageDelivery':'wrongvalue'", "Invalid parameter: Attributes Reason: RawMessageDelivery: "
                                              "Invalid value [wrongvalue]. Must be true or "
                                              "false."},
        {"'FilterPolicyScope':'x'",
         "Invalid parameter: Attributes Reason: FilterPolicyScope: Invalid value [x]. Please use either "
         "MessageBody or MessageAttributes"},
        {"'FilterPolicy':'{\\'a\\':{\\'b\\':[\\'c\\']}}'",
         "Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy"},
        {"'FilterPolicy':'{\\'a\\':[[\\'b\\']]}'", "Invalid parameter: Attributes Reason: FilterPolicy: "
                                                   "Match value must be String, number, true, false, "
                                                   "or null"},
        {"'FilterPolicy':'{\\'a\\':[1,{\\'wrong-operator\\':true}]}'",
         "Invalid parameter: Attributes Reason: FilterPolicy: Unrecognized match type wrong-operator"},
        {"'FilterPolicy':'{\\'a\\':\\'b\\'}'",
         "Invalid parameter: Attributes Reason: FilterPolicy: \"a\" must be an object or an array"},
        {"'FilterPolicy':'{\\'a\\':[{\\'anything-but\\':{\\'prefix\\':\\'\\'}}]}'",
         "Invalid parameter: Attributes Reason: FilterPolicy: Null prefix/suffix not allowed"},
        {"'FilterPolicy':'{\\'a\\':[1],\\'b\\':[1],\\'c\\':[1],\\'d\\':[1],\\'e\\':[1],\\'f\\':[1]}'",
         "Invalid parameter: Attributes Reason: FilterPolicy: Filter policy can not have more than 5 keys"},
        {"'FilterPolicy':'{\\'a\\':[1,2,3,4,5,6,7,8],\\'b\\':[1,2,3,4,5,6,7,8],\\'c\\':[1,2,3]}'",
         "Invalid parameter: Attributes Reason: FilterPolicy: Filter policy is too complex"},
        {"'RedrivePolicy':'{\\'deadLetterTargetArn\\':\\'arn:aws-cn:sqs:us-east-1:000000000000:dead\\'}'",
         "Invalid parameter: Attributes Reason: RedrivePolicy: deadLetterTargetArn is an invalid arn"},
        {"'RedrivePolicy':'{\\'deadLetterTargetArn\\':\\'fake\\'}'",
         "Invalid parameter: Attributes Reason: RedrivePolicy: deadLetterTargetArn is an invalid arn"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_string_equal(refused(r, "InvalidParameter", "sns", "Subscribe",
                                    "{'TopicArn':'" TOPIC "','Protocol':'sqs','Endpoint':'" QUEUE_ARN
                                    "','Attributes':{%s}}",
                                    bad[i][0]),
                            bad[i][1]);
    assert_string_equal(refused(r, "InvalidParameter", "sns", "Subscribe",
                                "{'TopicArn':'" TOPIC "','Protocol':'sqs','Endpoint':"
                                "'arn:aws-cn:sqs:us-east-1:000000000000:inbox'}"),
                        "Invalid parameter: SQS endpoint ARN");
    assert_string_equal(refused(r, "InvalidParameter", "sns", "Publish",
                                "{'TopicArn':'arn:aws-cn:sns:us-east-1:000000000000:news','Message':'x'}"),
                        "Invalid parameter: TopicArn");
    assert_string_equal(
        refused(r, "InvalidParameter", "sns", "Subscribe",
                "{'TopicArn':'" TOPIC "','Protocol':'carrier-pigeon','Endpoint':'x'}"),
        "Invalid parameter: Amazon SNS does not support this protocol string: carrier-pigeon");
    refused(r, "InvalidParameter", "sns", "Subscribe",
            "{'TopicArn':'" TOPIC "','Protocol':'email','Endpoint':'a@b.c'}");
    assert_string_equal(refused(r, "InvalidParameter", "sns", "Subscribe",
                                "{'TopicArn':'" TOPIC "','Protocol':'sqs','Endpoint':'" URL "inbox'}"),
                        "Invalid parameter: SQS endpoint ARN");
    assert_string_equal(
        refused(r, "InvalidParameter", "sns", "Subscribe",
                "{'TopicArn':'" TOPIC "','Protocol':'lambda','Endpoint':'" FUNCTION_ARN
                "','Attributes':{'RawMessageDelivery':'true'}}"),
        "Invalid parameter: Attributes Reason: Delivery protocol [lambda] does not support raw "
        "message delivery.");
    ask(r, "sns", "Subscribe",
        "{'TopicArn':'" TOPIC "','Protocol':'lambda','Endpoint':'" FUNCTION_ARN
        "','Attributes':{'RawMessageDelivery':'false'}}");
}

/* --- publishing */

static void message_structure_json(void **state)
{
    struct room *r = *state;
    char arn[200];
    subscribe(r, "'RawMessageDelivery':'true'", arn);
    assert_string_equal(text_at(deliver(r, "'MessageStructure':'json','Message':'{\\'default\\':\\'d\\',"
                                           "\\'sqs\\':\\'for queues\\'}'"),
                                "Body"),
                        "for queues");
    assert_string_equal(
        text_at(deliver(r, "'MessageStructure':'json','Message':'{\\'default\\':\\'d\\'}'"), "Body"), "d");
}

static void bad_messages_are_refused(void **state)
{
    struct room *r = *state;
    const char *bad[][3] = {
        /* code, what is wrong, AWS's words */
        {"InvalidParameter", "'Message':''", "Invalid parameter: Empty message"},
        {"InvalidParameter", "'Message':'x','Subject':''", "Invalid parameter: Subject"},
        {"InvalidParameter", "'Message':'x','MessageStructure':'json'",
         "Invalid parameter: Message Structure - JSON message body failed to parse"},
        {"InvalidParameter", "'Message':'{\\'default\\':{}}','MessageStructure':'json'",
         "Invalid parameter: Message Structure - No default entry in JSON message body"},
        {"InvalidParameter", "'Message':'x','MessageDeduplicationId':'1'",
         "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId "
         "parameter "
         "that is not valid for this topic type"},
        {"ParameterValueInvalid", "'Message':'x','MessageAttributes':{" STRING("attr1", "") "}",
         "The message attribute 'attr1' must contain non-empty message attribute value for message attribute "
         "type "
         "'String'."},
        {"ParameterValueInvalid",
         "'Message':'x','MessageAttributes':{'attr1':{'DataType':'Number','BinaryValue':'AgME'}}",
         "The message attribute 'attr1' with type 'Number' must use field 'String'."},
        {"ParameterValueInvalid", "'Message':'x','MessageAttributes':{" STRING("a^b", "1") "}",
         "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only "
         "include "
         "alphanumeric characters, hyphens, underscores, or dots."},
        {"ParameterValueInvalid",
         "'Message':'x','MessageAttributes':{'a':{'DataType':'String.','StringValue':'1'}}",
         "The message attribute 'a' has an invalid message attribute type, the set of supported type "
         "prefixes is Binary, Number, and String."},
        {"ParameterValueInvalid",
         "'Message':'x','MessageAttributes':{'a':{'DataType':'Stringy','StringValue':"
         "'1'}}",
         "The message attribute 'a' has an invalid message attribute type, the set of supported type "
         "prefixes is "
         "Binary, Number, and String."},
        {"ParameterValueInvalid",
         "'Message':'x','MessageAttributes':{'price':{'DataType':'Number','StringValue':'cheap'}}",
         "Could not cast message attribute 'price' value to number."},
        {"ParameterValueInvalid",
         "'Message':'x','MessageAttributes':{'a':{'DataType':'String','StringValue':'1','BinaryValue':'AgME'}"
         "}",
         "The message attribute 'a' has multiple values."},
        {"ValidationError", "'Message':'x','MessageAttributes':{'attr1':{'StringValue':'1'}}",
         "1 validation error detected: Value null at 'messageAttributes.attr1.member.dataType' failed to "
         "satisfy "
         "constraint: Member must not be null"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_string_equal(refused(r, bad[i][0], "sns", "Publish", "{'TopicArn':'" TOPIC "',%s}", bad[i][1]),
                            bad[i][2]);
    assert_string_equal(refused(r, "NotFound", "sns", "Publish", "{'TopicArn':'" TOPIC "x','Message':'m'}"),
                        "Topic does not exist");
    assert_string_equal(refused(r, "InvalidParameter", "sns", "Publish", "{'TopicArn':'news','Message':'m'}"),
                        "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1");
    assert_string_equal(refused(r, "InvalidParameter", "sns", "Publish",
                                "{'TopicArn':'arn:aws:sns:eu-west-1:000000000000:news','Message':'m'}"),
                        "Invalid parameter: TopicArn");
    refused(r, "InvalidParameter", "sns", "DeleteTopic",
            "{'TopicArn':'arn:aws:sns:eu-west-1:000000000000:news'}");
    char *big = malloc(262146);
    memset(big, 'x', 262145);
    big[262145] = 0;
    assert_string_equal(
        refused(r, "InvalidParameter", "sns", "Publish", "{'TopicArn':'" TOPIC "','Message':'%s'}", big),
        "Invalid parameter: Message too long");
    big[262144] = 0;
    ask(r, "sns", "Publish", "{'TopicArn':'" TOPIC "','Message':'%s'}", big);
    big[262144 - strlen("aBinary") - 1] = 0; /* and an attribute whose value is one byte */
    ask(r, "sns", "Publish",
        "{'TopicArn':'" TOPIC "','Message':'%s','MessageAttributes':{'a':{'DataType':'Binary','BinaryValue':"
        "'AA=='}}}",
        big);
    free(big);
}

static void batches(void **state)
{
    struct room *r = *state;
    char arn[200];
    subscribe(r, "'RawMessageDelivery':'true'", arn);
#define BATCH "{'TopicArn':'" TOPIC "','PublishBatchRequestEntries':[%s]}"
    const cJSON *out =
        ask(r, "sns", "PublishBatch", BATCH, "{'Id':'a','Message':'A'},{'Id':'b','Message':'B'}");
    assert_int_equal(count_at(out, "Successful"), 2);
    assert_int_equal(count_at(out, "Failed"), 0);
    room_advance(r, 0);
    out = ask(r, "sqs", "ReceiveMessage", "{'QueueUrl':'" URL "inbox','MaxNumberOfMessages':10}");
    assert_int_equal(count_at(out, "Messages"), 2);
    assert_string_equal(text_at(out, "Messages.0.Body"), "A");

#define ENTRY(id) "{'Id':'" id "','Message':'m'}"
#define FIVE(x) ENTRY(x "1") "," ENTRY(x "2") "," ENTRY(x "3") "," ENTRY(x "4") "," ENTRY(x "5")
    static const char *const bad[][3] = {
        {"EmptyBatchRequest", "", "The batch request doesn't contain any entries."},
        {"TooManyEntriesInBatchRequest", FIVE("a") "," FIVE("b") "," ENTRY("c"),
         "The batch request contains more entries than permissible."},
        {"BatchEntryIdsNotDistinct", ENTRY("a") "," ENTRY("a"),
         "Two or more batch entries in the request have the same Id."},
        {"InvalidBatchEntryId", ENTRY("a:b"),
         "The Id of a batch entry in a batch request doesn't abide by the specification."},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_string_equal(refused(r, bad[i][0], "sns", "PublishBatch", BATCH, bad[i][1]), bad[i][2]);
    refused(r, "ParameterValueInvalid", "sns", "PublishBatch", BATCH,
            "{'Id':'a','Message':'A','MessageAttributes':{" STRING("x", "") "}}");
}

/* --- topics and subscriptions */

static void topics(void **state)
{
    struct room *r = *state;
    const cJSON *out = ask(r, "sns", "CreateTopic",
                           "{'Name':'t','Attributes':{'DisplayName':'T'},'Tags':[{'Key':'k','Value':'v'}]}");
    assert_string_equal(text_at(out, "TopicArn"), "arn:aws:sns:us-east-1:000000000000:t");
    ask(r, "sns", "CreateTopic", "{'Name':'t'}");
    assert_string_equal(
        refused(r, "InvalidParameter", "sns", "CreateTopic", "{'Name':'t','Tags':[{'Key':'k','Value':'w'}]}"),
        "Invalid parameter: Tags Reason: Topic already exists with different tags");
    ask(r, "sns", "CreateTopic", "{'Name':'two','Tags':[{'Key':'a','Value':'1'},{'Key':'b','Value':'2'}]}");
    ask(r, "sns", "CreateTopic", "{'Name':'two','Tags':[{'Key':'b','Value':'2'}]}"); /* fewer are no others */
    ask(r, "sns", "CreateTopic", "{'Name':'two','Tags':[]}");
    refused(r, "InvalidParameter", "sns", "CreateTopic",
            "{'Name':'two','Tags':[{'Key':'a','Value':'1'},{'Key':'c','Value':'3'}]}");
    ask(r, "sns", "DeleteTopic", "{'TopicArn':'arn:aws:sns:us-east-1:000000000000:two'}");
    refused(r, "InvalidParameter", "sns", "CreateTopic", "{'Name':'t','Attributes':{'DisplayName':'U'}}");
    refused(r, "InvalidParameter", "sns", "CreateTopic", "{'Name':'t t'}");
    refused(r, "InvalidParameter", "sns", "CreateTopic", "{'Name':'t.fifo'}");
    char tags[4096];
    for (int i = 0, n = 0; i <= 50; i++)
        n += snprintf(tags + n, sizeof(tags) - (size_t)n, "%s{'Key':'%d','Value':''}", i ? "," : "", i);
    refused(r, "TagLimitExceeded", "sns", "CreateTopic", "{'Name':'much','Tags':[%s]}", tags);
    assert_int_equal(count_at(ask(r, "sns", "ListTopics", "{}"), "Topics"), 2);

    ask(r, "sns", "SetTopicAttributes",
        "{'TopicArn':'arn:aws:sns:us-east-1:000000000000:t','AttributeName':"
        "'DisplayName','AttributeValue':'V'}");
    out = ask(r, "sns", "GetTopicAttributes", "{'TopicArn':'arn:aws:sns:us-east-1:000000000000:t'}");
    assert_string_equal(text_at(out, "Attributes.DisplayName"), "V");
    assert_string_equal(text_at(out, "Attributes.Owner"), "000000000000");
    assert_string_equal(text_at(out, "Attributes.SubscriptionsConfirmed"), "0");
    cJSON *policy = cJSON_Parse(text_at(out, "Attributes.Policy"));
    assert_int_equal(count_at(policy, "Statement.0.Action"), 8);
    cJSON_Delete(policy);

    ask(r, "sns", "DeleteTopic", "{'TopicArn':'arn:aws:sns:us-east-1:000000000000:t'}");
    ask(r, "sns", "DeleteTopic", "{'TopicArn':'arn:aws:sns:us-east-1:000000000000:t'}");
    refused(r, "NotFound", "sns", "GetTopicAttributes",
            "{'TopicArn':'arn:aws:sns:us-east-1:000000000000:t'}");
}

static void tags_and_permissions(void **state)
{
    struct room *r = *state;
    ask(r, "sns", "TagResource",
        "{'ResourceArn':'" TOPIC "','Tags':[{'Key':'k1','Value':'v1'},{'Key':'k2','Value':'v2'}]}");
    ask(r, "sns", "UntagResource", "{'ResourceArn':'" TOPIC "','TagKeys':['k1']}");
    const cJSON *out = ask(r, "sns", "ListTagsForResource", "{'ResourceArn':'" TOPIC "'}");
    assert_int_equal(count_at(out, "Tags"), 1);
    assert_string_equal(text_at(out, "Tags.0.Key"), "k2");
    assert_string_equal(refused(r, "InvalidParameter", "sns", "TagResource",
                                "{'ResourceArn':'" TOPIC "','Tags':[{'Key':'a','Value':'1'},{'Key':'a',"
                                "'Value':'2'}]}"),
                        "Invalid parameter: Duplicated keys are not allowed.");
    refused(r, "ResourceNotFound", "sns", "ListTagsForResource", "{'ResourceArn':'" TOPIC "x'}");

    ask(r, "sns", "AddPermission",
        "{'TopicArn':'" TOPIC "','Label':'l','AWSAccountId':['111111111111'],'ActionName':['Publish']}");
    out = ask(r, "sns", "GetTopicAttributes", "{'TopicArn':'" TOPIC "'}");
    cJSON *policy = cJSON_Parse(text_at(out, "Attributes.Policy"));
    assert_string_equal(text_at(policy, "Statement.1.Action"), "SNS:Publish");
    cJSON_Delete(policy);
    refused(r, "InvalidParameter", "sns", "AddPermission",
            "{'TopicArn':'" TOPIC "','Label':'l','AWSAccountId':['1'],'ActionName':['Publish']}");
    assert_string_equal(refused(r, "InvalidParameter", "sns", "AddPermission",
                                "{'TopicArn':'" TOPIC
                                "','Label':'m','AWSAccountId':['1'],'ActionName':['SendMessage']}"),
                        "Invalid parameter: Policy statement action out of service scope!");
    ask(r, "sns", "RemovePermission", "{'TopicArn':'" TOPIC "','Label':'l'}");

    ask(r, "sns", "SetTopicAttributes",
        "{'TopicArn':'" TOPIC "','AttributeName':'Policy','AttributeValue':'{\\'Statement\\':{\\'Sid\\':"
        "\\'own\\'}}'}");
    ask(r, "sns", "AddPermission",
        "{'TopicArn':'" TOPIC "','Label':'l','AWSAccountId':['111111111111'],'ActionName':['Publish']}");
    out = ask(r, "sns", "GetTopicAttributes", "{'TopicArn':'" TOPIC "'}");
    policy = cJSON_Parse(text_at(out, "Attributes.Policy"));
    assert_string_equal(text_at(policy, "Statement.0.Sid"), "own");
    assert_string_equal(text_at(policy, "Statement.1.Sid"), "l");
    cJSON_Delete(policy);
}

static void a_default_that_is_given_makes_no_other_subscription(void **state)
{
    struct room *r = *state;
    char arn[200], again[200];
    subscribe(r, "", arn);
    static const char *const same[] = {"'RawMessageDelivery':'false'",
                                       "'FilterPolicyScope':'MessageAttributes'", "'FilterPolicy':'{}'",
                                       "'RawMessageDelivery':'FALSE'", ""};
    for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
        assert_string_equal(subscribe(r, same[i], again), arn);
    refused(r, "InvalidParameter", "sns", "Subscribe",
            "{'TopicArn':'" TOPIC "','Protocol':'sqs','Endpoint':'" QUEUE_ARN
            "','Attributes':{'FilterPolicyScope':'MessageBody'}}");
}

static void tags_are_counted_in_characters(void **state)
{
    struct room *r = *state;
    char key[128 * 2 + 1] = "", value[256 * 2 + 1] = "";
    for (int i = 0; i < 128; i++)
        memcpy(key + 2 * i, "\u00e9", 3);
    for (int i = 0; i < 128; i++) /* each two, as UTF-16 has it */
        memcpy(value + 4 * i, "\U0001f30a", 5);
    ask(r, "sns", "CreateTopic", "{'Name':'t','Tags':[{'Key':'%s','Value':'%s'}]}", key, value);
    ask(r, "sqs", "TagQueue", "{'QueueUrl':'" URL "inbox','Tags':{'%s':'%s'}}", key, value);
    refused(r, "ValidationError", "sns", "CreateTopic", "{'Name':'u','Tags':[{'Key':'x%s','Value':''}]}",
            key);
    refused(r, "ValidationError", "sns", "CreateTopic", "{'Name':'u','Tags':[{'Key':'k','Value':'x%s'}]}",
            value);
    ask(r, "sns", "SetTopicAttributes",
        "{'TopicArn':'" TOPIC "','AttributeName':'DisplayName','AttributeValue':'%.200s'}", key);
}

static void subscriptions(void **state)
{
    struct room *r = *state;
    char arn[200], again[200];
    subscribe(r, "'RawMessageDelivery':'true'", arn);
    assert_string_equal(subscribe(r, "'RawMessageDelivery':'true'", again), arn);
    assert_string_equal(refused(r, "InvalidParameter", "sns", "Subscribe",
                                "{'TopicArn':'" TOPIC "','Protocol':'sqs','Endpoint':'" QUEUE_ARN
                                "','Attributes':{'RawMessageDelivery':'false'}}"),
                        "Invalid parameter: Attributes Reason: Subscription already exists with different "
                        "attributes");
    ask(r, "sns", "SetSubscriptionAttributes",
        "{'SubscriptionArn':'%s','AttributeName':'FilterPolicy','AttributeValue':'{\\'a\\':[\\'x\\']}'}",
        arn);
    assert_string_equal(subscribe(r, "'RawMessageDelivery':'TRUE'", again),
                        arn); /* what is not given agrees */
    assert_string_equal(subscribe(r, "'FilterPolicyScope':'MessageAttributes'", again), arn);
    refused(r, "InvalidParameter", "sns", "Subscribe",
            "{'TopicArn':'" TOPIC "','Protocol':'sqs','Endpoint':'" QUEUE_ARN
            "','Attributes':{'FilterPolicy':'{\\'a\\':[\\'X\\']}'}}");
    ask(r, "sns", "SetSubscriptionAttributes", "{'SubscriptionArn':'%s','AttributeName':'FilterPolicy'}",
        arn);
    const cJSON *out = ask(r, "sns", "GetSubscriptionAttributes", "{'SubscriptionArn':'%s'}", arn);
    const char *expected[][2] = {{"ConfirmationWasAuthenticated", "true"},
                                 {"Endpoint", QUEUE_ARN},
                                 {"Owner", "000000000000"},
                                 {"PendingConfirmation", "false"},
                                 {"Protocol", "sqs"},
                                 {"RawMessageDelivery", "true"},
                                 {"SubscriptionArn", arn},
                                 {"SubscriptionPrincipal", "arn:aws:iam::000000000000:user/tidepool"},
                                 {"TopicArn", TOPIC}};
    for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
        assert_string_equal(text_at(at(out, "Attributes"), expected[i][0]), expected[i][1]);
    assert_null(at(out, "Attributes.FilterPolicyScope"));

    assert_int_equal(count_at(ask(r, "sns", "ListSubscriptions", "{}"), "Subscriptions"), 1);
    out = ask(r, "sns", "ListSubscriptionsByTopic", "{'TopicArn':'" TOPIC "'}");
    assert_string_equal(text_at(out, "Subscriptions.0.SubscriptionArn"), arn);
    assert_string_equal(refused(r, "InvalidParameter", "sns", "SetSubscriptionAttributes",
                                "{'SubscriptionArn':'%s','AttributeName':'Fake','AttributeValue':'x'}", arn),
                        "Invalid parameter: AttributeName");
    refused(r, "InvalidParameter", "sns", "ConfirmSubscription", "{'TopicArn':'" TOPIC "','Token':'t'}");

    static const char *const bad[][2] = {
        {"no-arn", "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"},
        {"arn:aws:sns:us-east-1",
         "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 4"},
        {TOPIC, "Invalid parameter: SubscriptionId"},
        {"arn:aws:sqs:us-east-1:000000000000:news:id", "Invalid parameter: SubscriptionArn"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_string_equal(
            refused(r, "InvalidParameter", "sns", "Unsubscribe", "{'SubscriptionArn':'%s'}", bad[i][0]),
            bad[i][1]);
    ask(r, "sns", "Unsubscribe", "{'SubscriptionArn':'%s'}", arn);
    ask(r, "sns", "Unsubscribe", "{'SubscriptionArn':'%s'}", arn);
    assert_string_equal(
        refused(r, "NotFound", "sns", "GetSubscriptionAttributes", "{'SubscriptionArn':'%s'}", arn),
        "Subscription does not exist");
    out = ask(r, "sns", "GetTopicAttributes", "{'TopicArn':'" TOPIC "'}");
    assert_string_equal(text_at(out, "Attributes.SubscriptionsDeleted"), "1");
}

static void pages_of_a_hundred(void **state)
{
    struct room *r = *state;
    for (int i = 0; i < 120; i++)
        ask(r, "sns", "CreateTopic", "{'Name':'page-%d'}", i);
    const cJSON *out = ask(r, "sns", "ListTopics", "{}");
    assert_int_equal(count_at(out, "Topics"), 100);
    char token[40];
    snprintf(token, sizeof(token), "%s", text_at(out, "NextToken"));
    out = ask(r, "sns", "ListTopics", "{'NextToken':'%s'}", token);
    assert_int_equal(count_at(out, "Topics"), 21);
    assert_null(at(out, "NextToken"));
    refused(r, "InvalidParameter", "sns", "ListTopics", "{'NextToken':'garbage'}");
}

static void putting(void **state)
{
    struct room *r = *state;
    const cJSON *out = ask(r, "sns", "PutTopic", "{'Name':'news','Attributes':{'DisplayName':'N'}}");
    assert_string_equal(text_at(out, "TopicName"), "news");
    char arn[200];
#define PUT "{'TopicArn':'" TOPIC "','Protocol':'sqs','Endpoint':'" QUEUE_ARN "','Attributes':{%s}}"
    out = ask(r, "sns", "PutSubscription", PUT, "");
    snprintf(arn, sizeof(arn), "%s", text_at(out, "SubscriptionArn"));
    out = ask(r, "sns", "PutSubscription", PUT, "'RawMessageDelivery':'true'");
    assert_string_equal(text_at(out, "SubscriptionArn"), arn);
    assert_string_equal(text_at(deliver(r, "'Message':'raw now'"), "Body"), "raw now");
}

static void all_state_is_in_the_store(void **state)
{
    struct room *r = *state;
    char arn[200];
    subscribe(r, "'RawMessageDelivery':'true'", arn);
    world_drop(r->world);
    assert_string_equal(text_at(deliver(r, "'Message':'still there'"), "Body"), "still there");
    ask(r, "sns", "DeleteTopic", "{'TopicArn':'" TOPIC "'}");
    world_drop(r->world);
    assert_int_equal(count_at(ask(r, "sns", "ListSubscriptions", "{}"), "Subscriptions"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, room_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_envelope_for_a_queue),
        TEST(a_plain_message_has_no_subject_and_no_attributes),
        TEST(raw_delivery),
        TEST(the_event_of_a_function),
        TEST(what_cannot_be_delivered_goes_to_the_dead_letter_queue),
        TEST(filters_on_attributes),
        TEST(filters_on_the_body),
        TEST(a_body_filter_joins_names_by_dots),
        TEST(what_costs_too_much_to_filter_is_delivered),
        TEST(bad_subscriptions_are_refused),
        TEST(message_structure_json),
        TEST(bad_messages_are_refused),
        TEST(batches),
        TEST(topics),
        TEST(tags_and_permissions),
        TEST(subscriptions),
        TEST(a_default_that_is_given_makes_no_other_subscription),
        TEST(tags_are_counted_in_characters),
        TEST(pages_of_a_hundred),
        TEST(putting),
        TEST(all_state_is_in_the_store),
    };
    return cmocka_run_group_tests_name("sns", tests, NULL, NULL);
}

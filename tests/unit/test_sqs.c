/* SQS through the door, on a clock that stands still until the test moves it. */
#include "room.h"

#include "aws_ask.h"
#include "control/control.h"
#include "core/conf.h"
#include "sqs/sqs.h"

static const struct service *const services[] = {&sqs_service, &control_service, NULL};

#define URL "http://localhost:4566/000000000000/"
#define JOBS "'QueueUrl':'" URL "jobs'"
#define DEAD "'QueueUrl':'" URL "dead'"

static int setup(void **state)
{
    struct room *r = room_new(services);
    ask(r, "sqs", "CreateQueue", "{'QueueName':'jobs'}");
    *state = r;
    return 0;
}

static const char *attribute(struct room *r, const char *queue, const char *name)
{
    const cJSON *out =
        ask(r, "sqs", "GetQueueAttributes", "{'QueueUrl':'" URL "%s','AttributeNames':['%s']}", queue, name);
    const cJSON *attributes = cJSON_GetObjectItem(out, "Attributes");
    const char *z = cJSON_GetStringValue(cJSON_GetObjectItem(attributes, name));
    return z ? z : "(nothing)";
}

static void assert_counts(struct room *r, const char *queue, const char *visible, const char *hidden,
                          const char *delayed)
{
    assert_string_equal(attribute(r, queue, "ApproximateNumberOfMessages"), visible);
    assert_string_equal(attribute(r, queue, "ApproximateNumberOfMessagesNotVisible"), hidden);
    assert_string_equal(attribute(r, queue, "ApproximateNumberOfMessagesDelayed"), delayed);
}

static void send(struct room *r, const char *body)
{
    ask(r, "sqs", "SendMessage", "{" JOBS ",'MessageBody':'%s'}", body);
}

/* The body of the next message, "(nothing)" when none is visible; its handle into `handle`. */
static const char *receive(struct room *r, char handle[200])
{
    const cJSON *out = ask(r, "sqs", "ReceiveMessage", "{" JOBS "}");
    if (handle)
        snprintf(handle, 200, "%s", text_at(out, "Messages.0.ReceiptHandle"));
    return text_at(out, "Messages.0.Body");
}

static void send_receive_delete(void **state)
{
    struct room *r = *state;
    char handle[200];
    const cJSON *sent = ask(r, "sqs", "SendMessage", "{" JOBS ",'MessageBody':'hello'}");
    assert_string_equal(text_at(sent, "MD5OfMessageBody"), "5d41402abc4b2a76b9719d911017c592");
    assert_counts(r, "jobs", "1", "0", "0");

    assert_string_equal(receive(r, handle), "hello");
    assert_counts(r, "jobs", "0", "1", "0");
    assert_null(at(ask(r, "sqs", "ReceiveMessage", "{" JOBS "}"), "Messages"));

    ask(r, "sqs", "DeleteMessage", "{" JOBS ",'ReceiptHandle':'%s'}", handle);
    assert_counts(r, "jobs", "0", "0", "0");
    ask(r, "sqs", "DeleteMessage", "{" JOBS ",'ReceiptHandle':'%s'}", handle); /* again: silently fine */
}

static void messages_come_in_the_order_of_sending(void **state)
{
    struct room *r = *state;
    for (int i = 0; i < 12; i++) {
        char body[16];
        snprintf(body, sizeof(body), "m%d", i);
        send(r, body);
        room_advance(r, i % 2);
    }
    const cJSON *out = ask(r, "sqs", "ReceiveMessage", "{" JOBS ",'MaxNumberOfMessages':10}");
    assert_int_equal(count_at(out, "Messages"), 10);
    assert_string_equal(text_at(out, "Messages.0.Body"), "m0");
    assert_string_equal(text_at(out, "Messages.9.Body"), "m9");
    assert_string_equal(receive(r, NULL), "m10");
}

static void a_hidden_message_comes_back(void **state)
{
    struct room *r = *state;
    char first[200], second[200];
    send(r, "again");
    receive(r, first);
    room_advance(r, 29999);
    assert_string_equal(receive(r, NULL), "(nothing)");
    room_advance(r, 1);
    const cJSON *out = ask(r, "sqs", "ReceiveMessage", "{" JOBS ",'AttributeNames':['All']}");
    assert_string_equal(text_at(out, "Messages.0.Attributes.ApproximateReceiveCount"), "2");
    assert_string_equal(text_at(out, "Messages.0.Attributes.SentTimestamp"), "1767268800000");
    assert_string_equal(text_at(out, "Messages.0.Attributes.ApproximateFirstReceiveTimestamp"),
                        "1767268800000");
    snprintf(second, sizeof(second), "%s", text_at(out, "Messages.0.ReceiptHandle"));
    assert_string_not_equal(first, second);
}

/* Receives again at once, on a clock that stands still. */
static void receive_again(struct room *r, char handle[200])
{
    const cJSON *out = ask(r, "sqs", "ReceiveMessage", "{" JOBS ",'VisibilityTimeout':0}");
    snprintf(handle, 200, "%s", text_at(out, "Messages.0.ReceiptHandle"));
}

static void any_handle_of_a_message_deletes_it(void **state)
{
    struct room *r = *state;
    char handles[4][200];
    for (int i = 0; i < 4; i++) {
        send(r, "again");
        for (int n = 0; n < 3; n++)
            receive_again(r, handles[n]);
        receive(r, handles[3]);
        assert_string_not_equal(handles[0], handles[1]);
        assert_counts(r, "jobs", "0", "1", "0");
        ask(r, "sqs", "DeleteMessage", "{" JOBS ",'ReceiptHandle':'%s'}", handles[i]);
        assert_counts(r, "jobs", "0", "0", "0");
        for (int n = 0; n < 4; n++) /* the others say yes to what is done */
            ask(r, "sqs", "DeleteMessage", "{" JOBS ",'ReceiptHandle':'%s'}", handles[n]);
    }
}

static void an_older_handle_changes_the_visibility(void **state)
{
    struct room *r = *state;
    char first[200], second[200];
    send(r, "again");
    receive(r, first);
    room_advance(r, 30000);
    receive(r, second);
    ask(r, "sqs", "ChangeMessageVisibility", "{" JOBS ",'ReceiptHandle':'%s','VisibilityTimeout':100}",
        first);
    room_advance(r, 99999);
    assert_string_equal(receive(r, NULL), "(nothing)");
    room_advance(r, 1);
    assert_string_equal(receive(r, NULL), "again");
    ask(r, "sqs", "ChangeMessageVisibility", "{" JOBS ",'ReceiptHandle':'%s','VisibilityTimeout':0}", second);
    ask(r, "sqs", "DeleteMessage", "{" JOBS ",'ReceiptHandle':'%s'}", first);
    assert_counts(r, "jobs", "0", "0", "0");
    assert_non_null(strstr(refused(r, "InvalidParameterValueException", "sqs", "ChangeMessageVisibility",
                                   "{" JOBS ",'ReceiptHandle':'%s','VisibilityTimeout':5}", first),
                           "Message does not exist or is not available for visibility timeout change."));
}

/* Messages are numbered anew after a purge; a handle of before has nothing to do with them. */
static void a_handle_of_before_a_purge_touches_no_other_message(void **state)
{
    struct room *r = *state;
    char before[200], after[200];
    send(r, "purged");
    receive_again(r, before);
    ask(r, "sqs", "PurgeQueue", "{" JOBS "}");
    send(r, "kept");
    for (int i = 0; i < 3; i++) {
        receive_again(r, after);
        ask(r, "sqs", "DeleteMessage", "{" JOBS ",'ReceiptHandle':'%s'}", before);
        assert_counts(r, "jobs", "1", "0", "0");
    }
}

static void visibility_can_be_changed(void **state)
{
    struct room *r = *state;
    char handle[200];
    send(r, "slow");
    receive(r, handle);
    ask(r, "sqs", "ChangeMessageVisibility", "{" JOBS ",'ReceiptHandle':'%s','VisibilityTimeout':100}",
        handle);
    room_advance(r, 99000);
    assert_string_equal(receive(r, NULL), "(nothing)");
    ask(r, "sqs", "ChangeMessageVisibility", "{" JOBS ",'ReceiptHandle':'%s','VisibilityTimeout':0}", handle);
    assert_counts(r, "jobs", "1", "0", "0");
    assert_string_equal(receive(r, NULL), "slow");
}

/* AWS says yes to the newest handle of a message that has come back, and leaves the message alone. */
static void a_message_that_came_back_is_not_hidden_again(void **state)
{
    struct room *r = *state;
    char handle[200];
    send(r, "x");
    receive(r, handle);
    room_advance(r, 30000);
    ask(r, "sqs", "ChangeMessageVisibility", "{" JOBS ",'ReceiptHandle':'%s','VisibilityTimeout':100}",
        handle);
    assert_counts(r, "jobs", "1", "0", "0");
    assert_string_equal(receive(r, NULL), "x");
}

static void visibility_ends_twelve_hours_after_the_receive(void **state)
{
    struct room *r = *state;
    char handle[200];
    send(r, "long");
    receive(r, handle);
    room_advance(r, 10000);
    ask(r, "sqs", "ChangeMessageVisibility", "{" JOBS ",'ReceiptHandle':'%s','VisibilityTimeout':43190}",
        handle);
    refused(r, "InvalidParameterValueException", "sqs", "ChangeMessageVisibility",
            "{" JOBS ",'ReceiptHandle':'%s','VisibilityTimeout':43191}", handle);
    assert_string_equal(arena_z(&r->last->arena, r->last->fault_text),
                        "Value 43191 for parameter VisibilityTimeout is invalid. Reason: Total "
                        "VisibilityTimeout for the message is beyond the limit [43200 seconds]");
}

static void delays(void **state)
{
    struct room *r = *state;
    ask(r, "sqs", "SendMessage", "{" JOBS ",'MessageBody':'later','DelaySeconds':5}");
    assert_counts(r, "jobs", "0", "0", "1");
    room_advance(r, 4999);
    assert_string_equal(receive(r, NULL), "(nothing)");
    room_advance(r, 1);
    assert_string_equal(receive(r, NULL), "later");

    ask(r, "sqs", "SetQueueAttributes", "{" JOBS ",'Attributes':{'DelaySeconds':'7'}}");
    send(r, "delay of the queue");
    ask(r, "sqs", "SendMessage", "{" JOBS ",'MessageBody':'own delay','DelaySeconds':0}");
    assert_string_equal(receive(r, NULL), "own delay");
    room_advance(r, 7000);
    assert_string_equal(receive(r, NULL), "delay of the queue");
}

static void retention(void **state)
{
    struct room *r = *state;
    ask(r, "sqs", "SetQueueAttributes", "{" JOBS ",'Attributes':{'MessageRetentionPeriod':'60'}}");
    send(r, "received once");
    receive(r, NULL);
    send(r, "never received");
    room_advance(r, 59999);
    assert_counts(r, "jobs", "2", "0", "0");
    room_advance(r, 1);
    assert_string_equal(receive(r, NULL), "(nothing)");
    assert_counts(r, "jobs", "0", "0", "0");
}

static void redrive(void **state)
{
    struct room *r = *state;
    ask(r, "sqs", "CreateQueue", "{'QueueName':'dead'}");
    ask(r, "sqs", "SetQueueAttributes",
        "{" JOBS ",'Attributes':{'VisibilityTimeout':'1','RedrivePolicy':'{\\'deadLetterTargetArn\\':"
        "\\'arn:aws:sqs:us-east-1:000000000000:dead\\',\\'maxReceiveCount\\':2}'}}");
    const cJSON *sent = ask(r, "sqs", "SendMessage", "{" JOBS ",'MessageBody':'poison'}");
    char id[40];
    snprintf(id, sizeof(id), "%s", text_at(sent, "MessageId"));
    for (int i = 0; i < 2; i++) {
        assert_string_equal(receive(r, NULL), "poison");
        room_advance(r, 1000);
    }
    assert_counts(r, "dead", "0", "0", "0"); /* only the next receive moves it */
    assert_string_equal(receive(r, NULL), "(nothing)");
    assert_counts(r, "jobs", "0", "0", "0");
    assert_counts(r, "dead", "1", "0", "0");

    const cJSON *out = ask(r, "sqs", "ReceiveMessage", "{" DEAD ",'MessageSystemAttributeNames':['All']}");
    assert_string_equal(text_at(out, "Messages.0.MessageId"), id);
    assert_string_equal(text_at(out, "Messages.0.Attributes.DeadLetterQueueSourceArn"),
                        "arn:aws:sqs:us-east-1:000000000000:jobs");
    assert_string_equal(text_at(out, "Messages.0.Attributes.ApproximateReceiveCount"), "3");

    out = ask(r, "sqs", "ListDeadLetterSourceQueues", "{" DEAD "}");
    assert_int_equal(count_at(out, "queueUrls"), 1);
    assert_string_equal(text_at(out, "queueUrls.0"), URL "jobs");
}

static void redrive_policies_are_checked(void **state)
{
    struct room *r = *state;
    const char *policies[][2] = {
        {"no json", "Redrive policy is not a valid JSON map."},
        {"{\\'maxReceiveCount\\':1}",
         "Redrive policy does not contain mandatory attribute: deadLetterTargetArn."},
        {"{\\'deadLetterTargetArn\\':\\'dummy\\',\\'maxReceiveCount\\':42}",
         "Invalid value for deadLetterTargetArn."},
        {"{\\'deadLetterTargetArn\\':\\'arn:aws-cn:sqs:us-east-1:000000000000:dead\\',\\'maxReceiveCount\\':"
         "4}",
         "Invalid value for deadLetterTargetArn."},
        {"{\\'deadLetterTargetArn\\':\\'arn:aws:sqs:us-east-1:000000000000:none\\',\\'maxReceiveCount\\':4}",
         "Dead letter target does not exist."},
        {"{\\'deadLetterTargetArn\\':\\'arn:aws:sqs:us-east-1:000000000000:jobs\\',\\'maxReceiveCount\\':"
         "1001}",
         "Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclusive."},
    };
    for (size_t i = 0; i < sizeof(policies) / sizeof(*policies); i++) {
        const char *text = refused(r, "InvalidParameterValueException", "sqs", "SetQueueAttributes",
                                   "{" JOBS ",'Attributes':{'RedrivePolicy':'%s'}}", policies[i][0]);
        assert_non_null(strstr(text, policies[i][1]));
    }
}

/* --- long polls */

struct poll {
    struct call *call;
    bool ended;
};

static void poll_ended(struct call *c)
{
    ((struct poll *)c->asker)->ended = true;
}

static void poll_start(struct room *r, struct poll *p, int seconds)
{
    p->ended = false;
    p->call = door_open(r->world, NULL, "sqs", "ReceiveMessage");
    p->call->in = cJSON_CreateObject();
    cJSON_AddStringToObject(p->call->in, "QueueUrl", URL "jobs");
    cJSON_AddNumberToObject(p->call->in, "WaitTimeSeconds", seconds);
    p->call->asker = p, p->call->on_end = poll_ended;
    door_submit(p->call);
    turn_run(r->world->turn);
    assert_false(p->ended);
}

static const char *poll_body(struct poll *p)
{
    assert_true(p->ended);
    assert_null(p->call->fault);
    return text_at(call_out(p->call), "Messages.0.Body");
}

static void a_long_poll_ends_with_a_send(void **state)
{
    struct room *r = *state;
    struct poll p;
    poll_start(r, &p, 20);
    room_advance(r, 3000);
    send(r, "at last");
    turn_run(r->world->turn);
    assert_string_equal(poll_body(&p), "at last");
    call_free(p.call);
}

static void a_long_poll_ends_empty_at_its_deadline(void **state)
{
    struct room *r = *state;
    struct poll p;
    poll_start(r, &p, 2);
    room_advance(r, 1999);
    assert_false(p.ended);
    room_advance(r, 1);
    assert_string_equal(poll_body(&p), "(nothing)");
    call_free(p.call);
}

static void a_long_poll_sees_what_becomes_visible(void **state)
{
    struct room *r = *state;
    struct poll p;
    send(r, "hidden");
    receive(r, NULL);
    room_advance(r, 25000);
    poll_start(r, &p, 20);
    room_advance(r, 4999);
    assert_false(p.ended);
    room_advance(r, 1);
    assert_string_equal(poll_body(&p), "hidden");
    call_free(p.call);

    poll_start(r, &p, 20);
    ask(r, "sqs", "SendMessage", "{" JOBS ",'MessageBody':'delayed','DelaySeconds':4}");
    room_advance(r, 3999);
    assert_false(p.ended);
    room_advance(r, 1);
    assert_string_equal(poll_body(&p), "delayed");
    call_free(p.call);
}

static void a_long_poll_ends_with_its_queue(void **state)
{
    struct room *r = *state;
    struct poll p;
    poll_start(r, &p, 20);
    ask(r, "sqs", "DeleteQueue", "{" JOBS "}");
    turn_run(r->world->turn);
    assert_true(p.ended);
    assert_string_equal(p.call->fault->code, "QueueDoesNotExist");
    call_free(p.call);
}

static void one_message_ends_one_poll(void **state)
{
    struct room *r = *state;
    struct poll a, b;
    poll_start(r, &a, 20);
    poll_start(r, &b, 20);
    send(r, "only one");
    turn_run(r->world->turn);
    assert_int_equal(a.ended + b.ended, 1);
    room_advance(r, 20000);
    assert_true(a.ended && b.ended);
    call_free(a.call);
    call_free(b.call);
}

/* --- attributes */

static void message_attributes(void **state)
{
    struct room *r = *state;
    const cJSON *out = ask(r, "sqs", "SendMessage",
                           "{" JOBS ",'MessageBody':'msg','MessageAttributes':{"
                           "'Help.Me':{'DataType':'String','StringValue':'Me'},"
                           "'Hello':{'DataType':'String','StringValue':'There'},"
                           "'General':{'DataType':'String','StringValue':'Kenobi'}}}");
    assert_string_equal(text_at(out, "MD5OfMessageAttributes"), "4c360f3fdafd970e05fae2f149d997f5");

    const char *names[][2] = {/* filter, digest of what comes */
                              {"'All'", "4c360f3fdafd970e05fae2f149d997f5"},
                              {"'.*'", "4c360f3fdafd970e05fae2f149d997f5"},
                              {"'Hel.*'", "83fee93c1bcd8b9a5a923ffacdc636c7"},
                              {"'Hello','General'", "fca026605781cb4126a1e9044df24232"},
                              {"'Hello','None'", "a311262e065454b75da111d535b8dacd"},
                              {"'None'", "(nothing)"},
                              {"", "(nothing)"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        out = ask(r, "sqs", "ReceiveMessage", "{" JOBS ",'VisibilityTimeout':0,'MessageAttributeNames':[%s]}",
                  names[i][0]);
        assert_string_equal(text_at(out, "Messages.0.MD5OfMessageAttributes"), names[i][1]);
    }
}

static void binary_and_system_attributes(void **state)
{
    struct room *r = *state;
    /* "traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01" */
    const char *bytes = "dHJhY2VwYXJlbnQeMDAtNzc0MDYyZDZjMzcwODFhNWEwYjliNWI4OGUzMDYyN2MtMmQyNDgyMjExZjY0ODlk"
                        "YS0wMQ==";
    const cJSON *out = ask(
        r, "sqs", "SendMessage",
        "{" JOBS ",'MessageBody':'test','MessageAttributes':{'attr1':{'DataType':'Binary','BinaryValue':"
        "'%s'}},'MessageSystemAttributes':{'AWSTraceHeader':{'DataType':'String','StringValue':'Root=1'}}}",
        bytes);
    assert_string_equal(text_at(out, "MD5OfMessageAttributes"), "8cbe4db156db8a94db8b801b7addb984");
    assert_non_null(at(out, "MD5OfMessageSystemAttributes"));
    out =
        ask(r, "sqs", "ReceiveMessage",
            "{" JOBS ",'MessageAttributeNames':['attr1'],'MessageSystemAttributeNames':['AWSTraceHeader']}");
    assert_string_equal(text_at(out, "Messages.0.MessageAttributes.attr1.BinaryValue"), bytes);
    assert_string_equal(text_at(out, "Messages.0.Attributes.AWSTraceHeader"), "Root=1");
    assert_int_equal(count_at(out, "Messages.0.Attributes"), 1);
}

static void bad_messages_are_refused(void **state)
{
    struct room *r = *state;
    const char *bad[][3] = {
        /* code, what is wrong, how it is said */
        {"MissingRequiredParameterException", "'MessageBody':''",
         "The request must contain the parameter MessageBody."},
        {"InvalidMessageContents", "'MessageBody':'a\\u0001'", "Invalid characters found."},
        {"InvalidMessageContents", "'MessageBody':'twelve plain letters\\uffff and more of them'",
         "Invalid characters found."},
        {"InvalidParameterValueException", "'MessageBody':'x','DelaySeconds':901",
         "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."},
        {"InvalidParameterValueException", "'MessageBody':'x','MessageDeduplicationId':'1'",
         "The request include parameter that is not valid for this queue type."},
        {"InvalidParameterValueException",
         "'MessageBody':'x','MessageAttributes':{'E':{'DataType':'String','StringValue':''}}",
         "Message (user) attribute 'E' must contain a non-empty value of type 'String'."},
        {"InvalidParameterValueException",
         "'MessageBody':'x','MessageAttributes':{'E':{'DataType':'String','StringValue':'a\\u0001'}}",
         "Invalid characters found."},
        {"InvalidParameterValueException",
         "'MessageBody':'x','MessageAttributes':{'E':{'DataType':'Text','StringValue':'a'}}",
         "The type of message (user) attribute 'E' is invalid. You must use only the following supported "
         "type "
         "prefixes: Binary, Number, String."},
        {"InvalidParameterValueException",
         "'MessageBody':'x','MessageAttributes':{'E':{'DataType':'Number','StringValue':'a'}}",
         "Can't cast the value of message (user) attribute 'E' to a number."},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        const char *text = refused(r, bad[i][0], "sqs", "SendMessage", "{" JOBS ",%s}", bad[i][1]);
        assert_non_null(strstr(text, bad[i][2]));
    }
    assert_counts(r, "jobs", "0", "0", "0");
}

#define NAME_64 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
#define NAMED                                                                                                \
    "{" JOBS ",'MessageBody':'x','MessageAttributes':{'%s':{'DataType':'String','StringValue':'v'}}}"

static void attribute_names_are_those_that_aws_allows(void **state)
{
    struct room *r = *state;
    static const char *const good[] = {"a",
                                       "A.b-c_9",
                                       "Stra\xC3\x9F"
                                       "e",
                                       "\xC3\xB6ther",
                                       "aws",
                                       "AWSome",
                                       "Amazonas",
                                       "amazon",
                                       NAME_64 NAME_64 NAME_64 NAME_64,
                                       NULL};
    for (const char *const *name = good; *name; name++) {
        ask(r, "sqs", "SendMessage", NAMED, *name);
        const cJSON *out =
            ask(r, "sqs", "ReceiveMessage", "{" JOBS ",'MessageAttributeNames':['%s']}", *name);
        assert_string_equal(at(out, "Messages.0.MessageAttributes")->child->string, *name);
    }
    static const char *const bad[][2] = {
        {"", "The request must contain non-empty message (user) attribute names."},
        {NAME_64 NAME_64 NAME_64 NAME_64 "a",
         "Message (user) attribute name must be shorter than 256 bytes."},
        {"AWS.x",
         "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. These strings are "
         "reserved for internal use."},
        {"aMaZoN.x", "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. These strings "
                     "are reserved for internal use."},
        {".x", "Message (user) attribute name must not begin with character '.'."},
        {"x.", "Message (user) attribute name must not end with character '.'."},
        {"x..y", "Message (user) attribute name must not have successive '.' characters."},
        {"x y", "Message (user) attribute name 'x y' is invalid. Attribute name can contain A-Z, a-z, 0-9, "
                "underscore (_), hyphen (-), and period (.) characters."},
        {"\xE2\x98\x83",
         "Message (user) attribute name '\xE2\x98\x83' is invalid. Attribute name can contain A-Z, "
         "a-z, 0-9, underscore (_), hyphen (-), and period (.) characters."},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_string_equal(
            refused(r, "InvalidParameterValueException", "sqs", "SendMessage", NAMED, bad[i][0]), bad[i][1]);
}

static void one_mebibyte_is_the_limit(void **state)
{
    struct room *r = *state;
    char *body = malloc(1048578);
    memset(body, 'x', 1048577);
    body[1048577] = 0;
    assert_string_equal(refused(r, "InvalidParameterValueException", "sqs", "SendMessage",
                                "{" JOBS ",'MessageBody':'%s'}", body),
                        "One or more parameters are invalid. Reason: Message must be shorter than 1048576 "
                        "bytes.");
    assert_string_equal(refused(r, "BatchRequestTooLong", "sqs", "SendMessageBatch",
                                "{" JOBS ",'Entries':[{'Id':'a','MessageBody':'%s'}]}", body),
                        "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.");
    body[1048576] = 0;
    send(r, body);
    assert_int_equal(strlen(receive(r, NULL)), 1048576);
    ask(r, "sqs", "SendMessageBatch", "{" JOBS ",'Entries':[{'Id':'a','MessageBody':'%s'}]}", body);
    free(body);
}

/* --- batches */

static void batches(void **state)
{
    struct room *r = *state;
    const cJSON *out = ask(r, "sqs", "SendMessageBatch",
                           "{" JOBS ",'Entries':[{'Id':'a','MessageBody':'A'},{'Id':'b','MessageBody':'B',"
                           "'DelaySeconds':901},{'Id':'c','MessageBody':'C'}]}");
    assert_int_equal(count_at(out, "Successful"), 2);
    assert_string_equal(text_at(out, "Successful.1.Id"), "c");
    assert_int_equal(count_at(out, "Failed"), 1);
    assert_string_equal(text_at(out, "Failed.0.Id"), "b");
    assert_string_equal(text_at(out, "Failed.0.Code"), "InvalidParameterValue");
    assert_true(cJSON_IsTrue(at(out, "Failed.0.SenderFault")));

    char a[200], c[200];
    receive(r, a);
    receive(r, c);
    out = ask(r, "sqs", "ChangeMessageVisibilityBatch",
              "{" JOBS ",'Entries':[{'Id':'1','ReceiptHandle':'%s','VisibilityTimeout':0},"
              "{'Id':'2','ReceiptHandle':'garbage','VisibilityTimeout':0}]}",
              a);
    assert_string_equal(text_at(out, "Successful.0.Id"), "1");
    assert_string_equal(text_at(out, "Failed.0.Code"), "ReceiptHandleIsInvalid");
    assert_string_equal(receive(r, a), "A");

    out = ask(r, "sqs", "DeleteMessageBatch",
              "{" JOBS ",'Entries':[{'Id':'1','ReceiptHandle':'%s'},{'Id':'2','ReceiptHandle':'%s'}]}", a, c);
    assert_int_equal(count_at(out, "Successful"), 2);
    assert_counts(r, "jobs", "0", "0", "0");
}

static void bad_batches_are_refused(void **state)
{
    struct room *r = *state;
    const char *operations[] = {"SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch"};
    for (int i = 0; i < 3; i++) {
        const char *op = operations[i];
        refused(r, "EmptyBatchRequest", "sqs", op, "{" JOBS ",'Entries':[]}");
        refused(r, "InvalidBatchEntryId", "sqs", op, "{" JOBS ",'Entries':[{'Id':'a:b'}]}");
        refused(r, "BatchEntryIdsNotDistinct", "sqs", op, "{" JOBS ",'Entries':[{'Id':'a'},{'Id':'a'}]}");
        assert_string_equal(refused(r, "TooManyEntriesInBatchRequest", "sqs", op,
                                    "{" JOBS ",'Entries':[{},{},{},{},{},{},{},{},{},{},{}]}"),
                            "Maximum number of entries per request are 10. You have sent 11.");
    }
}

/* --- queues */

static void creating_is_idempotent(void **state)
{
    struct room *r = *state;
    ask(r, "sqs", "CreateQueue", "{'QueueName':'q','Attributes':{'DelaySeconds':'1'}}");
    ask(r, "sqs", "CreateQueue", "{'QueueName':'q','Attributes':{'DelaySeconds':'1'}}");
    const cJSON *out = ask(r, "sqs", "CreateQueue", "{'QueueName':'q'}");
    assert_string_equal(text_at(out, "QueueUrl"), URL "q");
    assert_string_equal(refused(r, "QueueNameExists", "sqs", "CreateQueue",
                                "{'QueueName':'q','Attributes':{'DelaySeconds':'2'}}"),
                        "A queue already exists with the same name and a different value for attribute "
                        "DelaySeconds");
}

static void a_queue_is_found_by_any_of_its_addresses(void **state)
{
    struct room *r = *state;
    static const char *const urls[] = {
        "jobs",
        "/jobs",
        "/000000000000/jobs",
        "000000000000/jobs",
        "http://any.host:1/000000000000/jobs",
        "https://sqs.us-east-1.amazonaws.com/000000000000/jobs",
        "http://sqs.us-east-1.localhost:4566/000000000000/jobs",
        "http://sqs.localhost:4566/000000000000/jobs",
        "https://us-east-1.queue.amazonaws.com/000000000000/jobs",
        "https://queue.amazonaws.com/000000000000/jobs",
        "http://localhost:4566/queue/us-east-1/000000000000/jobs",
        "http://localhost:9324/queue/jobs",
        NULL,
    };
    for (const char *const *url = urls; *url; url++) {
        char body[8];
        snprintf(body, sizeof(body), "%d", (int)(url - urls));
        ask(r, "sqs", "SendMessage", "{'QueueUrl':'%s','MessageBody':'%s'}", *url, body);
        assert_string_equal(receive(r, NULL), body);
    }
}

static void an_address_that_names_a_region_means_that_region(void **state)
{
    struct room *r = *state;
    refused(r, "QueueDoesNotExist", "sqs", "ReceiveMessage",
            "{'QueueUrl':'https://sqs.eu-west-1.amazonaws.com/000000000000/jobs'}");
    refused(r, "QueueDoesNotExist", "sqs", "ReceiveMessage",
            "{'QueueUrl':'/queue/eu-west-1/000000000000/jobs'}");
}

static void what_is_no_address_is_refused(void **state)
{
    struct room *r = *state;
    static const char *const urls[] = {"http://localhost:4566/jobs",
                                       "http:///000000000000/jobs",
                                       "http://localhost:4566",
                                       "http://localhost:4566/000000000000/",
                                       "http://localhost/12345/jobs",
                                       "/",
                                       NULL};
    for (const char *const *url = urls; *url; url++)
        refused(r, "InvalidAddress", "sqs", "ReceiveMessage", "{'QueueUrl':'%s'}", *url);
}

static void bad_queues_are_refused(void **state)
{
    struct room *r = *state;
    refused(r, "InvalidParameterValueException", "sqs", "CreateQueue", "{'QueueName':'a b'}");
    refused(r, "InvalidParameterValueException", "sqs", "CreateQueue", "{'QueueName':'orders.fifo'}");
    refused(r, "MissingRequiredParameterException", "sqs", "CreateQueue", "{}");
    refused(r, "InvalidAttributeValue", "sqs", "CreateQueue",
            "{'QueueName':'a','Attributes':{'FifoQueue':'true'}}");
    refused(r, "InvalidAttributeName", "sqs", "CreateQueue", "{'QueueName':'a','Attributes':{'Colour':'1'}}");
    refused(r, "InvalidAttributeValue", "sqs", "CreateQueue",
            "{'QueueName':'a','Attributes':{'VisibilityTimeout':'43201'}}");
    refused(r, "InvalidAttributeValue", "sqs", "SetQueueAttributes",
            "{" JOBS ",'Attributes':{'MaximumMessageSize':'1'}}");
    refused(r, "QueueDoesNotExist", "sqs", "GetQueueUrl", "{'QueueName':'none'}");
    refused(r, "QueueDoesNotExist", "sqs", "SendMessage",
            "{'QueueUrl':'https://sqs.us-east-1.amazonaws.com/000000000000/none','MessageBody':'x'}");
    refused(r, "InvalidAddress", "sqs", "SendMessage",
            "{'QueueUrl':'arn:aws:sqs:us-east-1:000000000000:jobs','MessageBody':'x'}");
    assert_string_equal(
        refused(r, "InvalidParameterValueException", "sqs", "ReceiveMessage",
                "{" JOBS ",'MaxNumberOfMessages':11}"),
        "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and "
        "10, if provided.");
    assert_string_equal(
        refused(r, "InvalidParameterValueException", "sqs", "ReceiveMessage",
                "{" JOBS ",'WaitTimeSeconds':21}"),
        "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.");
}

static void attributes_of_a_queue(void **state)
{
    struct room *r = *state;
    const cJSON *out = ask(r, "sqs", "GetQueueAttributes", "{" JOBS ",'AttributeNames':['All']}");
    const char *expected[][2] = {
        {"QueueArn", "arn:aws:sqs:us-east-1:000000000000:jobs"},
        {"ApproximateNumberOfMessages", "0"},
        {"CreatedTimestamp", "1767268800"},
        {"VisibilityTimeout", "30"},
        {"MaximumMessageSize", "1048576"},
        {"MessageRetentionPeriod", "345600"},
        {"DelaySeconds", "0"},
        {"ReceiveMessageWaitTimeSeconds", "0"},
        {"SqsManagedSseEnabled", "true"},
    };
    const cJSON *attributes = at(out, "Attributes");
    assert_int_equal(cJSON_GetArraySize(attributes), 12);
    for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
        assert_string_equal(text_at(attributes, expected[i][0]), expected[i][1]);
    assert_null(at(ask(r, "sqs", "GetQueueAttributes", "{" JOBS "}"), "Attributes"));
    assert_string_equal(refused(r, "InvalidAttributeName", "sqs", "GetQueueAttributes",
                                "{" JOBS ",'AttributeNames':['Foo']}"),
                        "Unknown Attribute Foo.");
}

static void a_queue_has_one_kind_of_encryption(void **state)
{
    struct room *r = *state;
    ask(r, "sqs", "SetQueueAttributes", "{" JOBS ",'Attributes':{'SqsManagedSseEnabled':'true'}}");
    ask(r, "sqs", "SetQueueAttributes", "{" JOBS ",'Attributes':{'KmsMasterKeyId':'alias/aws/sqs'}}");
    assert_string_equal(attribute(r, "jobs", "SqsManagedSseEnabled"), "false");
    assert_string_equal(attribute(r, "jobs", "KmsDataKeyReusePeriodSeconds"), "300");
    ask(r, "sqs", "SetQueueAttributes", "{" JOBS ",'Attributes':{'SqsManagedSseEnabled':'true'}}");
    assert_string_equal(attribute(r, "jobs", "SqsManagedSseEnabled"), "true");
    assert_string_equal(attribute(r, "jobs", "KmsMasterKeyId"), "(nothing)");
    refused(r, "InvalidAttributeName", "sqs", "SetQueueAttributes",
            "{" JOBS ",'Attributes':{'SqsManagedSseEnabled':'true','KmsMasterKeyId':'k'}}");
}

static void listing_in_pages(void **state)
{
    struct room *r = *state;
    for (int i = 0; i < 5; i++)
        ask(r, "sqs", "CreateQueue", "{'QueueName':'list-%d'}", i);
    assert_int_equal(count_at(ask(r, "sqs", "ListQueues", "{}"), "QueueUrls"), 6);
    assert_null(at(ask(r, "sqs", "ListQueues", "{'QueueNamePrefix':'none'}"), "QueueUrls"));
    char *prefix = xcalloc(1, 65501);
    memset(prefix, 'x', 65500);
    assert_null(at(ask(r, "sqs", "ListQueues", "{'QueueNamePrefix':'%s'}", prefix), "QueueUrls"));
    free(prefix);
    const cJSON *out = ask(r, "sqs", "ListQueues", "{'QueueNamePrefix':'list-','MaxResults':3}");
    assert_int_equal(count_at(out, "QueueUrls"), 3);
    assert_string_equal(text_at(out, "QueueUrls.2"), URL "list-2");
    char token[100];
    snprintf(token, sizeof(token), "%s", text_at(out, "NextToken"));
    out = ask(r, "sqs", "ListQueues", "{'QueueNamePrefix':'list-','MaxResults':3,'NextToken':'%s'}", token);
    assert_int_equal(count_at(out, "QueueUrls"), 2);
    assert_string_equal(text_at(out, "QueueUrls.0"), URL "list-3");
    assert_null(at(out, "NextToken"));
}

static void purging(void **state)
{
    struct room *r = *state;
    send(r, "a");
    send(r, "b");
    receive(r, NULL);
    ask(r, "sqs", "PurgeQueue", "{" JOBS "}");
    assert_counts(r, "jobs", "0", "0", "0");
    send(r, "c");
    ask(r, "sqs", "PurgeQueue", "{" JOBS "}");
    assert_counts(r, "jobs", "0", "0", "0");
}

static const struct conf strict = {.strict_limits = true};

static void with_strict_limits_a_queue_is_purged_once_a_minute(void **state)
{
    struct room *r = *state;
    r->world->conf = &strict;
    ask(r, "sqs", "PurgeQueue", "{" JOBS "}");
    room_advance(r, 59999);
    assert_string_equal(refused(r, "PurgeQueueInProgress", "sqs", "PurgeQueue", "{" JOBS "}"),
                        "Only one PurgeQueue operation on jobs is allowed every 60 seconds.");
    room_advance(r, 1);
    ask(r, "sqs", "PurgeQueue", "{" JOBS "}");
    room_advance(r, -86400000); /* the clock is set back */
    ask(r, "sqs", "PurgeQueue", "{" JOBS "}");
}

static void a_deleted_name_is_free_at_once(void **state)
{
    struct room *r = *state;
    send(r, "gone");
    ask(r, "sqs", "DeleteQueue", "{" JOBS "}");
    refused(r, "QueueDoesNotExist", "sqs", "ReceiveMessage", "{" JOBS "}");
    ask(r, "sqs", "CreateQueue", "{'QueueName':'jobs'}");
    assert_counts(r, "jobs", "0", "0", "0");
}

static void with_strict_limits_a_deleted_name_is_held_for_a_minute(void **state)
{
    struct room *r = *state;
    r->world->conf = &strict;
    ask(r, "sqs", "DeleteQueue", "{" JOBS "}");
    room_advance(r, 59999);
    refused(r, "QueueDeletedRecently", "sqs", "CreateQueue", "{'QueueName':'jobs'}");
    room_advance(r, 1);
    ask(r, "sqs", "CreateQueue", "{'QueueName':'jobs'}");
    assert_counts(r, "jobs", "0", "0", "0");
    ask(r, "sqs", "DeleteQueue", "{" JOBS "}");
    room_advance(r, -86400000);
    ask(r, "sqs", "CreateQueue", "{'QueueName':'jobs'}");
}

static void putting_a_queue(void **state)
{
    struct room *r = *state;
    const cJSON *out = ask(r, "sqs", "PutQueue",
                           "{'QueueName':'jobs','Attributes':{'VisibilityTimeout':'9'},'tags':{'a':'1'}}");
    assert_string_equal(text_at(out, "QueueArn"), "arn:aws:sqs:us-east-1:000000000000:jobs");
    assert_string_equal(attribute(r, "jobs", "VisibilityTimeout"), "9");
    room_advance(r, 5000);
    ask(r, "sqs", "PutQueue", "{'QueueName':'jobs','Attributes':{'VisibilityTimeout':'9'},'tags':{'a':'1'}}");
    assert_string_equal(attribute(r, "jobs", "LastModifiedTimestamp"), "1767268800"); /* untouched */
    ask(r, "sqs", "PutQueue", "{'QueueName':'jobs'}");
    assert_string_equal(attribute(r, "jobs", "VisibilityTimeout"), "30");
    assert_int_equal(count_at(ask(r, "sqs", "ListQueueTags", "{" JOBS "}"), "Tags"), 0);
}

static void tags_and_permissions(void **state)
{
    struct room *r = *state;
    ask(r, "sqs", "TagQueue", "{" JOBS ",'Tags':{'a':'1','b':'2'}}");
    ask(r, "sqs", "UntagQueue", "{" JOBS ",'TagKeys':['a']}");
    const cJSON *out = ask(r, "sqs", "ListQueueTags", "{" JOBS "}");
    assert_int_equal(count_at(out, "Tags"), 1);
    assert_string_equal(text_at(out, "Tags.b"), "2");

    ask(r, "sqs", "AddPermission",
        "{" JOBS ",'Label':'l','AWSAccountIds':['111111111111'],'Actions':['ReceiveMessage']}");
    cJSON *policy = cJSON_Parse(attribute(r, "jobs", "Policy"));
    assert_string_equal(text_at(policy, "Statement.0.Principal.AWS"), "arn:aws:iam::111111111111:root");
    assert_string_equal(text_at(policy, "Statement.0.Action"), "SQS:ReceiveMessage");
    cJSON_Delete(policy);
    refused(r, "InvalidParameterValueException", "sqs", "AddPermission",
            "{" JOBS ",'Label':'l','AWSAccountIds':['111111111111'],'Actions':['*']}");
    assert_non_null(strstr(refused(r, "InvalidParameterValueException", "sqs", "AddPermission",
                                   "{" JOBS ",'Label':'m','AWSAccountIds':['1'],'Actions':['DeleteQueue']}"),
                           "Only the queue owner is allowed to invoke this action."));
    assert_non_null(strstr(refused(r, "InvalidParameterValueException", "sqs", "AddPermission",
                                   "{" JOBS ",'Label':'m','AWSAccountIds':['1'],'Actions':['Fly']}"),
                           "Value SQS:Fly for parameter ActionName is invalid."));
    ask(r, "sqs", "RemovePermission", "{" JOBS ",'Label':'l'}");
    assert_string_equal(attribute(r, "jobs", "Policy"), "(nothing)");

    /* a policy whose only statement stands bare, and one without any */
    ask(r, "sqs", "SetQueueAttributes",
        "{" JOBS ",'Attributes':{'Policy':'{\\'Version\\':\\'2012-10-17\\',\\'Statement\\':{\\'Sid\\':"
        "\\'own\\'}}'}}");
    ask(r, "sqs", "AddPermission",
        "{" JOBS ",'Label':'l','AWSAccountIds':['111111111111'],'Actions':['ReceiveMessage']}");
    policy = cJSON_Parse(attribute(r, "jobs", "Policy"));
    assert_string_equal(text_at(policy, "Statement.0.Sid"), "own");
    assert_string_equal(text_at(policy, "Statement.1.Sid"), "l");
    cJSON_Delete(policy);
    ask(r, "sqs", "SetQueueAttributes", "{" JOBS ",'Attributes':{'Policy':'{}'}}");
    ask(r, "sqs", "AddPermission",
        "{" JOBS ",'Label':'l','AWSAccountIds':['111111111111'],'Actions':['ReceiveMessage']}");
    policy = cJSON_Parse(attribute(r, "jobs", "Policy"));
    assert_string_equal(text_at(policy, "Statement.0.Sid"), "l");
    cJSON_Delete(policy);

    char tags[2048];
    for (int i = 0, n = 0; i <= 50; i++)
        n += snprintf(tags + n, sizeof(tags) - (size_t)n, "%s'%d':''", i ? "," : "", i);
    refused(r, "InvalidParameterValueException", "sqs", "TagQueue", "{" JOBS ",'Tags':{%s}}", tags);
    refused(r, "InvalidParameterValueException", "sqs", "CreateQueue", "{'QueueName':'q','tags':{%s}}", tags);
    static const struct {
        int key, value;
        const char *prefix, *why;
    } wrong[] = {{0, 1, "", "Tag keys must be"},
                 {129, 1, "", "Tag keys must be"},
                 {1, 257, "", "Tag values must be"},
                 {1, 1, "aws:", "aws: prefixed tag key names are not allowed"},
                 {128, 256, "", NULL}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        char key[600] = "", value[600] = ""; /* of two bytes a character */
        for (int k = 0; k < wrong[i].key; k++)
            memcpy(key + 2 * k, "\xc3\xa4", 3);
        for (int k = 0; k < wrong[i].value; k++)
            memcpy(value + 2 * k, "\xc3\xa4", 3);
        snprintf(tags, sizeof(tags), "'%s%s':'%s'", wrong[i].prefix, key, value);
        if (!wrong[i].why) {
            ask(r, "sqs", "TagQueue", "{" JOBS ",'Tags':{%s}}", tags);
            continue;
        }
        assert_non_null(strstr(
            refused(r, "InvalidParameterValueException", "sqs", "TagQueue", "{" JOBS ",'Tags':{%s}}", tags),
            wrong[i].why));
        refused(r, "InvalidParameterValueException", "sqs", "CreateQueue", "{'QueueName':'q','tags':{%s}}",
                tags);
    }
}

/* Codes and texts of the years before the JSON protocol, which clients still look for. */
static void the_query_protocol_has_its_own_words(void **state)
{
    (void)state;
    struct aws_test t;
    aws_test_open(&t, services);
    const char *headers[] = {"Content-Type: application/x-www-form-urlencoded", NULL};
    aws_ask(&t, "POST /", headers, "Action=GetQueueUrl&Version=2012-11-05&QueueName=none");
    assert_int_equal(t.status, 400);
    assert_true(str_search(t.body, STR("<Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>The "
                                       "specified queue does not exist for this wsdl version.</Message>")) >
                0);
    aws_ask(&t, "POST /", headers,
            "Action=CreateQueue&Version=2012-11-05&QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1."
            "Value=3");
    aws_ask(&t, "POST /000000000000/q", headers,
            "Action=GetQueueAttributes&Version=2012-11-05&AttributeName.1=DelaySeconds");
    assert_true(str_search(t.body, STR("<Attribute><Name>DelaySeconds</Name><Value>3</Value></Attribute>")) >
                0);
    const char *json[] = {"Content-Type: application/x-amz-json-1.0", "X-Amz-Target: AmazonSQS.GetQueueUrl",
                          NULL};
    aws_ask(&t, "POST /", json, "{\"QueueName\":\"none\"}");
    assert_body(&t,
                "{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\",\"message\":\"The specified queue does "
                "not exist.\"}");
    assert_string_equal(aws_header(&t, "x-amzn-query-error"),
                        "AWS.SimpleQueueService.NonExistentQueue;Sender");
    aws_test_close(&t);
}

/* --- the house */

static void all_state_is_in_the_store(void **state)
{
    struct room *r = *state;
    char handle[200];
    ask(r, "sqs", "SetQueueAttributes", "{" JOBS ",'Attributes':{'VisibilityTimeout':'77'}}");
    send(r, "one");
    send(r, "two");
    receive(r, handle);
    world_drop(r->world);
    assert_string_equal(attribute(r, "jobs", "VisibilityTimeout"), "77");
    assert_counts(r, "jobs", "1", "1", "0");
    ask(r, "sqs", "DeleteMessage", "{" JOBS ",'ReceiptHandle':'%s'}", handle);
    send(r, "three");
    assert_string_equal(receive(r, NULL), "two");
    assert_string_equal(receive(r, NULL), "three");
}

/* What was received and deleted is not counted among those that nobody has received. */
static void a_restart_counts_what_is_there(void **state)
{
    struct room *r = *state;
    char handle[200];
    for (int i = 0; i < 3; i++)
        send(r, "x");
    for (int i = 0; i < 2; i++) {
        receive(r, handle);
        ask(r, "sqs", "DeleteMessage", "{" JOBS ",'ReceiptHandle':'%s'}", handle);
    }
    world_drop(r->world);
    assert_counts(r, "jobs", "1", "0", "0");
    assert_string_equal(receive(r, handle), "x");
    ask(r, "sqs", "DeleteMessage", "{" JOBS ",'ReceiptHandle':'%s'}", handle);
    world_drop(r->world);
    assert_counts(r, "jobs", "0", "0", "0");
    send(r, "y");
    assert_string_equal(receive(r, NULL), "y");
}

static void the_bus_learns_the_causes(void **state)
{
    struct room *r = *state;
    send(r, "x");
    char request_id[40];
    snprintf(request_id, sizeof(request_id), "%s", r->last->request_id);
    struct call *c = door_open(r->world, NULL, "sqs", "ReceiveMessage");
    c->from = CALL_TRIGGER;
    c->in = cJSON_CreateObject();
    cJSON_AddStringToObject(c->in, "QueueUrl", URL "jobs");
    c = door_wait(c);
    assert_string_equal(text_at(call_out(c), "Messages.0._Causes"), request_id);
    assert_non_null(at(call_out(c), "Messages.0._TraceId"));
    call_free(c);
}

static void send_to_find(struct room *r, int delay, char id[40], char request[IDENT_UUID_SIZE])
{
    const cJSON *sent = ask(r, "sqs", "SendMessage", "{" JOBS ",'MessageBody':'x','DelaySeconds':%d}", delay);
    snprintf(id, 40, "%s", text_at(sent, "MessageId"));
    snprintf(request, IDENT_UUID_SIZE, "%s", r->last->request_id);
}

/* Wherever it lies, and whatever was received of it: fresh, hidden, delayed, behind many others. */
static void why_finds_messages_by_what_the_store_knows(void **state)
{
    struct room *r = *state;
    char id[3][40], request[3][IDENT_UUID_SIZE], line[80];
    send_to_find(r, 0, id[0], request[0]);
    receive(r, NULL);
    send_to_find(r, 0, id[1], request[1]);
    for (int i = 0; i < 25; i++)
        send(r, "another");
    send_to_find(r, 60, id[2], request[2]);
    room_forget_events(r);
    for (int i = 0; i < 3; i++) {
        const cJSON *tree = ask(r, "tidepool", "Why", "{'id':'%s'}", id[i]);
        assert_string_equal(text_at(tree, "id"), request[i]);
        assert_string_equal(text_at(tree, "what"), "sqs");
        snprintf(line, sizeof(line), "message %s in jobs", id[i]);
        assert_string_equal(text_at(tree, "stored.0"), line);
        assert_int_equal(count_at(tree, "stored"), 1);
        assert_null(at(tree, "tookMs"));
        assert_string_equal(text_at(ask(r, "tidepool", "Why", "{'id':'%s'}", request[i]), "stored.0"), line);
    }
    assert_counts(r, "jobs", "26", "1", "1"); /* looking changes nothing */
    assert_string_equal(receive(r, NULL), "x");
}

/* What only tidepool may ask is no operation for others. */
static void causes_is_internal(void **state)
{
    struct room *r = *state;
    struct call *c = door_open(r->world, NULL, "sqs", "Causes");
    assert_true(c->op->flags & OP_INTERNAL);
    call_free(c);
}

static void the_wake_timer_leaves_with_its_message(void **state)
{
    struct room *r = *state;
    char handle[200];
    int64_t due;
    send(r, "x");
    receive(r, handle);
    receive(r, NULL); /* empty: from now on the queue's timer waits for the message */
    assert_true(timers_next(r->world->timers, true, &due));
    assert_int_equal(due, ROOM_NOON + 30000);
    ask(r, "sqs", "DeleteMessage", "{" JOBS ",'ReceiptHandle':'%s'}", handle);
    assert_false(timers_next(r->world->timers, true, &due));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, room_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(send_receive_delete),
        TEST(messages_come_in_the_order_of_sending),
        TEST(a_hidden_message_comes_back),
        TEST(any_handle_of_a_message_deletes_it),
        TEST(an_older_handle_changes_the_visibility),
        TEST(a_handle_of_before_a_purge_touches_no_other_message),
        TEST(visibility_can_be_changed),
        TEST(a_message_that_came_back_is_not_hidden_again),
        TEST(visibility_ends_twelve_hours_after_the_receive),
        TEST(delays),
        TEST(retention),
        TEST(redrive),
        TEST(redrive_policies_are_checked),
        TEST(a_long_poll_ends_with_a_send),
        TEST(a_long_poll_ends_empty_at_its_deadline),
        TEST(a_long_poll_sees_what_becomes_visible),
        TEST(a_long_poll_ends_with_its_queue),
        TEST(one_message_ends_one_poll),
        TEST(message_attributes),
        TEST(binary_and_system_attributes),
        TEST(bad_messages_are_refused),
        TEST(attribute_names_are_those_that_aws_allows),
        TEST(one_mebibyte_is_the_limit),
        TEST(batches),
        TEST(bad_batches_are_refused),
        TEST(creating_is_idempotent),
        TEST(a_queue_is_found_by_any_of_its_addresses),
        TEST(an_address_that_names_a_region_means_that_region),
        TEST(what_is_no_address_is_refused),
        TEST(bad_queues_are_refused),
        TEST(attributes_of_a_queue),
        TEST(a_queue_has_one_kind_of_encryption),
        TEST(listing_in_pages),
        TEST(purging),
        TEST(with_strict_limits_a_queue_is_purged_once_a_minute),
        TEST(a_deleted_name_is_free_at_once),
        TEST(with_strict_limits_a_deleted_name_is_held_for_a_minute),
        TEST(putting_a_queue),
        TEST(tags_and_permissions),
        cmocka_unit_test(the_query_protocol_has_its_own_words),
        TEST(all_state_is_in_the_store),
        TEST(a_restart_counts_what_is_there),
        TEST(the_bus_learns_the_causes),
        TEST(why_finds_messages_by_what_the_store_knows),
        TEST(causes_is_internal),
        TEST(the_wake_timer_leaves_with_its_message),
    };
    return cmocka_run_group_tests_name("sqs", tests, NULL, NULL);
}

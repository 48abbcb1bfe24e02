/* Publish: hands a message to all subscriptions of a topic.  Limit: 256 KiB with its attributes.
 *
 * Deliveries are rows of the outbox in the same transaction: once the answer is out, they will be made. */
#include "fault.h"
#include "op.h"
#include "publish.h"

struct publish_in {
    struct str topic, target, phone;
    struct publish message;
};

static const struct shape_row in[] = {
    IN_STR(publish_in, topic, "TopicArn"),
    IN_STR(publish_in, target, "TargetArn"),
    IN_STR(publish_in, phone, "PhoneNumber"),
    IN_STR(publish_in, message.message, "Message", .flags = SHAPE_REQ),
    IN_STR(publish_in, message.subject, "Subject"),
    IN_STR(publish_in, message.structure, "MessageStructure"),
    IN_MAP(publish_in, message.attributes, "MessageAttributes", .of = publish_attribute_row,
           .key_wire = "Name", .value_wire = "Value"),
    IN_STR(publish_in, message.deduplication, "MessageDeduplicationId"),
    IN_STR(publish_in, message.group, "MessageGroupId"),
    SHAPE_END,
};
static const struct shape_row out[] = {OUT(SHAPE_STR, "MessageId"), SHAPE_END};

static struct topic *target_of(struct call *c, const struct publish_in *req)
{
    if (req->phone.p)
        fail_parameter(c, "PhoneNumber Reason: text messages are not supported by tidepool yet");
    else if (req->topic.p)
        return topic_by_arn(c, req->topic, "TopicArn");
    else if (str_search(req->target, STR(":endpoint/")) >= 0)
        fail_parameter(c, "TargetArn Reason: No endpoint found for the target arn specified");
    else if (req->target.p)
        return topic_by_arn(c, req->target, "TargetArn");
    else
        fail_parameter(c, "TopicArn or TargetArn Reason: no value for required parameter");
    return NULL;
}

static enum op_end run(struct call *c, const void *input)
{
    const struct publish_in *req = input;
    const struct topic *t = target_of(c, req);
    if (!t || !publish_check(c, &req->message))
        return OP_FAULT;
    struct str id;
    enum rc rc = publish_out(c, t, &req->message, &id);
    if (rc != RC_OK)
        return call_broke(c, rc);
    cJSON_AddStringToObject(call_out(c), "MessageId", id.p);
    return OP_DONE;
}

const struct op_row sns_publish = {.name = "Publish",
                                   .run = run,
                                   .in = in,
                                   .in_size = sizeof(struct publish_in),
                                   .out = out,
                                   .flags = OP_DELIVERS};

/* Subscribe: a queue or a function gets what is published to a topic.  Both are in our hands, so a
 * subscription is confirmed at once.  The same endpoint again is the same subscription.
 *
 * PutSubscription (inside): make it so; attributes become exactly those given. */
#include "attr.h"
#include "door/arn.h"
#include "fault.h"
#include "op.h"

struct subscribe_in {
    struct str topic, protocol, endpoint;
    const cJSON *attributes;
    int return_arn; /* the ARN is always there, as the subscription is confirmed */
};

static const struct shape_row text_value[] = {OUT(SHAPE_STR, "value"), SHAPE_END};

static const struct shape_row in[] = {
    IN_STR(subscribe_in, topic, "TopicArn", .flags = SHAPE_REQ),
    IN_STR(subscribe_in, protocol, "Protocol", .flags = SHAPE_REQ),
    IN_STR(subscribe_in, endpoint, "Endpoint"),
    IN_MAP(subscribe_in, attributes, "Attributes", .of = text_value),
    IN_BOOL(subscribe_in, return_arn, "ReturnSubscriptionArn", .flags = SHAPE_IGNORED),
    SHAPE_END,
};

static const struct shape_row out[] = {OUT(SHAPE_STR, "SubscriptionArn"), SHAPE_END};

/* What AWS also delivers to. */
static const char *const later[] = {"http", "https",       "email",    "email-json",
                                    "sms",  "application", "firehose", NULL};

static bool check_protocol(struct call *c, struct str protocol)
{
    if (str_is(protocol, "sqs") || str_is(protocol, "lambda"))
        return true;
    for (const char *const *p = later; *p; p++)
        if (str_is(protocol, *p)) {
            fail_parameter(c, "Protocol Reason: the protocol %s is not supported by tidepool yet", *p);
            return false;
        }
    fail_parameter(c, "Amazon SNS does not support this protocol string: %.*s", STR_ARG(protocol));
    return false;
}

static bool check_endpoint(struct call *c, const struct topic *t, const struct subscribe_in *req)
{
    struct arn arn;
    bool sqs = str_is(req->protocol, "sqs");
    if (!arn_of_service(req->endpoint, sqs ? "sqs" : "lambda", &arn) ||
        str_starts(arn.resource, STR("function:")) == sqs)
        fail_parameter(c, "%s endpoint ARN", sqs ? "SQS" : "Lambda");
    else if (sqs && str_ends(arn.resource, STR(".fifo")))
        fail_parameter(c, "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to "
                          "standard SNS topics");
    else if (!str_eq(arn.region, t->region))
        fail_parameter(c, "Endpoint Reason: an endpoint in another region is not supported by tidepool yet");
    return !c->fault;
}

static struct subscription *same_endpoint(const struct topic *t, const struct subscribe_in *req)
{
    struct list *at;
    list_each (at, &t->subscriptions) {
        struct subscription *s = list_of(at, struct subscription, link);
        if (str_is(req->protocol, protocol_name(s->protocol)) && str_eq(req->endpoint, s->endpoint))
            return s;
    }
    return NULL;
}

/* The topic and the attributes that were asked for (the caller's); NULL: the call has its fault. */
static struct topic *begin(struct call *c, const struct subscribe_in *req, cJSON **attributes)
{
    struct topic *t = topic_by_arn(c, req->topic, "TopicArn");
    if (!t || !check_protocol(c, req->protocol) || !check_endpoint(c, t, req))
        return NULL;
    *attributes = attributes_merge(NULL, req->attributes);
    if (subscription_attrs_check(c, protocol_of(req->protocol), req->attributes, *attributes, true))
        return t;
    cJSON_Delete(*attributes);
    return NULL;
}

/* Writes first, adds to the model last.  The attributes are moved.  NULL: the call has its fault. */
static struct subscription *make(struct call *c, struct topic *t, const struct subscribe_in *req,
                                 cJSON *attributes)
{
    struct subscription_row row = {.account = t->account,
                                   .number = t->number,
                                   .region = t->region,
                                   .topic = t->name,
                                   .id = call_uuid(c),
                                   .place = topic_next_place(t),
                                   .protocol = req->protocol,
                                   .endpoint = req->endpoint,
                                   .owner = c->account,
                                   .attributes = attributes};
    enum rc rc = subscription_write(c->txn, &row);
    if (rc == RC_OK)
        return subscription_add(t, &row, attributes);
    cJSON_Delete(attributes);
    call_broke(c, rc);
    return NULL;
}

static enum op_end answer(struct call *c, const struct subscription *s)
{
    if (!s)
        return OP_FAULT;
    cJSON_AddStringToObject(call_out(c), "SubscriptionArn", s->arn.p);
    return OP_DONE;
}

/* What holds where an attribute was not given. */
static const struct {
    const char *name, *value;
} defaults[] = {
    {"RawMessageDelivery", "false"}, {"FilterPolicyScope", "MessageAttributes"}, {"FilterPolicy", "{}"}};

static struct str in_force(const struct subscription *s, const char *name)
{
    struct str set = attribute_of(s->attributes, name);
    for (size_t i = 0; i < sizeof(defaults) / sizeof(*defaults) && !set.p; i++)
        if (strcmp(name, defaults[i].name) == 0)
            set = str_z(defaults[i].value);
    return set;
}

/* What is given must be in force already; what is not given may be anything. */
static bool agrees(const struct subscription *s, const cJSON *given)
{
    const cJSON *v;
    cJSON_ArrayForEach (v, given) {
        struct str have = in_force(s, v->string), want = json_text(v);
        bool raw = strcmp(v->string, "RawMessageDelivery") == 0;
        if (!(raw ? str_ieq(have, want) : str_eq(have, want)))
            return false;
    }
    return true;
}

static enum op_end run(struct call *c, const void *input)
{
    const struct subscribe_in *req = input;
    cJSON *attributes;
    struct topic *t = begin(c, req, &attributes);
    if (!t)
        return OP_FAULT;
    struct subscription *s = same_endpoint(t, req);
    if (!s)
        return answer(c, make(c, t, req, attributes));
    bool same = agrees(s, attributes);
    cJSON_Delete(attributes);
    if (!same)
        return fail_parameter(c, "Attributes Reason: Subscription already exists with different attributes");
    return answer(c, s);
}

static enum op_end run_put(struct call *c, const void *input)
{
    const struct subscribe_in *req = input;
    cJSON *attributes;
    struct topic *t = begin(c, req, &attributes);
    if (!t)
        return OP_FAULT;
    struct subscription *s = same_endpoint(t, req);
    if (!s)
        return answer(c, make(c, t, req, attributes));
    if (json_equal(attributes, s->attributes)) {
        cJSON_Delete(attributes);
        return answer(c, s);
    }
    struct subscription_row row = subscription_row_of(s);
    row.attributes = attributes;
    enum rc rc = subscription_write(c->txn, &row);
    if (rc != RC_OK) {
        cJSON_Delete(attributes);
        return call_broke(c, rc);
    }
    subscription_set_attributes(s, attributes);
    return answer(c, s);
}

const struct op_row sns_subscribe = {
    .name = "Subscribe", .run = run, .in = in, .in_size = sizeof(struct subscribe_in), .out = out};
const struct op_row sns_put_subscription = {.name = "PutSubscription",
                                            .run = run_put,
                                            .in = in,
                                            .in_size = sizeof(struct subscribe_in),
                                            .flags = OP_INTERNAL};

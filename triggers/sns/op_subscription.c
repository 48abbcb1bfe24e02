/* Unsubscribe, ConfirmSubscription, GetSubscriptionAttributes, SetSubscriptionAttributes, ListSubscriptions,
 * ListSubscriptionsByTopic. */
#include "attr.h"
#include "door/arn.h"
#include "fault.h"
#include "op.h"
#include "page.h"

struct subscription_in {
    struct str arn, name, value;
};

static const struct shape_row arn_in[] = {
    IN_STR(subscription_in, arn, "SubscriptionArn", .flags = SHAPE_REQ),
    SHAPE_END,
};
static const struct shape_row set_in[] = {
    IN_STR(subscription_in, arn, "SubscriptionArn", .flags = SHAPE_REQ),
    IN_STR(subscription_in, name, "AttributeName", .flags = SHAPE_REQ),
    IN_STR(subscription_in, value, "AttributeValue"),
    SHAPE_END,
};
static const struct shape_row text_value[] = {OUT(SHAPE_STR, "value"), SHAPE_END};
static const struct shape_row get_out[] = {OUT(SHAPE_MAP, "Attributes", .of = text_value), SHAPE_END};

/* A topic's ARN, and an id of a subscription behind it. */
static bool names_subscription(struct call *c, struct str text)
{
    struct arn arn;
    if (!arn_check(c, text, "SubscriptionArn"))
        return false;
    if (!arn_of_service(text, "sns", &arn))
        fail_parameter(c, "SubscriptionArn");
    else if (str_find(arn.resource, ':') < 0)
        fail_parameter(c, "SubscriptionId");
    return !c->fault;
}

/* Ending what is not there succeeds. */
static enum op_end run_unsubscribe(struct call *c, const void *input)
{
    const struct subscription_in *req = input;
    if (!names_subscription(c, req->arn))
        return OP_FAULT;
    struct subscription *s = subscription_find(c, req->arn);
    if (!s)
        return c->fault ? OP_FAULT : OP_DONE;
    struct topic_row topic = topic_row_of(s->topic);
    struct subscription_row row = subscription_row_of(s);
    topic.deleted_subscriptions++;
    enum rc rc = subscription_erase(c->txn, &row);
    if (rc == RC_OK)
        rc = topic_write(c->txn, &topic);
    if (rc != RC_OK)
        return call_broke(c, rc);
    s->topic->deleted_subscriptions++;
    subscription_remove(s);
    return OP_DONE;
}

static enum op_end run_get(struct call *c, const void *input)
{
    const struct subscription_in *req = input;
    const struct subscription *s = subscription_by_arn(c, req->arn);
    if (!s)
        return OP_FAULT;
    subscription_attrs_out(c, s, cJSON_AddObjectToObject(call_out(c), "Attributes"));
    return OP_DONE;
}

/* Checks and stores; `merged` is moved. */
static enum op_end set(struct call *c, struct subscription *s, const cJSON *given, cJSON *merged)
{
    enum op_end end = OP_FAULT;
    if (subscription_attrs_check(c, s->protocol, given, merged, false)) {
        struct subscription_row row = subscription_row_of(s);
        row.attributes = merged;
        enum rc rc = subscription_write(c->txn, &row);
        if (rc == RC_OK) {
            subscription_set_attributes(s, merged);
            return OP_DONE;
        }
        end = call_broke(c, rc);
    }
    cJSON_Delete(merged);
    return end;
}

static enum op_end run_set(struct call *c, const void *input)
{
    const struct subscription_in *req = input;
    struct subscription *s = subscription_by_arn(c, req->arn);
    if (!s)
        return OP_FAULT;
    cJSON *given = cJSON_CreateObject();
    cJSON_AddStringToObject(given, req->name.p, req->value.p ? req->value.p : "");
    enum op_end end = set(c, s, given, attributes_merge(s->attributes, given));
    cJSON_Delete(given);
    return end;
}

/* --- ConfirmSubscription: nothing here ever waits for a confirmation, so no token is right */

struct confirm_in {
    struct str topic, token, authenticate;
};

static const struct shape_row confirm_in[] = {
    IN_STR(confirm_in, topic, "TopicArn", .flags = SHAPE_REQ),
    IN_STR(confirm_in, token, "Token", .flags = SHAPE_REQ),
    IN_STR(confirm_in, authenticate, "AuthenticateOnUnsubscribe", .flags = SHAPE_IGNORED),
    SHAPE_END,
};
static const struct shape_row confirm_out[] = {OUT(SHAPE_STR, "SubscriptionArn"), SHAPE_END};

static enum op_end run_confirm(struct call *c, const void *input)
{
    (void)input;
    return fail_parameter(c, "Token");
}

/* --- lists */

static const struct shape_row list_in[] = {
    IN_STR(page_in, token, "NextToken"),
    SHAPE_END,
};
static const struct shape_row by_topic_in[] = {
    IN_STR(page_in, topic_arn, "TopicArn", .flags = SHAPE_REQ),
    IN_STR(page_in, token, "NextToken"),
    SHAPE_END,
};
static const struct shape_row members[] = {
    OUT(SHAPE_STR, "SubscriptionArn"), OUT(SHAPE_STR, "Owner"),    OUT(SHAPE_STR, "Protocol"),
    OUT(SHAPE_STR, "Endpoint"),        OUT(SHAPE_STR, "TopicArn"), SHAPE_END,
};
static const struct shape_row element[] = {OUT(SHAPE_STRUCT, "Subscription", .of = members), SHAPE_END};
static const struct shape_row list_out[] = {
    OUT(SHAPE_LIST, "Subscriptions", .of = element),
    OUT(SHAPE_STR, "NextToken"),
    SHAPE_END,
};

static void add_subscription(cJSON *list, const struct subscription *s)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "SubscriptionArn", s->arn.p);
    cJSON_AddStringToObject(o, "Owner", s->owner.p);
    cJSON_AddStringToObject(o, "Protocol", protocol_name(s->protocol));
    cJSON_AddStringToObject(o, "Endpoint", s->endpoint.p);
    cJSON_AddStringToObject(o, "TopicArn", s->topic->arn.p);
    cJSON_AddItemToArray(list, o);
}

static enum op_end run_list(struct call *c, const void *input)
{
    const struct page_in *req = input;
    struct sns *m = sns_of(c);
    struct page p;
    if (!m || !page_begin(c, &p, req->token, "Subscriptions"))
        return OP_FAULT;
    struct map_entry *at = m->subscriptions.first;
    const struct subscription *s;
    while ((s = map_each(&at, NULL)))
        if (str_eq(s->topic->account, c->account) && str_eq(s->topic->region, c->region) && page_takes(&p))
            add_subscription(p.list, s);
    page_end(c, &p);
    return OP_DONE;
}

static enum op_end run_by_topic(struct call *c, const void *input)
{
    const struct page_in *req = input;
    const struct topic *t = topic_by_arn(c, req->topic_arn, "TopicArn");
    struct page p;
    if (!t || !page_begin(c, &p, req->token, "Subscriptions"))
        return OP_FAULT;
    struct list *at;
    list_each (at, &t->subscriptions)
        if (page_takes(&p))
            add_subscription(p.list, list_of(at, struct subscription, link));
    page_end(c, &p);
    return OP_DONE;
}

const struct op_row sns_unsubscribe = {
    .name = "Unsubscribe", .run = run_unsubscribe, .in = arn_in, .in_size = sizeof(struct subscription_in)};
const struct op_row sns_get_subscription_attributes = {.name = "GetSubscriptionAttributes",
                                                       .run = run_get,
                                                       .in = arn_in,
                                                       .in_size = sizeof(struct subscription_in),
                                                       .out = get_out};
const struct op_row sns_set_subscription_attributes = {.name = "SetSubscriptionAttributes",
                                                       .run = run_set,
                                                       .in = set_in,
                                                       .in_size = sizeof(struct subscription_in)};
const struct op_row sns_confirm_subscription = {.name = "ConfirmSubscription",
                                                .run = run_confirm,
                                                .in = confirm_in,
                                                .in_size = sizeof(struct confirm_in),
                                                .out = confirm_out};
const struct op_row sns_list_subscriptions = {.name = "ListSubscriptions",
                                              .run = run_list,
                                              .in = list_in,
                                              .in_size = sizeof(struct page_in),
                                              .out = list_out};
const struct op_row sns_list_subscriptions_by_topic = {.name = "ListSubscriptionsByTopic",
                                                       .run = run_by_topic,
                                                       .in = by_topic_in,
                                                       .in_size = sizeof(struct page_in),
                                                       .out = list_out};

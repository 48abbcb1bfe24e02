#include "attr.h"
#include "base/codec.h"
#include "base/json.h"
#include "door/arn.h"
#include "door/caller.h"
#include "fault.h"
#include "filter.h"
#include <inttypes.h>

static const char *const before[] = {"", "Attributes Reason: "};

static bool is_json_object(struct str text)
{
    cJSON *tree = json_tree_foreign(text);
    bool fits = cJSON_IsObject(tree);
    cJSON_Delete(tree);
    return fits;
}

/* --- topics */

/* Kept and answered.  Without effect on one machine, as the README says: the policies, encryption, tracing,
 * and where delivery is reported. */
static const char *const topic_names[] = {
    "DisplayName",
    "Policy",
    "DeliveryPolicy",
    "KmsMasterKeyId",
    "SignatureVersion",
    "TracingConfig",
    "ApplicationSuccessFeedbackRoleArn",
    "ApplicationSuccessFeedbackSampleRate",
    "ApplicationFailureFeedbackRoleArn",
    "FirehoseSuccessFeedbackRoleArn",
    "FirehoseSuccessFeedbackSampleRate",
    "FirehoseFailureFeedbackRoleArn",
    "HTTPSuccessFeedbackRoleArn",
    "HTTPSuccessFeedbackSampleRate",
    "HTTPFailureFeedbackRoleArn",
    "LambdaSuccessFeedbackRoleArn",
    "LambdaSuccessFeedbackSampleRate",
    "LambdaFailureFeedbackRoleArn",
    "SQSSuccessFeedbackRoleArn",
    "SQSSuccessFeedbackSampleRate",
    "SQSFailureFeedbackRoleArn",
    NULL,
};

static bool topic_value_fits(struct call *c, struct str name, struct str value, bool whole)
{
    const char *pre = before[whole];
    if (str_is(name, "DisplayName") && codec_utf16_len(value) > 100) {
        fail_parameter(c, "%sDisplayName: must be at most 100 characters", pre);
        return false;
    }
    if ((str_is(name, "Policy") || str_is(name, "DeliveryPolicy")) && value.n && !is_json_object(value)) {
        fail_parameter(c, "%s%.*s: failed to parse JSON.", pre, STR_ARG(name));
        return false;
    }
    if (str_is(name, "SignatureVersion") && !str_is(value, "1") && !str_is(value, "2")) {
        fail_parameter(c, "%sSignatureVersion: Invalid value [%.*s]. Must be 1 or 2.", pre, STR_ARG(value));
        return false;
    }
    if (str_is(name, "TracingConfig") && !str_is(value, "PassThrough") && !str_is(value, "Active")) {
        fail_parameter(c, "%sTracingConfig: Invalid value [%.*s]. Must be PassThrough or Active.", pre,
                       STR_ARG(value));
        return false;
    }
    return true;
}

static bool name_in(struct str name, const char *const *list)
{
    for (; *list; list++)
        if (str_is(name, *list))
            return true;
    return false;
}

bool topic_attrs_check(struct call *c, const cJSON *given, bool whole)
{
    const cJSON *v;
    cJSON_ArrayForEach (v, given) {
        struct str name = str_z(v->string), value = json_text(v);
        if (str_is(name, "FifoTopic") && str_ieq(value, STR("true"))) {
            fail_parameter(c, "%sFifoTopic: FIFO topics are not supported by tidepool yet", before[whole]);
            return false;
        }
        if (str_is(name, "FifoTopic") && whole)
            continue; /* "false" says what is so */
        if (!name_in(name, topic_names)) {
            if (whole)
                fail_parameter(c, "Attributes Reason: Unknown attribute: %.*s", STR_ARG(name));
            else
                fail_parameter(c, "AttributeName");
            return false;
        }
        if (!topic_value_fits(c, name, value, whole))
            return false;
    }
    return true;
}

enum op_end topic_attrs_put(struct call *c, struct topic *t, const cJSON *given)
{
    cJSON *merged = attributes_merge(t->attributes, given);
    struct topic_row row = topic_row_of(t);
    row.attributes = merged;
    enum rc rc = topic_write(c->txn, &row);
    if (rc == RC_OK) {
        topic_set_attributes(t, merged);
        return OP_DONE;
    }
    cJSON_Delete(merged);
    return call_broke(c, rc);
}

static const char delivery_policy[] =
    "{\"http\":{\"defaultHealthyRetryPolicy\":{\"minDelayTarget\":20,\"maxDelayTarget\":20,\"numRetries\":3,"
    "\"numMaxDelayRetries\":0,\"numNoDelayRetries\":0,\"numMinDelayRetries\":0,\"backoffFunction\":"
    "\"linear\"},"
    "\"disableSubscriptionOverrides\":false,\"defaultRequestPolicy\":{\"headerContentType\":\"text/plain; "
    "charset=UTF-8\"}}}";

static struct str default_policy(struct call *c, const struct topic *t)
{
    return arena_printf(
        &c->arena,
        "{\"Version\":\"2008-10-17\",\"Id\":\"__default_policy_ID\",\"Statement\":[{\"Sid\":"
        "\"__default_statement_ID\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":["
        "\"SNS:GetTopicAttributes\",\"SNS:SetTopicAttributes\",\"SNS:AddPermission\","
        "\"SNS:RemovePermission\",\"SNS:DeleteTopic\",\"SNS:Subscribe\",\"SNS:ListSubscriptionsByTopic\","
        "\"SNS:Publish\"],\"Resource\":\"%.*s\",\"Condition\":{\"StringEquals\":{\"AWS:SourceOwner\":"
        "\"%.*s\"}}}]}",
        STR_ARG(t->arn), STR_ARG(t->account));
}

static void add(cJSON *out, const char *name, struct str value)
{
    if (!cJSON_GetObjectItemCaseSensitive(out, name))
        cJSON_AddStringToObject(out, name, value.p);
}

void topic_attrs_out(struct call *c, const struct topic *t, cJSON *out)
{
    const cJSON *v;
    cJSON_ArrayForEach (v, t->attributes)
        add(out, v->string, json_text(v));
    add(out, "DisplayName", STR(""));
    add(out, "EffectiveDeliveryPolicy",
        attribute_of(t->attributes, "DeliveryPolicy").p ? attribute_of(t->attributes, "DeliveryPolicy")
                                                        : str_z(delivery_policy));
    add(out, "Owner", t->account);
    add(out, "Policy", default_policy(c, t));
    add(out, "SubscriptionsConfirmed", arena_printf(&c->arena, "%d", t->count));
    add(out, "SubscriptionsDeleted", arena_printf(&c->arena, "%" PRId64, t->deleted_subscriptions));
    add(out, "SubscriptionsPending", STR("0"));
    add(out, "TopicArn", t->arn);
}

/* --- subscriptions */

static bool check_raw(struct call *c, enum protocol protocol, struct str value, const char *pre)
{
    bool raw = str_ieq(value, STR("true"));
    if (raw && protocol != PROTOCOL_SQS) {
        fail_parameter(c, "%sDelivery protocol [%s] does not support raw message delivery.", pre,
                       protocol_name(protocol));
        return false;
    }
    if (raw || str_ieq(value, STR("false")))
        return true;
    fail_parameter(c, "%sRawMessageDelivery: Invalid value [%.*s]. Must be true or false.", pre,
                   STR_ARG(value));
    return false;
}

static bool check_scope(struct call *c, struct str value, const char *pre)
{
    if (str_is(value, "MessageAttributes") || str_is(value, "MessageBody"))
        return true;
    fail_parameter(
        c, "%sFilterPolicyScope: Invalid value [%.*s]. Please use either MessageBody or MessageAttributes",
        pre, STR_ARG(value));
    return false;
}

static bool check_redrive(struct call *c, struct str value, const char *pre)
{
    if (value.n == 0)
        return true; /* takes it away */
    cJSON *tree = json_tree_foreign(value);
    struct arn arn;
    bool parsed = cJSON_IsObject(tree);
    bool fits = parsed && arn_of_service(attribute_of(tree, "deadLetterTargetArn"), "sqs", &arn) &&
                str_eq(arn.region, c->region);
    cJSON_Delete(tree);
    if (!parsed)
        fail_parameter(c, "%sRedrivePolicy: failed to parse JSON.", pre);
    else if (!fits)
        fail_parameter(c, "%sRedrivePolicy: deadLetterTargetArn is an invalid arn", pre);
    return fits;
}

static bool check_filter(struct call *c, const cJSON *merged, const char *pre)
{
    struct str policy = attribute_of(merged, "FilterPolicy");
    if (!policy.n)
        return true;
    bool body = str_is(attribute_of(merged, "FilterPolicyScope"), "MessageBody");
    struct str why = filter_trouble(&c->arena, policy, body);
    if (!why.p)
        return true;
    /* AWS words the one about nesting without the prefix */
    fail_parameter(c, "%s%.*s", str_starts(why, STR("FilterPolicy:")) ? pre : "", STR_ARG(why));
    return false;
}

static bool check_one(struct call *c, enum protocol protocol, const cJSON *v, const cJSON *merged, bool whole)
{
    struct str name = str_z(v->string), value = json_text(v);
    const char *pre = before[whole];
    if (str_is(name, "RawMessageDelivery"))
        return check_raw(c, protocol, value, pre);
    if (str_is(name, "FilterPolicyScope"))
        return check_scope(c, value, pre) && check_filter(c, merged, pre);
    if (str_is(name, "FilterPolicy"))
        return check_filter(c, merged, pre);
    if (str_is(name, "RedrivePolicy"))
        return check_redrive(c, value, pre);
    if (str_is(name, "DeliveryPolicy") || str_is(name, "SubscriptionRoleArn") || str_is(name, "ReplayPolicy"))
        fail_parameter(c, "%s%.*s: not supported by tidepool yet", pre, STR_ARG(name));
    else if (whole)
        fail_parameter(c, "Attributes Reason: Unknown attribute: %.*s", STR_ARG(name));
    else
        fail_parameter(c, "AttributeName");
    return false;
}

bool subscription_attrs_check(struct call *c, enum protocol protocol, const cJSON *given, const cJSON *merged,
                              bool whole)
{
    const cJSON *v;
    cJSON_ArrayForEach (v, given)
        if (!check_one(c, protocol, v, merged, whole))
            return false;
    return true;
}

void subscription_attrs_out(struct call *c, const struct subscription *s, cJSON *out)
{
    const cJSON *v;
    bool filtered = attribute_of(s->attributes, "FilterPolicy").p;
    add(out, "RawMessageDelivery", s->raw ? STR("true") : STR("false"));
    cJSON_ArrayForEach (v, s->attributes)
        if (filtered || strcmp(v->string, "FilterPolicyScope") != 0)
            add(out, v->string, json_text(v));
    if (filtered)
        add(out, "FilterPolicyScope", STR("MessageAttributes"));
    add(out, "ConfirmationWasAuthenticated", STR("true"));
    add(out, "Endpoint", s->endpoint);
    add(out, "Owner", s->owner);
    add(out, "PendingConfirmation", STR("false"));
    add(out, "Protocol", str_z(protocol_name(s->protocol)));
    add(out, "SubscriptionArn", s->arn);
    add(out, "SubscriptionPrincipal", caller_arn(&c->arena, s->owner));
    add(out, "TopicArn", s->topic->arn);
}

#include "attr.h"
#include "base/json.h"
#include "door/arn.h"
#include "fault.h"
#include <stdio.h>
#include <stdlib.h>

/* KMS, SSE and Policy have no effect on one machine: they are kept and answered, as the README says. */
const struct queue_attr queue_attrs[] = {
    {"QueueArn", ATTR_COUNTED, 0, 0, NULL},
    {"ApproximateNumberOfMessages", ATTR_COUNTED, 0, 0, NULL},
    {"ApproximateNumberOfMessagesNotVisible", ATTR_COUNTED, 0, 0, NULL},
    {"ApproximateNumberOfMessagesDelayed", ATTR_COUNTED, 0, 0, NULL},
    {"CreatedTimestamp", ATTR_COUNTED, 0, 0, NULL},
    {"LastModifiedTimestamp", ATTR_COUNTED, 0, 0, NULL},
    {"VisibilityTimeout", ATTR_INT, 0, MAX_VISIBILITY, "30"},
    {"MaximumMessageSize", ATTR_INT, 1024, MESSAGE_BYTES, "1048576"},
    {"MessageRetentionPeriod", ATTR_INT, 60, 1209600, "345600"},
    {"DelaySeconds", ATTR_INT, 0, 900, "0"},
    {"Policy", ATTR_TEXT, 0, 0, NULL},
    {"RedrivePolicy", ATTR_TEXT, 0, 0, NULL},
    {"ReceiveMessageWaitTimeSeconds", ATTR_INT, 0, 20, "0"},
    {"RedriveAllowPolicy", ATTR_TEXT, 0, 0, NULL},
    {"KmsMasterKeyId", ATTR_TEXT, 0, 0, NULL},
    {"KmsDataKeyReusePeriodSeconds", ATTR_INT, 60, 86400, NULL},
    {"SqsManagedSseEnabled", ATTR_BOOL, 0, 0, "true"},
    {"FifoQueue", ATTR_FIFO, 0, 0, NULL},
    {"ContentBasedDeduplication", ATTR_FIFO, 0, 0, NULL},
    {"DeduplicationScope", ATTR_FIFO, 0, 0, NULL},
    {"FifoThroughputLimit", ATTR_FIFO, 0, 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

const struct queue_attr *queue_attr_find(struct str name)
{
    for (const struct queue_attr *a = queue_attrs; a->name; a++)
        if (str_is(name, a->name))
            return a;
    return NULL;
}

static struct str text_of(const cJSON *object, const char *name)
{
    return json_text(cJSON_GetObjectItemCaseSensitive(object, name));
}

struct str queue_attr_value(const cJSON *attributes, const struct queue_attr *a)
{
    struct str set = text_of(attributes, a->name);
    if (set.p)
        return set;
    bool kms = text_of(attributes, "KmsMasterKeyId").p;
    if (kms && strcmp(a->name, "SqsManagedSseEnabled") == 0)
        return STR("false");
    if (kms && strcmp(a->name, "KmsDataKeyReusePeriodSeconds") == 0)
        return STR("300");
    return str_z(a->fallback);
}

/* There is one kind of encryption at a time: the one that was asked for last. */
static void keep_one_encryption(cJSON *merged, const cJSON *given)
{
    if (text_of(given, "KmsMasterKeyId").n)
        cJSON_DeleteItemFromObjectCaseSensitive(merged, "SqsManagedSseEnabled");
    if (str_is(text_of(given, "SqsManagedSseEnabled"), "true"))
        cJSON_DeleteItemFromObjectCaseSensitive(merged, "KmsMasterKeyId");
}

cJSON *queue_attrs_merge(const cJSON *old, const cJSON *given)
{
    cJSON *merged = old ? json_copy(old) : cJSON_CreateObject();
    const cJSON *v;
    cJSON_ArrayForEach (v, given) {
        cJSON_DeleteItemFromObjectCaseSensitive(merged, v->string);
        if (json_text(v).n)
            json_add_text(merged, v->string, json_text(v));
    }
    keep_one_encryption(merged, given);
    return merged;
}

enum op_end queue_attrs_put(struct call *c, struct queue *q, const cJSON *given)
{
    cJSON *merged = queue_attrs_merge(q->attributes, given);
    struct queue_row row = queue_row_of(q);
    row.attributes = merged, row.modified = c->now;
    enum rc rc = queue_write(c->txn, &row);
    if (rc != RC_OK) {
        cJSON_Delete(merged);
        return call_broke(c, rc);
    }
    q->modified = c->now;
    queue_set_attributes(q, merged);
    return OP_DONE;
}

/* --- redrive */

static bool redrive_count(const cJSON *v, int64_t *n)
{
    if (cJSON_IsString(v))
        return str_to_i64(json_text(v), n);
    *n = (int64_t)v->valuedouble;
    return cJSON_IsNumber(v) && (double)*n == v->valuedouble;
}

bool redrive_parse(struct arena *a, struct str policy, struct str *arn, int64_t *max_receives)
{
    cJSON *tree = json_tree_foreign(policy);
    const cJSON *count = cJSON_GetObjectItemCaseSensitive(tree, "maxReceiveCount");
    *arn = arena_str(a, text_of(tree, "deadLetterTargetArn"));
    bool fits = arn->p && count && redrive_count(count, max_receives);
    cJSON_Delete(tree);
    return fits;
}

static char *redrive_wrong_count(struct call *c, const cJSON *count)
{
    char *text = cJSON_IsString(count) ? NULL : json_printed(count);
    struct str why = arena_printf(
        &c->arena, "Invalid value for maxReceiveCount: %s, valid values are from 1 to 1000 both inclusive.",
        text ? text : count->valuestring);
    free(text);
    return (char *)why.p;
}

/* May this source use that dead-letter queue?  RedriveAllowPolicy of the target says. */
static bool redrive_allowed(const struct queue *target, struct str source_arn)
{
    cJSON *policy = json_tree(text_of(target->attributes, "RedriveAllowPolicy"));
    struct str permission = text_of(policy, "redrivePermission");
    bool allowed = !str_is(permission, "denyAll");
    if (str_is(permission, "byQueue")) {
        allowed = false;
        const cJSON *arn;
        cJSON_ArrayForEach (arn, cJSON_GetObjectItemCaseSensitive(policy, "sourceQueueArns"))
            if (cJSON_IsString(arn) && str_is(source_arn, arn->valuestring))
                allowed = true;
    }
    cJSON_Delete(policy);
    return allowed;
}

/* Why the policy cannot stand, or NULL. */
static const char *redrive_reason(struct call *c, struct str source_arn, const cJSON *tree)
{
    if (!cJSON_IsObject(tree))
        return "Redrive policy is not a valid JSON map.";
    struct str arn = text_of(tree, "deadLetterTargetArn");
    const cJSON *count = cJSON_GetObjectItemCaseSensitive(tree, "maxReceiveCount");
    if (!arn.p)
        return "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.";
    if (!count)
        return "Redrive policy does not contain mandatory attribute: maxReceiveCount.";
    int64_t n;
    if (!redrive_count(count, &n) || n < 1 || n > 1000)
        return redrive_wrong_count(c, count);
    struct arn to, from;
    if (!arn_of_service(arn, "sqs", &to) || !arn_of_service(source_arn, "sqs", &from))
        return "Invalid value for deadLetterTargetArn.";
    if (!str_eq(to.account, from.account) || !str_eq(to.region, from.region))
        return "Dead-letter target owner should be same as the source.";
    if (str_ends(to.resource, STR(".fifo")) != str_ends(from.resource, STR(".fifo")))
        return "Dead-letter queue must be same type of queue as the source.";
    if (str_eq(arn, source_arn))
        return "Dead letter target can not be the queue itself.";
    const struct queue *target = queue_by_arn(c, arn);
    if (!target)
        return "Dead letter target does not exist.";
    if (!redrive_allowed(target, source_arn))
        return "The dead letter target's RedriveAllowPolicy does not allow this source queue.";
    return NULL;
}

static bool check_redrive(struct call *c, struct str source_arn, struct str policy)
{
    cJSON *tree = json_tree_foreign(policy);
    const char *reason = redrive_reason(c, source_arn, tree);
    cJSON_Delete(tree);
    if (reason)
        fail_value(c, policy, "RedrivePolicy", reason);
    return !reason;
}

static const char *redrive_allow_reason(const cJSON *tree)
{
    if (!cJSON_IsObject(tree))
        return "RedriveAllowPolicy is not a valid JSON map.";
    struct str permission = text_of(tree, "redrivePermission");
    const cJSON *arns = cJSON_GetObjectItemCaseSensitive(tree, "sourceQueueArns");
    bool by_queue = str_is(permission, "byQueue");
    if (!by_queue && !str_is(permission, "allowAll") && !str_is(permission, "denyAll"))
        return "RedriveAllowPolicy does not contain a valid redrivePermission.";
    if (by_queue ? cJSON_GetArraySize(arns) < 1 || cJSON_GetArraySize(arns) > 10 : arns != NULL)
        return "sourceQueueArns must hold 1 to 10 queues, and only with redrivePermission byQueue.";
    return NULL;
}

static bool check_redrive_allow(struct call *c, struct str policy)
{
    cJSON *tree = json_tree_foreign(policy);
    const char *reason = redrive_allow_reason(tree);
    cJSON_Delete(tree);
    if (reason)
        fail_value(c, policy, "RedriveAllowPolicy", reason);
    return !reason;
}

/* --- checks */

static bool is_json_object(struct str text)
{
    cJSON *tree = json_tree_foreign(text);
    bool fits = cJSON_IsObject(tree);
    cJSON_Delete(tree);
    return fits;
}

static bool wrong_value(struct call *c, const struct queue_attr *a)
{
    call_fail(c, &sqs_invalid_attribute_value, "Invalid value for the parameter %s.", a->name);
    return false;
}

static bool check_one(struct call *c, struct str arn, const struct queue_attr *a, struct str value)
{
    int64_t n;
    if (a->kind == ATTR_TEXT && value.n == 0)
        return true; /* takes the attribute away */
    if (a->kind == ATTR_INT && (!str_to_i64(value, &n) || n < a->min || n > a->max))
        return wrong_value(c, a);
    if (a->kind == ATTR_BOOL && !str_is(value, "true") && !str_is(value, "false"))
        return wrong_value(c, a);
    if (strcmp(a->name, "RedrivePolicy") == 0)
        return check_redrive(c, arn, value);
    if (strcmp(a->name, "RedriveAllowPolicy") == 0)
        return check_redrive_allow(c, value);
    if (strcmp(a->name, "Policy") == 0 && !is_json_object(value))
        return wrong_value(c, a);
    return true;
}

bool queue_attrs_check(struct call *c, struct str arn, const cJSON *given)
{
    const cJSON *v;
    cJSON_ArrayForEach (v, given) {
        const struct queue_attr *a = queue_attr_find(str_z(v->string));
        if (a && strcmp(a->name, "FifoQueue") == 0 && strcmp(v->valuestring, "true") == 0) {
            call_fail(c, &sqs_invalid_attribute_value,
                      "Invalid value for the parameter FifoQueue. Reason: FIFO queues are not supported by "
                      "tidepool yet.");
            return false;
        }
        if (!a || a->kind == ATTR_COUNTED || a->kind == ATTR_FIFO) {
            call_fail(c, &sqs_invalid_attribute_name, "Unknown Attribute %s.", v->string);
            return false;
        }
        if (!check_one(c, arn, a, json_text(v)))
            return false;
    }
    if (str_is(text_of(given, "SqsManagedSseEnabled"), "true") && text_of(given, "KmsMasterKeyId").n) {
        call_fail(c, &sqs_invalid_attribute_name,
                  "You can use one type of server-side encryption (SSE) at one time. You can either enable "
                  "KMS SSE or SQS SSE.");
        return false;
    }
    return true;
}

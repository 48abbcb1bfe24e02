/* AddPermission and RemovePermission: statements in the topic's Policy.  They are kept and answered; nobody
 * is refused because of them. */
#include "attr.h"
#include "base/json.h"
#include "door/policy.h"
#include "fault.h"
#include "op.h"
#include <stdlib.h>

struct permission_in {
    struct str topic, label;
    const cJSON *accounts, *actions;
};

static const struct shape_row text_row[] = {OUT(SHAPE_STR, "text"), SHAPE_END};
static const struct shape_row add_in[] = {
    IN_STR(permission_in, topic, "TopicArn", .flags = SHAPE_REQ),
    IN_STR(permission_in, label, "Label", .flags = SHAPE_REQ),
    IN_LIST(permission_in, accounts, "AWSAccountId", .flags = SHAPE_REQ, .of = text_row),
    IN_LIST(permission_in, actions, "ActionName", .flags = SHAPE_REQ, .of = text_row),
    SHAPE_END,
};
static const struct shape_row remove_in[] = {
    IN_STR(permission_in, topic, "TopicArn", .flags = SHAPE_REQ),
    IN_STR(permission_in, label, "Label", .flags = SHAPE_REQ),
    SHAPE_END,
};

static const char *const topic_actions[] = {
    "AddPermission", "DeleteTopic",      "GetTopicAttributes", "ListSubscriptionsByTopic", "Publish",
    "Receive",       "RemovePermission", "Subscribe",          "SetTopicAttributes",       NULL,
};

static bool are_topic_actions(const cJSON *actions)
{
    const cJSON *a;
    cJSON_ArrayForEach (a, actions) {
        const char *const *known = topic_actions;
        while (*known && strcmp(a->valuestring, *known) != 0)
            known++;
        if (!*known)
            return false;
    }
    return true;
}

/* The policy in force; the caller owns it. */
static cJSON *policy_of(struct call *c, const struct topic *t)
{
    cJSON *all = cJSON_CreateObject();
    topic_attrs_out(c, t, all);
    cJSON *policy = json_tree(attribute_of(all, "Policy"));
    cJSON_Delete(all);
    return policy;
}

/* Stores the topic with this policy, which is moved. */
static enum op_end set_policy(struct call *c, struct topic *t, cJSON *policy)
{
    char *text = json_printed(policy);
    cJSON *given = cJSON_CreateObject();
    cJSON_AddStringToObject(given, "Policy", text);
    enum op_end end = topic_attrs_put(c, t, given);
    free(text);
    cJSON_Delete(given);
    cJSON_Delete(policy);
    return end;
}

static enum op_end run_add(struct call *c, const void *input)
{
    const struct permission_in *req = input;
    struct topic *t = topic_by_arn(c, req->topic, "TopicArn");
    if (!t)
        return OP_FAULT;
    if (!are_topic_actions(req->actions))
        return fail_parameter(c, "Policy statement action out of service scope!");
    cJSON *policy = policy_of(c, t);
    cJSON *statements = policy_statements(policy);
    if (policy_find(statements, req->label) >= 0) {
        cJSON_Delete(policy);
        return fail_parameter(c, "Statement already exists");
    }
    policy_allow(c, statements,
                 &(struct policy_grant){req->label, t->arn, req->accounts, req->actions, "SNS:"});
    return set_policy(c, t, policy);
}

/* A label that is not there is no fault, as on AWS. */
static enum op_end run_remove(struct call *c, const void *input)
{
    const struct permission_in *req = input;
    struct topic *t = topic_by_arn(c, req->topic, "TopicArn");
    if (!t)
        return OP_FAULT;
    cJSON *policy = policy_of(c, t);
    cJSON *statements = policy_statements(policy);
    int at = policy_find(statements, req->label);
    if (at >= 0)
        cJSON_DeleteItemFromArray(statements, at);
    return set_policy(c, t, policy);
}

const struct op_row sns_add_permission = {
    .name = "AddPermission", .run = run_add, .in = add_in, .in_size = sizeof(struct permission_in)};
const struct op_row sns_remove_permission = {
    .name = "RemovePermission", .run = run_remove, .in = remove_in, .in_size = sizeof(struct permission_in)};

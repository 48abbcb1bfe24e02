/* AddPermission and RemovePermission: statements in the queue's Policy.  They are kept and answered; nobody
 * is refused because of them. */
#include "attr.h"
#include "base/json.h"
#include "door/policy.h"
#include "fault.h"
#include "op.h"
#include <stdlib.h>

struct permission_in {
    struct str queue_url, label;
    const cJSON *accounts, *actions;
};

static const struct shape_row account_row[] = {OUT(SHAPE_STR, "AWSAccountId"), SHAPE_END};
static const struct shape_row action_row[] = {OUT(SHAPE_STR, "ActionName"), SHAPE_END};

static const struct shape_row add_in[] = {
    IN_STR(permission_in, queue_url, "QueueUrl", .flags = SHAPE_REQ),
    IN_STR(permission_in, label, "Label", .flags = SHAPE_REQ),
    IN_LIST(permission_in, accounts, "AWSAccountIds", .flags = SHAPE_REQ | SHAPE_FLAT, .of = account_row,
            .wire = "AWSAccountId"),
    IN_LIST(permission_in, actions, "Actions", .flags = SHAPE_REQ | SHAPE_FLAT, .of = action_row,
            .wire = "ActionName"),
    SHAPE_END,
};
static const struct shape_row remove_in[] = {
    IN_STR(permission_in, queue_url, "QueueUrl", .flags = SHAPE_REQ),
    IN_STR(permission_in, label, "Label", .flags = SHAPE_REQ),
    SHAPE_END,
};

#define MAX_ACTIONS 7

/* What others may be allowed to do; the rest is the owner's alone. */
static const char *const shared_actions[] = {
    "*",
    "ChangeMessageVisibility",
    "DeleteMessage",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "PurgeQueue",
    "ReceiveMessage",
    "SendMessage",
    NULL,
};

static bool is_shared(const char *action)
{
    for (const char *const *a = shared_actions; *a; a++)
        if (strcmp(action, *a) == 0)
            return true;
    return false;
}

static bool is_action(const struct service *s, const char *name)
{
    for (const struct op_row *const *op = s->ops; *op; op++)
        if (!((*op)->flags & OP_INTERNAL) && strcmp(name, (*op)->name) == 0)
            return true;
    return false;
}

static enum op_end check_actions(struct call *c, const cJSON *actions)
{
    int n = cJSON_GetArraySize(actions);
    if (n > MAX_ACTIONS)
        return call_fail(c, &sqs_over_limit, "%d Actions were found, maximum allowed is %d.", n, MAX_ACTIONS);
    const cJSON *a;
    cJSON_ArrayForEach (a, actions)
        if (!is_shared(a->valuestring))
            return fail_value(c, arena_printf(&c->arena, "SQS:%s", a->valuestring), "ActionName",
                              is_action(c->service, a->valuestring)
                                  ? "Only the queue owner is allowed to invoke this action."
                                  : "Please refer to the appropriate WSDL for a list of valid actions.");
    return OP_DONE;
}

static cJSON *policy_of(struct call *c, const struct queue *q)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(q->attributes, "Policy"));
    cJSON *policy = json_tree(str_z(text));
    if (policy)
        return policy;
    policy = cJSON_CreateObject();
    cJSON_AddStringToObject(policy, "Version", "2008-10-17");
    cJSON_AddStringToObject(policy, "Id",
                            arena_printf(&c->arena, "%.*s/SQSDefaultPolicy", STR_ARG(q->arn)).p);
    return policy;
}

/* Stores the queue with this policy (moved); a policy without statements is taken away. */
static enum op_end set_policy(struct call *c, struct queue *q, cJSON *policy)
{
    char *text = policy_statements(policy)->child ? json_printed(policy) : NULL;
    cJSON *given = cJSON_CreateObject();
    cJSON_AddStringToObject(given, "Policy", text ? text : "");
    enum op_end end = queue_attrs_put(c, q, given);
    free(text);
    cJSON_Delete(given);
    cJSON_Delete(policy);
    return end;
}

static enum op_end run_add(struct call *c, const void *input)
{
    const struct permission_in *req = input;
    struct queue *q = queue_by_url(c, req->queue_url);
    if (!q || check_actions(c, req->actions) != OP_DONE)
        return OP_FAULT;
    cJSON *policy = policy_of(c, q);
    cJSON *statements = policy_statements(policy);
    if (policy_find(statements, req->label) >= 0) {
        cJSON_Delete(policy);
        return fail_value(c, req->label, "Label", "Already exists.");
    }
    policy_allow(c, statements,
                 &(struct policy_grant){req->label, q->arn, req->accounts, req->actions, "SQS:"});
    return set_policy(c, q, policy);
}

static enum op_end run_remove(struct call *c, const void *input)
{
    const struct permission_in *req = input;
    struct queue *q = queue_by_url(c, req->queue_url);
    if (!q)
        return OP_FAULT;
    cJSON *policy = policy_of(c, q);
    cJSON *statements = policy_statements(policy);
    int at = policy_find(statements, req->label);
    if (at < 0) {
        cJSON_Delete(policy);
        return fail_value(c, req->label, "Label", "can't find label.");
    }
    cJSON_DeleteItemFromArray(statements, at);
    return set_policy(c, q, policy);
}

const struct op_row sqs_add_permission = {.name = "AddPermission",
                                          .run = run_add,
                                          .in = add_in,
                                          .in_size = sizeof(struct permission_in),
                                          .flags = OP_SILENT};
const struct op_row sqs_remove_permission = {.name = "RemovePermission",
                                             .run = run_remove,
                                             .in = remove_in,
                                             .in_size = sizeof(struct permission_in),
                                             .flags = OP_SILENT};

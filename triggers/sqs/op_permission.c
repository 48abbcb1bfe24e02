/* AddPermission and RemovePermission: statements in the queue's Policy.  They are kept and answered; nobody
 * is refused because of them. */
#include "attr.h"
#include "base/json.h"
#include "fault.h"
#include "op.h"

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
    cJSON_AddArrayToObject(policy, "Statement");
    return policy;
}

static int statement_at(const cJSON *statements, struct str label)
{
    const cJSON *s;
    int i = 0;
    cJSON_ArrayForEach (s, statements) {
        const char *sid = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(s, "Sid"));
        if (sid && str_is(label, sid))
            return i;
        i++;
    }
    return -1;
}

/* The texts with a prefix and a suffix around each: one alone stands bare, several in a list, as AWS writes
 * policies. */
static cJSON *one_or_many(struct call *c, const cJSON *texts, const char *before, const char *after)
{
    cJSON *list = cJSON_CreateArray();
    const cJSON *t;
    cJSON_ArrayForEach (t, texts)
        cJSON_AddItemToArray(
            list, cJSON_CreateString(arena_printf(&c->arena, "%s%s%s", before, t->valuestring, after).p));
    if (cJSON_GetArraySize(list) != 1)
        return list;
    cJSON *only = cJSON_DetachItemFromArray(list, 0);
    cJSON_Delete(list);
    return only;
}

static cJSON *statement_make(struct call *c, const struct queue *q, const struct permission_in *req)
{
    cJSON *s = cJSON_CreateObject();
    cJSON_AddStringToObject(s, "Sid", req->label.p);
    cJSON_AddStringToObject(s, "Effect", "Allow");
    cJSON *principal = cJSON_AddObjectToObject(s, "Principal");
    cJSON_AddItemToObject(principal, "AWS", one_or_many(c, req->accounts, "arn:aws:iam::", ":root"));
    cJSON_AddItemToObject(s, "Action", one_or_many(c, req->actions, "SQS:", ""));
    cJSON_AddStringToObject(s, "Resource", q->arn.p);
    return s;
}

/* Stores the queue with this policy (moved); a policy without statements is taken away. */
static enum op_end set_policy(struct call *c, struct queue *q, cJSON *policy)
{
    bool empty = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(policy, "Statement")) == 0;
    char *text = empty ? NULL : cJSON_PrintUnformatted(policy);
    cJSON *given = cJSON_CreateObject();
    cJSON_AddStringToObject(given, "Policy", text ? text : "");
    cJSON *merged = queue_attrs_merge(q->attributes, given);
    cJSON_free(text);
    cJSON_Delete(given);
    cJSON_Delete(policy);
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

static enum op_end run_add(struct call *c, const void *input)
{
    const struct permission_in *req = input;
    struct queue *q = queue_by_url(c, req->queue_url);
    if (!q)
        return OP_FAULT;
    cJSON *policy = policy_of(c, q);
    cJSON *statements = cJSON_GetObjectItemCaseSensitive(policy, "Statement");
    if (statement_at(statements, req->label) >= 0) {
        cJSON_Delete(policy);
        return fail_value(c, req->label, "Label", "Already exists.");
    }
    cJSON_AddItemToArray(statements, statement_make(c, q, req));
    return set_policy(c, q, policy);
}

static enum op_end run_remove(struct call *c, const void *input)
{
    const struct permission_in *req = input;
    struct queue *q = queue_by_url(c, req->queue_url);
    if (!q)
        return OP_FAULT;
    cJSON *policy = policy_of(c, q);
    cJSON *statements = cJSON_GetObjectItemCaseSensitive(policy, "Statement");
    int at = statement_at(statements, req->label);
    if (at < 0) {
        cJSON_Delete(policy);
        return fail_value(c, req->label, "Label", "can't find label.");
    }
    cJSON_DeleteItemFromArray(statements, at);
    return set_policy(c, q, policy);
}

const struct op_row sqs_add_permission = {
    .name = "AddPermission", .run = run_add, .in = add_in, .in_size = sizeof(struct permission_in)};
const struct op_row sqs_remove_permission = {
    .name = "RemovePermission", .run = run_remove, .in = remove_in, .in_size = sizeof(struct permission_in)};

/* AddPermission and RemovePermission: statements in the topic's Policy.  They are kept and answered; nobody
 * is refused because of them. */
#include "attr.h"
#include "base/json.h"
#include "fault.h"
#include "op.h"

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

static int statement_at(const cJSON *statements, struct str label)
{
    const cJSON *s;
    int i = 0;
    cJSON_ArrayForEach (s, statements) {
        if (str_eq(attribute_of(s, "Sid"), label))
            return i;
        i++;
    }
    return -1;
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

/* The texts with a prefix and a suffix around each: one alone stands bare, several in a list. */
static cJSON *one_or_many(struct call *c, const cJSON *texts, const char *front, const char *back)
{
    cJSON *list = cJSON_CreateArray();
    const cJSON *e;
    cJSON_ArrayForEach (e, texts)
        cJSON_AddItemToArray(
            list, cJSON_CreateString(arena_printf(&c->arena, "%s%s%s", front, e->valuestring, back).p));
    if (cJSON_GetArraySize(list) != 1)
        return list;
    cJSON *only = cJSON_DetachItemFromArray(list, 0);
    cJSON_Delete(list);
    return only;
}

/* Stores the topic with this policy, which is moved. */
static enum op_end set_policy(struct call *c, struct topic *t, cJSON *policy)
{
    char *text = cJSON_PrintUnformatted(policy);
    cJSON *given = cJSON_CreateObject();
    cJSON_AddStringToObject(given, "Policy", text);
    cJSON *merged = attributes_merge(t->attributes, given);
    cJSON_free(text);
    cJSON_Delete(given);
    cJSON_Delete(policy);
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

static enum op_end run_add(struct call *c, const void *input)
{
    const struct permission_in *req = input;
    struct topic *t = topic_by_arn(c, req->topic, "TopicArn");
    if (!t)
        return OP_FAULT;
    cJSON *policy = policy_of(c, t);
    cJSON *statements = cJSON_GetObjectItemCaseSensitive(policy, "Statement");
    if (statement_at(statements, req->label) >= 0) {
        cJSON_Delete(policy);
        return fail_parameter(c, "Statement already exists");
    }
    cJSON *s = cJSON_CreateObject();
    cJSON_AddStringToObject(s, "Sid", req->label.p);
    cJSON_AddStringToObject(s, "Effect", "Allow");
    cJSON_AddItemToObject(cJSON_AddObjectToObject(s, "Principal"), "AWS",
                          one_or_many(c, req->accounts, "arn:aws:iam::", ":root"));
    cJSON_AddItemToObject(s, "Action", one_or_many(c, req->actions, "SNS:", ""));
    cJSON_AddStringToObject(s, "Resource", t->arn.p);
    cJSON_AddItemToArray(statements, s);
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
    cJSON *statements = cJSON_GetObjectItemCaseSensitive(policy, "Statement");
    int at = statement_at(statements, req->label);
    if (at >= 0)
        cJSON_DeleteItemFromArray(statements, at);
    return set_policy(c, t, policy);
}

const struct op_row sns_add_permission = {
    .name = "AddPermission", .run = run_add, .in = add_in, .in_size = sizeof(struct permission_in)};
const struct op_row sns_remove_permission = {
    .name = "RemovePermission", .run = run_remove, .in = remove_in, .in_size = sizeof(struct permission_in)};

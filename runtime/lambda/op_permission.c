/* AddPermission, RemovePermission, GetPolicy: a function's resource policy.  Kept and shown; nobody is
 * refused by it yet. */
#include "model.h"
#include "names.h"
#include <ctype.h>
#include <stdlib.h>

#define POLICY_MAX 20480

struct permission_in {
    struct str function, qualifier, statement, action, principal, source_arn, source_account, revision;
    struct str event_source_token, org, url_auth;
    int via_url;
};

static bool is_statement_id(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!isalnum((unsigned char)s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
            return false;
    return s.n > 0;
}

static bool is_action(struct str s)
{
    if (str_is(s, "*") || str_is(s, "lambda:*"))
        return true;
    if (!str_starts(s, STR("lambda:")) || s.n == 7)
        return false;
    for (size_t i = 7; i < s.n; i++)
        if (!isalpha((unsigned char)s.p[i]))
            return false;
    return true;
}

static const struct shape_row add_in[] = {
    IN_FUNCTION(permission_in),
    IN_STR(permission_in, statement, "StatementId", .flags = SHAPE_REQ, .min = 1, .max = 100,
           .pattern = "([a-zA-Z0-9-_]+)", .match = is_statement_id),
    IN_STR(permission_in, action, "Action", .flags = SHAPE_REQ,
           .pattern = "(lambda:[*]|lambda:[a-zA-Z]+|[*])", .match = is_action),
    IN_STR(permission_in, principal, "Principal", .flags = SHAPE_REQ),
    IN_STR(permission_in, source_arn, "SourceArn"),
    IN_STR(permission_in, source_account, "SourceAccount", .max = 12),
    IN_STR(permission_in, event_source_token, "EventSourceToken", .max = 256),
    IN_QUALIFIER(permission_in),
    IN_STR(permission_in, revision, "RevisionId"),
    IN_STR(permission_in, org, "PrincipalOrgID"),
    IN_STR(permission_in, url_auth, "FunctionUrlAuthType"),
    IN_BOOL(permission_in, via_url, "InvokedViaFunctionUrl"),
    SHAPE_END,
};

static const struct shape_row remove_in[] = {
    IN_FUNCTION(permission_in),
    IN_STR(permission_in, statement, "StatementId", .flags = SHAPE_REQ | SHAPE_IN_URI, .min = 1, .max = 100),
    IN_QUALIFIER(permission_in),
    IN_STR(permission_in, revision, "RevisionId", .flags = SHAPE_IN_QUERY),
    SHAPE_END,
};

static const struct shape_row get_in[] = {
    IN_FUNCTION(permission_in),
    IN_QUALIFIER(permission_in),
    SHAPE_END,
};

static void add(struct call *c, cJSON *o, const char *name, struct str value)
{
    cJSON_AddStringToObject(o, name, arena_z(&c->arena, value));
}

static bool is_digits(struct str s)
{
    int64_t number;
    return str_to_i64(s, &number);
}

static void add_principal(struct call *c, cJSON *statement, struct str principal)
{
    if (str_is(principal, "*")) {
        add(c, statement, "Principal", principal);
        return;
    }
    cJSON *o = cJSON_AddObjectToObject(statement, "Principal");
    if (is_digits(principal))
        add(c, o, "AWS", arena_printf(&c->arena, "arn:aws:iam::%.*s:root", STR_ARG(principal)));
    else
        add(c, o, str_starts(principal, STR("arn:")) ? "AWS" : "Service", principal);
}

/* One operator of the statement's Condition, made when its value is given. */
static void add_condition(struct call *c, cJSON *statement, const char *operator, const char * key,
                          struct str value)
{
    if (!value.n)
        return;
    cJSON *condition = cJSON_GetObjectItemCaseSensitive(statement, "Condition");
    if (!condition)
        condition = cJSON_AddObjectToObject(statement, "Condition");
    cJSON *o = cJSON_GetObjectItemCaseSensitive(condition, operator);
    add(c, o ? o : cJSON_AddObjectToObject(condition, operator), key, value);
}

static cJSON *make_statement(struct call *c, const struct function *f, const struct permission_in *req)
{
    cJSON *s = cJSON_CreateObject();
    add(c, s, "Sid", req->statement);
    add(c, s, "Effect", STR("Allow"));
    add_principal(c, s, req->principal);
    add(c, s, "Action", req->action);
    add(c, s, "Resource", f->arn);
    add_condition(c, s, "StringEquals", "AWS:SourceAccount", req->source_account);
    add_condition(c, s, "StringEquals", "lambda:EventSourceToken", req->event_source_token);
    add_condition(c, s, "StringEquals", "aws:PrincipalOrgID", req->org);
    add_condition(c, s, "StringEquals", "lambda:FunctionUrlAuthType", req->url_auth);
    if (req->via_url >= 0)
        add_condition(c, s, "Bool", "lambda:InvokedViaFunctionUrl",
                      req->via_url ? STR("true") : STR("false"));
    add_condition(c, s, "ArnLike", "AWS:SourceArn", req->source_arn);
    return s;
}

static cJSON *statement_of(const cJSON *policy, struct str sid)
{
    cJSON *s;
    cJSON_ArrayForEach (s, policy)
        if (str_eq(tree_str(s, "Sid"), sid))
            return s;
    return NULL;
}

/* The whole document as text, lent from the arena. */
static struct str policy_text(struct call *c, const cJSON *policy)
{
    cJSON *document = cJSON_CreateObject();
    cJSON_AddStringToObject(document, "Version", "2012-10-17");
    cJSON_AddStringToObject(document, "Id", "default");
    cJSON_AddItemReferenceToObject(document, "Statement", (cJSON *)policy);
    char *text = json_printed(document);
    struct str kept = arena_str(&c->arena, str_z(text));
    free(text);
    cJSON_Delete(document);
    return kept;
}

/* The function, when it is there and the caller's revision (absent: any) is the latest. */
static struct function *find(struct call *c, const struct permission_in *req)
{
    struct function *f = function_find(c, req->function, req->qualifier);
    if (!f || !req->revision.n || str_eq(req->revision, function_revision(f)))
        return f;
    lambda_fail(
        c, &lambda_precondition,
        "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API "
        "to retrieve the latest RevisionId");
    return NULL;
}

static enum op_end run_add(struct call *c, const void *input)
{
    const struct permission_in *req = input;
    struct function *f = find(c, req);
    if (!f)
        return OP_FAULT;
    if (statement_of(cJSON_GetObjectItemCaseSensitive(f->row, "Policy"), req->statement))
        return lambda_fail(
            c, &lambda_conflict,
            "The statement id (%.*s) provided already exists. Please provide a new statement id, "
            "or remove the existing statement.",
            STR_ARG(req->statement));
    cJSON *row = function_edit(f), *statement = make_statement(c, f, req);
    cJSON *policy = cJSON_GetObjectItemCaseSensitive(row, "Policy");
    if (!policy)
        policy = cJSON_AddArrayToObject(row, "Policy");
    cJSON_AddItemToArray(policy, statement);
    size_t size = policy_text(c, policy).n;
    if (size > POLICY_MAX) {
        cJSON_Delete(row);
        return lambda_fail(c, &lambda_policy_length,
                           "The final policy size (%zu) is bigger than the limit (%d).", size, POLICY_MAX);
    }
    char *text = json_printed(statement);
    cJSON_AddStringToObject(call_out(c), "Statement", text);
    free(text);
    return function_save(c, row) ? OP_DONE : OP_FAULT;
}

static enum op_end run_remove(struct call *c, const void *input)
{
    const struct permission_in *req = input;
    struct function *f = find(c, req);
    if (!f)
        return OP_FAULT;
    const cJSON *policy = cJSON_GetObjectItemCaseSensitive(f->row, "Policy");
    if (!policy)
        return lambda_fail(c, &lambda_not_found, "No policy is associated with the given resource.");
    if (!statement_of(policy, req->statement))
        return lambda_fail(c, &lambda_not_found, "Statement %.*s is not found in resource policy.",
                           STR_ARG(req->statement));
    cJSON *row = function_edit(f), *left = cJSON_GetObjectItemCaseSensitive(row, "Policy");
    cJSON_Delete(cJSON_DetachItemViaPointer(left, statement_of(left, req->statement)));
    if (cJSON_GetArraySize(left) == 0)
        cJSON_DeleteItemFromObjectCaseSensitive(row, "Policy");
    return function_save(c, row) ? OP_DONE : OP_FAULT;
}

static enum op_end run_get(struct call *c, const void *input)
{
    const struct permission_in *req = input;
    const struct function *f = function_find(c, req->function, req->qualifier);
    if (!f)
        return OP_FAULT;
    const cJSON *policy = cJSON_GetObjectItemCaseSensitive(f->row, "Policy");
    if (!policy)
        return lambda_fail(c, &lambda_not_found, "The resource you requested does not exist.");
    cJSON_AddStringToObject(call_out(c), "Policy", policy_text(c, policy).p);
    cJSON_AddStringToObject(c->out, "RevisionId", function_revision(f).p);
    return OP_DONE;
}

const struct op_row lambda_add_permission = {
    .name = "AddPermission",
    .run = run_add,
    .in = add_in,
    .in_size = sizeof(struct permission_in),
    .http = "POST /2015-03-31/functions/{FunctionName}/policy",
    .status = 201,
};

const struct op_row lambda_remove_permission = {
    .name = "RemovePermission",
    .run = run_remove,
    .in = remove_in,
    .in_size = sizeof(struct permission_in),
    .http = "DELETE /2015-03-31/functions/{FunctionName}/policy/{StatementId}",
    .status = 204,
};

const struct op_row lambda_get_policy = {
    .name = "GetPolicy",
    .run = run_get,
    .in = get_in,
    .in_size = sizeof(struct permission_in),
    .http = "GET /2015-03-31/functions/{FunctionName}/policy",
};

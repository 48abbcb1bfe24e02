/* Partial batch responses: {"batchItemFailures":[{"itemIdentifier":"id"}]}.
 * "Handling errors for an SQS event source", "Partial batch responses" (DynamoDB). */
#include "poller.h"

static bool mark(struct str id, const struct record *records, size_t n, bool *failed)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(id, records[i].id))
            return failed[i] = true;
    return false;
}

/* null, [] and "" are as good as no answer. */
static bool says_nothing(const cJSON *tree)
{
    return cJSON_IsNull(tree) || (cJSON_IsArray(tree) && !tree->child) ||
           (cJSON_IsString(tree) && json_text(tree).n == 0);
}

bool partial_read(struct str reply, const struct record *records, size_t n, bool *failed)
{
    if (reply.n == 0)
        return true;
    cJSON *tree = json_tree_foreign(reply);
    if (!tree)
        return false;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(tree, "batchItemFailures");
    bool ok = cJSON_IsObject(tree) || says_nothing(tree);
    if (list && !cJSON_IsNull(list) && !cJSON_IsArray(list))
        ok = false;
    const cJSON *e;
    cJSON_ArrayForEach (e, list) {
        struct str id = json_member_text(e, "itemIdentifier");
        ok = ok && id.p && mark(id, records, n, failed);
    }
    cJSON_Delete(tree);
    return ok;
}

/* Partial batch responses: {"batchItemFailures":[{"itemIdentifier":"id"}]}.
 * "Handling errors for an SQS event source", "Partial batch responses" (DynamoDB). */
#include "poller.h"

static bool mark(const char *id, const struct record *records, size_t n, bool *failed)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(records[i].id, id) == 0)
            return failed[i] = true;
    return false;
}

/* null, [] and "" are as good as no answer. */
static bool says_nothing(const cJSON *tree)
{
    return cJSON_IsNull(tree) || (cJSON_IsArray(tree) && !tree->child) ||
           (cJSON_IsString(tree) && !*tree->valuestring);
}

bool partial_read(struct str reply, const struct record *records, size_t n, bool *failed)
{
    if (reply.n == 0)
        return true;
    cJSON *tree = cJSON_ParseWithLength(reply.p, reply.n);
    if (!tree)
        return false;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(tree, "batchItemFailures");
    bool ok = cJSON_IsObject(tree) || says_nothing(tree);
    if (list && !cJSON_IsNull(list) && !cJSON_IsArray(list))
        ok = false;
    const cJSON *e;
    cJSON_ArrayForEach (e, list) {
        const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(e, "itemIdentifier"));
        ok = ok && id && mark(id, records, n, failed);
    }
    cJSON_Delete(tree);
    return ok;
}

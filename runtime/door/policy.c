#include "door/policy.h"

cJSON *policy_statements(cJSON *policy)
{
    cJSON *s = cJSON_GetObjectItemCaseSensitive(policy, "Statement");
    if (cJSON_IsArray(s))
        return s;
    cJSON *list = cJSON_CreateArray();
    if (cJSON_IsObject(s))
        cJSON_AddItemToArray(list, cJSON_DetachItemViaPointer(policy, s));
    cJSON_DeleteItemFromObjectCaseSensitive(policy, "Statement");
    cJSON_AddItemToObject(policy, "Statement", list);
    return list;
}

int policy_find(const cJSON *statements, struct str label)
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

/* The texts with something before and after each: one alone stands bare, several in a list, as AWS writes
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

void policy_allow(struct call *c, cJSON *statements, const struct policy_grant *g)
{
    cJSON *s = cJSON_CreateObject();
    cJSON_AddStringToObject(s, "Sid", arena_z(&c->arena, g->label));
    cJSON_AddStringToObject(s, "Effect", "Allow");
    cJSON_AddItemToObject(cJSON_AddObjectToObject(s, "Principal"), "AWS",
                          one_or_many(c, g->accounts, "arn:aws:iam::", ":root"));
    cJSON_AddItemToObject(s, "Action", one_or_many(c, g->actions, g->prefix, ""));
    cJSON_AddStringToObject(s, "Resource", arena_z(&c->arena, g->resource));
    cJSON_AddItemToArray(statements, s);
}

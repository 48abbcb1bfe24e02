#include "filter.h"
#include "base/json.h"
#include "base/pattern.h"
#include <stdlib.h>

#define MAX_KEYS 5
#define MAX_COMBINATIONS 150
#define MAX_BYTES 262144

static bool is_or(const cJSON *member)
{
    return strcmp(member->string, "$or") == 0 && cJSON_IsArray(member) && cJSON_IsObject(member->child);
}

/* Alternatives multiply over the keys, each counted once for every level that it lies deep; the branches of
 * an $or add up. */
static double combinations(const cJSON *policy, int depth)
{
    double product = 1;
    const cJSON *m, *branch;
    cJSON_ArrayForEach (m, policy) {
        double n = 0;
        if (cJSON_IsObject(m))
            n = combinations(m, depth + 1);
        else if (!is_or(m))
            n = (double)cJSON_GetArraySize(m) * depth;
        else
            cJSON_ArrayForEach (branch, m)
                n += combinations(branch, depth);
        product *= n > 0 ? n : 1;
    }
    return product;
}

/* The first member that is neither an object nor an array; NULL: none. */
static const cJSON *bare_member(const cJSON *policy)
{
    const cJSON *m, *found = NULL;
    cJSON_ArrayForEach (m, policy) {
        if (cJSON_IsObject(m) && !found)
            found = bare_member(m);
        else if (!cJSON_IsArray(m) && !cJSON_IsObject(m) && !found)
            found = m;
    }
    return found;
}

static bool is_nested(const cJSON *policy)
{
    const cJSON *m;
    cJSON_ArrayForEach (m, policy)
        if (cJSON_IsObject(m))
            return true;
    return false;
}

/* Is this alternative, alone, refused for its operator's name? */
static bool is_unknown_operator(cJSON *alternative)
{
    cJSON *alone = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(alone, "key");
    cJSON_AddItemReferenceToArray(list, alternative);
    const char *why;
    bool unknown = !pattern_valid(alone, &why) && str_is(str_z(why), "Unrecognized match type");
    cJSON_Delete(alone);
    return unknown;
}

/* The name of the first operator that there is not; NULL: none. */
static const char *unknown_operator(const cJSON *policy)
{
    const cJSON *m;
    const char *found = NULL;
    cJSON_ArrayForEach (m, policy) {
        if (cJSON_IsObject(m) && cJSON_IsArray(policy) && is_unknown_operator((cJSON *)m))
            return m->child->string;
        if ((found = unknown_operator(m)))
            return found;
    }
    return NULL;
}

static struct str tree_trouble(struct arena *a, const cJSON *policy, bool body)
{
    if (!cJSON_IsObject(policy))
        return STR("FilterPolicy: failed to parse JSON.");
    if (!policy->child)
        return STR_NONE; /* {} takes a policy away */
    if (!body && is_nested(policy))
        return STR("Filter policy scope MessageAttributes does not support nested filter policy");
    const cJSON *bare = bare_member(policy);
    if (bare)
        return arena_printf(a, "FilterPolicy: \"%s\" must be an object or an array", bare->string);
    if (cJSON_GetArraySize(policy) > MAX_KEYS)
        return STR("FilterPolicy: Filter policy can not have more than 5 keys");
    const char *why, *operator;
    if (!pattern_valid(policy, &why) && (operator= unknown_operator(policy)))
        return arena_printf(a, "FilterPolicy: Unrecognized match type %s", operator);
    if (why)
        return arena_printf(a, "FilterPolicy: %s", why);
    if (combinations(policy, 1) > MAX_COMBINATIONS)
        return STR("FilterPolicy: Filter policy is too complex");
    return STR_NONE;
}

struct str filter_trouble(struct arena *a, struct str policy, bool body)
{
    if (policy.n > MAX_BYTES)
        return STR("FilterPolicy: Filter policy is too long");
    cJSON *tree = json_tree(policy);
    struct str why = tree_trouble(a, tree, body);
    cJSON_Delete(tree);
    return why;
}

static cJSON *view_of(struct str type, const char *text)
{
    if (str_is(type, "String.Array"))
        return json_tree(str_z(text)); /* NULL when it is none: as if the attribute were not there */
    if (str_starts(type, STR("Number")))
        return cJSON_CreateNumber(strtod(text, NULL));
    return cJSON_CreateString(text);
}

cJSON *filter_view_of_attributes(const cJSON *attributes)
{
    cJSON *view = cJSON_CreateObject();
    const cJSON *attr;
    cJSON_ArrayForEach (attr, attributes) {
        const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(attr, "StringValue"));
        const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(attr, "DataType"));
        cJSON *value = text ? view_of(str_z(type), text) : NULL;
        if (value)
            cJSON_AddItemToObject(view, attr->string, value);
    }
    return view;
}

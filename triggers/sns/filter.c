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

static bool is_nested(const cJSON *policy)
{
    const cJSON *m;
    cJSON_ArrayForEach (m, policy)
        if (cJSON_IsObject(m))
            return true;
    return false;
}

/* The tree is moved. */
static struct str pattern_trouble(struct arena *a, cJSON *policy)
{
    struct str why;
    struct pattern *p = pattern_new(policy, a, &why);
    pattern_free(p);
    return p ? STR_NONE : arena_printf(a, "FilterPolicy: %.*s", STR_ARG(why));
}

/* AWS's order.  {} takes a policy away. */
static struct str limit_passed(const cJSON *policy, bool body)
{
    if (!cJSON_IsObject(policy))
        return STR("FilterPolicy: failed to parse JSON.");
    if (!body && is_nested(policy))
        return STR("Filter policy scope MessageAttributes does not support nested filter policy");
    if (cJSON_GetArraySize(policy) > MAX_KEYS)
        return STR("FilterPolicy: Filter policy can not have more than 5 keys");
    if (combinations(policy, 1) > MAX_COMBINATIONS)
        return STR("FilterPolicy: Filter policy is too complex");
    return STR_NONE;
}

struct str filter_trouble(struct arena *a, struct str policy, bool body)
{
    if (policy.n > MAX_BYTES)
        return STR("FilterPolicy: Filter policy is too long");
    cJSON *tree = json_tree_foreign(policy);
    struct str why = limit_passed(tree, body);
    if (!why.p && tree->child)
        return pattern_trouble(a, tree);
    cJSON_Delete(tree);
    return why;
}

struct pattern *filter_pattern(struct str policy, bool *filtered)
{
    struct arena a;
    struct str why;
    cJSON *tree = json_tree_foreign(policy);
    struct pattern *p = NULL;
    *filtered = tree && tree->child;
    arena_init(&a);
    if (*filtered)
        p = pattern_new(tree, &a, &why);
    else
        cJSON_Delete(tree);
    arena_release(&a);
    return p;
}

static cJSON *view_of(struct str type, const char *text)
{
    if (str_is(type, "String.Array"))
        return json_tree_foreign(str_z(text)); /* NULL when it is none: as if the attribute were not there */
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

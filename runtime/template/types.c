#include "types.h"

const struct type_row *const type_rows[] = {
    &type_function,
    &type_rest_api,
    &type_http_api,
    &type_simple_table,
    &type_table,
    &type_queue,
    &type_queue_policy,
    &type_topic,
    &type_topic_policy,
    &type_subscription,
    &type_mapping,
    &type_permission,
    &type_rule,
    &type_rule_targets,
    &type_stage,
    &type_api_key,
    &type_usage_plan,
    &type_usage_plan_key,
    &type_role,
    &type_policy,
    &type_managed_policy,
    &type_log_group,
    NULL,
};

const struct type_row *type_find(struct str name)
{
    for (size_t i = 0; type_rows[i]; i++)
        if (str_is(name, type_rows[i]->name))
            return type_rows[i];
    return NULL;
}

const struct prop_row text_element = ELEMENT(PROP_TEXT, 0);

static const struct prop_row tag_rows[] = {
    TAKES(PROP_TEXT, "Key", .flags = PROP_REQUIRED),
    TAKES(PROP_TEXT, "Value", .flags = PROP_REQUIRED),
    PROPS_END,
};
const struct prop_row tag_element = ELEMENT(PROP_OBJECT, .of = tag_rows);

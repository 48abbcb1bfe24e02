/* The resource types, a row each; one file per family. */
#ifndef TEMPLATE_TYPES_H
#define TEMPLATE_TYPES_H

#include "build.h"

extern const struct type_row type_function, type_permission;
extern const struct type_row type_rest_api, type_http_api, type_stage;
extern const struct type_row type_api_key, type_usage_plan, type_usage_plan_key;
extern const struct type_row type_table, type_simple_table;
extern const struct type_row type_queue, type_queue_policy;
extern const struct type_row type_topic, type_subscription, type_topic_policy;
extern const struct type_row type_mapping;
extern const struct type_row type_rule, type_rule_targets;
extern const struct type_row type_role, type_policy, type_managed_policy, type_log_group;

/* Types that only expansion makes; a template that names one is told that the type is unknown. */
#define TYPE_STAGE "stage of an API"
#define TYPE_RULE_TARGETS "targets of a rule"

/* Rows that several types share. */
extern const struct prop_row tag_element;        /* of: a list of {Key, Value} */
extern const struct prop_row text_element;       /* of: a list or map of texts */
extern const struct prop_row mapping_rows[];     /* what events and EventSourceMapping have in common */
extern const struct prop_row throttle_rows[];    /* {RateLimit, BurstLimit} */
extern const struct prop_row quota_rows[];       /* {Limit, Period, Offset} */
extern const struct prop_row redrive_rows[];     /* {deadLetterTargetArn, maxReceiveCount} */
extern const struct prop_row dead_letter_rows[]; /* {deadLetterTargetArn} */
extern const char *const filter_scopes[];

#endif

/* The operations of SNS, one file each; sns.c lists them. */
#ifndef SNS_OP_H
#define SNS_OP_H

#include "door/op.h"

extern const struct op_row sns_add_permission;
extern const struct op_row sns_confirm_subscription;
extern const struct op_row sns_create_topic;
extern const struct op_row sns_delete_topic;
extern const struct op_row sns_fan_out;
extern const struct op_row sns_get_subscription_attributes;
extern const struct op_row sns_get_topic_attributes;
extern const struct op_row sns_list_subscriptions;
extern const struct op_row sns_list_subscriptions_by_topic;
extern const struct op_row sns_list_tags_for_resource;
extern const struct op_row sns_list_topics;
extern const struct op_row sns_publish;
extern const struct op_row sns_publish_batch;
extern const struct op_row sns_put_subscription;
extern const struct op_row sns_put_topic;
extern const struct op_row sns_remove_permission;
extern const struct op_row sns_set_subscription_attributes;
extern const struct op_row sns_set_topic_attributes;
extern const struct op_row sns_subscribe;
extern const struct op_row sns_tag_resource;
extern const struct op_row sns_unsubscribe;
extern const struct op_row sns_untag_resource;

#endif

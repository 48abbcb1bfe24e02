/* The operations of SQS, one file each; sqs.c lists them. */
#ifndef SQS_OP_H
#define SQS_OP_H

#include "door/op.h"

extern const struct op_row sqs_add_permission;
extern const struct op_row sqs_causes;
extern const struct op_row sqs_change_message_visibility;
extern const struct op_row sqs_change_message_visibility_batch;
extern const struct op_row sqs_create_queue;
extern const struct op_row sqs_delete_message;
extern const struct op_row sqs_delete_message_batch;
extern const struct op_row sqs_delete_queue;
extern const struct op_row sqs_get_queue_attributes;
extern const struct op_row sqs_get_queue_url;
extern const struct op_row sqs_list_dead_letter_source_queues;
extern const struct op_row sqs_list_queue_tags;
extern const struct op_row sqs_list_queues;
extern const struct op_row sqs_purge_queue;
extern const struct op_row sqs_put_queue;
extern const struct op_row sqs_receive_message;
extern const struct op_row sqs_remove_permission;
extern const struct op_row sqs_rewound;
extern const struct op_row sqs_send_message;
extern const struct op_row sqs_send_message_batch;
extern const struct op_row sqs_set_queue_attributes;
extern const struct op_row sqs_tag_queue;
extern const struct op_row sqs_untag_queue;

#endif

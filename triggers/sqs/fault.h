/* The faults of SQS.  Codes are those of the JSON protocol; the Query protocol and SDKs of the years before
 * it know the older ones in the `query` column. */
#ifndef SQS_FAULT_H
#define SQS_FAULT_H

#include "door/call.h"

extern const struct fault sqs_queue_does_not_exist;
extern const struct fault sqs_queue_name_exists;
extern const struct fault sqs_queue_deleted_recently;
extern const struct fault sqs_invalid_address;
extern const struct fault sqs_invalid_attribute_name;
extern const struct fault sqs_invalid_attribute_value;
extern const struct fault sqs_invalid_parameter_value;
extern const struct fault sqs_missing_parameter;
extern const struct fault sqs_invalid_message_contents;
extern const struct fault sqs_unsupported_operation;
extern const struct fault sqs_receipt_handle_is_invalid;
extern const struct fault sqs_over_limit;
extern const struct fault sqs_purge_queue_in_progress;
extern const struct fault sqs_empty_batch_request;
extern const struct fault sqs_too_many_entries;
extern const struct fault sqs_invalid_batch_entry_id;
extern const struct fault sqs_batch_entry_ids_not_distinct;
extern const struct fault sqs_batch_request_too_long;

/* "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: ..." */
enum op_end fail_value(struct call *c, struct str value, const char *parameter, const char *reason);

/* A queue would have more tags than it may. */
enum op_end fail_tags(struct call *c, struct str queue);
/* Whether each tag may be given; else the fault is set. */
bool tags_fit(struct call *c, const cJSON *tags);

/* The service row's words for input that does not fit its shape. */
struct str sqs_invalid(struct call *c, const struct shape_error *errors, int n, const struct fault **fault);

/* The service row's words for an action of the Query protocol that there is not, or not at this address. */
struct str sqs_unknown_action(struct arena *a, struct str action);

/* The name of a fault in a batch answer's Failed entry, where AWS keeps the older codes. */
const char *fault_entry_code(const struct fault *f);

#endif

#include "fault.h"
#include "base/codec.h"

#define CORAL "com.amazon.coral.service"
#define OLD "AWS.SimpleQueueService."

const struct fault sqs_queue_does_not_exist = {"QueueDoesNotExist", 400, OLD "NonExistentQueue",
                                               "The specified queue does not exist.", NULL};
const struct fault sqs_queue_name_exists = {"QueueNameExists", 400, "QueueAlreadyExists", NULL, NULL};
const struct fault sqs_queue_deleted_recently = {
    "QueueDeletedRecently", 400, OLD "QueueDeletedRecently",
    "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
    NULL};
const struct fault sqs_invalid_address = {"InvalidAddress", 404, "InvalidAddress", NULL, NULL};
const struct fault sqs_invalid_attribute_name = {"InvalidAttributeName", 400, NULL, NULL, NULL};
const struct fault sqs_invalid_attribute_value = {"InvalidAttributeValue", 400, NULL, NULL, NULL};
const struct fault sqs_invalid_parameter_value = {"InvalidParameterValueException", 400,
                                                  "InvalidParameterValue", NULL, CORAL};
const struct fault sqs_missing_parameter = {"MissingRequiredParameterException", 400, "MissingParameter",
                                            NULL, CORAL};
const struct fault sqs_invalid_message_contents = {
    "InvalidMessageContents", 400, NULL,
    "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to "
    "#xFFFD | #x10000 to #x10FFFF",
    NULL};
const struct fault sqs_unsupported_operation = {"UnsupportedOperation", 400, OLD "UnsupportedOperation", NULL,
                                                NULL};
const struct fault sqs_receipt_handle_is_invalid = {"ReceiptHandleIsInvalid", 404, NULL, NULL, NULL};
const struct fault sqs_over_limit = {"OverLimit", 403, NULL,
                                     "The maximum number of messages in flight (120000) is reached.", NULL};
const struct fault sqs_purge_queue_in_progress = {"PurgeQueueInProgress", 403, OLD "PurgeQueueInProgress",
                                                  NULL, NULL};
const struct fault sqs_empty_batch_request = {"EmptyBatchRequest", 400, OLD "EmptyBatchRequest", NULL, NULL};
const struct fault sqs_too_many_entries = {"TooManyEntriesInBatchRequest", 400,
                                           OLD "TooManyEntriesInBatchRequest", NULL, NULL};
const struct fault sqs_invalid_batch_entry_id = {
    "InvalidBatchEntryId", 400, OLD "InvalidBatchEntryId",
    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most "
    "80 letters long.",
    NULL};
const struct fault sqs_batch_entry_ids_not_distinct = {"BatchEntryIdsNotDistinct", 400,
                                                       OLD "BatchEntryIdsNotDistinct", NULL, NULL};
const struct fault sqs_batch_request_too_long = {"BatchRequestTooLong", 400, OLD "BatchRequestTooLong", NULL,
                                                 NULL};

enum op_end fail_value(struct call *c, struct str value, const char *parameter, const char *reason)
{
    return call_fail(c, &sqs_invalid_parameter_value, "Value %.*s for parameter %s is invalid. Reason: %s",
                     STR_ARG(value), parameter, reason);
}

enum op_end fail_tags(struct call *c, struct str queue)
{
    return call_fail(c, &sqs_invalid_parameter_value, "Too many tags added for queue %.*s.", STR_ARG(queue));
}

/* "Tag restrictions", SQS developer guide; in the words that AWS's tagging has in common. */
static const char *wrong_in_tag(struct str key, struct str value)
{
    long n = codec_utf16_len(key);
    if (n < 1 || n > 128)
        return "Tag keys must be between 1 and 128 characters in length.";
    if (str_starts(key, STR("aws:")))
        return "aws: prefixed tag key names are not allowed for external use.";
    if (codec_utf16_len(value) > 256)
        return "Tag values must be between 0 and 256 characters in length.";
    return NULL;
}

bool tags_fit(struct call *c, const cJSON *tags)
{
    const cJSON *tag;
    cJSON_ArrayForEach (tag, tags) {
        const char *wrong = wrong_in_tag(json_name(&c->arena, tag), json_text(tag));
        if (wrong) {
            call_fail(c, &sqs_invalid_parameter_value, "%s", wrong);
            return false;
        }
    }
    return true;
}

/* What AWS says about a number outside its range, by parameter. */
static const struct {
    const char *parameter, *reason;
} ranges[] = {
    {"MaxNumberOfMessages", "Must be between 1 and 10, if provided."},
    {"WaitTimeSeconds", "Must be >= 0 and <= 20, if provided."},
    {"VisibilityTimeout", "Must be >= 0 and <= 43200, if provided."},
    {"DelaySeconds", "DelaySeconds must be >= 0 and <= 900."},
    {"MaxResults", "Must be an integer from 1 to 1000, if provided."},
};

static const char *range_reason(const char *parameter)
{
    for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
        if (strcmp(ranges[i].parameter, parameter) == 0)
            return ranges[i].reason;
    return "Must be a valid value.";
}

/* SQS names one problem at a time: the first. */
struct str sqs_invalid(struct call *c, const struct shape_error *errors, int n, const struct fault **fault)
{
    (void)n;
    const struct shape_error *e = &errors[0];
    if (e->problem == SHAPE_MISSING || e->problem == SHAPE_TOO_SHORT) {
        *fault = &sqs_missing_parameter;
        return arena_printf(&c->arena, "The request must contain the parameter %s.", e->row->name);
    }
    *fault = &sqs_invalid_parameter_value;
    if (e->problem == SHAPE_HAS_ZEROS)
        return arena_printf(&c->arena,
                            "Value for parameter %s is invalid. Reason: it holds the character #x0.",
                            e->row->name);
    return arena_printf(&c->arena, "Value %.*s for parameter %s is invalid. Reason: %s", STR_ARG(e->value),
                        e->row->name, range_reason(e->row->name));
}

struct str sqs_unknown_action(struct arena *a, struct str action)
{
    return arena_printf(a, "The action %.*s is not valid for this endpoint.", STR_ARG(action));
}

const char *fault_entry_code(const struct fault *f)
{
    return f->query ? f->query : f->code;
}

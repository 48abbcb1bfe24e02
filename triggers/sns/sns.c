#include "sns.h"
#include "base/json.h"
#include "door/arn.h"
#include "door/stored.h"
#include "fault.h"
#include "model.h"
#include "op.h"
#include <stdlib.h>

static const struct op_row *const ops[] = {
    &sns_publish,
    &sns_publish_batch,
    &sns_fan_out,
    &sns_create_topic,
    &sns_put_topic,
    &sns_delete_topic,
    &sns_list_topics,
    &sns_get_topic_attributes,
    &sns_set_topic_attributes,
    &sns_subscribe,
    &sns_put_subscription,
    &sns_unsubscribe,
    &sns_confirm_subscription,
    &sns_list_subscriptions,
    &sns_list_subscriptions_by_topic,
    &sns_get_subscription_attributes,
    &sns_set_subscription_attributes,
    &sns_tag_resource,
    &sns_untag_resource,
    &sns_list_tags_for_resource,
    &sns_add_permission,
    &sns_remove_permission,
    NULL,
};

static const struct shape_row topic_form[] = {
    STORED_COUNT("created"),
    STORED_COUNT("deleted"),
    OUT(SHAPE_INT, "number", .min = 1, .max = STORED_MOST),
    OUT(SHAPE_MAP, "attributes", .of = stored_text),
    OUT(SHAPE_MAP, "tags", .of = stored_text),
    SHAPE_END,
};
static const char *const protocols[] = {"sqs", "lambda", NULL};
static const struct shape_row subscription_form[] = {
    STORED_TEXT("protocol", .one_of = protocols),
    STORED_TEXT("endpoint", .match = stored_is_arn),
    STORED_TEXT("owner"),
    OUT(SHAPE_INT, "place", .min = 1, .max = STORED_MOST),
    OUT(SHAPE_MAP, "attributes", .of = stored_text),
    SHAPE_END,
};

/* The queue that a RedrivePolicy names, in its one spelling. */
static enum stored_mend mend_redrive(struct arena *a, cJSON *attributes, struct str region)
{
    cJSON *policy = json_tree(json_member_text(attributes, "RedrivePolicy"));
    enum stored_mend how = stored_mend_arn(a, policy, "deadLetterTargetArn", region);
    if (how == STORED_MENDED) {
        char *text = json_printed(policy);
        cJSON_ReplaceItemInObjectCaseSensitive(attributes, "RedrivePolicy", cJSON_CreateString(text));
        free(text);
    }
    cJSON_Delete(policy);
    return how == STORED_MENDED ? how : STORED_FINE;
}

/* The first version took endpoints of any partition, and such as lead nowhere ("arn::sqs:::a"). */
static enum stored_mend mend_subscription(struct arena *a, cJSON *row)
{
    enum stored_mend how = stored_mend_arn(a, row, "endpoint", STR(""));
    struct arn arn;
    arn_parse(json_member_text(row, "endpoint"), &arn);
    cJSON *attributes = cJSON_GetObjectItemCaseSensitive(row, "attributes");
    return stored_worse(how, mend_redrive(a, attributes, arn.region));
}

static const struct stored_form forms[] = {{.space = "sns.topic", .texts = 3, .rows = topic_form},
                                           {.space = "sns.subscription",
                                            .texts = 4,
                                            .rows = subscription_form,
                                            .mend = mend_subscription,
                                            .one_texts = 3,
                                            .one_members = {"endpoint"}},
                                           {0}};

static enum rc open_model(struct world *w, void **state)
{
    enum rc rc = stored_check(w, forms);
    if (rc != RC_OK)
        return rc;
    struct sns *m = xcalloc(1, sizeof(*m));
    map_init(&m->topics);
    map_init(&m->subscriptions);
    *state = m;
    return RC_OK;
}

static void drop_model(struct world *w, void *state)
{
    (void)w;
    sns_forget(state);
}

static void close_model(struct world *w, void *state)
{
    (void)w;
    struct sns *m = state;
    sns_forget(m);
    map_release(&m->topics);
    map_release(&m->subscriptions);
    free(m);
}

const struct service sns_service = {
    .request_max = 256u << 10,
    .name = "sns",
    .version = "2010-03-31",
    .xmlns = "http://sns.amazonaws.com/doc/2010-03-31/",
    .wires = WIRE_QUERY,
    .ops = ops,
    .open = open_model,
    .drop = drop_model,
    .close = close_model,
    .invalid = sns_invalid,
};

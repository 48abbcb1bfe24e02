#include "sqs.h"
#include "address.h"
#include "door/note.h"
#include "door/stored.h"
#include "fault.h"
#include "model.h"
#include "op.h"
#include <stdlib.h>

static const struct op_row *const ops[] = {
    &sqs_send_message,
    &sqs_receive_message,
    &sqs_delete_message,
    &sqs_send_message_batch,
    &sqs_delete_message_batch,
    &sqs_change_message_visibility,
    &sqs_change_message_visibility_batch,
    &sqs_create_queue,
    &sqs_put_queue,
    &sqs_delete_queue,
    &sqs_purge_queue,
    &sqs_list_queues,
    &sqs_list_dead_letter_source_queues,
    &sqs_get_queue_url,
    &sqs_get_queue_attributes,
    &sqs_set_queue_attributes,
    &sqs_tag_queue,
    &sqs_untag_queue,
    &sqs_list_queue_tags,
    &sqs_add_permission,
    &sqs_remove_permission,
    &sqs_causes,
    &sqs_rewound,
    NULL,
};

static const struct shape_row queue_form[] = {
    STORED_NUMBER("id", 1, STORED_MOST),
    OUT(SHAPE_INT, "handle", .min = 1, .max = STORED_MOST),
    STORED_COUNT("created"),
    STORED_COUNT("modified"),
    STORED_COUNT("purged"),
    OUT(SHAPE_MAP, "attributes", .of = stored_text),
    OUT(SHAPE_MAP, "tags", .of = stored_text),
    SHAPE_END,
};
static const struct stored_form forms[] = {{.space = "sqs.queue", .texts = 3, .rows = queue_form}, {0}};

static enum rc open_model(struct world *w, void **state)
{
    enum rc rc = stored_check(w, forms);
    if (rc != RC_OK)
        return rc;
    struct sqs *m = xcalloc(1, sizeof(*m));
    m->world = w;
    map_init(&m->queues);
    *state = m;
    return RC_OK;
}

static void close_model(struct world *w, void *state)
{
    (void)w;
    struct sqs *m = state;
    sqs_forget(m);
    map_release(&m->queues);
    free(m);
}

/* The wake timers go with the queues, so whoever waits on one asks again and learns how things stand. */
static void drop_model(struct world *w, void *state)
{
    struct sqs *m = state;
    struct map_entry *at = m->queues.first;
    struct queue *q;
    while ((q = map_each(&at, NULL)))
        note_spread(w, q->arn);
    sqs_forget(m);
}

/* The Query protocol has kept the wording of its time. */
static void wire_out(struct call *c, enum wire wire)
{
    if ((wire & (WIRE_QUERY | WIRE_QUERY_JSON)) && c->fault == &sqs_queue_does_not_exist)
        c->fault_text = STR("The specified queue does not exist for this wsdl version.");
}

const struct service sqs_service = {
    .request_max = MESSAGE_BYTES,
    .name = "sqs",
    .target = "AmazonSQS",
    .version = "2012-11-05",
    .xmlns = "http://queue.amazonaws.com/doc/2012-11-05/",
    .fault_ns = "com.amazonaws.sqs",
    .wires = WIRE_JSON10 | WIRE_QUERY,
    .fault_detail = true,
    .ops = ops,
    .open = open_model,
    .drop = drop_model,
    .close = close_model,
    .invalid = sqs_invalid,
    .owns_path = queue_address_fits,
    .unknown_action = sqs_unknown_action,
    .wire_out = wire_out,
};

/* The queue's side of a poller: ReceiveMessage, Invoke, DeleteMessageBatch.
 *
 * A message that the filter does not want is deleted, as AWS does.  A failed message is left alone: its
 * visibility timeout brings it back, its queue's redrive policy takes it away.  "Using Lambda with Amazon
 * SQS". */
#include "door/arn.h"
#include "door/door.h"
#include "record.h"
#include <stdlib.h>

#define RECEIVE_MAX 10
#define THROTTLED_MS 1000

static char *queue_url(const struct lane *l, struct arena *a)
{
    struct arn arn;
    arn_parse(l->poller->mapping->source_arn, &arn);
    struct str url = arena_printf(a, "%.*s/%.*s/%.*s", STR_ARG(l->poller->world->origin),
                                  STR_ARG(arn.account), STR_ARG(arn.resource));
    return arena_z(a, url);
}

static cJSON *all(void)
{
    cJSON *list = cJSON_CreateArray();
    cJSON_AddItemToArray(list, cJSON_CreateString("All"));
    return list;
}

static int64_t most_wanted(const struct lane *l)
{
    int64_t want = l->poller->mapping->batch_size - (int64_t)l->count;
    return want < RECEIVE_MAX ? want : RECEIVE_MAX;
}

static struct call *read_more(struct lane *l)
{
    struct call *c = lane_call(l, "sqs", "ReceiveMessage");
    c->in = cJSON_CreateObject();
    cJSON_AddStringToObject(c->in, "QueueUrl", queue_url(l, &c->arena));
    cJSON_AddNumberToObject(c->in, "MaxNumberOfMessages", (double)most_wanted(l));
    cJSON_AddNumberToObject(c->in, "WaitTimeSeconds", 0); /* the queue's note says when to come again */
    cJSON_AddItemToObject(c->in, "MessageSystemAttributeNames", all());
    cJSON_AddItemToObject(c->in, "MessageAttributeNames", all());
    return c;
}

static void move(cJSON *from, const char *name, cJSON *to, const char *as)
{
    cJSON *v = cJSON_DetachItemFromObjectCaseSensitive(from, name);
    if (v)
        cJSON_AddItemToObject(to, as, v);
}

/* The service's attribute to the event's: lower camel case, and its lists always there. */
static cJSON *event_attributes(cJSON *attributes)
{
    cJSON *out = cJSON_CreateObject();
    cJSON *a, *next;
    for (a = attributes ? attributes->child : NULL; a; a = next) {
        next = a->next;
        cJSON *to = cJSON_AddObjectToObject(out, a->string);
        move(a, "StringValue", to, "stringValue");
        move(a, "BinaryValue", to, "binaryValue");
        cJSON_AddArrayToObject(to, "stringListValues");
        cJSON_AddArrayToObject(to, "binaryListValues");
        move(a, "DataType", to, "dataType");
    }
    return out;
}

static cJSON *event_of(const struct lane *l, cJSON *message)
{
    const struct mapping *m = l->poller->mapping;
    struct arn arn;
    arn_parse(m->source_arn, &arn);
    char region[64];
    cJSON *e = cJSON_CreateObject();
    move(message, "MessageId", e, "messageId");
    move(message, "ReceiptHandle", e, "receiptHandle");
    move(message, "Body", e, "body");
    move(message, "Attributes", e, "attributes");
    cJSON_AddItemToObject(e, "messageAttributes",
                          event_attributes(cJSON_GetObjectItemCaseSensitive(message, "MessageAttributes")));
    move(message, "MD5OfMessageAttributes", e, "md5OfMessageAttributes");
    move(message, "MD5OfBody", e, "md5OfBody");
    cJSON_AddStringToObject(e, "eventSource", "aws:sqs");
    cJSON_AddItemToObject(e, "eventSourceARN",
                          json_copy(cJSON_GetObjectItemCaseSensitive(m->config, "EventSourceArn")));
    cJSON_AddStringToObject(e, "awsRegion", str_copy(arn.region, region, sizeof(region)));
    return e;
}

static bool wanted(const struct mapping *m, const cJSON *event)
{
    if (!m->filtered)
        return true;
    cJSON *json = json_tree_foreign(json_member_text(event, "body"));
    bool yes = mapping_wants(m, event, cJSON_IsObject(json) ? json : NULL);
    cJSON_Delete(json);
    return yes;
}

static void take_message(struct lane *l, cJSON *message)
{
    struct record r = {0};
    record_take_causes(&r, message);
    r.event = event_of(l, message);
    r.handle = text_dup(r.event, "receiptHandle");
    r.id = text_dup(r.event, "messageId");
    r.size = event_size(r.event);
    if (wanted(l->poller->mapping, r.event)) {
        *lane_add(l) = r;
        return;
    }
    lane_done(l, r.handle);
    cJSON_Delete(r.event);
    free(r.handle);
    free(r.id);
    free(r.causes);
}

static void wake_a_lane(struct poller *p, const struct lane *but)
{
    struct list *at;
    struct lane *idle = NULL, *batch = NULL, *busy = NULL;
    list_each (at, &p->lanes) {
        struct lane *l = list_of(at, struct lane, link);
        if (l == but)
            continue;
        if (l->state == LANE_READ) { /* one reads already, and will look once more */
            l->noted = true;
            return;
        }
        if (l->state == LANE_BATCH)
            batch = l;
        else if (l->state == LANE_IDLE)
            idle = l;
        else
            busy = l;
    }
    if (batch) {
        timer_stop(p->world->timers, &batch->timer);
        lane_read(batch);
    } else if (idle) {
        lane_read(idle);
    } else if ((int64_t)p->lane_count < p->mapping->max_lanes) {
        lane_read(lane_new(p));
    } else if (busy) {
        busy->noted = true;
    }
}

/* When all came that was asked for, there may be more: for this lane while its window is open, else for the
 * next.
 */
static size_t take(struct lane *l, struct call *c)
{
    const struct mapping *m = l->poller->mapping;
    cJSON *messages = cJSON_GetObjectItemCaseSensitive(c->out, "Messages"), *message;
    int64_t asked = most_wanted(l), came = 0;
    cJSON_ArrayForEach (message, messages) {
        take_message(l, message);
        came++;
    }
    if (came == asked && m->window_ms > 0 && (int64_t)l->count < m->batch_size)
        l->noted = true;
    else if (came == asked)
        wake_a_lane(l->poller, l);
    return (size_t)came;
}

static void delete_some(struct lane *l);

static void on_deleted(struct call *c)
{
    struct lane *l = c->asker;
    call_free(c);
    if (!l->poller)
        lane_free(l);
    else
        delete_some(l);
}

static void delete_some(struct lane *l)
{
    if (l->done_sent == l->done_count) {
        if (l->count > 0)
            lane_go_on(l);
        else
            lane_read(l);
        return;
    }
    l->state = LANE_SETTLE;
    struct call *c = lane_call(l, "sqs", "DeleteMessageBatch");
    c->in = cJSON_CreateObject();
    cJSON_AddStringToObject(c->in, "QueueUrl", queue_url(l, &c->arena));
    cJSON *entries = cJSON_AddArrayToObject(c->in, "Entries");
    for (int i = 0; i < RECEIVE_MAX && l->done_sent < l->done_count; i++, l->done_sent++) {
        cJSON *e = cJSON_CreateObject();
        cJSON_AddStringToObject(e, "Id", arena_printf(&c->arena, "%d", i).p);
        cJSON_AddStringToObject(e, "ReceiptHandle", l->done[l->done_sent]);
        cJSON_AddItemToArray(entries, e);
    }
    c->on_end = on_deleted;
    door_submit(c);
}

static void settle(struct lane *l, bool ok)
{
    for (size_t i = 0; ok && i < l->take; i++)
        if (!l->records[i].failed)
            lane_done(l, l->records[i].handle);
    lane_drop(l, l->take);
    l->take = 0;
    delete_some(l);
}

/* The queue keeps the messages: they come again after their visibility timeout. */
static void put_off(struct lane *l)
{
    lane_drop(l, l->take);
    l->take = 0;
    lane_backoff(l, THROTTLED_MS);
}

static void start(struct poller *p)
{
    lane_read(lane_new(p));
}

static void noted(struct poller *p)
{
    wake_a_lane(p, NULL);
}

const struct source source_sqs = {
    .start = start,
    .noted = noted,
    .read = read_more,
    .take = take,
    .settle = settle,
    .put_off = put_off,
};

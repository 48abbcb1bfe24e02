/* ReceiveMessage: the next visible messages, hidden from others for the visibility timeout.  Waits for the
 * first one up to 20 s when asked to (long poll).
 *
 * A message whose retention is over is deleted on the way, one that was received too often goes to the
 * dead-letter queue: so many in a turn (call_sweeps), the rest in later ones.  A receive that found only such
 * messages comes again in a later turn before it waits, since a parked call keeps nothing of what it wrote.
 *
 * Callers inside the bus find "_Causes" and "_TraceId" in each message. */
#include "base/codec.h"
#include "base/json.h"
#include "fault.h"
#include "handle.h"
#include "message_attr.h"
#include "op.h"
#include "redrive.h"
#include <inttypes.h>
#include <stdio.h>

struct receive_message_in {
    struct str queue_url, attempt;
    const cJSON *attribute_names, *system_names, *message_names;
    int64_t max, visibility, wait;
};

static const struct shape_row name_row[] = {OUT(SHAPE_STR, "Name"), SHAPE_END};

static const struct shape_row in[] = {
    IN_STR(receive_message_in, queue_url, "QueueUrl", .flags = SHAPE_REQ),
    IN_LIST(receive_message_in, attribute_names, "AttributeNames", .flags = SHAPE_FLAT, .of = name_row,
            .wire = "AttributeName"),
    IN_LIST(receive_message_in, system_names, "MessageSystemAttributeNames", .flags = SHAPE_FLAT,
            .of = name_row, .wire = "MessageSystemAttributeName"),
    IN_LIST(receive_message_in, message_names, "MessageAttributeNames", .flags = SHAPE_FLAT, .of = name_row,
            .wire = "MessageAttributeName"),
    IN_INT(receive_message_in, max, "MaxNumberOfMessages", .min = 1, .max = MAX_RECEIVE),
    IN_INT(receive_message_in, visibility, "VisibilityTimeout", .max = MAX_VISIBILITY),
    IN_INT(receive_message_in, wait, "WaitTimeSeconds", .max = 20),
    IN_STR(receive_message_in, attempt, "ReceiveRequestAttemptId"),
    SHAPE_END,
};

static const struct shape_row text_value[] = {OUT(SHAPE_STR, "Value"), SHAPE_END};
static const struct shape_row message_rows[] = {
    OUT(SHAPE_STR, "MessageId"),
    OUT(SHAPE_STR, "ReceiptHandle"),
    OUT(SHAPE_STR, "MD5OfBody"),
    OUT(SHAPE_STR, "Body"),
    OUT(SHAPE_MAP, "Attributes", .flags = SHAPE_FLAT, .of = text_value, .wire = "Attribute",
        .key_wire = "Name", .value_wire = "Value"),
    OUT(SHAPE_STR, "MD5OfMessageAttributes"),
    OUT(SHAPE_MAP, "MessageAttributes", .flags = SHAPE_FLAT, .of = message_attr_value,
        .wire = "MessageAttribute", .key_wire = "Name", .value_wire = "Value"),
    SHAPE_END,
};
static const struct shape_row message_row[] = {OUT(SHAPE_STRUCT, "Message", .of = message_rows), SHAPE_END};
static const struct shape_row out[] = {
    OUT(SHAPE_LIST, "Messages", .flags = SHAPE_FLAT, .of = message_row, .wire = "Message",
        .query_json = "messages"),
    SHAPE_END,
};

/* --- system attributes */

static bool asked(const struct receive_message_in *req, const char *name)
{
    const cJSON *lists[] = {req->attribute_names, req->system_names}, *e;
    for (int i = 0; i < 2; i++)
        cJSON_ArrayForEach (e, lists[i])
            if (strcmp(e->valuestring, name) == 0 || strcmp(e->valuestring, "All") == 0)
                return true;
    return false;
}

struct system_attr {
    const char *name;
    struct str text; /* absent: as `number` */
    int64_t number;
};

static cJSON *system_attributes(struct call *c, const struct receive_message_in *req, const struct message *m,
                                const struct due *d)
{
    if (!req->attribute_names && !req->system_names)
        return NULL;
    const struct system_attr all[] = {
        {"SenderId", m->sender, 0},
        {"SentTimestamp", STR_NONE, m->sent_at},
        {"ApproximateReceiveCount", STR_NONE, d->receives},
        {"ApproximateFirstReceiveTimestamp", STR_NONE, d->first_received_at},
        {"MessageGroupId", m->group, 0},
        {"AWSTraceHeader", m->trace_header, 0},
        {"DeadLetterQueueSourceArn", m->dead_letter_source, 0},
    };
    cJSON *o = NULL;
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        if ((all[i].text.p && all[i].text.n == 0) || !asked(req, all[i].name))
            continue;
        char number[24];
        snprintf(number, sizeof(number), "%" PRId64, all[i].number);
        o = o ? o : cJSON_CreateObject();
        cJSON_AddStringToObject(o, all[i].name, all[i].text.p ? arena_z(&c->arena, all[i].text) : number);
    }
    return o;
}

/* --- the answer */

static void add_text(struct call *c, cJSON *o, const char *name, struct str s)
{
    cJSON_AddStringToObject(o, name, arena_z(&c->arena, s));
}

static void add_message_attributes(cJSON *o, const struct receive_message_in *req, const struct message *m)
{
    if (!req->message_names || m->attributes.n == 0)
        return;
    cJSON *all = json_tree(m->attributes);
    cJSON *picked = message_attrs_pick(all, req->message_names);
    cJSON_Delete(all);
    if (!picked)
        return;
    char md5[33];
    message_attrs_md5(picked, md5);
    cJSON_AddStringToObject(o, "MD5OfMessageAttributes", md5);
    cJSON_AddItemToObject(o, "MessageAttributes", picked);
}

static cJSON *message_out(struct call *c, const struct queue *q, const struct receive_message_in *req,
                          const struct message *m, const struct due *d)
{
    char md5[33];
    codec_hex(str_n(m->md5, sizeof(m->md5)), md5);
    cJSON *o = cJSON_CreateObject();
    add_text(c, o, "MessageId", m->id);
    add_text(c, o, "ReceiptHandle", handle_make(c, q, d));
    cJSON_AddStringToObject(o, "MD5OfBody", md5);
    add_text(c, o, "Body", m->body);
    cJSON *attributes = system_attributes(c, req, m, d);
    if (attributes)
        cJSON_AddItemToObject(o, "Attributes", attributes);
    add_message_attributes(o, req, m);
    if (c->from == CALL_TRIGGER) {
        add_text(c, o, "_Causes", m->causes);
        add_text(c, o, "_TraceId", m->trace_id);
    }
    return o;
}

/* --- taking */

struct taking {
    struct queue *q;
    const struct receive_message_in *req;
    cJSON *messages;
    int64_t visibility; /* seconds */
    int max, received;
    int put_aside; /* expired, or moved to the dead-letter queue */
    bool more;     /* the turn has put aside enough: the rest comes in later turns */
};

static bool enough(const struct taking *t)
{
    return t->received >= t->max || t->more;
}

/* May one message more be put aside in this turn? */
static bool puts_aside(struct call *c, struct taking *t)
{
    t->more = !call_sweeps(c);
    t->put_aside += !t->more;
    return !t->more;
}

/* What handles of the message will name from now on.  The first receive needs no moved row: only when there
 * are older handles they must be led here. */
static enum rc place(struct call *c, struct queue *q, struct due *d)
{
    d->moved = d->tag != 0;
    while (!d->tag)
        d->tag = (uint32_t)ident_u64(&c->world->ident);
    enum rc rc = due_write(c->txn, q->id, d);
    return rc == RC_OK && d->moved ? moved_write(c->txn, q->id, d->seq, d->visible_at) : rc;
}

/* Writes the due row of this receive and hands the message out. */
static enum rc give(struct call *c, struct taking *t, struct due *d, const struct message *m)
{
    d->visible_at = c->now + t->visibility * 1000;
    d->first_received_at = d->first_received_at ? d->first_received_at : c->now;
    d->received_at = c->now;
    d->receives++;
    enum rc rc = place(c, t->q, d);
    if (rc != RC_OK)
        return rc;
    queue_due_written(t->q, d->visible_at);
    queue_count(t->q, 0, 1);
    t->messages = t->messages ? t->messages : cJSON_AddArrayToObject(call_out(c), "Messages");
    cJSON_AddItemToArray(t->messages, message_out(c, t->q, t->req, m, d));
    t->received++;
    return RC_OK;
}

/* A message that was received before, or was placed: its due row moves. */
static enum rc take_due(struct call *c, struct taking *t, struct due *d)
{
    struct queue *dead = redrive_target(c, t->q, d);
    if (dead && !retention_over(c, t->q, d->sent_at))
        return puts_aside(c, t) ? redrive_move(c, t->q, dead, d) : RC_OK;
    enum rc rc;
    struct message m;
    if (!retention_over(c, t->q, d->sent_at)) {
        rc = due_lift(c->txn, t->q->id, d);
        if (rc == RC_OK)
            rc = message_read(c->txn, &c->arena, t->q->id, d->seq, &m);
        return rc == RC_OK ? give(c, t, d, &m) : rc;
    }
    if (!puts_aside(c, t))
        return RC_OK;
    rc = due_erase(c->txn, t->q->id, d);
    if (rc == RC_OK)
        rc = message_erase(c->txn, t->q->id, d->seq);
    queue_count(t->q, -1, 0);
    return rc;
}

/* Those whose time has come.  What is put aside makes room for more. */
static enum rc take_all_due(struct call *c, struct taking *t)
{
    int found = 0, want = 0;
    while (!enough(t) && t->q->next_due <= c->now && found == want) {
        struct due rows[MAX_RECEIVE];
        int64_t next;
        want = t->max - t->received;
        enum rc rc = due_first(c->txn, t->q->id, c->now, want, rows, &found, &next);
        if (rc == RC_OK && found < want)
            t->q->next_due = next;
        for (int i = 0; rc == RC_OK && i < found && !t->more; i++)
            rc = take_due(c, t, &rows[i]);
        if (rc != RC_OK)
            return rc;
        if (t->visibility == 0)
            break; /* what was given is visible still: once is enough */
    }
    return RC_OK;
}

static enum rc take_one_fresh(struct call *c, struct taking *t, const struct message *m)
{
    struct queue *q = t->q;
    struct due d = {.seq = m->seq, .sent_at = m->sent_at};
    bool over = retention_over(c, q, d.sent_at);
    if (over && !puts_aside(c, t))
        return RC_OK;
    q->head = m->seq + 1;
    if (over)
        return message_erase(c->txn, q->id, d.seq);
    queue_count(q, 1, 0);
    return give(c, t, &d, m);
}

static enum rc take_fresh(struct call *c, struct taking *t)
{
    struct queue *q = t->q;
    while (!enough(t) && q->head <= q->last_fresh) {
        struct message fresh[MAX_RECEIVE];
        int n;
        enum rc rc = message_fresh(c->txn, &c->arena, q->id, q->head, t->max - t->received, fresh, &n);
        for (int i = 0; rc == RC_OK && i < n && !t->more; i++)
            rc = take_one_fresh(c, t, &fresh[i]);
        if (rc != RC_OK)
            return rc;
        if (n == 0)
            q->head = q->last_fresh + 1;
    }
    return RC_OK;
}

/* Fewer than asked for: somebody may wait for the next one. */
static enum rc wake_later(struct call *c, struct queue *q)
{
    struct due first;
    int n;
    int64_t next;
    enum rc rc = due_first(c->txn, q->id, c->now, 1, &first, &n, &next);
    if (rc == RC_OK && n == 0)
        queue_wake_at(q, q->next_due = next);
    return rc;
}

static enum rc take(struct call *c, struct taking *t)
{
    enum rc rc = take_all_due(c, t);
    if (rc == RC_OK)
        rc = take_fresh(c, t);
    if (rc == RC_OK && !enough(t))
        rc = wake_later(c, t->q);
    return rc;
}

static enum op_end run(struct call *c, const void *input)
{
    const struct receive_message_in *req = input;
    struct queue *q = queue_by_url(c, req->queue_url);
    if (!q)
        return OP_FAULT;
    if (req->attempt.p)
        return fail_value(c, req->attempt, "ReceiveRequestAttemptId",
                          "The request include parameter that is not valid for this queue type.");
    int64_t wait = req->wait == SHAPE_NO_INT ? q->wait : req->wait;
    int64_t deadline = c->began_us / 1000 + wait * 1000;
    struct taking t = {.q = q,
                       .req = req,
                       .visibility = req->visibility == SHAPE_NO_INT ? q->visibility : req->visibility,
                       .max = req->max == SHAPE_NO_INT ? 1 : (int)req->max};
    bool full;
    enum rc rc = queue_full(c, q, &full);
    if (rc == RC_OK && full && wait == 0)
        return call_fail(c, &sqs_over_limit, NULL);
    if (rc == RC_OK && !full)
        rc = take(c, &t);
    if (rc != RC_OK) {
        sqs_forget(q->sqs); /* what was taken is counted already */
        return call_broke(c, rc);
    }
    bool waits = t.received == 0 && wait > 0 && c->now < deadline;
    if (t.received == 0 && (t.more || (waits && t.put_aside > 0)))
        return OP_MORE; /* a parked call keeps nothing of what it wrote */
    if (waits)
        return call_park(c, q->arn, deadline);
    return OP_DONE;
}

const struct op_row sqs_receive_message = {.name = "ReceiveMessage",
                                           .run = run,
                                           .in = in,
                                           .in_size = sizeof(struct receive_message_in),
                                           .out = out,
                                           .flags = OP_QUIET};

#include "send.h"
#include "base/codec.h"
#include "base/digest.h"
#include "door/trace.h"
#include "fault.h"
#include "message_attr.h"
#include "text.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define NOT_FOR_THIS_TYPE "The request include parameter that is not valid for this queue type."

static bool id_fits(struct str id)
{
    for (size_t i = 0; i < id.n; i++)
        if (!isgraph((unsigned char)id.p[i]))
            return false;
    return id.n >= 1 && id.n <= 128;
}

enum op_end send_check(struct call *c, const struct queue *q, const struct send *s)
{
    if (s->body.n == 0)
        return call_fail(c, &sqs_missing_parameter, "The request must contain the parameter MessageBody.");
    if (s->deduplication.p)
        return fail_value(c, s->deduplication, "MessageDeduplicationId", NOT_FOR_THIS_TYPE);
    if (s->group.p && !id_fits(s->group))
        return fail_value(c, s->group, "MessageGroupId",
                          "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 "
                          "in length.");
    if (!message_attrs_check(c, s->attributes) || !message_system_attrs_check(c, s->system))
        return OP_FAULT;
    if (send_size(s) > (size_t)q->max_size)
        return call_fail(
            c, &sqs_invalid_parameter_value,
            "One or more parameters are invalid. Reason: Message must be shorter than %lld bytes.",
            (long long)q->max_size);
    if (!text_fits(s->body))
        return call_fail(c, &sqs_invalid_message_contents, NULL);
    return OP_DONE;
}

size_t send_size(const struct send *s)
{
    return s->body.n + message_attrs_size(s->attributes);
}

static void answer(cJSON *out, const struct send *s, const struct message *m)
{
    char hex[33];
    codec_hex(str_n(m->md5, sizeof(m->md5)), hex);
    cJSON_AddStringToObject(out, "MD5OfMessageBody", hex);
    if (s->attributes && s->attributes->child) {
        message_attrs_md5(s->attributes, hex);
        cJSON_AddStringToObject(out, "MD5OfMessageAttributes", hex);
    }
    if (s->system && s->system->child) {
        message_attrs_md5(s->system, hex);
        cJSON_AddStringToObject(out, "MD5OfMessageSystemAttributes", hex);
    }
    cJSON_AddStringToObject(out, "MessageId", m->id.p);
}

/* A fresh message is one row; a delayed one needs its place in time, too. */
static enum rc write_message(struct call *c, struct queue *q, struct message *m, int64_t delay)
{
    m->seq = delay ? q->last_placed + 1 : q->last_fresh + 1;
    enum rc rc = message_write(c->txn, q->id, m);
    struct due d = {.visible_at = c->now + delay * 1000, .seq = m->seq, .sent_at = m->sent_at};
    if (rc == RC_OK && delay)
        rc = due_write(c->txn, q->id, &d);
    if (rc != RC_OK)
        return rc;
    if (!delay) {
        q->last_fresh = m->seq;
        return RC_OK;
    }
    q->last_placed = m->seq;
    queue_due_written(q, d.visible_at);
    queue_count(q, 1, 0);
    return RC_OK;
}

enum rc send_message(struct call *c, struct queue *q, const struct send *s, cJSON *out)
{
    enum rc rc = queue_learn(c, q);
    if (rc != RC_OK)
        return rc;
    struct message m = {.sent_at = c->now,
                        .id = call_uuid(c),
                        .sender = c->account,
                        .body = s->body,
                        .group = s->group,
                        .causes = call_causes(c, &c->arena),
                        .trace_id = str_z(c->trace_id)};
    digest_md5(s->body, m.md5);
    const cJSON *header = cJSON_GetObjectItemCaseSensitive(s->system, "AWSTraceHeader");
    m.trace_header = json_text(cJSON_GetObjectItemCaseSensitive(header, "StringValue"));
    if (!m.trace_header.p)
        m.trace_header = c->trace_header;
    char *attributes = s->attributes && s->attributes->child ? json_printed(s->attributes) : NULL;
    m.attributes = str_z(attributes);
    rc = write_message(c, q, &m, s->delay == SHAPE_NO_INT ? q->delay : s->delay);
    free(attributes);
    if (rc != RC_OK)
        return rc;
    trace_also(c, m.id);
    answer(out, s, &m);
    call_note(c, q->arn); /* for a delayed one, too: whoever waits learns its time */
    return RC_OK;
}

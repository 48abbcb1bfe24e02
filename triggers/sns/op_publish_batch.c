/* PublishBatch: up to 10 messages to one topic, 256 KiB in total.  What is wrong with one entry refuses all,
 * as on AWS. */
#include "fault.h"
#include "op.h"
#include "publish.h"
#include <ctype.h>

#define MAX_ENTRIES 10

struct entry {
    struct str id;
    struct publish message;
};

static const struct shape_row entry_rows[] = {
    IN_STR(entry, id, "Id", .flags = SHAPE_REQ),
    IN_STR(entry, message.message, "Message", .flags = SHAPE_REQ),
    IN_STR(entry, message.subject, "Subject"),
    IN_STR(entry, message.structure, "MessageStructure"),
    IN_MAP(entry, message.attributes, "MessageAttributes", .of = publish_attribute_row, .key_wire = "Name",
           .value_wire = "Value"),
    IN_STR(entry, message.deduplication, "MessageDeduplicationId"),
    IN_STR(entry, message.group, "MessageGroupId"),
    SHAPE_END,
};
static const struct shape_row entry_row[] = {OUT(SHAPE_STRUCT, "PublishBatchRequestEntry", .of = entry_rows),
                                             SHAPE_END};

struct publish_batch_in {
    struct str topic;
    const cJSON *entries;
};

static const struct shape_row in[] = {
    IN_STR(publish_batch_in, topic, "TopicArn", .flags = SHAPE_REQ),
    IN_LIST(publish_batch_in, entries, "PublishBatchRequestEntries", .flags = SHAPE_REQ, .of = entry_row),
    SHAPE_END,
};

static const struct shape_row sent_rows[] = {OUT(SHAPE_STR, "Id"), OUT(SHAPE_STR, "MessageId"), SHAPE_END};
static const struct shape_row sent_row[] = {OUT(SHAPE_STRUCT, "PublishBatchResultEntry", .of = sent_rows),
                                            SHAPE_END};
static const struct shape_row failed_rows[] = {
    OUT(SHAPE_STR, "Id"),
    OUT(SHAPE_STR, "Code"),
    OUT(SHAPE_STR, "Message"),
    OUT(SHAPE_BOOL, "SenderFault"),
    SHAPE_END,
};
static const struct shape_row failed_row[] = {OUT(SHAPE_STRUCT, "BatchResultErrorEntry", .of = failed_rows),
                                              SHAPE_END};
static const struct shape_row out[] = {
    OUT(SHAPE_LIST, "Successful", .of = sent_row),
    OUT(SHAPE_LIST, "Failed", .of = failed_row),
    SHAPE_END,
};

static bool id_fits(struct str id)
{
    for (size_t i = 0; i < id.n; i++)
        if (!isalnum((unsigned char)id.p[i]) && id.p[i] != '-' && id.p[i] != '_')
            return false;
    return id.n >= 1 && id.n <= 80;
}

static bool ids_fit(struct call *c, const struct entry *entries, int n)
{
    for (int i = 0; i < n; i++) {
        if (!id_fits(entries[i].id))
            call_fail(c, &sns_invalid_batch_id, NULL);
        for (int j = 0; j < i && !c->fault; j++)
            if (str_eq(entries[i].id, entries[j].id))
                call_fail(c, &sns_ids_not_distinct, NULL);
        if (c->fault)
            return false;
    }
    return true;
}

static bool messages_fit(struct call *c, const struct entry *entries, int n)
{
    size_t total = 0;
    for (int i = 0; i < n; i++)
        total += publish_size(&entries[i].message);
    if (total > MAX_MESSAGE_BYTES)
        call_fail(c, &sns_batch_too_long, NULL);
    for (int i = 0; i < n && !c->fault; i++)
        publish_check(c, &entries[i].message);
    return !c->fault;
}

/* The shapes of the entries were checked with the request; this finds their places. */
static void read_entries(struct call *c, const cJSON *list, struct entry *entries)
{
    struct shape_error error;
    const cJSON *e;
    int n = 0;
    cJSON_ArrayForEach (e, list)
        shape_read(&c->arena, entry_rows, e, &entries[n++], &error, 1);
}

static enum op_end run(struct call *c, const void *input)
{
    const struct publish_batch_in *req = input;
    const struct topic *t = topic_by_arn(c, req->topic, "TopicArn");
    int n = cJSON_GetArraySize(req->entries);
    if (!t)
        return OP_FAULT;
    if (n == 0 || n > MAX_ENTRIES)
        return call_fail(c, n ? &sns_too_many_entries : &sns_empty_batch, NULL);
    struct entry entries[MAX_ENTRIES] = {0};
    read_entries(c, req->entries, entries);
    if (!ids_fit(c, entries, n) || !messages_fit(c, entries, n))
        return OP_FAULT;
    cJSON *successful = cJSON_AddArrayToObject(call_out(c), "Successful");
    cJSON_AddArrayToObject(call_out(c), "Failed");
    for (int i = 0; i < n; i++) {
        struct str id;
        enum rc rc = publish_out(c, t, &entries[i].message, &id);
        if (rc != RC_OK)
            return call_broke(c, rc);
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "Id", entries[i].id.p);
        cJSON_AddStringToObject(o, "MessageId", id.p);
        cJSON_AddItemToArray(successful, o);
    }
    return OP_DONE;
}

const struct op_row sns_publish_batch = {
    .name = "PublishBatch", .run = run, .in = in, .in_size = sizeof(struct publish_batch_in), .out = out};

#include "batch.h"
#include "fault.h"
#include <ctype.h>

static const struct shape_row failed_rows[] = {
    OUT(SHAPE_STR, "Id"),
    OUT(SHAPE_BOOL, "SenderFault"),
    OUT(SHAPE_STR, "Code"),
    OUT(SHAPE_STR, "Message"),
    SHAPE_END,
};
const struct shape_row batch_failed_row[] = {OUT(SHAPE_STRUCT, "BatchResultErrorEntry", .of = failed_rows),
                                             SHAPE_END};

const struct shape_row batch_done_rows[] = {OUT(SHAPE_STR, "Id"), SHAPE_END};

static const char *id_of(const cJSON *entry)
{
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, "Id"));
    return id ? id : "";
}

static bool id_fits(const char *id)
{
    size_t n = strlen(id);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)id[i]) && id[i] != '-' && id[i] != '_')
            return false;
    return n >= 1 && n <= 80;
}

static bool id_repeated(const cJSON *entries, const cJSON *entry)
{
    for (const cJSON *e = entries->child; e != entry; e = e->next)
        if (strcmp(id_of(e), id_of(entry)) == 0)
            return true;
    return false;
}

static bool check(struct call *c, const cJSON *entries, const char *operation)
{
    int n = cJSON_GetArraySize(entries);
    const cJSON *e;
    if (n == 0) {
        call_fail(c, &sqs_empty_batch_request, "There should be at least one %sRequestEntry in the request.",
                  operation);
        return false;
    }
    if (n > MAX_BATCH) {
        call_fail(c, &sqs_too_many_entries, "Maximum number of entries per request are %d. You have sent %d.",
                  MAX_BATCH, n);
        return false;
    }
    cJSON_ArrayForEach (e, entries) {
        if (!id_fits(id_of(e))) {
            call_fail(c, &sqs_invalid_batch_entry_id, NULL);
            return false;
        }
        if (id_repeated(entries, e)) {
            call_fail(c, &sqs_batch_entry_ids_not_distinct, "Id %s repeated.", id_of(e));
            return false;
        }
    }
    return true;
}

/* One of the two lists of the answer; AWS leaves out what is empty. */
static cJSON *answer_list(struct call *c, const char *name)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(call_out(c), name);
    return list ? list : cJSON_AddArrayToObject(call_out(c), name);
}

static void add_failed(struct call *c, const cJSON *entry)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "Id", id_of(entry));
    cJSON_AddBoolToObject(o, "SenderFault", c->fault->http < 500);
    cJSON_AddStringToObject(o, "Code", fault_entry_code(c->fault));
    cJSON_AddStringToObject(o, "Message", arena_z(&c->arena, c->fault_text));
    cJSON_AddItemToArray(answer_list(c, "Failed"), o);
    c->fault = NULL;
}

static enum rc run_entry(struct call *c, struct queue *q, const cJSON *entry, const struct batch *b,
                         cJSON *ok, enum op_end *end)
{
    void *in = arena_zalloc(&c->arena, b->size);
    struct shape_error error;
    if (shape_read(&c->arena, b->rows, entry, in, &error, 1) == 0)
        return b->one(c, q, in, ok, end);
    const struct fault *fault;
    struct str text = sqs_invalid(c, &error, 1, &fault);
    *end = call_fail(c, fault, "%.*s", STR_ARG(text));
    return RC_OK;
}

static enum op_end run_entries(struct call *c, struct queue *q, const cJSON *entries, const struct batch *b)
{
    const cJSON *entry;
    cJSON_ArrayForEach (entry, entries) {
        cJSON *ok = cJSON_CreateObject();
        cJSON_AddStringToObject(ok, "Id", id_of(entry));
        enum op_end end = OP_DONE;
        enum rc rc = run_entry(c, q, entry, b, ok, &end);
        if (rc == RC_OK && end == OP_DONE) {
            cJSON_AddItemToArray(answer_list(c, "Successful"), ok);
            continue;
        }
        cJSON_Delete(ok);
        if (rc != RC_OK) {
            sqs_forget(q->sqs); /* the entries before are counted already */
            return call_broke(c, rc);
        }
        add_failed(c, entry);
    }
    return OP_DONE;
}

enum op_end batch_run(struct call *c, const struct batch_in *in, const struct batch *b)
{
    struct queue *q = queue_by_url(c, in->queue_url);
    if (!q || !check(c, in->entries, b->operation) || (b->fits && !b->fits(c, in->entries)))
        return OP_FAULT;
    return run_entries(c, q, in->entries, b);
}

enum op_end batch_single(struct call *c, struct str queue_url, const void *input, batch_one *one)
{
    struct queue *q = queue_by_url(c, queue_url);
    if (!q)
        return OP_FAULT;
    enum op_end end = OP_DONE;
    enum rc rc = one(c, q, input, NULL, &end);
    return rc == RC_OK ? end : call_broke(c, rc);
}

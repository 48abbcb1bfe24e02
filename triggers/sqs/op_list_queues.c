/* ListQueues (by prefix, in pages) and ListDeadLetterSourceQueues. */
#include "base/codec.h"
#include "fault.h"
#include "model.h"
#include "op.h"

#define MAX_PAGE 1000

static const struct shape_row url_row[] = {OUT(SHAPE_STR, "QueueUrl"), SHAPE_END};

struct list_queues_in {
    struct str prefix, token;
    int64_t max;
};

static const struct shape_row in[] = {
    IN_STR(list_queues_in, prefix, "QueueNamePrefix"),
    IN_STR(list_queues_in, token, "NextToken"),
    IN_INT(list_queues_in, max, "MaxResults", .min = 1, .max = MAX_PAGE),
    SHAPE_END,
};
static const struct shape_row out[] = {
    OUT(SHAPE_LIST, "QueueUrls", .flags = SHAPE_FLAT, .of = url_row, .wire = "QueueUrl",
        .query_json = "queueUrls"),
    OUT(SHAPE_STR, "NextToken"),
    SHAPE_END,
};

struct source_queues_in {
    struct str queue_url, token;
    int64_t max;
};

static const struct shape_row sources_in[] = {
    IN_STR(source_queues_in, queue_url, "QueueUrl", .flags = SHAPE_REQ),
    IN_STR(source_queues_in, token, "NextToken"),
    IN_INT(source_queues_in, max, "MaxResults", .min = 1, .max = MAX_PAGE),
    SHAPE_END,
};
static const struct shape_row sources_out[] = {
    OUT(SHAPE_LIST, "queueUrls", .flags = SHAPE_FLAT, .of = url_row, .wire = "QueueUrl"),
    OUT(SHAPE_STR, "NextToken"),
    SHAPE_END,
};

/* A page's token is the last name on it, in base64. */
static struct str token_make(struct call *c, struct str name)
{
    struct buf b;
    buf_init(&b, 512);
    codec_base64(&b, name);
    struct str token = arena_str(&c->arena, buf_view(&b));
    buf_release(&b);
    return token;
}

static bool token_read(struct call *c, struct str token, struct str *name)
{
    *name = STR_NONE;
    if (!token.p)
        return true;
    struct buf b;
    buf_init(&b, 512);
    bool fits = codec_unbase64(&b, token);
    if (fits)
        *name = arena_str(&c->arena, buf_view(&b));
    else
        fail_value(c, token, "NextToken", "Invalid value for NextToken.");
    buf_release(&b);
    return fits;
}

static void add_url(struct call *c, cJSON *urls, struct str name)
{
    struct queue *q = queue_by_arn(c, queue_arn(&c->arena, c->region, c->account, name));
    if (q)
        cJSON_AddItemToArray(urls, cJSON_CreateString(queue_url(c, q).p));
}

static enum op_end run(struct call *c, const void *input)
{
    const struct list_queues_in *req = input;
    struct str after;
    if (!token_read(c, req->token, &after))
        return OP_FAULT;
    int max = req->max == SHAPE_NO_INT ? MAX_PAGE : (int)req->max, n;
    struct str *names = arena_alloc(&c->arena, sizeof(*names) * (size_t)(max + 1));
    struct str prefix = req->prefix.p ? req->prefix : STR("");
    enum rc rc = queue_names(c->txn, &c->arena, c->account, c->region, prefix, after, max + 1, names, &n);
    if (rc != RC_OK)
        return call_broke(c, rc);
    cJSON *urls = n ? cJSON_AddArrayToObject(call_out(c), "QueueUrls") : NULL;
    for (int i = 0; i < n && i < max; i++)
        add_url(c, urls, names[i]);
    if (n > max && req->max != SHAPE_NO_INT) /* without MaxResults AWS answers one page and no token */
        cJSON_AddStringToObject(call_out(c), "NextToken", token_make(c, names[max - 1]).p);
    return OP_DONE;
}

static enum op_end run_sources(struct call *c, const void *input)
{
    const struct source_queues_in *req = input;
    const struct queue *target = queue_by_url(c, req->queue_url);
    struct str after, last = STR_NONE;
    if (!target || !token_read(c, req->token, &after))
        return OP_FAULT;
    int max = req->max == SHAPE_NO_INT ? MAX_PAGE : (int)req->max, n = 0;
    bool passed = !after.p, more = false;
    cJSON *urls = NULL;
    struct map_entry *at = target->sqs->queues.first;
    const struct queue *q;
    while (!more && (q = map_each(&at, NULL))) {
        if (!str_eq(q->dead_letter_arn, target->arn))
            continue;
        if (passed && n < max) {
            urls = urls ? urls : cJSON_AddArrayToObject(call_out(c), "queueUrls");
            cJSON_AddItemToArray(urls, cJSON_CreateString(queue_url(c, q).p));
            last = q->name, n++;
        } else {
            more = passed;
        }
        passed = passed || str_eq(q->name, after);
    }
    if (more)
        cJSON_AddStringToObject(call_out(c), "NextToken", token_make(c, last).p);
    return OP_DONE;
}

const struct op_row sqs_list_queues = {.name = "ListQueues",
                                       .run = run,
                                       .in = in,
                                       .in_size = sizeof(struct list_queues_in),
                                       .out = out,
                                       .flags = OP_AT_ROOT};
const struct op_row sqs_list_dead_letter_source_queues = {.name = "ListDeadLetterSourceQueues",
                                                          .run = run_sources,
                                                          .in = sources_in,
                                                          .in_size = sizeof(struct source_queues_in),
                                                          .out = sources_out};

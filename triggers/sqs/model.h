/* Queues in memory: a cache of what the store has, loaded whole on first touch, forgotten by drop.
 *
 * Messages are never kept here; a queue knows only where its fresh ones begin and end, how many there are,
 * and when the next one becomes visible if somebody may be waiting for it. */
#ifndef SQS_MODEL_H
#define SQS_MODEL_H

#include "base/map.h"
#include "core/timer.h"
#include "door/call.h"
#include "store.h"

#define MESSAGE_BYTES 1048576 /* 1 MiB: a message, and a batch in total */
#define MAX_BATCH 10
#define MAX_RECEIVE 10
#define MAX_TAGS 50
#define MAX_IN_FLIGHT 120000
#define MAX_VISIBILITY 43200 /* seconds; also the total over all extensions */

struct sqs {
    struct world *world;
    struct map queues; /* by ARN */
    bool loaded;
    uint64_t last_id;
};

struct queue { /* room */
    struct sqs *sqs;
    uint64_t id, handle; /* as in its row */
    struct str arn, account, region, name;
    int64_t created, modified, purged; /* ms */
    cJSON *attributes;                 /* those that were set, name -> text */
    cJSON *tags;

    /* read from the attributes once: seconds, bytes, and the redrive policy */
    int64_t visibility, delay, wait, retention, max_size;
    struct str dead_letter_arn; /* absent: no redrive */
    int64_t max_receives;

    /* what there is, learned from the store on first touch */
    bool learned;
    uint64_t head;                    /* fresh messages are those with head <= seq <= last_fresh */
    uint64_t last_fresh, last_placed; /* the highest seq of each kind; 0: none */
    int64_t due_rows;                 /* messages that are not fresh */
    int64_t next_due;                 /* no due row is earlier than this */
    int64_t in_flight;     /* at least as many as are in flight: who became visible again is still counted */
    int64_t counted_until; /* in_flight was counted, and none of them becomes visible before this */

    struct timer wake; /* notes the ARN when the next message becomes visible */
    int64_t wake_at;
};

/* Does PurgeQueue keep others waiting for 60 s, and DeleteQueue its name?  On AWS, and with --strict-limits;
 * otherwise not: who tests a consumer purges between two tests. */
bool limits_are_strict(const struct call *c);

/* Was it within the last minute?  A time that lies ahead was written before the clock was set back. */
bool within_a_minute(const struct call *c, int64_t at);

/* The world's state of this service; loads the queues on the first call.  NULL: the store failed (the call
 * has its fault). */
struct sqs *sqs_of(struct call *c);

struct str queue_arn(struct arena *a, struct str region, struct str account, struct str name);
struct str queue_url(struct call *c, const struct queue *q);

/* The queue, or NULL with the call's fault set. */
struct queue *queue_by_url(struct call *c, struct str url);
struct queue *queue_by_name(struct call *c, struct str account, struct str name);
struct queue *queue_by_arn(struct call *c, struct str arn); /* NULL without a fault: there is none */

/* The row to write: what the queue is, with these attributes and tags. */
struct queue_row queue_row_of(const struct queue *q);

/* A number that no queue had before, kept so over a restart. */
enum rc queue_next_id(struct call *c, struct sqs *m, uint64_t *id);

/* Puts a new queue into the model.  attributes and tags are moved. */
struct queue *queue_add(struct sqs *m, const struct queue_row *row, cJSON *attributes, cJSON *tags);
void queue_set_attributes(struct queue *q, cJSON *attributes); /* moved */
void queue_set_tags(struct queue *q, cJSON *tags);             /* moved */
void queue_remove(struct queue *q);                            /* freed */

/* Learns from the store what the queue has, if it does not know yet. */
enum rc queue_learn(struct call *c, struct queue *q);

/* The model follows the store: a due row was written at `visible_at`; this many rows of due or messages in
 * flight more or less. */
void queue_due_written(struct queue *q, int64_t visible_at);
void queue_count(struct queue *q, int64_t due_rows, int64_t in_flight);

struct queue_counts {
    int64_t visible, in_flight, delayed;
};
/* Looks at the rows whose time is still to come, and at no others. */
enum rc queue_counts_now(struct call *c, struct queue *q, struct queue_counts *out);

/* Are as many in flight as may be?  Counts only when that may have changed with the time. */
enum rc queue_full(struct call *c, struct queue *q, bool *full);

/* Notes the queue at `at` (INT64_MAX: nothing will become visible). */
void queue_wake_at(struct queue *q, int64_t at);

/* The row at `visible_at` went away or moved: if it was the next, look which is now. */
enum rc queue_wake_moved(struct call *c, struct queue *q, int64_t visible_at);

void sqs_forget(struct sqs *m);

#endif

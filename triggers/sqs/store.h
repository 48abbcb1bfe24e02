/* Queues and messages <-> keys.  No rules here.
 *
 *   sqs.queue    account region name     -> JSON: id, times, attributes, tags
 *   sqs.gone     account region name     -> i64: when a queue of this name was deleted (--strict-limits)
 *   sqs.id                               -> u64: the last number given to a queue
 *   sqs.message  queue seq               -> the message; written once, never rewritten
 *   sqs.due      queue visible_at seq    -> struct due: what changes with each receive
 *   sqs.moved    queue seq               -> i64: where the due row is now, for older handles
 *
 * The next visible messages of a queue are the first rows of sqs.due.  A receipt handle names the due row
 * that its receive made; sqs.moved is there once a later receive or ChangeMessageVisibility moved that row.
 */
#ifndef SQS_STORE_H
#define SQS_STORE_H

#include "base/arena.h"
#include "base/json.h"
#include "door/call.h"
#include "store/store.h"

struct queue_row {
    struct str account, region, name;
    uint64_t id;     /* its messages lie under it; a purge gives another */
    uint64_t handle; /* its receipt handles name it, from the queue's beginning to its end */
    int64_t created, modified, purged; /* ms; purged 0: never */
    const cJSON *attributes, *tags;
};

#define SEQ_PLACED (UINT64_C(1) << 63)

struct message {
    uint64_t seq;    /* rises with every send to the queue */
    int64_t sent_at; /* ms */
    unsigned char md5[16];
    struct str id, sender, body;
    struct str attributes; /* JSON text of MessageAttributes; "" without */
    struct str trace_header, group, dead_letter_source;
    struct str causes, trace_id;
};

struct due {
    int64_t visible_at; /* ms */
    uint64_t seq;
    int64_t sent_at, first_received_at, received_at; /* ms; 0: never received */
    uint32_t receives;
    uint32_t tag; /* in all receipt handles of the message in this queue; 0: it has none */
    bool moved;   /* a row in sqs.moved points here */
};

/* The last number that was given to a queue; what was deleted under it may not be swept yet. */
enum rc queue_id_read(struct store *s, uint64_t *id);
enum rc queue_id_write(struct store *s, uint64_t id);

enum rc queue_write(struct store *s, const struct queue_row *q);
enum rc queue_erase(struct store *s, const struct queue_row *q);

/* Remembers that a queue of this name was deleted now. */
enum rc queue_gone_write(struct store *s, const struct queue_row *q, int64_t now);

/* The time at which a queue of this name was deleted, 0: never. */
enum rc queue_gone_at(struct store *s, const struct queue_row *q, int64_t *at);

/* Walks over all queues.  `attributes` and `tags` are moved to the visitor. */
enum rc queue_each(struct store *s,
                   void (*visit)(void *arg, const struct queue_row *q, cJSON *attributes, cJSON *tags),
                   void *arg);

/* Names in order, from after `after` on (absent: from the first), that begin with `prefix`. */
enum rc queue_names(struct store *s, struct arena *a, struct str account, struct str region,
                    struct str prefix, struct str after, int max, struct str *names, int *n);

enum rc message_write(struct store *s, uint64_t queue, const struct message *m);
enum rc message_read(struct store *s, struct arena *a, uint64_t queue, uint64_t seq, struct message *out);
enum rc message_erase(struct store *s, uint64_t queue, uint64_t seq);
/* The highest seq below `below` (0: none). */
enum rc message_last_seq(struct store *s, uint64_t queue, uint64_t below, uint64_t *seq);

/* The fresh messages from `head` on, at most `max`, into the arena. */
enum rc message_fresh(struct store *s, struct arena *a, uint64_t queue, uint64_t head, int max,
                      struct message *out, int *n);
enum rc messages_sweep(struct call *c, uint64_t queue); /* all, in portions (door/sweep.h) */

enum rc due_write(struct store *s, uint64_t queue, const struct due *d);
enum rc due_read(struct store *s, uint64_t queue, int64_t visible_at, uint64_t seq, struct due *out);
enum rc due_erase(struct store *s, uint64_t queue, const struct due *d); /* with its moved row */

/* Takes the row away from where it is; its moved row stays, to be written anew with the next place. */
enum rc due_lift(struct store *s, uint64_t queue, const struct due *d);

/* The first rows with visible_at <= now, at most `max`.  When there are fewer, *next is the time of the first
 * later row (INT64_MAX: none). */
enum rc due_first(struct store *s, uint64_t queue, int64_t now, int max, struct due *rows, int *n,
                  int64_t *next);

/* How many rows have visible_at > now, counted up to `most`, and the time of the first. */
enum rc due_ahead(struct store *s, uint64_t queue, int64_t now, int64_t most, int64_t *n, int64_t *first);

/* Walks over the due rows of the queue that are later than `after` (INT64_MIN: over all), in the order of
 * their times. */
enum rc due_each(struct store *s, uint64_t queue, int64_t after,
                 void (*visit)(void *arg, const struct due *d), void *arg);

enum rc moved_write(struct store *s, uint64_t queue, uint64_t seq, int64_t visible_at);
enum rc moved_read(struct store *s, uint64_t queue, uint64_t seq, int64_t *visible_at);

#endif

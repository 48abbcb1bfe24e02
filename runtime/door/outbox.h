/* The outbox: deliveries that a committed call promised.
 *
 * A push source (SNS fan-out, S3 notification, rule) writes a row in the transaction of the cause and names
 * the service and operation that delivers it; bus/push.c takes rows that are due, calls through the door,
 * deletes them or moves them to their next time.  Rows survive a crash, so a promise is kept at least once.
 */
#ifndef DOOR_OUTBOX_H
#define DOOR_OUTBOX_H

#include "door/call.h"

#define OUTBOX_ARN "tidepool:outbox" /* noted when a row was put */

struct outbox_row {
    struct str service, operation; /* who delivers: "sqs", "SendMessage" */
    const cJSON *in;               /* its input */
    struct str payload;            /* raw body, or absent */
    struct str source;          /* ARN of what sends (subscription, rule), for the trace and the retry row */
    struct str policy;          /* name of the retry schedule in bus/push.c: "sns", "events", "s3" */
    struct str dead_letter_arn; /* queue that gets what could not be delivered; absent: none */
    int64_t due;                /* ms; 0: now */
};

/* Writes the row in the call's transaction and notes OUTBOX_ARN. */
enum rc outbox_put(struct call *c, const struct outbox_row *row);

/* What bus/push.c uses.  Texts lie in the arena given to outbox_next; `in` is the taker's to delete. */
struct outbox_item {
    struct outbox_row row;
    uint64_t id;
    int attempts;
    size_t bytes; /* of the stored row */
    struct str causes, trace_id, account, region;
    cJSON *in;
};

/* The first item due at or before `now`, after the item `after` (NULL: from the start).  RC_NONE: nothing is
 * due, and *next_due is the time of the earliest (INT64_MAX: none). */
enum rc outbox_next(struct store *s, struct arena *a, int64_t now, const struct outbox_item *after,
                    struct outbox_item *item, int64_t *next_due);

/* How many items are due later than `now`, counted up to `most`, and when the first is. */
enum rc outbox_ahead(struct store *s, int64_t now, int64_t most, int64_t *n, int64_t *first);

enum rc outbox_done(struct store *s, const struct outbox_item *item);
enum rc outbox_later(struct store *s, const struct outbox_item *item, int64_t due); /* attempts + 1 */

#endif

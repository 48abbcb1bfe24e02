/* What the three batch operations, and the single calls of the same, share: checks of the entries, the loop
 * over them, and the two lists of the answer. */
#ifndef SQS_BATCH_H
#define SQS_BATCH_H

#include "model.h"

/* The input of a batch operation. */
struct batch_in {
    struct str queue_url;
    const cJSON *entries;
};

/* Does one entry; `ok` is its object in Successful, with its Id.  A fault becomes a Failed entry; anything
 * but RC_OK stops. */
typedef enum rc batch_one(struct call *c, struct queue *q, const void *entry, cJSON *ok, enum op_end *end);
struct batch {
    const char *operation;        /* "SendMessageBatch" */
    const struct shape_row *rows; /* of one entry */
    size_t size;                  /* of its input struct */
    bool (*fits)(struct call *c,
                 const cJSON *entries); /* all together; false: the call has its fault.  NULL */
    batch_one *one;
};
enum op_end batch_run(struct call *c, const struct batch_in *in, const struct batch *b);

/* The same for a single call that answers nothing: `ok` is NULL. */
enum op_end batch_single(struct call *c, struct str queue_url, const void *input, batch_one *one);

/* Failed, as all batch answers have it. */
extern const struct shape_row batch_failed_row[];

/* Successful, where an entry's Id says it all. */
extern const struct shape_row batch_done_rows[];

#endif

/* What the three batch operations share: checks of the entries, and the two lists of the answer. */
#ifndef SQS_BATCH_H
#define SQS_BATCH_H

#include "model.h"

/* False: the call has its fault.  `operation` as in "SendMessageBatch". */
bool batch_check(struct call *c, const cJSON *entries, const char *operation);

/* Fills the entry's input struct from its rows, does `one`, and adds the entry to Successful or Failed. A
 * fault of `one` becomes a Failed entry; `ok` is that entry's object in Successful, with its Id.  Anything
 * but RC_OK stops. */
struct batch {
    const struct shape_row *rows; /* of one entry */
    size_t size;                  /* of its input struct */
    enum rc (*one)(struct call *c, struct queue *q, const void *entry, cJSON *ok, enum op_end *end);
};
enum op_end batch_run(struct call *c, struct queue *q, const cJSON *entries, const struct batch *b);

/* Failed, as all batch answers have it. */
extern const struct shape_row batch_failed_row[];

#endif

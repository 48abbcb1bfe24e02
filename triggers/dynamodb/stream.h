/* Stream records: written with each change of an item, kept a day.
 *
 * A record's row is "created trace-id\ncauses\n" and then the record as GetRecords answers it, JSON text. */
#ifndef DYNAMODB_STREAM_H
#define DYNAMODB_STREAM_H

#include "model.h"

#define STREAM_KEEP_MS (24 * 3600 * 1000LL)
#define ITERATOR_KEEP_MS (15 * 60 * 1000LL)

/* What happened to one item.  Texts are canonical JSON; absent: the item was not, or is not, there. */
struct change {
    struct str keys, old_text, new_text;
    size_t keys_size, old_size, new_size;
};

/* Writes the record of a change and notes the stream. */
enum rc stream_write(struct call *c, struct stream *s, const struct change *change);

/* Takes away some of what is older than a day, and says so in s->floor. */
enum rc stream_trim(struct call *c, struct stream *s);

struct record {
    int64_t created; /* ms */
    struct str trace_id, causes, text;
};
bool record_read(struct str value, struct record *out);

/* A stream that was switched off more than a day ago is gone. */
bool stream_gone(const struct stream *s, int64_t now);

/* The stream of this ARN, when it is still there; one that is gone is removed for good.  NULL: the call has
 * its fault, and *end says how it ended. */
struct stream *stream_of(struct call *c, struct str arn, enum op_end *end);

/* Sequence numbers as people see them: 21 digits, so that they sort as text, too. */
struct str sequence_text(struct arena *a, uint64_t number);
bool sequence_read(struct str text, uint64_t *out);

/* The one shard's name: made from the time and number of the stream. */
struct str shard_id(struct arena *a, const struct stream *s);

#endif

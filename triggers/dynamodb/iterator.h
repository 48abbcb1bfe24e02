/* Shard iterators: "arn|1|number|issued", the last two as one base64 word, as opaque as the service's. */
#ifndef DYNAMODB_ITERATOR_H
#define DYNAMODB_ITERATOR_H

#include "model.h"

struct str iterator_text(struct arena *a, const struct stream *s, uint64_t next, int64_t issued);

struct iterator {
    struct str arn;
    uint64_t next;  /* the first record to be read */
    int64_t issued; /* ms */
};
bool iterator_read(struct arena *a, struct str text, struct iterator *out);

#endif

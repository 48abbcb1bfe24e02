/* Where things lie in the store.  No rules.
 *
 *   ddb.table   account region name                     the definition, JSON
 *   ddb.stream  account region table label              a stream's definition, JSON
 *   ddb.id                                              the last number given to a table, index or stream
 *   ddb.item    table-id  hash64(hash key) hash [range]                        the item
 *   ddb.entry   index-id  hash64(hash key) hash [range] and the table's keys   the projected item
 *   ddb.record  stream-id number                        a stream record (stream.c)
 *   ddb.backfill index-id                               how far the index is filled (backfill.c)
 *
 * Keys of type S and B are their bytes, N is number_key's.  A partition is one run of keys in the order of
 * its range key, so a query is a range scan; partitions lie in the order of a hash, so the segments of a
 * parallel scan are ranges of it.  The value of an item or entry is its size (4 bytes, little end first; the
 * service's count) and its canonical JSON text. */
#ifndef DYNAMODB_STORE_H
#define DYNAMODB_STORE_H

#include "model.h"
#include "store/key.h"
#include "store/store.h"

struct stored {
    size_t size;
    struct str text;
};

struct stored stored_read(struct str value);
void stored_write(struct buf *out, size_t size, struct str text);

/* The key of an item (or a Key); key_release when done. */
void item_key(struct key *k, const struct table *t, const struct attr *item);
void entry_key(struct key *k, const struct table *t, const struct index *x, const struct attr *item);

/* The prefixes: all of a table's items (index NULL) or an index's entries; and one partition of them. */
void whole_key(struct key *k, const struct table *t, const struct index *x);
void partition_key(struct key *k, const struct table *t, const struct index *x, const struct attr *hash);

/* A cursor over all that whole_key begins, from the key `begin` on unless that is empty; the caller closes.
 */
enum rc whole_seek(struct store *s, const struct table *t, const struct index *x, struct str begin,
                   struct store_cursor **at);

/* The range key's bytes; `prefix`: without its end, so that all that begin so follow. */
void range_key(struct key *k, const struct attr *range, bool prefix);

/* Adds the first hash of a segment: whole_key followed by this begins the segment. */
void segment_key(struct key *k, uint64_t segment, uint64_t total);

void record_key(struct key *k, const struct stream *s, uint64_t number);
void records_key(struct key *k, const struct stream *s);
uint64_t record_number(struct str key);

#endif

/* Keys as tuples whose bytes sort like their parts.
 *
 *   struct key k; key_init(&k, "sqs.message"); key_str(&k, queue_id); key_u64(&k, seq);
 *   store_get(txn, key_view(&k), &value); key_release(&k);
 *
 * The first part names the space ("service.kind").  Text and bytes are ended by 00 01 with 00 escaped as 00
 * FF, so a shorter text sorts before a longer one that it begins; integers are 8 bytes, big end first, sign
 * flipped.  A key may be of any length; the store takes those up to STORE_KEY_MAX.  A key built to a part is
 * the prefix of all keys that go on from it: key_end gives the upper end of that range for store_seek. */
#ifndef STORE_KEY_H
#define STORE_KEY_H

#include "base/buf.h"

struct key {
    struct buf b;
    char small[160]; /* most keys fit: no allocation */
    size_t n;
    bool big;
};

void key_init(struct key *k, const char *space);
void key_release(struct key *k);

void key_str(struct key *k, struct str s);
void key_z(struct key *k, const char *z);
void key_i64(struct key *k, int64_t v);
void key_u64(struct key *k, uint64_t v);
void key_raw(struct key *k, struct str bytes); /* already order-preserving and self-delimiting; as it is */

/* Cuts the key back to an earlier length (from key_view(k).n), to build siblings. */
void key_cut(struct key *k, size_t n);

struct str key_view(const struct key *k); /* lent until the next change */

/* The first key after all keys that begin with `prefix`, into `end` (initialised by this call, released by
 * the caller). */
void key_after(struct key *end, struct str prefix);

/* Reading the parts back in order, after the space.  Each returns false when the rest does not begin so. */
struct key_reader {
    struct str rest;
};
bool key_read(struct key_reader *r, struct str key, const char *space);
bool key_read_str(struct key_reader *r, struct buf *out); /* appended to out */
bool key_read_i64(struct key_reader *r, int64_t *out);
bool key_read_u64(struct key_reader *r, uint64_t *out);

#endif

/* What the two files of the catalog share. */
#ifndef DYNAMODB_CATALOG_INSIDE_H
#define DYNAMODB_CATALOG_INSIDE_H

#include "catalog.h"
#include "store/key.h"
#include "store/store.h"

void catalog_stream_free(struct stream *s);

enum rc catalog_put_json(struct store *txn, const struct key *k, const cJSON *tree);

/* The range of all rows of the caller's account and region in a space; `after`: those behind this name. */
enum rc catalog_seek_mine(struct call *c, const char *space, struct str after, struct store_cursor **at);

/* The nth part (from 0) of a key of texts, in the arena. */
struct str catalog_key_text(struct call *c, struct str key, const char *space, int nth);

#endif

/* Rows of the gateway: one JSON text for each API, key, plan and membership, and a counter for each quota. */
#ifndef API_STORE_H
#define API_STORE_H

#include "door/call.h"
#include "throttle.h"

enum row_kind { ROW_API, ROW_KEY, ROW_PLAN, ROW_MEMBER };

/* The row, the caller's to delete; RC_NONE without one.  Members have two ids, plan and key; others one. */
enum rc api_row_get(struct store *s, enum row_kind kind, struct str id, struct str id2, cJSON **row);
enum rc api_row_put(struct store *s, enum row_kind kind, struct str id, struct str id2, const cJSON *row);
enum rc api_row_del(struct store *s, enum row_kind kind, struct str id, struct str id2);

/* All rows of a kind as a list, in order of their ids; the caller's to delete.  prefix absent: of all ids. */
enum rc api_row_list(struct store *s, enum row_kind kind, struct str prefix, cJSON **list);

enum rc api_usage_get(struct store *s, struct str plan, struct str key, struct usage *u);
enum rc api_usage_put(struct store *s, struct str plan, struct str key, const struct usage *u);
enum rc api_usage_del(struct store *s, struct str plan, struct str key);

#endif

/* Functions and asynchronous events <-> keys.  No rules.
 *
 *   "lambda.function" account region name -> the function's row as JSON (model.h)
 *   "lambda.async" id                     -> head as JSON, a newline, the payload as it is (async.c) */
#ifndef LAMBDA_STORE_H
#define LAMBDA_STORE_H

#include "base/arena.h"
#include "base/json.h"
#include "store/store.h"

enum rc store_function_put(struct store *s, struct str account, struct str region, struct str name,
                           const cJSON *row);
enum rc store_function_del(struct store *s, struct str account, struct str region, struct str name);

/* Gives each function's row in the order of the keys; the tree is the taker's. */
enum rc store_functions(struct store *s, void (*each)(void *arg, cJSON *row), void *arg);

/* `head` one line of JSON. */
enum rc store_event_put(struct store *s, uint64_t id, const cJSON *head, struct str payload);
/* As put, for a row that is there; RC_NONE: it was wiped meanwhile and stays so. */
enum rc store_event_change(struct store *s, uint64_t id, const cJSON *head, struct str payload);
enum rc store_event_del(struct store *s, uint64_t id);

/* The event's head (the taker's) and its payload (in `a`; NULL: not wanted).  RC_NONE: not there. */
enum rc store_event_get(struct store *s, uint64_t id, cJSON **head, struct arena *a, struct str *payload);

/* Events with a number above `after`, in order; `head` is lent. */
enum rc store_events(struct store *s, uint64_t after, void (*each)(void *arg, uint64_t id, const cJSON *head),
                     void *arg);

/* The newest first, until `each` says that it is enough; `size`: bytes of the row. */
enum rc store_events_back(struct store *s, bool (*each)(void *arg, const cJSON *head, size_t size),
                          void *arg);

#endif

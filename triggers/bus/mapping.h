/* MODEL of an event source mapping: its settings, checked and ready to use.  No I/O. */
#ifndef BUS_MAPPING_H
#define BUS_MAPPING_H

#include "base/arena.h"
#include "base/ident.h"
#include "base/json.h"
#include "base/map.h"
#include "store/store.h"

struct call;
struct fault;
struct pattern;
struct poller;

/* What differs between kinds of sources before anything is read. */
struct source_kind {
    const char *arn_service; /* "sqs" */
    int64_t batch_default, batch_max;
    int64_t batch_max_no_window; /* a larger batch needs a window */
    bool stream;                 /* needs a starting position; retries, ages and bisecting apply */
};

/* The kind of this ARN, or NULL. */
const struct source_kind *source_kind_of(struct str arn);

/* One filter pattern.  What it asks of a queue's body decides what a body must be: text or a JSON object. */
struct filter {
    struct pattern *pattern;
    bool wants_text, wants_json;
};

struct mapping {
    char uuid[IDENT_UUID_SIZE];
    cJSON *config; /* as GetEventSourceMapping answers it; also what the store keeps */
    const struct source_kind *kind;
    struct str source_arn, function_arn; /* in config */
    int64_t batch_size, window_ms, max_retries, max_age_ms,
        max_lanes; /* max_retries, max_age_ms: -1 no end */
    bool enabled, from_start, bisect, partial;
    struct filter *filters; /* absent: everything passes */
    size_t filter_count;
    bool filtered, filter_broken; /* broken: one of them is no pattern, nothing passes it */
    struct poller *poller;        /* NULL while disabled */
};

/* Reads a stored or freshly checked config; moved.  Never fails on what mapping_check has passed. */
struct mapping *mapping_new(cJSON *config);
void mapping_free(struct mapping *m);

/* Takes over new settings in place; moved.  The poller goes on with them from its next batch. */
void mapping_set(struct mapping *m, cJSON *config);

/* Does one of the patterns match the record (as the function would see it)?  `body_json`: the parsed body of
 * a queue's message, or NULL when it is not a JSON object. */
bool mapping_wants(const struct mapping *m, const cJSON *record, const cJSON *body_json);

/* The mapping's place in the template or "", for PutEventSourceMapping. */
enum rc mapping_store_put(struct store *s, const struct mapping *m);
enum rc mapping_store_del(struct store *s, const struct mapping *m);
/* Calls `each` with every stored config (moved). */
enum rc mapping_store_each(struct store *s, void (*each)(void *arg, cJSON *config), void *arg);

/* How far a stream's shard was processed: the last sequence number done; "" : nothing yet, from the start of
 * the shard. RC_NONE: never set. */
enum rc checkpoint_put(struct store *s, struct str uuid, struct str shard, struct str sequence);
enum rc checkpoint_get(struct store *s, struct arena *a, struct str uuid, struct str shard,
                       struct str *sequence);

#endif

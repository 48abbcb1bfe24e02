/* Tables, their indexes and streams, as they are at work: read from the row that defines a table, never
 * changed in place (but for what says so).  Rules of keys and projections; no I/O. */
#ifndef DYNAMODB_MODEL_H
#define DYNAMODB_MODEL_H

#include "attr.h"
#include "base/json.h"
#include "expr.h"

struct key_part {
    struct str name;
    enum attr_type type; /* S, N or B */
};

struct key_schema {
    struct key_part part[2]; /* hash, range */
    int n;
};

/* tally.h */
struct tally {
    bool whole;      /* all is counted, and writes keep it so; false: only rows with keys before `upto` */
    struct buf upto; /* empty: nothing is counted */
    int64_t items, bytes;
};

enum project { PROJECT_ALL, PROJECT_KEYS_ONLY, PROJECT_INCLUDE };

struct index {
    uint64_t id;
    struct str name;
    bool global;
    struct key_schema keys;
    enum project project;
    struct path *projected; /* what entries hold: keys of table and index, and included attributes */
    size_t projected_count;
    struct path_tree places; /* of the same */
    bool filling;            /* backfill.h: it cannot be read yet ... */
    struct buf filled;       /* ... and items with keys before this one have their entries */
    struct tally tally;
};

enum stream_view { VIEW_KEYS_ONLY, VIEW_NEW_IMAGE, VIEW_OLD_IMAGE, VIEW_BOTH };

/* A stream outlives its being switched off, and its table, by a day. */
struct stream {
    uint64_t id;
    struct str account, region, table, label, arn;
    enum stream_view view;
    struct key_schema keys;
    int64_t created, disabled; /* ms; disabled 0: records are being written */
    uint64_t floor;            /* records before this number are gone */
    uint64_t next;             /* the next record's number */
    int64_t oldest;            /* ms: no record is older than this */
    struct arena arena;        /* what the fields point to */
};

struct table {
    uint64_t id;
    struct str account, region, name, arn;
    struct key_schema keys;
    struct index *indexes; /* global ones first */
    size_t index_count;
    struct stream *stream; /* NULL: none is enabled.  Belongs to the catalog */
    cJSON *def;            /* the row: see catalog.h */
    bool has_local;
    struct tally tally;
    struct arena arena;
};

/* Reads a definition (moved).  Room. */
struct table *table_new(struct str account, struct str region, cJSON *def);
void table_free(struct table *t);

struct index *table_index(const struct table *t, struct str name);

bool key_schema_has(const struct key_schema *k, struct str name);

/* The part of an item that an index entry holds; the item itself when all is projected. */
const struct attr *index_project(struct arena *a, const struct index *x, const struct attr *item);

/* Does the index have an entry for this item: are all its key attributes there and fit to be keys?  An item
 * that is older than the index may have others. */
bool index_covers(const struct index *x, const struct attr *item);

/* Is this attribute in every entry of the index? */
bool index_projects(const struct index *x, struct str name);

/* --- keys of items */

/* PutItem: the item has the table's key, of the right types and sizes, and no index key of a wrong type. */
bool item_check(const struct table *t, const struct attr *item, struct wrong *w);

/* UpdateItem: the index keys that the update changed.  `old`: the item before; NULL: there was none. */
bool item_check_update(const struct table *t, const struct attr *old, const struct attr *item,
                       struct wrong *w);

/* Key: exactly the attributes of the table's key. */
/* A partition key has up to 2048 bytes, a sort key 1024. */
bool key_value_fits(const struct attr *v, bool hash, struct wrong *w);

bool key_check(const struct key_schema *keys, const struct attr *key, struct wrong *w);

/* "Orders/ada/7": what a person calls the item, without blanks.  Longer ones have no name (b is full). */
#define ITEM_NAME_MAX 512
void item_name(struct buf *b, struct str table, const struct key_schema *keys, const struct attr *item);

/* The key attributes of an item. */
const struct attr *key_of_item(struct arena *a, const struct key_schema *keys, const struct attr *item);

/* Paths that go into a key attribute, which has no inside, are refused. */
bool path_check_keys(const struct table *t, const struct path *p, struct wrong *w);

#define HASH_KEY_MAX 2048
#define RANGE_KEY_MAX 1024

const char *stream_view_name(enum stream_view v);
bool stream_view_of(struct str name, enum stream_view *out);

/* Reads a key schema; types come from the definitions. */
bool key_schema_read(const cJSON *schema, const cJSON *definitions, struct key_schema *out);

#endif

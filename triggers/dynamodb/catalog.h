/* The world's state of DynamoDB: its tables and streams, read from the store on first touch.
 *
 * A table's definition is a JSON object of CreateTable's members and ours:
 *   Id, TableId, Created (ms), Updated (ms of the last switch to PAY_PER_REQUEST), StreamLabel (of the
 * enabled stream), and in each index Id. catalog_save writes it and puts a new model in the place of the old
 * one; so a model is always what its row says. */
#ifndef DYNAMODB_CATALOG_H
#define DYNAMODB_CATALOG_H

#include "base/map.h"
#include "model.h"

struct catalog {
    struct world *world;
    struct map tables;     /* "account/region/name" -> struct table, room */
    struct map streams;    /* arn -> struct stream, room */
    bool filling;          /* an index may be waiting for its next portion: backfill.h ... */
    struct timer backfill; /* ... which comes then */
};

struct catalog *catalog_of(const struct call *c);

enum rc catalog_open(struct world *w, void **state);
void catalog_drop(struct world *w, void *state);
void catalog_close(struct world *w, void *state);

/* The table of this name or ARN, as the call sees it.  RC_NONE: there is none. */
enum rc catalog_table(struct call *c, struct str name, struct table **out);

/* As catalog_table, but ends the operation when there is none: true, and the call has its fault in *end.
 * `control` is the way in which control plane operations say it, with the table's name. */
bool catalog_missing(struct call *c, struct str name, bool control, struct table **out, enum op_end *end);

/* Is the name too long for a table?  Then the call has its fault in *end. */
bool catalog_name_long(struct call *c, struct str name, enum op_end *end);

/* An ARN of another account or region. */
bool catalog_elsewhere(const struct call *c, struct str name);

/* Writes the definition (moved) of a new or changed table; *out: the table as it was (freed), NULL when it is
 * new.
 */
enum rc catalog_save(struct call *c, cJSON *def, struct table **out);

/* Removes the table's row and model; items and entries are swept. */
enum rc catalog_remove(struct call *c, struct table *t);

/* As call_broke, when definitions were changed on the way: what is undone in the store is forgotten here. */
enum op_end catalog_broke(struct call *c, enum rc rc);

/* A number that no table, index or stream had before. */
enum rc catalog_next_id(struct call *c, uint64_t *out);

/* Names after `after` (absent: from the start) in order, at most `limit`, as an array; *more: others follow.
 */
enum rc catalog_names(struct call *c, struct str after, int limit, cJSON *names, bool *more);

/* --- streams */

enum rc catalog_stream(struct call *c, struct str arn, struct stream **out); /* RC_NONE */
bool catalog_stream_arn_valid(struct str arn);                               /* whether or not there is one */

/* A new enabled stream for the table; its label is made from the time. */
enum rc catalog_stream_new(struct call *c, const struct table *t, enum stream_view view, struct stream **out);
enum rc catalog_stream_save(struct call *c, const struct stream *s);
enum rc catalog_stream_remove(struct call *c, struct stream *s);

/* All streams of the account and region in order of table and label: `seen` is called until it says false. */
enum rc catalog_each_stream(struct call *c, bool (*seen)(void *arg, struct stream *s), void *arg);

/* The ARNs of these streams, or of all accounts' and regions', in the call's arena. */
enum rc catalog_stream_arns(struct call *c, bool all, struct str **arns, size_t *n);

/* True for a name of 3 to 255 of the characters a-z A-Z 0-9 _ - . , or a table's ARN. */
bool table_name_valid(struct str name);
/* True for what TABLE_NAME_PATTERN says of characters, whatever the length, and for a table's ARN. */
bool table_name_spelled(struct str name);
/* The name in a name or an ARN. */
struct str table_name_alone(struct str name);
#define TABLE_NAME_PATTERN "[a-zA-Z0-9_.-]+"

#endif

/* Changes of tables that CreateTable, UpdateTable and PutTable share.  Each works on a copy of the
 * definition, which catalog_save then puts in force. */
#ifndef DYNAMODB_TABLE_CHANGE_H
#define DYNAMODB_TABLE_CHANGE_H

#include "model.h"

struct table_in;

/* A new table of a checked request, with its stream. */
enum rc change_create(struct call *c, const struct table_in *req, struct table **out);

/* Switches the stream on, with a label in the definition ... */
enum rc change_stream_on(struct call *c, const struct table *t, enum stream_view view, cJSON *def);
/* ... or off: it stays readable for a day. */
enum rc change_stream_off(struct call *c, struct table *t, cJSON *def);

/* Adds a global index that catalog_save must bring into the model before backfill_begin enters the items. */
enum rc change_index_add(struct call *c, const cJSON *index, cJSON *def);
enum rc change_index_drop(struct call *c, struct table *t, struct str name, cJSON *def);

/* Replaces a member; value NULL: takes it away. */
void change_member(cJSON *def, const char *name, const cJSON *value);

/* The definition's entry of a global index, or NULL. */
cJSON *change_index_def(const cJSON *def, struct str name);

#endif

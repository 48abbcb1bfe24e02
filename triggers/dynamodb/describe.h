/* TableDescription, as the service shows a table. */
#ifndef DYNAMODB_DESCRIBE_H
#define DYNAMODB_DESCRIBE_H

#include "model.h"

/* `status` is that of the table, `index_status` that of its global indexes.  The table is counted (tally.h).
 */
cJSON *table_describe(struct call *c, const struct table *t, const char *status, const char *index_status);

/* In the answer of an operation that made an index, that one is CREATING, however full it is already. */
void describe_new_index(cJSON *description, struct str index);

#endif

/* TableDescription, as the service shows a table. */
#ifndef DYNAMODB_DESCRIBE_H
#define DYNAMODB_DESCRIBE_H

#include "model.h"

/* `status` is that of the table, `index_status` that of its global indexes.  NULL: *rc. */
cJSON *table_describe(struct call *c, struct table *t, const char *status, const char *index_status,
                      enum rc *rc);

#endif

/* KeyConditionExpression: a resolved condition read as "this partition, and this range of it". */
#ifndef DYNAMODB_KEY_CONDITION_H
#define DYNAMODB_KEY_CONDITION_H

#include "model.h"

enum range_kind { RANGE_ALL, RANGE_EQ, RANGE_LT, RANGE_LE, RANGE_GT, RANGE_GE, RANGE_BETWEEN, RANGE_BEGINS };

struct key_condition {
    const struct attr *hash;
    enum range_kind range;
    const struct attr *low, *high; /* high: BETWEEN only */
};

/* Checked against the key schema of the table, or of the index when there is one. */
bool key_condition_read(const struct expr *e, const struct key_schema *keys, const struct index *index,
                        struct key_condition *out, struct wrong *w);

/* Does this range key value lie in the range? */
bool key_condition_allows(const struct key_condition *k, const struct attr *range);

#endif

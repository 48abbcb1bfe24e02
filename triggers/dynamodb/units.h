/* Consumed capacity, as ReturnConsumedCapacity reports it. */
#ifndef DYNAMODB_UNITS_H
#define DYNAMODB_UNITS_H

#include "model.h"

enum report { REPORT_NONE, REPORT_TOTAL, REPORT_INDEXES };
enum report report_of(struct str return_consumed_capacity);

struct units {
    double table;
    double *indexes; /* [i] of table->indexes; NULL: none were touched */
};

/* Units for reading (4 KB each, half when eventually consistent) and writing (1 KB each) so many bytes. */
double units_read(size_t bytes, bool consistent);
double units_write(size_t bytes);

void units_add_index(struct arena *a, struct units *u, const struct table *t, size_t index, double n);

/* {"TableName":...,"CapacityUnits":...}; `name` is the table as the request named it. */
void units_write_answer(struct buf *b, enum report report, struct str name, const struct table *t,
                        const struct units *u);

#endif

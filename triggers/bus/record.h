/* Making a record from what a source answered. */
#ifndef BUS_RECORD_H
#define BUS_RECORD_H

#include "poller.h"

/* A member's text, the caller's to free; "" without one. */
char *text_dup(const cJSON *object, const char *name);

/* Takes the causes that came along out of the tree. */
void record_take_causes(struct record *r, cJSON *from);

size_t event_size(const cJSON *event);

#endif

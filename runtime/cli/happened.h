/* What `advance` and `settle` answer: a line for each thing that happened. */
#ifndef CLI_HAPPENED_H
#define CLI_HAPPENED_H

#include "base/json.h"

/* Prints the members "happened" and "failed" of the answer; returns how many failed. */
int print_happened(const cJSON *out);

#endif

/* What a start prints: where everything is. */
#ifndef CLI_BANNER_H
#define CLI_BANNER_H

#include "house.h"

/* deployed: template:Deploy's answer, or NULL without a template. */
void banner_print(const struct house *h, const cJSON *deployed, int64_t took_us, FILE *to);

/* A line for each thing that a later deployment made, changed or removed. */
void banner_print_change(const cJSON *deployed, FILE *to);

#endif

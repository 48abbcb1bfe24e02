/* What the three files of values share. */
#ifndef DYNAMODB_ATTR_INSIDE_H
#define DYNAMODB_ATTR_INSIDE_H

#include "attr.h"

/* The scalar that the elements of a set are. */
enum attr_type attr_element_type(enum attr_type set);

struct str attr_number_text(struct arena *a, const struct number *n);
bool attr_unbase64(struct arena *a, struct str in, struct str *out);

void attr_sort_set(struct arena *a, enum attr_type t, struct str *set, size_t n);
void attr_sort_members(struct attr_member *m, size_t n);

#endif

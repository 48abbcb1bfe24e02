/* name=value&name=value: query strings and form bodies, decoded, in the order they came. */
#ifndef AWS_FORM_H
#define AWS_FORM_H

#include "base/arena.h"

#define FORM_MAX 4000 /* pairs; what is beyond is not read, and `full` says so */

struct form_pair {
    struct str name, value;
    size_t place; /* among those that came */
};

struct form {
    struct form_pair *list; /* in the arena */
    size_t n;
    bool zeros;   /* a name or value holds the byte 0 */
    bool no_text; /* one is no UTF-8 */
    bool full;
};

/* `text` absent gives an empty form. */
void form_read(struct form *f, struct arena *a, struct str text);

/* The first value of this name; absent without one. */
struct str form_get(const struct form *f, struct str name);

/* The same without reading the rest: the first pair of this (undecoded) name in `text`. */
struct str form_find(struct str text, const char *name, struct arena *a);

#endif

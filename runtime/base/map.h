/* A hash map from bytes to pointers.  The map owns copies of its keys, never its values.
 *
 * Iteration follows the order of insertion (so that runs with one seed are the same, byte for byte). */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/str.h"

struct map_entry;
struct map {
    struct map_entry **slots;
    size_t slot_count, count;
    struct map_entry *first, *last; /* in order of insertion */
};

void map_init(struct map *m);

/* Frees the keys; values are the owner's to free before. */
void map_release(struct map *m);

void *map_get(const struct map *m, struct str key);

/* Puts a value (never NULL: that means "not there") and returns the one that was there before, or NULL. */
void *map_put(struct map *m, struct str key, void *value);

/* Takes away and returns the value, or NULL. */
void *map_del(struct map *m, struct str key);

/* Iteration: start with the cursor on m.first; ends by returning NULL.  The entry just returned may be
 * deleted by the caller, since the cursor already stands on the next one: struct map_entry *at = m.first;
 * struct str key; void *v; while ((v = map_each(&at, &key))) ...      (key may be NULL) */
void *map_each(struct map_entry **at, struct str *key);

#endif

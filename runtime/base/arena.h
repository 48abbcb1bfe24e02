/* Memory that lives as long as a call (or a parse, or a start) and dies at once.
 *
 * Bump allocation in chunks.  Nothing is freed alone.  An arena is owned by whoever initialised it. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena_chunk;
struct arena {
    struct arena_chunk *chunks; /* newest first */
    char *at, *end;
};

void arena_init(struct arena *a);
void arena_release(struct arena *a);

/* Forgets everything but keeps one chunk for the next user. */
void arena_clear(struct arena *a);

/* Bytes that it took from the system. */
size_t arena_size(const struct arena *a);

/* Aligned for any type; never NULL.  arena_zalloc gives zeroed bytes. */
void *arena_alloc(struct arena *a, size_t n);
void *arena_zalloc(struct arena *a, size_t n);

/* Copies, zero-ended (the zero is not counted). */
struct str arena_str(struct arena *a, struct str s);
char *arena_z(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif

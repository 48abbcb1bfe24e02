/* An environment's memory: Lua's allocator with a budget.
 *
 * Handlers make and drop hundreds of small blocks per invocation.  What is freed stays in lists by size (Lua
 * tells each block's size when it frees it), so that most of the time no malloc is needed; memory_tidy gives
 * it back when there is time. */
#ifndef LAMBDA_WORKER_MEMORY_H
#define LAMBDA_WORKER_MEMORY_H

#include <stddef.h>

#define MEMORY_CLASSES 33        /* blocks of 8, 24, 40, ... 520 bytes: what malloc hands out anyway */
#define MEMORY_KEPT (256u << 10) /* bytes of freed blocks that are kept at most */

struct memory_block;
struct memory {
    size_t used, peak, limit; /* bytes that Lua has; beyond the limit it gets no more */
    size_t kept;
    struct memory_block *free[MEMORY_CLASSES];
};

/* A lua_Alloc; `arg` is a struct memory. */
void *memory_alloc(void *arg, void *p, size_t before, size_t after);

/* Frees what is kept. */
void memory_tidy(struct memory *m);

#endif

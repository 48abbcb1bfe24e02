#include "memory.h"

#include <stdlib.h>
#include <string.h>

struct memory_block {
    struct memory_block *next;
};

static size_t class_of(size_t n)
{
    return (n + 7) / 16;
}

static size_t size_of(size_t class)
{
    return 16 * class + 8;
}

static void *take(struct memory *m, size_t n)
{
    size_t class = class_of(n);
    if (class >= MEMORY_CLASSES)
        return malloc(n);
    struct memory_block *b = m->free[class];
    if (!b)
        return malloc(size_of(class));
    m->free[class] = b->next;
    m->kept -= size_of(class);
    return b;
}

static void give(struct memory *m, void *p, size_t n)
{
    size_t class = class_of(n);
    if (!p || class >= MEMORY_CLASSES || m->kept > MEMORY_KEPT) {
        free(p);
        return;
    }
    struct memory_block *b = p;
    b->next = m->free[class];
    m->free[class] = b;
    m->kept += size_of(class);
}

static void *resize(struct memory *m, void *p, size_t before, size_t after)
{
    size_t was = class_of(before), is = class_of(after);
    if (p && was == is && is < MEMORY_CLASSES)
        return p;
    if (p && was >= MEMORY_CLASSES && is >= MEMORY_CLASSES)
        return realloc(p, after);
    void *q = take(m, after);
    if (q && p) {
        memcpy(q, p, before < after ? before : after);
        give(m, p, before);
    }
    return q;
}

void *memory_alloc(void *arg, void *p, size_t before, size_t after)
{
    struct memory *m = arg;
    if (!p)
        before = 0; /* Lua tells the kind of the object here */
    if (after == 0) {
        m->used -= before;
        give(m, p, before);
        return NULL;
    }
    if (after > before && m->used + (after - before) > m->limit)
        return NULL;
    void *q = resize(m, p, before, after);
    if (!q)
        return after > before ? NULL : p; /* a block that shrinks always succeeds */
    m->used += after - before;
    if (m->used > m->peak)
        m->peak = m->used;
    return q;
}

void memory_tidy(struct memory *m)
{
    for (size_t i = 0; i < MEMORY_CLASSES; i++)
        while (m->free[i]) {
            struct memory_block *b = m->free[i];
            m->free[i] = b->next;
            free(b);
        }
    m->kept = 0;
}

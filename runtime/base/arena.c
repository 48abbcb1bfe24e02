#include "base/arena.h"

#include "base/rc.h"
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Chunks double from FIRST to LARGEST; what is bigger than LARGE gets a chunk of its own, so that the rest of
 * the current chunk is not lost. */
enum { FIRST = 4096 - 64, LARGEST = 64 * 1024 - 64, LARGE = 8 * 1024 };

struct arena_chunk {
    struct arena_chunk *older;
    size_t size;
    alignas(max_align_t) char bytes[];
};

static struct arena_chunk *chunk_new(size_t size)
{
    struct arena_chunk *k = xmalloc(sizeof *k + size);
    k->older = NULL;
    k->size = size;
    return k;
}

static void stand_on(struct arena *a, struct arena_chunk *k)
{
    a->chunks = k;
    a->at = k ? k->bytes : NULL;
    a->end = k ? k->bytes + k->size : NULL;
}

void arena_init(struct arena *a)
{
    stand_on(a, NULL);
}

static void chunks_free(struct arena_chunk *k, const struct arena_chunk *but)
{
    while (k) {
        struct arena_chunk *older = k->older;
        if (k != but)
            free(k);
        k = older;
    }
}

void arena_release(struct arena *a)
{
    chunks_free(a->chunks, NULL);
    stand_on(a, NULL);
}

void arena_clear(struct arena *a)
{
    struct arena_chunk *keep = a->chunks;
    if (keep && keep->size > LARGEST)
        keep = NULL;
    chunks_free(a->chunks, keep);
    if (keep)
        keep->older = NULL;
    stand_on(a, keep);
}

size_t arena_size(const struct arena *a)
{
    size_t n = 0;
    for (const struct arena_chunk *k = a->chunks; k; k = k->older)
        n += k->size;
    return n;
}

/* A chunk of its own, slipped behind the current one. */
static void *alloc_alone(struct arena *a, size_t n)
{
    struct arena_chunk *k = chunk_new(n);
    if (!a->chunks) {
        stand_on(a, k);
        a->at = a->end;
    } else {
        k->older = a->chunks->older;
        a->chunks->older = k;
    }
    return k->bytes;
}

static void *alloc_slow(struct arena *a, size_t n)
{
    if (n > LARGE)
        return alloc_alone(a, n);
    size_t size = a->chunks ? 2 * a->chunks->size + 64 : FIRST;
    if (size > LARGEST)
        size = LARGEST;
    if (size < n)
        size = n;
    struct arena_chunk *k = chunk_new(size);
    k->older = a->chunks;
    stand_on(a, k);
    a->at += n;
    return k->bytes;
}

void *arena_alloc(struct arena *a, size_t n)
{
    const size_t align = alignof(max_align_t);
    if (n > SIZE_MAX / 2)
        BUG("an allocation of %zu bytes", n);
    n = (n + align - 1) & ~(align - 1);
    if (n == 0)
        n = align;
    if (n > (size_t)(a->end - a->at))
        return alloc_slow(a, n);
    void *p = a->at;
    a->at += n;
    return p;
}

void *arena_zalloc(struct arena *a, size_t n)
{
    return memset(arena_alloc(a, n), 0, n);
}

char *arena_z(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return p;
}

struct str arena_str(struct arena *a, struct str s)
{
    return s.p ? str_n(arena_z(a, s), s.n) : s;
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
    char small[256];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(small, sizeof small, fmt, args);
    va_end(args);
    if (n < 0)
        BUG("a bad format: %s", fmt);
    if ((size_t)n < sizeof small)
        return arena_str(a, str_n(small, (size_t)n));
    char *p = arena_alloc(a, (size_t)n + 1);
    va_start(args, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, args);
    va_end(args);
    return str_n(p, (size_t)n);
}

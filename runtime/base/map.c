#include "base/map.h"

#include "base/rc.h"
#include <stdlib.h>

struct map_entry {
    struct map_entry *prev, *next; /* in order of insertion */
    void *value;
    uint64_t hash;
    size_t n;
    char key[];
};

void map_init(struct map *m)
{
    *m = (struct map){0};
}

void map_release(struct map *m)
{
    for (struct map_entry *e = m->first, *next; e; e = next) {
        next = e->next;
        free(e);
    }
    free(m->slots);
    map_init(m);
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    __uint128_t r = (__uint128_t)a * b;
    return (uint64_t)r ^ (uint64_t)(r >> 64);
}

/* Eight bytes at a time through a 64 x 64 -> 128 bit multiplication. */
static uint64_t hash_of(struct str key)
{
    const uint64_t k1 = 0x9e3779b97f4a7c15u, k2 = 0xd6e8feb86659fd93u;
    const char *p = key.p;
    size_t left = key.n;
    uint64_t h = k1 ^ key.n, w = 0;
    for (; left >= 8; p += 8, left -= 8) {
        memcpy(&w, p, 8);
        h = mix(h ^ w, k2);
    }
    w = 0;
    if (left)
        memcpy(&w, p, left);
    return mix(h ^ w, k1);
}

/* The slot that holds the key, or the free one where it would go.  There is always a free one. */
static size_t slot_of(const struct map *m, struct str key, uint64_t hash)
{
    size_t mask = m->slot_count - 1, at = hash & mask;
    for (;; at = (at + 1) & mask) {
        const struct map_entry *e = m->slots[at];
        if (!e || (e->hash == hash && str_eq(str_n(e->key, e->n), key)))
            return at;
    }
}

/* At most three quarters full. */
static void make_room(struct map *m)
{
    if (4 * (m->count + 1) <= 3 * m->slot_count)
        return;
    free(m->slots);
    m->slot_count = m->slot_count ? 2 * m->slot_count : 8;
    m->slots = xcalloc(m->slot_count, sizeof *m->slots);
    size_t mask = m->slot_count - 1;
    for (struct map_entry *e = m->first; e; e = e->next) {
        size_t at = e->hash & mask;
        while (m->slots[at])
            at = (at + 1) & mask;
        m->slots[at] = e;
    }
}

void *map_get(const struct map *m, struct str key)
{
    if (!m->count)
        return NULL;
    const struct map_entry *e = m->slots[slot_of(m, key, hash_of(key))];
    return e ? e->value : NULL;
}

static struct map_entry *entry_new(struct str key, uint64_t hash)
{
    struct map_entry *e = xmalloc(sizeof *e + key.n);
    *e = (struct map_entry){.hash = hash, .n = key.n};
    if (key.n)
        memcpy(e->key, key.p, key.n);
    return e;
}

void *map_put(struct map *m, struct str key, void *value)
{
    if (!value)
        BUG("a map holds no NULL: %.*s", STR_ARG(key));
    make_room(m);
    uint64_t hash = hash_of(key);
    size_t at = slot_of(m, key, hash);
    struct map_entry *e = m->slots[at];
    if (e) {
        void *before = e->value;
        e->value = value;
        return before;
    }
    e = m->slots[at] = entry_new(key, hash);
    e->value = value;
    e->prev = m->last;
    *(m->last ? &m->last->next : &m->first) = e;
    m->last = e;
    m->count++;
    return NULL;
}

/* Closes the gap: what was pushed past its own place by the entry that left moves back. */
static void close_gap(struct map *m, size_t gap)
{
    size_t mask = m->slot_count - 1;
    for (size_t at = (gap + 1) & mask; m->slots[at]; at = (at + 1) & mask) {
        size_t home = m->slots[at]->hash & mask;
        if (((at - home) & mask) < ((at - gap) & mask))
            continue;
        m->slots[gap] = m->slots[at];
        gap = at;
    }
    m->slots[gap] = NULL;
}

void *map_del(struct map *m, struct str key)
{
    if (!m->count)
        return NULL;
    size_t at = slot_of(m, key, hash_of(key));
    struct map_entry *e = m->slots[at];
    if (!e)
        return NULL;
    void *value = e->value;
    close_gap(m, at);
    *(e->prev ? &e->prev->next : &m->first) = e->next;
    *(e->next ? &e->next->prev : &m->last) = e->prev;
    m->count--;
    free(e);
    return value;
}

void *map_each(struct map_entry **at, struct str *key)
{
    struct map_entry *e = *at;
    if (!e)
        return NULL;
    *at = e->next;
    if (key)
        *key = str_n(e->key, e->n);
    return e->value;
}

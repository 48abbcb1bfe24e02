/* A binary heap of things that are due, earliest first; equal times in the order they were added.
 *
 * The node lies inside the thing; the heap owns only its array of pointers. */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
    int64_t due;
    uint64_t seq;
    size_t at; /* its place + 1; 0: not in a heap */
};

struct heap {
    struct heap_node **nodes;
    size_t n, cap;
    uint64_t seq;
};

void heap_init(struct heap *h);
void heap_release(struct heap *h);
void heap_add(struct heap *h, struct heap_node *n, int64_t due);
void heap_del(struct heap *h, struct heap_node *n); /* harmless when it is not in */
struct heap_node *heap_top(const struct heap *h);   /* NULL when empty */

#endif

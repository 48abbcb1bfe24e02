#include "base/heap.h"

#include "base/rc.h"
#include <stdlib.h>

void heap_init(struct heap *h)
{
    *h = (struct heap){0};
}

void heap_release(struct heap *h)
{
    free(h->nodes);
    heap_init(h);
}

static bool before(const struct heap_node *a, const struct heap_node *b)
{
    return a->due != b->due ? a->due < b->due : a->seq < b->seq;
}

static void place(struct heap *h, size_t i, struct heap_node *n)
{
    h->nodes[i] = n;
    n->at = i + 1;
}

static void rise(struct heap *h, size_t i, struct heap_node *n)
{
    while (i > 0) {
        size_t parent = (i - 1) / 2;
        if (!before(n, h->nodes[parent]))
            break;
        place(h, i, h->nodes[parent]);
        i = parent;
    }
    place(h, i, n);
}

static void sink(struct heap *h, size_t i, struct heap_node *n)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= h->n)
            break;
        if (child + 1 < h->n && before(h->nodes[child + 1], h->nodes[child]))
            child++;
        if (!before(h->nodes[child], n))
            break;
        place(h, i, h->nodes[child]);
        i = child;
    }
    place(h, i, n);
}

void heap_add(struct heap *h, struct heap_node *n, int64_t due)
{
    if (n->at)
        BUG("a node is added to a heap twice");
    if (h->n == h->cap) {
        h->cap = h->cap ? 2 * h->cap : 16;
        h->nodes = xrealloc(h->nodes, h->cap * sizeof(struct heap_node *));
    }
    n->due = due;
    n->seq = h->seq++;
    rise(h, h->n++, n);
}

void heap_del(struct heap *h, struct heap_node *n)
{
    if (!n->at)
        return;
    size_t i = n->at - 1;
    n->at = 0;
    struct heap_node *last = h->nodes[--h->n];
    if (last == n)
        return;
    if (i > 0 && before(last, h->nodes[(i - 1) / 2]))
        rise(h, i, last);
    else
        sink(h, i, last);
}

struct heap_node *heap_top(const struct heap *h)
{
    return h->n ? h->nodes[0] : NULL;
}

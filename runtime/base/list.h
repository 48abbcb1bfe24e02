/* A doubly linked ring whose links lie inside the things it links; the head is a link too.
 *
 *   struct list waiting; list_init(&waiting); list_push(&waiting, &m->link);
 *   struct list *at; list_each (at, &waiting) { struct message *m = list_of(at, struct message, link); } */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *prev, *next;
};

#define list_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define list_each(at, head) for ((at) = (head)->next; (at) != (head); (at) = (at)->next)
/* As list_each, but `at` may be removed in the body. */
#define list_each_safe(at, tmp, head)                                                                        \
    for ((at) = (head)->next, (tmp) = (at)->next; (at) != (head); (at) = (tmp), (tmp) = (at)->next)

static inline void list_init(struct list *l)
{
    l->prev = l->next = l;
}

static inline bool list_empty(const struct list *l)
{
    return l->next == l;
}

/* At the end. */
static inline void list_push(struct list *head, struct list *l)
{
    l->prev = head->prev, l->next = head;
    head->prev->next = l, head->prev = l;
}

/* At the front. */
static inline void list_unshift(struct list *head, struct list *l)
{
    list_push(head->next, l);
}

/* Out of its ring; it may be removed again without harm. */
static inline void list_del(struct list *l)
{
    l->prev->next = l->next, l->next->prev = l->prev;
    list_init(l);
}

/* Takes the first away, or NULL. */
static inline struct list *list_shift(struct list *head)
{
    struct list *l = head->next;
    if (l == head)
        return NULL;
    list_del(l);
    return l;
}

/* Moves all of `from` to the end of `to`. */
static inline void list_join(struct list *to, struct list *from)
{
    if (list_empty(from))
        return;
    from->next->prev = to->prev, to->prev->next = from->next;
    from->prev->next = to, to->prev = from->prev;
    list_init(from);
}

#endif

/* One point per resource that somebody waits for.  A note about a resource without a point is dropped at
 * once: whoever comes later begins by reading. */
#include "door/world.h"
#include "note_point.h"
#include <stdlib.h>

struct notes *notes_new(void)
{
    struct notes *n = xcalloc(1, sizeof(*n));
    map_init(&n->points);
    list_init(&n->everything.listeners);
    list_init(&n->everything.parked);
    list_init(&n->pending);
    list_init(&n->everything.pending);
    return n;
}

static void point_free(struct note_point *p)
{
    list_del(&p->pending);
    free(p->arn);
    free(p);
}

void notes_free(struct notes *n)
{
    struct map_entry *at = n->points.first;
    struct note_point *p;
    while ((p = map_each(&at, NULL)))
        point_free(p);
    map_release(&n->points);
    free(n);
}

struct note_point *note_point_get(struct notes *n, struct str arn)
{
    struct note_point *p = map_get(&n->points, arn);
    if (p)
        return p;
    p = xcalloc(1, sizeof(*p));
    p->arn = xmalloc(arn.n + 1);
    memcpy(p->arn, arn.p, arn.n);
    p->arn[arn.n] = 0;
    p->arn_len = arn.n;
    list_init(&p->listeners);
    list_init(&p->parked);
    list_init(&p->pending);
    map_put(&n->points, arn, p);
    return p;
}

void note_point_drop_unused(struct notes *n, struct note_point *p)
{
    if (p == &n->everything || !list_empty(&p->listeners) || !list_empty(&p->parked) || n->spreading == p)
        return;
    map_del(&n->points, str_n(p->arn, p->arn_len));
    point_free(p);
}

void note_listen(struct world *w, struct note_listener *l, struct str arn)
{
    struct note_point *p = arn.n ? note_point_get(w->notes, arn) : &w->notes->everything;
    list_push(&p->listeners, &l->link);
}

void note_unlisten(struct world *w, struct note_listener *l)
{
    (void)w; /* an unused point costs little and is dropped with the next one that is parked on it */
    list_del(&l->link);
}

/* Listeners may unlisten, listen, or submit calls while they hear; a moved list keeps the walk sound. */
static void tell_listeners(struct note_point *p, struct str arn)
{
    struct list hearing;
    list_init(&hearing);
    list_join(&hearing, &p->listeners);
    struct list *l;
    while ((l = list_shift(&hearing))) {
        list_push(&p->listeners, l);
        struct note_listener *listener = list_of(l, struct note_listener, link);
        listener->heard(listener, arn);
    }
}

static void wake_parked(struct note_point *p)
{
    struct list waking;
    list_init(&waking);
    list_join(&waking, &p->parked);
    struct list *l;
    while ((l = list_shift(&waking)))
        call_wake(list_of(l, struct park, in_point)->call);
}

static struct note_point *some_parked(struct notes *n)
{
    struct map_entry *at = n->points.first;
    struct note_point *p;
    while ((p = map_each(&at, NULL)))
        if (!list_empty(&p->parked))
            return p;
    return NULL;
}

void notes_cancel_parked(struct notes *n)
{
    struct note_point *p;
    while ((p = some_parked(n)))
        call_cancel(list_of(p->parked.next, struct park, in_point)->call);
}

/* A call that waits for several resources moves with the first of them. */
static void shift_parked(struct note_point *p, int64_t by_us)
{
    struct list *at;
    for (at = p->parked.next; at != &p->parked; at = at->next) {
        struct park *park = list_of(at, struct park, in_point);
        if (park->call->park_links.next == &park->in_call)
            park->call->began_us += by_us;
    }
}

void notes_shift_parked(struct notes *n, int64_t by_us)
{
    struct map_entry *at = n->points.first;
    struct note_point *p;
    while ((p = map_each(&at, NULL)))
        shift_parked(p, by_us);
}

static void spread(struct world *w, struct note_point *p)
{
    struct notes *n = w->notes;
    n->spreading = p;
    struct str arn = str_n(p->arn, p->arn_len);
    wake_parked(p);
    tell_listeners(p, arn);
    tell_listeners(&n->everything, arn);
    n->spreading = NULL;
    note_point_drop_unused(n, p);
}

void note_pend(struct world *w, struct str arn)
{
    struct notes *n = w->notes;
    struct note_point *p = map_get(&n->points, arn);
    if (!p && list_empty(&n->everything.listeners))
        return;
    if (!p)
        p = note_point_get(n, arn);
    if (list_empty(&p->pending))
        list_push(&n->pending, &p->pending);
}

void note_spread_pending(struct world *w)
{
    struct list *l;
    while ((l = list_shift(&w->notes->pending)))
        spread(w, list_of(l, struct note_point, pending));
}

void note_drop_pending(struct world *w)
{
    while (list_shift(&w->notes->pending))
        continue;
}

void note_spread(struct world *w, struct str arn)
{
    note_pend(w, arn);
    if (!w->in_turn && !w->notes->spreading)
        note_spread_pending(w);
}

/* The ring: records lie one behind the other in `bytes` and wrap as wholes; `places[seq % events]` says where
 * each begins.
 *
 * Invariants: 1. first_seq .. next_seq - 1 are readable.  2. A record never spans the end of the ring.  3.
 * Whatever a new record covers has been given up before it is written. */
#include "door/trace.h"
#include "base/rc.h"
#include "door/call.h"
#include <stdlib.h>

#define TEXTS 6
#define TEXT_MAX 4096 /* of one text of one event; longer ones are cut */

struct record {
    uint64_t seq;
    int64_t at_us, took_us;
    uint32_t size; /* of the whole record, aligned */
    int16_t status;
    uint16_t kind;
    int32_t text_len[TEXTS]; /* -1: absent */
};

struct trace {
    char *ring;
    size_t ring_size, write_at;
    uint32_t *places;
    size_t events;
    uint64_t first_seq, next_seq;
    struct trace_listener *listeners;
};

struct trace *trace_new(size_t events, size_t bytes)
{
    struct trace *t = xcalloc(1, sizeof(*t));
    t->ring = xmalloc(bytes);
    t->ring_size = bytes;
    t->places = xmalloc(events * sizeof(*t->places));
    t->events = events;
    t->first_seq = t->next_seq = 1;
    return t;
}

void trace_free(struct trace *t)
{
    free(t->ring);
    free(t->places);
    free(t);
}

static struct record *record_of(const struct trace *t, uint64_t seq)
{
    return (struct record *)(void *)(t->ring + t->places[seq % t->events]);
}

static void texts_of(struct trace_event *e, struct str *out[TEXTS])
{
    struct str *const texts[TEXTS] = {&e->id, &e->causes, &e->trace_id, &e->what, &e->detail, &e->also};
    memcpy(out, texts, sizeof(texts));
}

/* Gives up the oldest until `size` bytes from `at` on are free. */
static void make_room(struct trace *t, size_t at, size_t size)
{
    while (t->first_seq < t->next_seq) {
        struct record *oldest = record_of(t, t->first_seq);
        size_t begin = (size_t)((char *)oldest - t->ring);
        bool covered = begin < at + size && at < begin + oldest->size;
        if (!covered && t->next_seq - t->first_seq < t->events)
            return;
        t->first_seq++;
    }
}

/* What lies between the write place and the ring's end is given up before the writing goes on at 0: else the
 * oldest record would lie there, uncovered, while newer ones are overwritten. */
static size_t take_place(struct trace *t, size_t size)
{
    if (t->write_at + size > t->ring_size) {
        make_room(t, t->write_at, t->ring_size - t->write_at);
        t->write_at = 0;
    }
    size_t at = t->write_at;
    make_room(t, at, size);
    t->write_at = at + size;
    return at;
}

void trace_add(struct world *w, const struct trace_event *event)
{
    struct trace *t = w->trace;
    struct trace_event e = *event;
    struct str *texts[TEXTS];
    texts_of(&e, texts);
    size_t size = sizeof(struct record);
    for (int i = 0; i < TEXTS; i++) {
        if (texts[i]->n > TEXT_MAX)
            texts[i]->n = TEXT_MAX;
        size += texts[i]->n;
    }
    size = (size + 7) & ~(size_t)7;

    size_t at = take_place(t, size);
    struct record *r = (struct record *)(void *)(t->ring + at);
    *r = (struct record){
        .seq = t->next_seq,
        .at_us = e.at_us,
        .took_us = e.took_us,
        .size = (uint32_t)size,
        .status = (int16_t)e.status,
        .kind = (uint16_t)e.kind,
    };
    char *to = (char *)(r + 1);
    for (int i = 0; i < TEXTS; i++) {
        r->text_len[i] = texts[i]->p ? (int32_t)texts[i]->n : -1;
        if (texts[i]->n)
            memcpy(to, texts[i]->p, texts[i]->n);
        to += texts[i]->n;
    }
    t->places[t->next_seq % t->events] = (uint32_t)at;
    e.seq = t->next_seq++;
    for (struct trace_listener *l = t->listeners; l; l = l->next)
        l->heard(l, &e);
}

void trace_also(struct call *c, struct str id)
{
    if (c->also.n == 0)
        c->also = arena_str(&c->arena, id);
    else
        c->also = arena_printf(&c->arena, "%.*s %.*s", STR_ARG(c->also), STR_ARG(id));
}

bool trace_next(const struct trace *t, uint64_t after, struct trace_event *out)
{
    uint64_t seq = after + 1 < t->first_seq ? t->first_seq : after + 1;
    if (seq >= t->next_seq)
        return false;
    const struct record *r = record_of(t, seq);
    *out = (struct trace_event){
        .seq = r->seq,
        .kind = (enum trace_kind)r->kind,
        .at_us = r->at_us,
        .took_us = r->took_us,
        .status = r->status,
    };
    struct str *texts[TEXTS];
    texts_of(out, texts);
    const char *from = (const char *)(r + 1);
    for (int i = 0; i < TEXTS; i++) {
        if (r->text_len[i] < 0)
            continue;
        *texts[i] = str_n(from, (size_t)r->text_len[i]);
        from += r->text_len[i];
    }
    return true;
}

void trace_listen(struct world *w, struct trace_listener *l)
{
    l->next = w->trace->listeners;
    w->trace->listeners = l;
}

void trace_unlisten(struct world *w, struct trace_listener *l)
{
    for (struct trace_listener **at = &w->trace->listeners; *at; at = &(*at)->next)
        if (*at == l) {
            *at = l->next;
            return;
        }
}

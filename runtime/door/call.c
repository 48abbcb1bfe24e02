#include "door/call.h"
#include "base/codec.h"
#include "call_inside.h"
#include "door/note.h"
#include "note_point.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* X-Ray's form: version, seconds since 1970 in hex, 96 random bits in hex. */
static void trace_id_make(struct world *w, int64_t now_us, char out[TRACE_ID_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    uint32_t seconds = (uint32_t)(now_us / 1000000);
    memcpy(out, "1-", 2);
    for (int i = 0; i < 8; i++)
        out[2 + i] = hex[seconds >> (28 - 4 * i) & 15];
    out[10] = '-';
    ident_hex(&w->ident, out + 11, 24);
}

/* Calls that have ended keep the first chunk of their arena for the next.  Under the address sanitizer every
 * call is new, so that whoever holds on to one that has gone is found. */
#ifdef __SANITIZE_ADDRESS__
#define SPARE_CALLS 0
#else
#define SPARE_CALLS 64
#endif

/* Zeroed, its arena empty. */
static struct call *call_alloc(struct world *w)
{
    struct list *spare = list_shift(&w->spare_calls);
    if (!spare) {
        struct call *fresh = xcalloc(1, sizeof(*fresh));
        arena_init(&fresh->arena);
        return fresh;
    }
    struct call *c = list_of(spare, struct call, job.link);
    struct arena arena = c->arena;
    memset(c, 0, sizeof(*c));
    c->arena = arena;
    w->spare_call_count--;
    return c;
}

static void call_recycle(struct call *c)
{
    struct world *w = c->world;
    if (w->spare_call_count == SPARE_CALLS) {
        arena_release(&c->arena);
        free(c);
        return;
    }
    arena_clear(&c->arena);
    list_init(&c->job.link);
    list_push(&w->spare_calls, &c->job.link);
    w->spare_call_count++;
}

void calls_free_spare(struct world *w)
{
    struct list *l;
    while ((l = list_shift(&w->spare_calls))) {
        struct call *c = list_of(l, struct call, job.link);
        arena_release(&c->arena);
        free(c);
    }
}

/* The farthest causes that do not fit are left out as whole ids. */
struct str call_causes(const struct call *c, struct arena *a)
{
    size_t own = strlen(c->request_id), far = c->causes.n;
    if (far == 0)
        return arena_str(a, str_n(c->request_id, own));
    if (own + 1 + far > CAUSES_MAX)
        for (far = CAUSES_MAX - own - 1; far > 0 && c->causes.p[far] != ' '; far--)
            ;
    char *text = arena_alloc(a, own + 1 + far + 1);
    memcpy(text, c->request_id, own);
    text[own] = ' ';
    memcpy(text + own + 1, c->causes.p, far);
    text[own + 1 + far] = 0;
    return str_n(text, far ? own + 1 + far : own);
}

struct call *call_new(struct world *w, const struct call *parent, const struct service *s,
                      const struct op_row *op)
{
    struct call *c = call_alloc(w);
    c->world = w, c->service = s, c->op = op;
    list_init(&c->job.link);
    list_init(&c->notes);
    list_init(&c->park_links);
    buf_init(&c->payload_out, 16u << 20);
    ident_uuid(&w->ident, c->request_id);
    c->from = CALL_INSIDE;
    c->account = w->account, c->region = w->region;
    c->causes = STR("");
    c->txn = w->store;
    c->began_us = clock_now_us(&w->clock);
    c->now = w->in_turn ? w->turn_now : c->began_us / 1000;
    if (!parent) {
        trace_id_make(w, c->began_us, c->trace_id);
        return c;
    }
    c->parent = parent;
    c->from = parent->from;
    c->account = arena_str(&c->arena, parent->account);
    c->region = arena_str(&c->arena, parent->region);
    if (parent->host.p)
        c->host = arena_str(&c->arena, parent->host);
    memcpy(c->trace_id, parent->trace_id, TRACE_ID_SIZE);
    c->causes = call_causes(parent, &c->arena);
    return c;
}

static bool is_printable(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] > '~')
            return false;
    return true;
}

void call_trace(struct call *c, struct str header)
{
    struct str rest = header;
    if (header.n > TRACE_HEADER_MAX || !is_printable(header))
        return;
    while (rest.p) {
        struct str part = str_trim(str_cut(&rest, ';'));
        if (!str_starts(part, STR("Root=")) || part.n - 5 != TRACE_ID_SIZE - 1)
            continue;
        str_copy(str_sub(part, 5, part.n), c->trace_id, TRACE_ID_SIZE);
        c->trace_header = arena_str(&c->arena, header);
    }
}

void call_free(struct call *c)
{
    cJSON_Delete(c->in);
    cJSON_Delete(c->out);
    cJSON_Delete(c->fault_extra);
    buf_release(&c->payload_out);
    call_recycle(c);
}

enum op_end call_fail(struct call *c, const struct fault *f, const char *fmt, ...)
{
    c->fault = f;
    if (!fmt) {
        c->fault_text = f->text ? str_z(f->text) : STR("");
        return OP_FAULT;
    }
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *text = arena_alloc(&c->arena, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    va_end(ap);
    c->fault_text = codec_utf8_mended(&c->arena, str_n(text, (size_t)n)); /* it may repeat any bytes */
    return OP_FAULT;
}

enum op_end call_broke_at(struct call *c, enum rc rc, const char *file, int line)
{
    log_error(c->world->log, "%s %s failed: %s (%s:%d)", c->service->name, c->op->name, rc_text(rc), file,
              line);
    return call_fail(c, &fault_internal, NULL);
}

static void deadline_passed(struct timer *t)
{
    call_wake(list_of(t, struct call, deadline));
}

enum op_end call_park(struct call *c, struct str arn, int64_t deadline)
{
    struct park *p = arena_zalloc(&c->arena, sizeof(*p));
    p->call = c;
    p->point = note_point_get(c->world->notes, arn);
    list_push(&p->point->parked, &p->in_point);
    list_push(&c->park_links, &p->in_call);
    c->deadline.fire = deadline_passed;
    timer_set(c->world->timers, &c->deadline, deadline);
    return OP_PARK;
}

bool call_sweeps(struct call *c)
{
    if (c->world->swept == CALL_SWEEP_ROWS)
        return false;
    c->world->swept++;
    return true;
}

bool call_works(struct call *c, int64_t steps)
{
    c->world->worked += steps;
    return c->world->worked < CALL_WORK;
}

struct call_note_row {
    struct list link;
    struct str arn;
};

void call_note(struct call *c, struct str arn)
{
    struct call_note_row *n = arena_alloc(&c->arena, sizeof(*n));
    n->arn = arena_str(&c->arena, arn);
    list_push(&c->notes, &n->link);
}

void call_notes_pend(struct call *c)
{
    struct list *l;
    while ((l = list_shift(&c->notes)))
        note_pend(c->world, list_of(l, struct call_note_row, link)->arn);
}

void call_notes_drop(struct call *c)
{
    while (list_shift(&c->notes))
        continue;
}

/* To the parent: its fate decides over these notes too. */
void call_notes_hand_up(struct call *c)
{
    struct list *l;
    while ((l = list_shift(&c->notes)))
        call_note((struct call *)c->parent, list_of(l, struct call_note_row, link)->arn);
}

void call_unpark(struct call *c)
{
    timer_stop(c->world->timers, &c->deadline);
    struct list *l;
    while ((l = list_shift(&c->park_links))) {
        struct park *p = list_of(l, struct park, in_call);
        list_del(&p->in_point);
        note_point_drop_unused(c->world->notes, p->point);
    }
}

cJSON *call_out(struct call *c)
{
    if (!c->out)
        c->out = cJSON_CreateObject();
    return c->out;
}

struct str call_uuid(struct call *c)
{
    char id[IDENT_UUID_SIZE];
    ident_uuid(&c->world->ident, id);
    return arena_str(&c->arena, str_z(id));
}

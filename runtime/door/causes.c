#include "door/causes.h"
#include "door/door.h"
#include <stdlib.h>

void causes_search_init(struct causes_search *s, struct arena *a)
{
    *s = (struct causes_search){.arena = a};
    map_init(&s->wanted);
}

void causes_search_want(struct causes_search *s, struct str id)
{
    map_put(&s->wanted, id, s);
}

void causes_search_release(struct causes_search *s)
{
    map_release(&s->wanted);
}

/* --- the asker's side */

static bool offers(const struct service *service)
{
    return op_find(service, STR("Causes")) != NULL;
}

static bool ask(struct causes_search *s, struct call *c, const struct service *service)
{
    struct call *k = door_open(c->world, c, service->name, "Causes");
    s->service = service->name;
    causes_share(s, 1);
    k->typed = s;
    bool ok = door_call(k);
    call_free(k);
    return ok;
}

static int by_time(const void *a, const void *b)
{
    const struct trace_event *x = a, *y = b;
    return x->at_us != y->at_us ? (x->at_us > y->at_us) - (x->at_us < y->at_us) : str_cmp(x->also, y->also);
}

enum rc causes_search_run(struct causes_search *s, struct call *c)
{
    s->count = 0;
    for (const struct service *const *at = c->world->services; *at; at++)
        if (offers(*at) && !ask(s, c, *at))
            return RC_IO;
    if (s->count)
        qsort(s->found, s->count, sizeof(*s->found), by_time);
    return RC_OK;
}

/* --- the service's side */

struct causes_search *causes_search_of(const struct call *c)
{
    if (!c->typed)
        BUG("Causes without a search");
    return c->typed;
}

void causes_share(struct causes_search *s, size_t parts)
{
    s->rows_left = CAUSES_ROWS / (int64_t)(parts ? parts : 1);
    s->bytes_left = CAUSES_BYTES / (int64_t)(parts ? parts : 1);
}

static bool wants_one_of(const struct causes_search *s, struct str ids)
{
    while (ids.p && ids.n)
        if (map_get(&s->wanted, str_cut(&ids, ' ')))
            return true;
    return false;
}

bool causes_wants(const struct causes_search *s, struct str prefix)
{
    struct map_entry *at = s->wanted.first;
    struct str id;
    while (map_each(&at, &id))
        if (str_starts(id, prefix))
            return true;
    return false;
}

static struct trace_event *next_place(struct causes_search *s)
{
    if (s->count == s->room) {
        size_t room = s->room ? 2 * s->room : 16;
        struct trace_event *more = arena_alloc(s->arena, room * sizeof(*more));
        if (s->count)
            memcpy(more, s->found, s->count * sizeof(*more));
        s->found = more;
        s->room = room;
    }
    return &s->found[s->count++];
}

/* A row speaks of the call that wrote it; by the row's own ids a person asks for that call. */
static void add(struct causes_search *s, const struct causes_row *row)
{
    struct arena *a = s->arena;
    struct str causes = arena_str(a, row->causes), writer = str_cut(&causes, ' ');
    *next_place(s) = (struct trace_event){
        .kind = TRACE_STORED,
        .at_us = row->at * 1000,
        .id = writer,
        .causes = causes,
        .trace_id = row->trace_id.p ? arena_str(a, row->trace_id) : STR_NONE,
        .what = str_z(s->service),
        .detail = arena_printf(a, "%s %.*s%s%.*s", row->kind, STR_ARG(row->id), row->id.n ? " in " : "",
                               STR_ARG(row->place)),
        .also = arena_printf(a, "%.*s%s%.*s", STR_ARG(row->id), row->also.n ? " " : "", STR_ARG(row->also)),
    };
}

bool causes_show(struct causes_search *s, const struct causes_row *row)
{
    if (s->rows_left <= 0 || s->bytes_left <= 0)
        return false;
    s->rows_left--;
    s->bytes_left -= (int64_t)row->size;
    if (row->causes.n &&
        (wants_one_of(s, row->id) || wants_one_of(s, row->also) || wants_one_of(s, row->causes)))
        add(s, row);
    return s->rows_left > 0 && s->bytes_left > 0;
}

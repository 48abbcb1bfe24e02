#include "door/rewind.h"
#include "door/door.h"
#include "note_point.h"

bool rewind_follow(struct call *c, int64_t before_us)
{
    struct world *w = c->world;
    int64_t by_us = clock_now_us(&w->clock) - before_us;
    c->now = clock_now(&w->clock);
    if (w->in_turn)
        w->turn_now = c->now;
    if (by_us >= 0)
        return false;
    timers_shift(w->timers, by_us / 1000);
    notes_shift_parked(w->notes, by_us);
    return true;
}

static bool ask(struct call *c, const struct service *service, cJSON *ahead)
{
    struct call *k = door_open(c->world, c, service->name, "Rewound");
    k->typed = ahead;
    bool ok = door_call(k);
    call_free(k);
    return ok;
}

enum rc rewind_ask(struct call *c, cJSON *ahead)
{
    for (const struct service *const *at = c->world->services; *at; at++)
        if (op_find(*at, STR("Rewound")) && !ask(c, *at, ahead))
            return RC_IO;
    return RC_OK;
}

void rewind_tell(struct call *c, const char *what, struct str of, int64_t count, int64_t first, bool more)
{
    if (count == 0)
        return;
    char iso[CLOCK_ISO_SIZE];
    clock_iso(first, iso);
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "at", iso);
    cJSON_AddStringToObject(o, "what", what);
    cJSON_AddStringToObject(o, "of", arena_z(&c->arena, of));
    cJSON_AddNumberToObject(o, "count", (double)count);
    cJSON_AddBoolToObject(o, "more", more);
    cJSON_AddItemToArray(c->typed, o);
}

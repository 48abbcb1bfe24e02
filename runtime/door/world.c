#include "door/world.h"
#include "call_inside.h"
#include "door/op.h"
#include "door/sweep.h"
#include "door/trace.h"
#include "note_point.h"
#include <stdlib.h>

#define TRACE_EVENTS 32768
#define TRACE_BYTES (4u << 20)

static void turn_begins(void *arg)
{
    struct world *w = arg;
    w->in_turn = true;
    w->turn_now = clock_now(&w->clock);
    w->swept = 0;
    w->worked = 0;
}

static void turn_lost(void *arg)
{
    struct world *w = arg;
    note_drop_pending(w);
    world_drop(w);
}

static void turn_over(void *arg)
{
    struct world *w = arg;
    w->in_turn = false;
    note_spread_pending(w);
    if (w->turn_over)
        w->turn_over(w->turn_over_arg);
}

static int service_count(const struct service *const *services)
{
    int n = 0;
    while (services[n])
        n++;
    return n;
}

/* True when all are open; else those that are open stay so, for world_free. */
static bool open_services(struct world *w)
{
    for (int i = 0; w->services[i]; i++) {
        const struct service *s = w->services[i];
        enum rc rc = s->open ? s->open(w, &w->state[i]) : RC_OK;
        if (rc == RC_BAD) /* damaged: said by the service, with the row */
            return false;
        if (rc != RC_OK) {
            log_error(w->log, "service %s does not open: %s", s->name, rc_text(rc));
            return false;
        }
        w->open_count = i + 1;
    }
    return true;
}

static void start_services(struct world *w)
{
    for (int i = 0; w->services[i]; i++)
        if (w->services[i]->start)
            w->services[i]->start(w, w->state[i]);
}

struct world *world_new(const struct world_setup *setup)
{
    struct world *w = xcalloc(1, sizeof(*w));
    w->loop = setup->loop, w->nursery = setup->nursery, w->log = setup->log, w->conf = setup->conf;
    w->services = setup->services;
    list_init(&w->spare_calls);
    w->state = xcalloc((size_t)service_count(setup->services) + 1, sizeof(*w->state));
    w->account = str_z(setup->account ? setup->account : "000000000000");
    w->region = str_z(setup->region ? setup->region : "us-east-1");
    w->origin = str_z(setup->origin ? setup->origin : "http://localhost:4566");
    clock_init(&w->clock);
    ident_init(&w->ident, setup->seed);
    w->store = setup->store;
    w->turn = turn_new(w->loop, w->store);
    turn_hooks(w->turn, turn_begins, turn_lost, turn_over, w);
    w->timers = timers_new(w->loop, &w->clock);
    w->trace = trace_new(TRACE_EVENTS, TRACE_BYTES);
    w->notes = notes_new();
    w->sweeper = sweeper_new(w);
    if (!open_services(w)) {
        world_free(w);
        return NULL;
    }
    start_services(w);
    sweeper_start(w->sweeper);
    return w;
}

void world_stop(struct world *w)
{
    w->stopping = true;
    for (int i = 0; i < w->open_count; i++)
        if (w->services[i]->stop)
            w->services[i]->stop(w, w->state[i]);
    notes_cancel_parked(w->notes);
    turn_run(w->turn);
}

void world_free(struct world *w)
{
    for (int i = w->open_count - 1; i >= 0; i--)
        if (w->services[i]->close)
            w->services[i]->close(w, w->state[i]);
    sweeper_free(w->sweeper);
    timers_free(w->timers);
    turn_free(w->turn);
    store_close(w->store);
    notes_free(w->notes);
    trace_free(w->trace);
    calls_free_spare(w);
    free(w->state);
    free(w);
}

void *world_state(const struct world *w, const struct service *s)
{
    for (int i = 0; w->services[i]; i++)
        if (w->services[i] == s)
            return w->state[i];
    return NULL;
}

const struct service *world_service(const struct world *w, struct str name)
{
    for (int i = 0; w->services[i]; i++)
        if (str_is(name, w->services[i]->name))
            return w->services[i];
    return NULL;
}

void world_drop(struct world *w)
{
    for (int i = 0; w->services[i]; i++)
        if (w->services[i]->drop)
            w->services[i]->drop(w, w->state[i]);
}

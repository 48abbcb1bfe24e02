#include "bus_inside.h"
#include "poller.h"
#include <stdlib.h>

const struct fault bus_invalid_parameter = {.code = "InvalidParameterValueException", .http = 400};
const struct fault bus_not_found = {
    .code = "ResourceNotFoundException", .http = 404, .text = "The resource you requested does not exist."};
const struct fault bus_conflict = {.code = "ResourceConflictException", .http = 409};

void bus_apply(struct bus *b, struct mapping *m)
{
    if (m->enabled)
        poller_start(b->world, m);
    else
        poller_stop(m);
}

static void load_one(void *arg, cJSON *config)
{
    struct bus *b = arg;
    struct mapping *m = mapping_new(config);
    map_put(&b->mappings, str_z(m->uuid), m);
}

/* All are read before the first begins: a poller's calls may come back to this room. */
static void load(struct bus *b)
{
    if (b->loaded)
        return;
    b->loaded = true;
    enum rc rc = mapping_store_each(b->world->store, load_one, b);
    if (rc != RC_OK)
        log_error(b->world->log, "event source mappings cannot be read: %s", rc_text(rc));
    struct map_entry *at = b->mappings.first;
    struct mapping *m;
    while ((m = map_each(&at, NULL)))
        bus_apply(b, m);
}

static void reload(struct timer *t)
{
    load(list_of(t, struct bus, reload));
}

static enum rc bus_open(struct world *w, void **state)
{
    struct bus *b = xcalloc(1, sizeof(*b));
    b->world = w;
    map_init(&b->mappings);
    b->reload.fire = reload;
    b->reload.idle = true;
    *state = b;
    return RC_OK;
}

static void bus_start(struct world *w, void *state)
{
    (void)w;
    load(state);
}

static void forget(struct bus *b)
{
    struct map_entry *at = b->mappings.first;
    struct mapping *m;
    while ((m = map_each(&at, NULL))) {
        poller_stop(m);
        mapping_free(m);
    }
    map_release(&b->mappings);
    map_init(&b->mappings);
    b->loaded = false;
}

static void bus_drop(struct world *w, void *state)
{
    struct bus *b = state;
    forget(b);
    timer_set(w->timers, &b->reload, clock_now(&w->clock));
}

static void bus_close(struct world *w, void *state)
{
    struct bus *b = state;
    timer_stop(w->timers, &b->reload);
    forget(b);
    free(b);
}

struct bus *bus_of(const struct call *c)
{
    struct bus *b = world_state(c->world, &bus_mapping_service);
    load(b);
    return b;
}

static const struct op_row *const ops[] = {
    &bus_create_mapping, &bus_put_mapping,    &bus_get_mapping,       &bus_list_mappings,
    &bus_update_mapping, &bus_delete_mapping, &bus_commit_checkpoint, NULL,
};

const struct service bus_mapping_service = {
    .name = "lambda",
    .version = "2015-03-31",
    .wires = WIRE_REST_JSON,
    .ops = ops,
    .open = bus_open,
    .start = bus_start,
    .drop = bus_drop,
    .close = bus_close,
};

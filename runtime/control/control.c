#include "base/rc.h"
#include "control_inside.h"
#include "door/note.h"
#include <stdlib.h>

const struct fault control_bad_request = {.code = "BadRequest", .http = 400};
const struct fault control_not_found = {.code = "NotFound", .http = 404};

static void event_heard(struct trace_listener *l, const struct trace_event *e)
{
    (void)e;
    struct control *k = list_of(l, struct control, listener);
    if (!k->watched)
        return;
    k->watched = false; /* who still waits says so again when it parks */
    note_spread(k->world, STR(TRACE_ARN));
}

static void control_close(struct world *w, void *state)
{
    struct control *k = state;
    trace_unlisten(w, &k->listener);
    free(k);
}

static enum rc control_open(struct world *w, void **state)
{
    struct control *k = xcalloc(1, sizeof(*k));
    k->world = w;
    k->started_us = clock_mono_us();
    k->listener.heard = event_heard;
    list_init(&k->waiting);
    trace_listen(w, &k->listener);
    *state = k;
    enum rc rc = control_clock_load(w);
    if (rc == RC_OK)
        return RC_OK;
    log_error(w->log, "the state is damaged: the world's clock does not read");
    control_close(w, k);
    return rc;
}

struct control *control_of(const struct call *c)
{
    return world_state(c->world, &control_service);
}

static const struct op_row *const ops[] = {
    &control_health, &control_clock, &control_settle, &control_reset,
    &control_trace,  &control_logs,  &control_why,    NULL,
};

const struct service control_service = {
    .name = "tidepool",
    .ops = ops,
    .open = control_open,
    .stop = control_stop,
    .close = control_close,
};

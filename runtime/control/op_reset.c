#include "control_inside.h"
#include "door/door.h"
#include "door/sweep.h"

/* Reset: throws away all state and deploys the template again, in one transaction; the clock runs with the
 * real time again.  It takes as long as the deployment, whatever there was: that is swept afterwards. */
static enum op_end run(struct call *c, const void *input)
{
    (void)input;
    struct world *w = c->world;
    if (store_clear(c->txn) != RC_OK)
        return call_broke(c, RC_IO);
    sweep_cleared(c);
    int64_t before_us = clock_now_us(&w->clock);
    clock_init(&w->clock);
    control_clock_follow(c, before_us);
    timers_clock_changed(w->timers);
    world_drop(w);
    call_note(c, STR(CLOCK_ARN));
    call_note(c, STR(RESET_ARN));

    struct call *deploy = door_open(w, c, "template", "Deploy");
    if (!deploy)
        return OP_DONE;
    bool ok = door_call(deploy);
    if (!ok)
        call_fail(c, deploy->fault, "%.*s", STR_ARG(deploy->fault_text));
    call_free(deploy);
    return ok ? OP_DONE : OP_FAULT;
}

const struct op_row control_reset = {"Reset", run, .flags = OP_QUIET};

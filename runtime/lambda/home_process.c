/* A worker process as a home: frames through core/child.h, claims through its page. */
#include "core/child.h"
#include "home.h"
#include "wire.h"
#include <errno.h>

static void heard(struct child *child, struct frame *f)
{
    struct home *h = child_owner(child);
    struct wire_started started;
    struct wire_call call;
    struct invocation_result result;
    struct str line;
    uint64_t invocation;
    bool ok = true;
    switch (f->kind) {
    case FRAME_STARTED:
        if ((ok = wire_take_started(f, &started)))
            home_started(h, started.invocation, started.cold, started.init_us);
        break;
    case FRAME_CALL:
        if ((ok = wire_take_call(f, &call)))
            home_called(h, call.invocation, call.call, call.service, call.operation, call.input);
        break;
    case FRAME_LOG:
        if ((ok = wire_take_log(f, &invocation, &line)))
            home_logged(h, invocation, line);
        break;
    case FRAME_DONE:
        if ((ok = wire_take_result(f, &result)))
            home_done(h, &result);
        break;
    default:
        ok = false;
    }
    if (!ok) {
        log_error(h->world->log, "a worker sent a broken frame (kind %u) and is ended", f->kind);
        child_kill(child);
    }
}

static void gone(struct child *child, int wait_status)
{
    if (child_unborn(child))
        home_unborn(child_owner(child), child_unborn(child));
    else
        home_gone(child_owner(child), wait_status);
}

static const struct child_events events = {heard, gone};

static bool open_process(struct home *h, const struct function_spec *spec)
{
    struct child *child = child_spawn(h->world->nursery, &events, h);
    if (!child)
        return false;
    h->own = child;
    h->page = child_page(child);
    struct buf *out = child_out(child);
    if (wire_put_spec(out, spec) && wire_put_clock(out, &h->world->clock))
        return true;
    child_abandon(child); /* or it would tell a home that is freed */
    errno = E2BIG;
    return false;
}

static bool send_process(struct home *h, const struct invocation *in)
{
    return wire_put_invocation(child_out(h->own), in);
}

static void answer_process(struct home *h, uint64_t invocation, uint64_t call, int status, struct str body,
                           struct str code, struct str text)
{
    struct wire_answer answer = {invocation, call, status, body, code, text};
    if (wire_put_answer(child_out(h->own), &answer))
        return;
    answer = (struct wire_answer){
        invocation, call, 413, STR_NONE, STR("ResponseTooLarge"), STR("the answer is larger than 16 MB")};
    wire_put_answer(child_out(h->own), &answer);
}

static void clock_process(struct home *h)
{
    wire_put_clock(child_out(h->own), &h->world->clock);
}

static void retire_process(struct home *h)
{
    child_retire(h->own);
}

static void kill_process(struct home *h)
{
    child_kill(h->own);
}

static void release_process(struct home *h)
{
    child_abandon(h->own);
}

static int64_t cpu_of_process(struct home *h)
{
    return child_cpu_us(h->own);
}

static bool wake_process(struct home *h)
{
    return child_wake(h->own);
}

const struct home_kind home_process = {
    .open = open_process,
    .send = send_process,
    .answer = answer_process,
    .clock_changed = clock_process,
    .retire = retire_process,
    .kill = kill_process,
    .release = release_process,
    .cpu_us = cpu_of_process,
    .wake = wake_process,
};

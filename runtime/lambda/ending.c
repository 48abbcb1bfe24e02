#include "lane.h"
#include "report.h"
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

static void land_late(struct flight *x)
{
    const char *id = x->call->request_id;
    double seconds = (double)x->timeout_ms / 1000.0;
    char error[256], line[256], iso[CLOCK_ISO_SIZE];
    snprintf(
        error, sizeof(error),
        "{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: %s Error: Task timed out after "
        "%.2f seconds\"}",
        id, seconds);
    clock_iso(clock_now(&x->lane->dispatch->world->clock), iso);
    snprintf(line, sizeof(line), "%s %s Task timed out after %.2f seconds", iso, id, seconds);
    dispatch_announce(x);
    report_line(x, str_z(x->lane->name), str_z(line));
    report_end(x, str_z(x->lane->name),
               &(struct report){.duration_us = x->timeout_ms * 1000,
                                .memory_used = x->memory_mb << 20,
                                .status = "timeout",
                                .error = str_z(error)});
    dispatch_land(x, &(struct landing){.payload = str_z(error), .failed = true});
}

/* Its process ended while it ran. */
static void land_lost(struct flight *x, const char *why)
{
    const char *id = x->call->request_id;
    char error[512];
    snprintf(error, sizeof(error),
             "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: %s Error: %s\"}", id, why);
    dispatch_announce(x);
    report_end(x, str_z(x->lane->name),
               &(struct report){.duration_us = clock_now_us(&x->lane->dispatch->world->clock) - x->started_us,
                                .status = "error",
                                .error_type = "Runtime.ExitError",
                                .error = str_z(error)});
    dispatch_land(x, &(struct landing){.payload = str_z(error), .failed = true});
}

/* Back to the front of the queue, in the order in which they were sent. */
static void take_back(struct flight *x)
{
    home_give_slot(x);
    x->stage = FLIGHT_WAITING;
    list_unshift(&x->lane->queue, &x->link);
}

bool ending_has_begun(const struct home *h, const struct flight *x)
{
    return x->stage == FLIGHT_BEGUN || !h->page || claim_begun(h->page, x->id);
}

void ending_take_back_unbegun(struct home *h)
{
    struct list *at, *before;
    for (at = h->flights.prev; at != &h->flights; at = before) {
        before = at->prev;
        struct flight *x = list_of(at, struct flight, link);
        if (x->stage == FLIGHT_SENT && h->page && claim_take(h->page, x->id))
            take_back(x);
    }
}

static void kill_home(struct home *h, const struct flight *late)
{
    h->ending = true;
    memcpy(h->late_id, late->call->request_id, sizeof(h->late_id));
    log_warn(h->world->log, "%s: %s did not stop at its deadline; its worker is ended", h->lane->name,
             h->late_id);
    ending_take_back_unbegun(h);
    h->kind->kill(h);
}

void ending_late(struct home *h, struct flight *late)
{
    bool begun = ending_has_begun(h, late);
    if (!begun && !claim_take(h->page, late->id))
        return; /* it has just begun after all */
    if (begun && !h->ending)
        kill_home(h, late);
    land_late(late); /* also when the home that was killed is slow to go */
}

static void say_why(const struct home *h, int status, char out[256])
{
    if (h->late_id[0])
        snprintf(
            out, 256,
            "Runtime exited with error: signal: killed (request %s in the same worker did not stop at its "
            "deadline)",
            h->late_id);
    else if (WIFSIGNALED(status))
        snprintf(out, 256, "Runtime exited with error: signal: %s", strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status))
        snprintf(out, 256, "Runtime exited with error: exit status %d", WEXITSTATUS(status));
    else
        snprintf(out, 256, "Runtime exited without providing a reason");
}

/* Nothing began in a home that never said anything: the first that it got is the one that it was opened for.
 */
static void answer_for_start(struct home *h)
{
    struct list *at;
    list_each (at, &h->flights)
        if (ending_has_begun(h, list_of(at, struct flight, link)))
            return;
    if (!list_empty(&h->flights))
        list_of(h->flights.next, struct flight, link)->stage = FLIGHT_BEGUN;
}

void home_gone(struct home *h, int wait_status)
{
    struct lane *l = h->lane;
    char why[256];
    say_why(h, wait_status, why);
    if (!h->ending)
        log_warn(h->world->log, "%s: a worker ended: %s", l->name, why);
    h->ending = true;
    if (!h->spoke) /* an invocation answers for the start that it caused, as for an init that fails on AWS */
        answer_for_start(h);
    while (!list_empty(&h->flights)) {
        struct flight *x = list_of(h->flights.prev, struct flight, link);
        if (ending_has_begun(h, x))
            land_lost(x, why);
        else
            take_back(x);
    }
    home_free(h);
    dispatch_pump(l, clock_mono_us());
}

void home_unborn(struct home *h, int error)
{
    struct lane *l = h->lane;
    h->ending = true;
    while (!list_empty(&h->flights))
        take_back(list_of(h->flights.prev, struct flight, link));
    home_free(h);
    lane_lacks(l, error);
    dispatch_pump(l, clock_mono_us());
}

#include "worker.h"

#include "base/rc.h"
#include "lambda/claim.h"
#include "lambda/wire.h"
#include "ticker.h"
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLICE_US 2000
#define IDLE_MS 200 /* without work for so long: tidy up */
#define READ_SIZE 65536
#define OUT_EAGER (256u << 10) /* so much is sent before the slice is over */
#define ENVIRONMENTS 500       /* at most, as CLAIM_SLOTS allows */
#define NICE 5                 /* the main process serves everybody: it comes first */

struct worker {
    int fd;
    void *page;
    struct buf in, out;
    size_t sent;                   /* of out; the signal moves it on too */
    volatile sig_atomic_t writing; /* `out` is being changed: the signal keeps away */
    struct clock clock;
    struct executor *executor; /* NULL until SPEC */
    struct ticker ticker;
    bool stopping;      /* FRAME_STOP came: end when nothing runs */
    long running;       /* invocations */
    bool tidying, tidy; /* it was begun, it is done; since the last step */
};

/* --- out ----------------------------------------------------------------------------------------------- */

static void leave(void)
{
    _exit(0); /* nothing of ours must be flushed; the main process sees us go */
}

/* Sends what goes without waiting.  Async-signal-safe while `writing` is not set. */
static void send_some(struct worker *w)
{
    while (w->sent < w->out.n) {
        ssize_t n = send(w->fd, w->out.p + w->sent, w->out.n - w->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n <= 0)
            return;
        w->sent += (size_t)n;
    }
}

static void send_all(struct worker *w)
{
    w->writing = 1;
    send_some(w);
    while (w->sent < w->out.n) {
        struct pollfd p = {w->fd, POLLOUT, 0};
        if (poll(&p, 1, -1) > 0 && p.revents & (POLLERR | POLLHUP))
            leave();
        send_some(w);
    }
    buf_clear(&w->out);
    w->sent = 0;
    w->writing = 0;
}

/* Between these the signal does not touch `out`. */
static struct buf *begin_frame(struct worker *w)
{
    w->writing = 1;
    return &w->out;
}

static void end_frame(struct worker *w)
{
    w->writing = 0;
    if (w->out.n - w->sent > OUT_EAGER)
        send_all(w);
}

static void on_tick(void *arg)
{
    struct worker *w = arg;
    if (w->executor)
        executor_interrupt(w->executor);
    if (!w->writing)
        send_some(w);
}

/* --- the executor's home ------------------------------------------------------------------------------- */

static bool claim(void *home, uint64_t invocation)
{
    struct worker *w = home;
    bool ours = claim_begin(w->page, invocation);
    w->running -= !ours;
    return ours;
}

static void started(void *home, uint64_t invocation, bool cold, int64_t init_us)
{
    struct worker *w = home;
    wire_put_started(begin_frame(w), &(struct wire_started){invocation, cold, init_us});
    end_frame(w);
}

static void call(void *home, uint64_t invocation, uint64_t number, struct str service, struct str operation,
                 struct str input)
{
    struct worker *w = home;
    bool fits =
        wire_put_call(begin_frame(w), &(struct wire_call){invocation, number, service, operation, input});
    end_frame(w);
    if (!fits)
        executor_answer(w->executor, invocation, number, 413, STR_NONE, STR("RequestTooLarge"),
                        STR("the input is larger than 16 MB"));
}

static void log_line(void *home, uint64_t invocation, struct str line)
{
    struct worker *w = home;
    wire_put_log(begin_frame(w), invocation, line);
    end_frame(w);
}

static void done(void *home, const struct invocation_result *r)
{
    struct worker *w = home;
    wire_put_result(begin_frame(w), r);
    end_frame(w);
    w->running--;
}

/* --- in ------------------------------------------------------------------------------------------------ */

static bool on_spec(struct worker *w, struct frame *f)
{
    struct executor_host host = {claim, started, call, log_line, done, &w->clock};
    struct function_spec spec;
    struct arena a;
    arena_init(&a);
    bool good = !w->executor && wire_take_spec(f, &a, &spec);
    if (good)
        w->executor = executor_new(&spec, &host, w, ENVIRONMENTS);
    arena_release(&a);
    return good;
}

static bool on_invoke(struct worker *w, struct frame *f)
{
    struct invocation in;
    struct arena a;
    arena_init(&a);
    bool good = w->executor && wire_take_invocation(f, &a, &in);
    if (good) {
        w->running++;
        executor_start(w->executor, &in);
        wire_drop_invocation(&in);
    }
    arena_release(&a);
    return good;
}

static bool on_answer(struct worker *w, struct frame *f)
{
    struct wire_answer a;
    if (!w->executor || !wire_take_answer(f, &a))
        return false;
    executor_answer(w->executor, a.invocation, a.call, a.status, a.body, a.code, a.text);
    return true;
}

static bool on_frame(struct worker *w, struct frame *f)
{
    switch (f->kind) {
    case FRAME_SPEC:
        return on_spec(w, f);
    case FRAME_CLOCK:
        return wire_take_clock(f, &w->clock);
    case FRAME_INVOKE:
        return on_invoke(w, f);
    case FRAME_ANSWER:
        return on_answer(w, f);
    case FRAME_STOP:
        w->stopping = true;
        return true;
    default:
        return false;
    }
}

/* Whether more can run at once. */
static bool step(struct worker *w, int64_t slice_us)
{
    if (!w->executor)
        return false;
    claim_beat(w->page, clock_mono_us());
    ticker_begin(&w->ticker);
    bool more = executor_step(w->executor, slice_us);
    ticker_end(&w->ticker);
    w->tidying = w->tidy = false;
    return more;
}

/* One step after each frame, so that an environment is free again for the next; those that have had a slice
 * already go on after the last. */
static bool take_frames(struct worker *w)
{
    struct str rest = buf_view(&w->in);
    struct frame f;
    bool bad, more = false, whole = frame_next(&rest, &f, &bad);
    while (whole) {
        if (!on_frame(w, &f))
            BUG("a frame of kind %u that a worker cannot read", f.kind);
        whole = frame_next(&rest, &f, &bad);
        more = step(w, whole ? 0 : SLICE_US);
    }
    if (bad)
        BUG("the main process sent what is no frame");
    buf_drop(&w->in, w->in.n - rest.n);
    return more;
}

/* Reads what is there. */
static void receive(struct worker *w)
{
    char *at = buf_room(&w->in, READ_SIZE);
    if (!at)
        BUG("a frame that is too large");
    ssize_t n = recv(w->fd, at, READ_SIZE, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        leave(); /* the main process has gone */
    if (n > 0)
        w->in.n += (size_t)n;
}

/* No invocation here, and no beginning of one. */
static bool is_idle(const struct worker *w)
{
    return w->running == 0 && w->in.n == 0;
}

/* Milliseconds to sleep at most. */
static int patience(const struct worker *w)
{
    int64_t us = w->executor ? executor_wait_us(w->executor) : -1;
    int ms = us < 0 ? -1 : (int)((us + 999) / 1000);
    if (!w->tidy && is_idle(w))
        ms = w->tidying ? 0 : IDLE_MS;
    return ms;
}

/* An environment at a time: who comes meanwhile waits for one collection, or sees by the beat that it takes
 * too long. */
static void tidy(struct worker *w)
{
    if (w->tidy)
        return;
    claim_beat(w->page, clock_mono_us());
    w->tidying = true;
    if (w->executor && executor_tidy(w->executor))
        return;
    buf_release(&w->in);
    buf_release(&w->out);
    malloc_trim(0);
    w->tidy = true;
}

_Noreturn void worker_main(int fd, void *page)
{
    struct worker *w = xcalloc(1, sizeof(*w));
    bool more = false;
    w->fd = fd;
    w->page = page;
    buf_init(&w->in, FRAME_MAX + READ_SIZE);
    buf_init(&w->out, 4 * (size_t)FRAME_MAX);
    clock_init(&w->clock);
    setpriority(PRIO_PROCESS, 0, NICE);
    if (!ticker_open(&w->ticker, on_tick, w))
        BUG("the system gives no timer");
    for (;;) {
        send_all(w);
        if (w->stopping && w->running == 0)
            leave();
        if (!more)
            claim_beat(page, 0);
        struct pollfd p = {fd, POLLIN, 0};
        int ready = poll(&p, 1, more ? 0 : patience(w));
        if (ready < 0) /* the last tick: a step here would arm the next, and so on for ever */
            continue;
        if (ready > 0)
            receive(w);
        if (ready > 0)
            more = take_frames(w);
        else if (more || !is_idle(w))
            more = step(w, SLICE_US);
        else
            tidy(w);
    }
}

#include "env.h"
#include "fail.h"
#include "lambda/wire.h"
#include "lib/lib.h"
#include <limits.h>
#include <stdlib.h>

/* An invocation that no environment was free for, as the frame in which it would have crossed. */
struct queued {
    struct list link;
    uint64_t id;
    struct buf frame;
};

/* --- making -------------------------------------------------------------------------------------------- */

static struct str keep(struct executor *x, struct str s)
{
    return s.p ? arena_str(&x->arena, s) : s;
}

static void copy_spec(struct executor *x, const struct function_spec *s)
{
    struct proxy_pair *variables = arena_alloc(&x->arena, s->variable_count * sizeof(*variables));
    for (size_t i = 0; i < s->variable_count; i++)
        variables[i] = (struct proxy_pair){keep(x, s->variables[i].name), keep(x, s->variables[i].value)};
    x->spec = *s;
    x->spec.name = keep(x, s->name);
    x->spec.arn = keep(x, s->arn);
    x->spec.version = keep(x, s->version);
    x->spec.handler = keep(x, s->handler);
    x->spec.folder = keep(x, s->folder);
    x->spec.inline_code = keep(x, s->inline_code);
    x->spec.region = keep(x, s->region);
    x->spec.account = keep(x, s->account);
    x->spec.endpoint = keep(x, s->endpoint);
    x->spec.log_stream = keep(x, s->log_stream);
    x->spec.variables = variables;
}

struct executor *executor_new(const struct function_spec *spec, const struct executor_host *host, void *home,
                              int environments)
{
    struct executor *x = xcalloc(1, sizeof(*x));
    arena_init(&x->arena);
    copy_spec(x, spec);
    x->host = *host;
    x->clock = *host->clock;
    x->home = home;
    x->env_max = environments > 0 ? environments : 1;
    list_init(&x->idle);
    list_init(&x->ready);
    list_init(&x->waiting);
    list_init(&x->queue);
    map_init(&x->chunks);
    ident_init(&x->ident, spec->seed);
    buf_init(&x->out, TEXT_MAX);
    buf_init(&x->scratch, TEXT_MAX);
    if (x->spec.folder.p)
        x->root = realpath(arena_z(&x->arena, x->spec.folder), NULL);
    return x;
}

static void queued_free(struct queued *q)
{
    buf_release(&q->frame);
    free(q);
}

static void close_all(struct list *envs)
{
    struct list *at;
    while ((at = list_shift(envs)))
        env_close(list_of(at, struct env, link));
}

void executor_free(struct executor *x)
{
    struct list *at;
    struct buf *chunk;
    struct map_entry *entry = x->chunks.first;
    close_all(&x->idle);
    close_all(&x->ready);
    close_all(&x->waiting);
    while ((at = list_shift(&x->queue)))
        queued_free(list_of(at, struct queued, link));
    while ((chunk = map_each(&entry, NULL))) {
        buf_release(chunk);
        free(chunk);
    }
    map_release(&x->chunks);
    buf_release(&x->out);
    buf_release(&x->scratch);
    arena_release(&x->arena);
    free(x->root);
    free(x);
}

/* --- beginning ----------------------------------------------------------------------------------------- */

static void assign(struct executor *x, struct env *e, const struct invocation *in, bool claimed)
{
    e->claimed = claimed;
    e->begun = env_begin(e, in);
    list_push(&x->ready, &e->link);
}

/* The warmest first, so that the others stay small and tidy. */
static struct env *take_idle(struct executor *x)
{
    struct list *at = list_shift(&x->idle);
    return at ? list_of(at, struct env, link) : NULL;
}

static void enqueue(struct executor *x, const struct invocation *in)
{
    struct queued *q = xcalloc(1, sizeof(*q));
    q->id = in->id;
    buf_init(&q->frame, FRAME_MAX + 64);
    if (!wire_put_invocation(&q->frame, in))
        BUG("an invocation that fits into no frame");
    list_push(&x->queue, &q->link);
}

/* --- the world's clock --------------------------------------------------------------------------------- */

static void shift(struct list *envs, int64_t by_us)
{
    struct list *at;
    list_each (at, envs) {
        struct env *e = list_of(at, struct env, link);
        e->born_us += by_us, e->began_us += by_us, e->deadline_us += by_us;
        e->wake_ms += by_us / 1000;
    }
}

/* When it was set back, all that has begun goes on for what was left of its time, as timers do. */
static void follow_clock(struct executor *x)
{
    const struct clock *c = x->host.clock;
    if (c->real_us == x->clock.real_us && c->world_us == x->clock.world_us)
        return;
    int64_t by_us = clock_jump_us(&x->clock, c);
    x->clock = *c;
    if (by_us >= 0)
        return;
    shift(&x->idle, by_us);
    shift(&x->ready, by_us);
    shift(&x->waiting, by_us);
}

void executor_start(struct executor *x, const struct invocation *in)
{
    follow_clock(x);
    struct env *e = list_empty(&x->queue) ? take_idle(x) : NULL;
    if (e)
        assign(x, e, in, false);
    else
        enqueue(x, in);
}

/* The oldest queued invocation gets an environment, if one may be had.  NULL: none waits, or all are busy. */
static struct env *begin_queued(struct executor *x)
{
    while (!list_empty(&x->queue) && (!list_empty(&x->idle) || x->env_count < x->env_max)) {
        struct queued *q = list_of(list_shift(&x->queue), struct queued, link);
        if (!x->host.claim(x->home, q->id)) {
            queued_free(q);
            continue;
        }
        struct env *e = take_idle(x);
        if (!e) {
            e = env_open(x);
            x->env_count++;
        }
        struct str bytes = buf_view(&q->frame);
        struct frame f;
        struct invocation in;
        bool bad;
        if (!frame_next(&bytes, &f, &bad) || !wire_take_invocation(&f, &e->arena, &in))
            BUG("a queued invocation does not read back");
        assign(x, e, &in, true);
        wire_drop_invocation(&in);
        queued_free(q);
        return e;
    }
    return NULL;
}

/* --- ending -------------------------------------------------------------------------------------------- */

static void discard(struct executor *x, struct env *e)
{
    list_del(&e->link);
    env_close(e);
    x->env_count--;
}

static void make_idle(struct executor *x, struct env *e)
{
    env_clear(e);
    list_del(&e->link);
    list_unshift(&x->idle, &e->link);
}

/* The invocation is over; what the home is told lies in x->out.  `error` absent: success. */
static void finish(struct executor *x, struct env *e, struct str error, bool discarded)
{
    int64_t now = clock_now_us(x->host.clock), duration = now - e->began_us;
    if (e->stage <= STAGE_LOAD) {
        e->init_us = e->cold ? duration : 0; /* it never came to the handler */
        duration = 0;
        x->host.started(x->home, e->id, e->cold, e->init_us);
    }
    struct invocation_result r = {
        .id = e->id,
        .payload = buf_view(&x->out),
        .error = error,
        .duration_us = duration,
        .init_us = e->init_us,
        .memory_used = (int64_t)e->memory.peak,
        .discarded = discarded,
    };
    x->host.done(x->home, &r);
    if (discarded) {
        discard(x, e);
        return;
    }
    make_idle(x, e);
}

static void log_line(struct env *e, const char *text)
{
    log_text(e, str_z(text));
}

static void finish_timeout(struct executor *x, struct env *e)
{
    char when[CLOCK_ISO_SIZE], line[160];
    clock_iso(clock_now(x->host.clock), when);
    snprintf(line, sizeof(line), "%s %.*s Task timed out after %.2f seconds", when, STR_ARG(e->request_id),
             (double)x->spec.timeout_ms / 1000);
    log_line(e, line);
    fail_timeout(e, &x->out);
    finish(x, e, STR("Timeout"), true);
}

static void finish_memory(struct executor *x, struct env *e)
{
    char line[160];
    snprintf(line, sizeof(line), "[ERROR]\tout of memory: MemorySize allows this environment %d MB",
             (int)x->spec.memory_mb);
    log_line(e, line);
    fail_memory(e, &x->out);
    finish(x, e, STR("Memory"), true);
}

/* AWS's runtimes write the error of a failed invocation into its log. */
static void log_error_json(struct env *e, struct str json)
{
    char when[CLOCK_ISO_SIZE];
    clock_iso(clock_now(e->x->host.clock), when);
    struct str line = arena_printf(&e->arena, "[ERROR]\t%s\t%.*s\tInvoke Error\t%.*s", when,
                                   STR_ARG(e->request_id), STR_ARG(json));
    log_text(e, line);
}

/* `from` has the error on its top.  Code that did not load is loaded again by the next invocation. */
static void finish_error(struct executor *x, struct env *e, int status, lua_State *from)
{
    if (e->expired) {
        finish_timeout(x, e);
        return;
    }
    if (status == LUA_ERRMEM) {
        finish_memory(x, e);
        return;
    }
    fail_error(e, from, &x->out);
    struct str said = arena_str(&e->arena, buf_view(&x->out));
    if (!e->expired)
        env_unwind(e); /* it is a part of the invocation, so it comes before the answer */
    if (e->expired) {
        finish_timeout(x, e);
        return;
    }
    log_error_json(e, said);
    buf_clear(&x->out);
    buf_str(&x->out, said);
    finish(x, e, STR("Unhandled"), !e->loaded);
}

/* --- running ------------------------------------------------------------------------------------------- */

static void put_to_wait(struct executor *x, struct env *e)
{
    list_del(&e->link);
    list_push(&x->waiting, &e->link);
    if (e->wait != WAIT_CALL)
        return;
    e->call = ++x->calls;
    x->host.call(x->home, e->id, e->call, e->call_service, e->call_operation, buf_view(&x->out));
}

static void run(struct executor *x, struct env *e)
{
    int status = env_resume(e);
    if (status == LUA_YIELD && e->wait == WAIT_SLICE) {
        list_del(&e->link);
        list_push(&x->ready, &e->link);
    } else if (status == LUA_YIELD) {
        put_to_wait(x, e);
    } else if (status != LUA_OK) {
        finish_error(x, e, status, e->co);
    } else if (e->expired) {
        finish_timeout(x, e);
    } else {
        finish(x, e, STR_NONE, false);
    }
}

/* An environment whose turn it is: claims what has not begun. */
static void go_on(struct executor *x, struct env *e)
{
    if (!e->claimed && !x->host.claim(x->home, e->id)) {
        make_idle(x, e);
        return;
    }
    e->claimed = true;
    if (!e->guard_us)
        e->guard_us = clock_mono_us() + e->budget_us;
    if (e->begun != LUA_OK)
        finish_error(x, e, e->begun, e->L);
    else if (e->guard_us <= clock_mono_us())
        finish_timeout(x, e);
    else
        run(x, e);
}

static int64_t wait_of(const struct executor *x, const struct env *e, int64_t now)
{
    int64_t left = e->guard_us - now;
    if (e->wait == WAIT_TIME) {
        int64_t sleep = clock_real_ms_until(x->host.clock, e->wake_ms);
        if (sleep >= 0 && sleep * 1000 < left)
            left = sleep * 1000;
    }
    return left > 0 ? left : 0;
}

/* Those whose sleep or whose time is over. */
static void wake(struct executor *x)
{
    struct list *at, *tmp;
    int64_t now = list_empty(&x->waiting) ? 0 : clock_mono_us();
    list_each_safe (at, tmp, &x->waiting) {
        struct env *e = list_of(at, struct env, link);
        if (wait_of(x, e, now) > 0)
            continue;
        list_del(at);
        list_push(&x->ready, at);
    }
}

/* Who runs next: one that has work since it came or was answered; then what is queued; and then those that
 * have had a slice already. */
static struct env *pick(struct executor *x)
{
    struct env *first = list_empty(&x->ready) ? NULL : list_of(x->ready.next, struct env, link);
    if (first && first->wait != WAIT_SLICE)
        return first;
    struct env *fresh = begin_queued(x);
    return fresh ? fresh : first;
}

bool executor_step(struct executor *x, int64_t slice_us)
{
    int64_t now = clock_mono_us();
    x->slice_end = slice_us < INT64_MAX - now ? now + slice_us : INT64_MAX;
    follow_clock(x);
    wake(x);
    for (;;) {
        struct env *e = pick(x);
        if (!e)
            return false;
        go_on(x, e);
        if (clock_mono_us() >= x->slice_end)
            break;
    }
    return !list_empty(&x->ready) ||
           (!list_empty(&x->queue) && (!list_empty(&x->idle) || x->env_count < x->env_max));
}

int64_t executor_wait_us(const struct executor *x)
{
    struct list *at;
    int64_t least = -1, now = clock_mono_us();
    list_each (at, &x->waiting) {
        int64_t left = wait_of(x, list_of(at, struct env, link), now);
        if (least < 0 || left < least)
            least = left;
    }
    return least;
}

bool executor_tidy(struct executor *x)
{
    struct list *at;
    list_each (at, &x->idle)
        if (env_tidy(list_of(at, struct env, link)))
            return true;
    buf_release(&x->out);
    buf_release(&x->scratch);
    return false;
}

/* A fault's code and text in place of the body.  Not in the arena, which grows until the invocation's end: a
 * handler may meet any number of faults. */
static void keep_answer(struct env *e, struct str body, struct str code, struct str text)
{
    struct buf *b = &e->answer;
    buf_clear(b);
    if (e->answer_status >= 200 && e->answer_status <= 299) {
        buf_str(b, body);
        return;
    }
    buf_str(b, code);
    buf_str(b, text);
    e->answer_code = str_sub(buf_view(b), 0, code.n);
    e->answer_text = str_sub(buf_view(b), code.n, text.n);
}

void executor_answer(struct executor *x, uint64_t invocation, uint64_t call, int status, struct str body,
                     struct str code, struct str text)
{
    struct list *at;
    list_each (at, &x->waiting) {
        struct env *e = list_of(at, struct env, link);
        if (e->id != invocation || e->wait != WAIT_CALL || e->call != call)
            continue;
        e->answer_status = status;
        keep_answer(e, body, code, text);
        list_del(at);
        list_push(&x->ready, at);
        return;
    }
}

/* Runs the load to its end.  False: it would have to wait, so it is left to the first invocation. */
static bool load(struct env *e, int *status)
{
    env_begin_load(e);
    do
        *status = env_resume(e);
    while (*status == LUA_YIELD && e->wait == WAIT_SLICE);
    return *status != LUA_YIELD;
}

struct str executor_warm(struct executor *x)
{
    if (!list_empty(&x->idle) || x->env_count == x->env_max)
        return STR_NONE;
    int status;
    struct env *e = env_open(x);
    x->env_count++;
    buf_clear(&x->out);
    if (load(e, &status) && status == LUA_OK) {
        env_clear(e);
        list_unshift(&x->idle, &e->link);
        return STR_NONE;
    }
    if (status == LUA_ERRMEM)
        fail_memory(e, &x->out);
    else if (e->expired)
        fail_timeout(e, &x->out);
    else if (status != LUA_YIELD)
        fail_error(e, e->co, &x->out);
    discard(x, e);
    return status == LUA_YIELD ? STR_NONE : buf_view(&x->out);
}
